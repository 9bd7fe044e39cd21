"""Dates without a year, as printed statements have them: the statement's period gives the year."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.statements.dates import DateOrder, date_readings, dates_within

if TYPE_CHECKING:
    from collections.abc import Sequence

BEYOND_DAYS = 10
"""How far outside the period a movement may be dated: weekends at its ends, late bookings."""

BEFORE_DAYS = 300
"""How far back from the one date of a statement movements may be; a year would leave two years."""

APART_DAYS = 180
"""How far a value date may be from the booking date; half a year would leave two years."""

_ORDERS = (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST)
_NUMERIC = re.compile(r"(\d{1,2})([./-])(\d{1,2})\.?", re.ASCII)
_NAMED = re.compile(r"\d{1,2}\.? [^\W\d_]{3,12}\.?|[^\W\d_]{3,12}\.? \d{1,2}")
_ORDINAL = re.compile(r"(\d)(?:\.|st|nd|rd|th) (?=[^\W\d_]{3})")
_SHORT_START = re.compile(r"(?<!\d)(\d{1,2}\.\d{1,2}\.) ?[-\u2013] ?(?=\d{1,2}\.\d{1,2}\.(\d{4}))")
_LEAP_YEAR = "2000"
"""A year in which every day exists, to see whether a text is a date at all."""


def short_date(text: str) -> bool:
    """Return whether a text is a day and a month and no year.

    Examples:
        >>> short_date("31.01."), short_date("03 Mar"), short_date("31.01.2024")
        (True, True, False)
    """
    return bool(_in_year(text, int(_LEAP_YEAR)))


def _in_year(text: str, year: int) -> dict[DateOrder, dt.date]:
    match = _NUMERIC.fullmatch(text)
    if match:
        return date_readings(f"{match[1]}{match[2]}{match[3]}{match[2]}{year:04}")
    return date_readings(f"{text.rstrip('.')} {year:04}") if _NAMED.fullmatch(text) else {}


def full_dates(text: str) -> list[str]:
    """Return the dates with a year in a printed line."""
    spaced = _ORDINAL.sub(r"\1 ", text)
    return dates_within(_SHORT_START.sub(r"\g<1>\g<2> - ", spaced))


_Period = tuple[dt.date, dt.date]


def stated_period(texts: Sequence[str]) -> _Period | None:
    """Return the period that a line states, where day and month cannot be mistaken in it."""
    found = set(_two_dates(texts).values())
    return found.pop() if len(found) == 1 else None


def _two_dates(texts: Sequence[str]) -> dict[DateOrder, _Period]:
    for text in texts:
        found = full_dates(text)
        if len(found) == len(("start", "end")):
            start, end = map(date_readings, found)
            periods = {
                order: (start[order], end[order])
                for order in _ORDERS
                if order in start and order in end and start[order] < end[order]
            }
            if periods:
                return periods
    return {}


def _periods(texts: Sequence[str]) -> dict[DateOrder, _Period]:
    """Return the statement's period under each order of day and month."""
    stated = _two_dates(texts)
    if stated:
        return stated
    alone = {found for text in texts for found in full_dates(text)}
    if len(alone) == 1:
        readings = date_readings(alone.pop())
        back = dt.timedelta(BEFORE_DAYS)
        return {order: (readings[order] - back, readings[order]) for order in readings}
    return {}


def _dated(text: str, order: DateOrder, period: _Period) -> dt.date | None:
    """Return the one date near the period that a text can mean."""
    beyond = dt.timedelta(BEYOND_DAYS)
    found = [
        date
        for year in range(period[0].year - 1, period[1].year + 2)
        if (date := _in_year(text, year).get(order)) is not None
        and period[0] - beyond <= date <= period[1] + beyond
    ]
    return found[0] if len(found) == 1 else None


def resolve(
    texts: Sequence[tuple[int, str]], notes: Sequence[str]
) -> tuple[list[dt.date], DateOrder]:
    """Return dates without a year as the statement's period has them, and their order.

    Args:
        texts: Line and text of each date.
        notes: The lines that may state the period.

    Raises:
        UnreadableStatement: No period is stated, a date is outside it, or both orders fit.
    """
    periods = _periods(notes)
    if not periods:
        raise UnreadableStatement(
            f"the dates have no year ({texts[0][1]}) and no line of the PDF states the period",
            line=texts[0][0],
        )
    fitting: dict[DateOrder, list[dt.date]] = {}
    outside = texts[0]
    for order, period in periods.items():
        dates: list[dt.date] = []
        for line, text in texts:
            date = _dated(text, order, period)
            if date is None:
                outside = line, text
                break
            dates.append(date)
        else:
            fitting[order] = dates
    if not fitting:
        start, end = next(iter(periods.values()))
        raise UnreadableStatement(
            f"the date {outside[1]} is not in the statement's period, {start} to {end}",
            line=outside[0],
        )
    order, dates = next(iter(fitting.items()))
    for other, rival in fitting.items():
        if rival != dates:
            raise UnreadableStatement(
                f"the dates have no year and can be read as {order.value} or {other.value}; both "
                "fit the statement's period",
                line=texts[0][0],
            )
    return dates, order


def nearest(text: str, order: DateOrder, to: dt.date) -> dt.date | None:
    """Return the date without a year that is nearest to another."""
    found = [
        date
        for year in (to.year - 1, to.year, to.year + 1)
        if (date := _in_year(text, year).get(order)) is not None
    ]
    best = min(found, key=lambda date: abs(date - to), default=None)
    return best if best is not None and abs(best - to).days <= APART_DAYS else None
