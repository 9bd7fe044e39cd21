"""How one QIF file writes dates and amounts, decided from the whole file.

QIF says neither. Quicken writes both as the computer's region has them, and the programs and banks
that write QIF since do as they please: month or day first, years of one, two or four digits, an
apostrophe before the years from 2000 on, decimal comma or point. So the file is looked through
until one date and one amount allow a single reading; every other must then fit, which the reading
itself checks. A file that allows two readings to its end is refused with both.

Sources: Intuit's "QIF Specification" of Quicken (``1/31'04``, blanks in place of zeros); Unicode
CLDR date formats (no locale writes the month first between points).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from functools import lru_cache
from operator import ge, le
from typing import TYPE_CHECKING

from shared.errors import InvalidInput, UnreadableStatement
from shared.money import decimals_of, parse_minor
from shared.statements.amounts import DecimalMark, plain, split_amount
from shared.statements.dates import DATE_CHARS_MAX, DateOrder, date_readings

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

DATES_KEPT_MAX = 20_000
"""Date texts remembered: 50 years of days."""

DISTINCT_DATES_MIN = 6
"""Distinct days before the order of entries may settle the order of day and month. Unsorted
entries look sorted under a wrong reading by chance in 2 of 6! = 720 files with six days."""

AMOUNT_DIGITS_MAX = 15
"""Digits of an amount that need no check against the largest amount (2**53 has 16)."""

_SHOWN_CHARS_MAX = 40
_REASON_CHARS_MAX = 200

_BOTH = (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST)
_WRITTEN = re.compile(r"(\d{1,4})([/.\-])(\d{1,2})(?:\2(\d{1,4})|[/.\-]?'(\d{1,4}))", re.ASCII)
_BLANKS = re.compile(r"\s+")
_MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@lru_cache(maxsize=DATES_KEPT_MAX)
def qif_date_readings(text: str) -> dict[DateOrder, dt.date]:
    """Return the date under every order it can be read in; empty where it is no date.

    Examples:
        >>> qif_date_readings("1/31' 4")
        {<DateOrder.MONTH_FIRST: 'month first'>: datetime.date(2004, 1, 31)}
        >>> [order.value for order in qif_date_readings("01.02.2004")]
        ['day first', 'month first']
    """
    if len(text) > DATE_CHARS_MAX:
        return {}
    match = _WRITTEN.fullmatch(_BLANKS.sub("", text))
    if match is None:
        return date_readings(text.strip())
    first, _, second, year, after_apostrophe = match.groups()
    if after_apostrophe is not None:
        year = f"{after_apostrophe:0>2}"
    if len(first) > len("31"):
        return date_readings(f"{first}-{second}-{year}") if after_apostrophe is None else {}
    if len(year) == len("4"):
        year = f"0{year}"
    return date_readings(f"{first}/{second}/{year}")


@dataclass(slots=True)
class _DatesSeen:
    """Which orders of day and month every date so far allows."""

    fitting: list[DateOrder] = field(default_factory=lambda: list(DateOrder))
    two_readings: tuple[int, str] | None = None
    has_points_only: bool = True
    distinct: set[dt.date] = field(default_factory=set)
    sorted_under: dict[DateOrder, list[bool]] = field(
        default_factory=lambda: {order: [True, True] for order in _BOTH}
    )
    last: str | None = None

    years_first: set[int] = field(default_factory=set)
    years_last: set[int] = field(default_factory=set)
    first_short: tuple[int, str] | None = None

    @property
    def is_decided(self) -> bool:
        one_order = len(set(self.fitting) & set(_BOTH)) < len(_BOTH)
        return one_order and (DateOrder.YEAR_FIRST not in self.fitting or len(self.years_first) > 1)

    def _note_years(self, line: int, text: str, readings: dict[DateOrder, dt.date]) -> None:
        year_first = readings.get(DateOrder.YEAR_FIRST)
        year_last = next((readings[order] for order in _BOTH if order in readings), None)
        if year_first is None or year_last is None or year_first == year_last:
            return
        self.first_short = self.first_short or (line, text)
        self.years_first.add(year_first.year)
        self.years_last.add(year_last.year)

    def take(self, dates: Sequence[tuple[int, str]]) -> None:
        """Look at the dates of a block, each with its line."""
        for line, text in dates:
            if text == self.last:
                continue
            readings = qif_date_readings(text)
            left = [order for order in self.fitting if order in readings]
            if not left:
                raise self._refuse(line, text)
            self.fitting = left
            self._note_years(line, text, readings)
            if self.is_decided:
                return
            if len(set(left) & set(_BOTH)) < len(_BOTH):
                continue
            one, other = (readings[order] for order in _BOTH)
            if one != other:
                self.two_readings = self.two_readings or (line, text)
                self.has_points_only = self.has_points_only and "." in text
            if len(self.distinct) < DISTINCT_DATES_MIN:
                self.distinct.add(one)
            if self.last is not None:
                before = qif_date_readings(self.last)
                for order, flags in self.sorted_under.items():
                    flags[0] = flags[0] and le(before[order], readings[order])
                    flags[1] = flags[1] and ge(before[order], readings[order])
            self.last = text

    def _refuse(self, line: int, text: str) -> UnreadableStatement:
        shown = text.strip()[:_SHOWN_CHARS_MAX]
        if not qif_date_readings(text):
            return UnreadableStatement(f"D {shown!r} is no date or no day that exists", line=line)
        orders = " or ".join(order.value for order in self.fitting)
        return UnreadableStatement(
            f"D {shown!r} cannot be read {orders}, as the dates before it are", line=line
        )

    def order(self) -> DateOrder:
        """Return the one order in which every date can be read.

        Raises:
            UnreadableStatement: Two orders fit and differ.
        """
        self._refuse_year_first_doubt()
        if DateOrder.DAY_FIRST not in self.fitting or DateOrder.MONTH_FIRST not in self.fitting:
            last = [order for order in self.fitting if order is not DateOrder.YEAR_FIRST]
            return last[0] if last else DateOrder.YEAR_FIRST
        if self.two_readings is None or self.has_points_only:
            return DateOrder.DAY_FIRST
        ordered = [order for order, flags in self.sorted_under.items() if any(flags)]
        if len(ordered) == 1 and len(self.distinct) >= DISTINCT_DATES_MIN:
            return ordered[0]
        raise self._undecided(self.two_readings, *_BOTH)

    def _refuse_year_first_doubt(self) -> None:
        """Refuse ``24-01-15, 24-01-16``: days of one month, or one day in two years.

        Two-digit years stand last in every QIF file we know of, so the year is taken to stand
        first only in doubt: where it would be the same in all entries and differ otherwise.
        """
        last = next((order for order in _BOTH if order in self.fitting), None)
        if DateOrder.YEAR_FIRST not in self.fitting or last is None or self.first_short is None:
            return
        if len(self.years_first) == 1 and len(self.years_last) > 1:
            raise self._undecided(self.first_short, last, DateOrder.YEAR_FIRST)

    @staticmethod
    def _undecided(found: tuple[int, str], *orders: DateOrder) -> UnreadableStatement:
        line, text = found
        readings = qif_date_readings(text)
        named = [
            f"{day.day} {_MONTH_NAMES[day.month - 1]} {day.year} ({order.value})"
            for order, day in ((order, readings[order]) for order in orders)
        ]
        return UnreadableStatement(
            f"D {text.strip()!r} could be {' or '.join(named)}, and every other date in the file "
            "allows both",
            line=line,
        )


@dataclass(slots=True)
class _AmountsSeen:
    """Which decimal mark the amounts so far call for."""

    mark: DecimalMark | None = None
    open: tuple[int, str, str, str] | None = None

    def take(self, amounts: Iterable[tuple[int, str]]) -> None:
        """Look at the amounts of a block, each with its line, until one decides."""
        for line, text in amounts:
            parts = split_amount(text.strip())
            if parts is None:
                continue
            point = plain(parts.core, DecimalMark.POINT)
            comma = plain(parts.core, DecimalMark.COMMA)
            if point == comma:
                continue
            if point is None or comma is None:
                self.mark = DecimalMark.COMMA if point is None else DecimalMark.POINT
                return
            self.open = self.open or (line, text.strip(), point, comma)

    def decided(self) -> DecimalMark:
        """Return the decimal mark; the point where no amount has any.

        Raises:
            UnreadableStatement: An amount can be read with both, and none tells which.
        """
        if self.mark is None and self.open is not None:
            line, text, point, comma = self.open
            raise UnreadableStatement(
                f"the amount {text!r} could be {point} or {comma}, and no other amount in the file "
                "tells which",
                line=line,
            )
        return self.mark or DecimalMark.POINT


class Survey:
    """Looks through a file until dates and amounts are decided.

    Args:
        order: The order of day and month where the caller knows it.
        mark: The decimal mark, likewise.
    """

    def __init__(self, order: DateOrder | None, mark: DecimalMark | None) -> None:
        """Begin."""
        self._order = order
        self._dates = _DatesSeen()
        self._amounts = _AmountsSeen(mark)

    @property
    def is_decided(self) -> bool:
        """Return whether the rest of the file can change nothing."""
        dates = self._order is not None or self._dates.is_decided
        return dates and self._amounts.mark is not None

    def take(self, dates: Sequence[tuple[int, str]], amounts: Iterable[tuple[int, str]]) -> None:
        """Look at the dates and amounts of some entries, each with its line.

        Raises:
            UnreadableStatement: A date fits no order that those before it allow.
        """
        if self._order is None and not self._dates.is_decided:
            self._dates.take(dates)
        if self._amounts.mark is None:
            self._amounts.take(amounts)

    def conventions(self, currency: str | None) -> Conventions:
        """Return what was found out.

        Raises:
            UnreadableStatement: Two readings are left.
        """
        return Conventions(self._order or self._dates.order(), self._amounts.decided(), currency)


class Conventions:
    """Reads the dates and amounts of a file whose ways are known."""

    def __init__(self, order: DateOrder, mark: DecimalMark, currency: str | None) -> None:
        """Remember how dates and amounts are written."""
        self.order = order
        self.mark = mark
        self.currency = currency
        self._days: dict[str, dt.date] = {}
        decimals = decimals_of(currency)
        point = mark is DecimalMark.POINT
        group, decimal = (",", r"\.") if point else (r"\.", ",")
        fraction = "" if decimals == 0 else f"{decimal}[0-9]{{{decimals}}}"
        digits_max = AMOUNT_DIGITS_MAX - decimals
        whole = rf"[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}}){{1,3}}|[0-9]{{1,{digits_max}}}"
        self._usual = re.compile(rf"(?:[+-]?(?:{whole}){fraction}\0)*+")

    def date(self, text: str) -> dt.date:
        """Return one date.

        Raises:
            UnreadableStatement: It is none in the file's order.
        """
        known = self._days.get(text)
        if known is not None:
            return known
        found = qif_date_readings(text).get(self.order)
        if found is None:
            shown = text.strip()[:_SHOWN_CHARS_MAX]
            raise UnreadableStatement(
                f"D {shown!r} is no day that exists, read {self.order.value} as the file's other "
                "dates are"
                if qif_date_readings(text)
                else f"D {shown!r} is no date or no day that exists"
            )
        if len(self._days) >= DATES_KEPT_MAX:
            self._days.clear()
        self._days[text] = found
        return found

    def dates(self, texts: Sequence[str]) -> list[dt.date]:
        """Return many dates.

        Raises:
            UnreadableStatement: As ``date``.
        """
        try:
            return list(map(self._days.__getitem__, texts))
        except KeyError:
            found = {text: self.date(text) for text in set(texts)}
            return list(map(found.__getitem__, texts))

    def amount(self, text: str, name: str) -> int:
        """Return one amount in minor units.

        Raises:
            UnreadableStatement: It is none with the file's decimal mark.

        Examples:
            >>> Conventions(DateOrder.DAY_FIRST, DecimalMark.COMMA, "EUR").amount("-1.234,50", "T")
            -123450
        """
        value = text.strip()
        shown = value if len(value) <= _SHOWN_CHARS_MAX else value[:_SHOWN_CHARS_MAX] + "…"
        parts = split_amount(value)
        if parts is None or parts.currency or parts.symbol or parts.side or value[-1] in "-+)":
            raise UnreadableStatement(f"{name} {shown!r} is not an amount")
        digits = plain(parts.core, self.mark)
        if digits is None:
            mark = self.mark.name.lower()
            raise UnreadableStatement(
                f"{name} {shown!r} cannot be read with a decimal {mark}, as the file's other "
                "amounts are"
            )
        try:
            return parse_minor(f"-{digits}" if parts.negative else digits, self.currency)
        except InvalidInput as error:
            raise UnreadableStatement(f"{name}: {error.message[:_REASON_CHARS_MAX]}") from None

    def amounts(self, texts: Sequence[str], name: str) -> list[int]:
        """Return many amounts in minor units.

        Raises:
            UnreadableStatement: As ``amount``.
        """
        joined = "\0".join(texts) + "\0"
        if self._usual.fullmatch(joined):
            return list(map(int, joined.replace(".", "").replace(",", "")[:-1].split("\0")))
        return [self.amount(text, name) for text in texts]
