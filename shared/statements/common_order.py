"""The one order in which a program writes elements of which it leaves some out now and then."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def common_order(sequences: Iterable[Sequence[str]]) -> tuple[str, ...] | None:
    """Return all names in an order that keeps that of every sequence, ``None`` where none does.

    Examples:
        >>> common_order(["DTPM", "DTNP", "DTPML"])
        ('D', 'T', 'N', 'P', 'M', 'L')
        >>> common_order(["DT", "TD"]) is None
        True
    """
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for sequence in sequences:
        for name in sequence:
            sorter.add(name)
        for before, after in pairwise(sequence):
            sorter.add(after, before)
    try:
        return tuple(sorter.static_order())
    except CycleError:
        return None
