"""What the digits and marks of an amount can mean, before a currency makes them money.

``1,234`` is a thousand or one and a bit: only other values can tell. This module states every
reading of one text; the format modules decide with the whole file in view, and
``shared.money.parse_minor`` alone makes money of the result.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from functools import lru_cache

from shared.money import is_currency

AMOUNT_CHARS_MAX = 60
"""Longest text taken for an amount: 16 digits with marks, sign and currency need under 40."""


class DecimalMark(enum.Enum):
    """The character between units and decimals."""

    POINT = "."
    COMMA = ","

    # Members are singletons; hashing them by identity is several times faster.
    __hash__ = object.__hash__


_SPACES = " \u00a0\u202f\u2009\u2007"
_QUOTES = "'\u2019\u2018`\u00b4"
_MINUS = "-\u2212\u2013\u2012\u2010\u2011\ufe63\uff0d"


def _pattern(decimal: str, group: str) -> re.Pattern[str]:
    mark = re.escape(decimal)
    groups = rf"[1-9]\d{{0,2}}([{re.escape(group)}{_SPACES}{_QUOTES}])\d{{3}}(?:\1\d{{3}})*"
    return re.compile(rf"(?:{groups}|\d+)(?:{mark}\d*)?|{mark}\d+", re.ASCII)


# Indian grouping (lakh, crore) cannot be mistaken for a decimal comma: it has two marks.
_INDIAN = re.compile(r"[1-9]\d?(?:,\d{2})+,\d{3}(?:\.\d*)?", re.ASCII)
_PATTERNS = {
    DecimalMark.POINT: _pattern(".", ","),
    DecimalMark.COMMA: _pattern(",", "."),
}
_NOT_DIGIT_OR_MARK = {
    DecimalMark.POINT: re.compile(r"[^\d.]", re.ASCII),
    DecimalMark.COMMA: re.compile(r"[^\d,]", re.ASCII),
}


_SIMPLE = re.compile(r"\d+([.,])\d{1,2}", re.ASCII)
_SIMPLE_SIGNED = re.compile(r"(-?)(\d{1,18}(?:[.,]\d{1,2})?)", re.ASCII)


def sole_mark(core: str) -> DecimalMark | None:
    """Return the decimal mark of an amount with one or two decimals and no grouping.

    Most amounts look so, and need none of the slower questions.

    Examples:
        >>> sole_mark("12.50"), sole_mark("1,234")
        (<DecimalMark.POINT: '.'>, None)
    """
    match = _SIMPLE.fullmatch(core)
    return DecimalMark(match[1]) if match else None


def plain(core: str, mark: DecimalMark) -> str | None:
    """Return the digits as plain decimal text under one decimal mark, or ``None``.

    Examples:
        >>> plain("1,234", DecimalMark.POINT), plain("1,234", DecimalMark.COMMA)
        ('1234', '1.234')
        >>> plain("1,23", DecimalMark.POINT) is None
        True
    """
    simple = _SIMPLE.fullmatch(core)
    if simple:
        return core.replace(",", ".") if simple[1] == mark.value else None
    if len(core) > AMOUNT_CHARS_MAX:
        return None
    fits = _PATTERNS[mark].fullmatch(core) or (
        mark is DecimalMark.POINT and _INDIAN.fullmatch(core)
    )
    if not fits:
        return None
    return _NOT_DIGIT_OR_MARK[mark].sub("", core).replace(",", ".").rstrip(".")


class Side(enum.Enum):
    """On which side of the account an amount stands."""

    DEBIT = -1
    CREDIT = 1


@dataclass(frozen=True, slots=True)
class AmountText:
    """One amount as written: its digits and everything around them.

    ``negative`` is ``None`` where no sign is written. ``symbol`` is a sign that does not name
    one currency alone, such as ``$``.
    """

    core: str
    negative: bool | None
    currency: str | None
    symbol: str | None
    side: Side | None


_SYMBOLS = {
    "\u20ac": "EUR",
    "\u00a3": "GBP",
    "US$": "USD",
    "R$": "BRL",
    "A$": "AUD",
    "C$": "CAD",
    "CA$": "CAD",
    "AU$": "AUD",
    "NZ$": "NZD",
    "HK$": "HKD",
    "S$": "SGD",
    "\u20b9": "INR",
    "\u20aa": "ILS",
    "\u20a9": "KRW",
    "\u20ba": "TRY",
    "\u20b4": "UAH",
    "\u20ab": "VND",
    "\u20b1": "PHP",
    "\u20bd": "RUB",
    "z\u0142": "PLN",
    "zl": "PLN",
    "K\u010d": "CZK",
    "Ft": "HUF",
}
_AMBIGUOUS_SYMBOLS = frozenset({"$", "\u00a5", "kr", "kr.", "Kr", "Kr.", "Fr", "Fr.", "Rs", "Rs."})
DOLLARS = frozenset(
    """
    USD CAD AUD NZD HKD SGD TWD JMD TTD BBD BSD BZD FJD MXN
    """.split()  # noqa: SIM905 - words read better as words
)
_SIDES = {
    "C": Side.CREDIT,
    "CR": Side.CREDIT,
    "H": Side.CREDIT,
    "D": Side.DEBIT,
    "DR": Side.DEBIT,
    "DB": Side.DEBIT,
    "S": Side.DEBIT,
}
_CORE = re.compile(r"[.,]?\d(?:.*\d)?\.?", re.ASCII | re.DOTALL)


def _sign(lead: str, tail: str) -> tuple[bool | None, str, str] | None:
    """Take the sign off: one minus or plus before or after, or a pair of parentheses."""
    negative: bool | None = None
    if lead.startswith("(") and tail.endswith(")"):
        negative, lead, tail = True, lead[1:], tail[:-1]
    elif "(" in lead or ")" in tail:
        return None
    signs = [character for character in lead + tail if character in _MINUS or character == "+"]
    if len(signs) > (negative is None):
        return None
    if signs:
        negative = signs[0] != "+"
        lead, tail = lead.replace(signs[0], ""), tail.replace(signs[0], "")
    return negative, lead, tail


def _affix(text: str) -> tuple[str | None, str | None, Side | None] | None:
    """Return the currency, symbol and side that the text beside the digits names."""
    if not text:
        return None, None, None
    if text in _SYMBOLS:
        return _SYMBOLS[text], None, None
    if text in _AMBIGUOUS_SYMBOLS:
        return None, text, None
    if is_currency(text.upper()):
        return text.upper(), None, None
    if text.upper() in _SIDES:
        return None, None, _SIDES[text.upper()]
    return None


def _affixes(lead: str, tail: str) -> tuple[str | None, str | None, Side | None] | None:
    parts = (
        [lead, *tail.split()] if len(tail.split()) <= len(("currency", "side")) else [lead + tail]
    )
    currency: str | None = None
    symbol: str | None = None
    side: Side | None = None
    for part in parts:
        found = _affix("".join(part.split()))
        if found is None or (currency and found[0]) or (symbol and found[1]) or (side and found[2]):
            return None
        currency, symbol, side = currency or found[0], symbol or found[1], side or found[2]
    return currency, symbol, side


def split_amount(text: str) -> AmountText | None:
    """Return an amount's parts, or ``None`` where the text is no amount.

    Accepts a sign before or after the digits, accounting parentheses, a currency symbol or
    code on either side and a debit or credit mark behind (``CR``, ``DR``, German ``S``, ``H``).

    Examples:
        >>> split_amount("(1,234.50)")
        AmountText(core='1,234.50', negative=True, currency=None, symbol=None, side=None)
        >>> split_amount("12,50- EUR").currency, split_amount("n/a")
        ('EUR', None)
    """
    simple = _SIMPLE_SIGNED.fullmatch(text)
    if simple:
        return AmountText(simple[2], True if simple[1] else None, None, None, None)
    return _split(text)


@lru_cache(maxsize=65_536)
def _split(text: str) -> AmountText | None:  # noqa: PLR0911 - each return is one way not to be an amount
    if len(text) > AMOUNT_CHARS_MAX:
        return None
    match = _CORE.search(text)
    if not match:
        return None
    lead, tail = text[: match.start()].strip(), text[match.end() :].strip()
    if lead and text[match.start()] in ".," and lead[-1].isalpha():
        return None
    signed = _sign(lead, tail)
    if signed is None:
        return None
    negative, lead, tail = signed
    affixes = _affixes(lead, tail)
    if affixes is None:
        return None
    currency, symbol, side = affixes
    core = match[0]
    if plain(core, DecimalMark.POINT) is None and plain(core, DecimalMark.COMMA) is None:
        return None
    return AmountText(core, negative, currency, symbol, side)


def is_ambiguous(core: str) -> bool:
    """Return whether one mark could group thousands or start decimals.

    Examples:
        >>> is_ambiguous("1,234"), is_ambiguous("1,234.00"), is_ambiguous("0,123")
        (True, False, False)
    """
    point, comma = plain(core, DecimalMark.POINT), plain(core, DecimalMark.COMMA)
    return point is not None and comma is not None and point != comma
