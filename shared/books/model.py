"""The values of the book side, immutable and free of storage."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

from shared.errors import InvalidInput

LedgerType = Literal["asset", "liability", "equity", "revenue", "expense"]

NUMBERS_PER_TRANSACTION = 2
"""A transaction is backed by a journal entry of two lines, each with an integer id."""

YEAR_FIRST, YEAR_LAST = 1900, 2199
"""Years a business means; outside them a digit was lost or doubled."""

_JOURNAL_ENTRIES = uuid.UUID("6f4f7e3c-6b0e-5b43-9a0a-4a3c1c1d7e11")


def check_day(day: dt.date, loc: tuple[str | int, ...]) -> None:
    """Raise when a date lies in a year nobody means.

    Raises:
        InvalidInput: It does; ``loc`` says where it was given.
    """
    if not YEAR_FIRST <= day.year <= YEAR_LAST:
        raise InvalidInput(
            f"{day} is not between the years {YEAR_FIRST} and {YEAR_LAST}.",
            loc=loc,
            kind="year_out_of_range",
            value=str(day),
        )


@dataclass(frozen=True, slots=True)
class Business:
    """A tenant. ``number`` is its integer id (Snapbooks' ``client_account_id``)."""

    id: str
    number: int
    name: str
    currency: str
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Ledger:
    """One account of a business's chart; bank ledgers are reconciled.

    ``account_id`` and ``bank_id`` identify the bank account as its statements name it. They are
    given at creation or learnt from the first statement, and hold every later one to it.
    ``closing_minor`` is the proven closing balance at ``reconciled_through``, from which the
    next reconciliation rolls forward. ``version`` counts changes, for optimistic locking.
    """

    id: str
    number: int
    business_id: str
    name: str
    type: LedgerType
    account_code: str
    currency: str
    account_id: str | None
    bank_id: str | None
    opening_balance_minor: int | None
    created_at: dt.datetime
    sequence: int = 0
    version: int = 1
    first_month: str | None = None
    last_month: str | None = None
    reconciled_through: dt.date | None = None
    closing_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """The book side of one movement on a bank ledger, backed by a journal entry line.

    ``amount_minor`` is positive for money in. ``match_id`` is the claim of the live match it
    belongs to, ``reconciliation_id`` the reconciliation of that match; ``reconciled`` turns
    true when that reconciliation completes.
    """

    id: str
    number: int
    business_id: str
    ledger_id: str
    date: dt.date
    amount_minor: int
    currency: str
    description: str
    counterparty: str | None
    reference: str | None
    source: Literal["manual", "bulk_upload"]
    created_at: dt.datetime
    updated_at: dt.datetime
    reconciled: bool = False
    match_id: str | None = None
    reconciliation_id: str | None = None
    meta: dict[str, Any] = field(default_factory=dict)

    @property
    def journal_entry_id(self) -> str:
        """The journal entry behind the transaction, derived so that it costs no second write."""
        return str(uuid.uuid5(_JOURNAL_ENTRIES, self.id))

    @property
    def journal_entry_number(self) -> int:
        """The integer id of the journal entry."""
        return self.number

    @property
    def line_number(self) -> int:
        """The integer id of the journal entry line on the bank ledger."""
        return self.number
