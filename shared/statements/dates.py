"""What a date text can mean, and which order of day and month a whole file is written in.

Sources: ISO 8601; Unicode CLDR date formats (no locale writes the month first between points;
``/`` and ``-`` are used in both orders).
"""

from __future__ import annotations

import datetime as dt
import enum
import re
import unicodedata
from functools import lru_cache

YEAR_MIN = 1950
"""No bank exports older files; below it, digits were read in the wrong order."""

YEAR_MAX = 2099

CENTURY_PIVOT = 70
"""Two-digit years from 70 are 19xx, as POSIX strptime has them for 69 and later."""

DATE_CHARS_MAX = 60


class DateOrder(enum.Enum):
    """Which field of a numeric date comes first."""

    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"
    YEAR_FIRST = "year first"

    # Members are singletons; hashing them by identity is several times faster.
    __hash__ = object.__hash__


_ORDERS = tuple(DateOrder)

_MONTH_WORDS = """
    january januar jan janvier janv enero ene januari gennaio gen janeiro stycznia styczen sty
    |february februar feb fevrier fevr fev febrero februari febbraio febr fevereiro lutego luty lut
    |march marz maerz mar mars marzo maart mrt marco marca marzec mrz
    |april apr avril avr abril abr aprile kwietnia kwiecien kwi
    |may mai mayo mei maggio mag maio maja maj
    |june juni jun juin junio giugno giu junho czerwca czerwiec cze
    |july juli jul juillet juil julio luglio lug julho lipca lipiec lip
    |august aug aout agosto ago augustus sierpnia sierpien sie augusti
    |september sep sept septembre septiembre set settembre setembro wrzesnia wrzesien wrz
    |october oktober oct okt octobre octubre ottobre ott outubro out pazdziernika pazdziernik paz
    |november nov novembre noviembre novembro listopada listopad lis
    |december dezember dec dez decembre diciembre dic dicembre dezembro desember des grudnia
    grudzien gru
"""
_MONTHS = {
    name: number
    for number, names in enumerate(_MONTH_WORDS.split("|"), start=1)
    for name in names.split()
}

# An optional time of day follows the date; its zone is dropped: the bank's local day counts.
_TIME = (
    r"(?:[T ,]{1,3}(?:at )?\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d{1,9})?)?"
    r" ?(?:[AaPp]\.?[Mm]\.?)?)? ?(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_YEAR_FIRST = re.compile(r"(\d{4})([-/. ])(\d{1,2})\2(\d{1,2})\.?" + _TIME, re.ASCII)
_NUMERIC = re.compile(r"(\d{1,2})([-/. ]|\. )(\d{1,2})\2(\d{4}|\d{2})" + _TIME, re.ASCII)
_COMPACT = re.compile(r"(\d{8})" + _TIME.replace("[T ,]{1,3}", "[T ]"), re.ASCII)
# Chinese and Japanese, Korean: year, month and day each with its own word.
_WITH_UNITS = re.compile(
    r"(\d{4})\s?[\u5e74\ub144]\s?(\d{1,2})\s?[\u6708\uc6d4]\s?(\d{1,2})\s?[\u65e5\uc77c]" + _TIME,
    re.ASCII,
)
_DAY_NAME = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|\.|er)?[ \-/.]{1,2}(?:de )?([^\W\d_]{3,12})\.?[ \-/.,]{1,2}(?:de )?"
    r"(\d{4}|\d{2})" + _TIME
)
_NAME_DAY = re.compile(
    r"([^\W\d_]{3,12})\.?[ \-/.]{1,2}(\d{1,2})(?:st|nd|rd|th)?,?[ \-/]{1,2}(\d{4}|\d{2})" + _TIME
)
_LOOKS = re.compile(
    r"\d{4}\s?[\u5e74\ub144]|\d{1,4}[-/.] ?\d{1,2}[-/.] ?\d{1,4}|\d{8}(?!\d)"
    r"|\d{1,2}[ \-./]{1,2}[^\W\d_]{3,12}\.?[ \-./,]",
)
_WITHIN = re.compile(
    r"(?<![\d./-])(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})"
    r"|\d{1,2}[ -][^\W\d_]{3,9}[ -]\d{4}|[^\W\d_]{3,9} \d{1,2}, \d{4})(?![\d/-])"
)


