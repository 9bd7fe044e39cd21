"""Domain values as Snapbooks shows them.

Money in debits the bank's account and money out credits it, for a card's liability account as
well. Books are kept in each ledger's own currency and no exchange rates are stored, so base
and foreign amounts are the same number.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from shared.money import format_minor

if TYPE_CHECKING:
    from functions.api.snapbooks.schemas import (
        JournalEntryLine,
        ReconciliationEntry,
        User,
    )
    from functions.api.snapbooks.schemas import Reconciliation as ReconciliationView
    from shared.books.model import Ledger, Transaction
    from shared.reconciliation.model import Reconciliation


def view_reconciliation(one: Reconciliation, client_account_id: int) -> ReconciliationView:
    """Return a reconciliation without relations."""
    return {
        "id": one.number,
        "created_at": f"{one.created_at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        "created_by_id": one.created_by,
        "client_account_id": client_account_id,
        "sequence_number": one.sequence_number,
        "reconciliation_date": str(one.period_end),
    }


def view_creator(one: Reconciliation) -> User:
    """Return who created a reconciliation."""
    first_name, _, last_name = one.created_by_name.partition(" ")
    return {"id": one.created_by, "first_name": first_name, "last_name": last_name}


def view_entry(entry: Transaction) -> ReconciliationEntry:
    """Return a cleared entry; an entry is cleared once, so its line's number is its own id."""
    debit, credit = _sides(entry)
    return {
        "id": entry.line_number,
        "journal_entry_id": entry.journal_entry_number,
        "journal_entry_line_id": entry.line_number,
        "debit": debit,
        "debit_fc": debit,
        "credit": credit,
        "credit_fc": credit,
    }


def view_line(entry: Transaction, ledger: Ledger) -> JournalEntryLine:
    """Return the journal entry line on the bank ledger."""
    debit, credit = _sides(entry)
    return {
        "id": entry.line_number,
        "posting_date": str(entry.date),
        "description": entry.description,
        "account_code": ledger.account_code,
        "account_id": ledger.number,
        "debit": debit,
        "credit": credit,
    }


def _sides(entry: Transaction) -> tuple[str, str]:
    return (
        format_minor(max(entry.amount_minor, 0), entry.currency),
        format_minor(max(-entry.amount_minor, 0), entry.currency),
    )
