"""The opening balance against where the previous reconciliation of the ledger ended."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from shared.application.ledgers import NewLedger, create_ledger
from shared.application.reconciliations import reconcile_upload
from shared.application.review import approve_match, balance, complete, review
from shared.application.transactions import NewTransaction, create_transaction
from shared.errors import NotProven
from shared.reconciliation.model import Terms
from tests.storage.test_main_job import NOW, run_to_review

if TYPE_CHECKING:
    from shared.access.model import Principal
    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger
    from shared.reconciliation.model import Reconciliation


def month(
    stores: Stores, ledger: Ledger, principal: Principal, number: int, opening: int
) -> Reconciliation:
    """Open a month of one movement of -100.00, ready for review, its entry approved."""
    file = (
        f"Date,Description,Amount,Balance\n"
        f"2026-0{number}-15,RENT NUMBER {number},-100.00,{opening - 100}.00\n"
    ).encode()
    day = dt.date(2026, number, 15)
    new = NewTransaction(ledger.id, day, -10_000, None, f"Rent number {number}")
    entry = create_transaction(stores, ledger.business_id, new, NOW)
    opened = reconcile_upload(
        stores, principal, ledger.business_id, ledger.id, f"{number}.csv", file, Terms(), NOW
    )
    found = run_to_review(stores, opened)
    line = review(stores, found.business_id, found.id, 10, None).lines[0].line
    approve_match(stores, principal, found.business_id, found.id, line.id, [entry.id], NOW)
    return found


def test_a_month_opened_before_the_one_before_it_was_completed_can_be_completed(
    stores: Stores, business: Business, principal: Principal
) -> None:
    ledger = create_ledger(
        stores, business.id, NewLedger("Bank", opening_balance_minor=100_000), NOW
    )
    january = month(stores, ledger, principal, 1, 1000)
    february = month(stores, ledger, principal, 2, 900)
    complete(stores, principal, business.id, january.id, False, NOW)
    done = complete(stores, principal, business.id, february.id, False, NOW)
    assert done.status == "completed"


def test_a_month_opened_early_is_still_held_to_where_the_one_before_it_ended(
    stores: Stores, business: Business, ledger: Ledger, principal: Principal
) -> None:
    january = month(stores, ledger, principal, 1, 1000)
    february = month(stores, ledger, principal, 2, 5000)
    complete(stores, principal, business.id, january.id, False, NOW)
    with pytest.raises(NotProven, match="previous closing"):
        complete(stores, principal, business.id, february.id, False, NOW)


def test_an_earlier_month_is_not_held_to_where_a_later_one_ended(
    stores: Stores, business: Business, ledger: Ledger, principal: Principal
) -> None:
    february = month(stores, ledger, principal, 2, 900)
    complete(stores, principal, business.id, february.id, False, NOW)
    january = month(stores, ledger, principal, 1, 1000)
    assert balance(stores, business.id, january.id).findings == ()
