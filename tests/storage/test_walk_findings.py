"""What a new user's walk found."""

from __future__ import annotations

import dataclasses
import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from shared.application.businesses import create_business
from shared.application.reconciliations import reconcile_upload
from shared.application.review import complete
from shared.application.tokens import check_token
from shared.application.transactions import NewTransaction, create_transaction
from shared.errors import InvalidInput
from shared.reconciliation.model import Terms
from tests.storage.test_main_job import NOW, STATEMENT, run_to_review

if TYPE_CHECKING:
    from shared.access.model import Principal
    from shared.application.stores import Stores
    from shared.books.model import Ledger


def test_a_transaction_in_another_currency_than_its_ledger_is_refused(
    stores: Stores, ledger: Ledger
) -> None:
    new = NewTransaction(ledger.id, dt.date(2026, 1, 5), 500, "JPY", "Tea")
    with pytest.raises(InvalidInput) as refused:
        create_transaction(stores, ledger.business_id, new, NOW)
    assert refused.value.kind == "other_currency"
    made = create_transaction(
        stores, ledger.business_id, dataclasses.replace(new, currency="USD"), NOW
    )
    assert made.currency == "USD"


@pytest.mark.parametrize(("name", "currency"), [("", "USD"), ("x" * 500, "USD"), ("x", "ZZZ")])
def test_a_business_without_name_or_currency_is_refused(
    stores: Stores, name: str, currency: str
) -> None:
    with pytest.raises(InvalidInput):
        create_business(stores, name, currency, NOW)


@pytest.mark.parametrize(("scopes", "days"), [([], 9), (["read"], 0), (["read"], 366), (["x"], 9)])
def test_what_a_token_cannot_be_is_said_before_anything_is_created(
    scopes: list[str], days: int
) -> None:
    with pytest.raises(InvalidInput):
        check_token(scopes, days)


def test_all_who_complete_at_once_are_told_it_is_completed(
    stores: Stores, ledger: Ledger, principal: Principal
) -> None:
    opened = reconcile_upload(
        stores, principal, ledger.business_id, ledger.id, "j.csv", STATEMENT, Terms(), NOW
    )
    found = run_to_review(stores, opened)

    def press(_: int) -> str:
        done = complete(stores, principal, found.business_id, found.id, True, NOW)
        return done.status

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(press, range(2))) == ["completed"] * 2
