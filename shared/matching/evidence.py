"""What speaks for and against each candidate pair, measured once for all pairs.

Days are counted as business days, because a Friday payment booked on Monday is a day late, not
three. Text is compared once per distinct pair of texts. An identifier or word counts by how
rare it is: sharing ``INV1042`` says more than sharing ``BERLIN``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from rapidfuzz import fuzz, process

from shared.matching.columns import Flags, Floats, Ints
from shared.matching.text import names_align

if TYPE_CHECKING:
    from shared.matching.candidates import Pairs
    from shared.matching.columns import Bag, Side, Vocabulary
    from shared.matching.weights import Weights

SIMILARITY_UNKNOWN = -1.0
"""Where one side has no words at all: neither for nor against."""

NO_TEXT_AT_ALL = -2.0
"""Where neither side has any: the books are as terse as the bank, which is no silence."""

_EPOCH_ORDINAL = 719_163
"""``date(1970, 1, 1).toordinal()``, numpy's day zero."""

CONNECTED_SIMILARITY = 80
"""Similarity that texts without a meaningful word in common do not reach by chance."""

CONNECTED_RARITY = 1.0
"""Rarity, as a log, of shared words that mean something: on one item in three, or fewer."""

_SURE_SIMILARITY = 90
_PARTIAL_LENGTH_MIN = 5
_PARTIAL_SHARE = 0.94
_PARTY_SHARE = 0.75
_WORKERS = 2
_TELLING_RARITY = 1.8
"""A word tells parties apart if fewer than one item in six has it: e**-1.8."""

STRONG_NUMBER_LENGTH = 7
"""Digits of a bare number that agrees although the names differ."""

_SPECIFIC_LENGTH_MIN = 4
_SPECIFIC_SHARERS_MAX = 4
_SPECIFIC_COVERAGE_MAX = 0.02


@dataclass(frozen=True, slots=True)
class Evidence:
    """One row per pair.

    Args:
        days: Signed business days, positive where the bank is later than the books.
        similarity: 0 to 100, or ``SIMILARITY_UNKNOWN`` or ``NO_TEXT_AT_ALL``. It is 0 for all
            texts that nothing connects: unrelated names look alike by half, and that half
            must not prefer one candidate to another.
        aligned: A word of one side may be a shortened or misspelt word of the other; never
            where both names are known from elsewhere, in their own spelling.
        shared_words: Log of how unlikely strangers share the words this pair shares; 0 for none.
        outdone: Another candidate of the line has more of the line's words: of two cafes, the
            one that is named.
        agreement: Log of how unlikely strangers share this pair's rarest identifier; 0 for none.
        contradiction: The line names an identifier that the books know from another entry.
        other_party: Each side has a rare word that the other side's items know, but not this
            pair: two parties of which both are known elsewhere.
    """

    days: Ints
    similarity: Floats
    aligned: Flags
    shared_words: Floats
    outdone: Flags
    agreement: Floats
    contradiction: Flags
    other_party: Flags


def gather(
    pairs: Pairs, lines: Side, entries: Side, identifiers: Vocabulary, weights: Weights
) -> Evidence:
    """Return the evidence of every pair."""
    text = text_evidence(pairs.line, pairs.entry, lines, entries, weights)
    agreement = _identifier_agreement(pairs, lines, entries, identifiers, weights)
    vouched = _over_shared(
        pairs.line,
        pairs.entry,
        lines.identifier_bag,
        entries.identifier_bag,
        _strong(identifiers),
        np.maximum,
    )
    specific = _specific(identifiers.numbers, entries.identifier_bag)
    known = _names_known_identifier(lines.identifier_bag, entries, specific)
    has_identifier = np.diff(entries.identifier_bag.start) > 0
    return Evidence(
        days=business_days(lines.day[pairs.line], entries.day[pairs.entry]),
        similarity=text.similarity,
        aligned=text.aligned,
        shared_words=text.shared_words,
        outdone=_outdone(pairs.line, text.words_met),
        agreement=agreement,
        contradiction=(agreement == 0) & known[pairs.line] & has_identifier[pairs.entry],
        other_party=text.other_party & (vouched == 0),
    )


