"""What the text of an OFX element means: letters, days, amounts, currencies.

Sections cited are the same in OFX 1.6 and 2.2: 3.2.8 dates, 3.2.9 amounts, 5.2 currency.
"""

from __future__ import annotations

import datetime as dt
import re

from shared.errors import InvalidInput, UnreadableStatement
from shared.money import decimals_of, is_currency, parse_minor
from shared.statements.amounts import DecimalMark, is_ambiguous, plain, split_amount
from shared.statements.dates import YEAR_MAX, YEAR_MIN
from shared.statements.ofx_markup import unescape
from shared.statements.one_line import one_line, one_line_all

DAYS_KEPT_MAX = 20_000
"""Date texts remembered: 50 years of days; dates with a time of day may all differ."""

AMOUNT_DIGITS_MAX = 15
"""Digits of an amount that need no check against the largest one (2**53 has 16)."""

_REASON_CHARS_MAX = 200
"""How much of a lower error is passed on, since it may repeat a field of any length."""

_SHOWN_CHARS_MAX = 40

_DATE = re.compile(
    r"(\d{4})(-?)(\d\d)\2(\d\d)(?:[T ]?\d\d(?::?\d\d(?::?\d\d)?)?(?:[.:,]\d{1,6})?)?"
    r"\s{0,3}(?:\[[^\[\]]*\]|Z)?",
    re.ASCII,
)
_SIMPLE_AMOUNT = re.compile(r"[+-]?\d+(?:\.\d{1,2})?", re.ASCII)


def tidy(text: str) -> str:
    """Return a text on one line with single spaces and its character references resolved.

    Examples:
        >>> tidy(" ACME   &amp; Co ")
        'ACME & Co'
    """
    return one_line(unescape(text) if "&" in text else text)


def received(text: str) -> str:
    """Return a text as the bank wrote it, with its character references resolved."""
    return (unescape(text) if "&" in text else text).strip()


def tidy_all(texts: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return many texts as ``received`` and as ``tidy`` have them, one list where they agree."""
    joined = "\0".join(texts)
    return one_line_all(unescape(joined).split("\0") if "&" in joined else texts)


def states_day(text: str) -> bool:
    """Return whether a date is more than the zeros with which banks fill one they do not know."""
    return text.strip(" 0\t\n") != ""


class Days:
    """Dates as the bank wrote them (3.2.8): time of day and zone do not move them."""

    def __init__(self) -> None:
        """Begin without any."""
        self.known: dict[str, dt.date] = {}

    def read(self, text: str, name: str) -> dt.date:
        """Return the day of one text.

        Args:
            text: As it stands in the file.
            name: The element, for the error.

        Raises:
            UnreadableStatement: No date, or no day that exists.

        Examples:
            >>> Days().read("20240115235959.000[-5:EST]", "DTPOSTED")
            datetime.date(2024, 1, 15)
        """
        known = self.known.get(text)
        if known is not None:
            return known
        shown = text.strip()[:_SHOWN_CHARS_MAX]
        match = _DATE.fullmatch(text.strip())
        if match is None:
            raise UnreadableStatement(f"{name} {shown!r} is not a date")
        year, month, day = int(match[1]), int(match[3]), int(match[4])
        try:
            date = dt.date(year, month, day)
        except ValueError:
            raise UnreadableStatement(f"{name} {shown!r} is no day that exists") from None
        if not YEAR_MIN <= year <= YEAR_MAX:
            raise UnreadableStatement(f"{name} {shown!r} is not in this era")
        if len(self.known) >= DAYS_KEPT_MAX:
            self.known.clear()
        self.known[text] = date
        return date

    def read_all(self, texts: tuple[str, ...], name: str) -> list[dt.date]:
        """Return the days of many texts.

        Raises:
            UnreadableStatement: As ``read``, without saying which.
        """
        try:
            return list(map(self.known.__getitem__, texts))
        except KeyError:
            found = {text: self.read(text, name) for text in set(texts)}
            return list(map(found.__getitem__, texts))


def currency_code(text: str) -> str:
    """Return a currency code in capitals.

    Raises:
        UnreadableStatement: No active ISO 4217 code.
    """
    code = text.strip().upper()
    if not is_currency(code):
        raise UnreadableStatement(f"{text.strip()[:20]!r} is not an ISO 4217 currency code")
    return code


def amount(text: str, name: str, currency: str | None) -> int:
    """Return minor units; a comma may be the decimal mark, but never a guess (3.2.9).

    Raises:
        UnreadableStatement: No amount, two readings, or more decimals than the currency has.

    Examples:
        >>> amount("-12,50", "TRNAMT", "EUR"), amount("+1000", "TRNAMT", "JPY")
        (-1250, 1000)
    """
    value = text.strip()
    try:
        if _SIMPLE_AMOUNT.fullmatch(value):
            return parse_minor(value, currency)
        return parse_minor(_plain_amount(value, name, currency), currency)
    except UnreadableStatement:
        raise
    except InvalidInput as error:
        raise UnreadableStatement(f"{name}: {error.message[:_REASON_CHARS_MAX]}") from None


def _plain_amount(value: str, name: str, currency: str | None) -> str:
    parts = split_amount(value)
    decorated = parts is None or parts.currency or parts.symbol or parts.side
    if parts is None or decorated or value[-1] in "-+)":
        shown = value if len(value) <= _SHOWN_CHARS_MAX else value[:_SHOWN_CHARS_MAX] + "…"
        raise UnreadableStatement(f"{name} {shown!r} is not an amount")
    point = plain(parts.core, DecimalMark.POINT)
    comma = plain(parts.core, DecimalMark.COMMA)
    point_is_usual = "." in parts.core and decimals_of(currency) == len("000")
    if is_ambiguous(parts.core) and not point_is_usual:
        raise UnreadableStatement(f"{name} {value!r} could be {point} or {comma}")
    digits = point if point is not None else comma
    return f"-{digits}" if parts.negative else str(digits)


class Amounts:
    """Amounts of one currency, many at once where all are written in the usual way."""

    def __init__(self, currency: str | None) -> None:
        """Learn how amounts of a currency are usually written."""
        self._currency = currency
        decimals = decimals_of(currency)
        whole = rf"\s*+[+-]?[0-9]{{1,{AMOUNT_DIGITS_MAX - decimals}}}"
        fraction = "" if decimals == 0 else rf"[.,][0-9]{{{decimals}}}"
        # Three decimals after a comma could be thousands.
        fraction = fraction.replace(",", "") if decimals == len("000") else fraction
        self._usual = re.compile(rf"(?:{whole}{fraction}\s*+\0)*+")
        self._short = re.compile(rf"(?:{whole}(?:\.[0-9]{{0,{decimals}}})?\s*+\0)*+")
        self._decimals = decimals

    def read_all(self, texts: tuple[str, ...], name: str) -> list[int]:
        """Return the minor units of many texts.

        Raises:
            UnreadableStatement: As ``amount``, without saying which.
        """
        joined = "\0".join(texts) + "\0"
        if self._usual.fullmatch(joined):
            return list(map(int, joined.replace(".", "").replace(",", "")[:-1].split("\0")))
        if self._short.fullmatch(joined) and self._decimals < len("000"):
            zeros = "0" * self._decimals
            return [
                int(whole + (fraction.rstrip() + zeros)[: self._decimals])
                for whole, _, fraction in (text.strip().partition(".") for text in texts)
            ]
        return [amount(text, name, self._currency) for text in texts]
