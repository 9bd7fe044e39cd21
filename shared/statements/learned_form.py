"""The form that most entries of a file share, learned from entries that were read with every check.

What a format has to say of its entries is how shapes seen so far go into one, and what regular
expression reads that; when to learn, and when to stop, is the same for all.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from itertools import islice
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FORMS_MAX = 16
"""How often a file's form is learned anew, since making a regular expression takes a millisecond
and a file may be made to change its form all the time."""

SHAPES_MAX = 16
"""Shapes of entries that are taken into a form at a time."""

Shape = TypeVar("Shape")
Merged = TypeVar("Merged")


class LearnedForm(ABC, Generic[Shape, Merged]):
    """The order of names that a file's entries have shown so far.

    ``names`` says what each text of a row is.
    """

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self._shapes: dict[Shape, None] = {}
        self._tried: set[Shape] = set()
        self._regex: re.Pattern[str] | None = None
        self._learned = 0

    @staticmethod
    @abstractmethod
    def merged(shapes: Sequence[Shape]) -> Merged | None:
        """Return shapes as one; ``None`` where they contradict each other or are too many."""

    @abstractmethod
    def compiled(self, merged: Merged) -> tuple[tuple[str, ...], str]:
        """Return the names, and the pattern of one entry with a group for each of them."""

    @staticmethod
    def is_usable(_shape: Shape) -> bool:
        """Return whether a shape can be part of a form at all."""
        return True

    def rows(self, text: str, start: int, end: int) -> tuple[list[tuple[str, ...]], int]:
        """Return the texts of the entries at ``start``, and where they end.

        Each row has one text for each of ``names`` and one more that is empty; what an entry
        leaves out is empty too.
        """
        if self._regex is None:
            return [], start
        rows = self._regex.findall(text, start, end)
        rest = rows[-1][-1] if rows else ""
        if rest:
            rows.pop()
        return rows, end - len(rest)

    def learn(self, shapes: Iterable[Shape]) -> None:
        """Take shapes into the form, as long as they are in one order with those before."""
        if self._learned >= FORMS_MAX or len(self._tried) >= FORMS_MAX * SHAPES_MAX:
            return
        latest: Merged | None = None
        for shape in islice(filter(self.is_usable, dict.fromkeys(shapes)), SHAPES_MAX):
            # What did not fit once never will: the form only grows.
            if shape in self._tried:
                continue
            self._tried.add(shape)
            merged = self.merged([*self._shapes, shape])
            if merged is not None:
                self._shapes[shape] = None
                latest = merged
        if latest is None:
            return
        self._learned += 1
        self.names, pattern = self.compiled(latest)
        # The last group takes everything from the first entry of another form on.
        self._regex = re.compile(rf"{pattern}|([\s\S]+)", re.ASCII)
