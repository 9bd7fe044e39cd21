"""Creating businesses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.application.ledgers import NAME_CHARS_MAX
from shared.errors import InvalidInput
from shared.money import decimals_of

if TYPE_CHECKING:
    import datetime as dt

    from shared.application.stores import Stores
    from shared.books.model import Business


def create_business(stores: Stores, name: str, currency: str, now: dt.datetime) -> Business:
    """Create a business.

    Raises:
        InvalidInput: No name, one over its limit, or an unknown currency.
    """
    if not 0 < len(name.strip()) <= NAME_CHARS_MAX:
        raise InvalidInput(
            f"A business's name has 1 to {NAME_CHARS_MAX} characters.", loc=("name",)
        )
    decimals_of(currency)
    return stores.books.create_business(name.strip(), currency, now)
