"""Structured communications of CODA (Febelfin standard 2.6, enclosure III): fixed columns by type.

A structured communication begins with three digits that name its type; what follows is laid out in
columns across the movement's records. The columns are kept by name, amounts and rates with their
implied decimal point written out.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.errors import InvalidInput
from shared.money import is_currency, parse_minor
from shared.statements.model import Extra

TYPE_CHARS = 3
OGM_DIGITS = 12
_MODULUS = 97
_AMOUNT = 15
_RATE = 12
_DECIMALS = {_AMOUNT: 3, _RATE: 8}
"""Implied decimals: amounts have three, rates and percentages eight."""

Columns = tuple[tuple[str, int], ...]

_CARD_TERMINAL: Columns = (
    ("card scheme", 1),
    ("terminal number", 6),
    ("sequence number", 6),
    ("date", 6),
    ("hour", 4),
    ("transaction type", 1),
    ("terminal", 26),
)
TYPES: dict[str, tuple[str, Columns]] = {
    "103": ("number", (("number", 12),)),
    "104": ("equivalent in EUR", (("equivalent in EUR", _AMOUNT),)),
    "105": (
        "original amount of the transaction",
        (
            ("gross amount", _AMOUNT),
            ("original amount", _AMOUNT),
            ("exchange rate", _RATE),
            ("original currency", 3),
            ("structured communication", OGM_DIGITS),
            ("country", 2),
            ("equivalent in EUR", _AMOUNT),
        ),
    ),
    "106": (
        "method of calculation",
        (
            ("amount", _AMOUNT),
            ("calculated on", _AMOUNT),
            ("percentage", _RATE),
            ("minimum", 1),
            ("equivalent in EUR", _AMOUNT),
        ),
    ),
    "107": (
        "direct debit DOM80",
        (
            ("direct debit number", 12),
            ("date", 6),
            ("type", 1),
            ("amount", _AMOUNT),
            ("reference", 12),
            ("message", 30),
            ("reason", 1),
        ),
    ),
    "108": (
        "closing",
        (
            ("amount", _AMOUNT),
            ("calculation basis", _AMOUNT),
            ("interest rate", _RATE),
            ("first day", 6),
            ("last day", 6),
        ),
    ),
    "111": (
        "card payments received, total",
        (
            ("card scheme", 1),
            ("terminal number", 6),
            ("period number", 3),
            ("first sequence number", 6),
            ("first date", 6),
            ("last sequence number", 6),
            ("last date", 6),
            ("transaction type", 1),
            ("terminal", 26),
        ),
    ),
    "113": (
        "card payment or cash withdrawal",
        (
            ("card number", 16),
            *_CARD_TERMINAL,
            ("original amount", _AMOUNT),
            ("exchange rate", _RATE),
            ("original currency", 3),
            ("volume", 5),
            ("product code", 2),
            ("unit price", 5),
        ),
    ),
    "114": (
        "card payment received",
        (
            ("card scheme", 1),
            ("terminal number", 6),
            ("period number", 3),
            ("sequence number", 6),
            ("date", 6),
            ("hour", 4),
            ("transaction type", 1),
            ("terminal", 26),
            ("transaction reference", 16),
        ),
    ),
    "115": (
        "cash deposit at a terminal",
        (
            ("card number", 16),
            ("card scheme", 1),
            ("terminal number", 6),
            ("sequence number", 6),
            ("date", 6),
            ("hour", 4),
            ("validation date", 6),
            ("validation sequence number", 6),
            ("amount given", _AMOUNT),
            ("conformity code", 1),
            ("terminal", 26),
            ("message", 12),
        ),
    ),
    "121": (
        "commercial bill",
        (
            ("bill amount", _AMOUNT),
            ("maturity date", 6),
            ("conventional maturity date", 6),
            ("issue date", 6),
            ("company number", 11),
            ("bill currency", 3),
            ("blank", 3),
            ("bill number", 13),
            ("exchange rate", _RATE),
        ),
    ),
    "122": (
        "interest on a bill",
        (
            ("days", 4),
            ("interest rate", _RATE),
            ("basic amount", _AMOUNT),
            ("minimum", 1),
            ("bill number", 13),
            ("maturity date", 6),
        ),
    ),
    "123": (
        "fees and commissions",
        (
            ("first day", 6),
            ("last day", 6),
            ("basic amount", _AMOUNT),
            ("percentage", _RATE),
            ("days", 4),
            ("minimum", 1),
            ("guarantee number", 13),
        ),
    ),
    "124": (
        "credit card settlement",
        (
            ("card number", 20),
            ("issuer", 1),
            ("invoice number", 12),
            ("identification number", 15),
            ("date", 6),
        ),
    ),
    "125": (
        "credit",
        (
            ("credit account", 12),
            ("credit account extension", 15),
            ("old balance", _AMOUNT),
            ("new balance", _AMOUNT),
            ("amount", _AMOUNT),
            ("currency", 3),
            ("first day", 6),
            ("last day", 6),
            ("interest rate", _RATE),
            ("reference", 13),
        ),
    ),
    "126": (
        "term investment",
        (
            ("deposit number", 15),
            ("deposit amount", _AMOUNT),
            ("equivalent", _AMOUNT),
            ("first day", 6),
            ("last day", 6),
            ("interest rate", _RATE),
            ("interest", _AMOUNT),
            ("currency", 3),
            ("exchange rate", _RATE),
        ),
    ),
    "127": (
        "SEPA direct debit",
        (
            ("settlement date", 6),
            ("type", 1),
            ("scheme", 1),
            ("paid or reason", 1),
            ("creditor identification", 35),
            ("mandate", 35),
            ("message", 62),
            ("R-transaction type", 1),
            ("reason", 4),
        ),
    ),
}
_TEXTS_OF_THEIR_WIDTH = frozenset({"identification number", "deposit number",
                                   "credit account extension", "company number",
                                   "direct debit number", "reference", "number", "message",
                                   "credit account", "invoice number", "calculation basis",
                                   "structured communication"})  # fmt: skip
"""Columns that are as wide as an amount or a rate and are neither."""


@dataclass(frozen=True, slots=True)
class Communication:
    """What a structured communication says."""

    text: str
    reference: str | None = None
    mandate: str | None = None
    original_amount_minor: int | None = None
    original_currency: str | None = None
    exchange_rate: str | None = None
    extra: Extra = ()


def is_ogm(digits: str) -> bool:
    """Return whether twelve digits are a Belgian structured reference (OGM, VCS).

    The last two are the first ten modulo 97, with 97 in the place of 0.

    Examples:
        >>> is_ogm("090933755493"), is_ogm("090933755494")
        (True, False)
    """
    if len(digits) != OGM_DIGITS or not (digits.isascii() and digits.isdecimal()):
        return False
    return (int(digits[:10]) % _MODULUS or _MODULUS) == int(digits[10:])


def understood(kind: str, content: str) -> Communication:
    """Return what a structured communication of a movement says.

    Args:
        kind: Its three digits.
        content: What follows them, across all records of the movement.
    """
    if kind in {"101", "102"}:
        digits = content[:OGM_DIGITS]
        rest = " ".join(content[OGM_DIGITS:].split())
        shown = f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"
        text = f"{shown} {rest}".strip()
        if is_ogm(digits):
            return Communication(text, reference=digits)
        return Communication(" ".join(content.split()), extra=((f"communication {kind}", digits),))
    if kind == "100":
        reference = "".join(content[:25].split())
        return Communication(reference, reference=reference or None)
    known = TYPES.get(kind)
    whole = " ".join(content.split())
    if known is None:
        return Communication(whole, extra=((f"communication {kind}", whole),) if whole else ())
    title, columns = known
    found: dict[str, str] = {}
    at = 0
    for name, width in columns:
        found[name] = _shown(name, content[at : at + width], width)
        at += width
    rest = " ".join(content[at:].split())
    if rest:
        found["rest"] = rest
    return _placed(kind, title, {name: value for name, value in found.items() if value})


def _shown(name: str, column: str, width: int) -> str:
    """Return a column as text; amounts and rates with their point, nothing where it is empty."""
    value = " ".join(column.split())
    if name not in _TEXTS_OF_THEIR_WIDTH and width in _DECIMALS:
        if not (value.isascii() and value.isdecimal() and len(value) == width):
            return value
        decimals = _DECIMALS[width]
        whole, fraction = value[:-decimals].lstrip("0"), value[-decimals:].rstrip("0")
        return f"{whole or '0'}.{fraction}".rstrip(".") if whole or fraction else ""
    return "" if value and not value.strip("0") and width > 1 else value


def _placed(kind: str, title: str, found: dict[str, str]) -> Communication:
    """Move what has a field of its own there, and leave the rest by name."""
    mandate = found.pop("mandate", None) if kind == "127" else None
    reference = None
    if is_ogm(found.get("structured communication", "")):
        reference = found.pop("structured communication")
    original = currency = rate = None
    code, amount = found.get("original currency"), found.get("original amount")
    if code and amount and is_currency(code):
        try:
            original, currency = parse_minor(amount, code), code
        except InvalidInput:
            original = None
        else:
            rate = found.pop("exchange rate", None)
            del found["original currency"], found["original amount"]
    said = [found.pop("message", ""), found.get("terminal", "")]
    text = " ".join([part for part in said if part]) or f"{title} {found.get('number', '')}".strip()
    extra = (("communication type", f"{kind} {title}"), *found.items())
    return Communication(text, reference, mandate, original, currency, rate, extra)
