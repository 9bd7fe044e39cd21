"""JSON with exact numbers.

Teal and AQNT give amounts as JSON numbers in major units. A float has 53 bits, which is not
enough for 2^53 minor units with a decimal point: 90071992547409.91 would come out as another
number. Python's encoder writes no ``Decimal``, hence this one, which writes its digits.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from shared.money import to_decimal

_text = json.JSONEncoder(separators=(",", ":")).encode


def amount_of(amount_minor: int, currency: str) -> Decimal:
    """Return minor units as the major units a JSON number shows, with the currency's decimals.

    Examples:
        >>> to_json({"amount": amount_of(9_007_199_254_740_991, "USD")})
        '{"amount":90071992547409.91}'
        >>> to_json([amount_of(-5, "EUR"), amount_of(1200, "JPY"), amount_of(0, "KWD")])
        '[-0.05,1200,0.000]'
    """
    return to_decimal(amount_minor, currency)


def to_json(value: Any) -> str:
    """Return a value of dicts, lists, text, numbers and None as JSON.

    Raises:
        TypeError: A value of another type, or a float that JSON has no number for.
    """
    if isinstance(value, dict):
        members = (f"{_text(_member_name(key))}:{to_json(one)}" for key, one in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(to_json, value)) + "]"
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise TypeError("JSON has no number for an infinite decimal.")
        return f"{value:f}"
    if isinstance(value, float) and value - value != 0:
        raise TypeError("JSON has no number for an infinite float.")
    return _text(value)


def _member_name(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"A JSON member is named by text, not by {key!r}.")
    return key
