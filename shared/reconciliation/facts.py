"""What a statement comes to, counted while its lines pass, so that none of them need be kept."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from shared.statements.model import Account

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFacts:
    """Everything by which a statement is judged: what it says of itself and what its lines sum to.

    ``lines_count``, ``net_minor``, ``first_date`` and ``last_date`` are of booked lines alone.
    ``currencies`` are those its lines name. ``ordinals`` are its places in its file, from 0:
    several where a file brings a longer period in consecutive statements.
    """

    account: Account
    period_start: dt.date | None
    period_end: dt.date | None
    opening_balance_minor: int | None
    closing_balance_minor: int | None
    lines_count: int
    net_minor: int
    first_date: dt.date | None
    last_date: dt.date | None
    currencies: frozenset[str] = frozenset()
    ordinals: tuple[int, ...] = ()


@dataclass(slots=True)
class Tally:
    """What the lines seen so far come to."""

    count: int = 0
    net_minor: int = 0
    first_date: dt.date | None = None
    last_date: dt.date | None = None

    def add(self, dates: Sequence[dt.date], amounts_minor: Iterable[int]) -> None:
        """Count lines, of which the dates and the amounts are given in two columns.

        Examples:
            >>> import datetime as dt
            >>> tally = Tally()
            >>> tally.add([dt.date(2026, 1, 9), dt.date(2026, 1, 7)], [500, -200])
            >>> tally.count, tally.net_minor, str(tally.first_date)
            (2, 300, '2026-01-07')
        """
        if not dates:
            return
        self.count += len(dates)
        self.net_minor += sum(amounts_minor)
        first, last = min(dates), max(dates)
        self.first_date = first if self.first_date is None else min(first, self.first_date)
        self.last_date = last if self.last_date is None else max(last, self.last_date)


def join(statements: Sequence[StatementFacts]) -> StatementFacts | None:
    """Return consecutive statements of one account as the one they are, or ``None``.

    Banks put a month of daily statements into one MT940 or BAI2 file. They are consecutive where
    each opens with the balance at which the one before closed, which also proves that none between
    them is missing.
    """
    first, last = statements[0], statements[-1]
    for before, after in pairwise(statements):
        if (
            before.account.id != after.account.id
            or before.account.currency != after.account.currency
            or before.closing_balance_minor is None
            or before.closing_balance_minor != after.opening_balance_minor
        ):
            return None
    return replace(
        first,
        period_start=_earliest(one.period_start for one in statements),
        period_end=_latest(one.period_end for one in statements),
        closing_balance_minor=last.closing_balance_minor,
        lines_count=sum(one.lines_count for one in statements),
        net_minor=sum(one.net_minor for one in statements),
        first_date=_earliest(one.first_date for one in statements),
        last_date=_latest(one.last_date for one in statements),
        currencies=frozenset().union(*(one.currencies for one in statements)),
        ordinals=tuple(ordinal for one in statements for ordinal in one.ordinals),
    )


def _earliest(days: Iterable[dt.date | None]) -> dt.date | None:
    return min((day for day in days if day is not None), default=None)


def _latest(days: Iterable[dt.date | None]) -> dt.date | None:
    return max((day for day in days if day is not None), default=None)
