"""Money as integers of minor units with an ISO 4217 currency.

Text becomes money here and nowhere else, and money becomes text here. No float takes part:
0.1 + 0.2 must be 0.30 in every ledger. ISO 4217 knows currencies with 0, 2, 3 and 4 decimals,
so the number of decimals always comes from the currency.
"""

from __future__ import annotations

import re
from decimal import Decimal

from shared.errors import InvalidInput

AMOUNT_MINOR_MAX = 2**53
"""Largest absolute amount: what a JSON number holds exactly in every client language."""

DECIMALS_DEFAULT = 2

# ISO 4217:2015 list one, active codes of countries and funds in use on bank accounts.
_TWO_DECIMALS = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD
CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD
MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP
PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS
TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
"""
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_FOUR_DECIMALS = "CLF UYW"
_DECIMALS: dict[str, int] = {
    code: decimals
    for decimals, codes in (
        (0, _NO_DECIMALS),
        (2, _TWO_DECIMALS),
        (3, _THREE_DECIMALS),
        (4, _FOUR_DECIMALS),
    )
    for code in codes.split()
}

_PLAIN_DECIMAL = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)", re.ASCII)


def is_currency(code: str) -> bool:
    """Return whether ``code`` is an active ISO 4217 currency code in capitals."""
    return code in _DECIMALS


def decimals_of(currency: str | None) -> int:
    """Return how many decimals the currency has; 2 when no currency is known.

    Raises:
        InvalidInput: The code is not an active ISO 4217 currency.

    Examples:
        >>> decimals_of("EUR"), decimals_of("JPY"), decimals_of("KWD")
        (2, 0, 3)
    """
    if currency is None:
        return DECIMALS_DEFAULT
    try:
        return _DECIMALS[currency]
    except KeyError:
        raise InvalidInput(
            f"{currency!r} is not an ISO 4217 currency code, such as EUR or USD.",
            loc=("body", "currency"),
            kind="unknown_currency",
            value=currency,
        ) from None


def parse_minor(text: str, currency: str | None) -> int:
    """Return plain decimal text (``-1234.5``) as minor units of the currency.

    Grouping marks and decimal commas are the caller's to resolve, since only a whole file
    can decide what they mean. Zeros past the currency's decimals are accepted, other digits
    there are refused: rounding would invent money.

    Raises:
        InvalidInput: Not a plain decimal, more decimals than the currency has, or too large.

    Examples:
        >>> parse_minor("-12.5", "EUR"), parse_minor("1200", "JPY")
        (-1250, 1200)
    """
    cleaned = text.strip()
    if not _PLAIN_DECIMAL.fullmatch(cleaned):
        raise InvalidInput(f"{text!r} is not an amount.", kind="not_an_amount", value=text)
    negative = cleaned.startswith("-")
    whole, _, fraction = cleaned.lstrip("+-").partition(".")
    decimals = decimals_of(currency)
    kept, cut = fraction[:decimals], fraction[decimals:]
    if cut.strip("0"):
        raise InvalidInput(
            f"{text!r} has more decimals than {currency or 'the currency'} has ({decimals}).",
            kind="too_many_decimals",
            value=text,
        )
    digits = (whole + kept.ljust(decimals, "0")).lstrip("0") or "0"
    if len(digits) > len(str(AMOUNT_MINOR_MAX)) or int(digits) > AMOUNT_MINOR_MAX:
        raise InvalidInput(
            f"{text!r} is larger than the {AMOUNT_MINOR_MAX} minor units an amount may have.",
            kind="amount_too_large",
            value=text,
        )
    return -int(digits) if negative else int(digits)


def to_decimal(amount_minor: int, currency: str | None) -> Decimal:
    """Return minor units as an exact decimal of major units.

    Examples:
        >>> to_decimal(13262938, "USD")
        Decimal('132629.38')
    """
    return Decimal(amount_minor).scaleb(-decimals_of(currency))


def format_minor(amount_minor: int, currency: str | None) -> str:
    """Return minor units as plain decimal text with all the currency's decimals.

    Examples:
        >>> format_minor(-5, "EUR"), format_minor(1200, "JPY")
        ('-0.05', '1200')
    """
    return f"{to_decimal(amount_minor, currency):f}"
