"""Values at the edge of what a date, an item or a count can hold."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING

import pytest

from shared.application.matching import count_progress
from shared.application.reconciliations import fail, get, reconcile_upload, retry
from shared.application.review import approve_match, balance, review
from shared.application.transactions import (
    NewTransaction,
    TransactionQuery,
    create_transaction,
    import_transactions,
    list_transactions,
)
from shared.errors import InvalidInput
from shared.reconciliation.model import Terms
from shared.storage.books import transaction_item
from shared.storage.models import TransactionItem
from tests.storage.test_main_job import NOW, STATEMENT, book, run_to_review

if TYPE_CHECKING:
    from shared.access.model import Principal
    from shared.application.stores import Stores
    from shared.books.model import Ledger


@pytest.mark.parametrize("date", [dt.date(206, 1, 5), dt.date(9999, 12, 31)])
def test_a_mistyped_year_does_not_end_the_listing_of_a_ledger(
    stores: Stores, ledger: Ledger, date: dt.date
) -> None:
    new = NewTransaction(ledger.id, dt.date(2026, 1, 5), 100, None, "Right")
    create_transaction(stores, ledger.business_id, new, NOW)
    try:
        create_transaction(stores, ledger.business_id, dataclasses.replace(new, date=date), NOW)
    except InvalidInput:
        return
    if date.year > 9000:  # it would ask for every month until then
        pytest.fail("a date nobody means was taken")
    page = list_transactions(stores, ledger.business_id, TransactionQuery(), 10, None)
    assert len(page.items) == 2


def test_a_period_to_the_end_of_time_is_refused_or_works(
    stores: Stores, ledger: Ledger, principal: Principal
) -> None:
    terms = Terms(period_end=dt.date(9999, 12, 31))
    try:
        opened = reconcile_upload(
            stores, principal, ledger.business_id, ledger.id, "j.csv", STATEMENT, terms, NOW
        )
    except InvalidInput:
        return
    run_to_review(stores, opened)
    balance(stores, ledger.business_id, opened.id)


def test_an_import_with_a_row_too_large_to_store_stores_none(
    stores: Stores, ledger: Ledger
) -> None:
    good = NewTransaction(ledger.id, dt.date(2026, 1, 5), 100, None, "Good")
    bad = dataclasses.replace(good, meta={"blob": "x" * 500_000})
    with pytest.raises(InvalidInput):
        import_transactions(stores, ledger.business_id, ledger.id, [good] * 30 + [bad], "k", NOW)
    now_ = stores.books.ledger(ledger.business_id, ledger.id)
    assert list(stores.books.transactions_of_ledger(now_, None, None)) == []


def test_the_count_of_open_entries_stays_what_counting_anew_gives(
    stores: Stores, ledger: Ledger, principal: Principal
) -> None:
    opened = reconcile_upload(
        stores, principal, ledger.business_id, ledger.id, "j.csv", STATEMENT, Terms(), NOW
    )
    found = run_to_review(stores, opened)
    new = NewTransaction(ledger.id, dt.date(2026, 2, 2), -1_200, None, "Bank fee, booked late")
    late = create_transaction(stores, ledger.business_id, new, NOW)
    fee = review(stores, found.business_id, found.id, 10, None).lines[-1].line
    approve_match(stores, principal, found.business_id, found.id, fee.id, [late.id], NOW)
    after = get(stores, found.business_id, found.id)
    assert after.progress.entries_open == count_progress(stores, after).entries_open == 0


def test_a_tie_of_an_earlier_attempt_is_not_shown_in_a_later_one(
    stores: Stores, ledger: Ledger, principal: Principal
) -> None:
    statement = b"Date,Description,Amount\n2026-01-05,Coffee,-4.50\n"
    for day, text in ((5, "Tea Garden"), (5, "Wine Bar")):
        book(stores, ledger, day, -450, text)
    opened = reconcile_upload(
        stores, principal, ledger.business_id, ledger.id, "c.csv", statement, Terms(), NOW
    )
    found = run_to_review(stores, opened)
    first = review(stores, found.business_id, found.id, 10, None).lines[0]
    assert first.candidates, "the engine leaves this tie"
    fail(stores, found.business_id, found.id, code="x", reason="Broke.", now=NOW)
    # Both candidates are taken by something else before the run is tried again.
    for entry in stores.books.open_transactions(found.business_id, ledger.id, found.period_end):
        transaction_item(found.business_id, entry.id).update(
            actions=[TransactionItem.match_id.set("another reconciliation's")]
        )
    again = run_to_review(stores, retry(stores, principal, found.business_id, found.id, NOW))
    assert again.progress.ambiguous == 0