def business_days(line_day: Ints, entry_day: Ints) -> Ints:
    """Return signed business days from entry to line; different days are at least one apart."""
    epoch = np.datetime64(0, "D")
    from_day = epoch + (np.minimum(line_day, entry_day) - _EPOCH_ORDINAL)
    to_day = epoch + (np.maximum(line_day, entry_day) - _EPOCH_ORDINAL)
    apart = np.maximum(np.busday_count(from_day, to_day), line_day != entry_day)
    return np.asarray(np.where(line_day < entry_day, -apart, apart), dtype=np.int64)


@dataclass(frozen=True, slots=True)
class TextEvidence:
    """The part of the evidence that depends on texts alone; see ``Evidence``.

    ``words_met`` counts the words of the line that the entry has, a shortened one as one.
    """

    similarity: Floats
    aligned: Flags
    shared_words: Floats
    words_met: Floats
    other_party: Flags


def text_evidence(
    line: Ints, entry: Ints, lines: Side, entries: Side, weights: Weights
) -> TextEvidence:
    """Return what the texts of pairs of classes say, computed once per distinct pair of texts."""
    line_text, line_first = _text_numbers(lines)
    entry_text, entry_first = _text_numbers(entries)
    unique, inverse = np.unique(
        line_text[line] * len(entry_first) + entry_text[entry], return_inverse=True
    )
    a = line_first[unique // max(len(entry_first), 1)]
    b = entry_first[unique % max(len(entry_first), 1)]
    line_bag, entry_bag = lines.word_bag, entries.word_bag
    rarity = _rarity(
        (lines, line_bag), (entries, entry_bag), weights.word_share, weights.word_strength
    )
    known = np.zeros(len(rarity), dtype=np.bool_)
    known[np.intersect1d(line_bag.ids, entry_bag.ids)] = True
    telling = np.where(known & (rarity >= _TELLING_RARITY), 1.0, 0.0)
    shared_telling = _over_shared(a, b, line_bag, entry_bag, telling, np.add)
    left_on_line = _sum_of(line_bag, telling)[a] - shared_telling
    left_on_entry = _sum_of(entry_bag, telling)[b] - shared_telling
    similarity = _similarities(a, b, lines, entries)
    shared_words = _over_shared(a, b, line_bag, entry_bag, rarity, np.add)
    shared_count = _over_shared(a, b, line_bag, entry_bag, np.ones(len(rarity)), np.add)
    other_party = (left_on_line > 0) & (left_on_entry > 0)
    aligned = _aligned(a, b, lines, entries) & ~other_party
    connected = aligned | (shared_words >= CONNECTED_RARITY) | (similarity >= CONNECTED_SIMILARITY)
    similarity[(similarity > 0) & ~connected] = 0
    return TextEvidence(
        similarity=similarity[inverse],
        aligned=aligned[inverse],
        shared_words=shared_words[inverse],
        words_met=(shared_count + aligned)[inverse],
        other_party=other_party[inverse],
    )


def _outdone(line: Ints, words_met: Floats) -> Flags:
    """Return per pair whether another pair of its line has more words in common."""
    most = np.zeros(int(line.max(initial=-1)) + 1)
    np.maximum.at(most, line, words_met)
    return np.asarray(words_met < most[line], dtype=np.bool_)


def _sum_of(bag: Bag, value: Floats) -> Floats:
    """Return per class the sum of a value over its tokens."""
    return np.bincount(bag.owners, weights=value[bag.ids], minlength=len(bag.start) - 1).astype(
        np.float64
    )


def _text_numbers(side: Side) -> tuple[Ints, Ints]:
    """Return each class's text number, and a class that has each text."""
    numbers: dict[tuple[str, str], int] = {}
    first: list[int] = []
    of_class = np.empty(len(side), dtype=np.int64)
    for position, text in enumerate(zip(side.words, side.party, strict=True)):
        number = numbers.setdefault(text, len(numbers))
        if number == len(first):
            first.append(position)
        of_class[position] = number
    return of_class, np.array(first, dtype=np.int64)


def _similarities(a: Ints, b: Ints, lines: Side, entries: Side) -> Floats:
    """Return the similarity of the texts of line classes ``a`` and entry classes ``b``."""
    words_a, words_b = [lines.words[i] for i in a], [entries.words[i] for i in b]
    full = compare_texts(words_a, words_b)
    party_a, party_b = [lines.party[i] for i in a], [entries.party[i] for i in b]
    has_a = np.fromiter(map(bool, party_a), dtype=np.bool_, count=len(a))
    has_b = np.fromiter(map(bool, party_b), dtype=np.bool_, count=len(b))
    for chosen, left, right in (
        (has_b & ~has_a, words_a, party_b),
        (has_a & ~has_b, party_a, words_b),
    ):
        rows = np.flatnonzero(chosen & (full < _SURE_SIMILARITY))
        if len(rows):
            named = compare_texts([left[i] for i in rows], [right[i] for i in rows])
            full[rows] = np.maximum(full[rows], named)
    rows = np.flatnonzero(has_a & has_b)
    if len(rows):
        named = compare_texts([party_a[i] for i in rows], [party_b[i] for i in rows])
        full[rows] = _PARTY_SHARE * named + (1 - _PARTY_SHARE) * np.maximum(full[rows], named)
    has_words_a = np.fromiter(map(bool, words_a), dtype=np.bool_, count=len(a))
    has_words_b = np.fromiter(map(bool, words_b), dtype=np.bool_, count=len(b))
    full[~has_words_a | ~has_words_b] = SIMILARITY_UNKNOWN
    full[~has_words_a & ~has_words_b] = NO_TEXT_AT_ALL
    return full


def _aligned(a: Ints, b: Ints, lines: Side, entries: Side) -> Flags:
    """Return whether names align; only texts with a first letter in common are looked at."""
    line_letters, entry_letters = _first_letters(lines.words), _first_letters(entries.words)
    aligned = (line_letters[a] & entry_letters[b]) != 0
    for row in np.flatnonzero(aligned).tolist():
        aligned[row] = names_align(lines.words[a[row]], entries.words[b[row]])
    return np.asarray(aligned, dtype=np.bool_)


def _first_letters(texts: tuple[str, ...]) -> Ints:
    """Return per text the first letters of its words as a set of bits."""
    bits = [0] * len(texts)
    for position, text in enumerate(texts):
        for word in text.split():
            bits[position] |= 1 << (ord(word[0]) % 63)
    return np.array(bits, dtype=np.int64)


def compare_texts(left: list[str], right: list[str]) -> Floats:
    """Return 0 to 100 per pair: shared words first, then one text cut out of the other."""
    whole = process.cpdist(
        left, right, scorer=fuzz.token_set_ratio, dtype=np.float32, workers=_WORKERS
    ).astype(np.float64)
    shorter = np.minimum(
        np.fromiter(map(len, left), np.int64, count=len(left)),
        np.fromiter(map(len, right), np.int64, count=len(right)),
    )
    rows = np.flatnonzero((whole < _SURE_SIMILARITY) & (shorter >= _PARTIAL_LENGTH_MIN))
    if len(rows):
        cut = process.cpdist(
            [left[i].replace(" ", "") for i in rows],
            [right[i].replace(" ", "") for i in rows],
            scorer=fuzz.partial_ratio,
            dtype=np.float32,
            workers=_WORKERS,
        )
        whole[rows] = np.maximum(whole[rows], _PARTIAL_SHARE * cut)
    return whole


def _rarity(
    line_tokens: tuple[Side, Bag], entry_tokens: tuple[Side, Bag], share: float, strength: float
) -> Floats:
    """Return per token the log of 1 / the share of other items that have it.

    The pair's own item is left out, and a few imagined items, of which ``share`` have the
    token, keep small pools from making everything look common or unique.
    """
    count = 1 + int(max(bag.ids.max(initial=-1) for _, bag in (line_tokens, entry_tokens)))
    rarity = np.full(count, np.inf)
    for side, bag in (line_tokens, entry_tokens):
        having = np.bincount(bag.ids, weights=side.size[bag.owners], minlength=count)
        others = np.maximum(having - 1, 0) + share * strength
        total = max(float(side.size.sum()) - 1, 0) + strength
        rarity = np.minimum(rarity, -np.log(others / total))
    return np.asarray(np.maximum(rarity, 0), dtype=np.float64)


def _identifier_agreement(
    pairs: Pairs, lines: Side, entries: Side, identifiers: Vocabulary, weights: Weights
) -> Floats:
    """Return per pair the rarity of the rarest identifier its two sides share; 0 for none.

    However rarely a number is seen, strangers hit on one of n digits once in 10**n times.
    """
    rarity = _rarity(
        (lines, lines.identifier_bag),
        (entries, entries.identifier_bag),
        weights.identifier_share,
        weights.word_strength,
    )
    digits = [sum(map(str.isdigit, token)) or len(token) for token in identifiers.numbers]
    rarity[: len(digits)] = np.minimum(rarity[: len(digits)], np.log(10) * np.array(digits))
    return _over_shared(
        pairs.line, pairs.entry, lines.identifier_bag, entries.identifier_bag, rarity, np.maximum
    )


def _strong(identifiers: Vocabulary) -> Floats:
    """Return 1 for identifiers long enough to outweigh a name: no four digits of a terminal."""
    return np.array(
        [
            float(len(token) >= STRONG_NUMBER_LENGTH or not token.strip("<>").isdigit())
            for token in identifiers.numbers
        ],
        dtype=np.float64,
    )


def _over_shared(
    line: Ints, entry: Ints, line_bag: Bag, entry_bag: Bag, value: Floats, combine: np.ufunc
) -> Floats:
    """Return per pair the sum or maximum of ``value`` over the tokens both sides have."""
    result = np.zeros(len(line))
    lengths = np.diff(line_bag.start)[line] if len(line) else np.empty(0, np.int64)
    if not len(entry_bag.ids) or not lengths.sum():
        return result
    row = np.repeat(np.arange(len(line)), lengths)
    offset = np.arange(len(row)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    token = line_bag.ids[offset + np.repeat(line_bag.start[line], lengths)]
    tokens = int(max(entry_bag.ids.max(), line_bag.ids.max())) + 1
    known = np.sort(entry_bag.owners * tokens + entry_bag.ids)
    wanted = entry[row] * tokens + token
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    shared = known[place] == wanted
    combine.at(result, row[shared], value[token[shared]])
    return result


def _names_known_identifier(line_bag: Bag, entries: Side, specific: Flags) -> Flags:
    """Return per line class whether it names an identifier that a few entries have.

    Numbers count only where knowing them is no accident: if the books hold a third of all
    four-digit numbers, any four digits are known.
    """
    named = np.zeros(len(line_bag.start) - 1, dtype=np.bool_)
    entry_bag = entries.identifier_bag
    having = np.bincount(
        entry_bag.ids, weights=entries.size[entry_bag.owners], minlength=len(specific)
    )
    known = (having > 0) & (having <= _SPECIFIC_SHARERS_MAX) & specific
    np.logical_or.at(named, line_bag.owners, known[line_bag.ids])
    return named


def _specific(numbers: dict[str, int], entry_bag: Bag) -> Flags:
    """Return per identifier whether it is specific enough to contradict another."""
    held = set(entry_bag.ids.tolist())
    bare = {token: token.strip("<>") for token in numbers}
    lengths = Counter(len(bare[t]) for t, n in numbers.items() if n in held and bare[t].isdigit())
    specific = np.zeros(len(numbers), dtype=np.bool_)
    for token, number in numbers.items():
        size = len(bare[token])
        rare_number = lengths[size] < _SPECIFIC_COVERAGE_MAX * 9 * 10 ** (size - 1)
        specific[number] = size >= _SPECIFIC_LENGTH_MIN and (
            not bare[token].isdigit() or rare_number
        )
    return specific
