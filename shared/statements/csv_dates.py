"""Which order of day and month a CSV file is written in, decided from the whole file."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.statements.dates import DateOrder, date_readings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DISTINCT_DATES_MIN = 6
"""Distinct days before the order of rows may settle the order of day and month. Unsorted rows
look sorted under a wrong reading by chance in 2 of 6! = 720 files with six days; and a file must
be unsorted first, which banks' files hardly ever are."""

_BOTH = (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST)

DatedText = tuple[int, str]
"""A line and the date text on it."""


@dataclass(frozen=True, slots=True)
class Sequenced:
    """What only all booking dates of a file in a row can say.

    Under which of both orders they are sorted, either way; how many days they are; and the first
    and last day under each order.
    """

    sorted_in: tuple[DateOrder, ...]
    distinct: int
    spans: dict[DateOrder, tuple[dt.date, dt.date]]


def sequenced(booked: Sequence[DatedText]) -> Sequenced:
    """Return what the booking dates of rows in memory say."""
    read = [date_readings(text) for _, text in booked]
    days = {order: [one[order] for one in read] for order in _BOTH}
    return Sequenced(
        tuple(order for order in _BOTH if _is_sorted(days[order])),
        len(set(days[DateOrder.DAY_FIRST])),
        {order: (min(days[order]), max(days[order])) for order in _BOTH},
    )


def decide_order(
    booked: Sequence[DatedText],
    others: Sequence[DatedText],
    notes: Sequence[DatedText],
    period: tuple[dt.date, dt.date] | None = None,
    all_booked: Callable[[], Sequenced] | None = None,
) -> DateOrder:
    """Return the one order in which every date of the file can be read.

    Args:
        booked: The booking dates, in file order; of a large file those that say something new.
        others: The other dates of the movements, such as value dates.
        notes: Dates around the table; they can settle the order but never contradict it.
        period: The period the file states, where its own dates can be read in one way only.
        all_booked: Looks at all booking dates, where ``booked`` has only some of them.

    Raises:
        UnreadableStatement: Two dates contradict each other, or two orders fit and differ.

    Examples:
        >>> decide_order([(2, "13/04/2024"), (3, "02/05/2024")], [], [])
        <DateOrder.DAY_FIRST: 'day first'>
    """
    written = [*booked, *others]
    fitting = _fitting(written)
    last = [order for order in fitting if order is not DateOrder.YEAR_FIRST]
    if not last:
        return DateOrder.YEAR_FIRST
    _refuse_year_first_doubt(written, last, fitting)
    if len(last) == 1 or _same(written, *_BOTH):
        return last[0]
    settled = [order for order in _BOTH if _fits_notes(notes, order)]
    if len(settled) == 1:
        return settled[0]
    found = all_booked() if all_booked else sequenced(booked)
    if period:
        spans = found.spans
        within = [
            order
            for order in _BOTH
            if period[0] <= spans[order][0] and spans[order][1] <= period[1]
        ]
        if len(within) == 1:
            return within[0]
    if len(found.sorted_in) == 1 and found.distinct >= DISTINCT_DATES_MIN:
        return found.sorted_in[0]
    raise _undecided(written)


def _fitting(written: Sequence[DatedText]) -> list[DateOrder]:
    fitting = list(DateOrder)
    decided_on: DatedText | None = None
    for line, text in written:
        left = [order for order in fitting if order in date_readings(text)]
        if not left:
            before = "" if decided_on is None else f", but line {decided_on[0]} ({decided_on[1]!r})"
            raise UnreadableStatement(
                f"{text!r} cannot be read{before} with {' or '.join(o.value for o in fitting)}",
                line=line,
            )
        if len(left) < len(fitting) and set(fitting) & set(_BOTH) != set(left) & set(_BOTH):
            decided_on = (line, text)
        fitting = left
    return fitting


def _same(written: Sequence[DatedText], one: DateOrder, other: DateOrder) -> bool:
    return all(
        date_readings(text).get(one) == date_readings(text).get(other) for _, text in written
    )


def _fits_notes(notes: Sequence[DatedText], order: DateOrder) -> bool:
    """Return whether the dates around the table allow an order.

    A note in another notation (a month name, ISO) says nothing and allows both.
    """
    return all(order in date_readings(text) for _, text in notes if date_readings(text))


def _is_sorted(days: Sequence[dt.date]) -> bool:
    return all(a <= b for a, b in pairwise(days)) or all(a >= b for a, b in pairwise(days))


def _refuse_year_first_doubt(
    written: Sequence[DatedText], last: Sequence[DateOrder], fitting: Sequence[DateOrder]
) -> None:
    """Refuse ``24/01/15, 24/01/16``: days of one month, or one day in two years.

    Two-digit years stand last in every bank's file we know of, so the year is taken to stand
    first only in doubt: where it would be the same in all rows and differ otherwise.
    """
    if DateOrder.YEAR_FIRST not in fitting:
        return
    first = {date_readings(text)[DateOrder.YEAR_FIRST].year for _, text in written}
    end = {date_readings(text)[last[0]].year for _, text in written}
    if len(first) == 1 and len(end) > 1:
        raise _undecided(written, last[0], DateOrder.YEAR_FIRST)


def _day(date: dt.date) -> str:
    return f"{date.day} {_MONTH_NAMES[date.month - 1]} {date.year}"


_MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


def _undecided(
    written: Sequence[DatedText],
    one: DateOrder = DateOrder.DAY_FIRST,
    other: DateOrder = DateOrder.MONTH_FIRST,
) -> UnreadableStatement:
    line, text = next(
        (line, text)
        for line, text in written
        if date_readings(text)[one] != date_readings(text)[other]
    )
    readings = date_readings(text)
    return UnreadableStatement(
        f"{text!r} could be {_day(readings[one])} ({one.value}) or {_day(readings[other])} "
        f"({other.value}), and every other date in the file allows both",
        line=line,
    )
