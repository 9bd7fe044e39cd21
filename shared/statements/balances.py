"""Running balances: what proves that no line is missing and every sign is right.

A bank prints a balance beside each movement. Whether the file runs from old to new or back,
each balance must be its neighbour's plus one amount; where it is, nothing was lost between
them. Balances may stand on some rows only, so steps are sums between two given balances.

Rows pass once and are not kept. ``QuickProof`` checks file order and its reverse, which nearly all
files are written in; where neither holds, ``Proof`` goes over the rows with a few numbers a day.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from operator import le, neg, sub
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    Number = int | Decimal


@dataclass(frozen=True, slots=True)
class Proven:
    """Balances that hold, and over how many steps; ``None`` where the file leaves them open."""

    opening: Number | None
    closing: Number | None
    steps: int


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row, in file order from 0, whose balance does not follow."""

    row: int
    expected: Number
    found: Number


@dataclass(frozen=True, slots=True)
class NotRunning:
    """Every row shows the same balance: that of the account today, not a running one."""


Outcome = Proven | Broken | NotRunning


@dataclass(slots=True)
class _Directions:
    """Whether the days of the rows ever rise or fall."""

    rises: bool = False
    falls: bool = False
    last: dt.date | None = None

    def add(self, dates: Sequence[dt.date]) -> None:
        if not dates:
            return
        before = dates if self.last is None else [self.last, *dates]
        self.last = dates[-1]
        if not (self.rises and self.falls) and before[0] == before[-1] == min(before) == max(
            before
        ):
            return
        after = before[1:]
        if not self.falls:
            self.falls = not all(map(le, before, after))
        if not self.rises:
            self.rises = not all(map(le, after, before))


@dataclass(slots=True)
class QuickProof:
    """The proof in file order and in its reverse, for rows that all carry a balance.

    ``outcome`` is ``None`` where it takes a ``Proof`` to say.
    """

    forwards: bool = True
    backwards: bool = True
    count: int = 0
    total: int = 0
    _directions: _Directions = field(default_factory=_Directions)
    _opening: int = 0
    _last_balance: int = 0
    _last_amount: int = 0

    def add(
        self, amounts: Sequence[int], balances: Sequence[int | None], dates: Sequence[dt.date]
    ) -> None:
        """Go over the next rows, in file order."""
        if not amounts or not (self.forwards or self.backwards):
            return
        if None in balances:
            self.forwards = self.backwards = False
            return
        given: list[int] = balances  # type: ignore[assignment] # none of them is None
        self._directions.add(dates)
        chained, moved = given, amounts
        if self.count:
            chained, moved = [self._last_balance, *given], [self._last_amount, *amounts]
        else:
            self._opening = given[0] - amounts[0]
        steps = list(map(sub, chained[1:], chained))
        if self.forwards:
            self.forwards = steps == list(moved[1:])
        if self.backwards:
            self.backwards = steps == list(map(neg, moved[:-1]))
        self.count += len(amounts)
        self.total += sum(amounts)
        self._last_balance, self._last_amount = given[-1], amounts[-1]

    def outcome(self) -> Proven | None:
        """Return the proof if one of both directions holds and fits the days."""
        if not (self.forwards or self.backwards):
            return None
        if not self.count:
            return Proven(None, None, 0)
        rises, falls = self._directions.rises, self._directions.falls
        found = []
        if self.forwards and (rises or not falls):
            found.append((self._opening, self._opening + self.total))
        if self.backwards and (falls or not rises):
            opening = self._last_balance - self._last_amount
            found.append((opening, opening + self.total))
        if not found:
            return None
        if not (rises or falls) and len(set(found)) > 1:
            return Proven(None, None, self.count - 1)
        return Proven(*found[0], self.count - 1)


