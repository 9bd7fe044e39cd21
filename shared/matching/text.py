"""What a bank text and a book text have in common once the noise is gone.

Banks wrap the name of the other party in the words of the payment channel, cut it at 18 to
35 characters and add terminal and mandate numbers; books add words of their own. So an item
is read twice: as *words* (letters only, channel words and legal forms removed) for similarity,
and as *identifiers* (tokens with digits, and the reference itself) for agreement.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA

if TYPE_CHECKING:
    from shared.matching.model import Item

IDENTIFIER_DIGITS_MIN = 3
"""Shorter numbers are days, counts and terminals far more often than identifiers."""

PREFIXED_DIGITS_MIN = 2
PREFIX_LETTERS_MIN = 2
"""With a prefix, as in ``INV-42``, two digits identify already."""

SHORT_NUMBER_MAX = 2
"""Digits of a number that is read as a word: the 12 of ``STORE 12`` tells stores apart."""

IDENTIFIERS_MAX = 12
"""Identifiers kept of one item: a remittance text can hold hundreds of numbers."""

TEXT_MAX = 400
"""Characters read of one text; the longest SEPA remittance is 140, SWIFT's is 6 x 65."""

SHORTENED_LETTERS_MIN = 3
"""Letters a shortened word keeps, at least; two letters may still be initials."""

INITIALS_MAX = 5
MISSPELT_LETTERS_MIN = 5
_TWO_SLIPS_LETTERS_MIN = 8
_INITIALS_MIN = 2
_VOWELS = frozenset("AEIOU")

_NOISE = json.loads(resources.files("shared.matching").joinpath("words.json").read_text("utf-8"))
_CHANNEL_WORDS = frozenset(word for row in _NOISE["channel_words"] for word in row.split())
_LEGAL_FORMS = frozenset(word for row in _NOISE["legal_forms"] for word in row.split())

_NUMBERED_WORDS = frozenset(
    {"INV", "INVOICE", "CHECK", "CHK", "CHQ", "CHEQUE", "CK", "NO", "NR", "REF", "RECHNUNG", "RG"}
)
"""Prefixes that only say "number": ``CHK-1042`` is check 1042, ``A1042`` is not ``B1042``."""

CORE_MARK = "*"
"""Ends the number of a prefixed identifier: it agrees with that bare number and no other."""

_ABSENT_REFERENCES = frozenset(
    {"", "NA", "NONE", "NULL", "NONREF", "NOTPROVIDED", "NOREF", "NIL", "UNKNOWN", "XXX"}
)

_TOKEN = re.compile(r"[A-Z0-9]+(?:[-/_.:#][A-Z0-9]+)*")
_WORD = re.compile(r"[A-Z0-9]*[A-Z][A-Z0-9]*|(?<![\w/.:,-])\d{1,2}(?![\w/.:,-])")
_PIECE = re.compile(r"([A-Z]*)(\d+)")
_DATE = re.compile(
    r"(?:19|20)\d\d[-/.](?:0?[1-9]|1[0-2])(?:[-/.](?:0?[1-9]|[12]\d|3[01]))?"
    r"|(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:19|20)?\d\d"
    r"|20[12]\d|\d{1,2}:\d\d(?::\d\d)?|\d+\.\d\d"
)
_SEPARATORS = re.compile(r"[^\w|]+")
_APOSTROPHES = str.maketrans("", "", "'\u2019`")


@dataclass(frozen=True, slots=True)
class Reading:
    """One item's texts, read: similarity words and identifiers.

    ``spelling`` is all its letters and digits: items of one spelling are indistinguishable.
    """

    words: str
    party: str
    identifiers: tuple[str, ...]
    spelling: str


class Reader:
    """Reads items, remembering texts it has seen: statements repeat themselves."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}
        self._identifiers: dict[str, tuple[str, ...]] = {}
        self._readings: dict[tuple[str, str | None, str | None], Reading] = {}

    def read(self, item: Item) -> Reading:
        """Return the item's words and identifiers."""
        texts = (item.description, item.counterparty, item.reference)
        reading = self._readings.get(texts)
        if reading is None:
            reading = self._readings[texts] = self._read(item)
        return reading

    def _read(self, item: Item) -> Reading:
        description = item.description or ""
        party = self._words_of(item.counterparty) if item.counterparty else ""
        words = self._words_of(description) if description else ""
        if party and party != words:
            missing = [word for word in party.split() if word not in words.split()]
            words = " ".join([words, *missing]) if words else party
        found = dict.fromkeys(self._identifiers_of(description)) if description else {}
        if item.counterparty:
            found.update(dict.fromkeys(self._identifiers_of(item.counterparty)))
        if item.reference:
            found.update(dict.fromkeys(self._identifiers_of(item.reference)))
            whole = normal_reference(item.reference)
            if whole not in _ABSENT_REFERENCES and len(whole) >= IDENTIFIER_DIGITS_MIN:
                found[whole] = None
                found.pop(whole + CORE_MARK, None)
            if not words:
                words = self._words_of(item.reference)
        texts = (description, item.counterparty or "", item.reference or "")
        spelling = _SEPARATORS.sub("", "|".join(texts).upper())
        return Reading(words, party, tuple(sorted(found)[:IDENTIFIERS_MAX]), spelling)

    def _words_of(self, text: str) -> str:
        read = self._words.get(text)
        if read is None:
            read = self._words[text] = words_of(text)
        return read

    def _identifiers_of(self, text: str) -> tuple[str, ...]:
        read = self._identifiers.get(text)
        if read is None:
            read = self._identifiers[text] = identifiers_of(text)
        return read


