"""Which line could belong to which entry at all: pairs of classes, generated without a loop.

Two roads lead to a candidate: the same amount within the date window, and the same amount with
a shared rare identifier within a wider window. Both are joins on one composite integer key
over sorted arrays; putting the day in the key keeps round amounts from exploding.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from shared.matching.columns import Flags, Ints

if TYPE_CHECKING:
    from shared.matching.columns import Side, Vocabulary

PAIRS_OF_ONE_AMOUNT_MAX = 200_000
"""Pairs generated for one amount; beyond it only pairs sharing a word or identifier are made."""

IDENTIFIER_SHARERS_MAX = 30
"""An identifier on more items of one amount than this is a customer's, not a document's."""

SWAPPED_PAIRS_OF_A_LINE_MAX = 50
"""Entries of one amount a swap may lead to; an amount that frequent needs no typing slip."""

END_LETTERS = 4

_LINES_AT_ONCE = 2_000

WORD_SHARERS_MAX = 300
"""The same for words, where an amount is so frequent that only pairs sharing a word are made."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Candidate pairs of classes, ordered by line class, then entry class.

    ``crowded`` marks pairs of an amount too frequent to compare everything with everything;
    ``crowded_amounts`` counts those amounts, which may have no pair left.
    """

    line: Ints
    entry: Ints
    crowded: Flags
    crowded_amounts: int = 0

    def __len__(self) -> int:
        return len(self.line)


def equal_amount_pairs(
    lines: Side,
    entries: Side,
    *,
    words: Vocabulary,
    window_days: int,
    identifier_window_days: int,
) -> Pairs:
    """Return the candidate pairs of equal amount; see the module for the two roads."""
    if not len(lines) or not len(entries):
        return _pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.bool_), 1)
    amounts = np.unique(np.concatenate([lines.amount, entries.amount]))
    line_rank = np.searchsorted(amounts, lines.amount)
    entry_rank = np.searchsorted(amounts, entries.amount)
    first_day = int(min(lines.day.min(), entries.day.min())) - window_days
    span = int(max(lines.day.max(), entries.day.max())) + window_days - first_day + 1
    entry_key = entry_rank * span + (entries.day - first_day)
    line_key = line_rank * span + (lines.day - first_day)
    low = np.searchsorted(entry_key, line_key - window_days, side="left")
    high = np.searchsorted(entry_key, line_key + window_days, side="right")
    counts = high - low
    of_amount = np.bincount(line_rank, weights=counts, minlength=len(amounts))
    crowded_amount = of_amount > PAIRS_OF_ONE_AMOUNT_MAX
    counts = np.where(crowded_amount[line_rank], 0, counts)
    line = np.repeat(np.arange(len(lines)), counts)
    entry = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
    entry = entry + np.repeat(low, counts)

    by_identifier = _sharing(
        lines.identifier_bag.owners,
        lines.identifier_bag.ids,
        entries.identifier_bag.owners,
        entries.identifier_bag.ids,
        line_rank,
        entry_rank,
        IDENTIFIER_SHARERS_MAX,
    )
    found = [
        (line, entry),
        _within(by_identifier, lines, entries, max(window_days, identifier_window_days)),
    ]
    if crowded_amount.any():
        in_crowd = np.flatnonzero(crowded_amount[line_rank[lines.word_bag.owners]])
        for spelled in _spellings(words):
            by_word = _sharing(
                lines.word_bag.owners[in_crowd],
                spelled[lines.word_bag.ids[in_crowd]],
                entries.word_bag.owners,
                spelled[entries.word_bag.ids],
                line_rank,
                entry_rank,
                WORD_SHARERS_MAX,
            )
            found.append(_within(by_word, lines, entries, window_days))
    all_line = np.concatenate([pair[0] for pair in found])
    all_entry = np.concatenate([pair[1] for pair in found])
    pairs = _pairs(all_line, all_entry, crowded_amount[line_rank[all_line]], len(entries))
    return replace(pairs, crowded_amounts=int(crowded_amount.sum()))


def near_amount_pairs(lines: Side, entries: Side, *, band: float, window_days: int) -> Pairs:
    """Return pairs of the same sign whose amounts differ by at most ``band`` of the line's."""
    slack = np.maximum(np.ceil(np.abs(lines.amount) * band), 1).astype(np.int64)
    low = np.searchsorted(entries.amount, lines.amount - slack, side="left")
    counts = np.searchsorted(entries.amount, lines.amount + slack, side="right") - low
    found: list[tuple[Ints, Ints]] = []
    for begin in range(0, len(lines), _LINES_AT_ONCE):
        part = np.arange(begin, min(begin + _LINES_AT_ONCE, len(lines)))
        line = np.repeat(part, counts[part])
        entry = np.arange(len(line)) - np.repeat(
            np.cumsum(counts[part]) - counts[part], counts[part]
        )
        entry = entry + np.repeat(low[part], counts[part])
        same_sign = (lines.amount[line] > 0) == (entries.amount[entry] > 0)
        found.append(_within((line[same_sign], entry[same_sign]), lines, entries, window_days))
    return _joined(found, len(entries))


