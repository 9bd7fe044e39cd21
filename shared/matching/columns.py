"""Items as arrays, one side of one currency at a time, with indistinguishable items merged.

Items of the same amount, day, text and reference are *twins*: nothing can tell them apart, so
they form one class with a size. That makes pairing twins a matter of counting and keeps ten
thousand equal coffees as cheap as one.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from shared.matching.text import CORE_MARK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.matching.model import Item
    from shared.matching.text import Reader

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bag:
    """Token ids of many classes, flat: those of class c are ``ids[start[c]:start[c + 1]]``."""

    ids: Ints
    start: Ints

    @property
    def owners(self) -> Ints:
        """Return for each token the class it belongs to."""
        return np.repeat(np.arange(len(self.start) - 1), np.diff(self.start))


@dataclass(frozen=True, slots=True)
class Side:
    """The classes of one side, ordered by amount, day, text and reference.

    Args:
        amount: Minor units, per class.
        day: Proleptic Gregorian ordinal, per class.
        size: Items in the class.
        members: Positions of the items in the caller's list, class by class, ordered by id.
        start: Where each class begins in ``members``.
        words: Cleaned words, per class; ``party`` likewise for the counterparty alone.
        word_bag: The words as ids of a vocabulary shared by both sides.
        identifier_bag: The identifiers likewise.
    """

    amount: Ints
    day: Ints
    size: Ints
    members: Ints
    start: Ints
    words: tuple[str, ...]
    party: tuple[str, ...]
    word_bag: Bag
    identifier_bag: Bag

    def __len__(self) -> int:
        return len(self.amount)


class Vocabulary:
    """Numbers tokens in the order in which they are first met."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def bag(self, tokens: Sequence[Sequence[str]]) -> Bag:
        """Return the token lists as one bag, giving new tokens new numbers."""
        numbers = self.numbers
        flat = [numbers.setdefault(token, len(numbers)) for row in tokens for token in row]
        lengths = np.fromiter((len(row) for row in tokens), dtype=np.int64, count=len(tokens))
        return Bag(
            np.array(flat, dtype=np.int64),
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        )


def build_side(
    items: Sequence[Item],
    positions: Sequence[int],
    reader: Reader,
    words: Vocabulary,
    identifiers: Vocabulary,
    *,
    of_bank: bool,
) -> Side:
    """Return the given items as a ``Side``; ``positions`` are theirs in the caller's list."""
    readings = [reader.read(items[position]) for position in positions]
    keyed = sorted(
        (
            item.amount_minor,
            item.date.toordinal(),
            reading.words,
            reading.party,
            reading.identifiers,
            reading.spelling,
            item.id,
            position,
        )
        for reading, position in zip(readings, positions, strict=True)
        for item in (items[position],)
    )
    counts = Counter(key[:6] for key in keyed)
    size = np.fromiter(counts.values(), dtype=np.int64, count=len(counts))
    return Side(
        amount=np.fromiter((key[0] for key in counts), dtype=np.int64, count=len(counts)),
        day=np.fromiter((key[1] for key in counts), dtype=np.int64, count=len(counts)),
        size=size,
        members=np.fromiter((key[7] for key in keyed), dtype=np.int64, count=len(keyed)),
        start=np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
        words=tuple(key[2] for key in counts),
        party=tuple(key[3] for key in counts),
        word_bag=words.bag([key[2].split() for key in counts]),
        identifier_bag=identifiers.bag([_spellings(key[4], of_bank=of_bank) for key in counts]),
    )


def _spellings(identifiers: Sequence[str], *, of_bank: bool) -> list[str]:
    """Return the identifiers so that equality across the sides means agreement.

    A bare number agrees with itself and with the number of a prefixed identifier on the other
    side; two prefixed identifiers agree only as a whole. So ``1042`` of the bank is spelled
    ``1042`` and ``1042<``, as is the ``1042`` of the books' ``RF1042``; and the reverse with ``>``.
    """
    bare, core = ("<", ">") if of_bank else (">", "<")
    spelled = []
    for identifier in identifiers:
        if identifier.endswith(CORE_MARK):
            spelled.append(identifier.removesuffix(CORE_MARK) + core)
        else:
            spelled.append(identifier)
            if identifier.isdigit():
                spelled.append(identifier + bare)
    return spelled