@dataclass(slots=True)
class _Chain:
    """Balances in one order, visited one by one from the oldest."""

    running: Number = 0
    opening: Number | None = None
    steps: int = -1
    seen: int = 0
    broken: Broken | None = None
    broken_at: int = 0

    def add(self, row: int, amount: Number, balance: Number | None) -> None:
        self.running += amount
        self.seen += 1
        if balance is None or self.broken is not None:
            return
        self.steps += 1
        if self.opening is None:
            self.opening = balance - self.running
        elif self.opening + self.running != balance:
            self.broken = Broken(row, self.opening + self.running, balance)
            self.broken_at = self.seen - 1

    def outcome(self) -> Proven:
        closing = None if self.opening is None else self.opening + self.running
        return Proven(self.opening, closing, max(self.steps, 0))


@dataclass(slots=True)
class _Turned:
    """The same chain visited from the newest row: what breaks last was the first to break."""

    before: Number = 0
    """Sum of the amounts of all rows so far."""

    seen: int = 0
    given: int = 0
    closing: Number | None = None
    """Balance after the newest row, as the first given balance says it."""

    first_row: int = 0
    first_seen: int = 0
    first_balance: Number = 0
    last_balance: Number = 0
    last_row: int = 0
    last_seen: int = 0
    since: Number = 0
    """Sum of the amounts from the last given balance's row on."""

    broken: Broken | None = None
    broken_seen: int = 0

    def add(self, row: int, amount: Number, balance: Number | None) -> None:
        if balance is not None:
            if self.given == 0:
                self.closing = balance + self.before
            elif self.last_balance != balance + self.since:
                self.broken = Broken(self.last_row, balance + self.since, self.last_balance)
                self.broken_seen = self.last_seen
            self.given += 1
            self.last_balance, self.last_row, self.last_seen = balance, row, self.seen
            self.since = 0
        self.before += amount
        self.since += amount
        self.seen += 1

    @property
    def opening(self) -> Number | None:
        """The balance before the oldest row, by the given balance nearest to it."""
        return None if not self.given else self.last_balance - self.since


@dataclass(slots=True)
class _Day:
    """What one day's rows come to, in both orders within the day."""

    forwards: _Chain = field(default_factory=_Chain)
    turned: _Turned = field(default_factory=_Turned)
    shown: Number | None = None
    same: bool = True
    first: tuple[int, int, Number, Number] | None = None
    """Row, place, sum to there and balance of the first given balance."""


