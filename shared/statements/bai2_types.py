"""BAI2 type codes and funds types: what a three-digit code says about a movement's side.

Cash Management Balance Reporting Specifications Version 2 (BAI 2005, since 2009 ASC X9), Appendix
A: 001-099 and 900-919 are balances and other states of the account, 100-399 and 920-959 credits,
400-699 and 960-999 debits (those from 900 are the bank's own, in ranges that the specification
reserves by side). Loan codes (700-799) and the payments added later (827-829) have their side one
by one, 890 is a notice without money. A code that the table does not know has no side: it is
refused, not guessed.
"""

from __future__ import annotations

from shared.errors import UnreadableStatement

NOTICE = "890"
"""A detail record that carries text and no money."""

CHECK_PAID = "475"
"""Its customer reference is the number of the check."""

OPENING_LEDGER = "010"
CLOSING_LEDGER = "015"
AVAILABLE = ("045", "060", "040")
"""Closing available, current available, opening available: the latest that is stated counts."""

TOTAL_CREDITS = "100"
TOTAL_DEBITS = "400"

_CREDITS = (range(100, 400), range(920, 960))
_DEBITS = (range(400, 700), range(960, 1000))
_ONE_BY_ONE = {
    **dict.fromkeys([706, 708, *range(720, 729), 827, 829], 1),
    **dict.fromkeys([760, 828], -1),
}


def sign_of(type_code: str) -> int:
    """Return 1 for a credit, -1 for a debit.

    Raises:
        UnreadableStatement: The code is none of a movement.

    Examples:
        >>> sign_of("195"), sign_of("475"), sign_of("925"), sign_of("760")
        (1, -1, 1, -1)
    """
    number = int(type_code) if type_code.isascii() and type_code.isdecimal() else -1
    if len(type_code) == len("100"):
        if any(number in codes for codes in _CREDITS):
            return 1
        if any(number in codes for codes in _DEBITS):
            return -1
        if number in _ONE_BY_ONE:
            return _ONE_BY_ONE[number]
    raise UnreadableStatement(
        f"the type code {type_code[:20]!r} is none of a movement: 100 to 399 and 920 to 959 are "
        "credits, 400 to 699 and 960 to 999 debits"
    )


SIGNS = {
    str(code): sign_of(str(code))
    for code in range(100, 1000)
    if any(code in codes for codes in (*_CREDITS, *_DEBITS)) or code in _ONE_BY_ONE
}
"""The same for every code of a movement, for whole columns."""
