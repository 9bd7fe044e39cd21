"""Texts of fields 86 in blocks of a few hundred, by columns: free text, German and code words.

Gives what ``mt940_details.read_details`` gives one by one, which also reads each text here that is
of no usual shape.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.statements.mt940_details import (
    CODE_FIELDS,
    CODE_WORDS,
    CREDITOR_BEGINNINGS,
    LINE_CHARS,
    PLACEHOLDERS,
    SEPA_WORD,
    SUBFIELD_CHARS,
    cleaned,
    creditor_reference,
    read_details,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from shared.statements.model import Extra

BEGIN = "\x02"
"""Stands before each text of a column; ``text_chunks`` lets no control character of a file
through."""

_PURPOSE = "\x03"
"""Stands for the mark before 20 to 29, and ``_SECOND_NAME`` for that and the 33."""

_SECOND_NAME = "\x04"

SHAPE_MIN = 3
"""Fewer texts of one shape are read faster one by one (measured)."""

_KIND = re.compile(
    f"{BEGIN}([0-9]{{3}}[?^<~]00|/(?:[A-Z]{{4}}|BIC)/|[0-9]{{0,4}}[?^<~!|@#§][0-9]|[0-9]{{3}} "
    r"|[ \n]*(?:RF|[+*]{3})|)"
)
_OTHER_SPACE = re.compile(
    "[\t\f\x1c-\x1f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
)
_SEPA_PLUS = re.compile(
    r"\+(?:(?<=(?:EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE|IBAN|PURP|ANAM|COAM|OAMT)\+)|(?<=BIC\+))"
)
"""The plus sign of a word of ``SEPA_WORD``: a search for one character is the fastest."""

_FULL_LINE_END = re.compile(f"\n(?<=[^\n{BEGIN}]{{{LINE_CHARS}}}\n)")
_GERMAN = re.compile(
    r"\x02([0-9]{3})\?00([^?\x02-\x04]*)(?:\?10([^?\x02-\x04]*))?(\x03[^?\x02\x04]*)?"
    r"(?:\?30([^?\x02-\x04]*))?(?:\?31([^?\x02-\x04]*))?(?:\?32([^?\x02\x03]*))?"
    r"(?:\?34([^?\x02-\x04]*))?(?:\?38([^?\x02-\x04]*))?(?![^\x02])|\x02[^\x02]*"
)
"""A text of the usual German shape by parts, or nothing of any other."""

_NO_NUMBER = re.compile(f"{_PURPOSE}(?![0-9])")
_CODE_WORD = re.compile("/([A-Z]{4}|BIC)/")
"""Any code word; those that ``mt940_details`` does not know make a text unusual."""


class Columns(NamedTuple):
    """What texts come to, by column; ``None`` stands for a column without any value."""

    descriptions: Sequence[str]
    counterparties: Sequence[str | None] | None = None
    accounts: Sequence[str | None] | None = None
    end_to_end_ids: Sequence[str | None] | None = None
    mandates: Sequence[str | None] | None = None
    customer_references: Sequence[str | None] | None = None
    remittance_references: Sequence[str | None] | None = None
    bank_references: Sequence[str | None] | None = None
    codes: Sequence[str | None] | None = None
    extras: Sequence[Extra] | None = None


def details_of(received: Sequence[str]) -> Columns:
    """Return what the texts of fields 86 say, none of which ends with white space."""
    kinds = _KIND.findall(BEGIN + BEGIN.join(received))
    readers = {kind: _reader_of(kind) for kind in set(kinds)}
    if len(set(readers.values())) == 1:
        return readers[kinds[0]](received)
    by_reader: dict[Callable[[Sequence[str]], Columns], list[int]] = {}
    for index, kind in enumerate(kinds):
        by_reader.setdefault(readers[kind], []).append(index)
    return _scattered(
        len(received),
        [
            (indexes, reader([received[index] for index in indexes]))
            for reader, indexes in by_reader.items()
        ],
    )


def _reader_of(kind: str) -> Callable[[Sequence[str]], Columns]:
    if not kind:
        return _free_columns
    if kind.startswith("/"):
        return _coded_columns
    return _GERMAN_READERS.get(kind[3:], _one_by_one)


def _one_by_one(received: Sequence[str]) -> Columns:
    return Columns(*zip(*map(read_details, received), strict=True))


def _scattered(count: int, parts: Iterable[tuple[Sequence[int], Columns]]) -> Columns:
    """Return columns in which each part has its places; a later one takes them from an earlier."""
    parts = list(parts)
    whole: dict[str, list[Any]] = {}
    for name in Columns._fields:
        columns = [(indexes, getattr(part, name)) for indexes, part in parts]
        if all(column is None for _, column in columns):
            continue
        values: list[Any] = [() if name == "extras" else None] * count
        for indexes, column in columns:
            blank = repeat(() if name == "extras" else None)
            for index, value in zip(indexes, blank if column is None else column, strict=False):
                values[index] = value
        whole[name] = values
    return Columns(**whole)


def _with_odd(columns: Columns, received: Sequence[str], odd: Iterable[int]) -> Columns:
    """Return columns in which some texts are read on their own."""
    places = sorted(odd)
    if not places:
        return columns
    everywhere = range(len(received))
    own = _one_by_one([received[index] for index in places])
    return _scattered(len(received), [(everywhere, columns), (places, own)])


def _clean(column: Sequence[str]) -> Sequence[str]:
    """Return texts, each cleaned."""
    joined = BEGIN.join(column)
    if "  " in joined or "\n" in joined or _has_other_space(joined):
        return list(map(cleaned, column))
    return list(map(str.strip, column)) if " " in joined else column


def _has_other_space(joined: str) -> bool:
    return (not joined.isascii() or "\t" in joined or "\f" in joined) and bool(
        _OTHER_SPACE.search(joined)
    )


def _references(column: Sequence[str]) -> Sequence[str | None]:
    """Return texts, each cleaned, ``None`` where the bank wrote that there is none."""
    texts = _clean(column)
    return list(map(PLACEHOLDERS.get, texts, texts))


def _proven(descriptions: Sequence[str]) -> Sequence[str | None] | None:
    """Return the structured references among descriptions."""
    if any(map(str.startswith, descriptions, repeat(CREDITOR_BEGINNINGS))):
        return list(map(creditor_reference, descriptions))
    return None


def _free_columns(received: Sequence[str]) -> Columns:
    """Return free text; with SEPA or PostFinance words in it, it is read one by one."""
    joined = BEGIN.join(received)
    if "\n" in joined:
        joined = _FULL_LINE_END.sub("", BEGIN + joined)[1:].replace("\n", " ")
    texts = joined.split(BEGIN)
    columns = Columns(_clean(texts))
    words = [word for word in ("AUFTRAGGEBER: ", "MITTEILUNGEN: ", "MTLG:") if word in joined]
    if words or ("+" in joined and _SEPA_PLUS.search(joined)):
        odd = [
            index
            for index, text in enumerate(texts)
            if any(word in text for word in words) or SEPA_WORD.search(text)
        ]
        return _with_odd(columns, received, odd)
    return columns


_SEPA_ORDER = ("EREF", "KREF", "MREF", "CRED", "SVWZ", "ABWA")


def _sepa_columns(texts: Sequence[str]) -> tuple[dict[str, Sequence[str]], set[int]]:
    """Return purposes by their SEPA words, "" for what stands before the first.

    With them comes which purposes have other words or another order.
    """
    joined = BEGIN.join(texts)
    found: dict[str, Sequence[str]] = {}
    for word in reversed(_SEPA_ORDER):
        if f"{word}+" in joined:
            texts, _, found[word] = zip(*map(str.partition, texts, repeat(f"{word}+")), strict=True)
    found[""] = texts
    odd: set[int] = set()
    for column in found.values():
        left = BEGIN.join(column)
        if ("+" in left and _SEPA_PLUS.search(left)) or "MTLG:" in left:
            odd |= {index for index, text in enumerate(column) if SEPA_WORD.search(text)}
    return found, odd


def _run_on(purposes: Sequence[str]) -> list[str]:
    """Return subfields ?20 to ?29 as texts: a full one goes on in the middle of a word."""
    parts = f"{_PURPOSE}0{BEGIN}".join(purposes).split(_PURPOSE)
    return "".join(
        [part[1:] if len(part) > SUBFIELD_CHARS else part[1:] + " " for part in parts]
    ).split(BEGIN)


def _accounts(
    ibans: Sequence[str], numbers: Sequence[str]
) -> tuple[Sequence[str | None], Iterable[str]]:
    """Return ?38 where there is one, else ?31; and the ?31 that is left beside a ?38."""
    numbered = _references(numbers)
    if not any(ibans):
        return numbered, repeat("")
    pairs = list(zip(_references(ibans), numbered, strict=True))
    left = [number if iban and number else "" for iban, number in pairs]
    return [iban or number for iban, number in pairs], left


def _german_columns(received: Sequence[str], mark: str) -> Columns:
    """Return subfields in their usual order; in the purpose SEPA words in theirs."""
    joined = (BEGIN + BEGIN.join(received)).replace("\n", "")
    odd: set[int] = set()
    if mark != "?":
        if "?" in joined:
            odd |= {index for index, text in enumerate(received) if "?" in text}
        joined = joined.replace(mark, "?")
    joined = joined.replace("?2", _PURPOSE)
    if "?33" in joined:
        joined = joined.replace("?33", _SECOND_NAME)
    codes, kinds, numbers, purposes, bics, accounts, names, keys, ibans = zip(
        *_GERMAN.findall(joined), strict=True
    )
    if "" in codes:
        odd |= {index for index, code in enumerate(codes) if not code}
    if _NO_NUMBER.search(joined):
        odd |= {index for index, text in enumerate(purposes) if _NO_NUMBER.search(text)}
    words, unusual = _sepa_columns(_run_on(purposes))
    odd |= unusual
    descriptions = words.get("SVWZ", words[""])
    if "SVWZ" in words and any(map(str.strip, words[""])):
        descriptions = list(map(" ".join, zip(words[""], words["SVWZ"], strict=True)))
    descriptions = _clean(descriptions)
    if "" in descriptions:
        descriptions = [one or cleaned(kind) for one, kind in zip(descriptions, kinds, strict=True)]
    party = BEGIN.join(names)
    if _SECOND_NAME in party:
        party = _NAME_AFTER_FULL.sub("", party).replace(_SECOND_NAME, " ")
    own, left = _accounts(ibans, accounts)
    blank = repeat("")
    creditors, others = words.get("CRED", blank), words.get("ABWA", blank)

    def column(word: str) -> Sequence[str | None] | None:
        return _references(words[word]) if word in words else None

    columns = Columns(
        descriptions,
        _references(party.split(BEGIN)),
        own,
        column("EREF"),
        column("MREF"),
        column("KREF"),
        _proven(descriptions),
        None,
        codes,
        list(
            map(
                _pairs,
                repeat(("?00", "?10", "?30", "?34", "?31", "CRED", "ABWA")),
                zip(kinds, numbers, bics, keys, left, creditors, others, strict=False),
            )
        ),
    )
    return _with_odd(columns, received, odd)


_NAME_AFTER_FULL = re.compile(
    f"{_SECOND_NAME}(?<=[^{BEGIN}{_SECOND_NAME}]{{{SUBFIELD_CHARS}}}{_SECOND_NAME})"
)
_GERMAN_READERS: dict[str, Callable[[Sequence[str]], Columns]] = {
    f"{mark}00": partial(_german_columns, mark=mark) for mark in "?^<~"
}


@lru_cache(maxsize=4096)
def _pairs(names: tuple[str, ...], values: tuple[str, ...]) -> Extra:
    """Return what has no field; the same few combinations come again and again."""
    shown = zip(names, map(cleaned, values), strict=True)
    return tuple((name, value) for name, value in shown if value)


def _coded_columns(received: Sequence[str]) -> Columns:
    """Return texts of code words between slashes, those with the same words together."""
    by_words: dict[tuple[str, ...], list[int]] = {}
    rows = []
    for index, text in enumerate(BEGIN.join(received).replace("\n", "").split(BEGIN)):
        row = _CODE_WORD.split(text)
        rows.append(row)
        words = (*row[1::2], "STRD") if "/REMI/STRD/" in text else tuple(row[1::2])
        by_words.setdefault(words, []).append(index)
    parts = []
    odd: list[int] = []
    for words, indexes in by_words.items():
        if len(indexes) < SHAPE_MIN or not _is_usual(words):
            odd += indexes
        else:
            values = list(zip(*[rows[index][2::2] for index in indexes], strict=True))
            parts.append((indexes, _columns_of_words(words, values)))
    if odd:
        parts.append((odd, _one_by_one([received[index] for index in odd])))
    return _scattered(len(received), parts)


def _is_usual(words: tuple[str, ...]) -> bool:
    """Return whether all words are known and no two give the same field."""
    names = [CODE_FIELDS.get(word, word) for word in words]
    names += ["counterparty", "counterparty_account"] if "CNTP" in words else []
    return CODE_WORDS.issuperset(set(words) - {"STRD"}) and len(set(names)) == len(names)


def _columns_of_words(words: tuple[str, ...], values: Sequence[tuple[str, ...]]) -> Columns:
    """Return texts that have the same code words; ``STRD`` at the end says how /REMI/ begins."""
    count = len(values[0])
    found: dict[str, Sequence[str | None]] = {}
    names: list[str] = []
    kept: list[Sequence[str]] = []
    descriptions: Sequence[str] = [""] * count
    for word, column in zip(words, values, strict=False):
        if word == "REMI" and words[-1] == "STRD":
            rest = [one.removeprefix("STRD/") for one in column]
            issuers, _, references = zip(*map(str.partition, rest, repeat("/")), strict=True)
            descriptions = _clean([one.strip("/") for one in references])
            found["remittance_reference"] = _references(descriptions)
            names.append("STRD")
            kept.append(issuers)
        elif word == "REMI":
            descriptions = _clean([one.removeprefix("USTD/").strip("/") for one in column])
        elif word == "CNTP":
            cut = [f"{one}///".split("/", 3) for one in column]
            accounts, bics, parties, cities = zip(*cut, strict=True)
            found["counterparty_account"] = _references(accounts)
            found["counterparty"] = _references(parties)
            names += ["BIC", "CITY"]
            kept += [bics, [one.replace("/", " ") for one in cities]]
        elif word in CODE_FIELDS:
            found[CODE_FIELDS[word]] = _references([one.strip("/") for one in column])
        else:
            names.append(word)
            kept.append([one.strip("/") for one in column])
    extras = list(map(_pairs, repeat(tuple(names)), zip(*kept, strict=True))) if kept else None
    if "" in descriptions and extras:
        descriptions = [
            one or next((value for name, value in extra if name in {"TRTP", "TYPE"}), "")
            for one, extra in zip(descriptions, extras, strict=True)
        ]
    stated = found.get("remittance_reference")
    proven = _proven(descriptions)
    if stated and proven:
        proven = [one or two for one, two in zip(stated, proven, strict=True)]
    return Columns(
        descriptions,
        found.get("counterparty"),
        found.get("counterparty_account"),
        found.get("end_to_end_id"),
        found.get("mandate_id"),
        found.get("customer_reference"),
        proven or stated,
        None,
        None,
        extras,
    )
