"""What an administrator sets up in a deployment's tables: businesses, tokens, ledgers."""

from __future__ import annotations

import csv
import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.access.model import SCOPES
from shared.application.businesses import create_business
from shared.application.ledgers import NewLedger, create_ledger
from shared.application.tokens import mint_token
from shared.books.model import Business
from shared.money import parse_minor

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from shared.application.stores import Stores
    from shared.books.model import Ledger

TOKEN_DAYS_DEFAULT = 90


@dataclass(frozen=True, slots=True)
class Provisioned:
    """A business with a token that may do everything in it."""

    business: Business
    token: str


def provision(stores: Stores, name: str, currency: str) -> Provisioned:
    """Create a business and a token for it."""
    now = dt.datetime.now(dt.UTC)
    business = create_business(stores, name, currency, now)
    _record, token = mint_token(
        stores,
        business_ids=[business.id],
        scopes=SCOPES,
        first_name="Ada",
        last_name="Moreau",
        days=TOKEN_DAYS_DEFAULT,
        now=now,
    )
    return Provisioned(business, token)


def bank_ledger(stores: Stores, business: Business, name: str, currency: str) -> Ledger:
    """Create a bank ledger."""
    now = dt.datetime.now(dt.UTC)
    return create_ledger(stores, business.id, NewLedger(name, currency=currency), now)


def read_books(path: Path) -> Sequence[dict[str, object]]:
    """Return a CSV of book transactions as the API's bulk import takes them."""
    with path.open(newline="", encoding="utf-8") as file:
        return [
            {
                "datetime": row["date"],
                "amount": parse_minor(row["amount"], row["currency"]),
                "currency": row["currency"],
                "description": row["description"],
                "reference": row["reference"] or None,
                "counterparty": row["counterparty"] or None,
            }
            for row in csv.DictReader(file)
        ]