def looks_like_date(text: str) -> bool:
    """Return whether a cell was meant as a date, be it a real one or not."""
    return len(text) <= DATE_CHARS_MAX and _LOOKS.match(text) is not None


def dates_within(text: str) -> list[str]:
    """Return the date texts inside a sentence, such as ``Balance as of 01/31/2024``."""
    return _WITHIN.findall(text[:500])


def _full_year(text: str) -> int:
    year = int(text)
    if len(text) == len("2024"):
        return year
    return year + (1900 if year >= CENTURY_PIVOT else 2000)


def _date(year: int, month: int, day: int) -> dt.date | None:
    if not YEAR_MIN <= year <= YEAR_MAX:
        return None
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _readings(
    *candidates: tuple[DateOrder, dt.date | None],
) -> dict[DateOrder, dt.date]:
    return {order: date for order, date in candidates if date is not None}


def _in_every_order(date: dt.date | None) -> dict[DateOrder, dt.date]:
    return {} if date is None else dict.fromkeys(_ORDERS, date)


def _month_of(name: str) -> int | None:
    folded = unicodedata.normalize("NFKD", name.casefold())
    return _MONTHS.get("".join(c for c in folded if not unicodedata.combining(c)))


def _named(text: str) -> dict[DateOrder, dt.date] | None:
    match = _DAY_NAME.fullmatch(text)
    if match:
        day, name, year = match[1], match[2], match[3]
    else:
        match = _NAME_DAY.fullmatch(text)
        if not match:
            return None
        name, day, year = match[1], match[2], match[3]
    month = _month_of(name)
    return {} if month is None else _in_every_order(_date(_full_year(year), month, int(day)))


def _year_last(match: re.Match[str]) -> dict[DateOrder, dt.date]:
    first, separator, second, last = match[1], match[2], match[3], match[4]
    year = _full_year(last)
    day_first = _date(year, int(second), int(first))
    if separator.startswith("."):
        return _readings((DateOrder.DAY_FIRST, day_first))
    readings = _readings(
        (DateOrder.DAY_FIRST, day_first),
        (DateOrder.MONTH_FIRST, _date(year, int(first), int(second))),
    )
    if len(last) == len("24") and len(first) == len("24"):
        year_first = _date(_full_year(first), int(second), int(last))
        readings |= _readings((DateOrder.YEAR_FIRST, year_first))
    return readings


@lru_cache(maxsize=16_384)
def date_readings(text: str) -> dict[DateOrder, dt.date]:
    """Return the date under every order it can be read in; empty where it is no date.

    ISO dates, eight digits and month names mean the same in every order.

    Examples:
        >>> sorted(order.value for order in date_readings("03/04/2024"))
        ['day first', 'month first']
        >>> date_readings("13.04.2024")
        {<DateOrder.DAY_FIRST: 'day first'>: datetime.date(2024, 4, 13)}
        >>> date_readings("2024-02-30")
        {}
    """
    if len(text) > DATE_CHARS_MAX:
        return {}
    match = _YEAR_FIRST.fullmatch(text)
    if match:
        return _in_every_order(_date(int(match[1]), int(match[3]), int(match[4])))
    match = _NUMERIC.fullmatch(text)
    if match:
        return _year_last(match)
    match = _COMPACT.fullmatch(text)
    if match:
        return _compact(match[1])
    match = _WITH_UNITS.fullmatch(text)
    if match:
        return _in_every_order(_date(int(match[1]), int(match[2]), int(match[3])))
    return _named(text) or {}


def _compact(digits: str) -> dict[DateOrder, dt.date]:
    year_first = _date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    if year_first:
        return _in_every_order(year_first)
    year = int(digits[4:])
    return _readings(
        (DateOrder.DAY_FIRST, _date(year, int(digits[2:4]), int(digits[:2]))),
        (DateOrder.MONTH_FIRST, _date(year, int(digits[:2]), int(digits[2:4]))),
    )
