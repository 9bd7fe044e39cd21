"""Creating businesses' ledgers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.books.model import LedgerType
from shared.errors import InvalidInput
from shared.money import AMOUNT_MINOR_MAX, decimals_of

if TYPE_CHECKING:
    import datetime as dt

    from shared.application.stores import Stores
    from shared.books.model import Ledger

NAME_CHARS_MAX = 200
"""What fits a line of a report; longer names are pasted by mistake."""


@dataclass(frozen=True, slots=True)
class NewLedger:
    """A ledger to create; its currency is the business's where none is given."""

    name: str
    type: LedgerType = "asset"
    currency: str | None = None
    account_code: str | None = None
    account_id: str | None = None
    bank_id: str | None = None
    opening_balance_minor: int | None = None


def create_ledger(stores: Stores, business_id: str, new: NewLedger, now: dt.datetime) -> Ledger:
    """Create a ledger.

    Raises:
        NotFound: There is no such business.
        InvalidInput: Unknown currency, no name, or a name or amount over its limit.
    """
    business = stores.books.business(business_id)
    currency = new.currency or business.currency
    decimals_of(currency)
    if not 0 < len(new.name.strip()) <= NAME_CHARS_MAX:
        raise InvalidInput(
            f"A ledger's name has 1 to {NAME_CHARS_MAX} characters.", loc=("body", "name")
        )
    check_amount(new.opening_balance_minor or 0, ("body", "opening_balance"))
    return stores.books.create_ledger(
        business_id,
        name=new.name.strip(),
        type=new.type,
        currency=currency,
        account_code=new.account_code,
        account_id=new.account_id,
        bank_id=new.bank_id,
        opening_balance_minor=new.opening_balance_minor,
        now=now,
    )


def check_amount(amount_minor: int, loc: tuple[str | int, ...]) -> None:
    """Raise when an amount is beyond what every client's JSON numbers hold exactly.

    Raises:
        InvalidInput: It is.
    """
    if abs(amount_minor) > AMOUNT_MINOR_MAX:
        raise InvalidInput(
            f"Amounts are at most {AMOUNT_MINOR_MAX} minor units either way.",
            loc=loc,
            kind="amount_too_large",
            value=amount_minor,
        )