def plain(text: str) -> str:
    """Return the text in capitals without accents, so that ``Café`` equals ``CAFE``."""
    capitals = text[:TEXT_MAX].upper()
    if capitals.isascii():
        return capitals
    decomposed = unicodedata.normalize("NFKD", capitals)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def words_of(text: str) -> str:
    """Return the words that say who or what, in their order, each once.

    Examples:
        >>> words_of("SQ *JOE'S COFFEE #1234 BERLIN"), words_of("SEPA CREDIT Müller GmbH")
        ('JOES COFFEE BERLIN', 'MULLER')
    """
    kept: dict[str, None] = {}
    for word in _WORD.findall(plain(text).translate(_APOSTROPHES)):
        if word.isalpha():
            if len(word) > 1 and word not in _CHANNEL_WORDS and word not in _LEGAL_FORMS:
                kept[word] = None
        elif len(word) <= SHORT_NUMBER_MAX or sum(map(str.isdigit, word)) * 3 <= len(word):
            kept[word] = None
    return " ".join(kept)


def identifiers_of(text: str) -> tuple[str, ...]:
    """Return the identifiers a text mentions: whole, and the numbers in prefixed ones, marked.

    Dates, times and amounts are numbers but identify nothing, so they are left out.

    Examples:
        >>> identifiers_of("Payment RF-01042 of 2024-03-05, check 77812")
        ('RF01042', '1042*', '77812')
    """
    found: dict[str, None] = {}
    for token in _TOKEN.findall(plain(text)):
        if token.isalpha() or _DATE.fullmatch(token):
            continue
        pieces = _PIECE.findall(token)
        whole = normal_reference(token)
        digits = sum(len(number) for _, number in pieces)
        prefixed = digits >= PREFIXED_DIGITS_MIN and len(whole) - digits >= PREFIX_LETTERS_MIN
        if digits < IDENTIFIER_DIGITS_MIN and not prefixed:
            continue
        found[whole] = None
        for _, number in pieces:
            core = number.lstrip("0")
            if len(core) < IDENTIFIER_DIGITS_MIN or core == whole or _DATE.fullmatch(number):
                continue
            prefix = whole.removesuffix(number)
            found[core if prefix in _NUMBERED_WORDS else core + CORE_MARK] = None
    return tuple(found)


def normal_reference(text: str) -> str:
    """Return a reference without separators and, if it is a number, leading zeros.

    Examples:
        >>> normal_reference("inv 10/42"), normal_reference("000123")
        ('INV1042', '123')
    """
    bare = re.sub(r"[^A-Z0-9]", "", plain(text))
    return (bare.lstrip("0") or bare) if bare.isdigit() else bare


def names_align(left: str, right: str) -> bool:
    """Return whether a word of one text may be a shortened or misspelt word of the other.

    Words cut short, vowels dropped, initials, a slip or two of the keyboard; always with the
    first letter kept, which is what unrelated names seldom do. Words both texts have are no
    news here.

    Args:
        left: Words as ``words_of`` returns them.
        right: The same of the other side.

    Examples:
        >>> names_align("GRN BEAN", "GREEN BEANS"), names_align("IBM", "INTL BUSINESS MACHINES")
        (True, True)
        >>> names_align("BLUEBIRD", "REDWING"), names_align("CAFE NORD", "CAFE SUD")
        (False, False)
    """
    mine, theirs = left.split(), right.split()
    shared = set(mine) & set(theirs)
    if _has_initials(mine, theirs) or _has_initials(theirs, mine):
        return True
    return any(
        _shortens(a, b) or _shortens(b, a) or _misspells(a, b)
        for a in mine
        if a not in shared
        for b in theirs
        if a[0] == b[0] and b not in shared
    )


def _has_initials(words: list[str], name: list[str]) -> bool:
    initials = "".join(word[0] for word in name)
    return len(initials) >= _INITIALS_MIN and any(
        _INITIALS_MIN <= len(word) <= INITIALS_MAX and initials.startswith(word) for word in words
    )


def _shortens(short: str, whole: str) -> bool:
    if not SHORTENED_LETTERS_MIN <= len(short) < len(whole) or short[0] != whole[0]:
        return False
    if whole.startswith(short):
        return True
    rest = iter(whole)
    return _VOWELS.isdisjoint(short[1:]) and all(letter in rest for letter in short)


def _misspells(a: str, b: str) -> bool:
    if min(len(a), len(b)) < MISSPELT_LETTERS_MIN:
        return False
    slips = 2 if min(len(a), len(b)) >= _TWO_SLIPS_LETTERS_MIN else 1
    return OSA.distance(a, b, score_cutoff=slips) <= slips
