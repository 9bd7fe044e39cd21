"""Running balances: what proves that no line is missing and every sign is right.

A bank prints a balance beside each movement. Whether the file runs from old to new or back,
each balance must be its neighbour's plus one amount; where it is, nothing was lost between
them. Balances may stand on some rows only, so steps are sums between two given balances.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Proof:
    """Balances that hold, and over how many steps; ``None`` where the file leaves them open."""

    opening: Decimal | None
    closing: Decimal | None
    steps: int


@dataclass(frozen=True, slots=True)
class Break:
    """The first row, in file order, whose balance does not follow."""

    row: int
    expected: Decimal
    found: Decimal


@dataclass(frozen=True, slots=True)
class NotRunning:
    """Every row shows the same balance: that of the account today, not a running one."""


def _orders(dates: Sequence[dt.date]) -> list[list[int]]:
    """Return the orders, oldest first, in which the rows may have happened.

    Banks list days upwards or downwards and, within a day, either way.
    """
    forwards = list(range(len(dates)))
    backwards = forwards[::-1]
    rises = any(earlier < later for earlier, later in pairwise(dates))
    falls = any(earlier > later for earlier, later in pairwise(dates))
    by_day = sorted(forwards, key=lambda row: dates[row])
    by_day_reversed = sorted(backwards, key=lambda row: dates[row])
    if rises and falls:
        return [forwards, backwards, by_day, by_day_reversed]
    if rises:
        return [forwards, by_day_reversed]
    if falls:
        return [backwards, by_day]
    return [forwards, backwards]


def _chain(
    amounts: Sequence[Decimal], balances: Sequence[Decimal | None], order: list[int]
) -> Proof | Break:
    running = Decimal(0)
    opening: Decimal | None = None
    steps = -1
    for row in order:
        running += amounts[row]
        balance = balances[row]
        if balance is None:
            continue
        steps += 1
        if opening is None:
            opening = balance - running
        elif opening + running != balance:
            return Break(row, opening + running, balance)
    closing = None if opening is None else opening + running
    return Proof(opening, closing, max(steps, 0))


def _by_day(
    amounts: Sequence[Decimal],
    balances: Sequence[Decimal | None],
    dates: Sequence[dt.date],
) -> Proof | None:
    """Return the proof where every row carries the balance at the end of its day."""
    totals: dict[dt.date, Decimal] = {}
    shown: dict[dt.date, Decimal] = {}
    for amount, balance, date in zip(amounts, balances, dates, strict=True):
        totals[date] = totals.get(date, Decimal(0)) + amount
        if balance is not None and shown.setdefault(date, balance) != balance:
            return None
    days = sorted(totals)
    if len(days) < 2 or len(days) == len(dates):  # noqa: PLR2004 - two days make one step
        return None
    proof = _chain(
        [totals[day] for day in days], [shown.get(day) for day in days], list(range(len(days)))
    )
    return proof if isinstance(proof, Proof) else None


def prove(
    amounts: Sequence[Decimal],
    balances: Sequence[Decimal | None],
    dates: Sequence[dt.date],
) -> Proof | Break | NotRunning:
    """Return the opening and closing balance that the running balances prove.

    Strict on purpose: one step that does not hold means a missing line or a wrong sign, and
    both are worse than a refusal. Only a balance that is the same on every row, and so cannot
    be a running one, is set aside. Where all rows share one day and both directions hold, the
    balances stay open.
    """
    given = {balance for balance in balances if balance is not None}
    if not given:
        return Proof(None, None, 0)
    orders = _orders(dates)
    results = [_chain(amounts, balances, order) for order in orders]
    proofs = [result for result in results if isinstance(result, Proof)]
    if proofs:
        undecided = len(set(dates)) == 1 and any(
            (proof.opening, proof.closing) != (proofs[0].opening, proofs[0].closing)
            for proof in proofs
        )
        return Proof(None, None, proofs[0].steps) if undecided else proofs[0]
    daily = _by_day(amounts, balances, dates)
    if daily:
        return daily
    if len(given) == 1:
        return NotRunning()
    return _clearest_break(results, orders)


def _clearest_break(results: list[Proof | Break], orders: list[list[int]]) -> Break:
    """Return the break of the order that holds longest: the likeliest true one."""
    breaks = [
        (order.index(result.row), result)
        for result, order in zip(results, orders, strict=True)
        if isinstance(result, Break)
    ]
    return max(breaks, key=lambda candidate: candidate[0])[1]