@dataclass(slots=True)
class Proof:
    """The proof in every order in which banks list rows; strict on purpose.

    Days run upwards or downwards and, within a day, rows run either way. One step that does not
    hold means a missing line or a wrong sign, and both are worse than a refusal. Only a balance
    that is the same on every row, and so cannot be a running one, is set aside. Where all rows
    share one day and both directions hold, the balances stay open. A balance may also be that at
    the end of each day.
    """

    count: int = 0
    _directions: _Directions = field(default_factory=_Directions)
    _forwards: _Chain = field(default_factory=_Chain)
    _backwards: _Turned = field(default_factory=_Turned)
    _days: dict[dt.date, _Day] = field(default_factory=dict)
    _only: Number | None = None
    _several: bool = False

    def add(
        self,
        amounts: Sequence[Number],
        balances: Sequence[Number | None],
        dates: Sequence[dt.date],
    ) -> None:
        """Go over the next rows, in file order."""
        self._directions.add(dates)
        for row, (amount, balance, date) in enumerate(
            zip(amounts, balances, dates, strict=True), start=self.count
        ):
            self._forwards.add(row, amount, balance)
            self._backwards.add(row, amount, balance)
            day = self._days.get(date)
            if day is None:
                day = self._days[date] = _Day()
            day.forwards.add(row, amount, balance)
            day.turned.add(row, amount, balance)
            if balance is None:
                continue
            if day.shown is None:
                day.shown = balance
                day.first = (row, day.forwards.seen - 1, day.forwards.running, balance)
            elif day.shown != balance:
                day.same = False
            if self._only is None:
                self._only = balance
            elif self._only != balance:
                self._several = True
        self.count += len(amounts)

    def outcome(self) -> Outcome:
        """Return what the balances prove."""
        if self._only is None:
            return Proven(None, None, 0)
        results = [order() for order in self._orders()]
        proofs = [result for result, _ in results if isinstance(result, Proven)]
        if proofs:
            undecided = len(self._days) == 1 and any(
                (proof.opening, proof.closing) != (proofs[0].opening, proofs[0].closing)
                for proof in proofs
            )
            return Proven(None, None, proofs[0].steps) if undecided else proofs[0]
        daily = self._at_day_ends()
        if daily is not None:
            return daily
        if not self._several:
            return NotRunning()
        # The order that holds longest is the likeliest, so its break the likeliest true one.
        result, _ = max(results, key=lambda found: found[1])
        return result

    def _orders(self) -> list[_Order]:
        rises, falls = self._directions.rises, self._directions.falls
        if rises and falls:
            return [self._in_order, self._reversed, self._by_day, self._by_day_reversed]
        if rises:
            return [self._in_order, self._by_day_reversed]
        if falls:
            return [self._reversed, self._by_day]
        return [self._in_order, self._reversed]

    def _in_order(self) -> tuple[Proven | Broken, int]:
        chain = self._forwards
        return (chain.broken, chain.broken_at) if chain.broken else (chain.outcome(), self.count)

    def _reversed(self) -> tuple[Proven | Broken, int]:
        turned = self._backwards
        if turned.broken:
            return turned.broken, self.count - 1 - turned.broken_seen
        return self._proven(turned.opening, turned.given), self.count

    def _proven(self, opening: Number | None, given: int) -> Proven:
        closing = None if opening is None else opening + self._forwards.running
        return Proven(opening, closing, max(given - 1, 0))

    def _by_day(self) -> tuple[Proven | Broken, int]:
        opening: Number | None = None
        running: Number = 0
        seen = given = 0
        for _, day in sorted(self._days.items()):
            chain = day.forwards
            if day.first is not None:
                row, place, to_there, found = day.first
                if opening is None:
                    opening = found - to_there - running
                elif opening + running + to_there != found:
                    return Broken(row, opening + running + to_there, found), seen + place
                if chain.broken:
                    return chain.broken, seen + chain.broken_at
            given += chain.steps + 1
            running += chain.running
            seen += chain.seen
        return self._proven(opening, given), self.count

    def _by_day_reversed(self) -> tuple[Proven | Broken, int]:
        opening: Number | None = None
        running: Number = 0
        seen = given = 0
        for _, day in sorted(self._days.items()):
            turned = day.turned
            if turned.given:
                place = turned.seen - 1 - turned.last_seen
                if opening is None:
                    opening = turned.last_balance - turned.since - running
                elif opening + running + turned.since != turned.last_balance:
                    return (
                        Broken(
                            turned.last_row, opening + running + turned.since, turned.last_balance
                        ),
                        seen + place,
                    )
                if turned.broken:
                    return turned.broken, seen + turned.seen - 1 - turned.broken_seen
            given += turned.given
            running += turned.before
            seen += turned.seen
        return self._proven(opening, given), self.count

    def _at_day_ends(self) -> Proven | None:
        """Return the proof where every row carries the balance at the end of its day."""
        days = sorted(self._days.items())
        if len(days) < 2 or len(days) == self.count or not all(day.same for _, day in days):  # noqa: PLR2004 - two days make one step
            return None
        chain = _Chain()
        for row, (_, day) in enumerate(days):
            chain.add(row, day.forwards.running, day.shown)
        return None if chain.broken else chain.outcome()


if TYPE_CHECKING:
    from collections.abc import Callable

    _Order = Callable[[], tuple[Proven | Broken, int]]


def prove(
    amounts: Sequence[Number], balances: Sequence[Number | None], dates: Sequence[dt.date]
) -> Outcome:
    """Return what the balances of rows in memory prove; as ``Proof``."""
    proof = Proof()
    proof.add(amounts, balances, dates)
    return proof.outcome()