def swapped_digit_pairs(lines: Side, entries: Side, *, window_days: int) -> Pairs:
    """Return pairs whose amounts become equal when two neighbouring digits are swapped."""
    first_day = int(min(lines.day.min(), entries.day.min())) - window_days
    span = int(max(lines.day.max(), entries.day.max())) + window_days - first_day + 1
    amounts = np.unique(entries.amount)
    entry_key = np.searchsorted(amounts, entries.amount) * span + (entries.day - first_day)
    size = np.abs(lines.amount)
    found: list[tuple[Ints, Ints]] = []
    for unit in (10**place for place in range(len(str(int(size.max(initial=0)))) - 1)):
        right, left = size // unit % 10, size // (unit * 10) % 10
        swapped = np.sign(lines.amount) * (size + (right - left) * 9 * unit)
        rank = np.minimum(np.searchsorted(amounts, swapped), len(amounts) - 1)
        of_books = np.flatnonzero(
            (amounts[rank] == swapped) & (left != right) & (size >= unit * 10)
        )
        key = rank[of_books] * span + (lines.day[of_books] - first_day)
        low = np.searchsorted(entry_key, key - window_days, side="left")
        counts = np.searchsorted(entry_key, key + window_days, side="right") - low
        counts = np.where(counts > SWAPPED_PAIRS_OF_A_LINE_MAX, 0, counts)
        line = np.repeat(of_books, counts)
        entry = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
        found.append((line, entry + np.repeat(low, counts)))
    return _joined(found, len(entries))


def _joined(found: list[tuple[Ints, Ints]], entries_count: int) -> Pairs:
    none = np.empty(0, np.int64)
    line = np.concatenate([none, *(pair[0] for pair in found)])
    entry = np.concatenate([none, *(pair[1] for pair in found)])
    return _pairs(line, entry, np.zeros(len(line), np.bool_), max(entries_count, 1))


def _spellings(words: Vocabulary) -> tuple[Ints, Ints, Ints]:
    """Return per word its number, that of its beginning and that of its end.

    Names cut short share the beginning; a typo leaves one of the two ends.
    """
    beginnings: dict[str, int] = {}
    ends: dict[str, int] = {}
    for word in words.numbers:
        beginnings.setdefault(word[:END_LETTERS], len(beginnings))
        ends.setdefault(word[-END_LETTERS:], len(ends))
    return (
        np.arange(len(words.numbers)),
        np.array([beginnings[word[:END_LETTERS]] for word in words.numbers], dtype=np.int64),
        np.array([ends[word[-END_LETTERS:]] for word in words.numbers], dtype=np.int64),
    )


def _sharing(
    line_owner: Ints,
    line_token: Ints,
    entry_owner: Ints,
    entry_token: Ints,
    line_rank: Ints,
    entry_rank: Ints,
    sharers_max: int,
) -> tuple[Ints, Ints]:
    """Return pairs of owners that share a token and an amount, unless too many do."""
    if not len(line_token) or not len(entry_token):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    ranks = int(max(line_rank.max(), entry_rank.max())) + 1
    line_key = line_token * ranks + line_rank[line_owner]
    entry_key = entry_token * ranks + entry_rank[entry_owner]
    order = np.argsort(entry_key, kind="stable")
    entry_key, entry_owner = entry_key[order], entry_owner[order]
    low = np.searchsorted(entry_key, line_key, side="left")
    counts = np.searchsorted(entry_key, line_key, side="right") - low
    unique, inverse, sharers = np.unique(line_key, return_inverse=True, return_counts=True)
    del unique
    counts = np.where((counts > sharers_max) | (sharers[inverse] > sharers_max), 0, counts)
    line = np.repeat(line_owner, counts)
    offset = np.arange(len(line)) - np.repeat(np.cumsum(counts) - counts, counts)
    return line, entry_owner[offset + np.repeat(low, counts)]


def _within(
    pair: tuple[Ints, Ints], lines: Side, entries: Side, window_days: int
) -> tuple[Ints, Ints]:
    line, entry = pair
    near = np.abs(lines.day[line] - entries.day[entry]) <= window_days
    return line[near], entry[near]


def _pairs(line: Ints, entry: Ints, crowded: Flags, entries_count: int) -> Pairs:
    """Return the pairs once each, in order."""
    _, first = np.unique(line * entries_count + entry, return_index=True)
    return Pairs(line[first], entry[first], crowded[first])
