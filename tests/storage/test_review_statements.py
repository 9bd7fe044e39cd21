"""Statement files that change, are refused, hold nothing, or arrive out of order."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest

from shared.application.reconciliations import (
    cancel,
    reconcile_drop,
    reconcile_imported,
    reconcile_statement_key,
    reconcile_upload,
)
from shared.application.review import review
from shared.application.statements import list_statements, take_in_drop, upload_statement
from shared.errors import Conflict, PeriodTaken
from shared.reconciliation.model import MatchRules, Span, Terms
from shared.storage.models import LineItem
from tests.storage.test_main_job import NOW, STATEMENT, run_to_review

if TYPE_CHECKING:
    from shared.access.model import Principal
    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger

CORRECTED = STATEMENT.replace(b"COFFEE CORNER", b"BOOK SHOP")


def test_a_corrected_file_under_the_same_key_is_not_reconciled_with_its_old_lines(
    stores: Stores, business: Business, ledger: Ledger, principal: Principal
) -> None:
    key = f"statements/{business.id}/{ledger.id}/january.csv"
    stores.objects.write_statement(key, STATEMENT)
    first = reconcile_drop(stores, take_in_drop(stores, key, NOW), NOW)  # type: ignore[arg-type]
    assert first is not None
    cancel(stores, principal, business.id, first.id, NOW, allow_completed=False)
    stores.objects.write_statement(key, CORRECTED)
    second = reconcile_drop(stores, take_in_drop(stores, key, NOW), NOW)  # type: ignore[arg-type]
    if second is not None:
        found = run_to_review(stores, second)
        lines = review(stores, business.id, found.id, 10, None).lines
        assert "BOOK SHOP" in [one.line.description for one in lines]
    else:
        assert any(one.reason for one in list_statements(stores, business.id, None))


def test_a_corrected_file_posted_under_the_same_key_is_reconciled_with_its_own_lines(
    stores: Stores, business: Business, ledger: Ledger, principal: Principal
) -> None:
    key = f"statements/{business.id}/{ledger.id}/january.csv"
    for file in (STATEMENT, CORRECTED):
        stores.objects.write_statement(key, file)
        opened = reconcile_statement_key(
            stores, principal, business.id, ledger.id, key, None, Terms(), NOW
        )
        found = run_to_review(stores, opened)
        lines = review(stores, business.id, found.id, 10, None).lines
        cancel(stores, principal, business.id, found.id, NOW, allow_completed=False)
    assert "BOOK SHOP" in [one.line.description for one in lines]


def test_a_refused_request_for_a_key_leaves_no_statement_behind(
    stores: Stores, ledger: Ledger, principal: Principal
) -> None:
    reconcile_upload(
        stores, principal, ledger.business_id, ledger.id, "j.csv", STATEMENT, Terms(), NOW
    )
    key = f"statements/{ledger.business_id}/{ledger.id}/other.csv"
    stores.objects.write_statement(key, CORRECTED)
    with pytest.raises(PeriodTaken):
        reconcile_statement_key(
            stores, principal, ledger.business_id, ledger.id, key, None, Terms(), NOW
        )
    assert len(list_statements(stores, ledger.business_id, None)) == 1


def test_rules_asked_for_a_dropped_statement_are_not_dropped_in_silence(
    stores: Stores, business: Business, ledger: Ledger, principal: Principal
) -> None:
    key = f"statements/{business.id}/{ledger.id}/january.csv"
    stores.objects.write_statement(key, STATEMENT)
    reconcile_drop(stores, take_in_drop(stores, key, NOW), NOW)  # type: ignore[arg-type]
    asked = Terms(rules=MatchRules(auto_match=False))
    try:
        posted = reconcile_statement_key(
            stores, principal, business.id, ledger.id, key, None, asked, NOW
        )
    except Conflict:
        return
    assert posted.rules == asked.rules


def test_a_statement_without_lines_asks_the_database_for_none(
    stores: Stores, business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DynamoDB refuses BETWEEN with its upper bound below its lower; moto does not."""

    def refuse(*_given: Any, **_named: Any) -> None:
        pytest.fail("asked for lines 7 to 6")

    monkeypatch.setattr(LineItem, "query", refuse)
    assert list(stores.reconciliations.lines(business.id, [Span(7, 0)])) == []


def test_every_line_is_on_some_page_whatever_order_the_files_were_imported_in(
    stores: Stores, ledger: Ledger, principal: Principal
) -> None:
    later = (
        b"Date,Description,Amount,Balance\n"
        b"2026-02-03,LATE ONE,-1.00,1432.50\n2026-02-04,LATE TWO,-2.50,1430.00\n"
    )
    for name, file in (("february.csv", later), ("january.csv", STATEMENT)):
        upload_statement(stores, principal, ledger.business_id, ledger.id, name, file, NOW)
    opened = reconcile_imported(
        stores,
        principal,
        ledger.business_id,
        ledger.id,
        dt.date(2026, 1, 1),
        dt.date(2026, 2, 28),
        Terms(),
        NOW,
    )
    found = run_to_review(stores, opened)
    seen: list[str] = []
    after = None
    while True:
        page = review(stores, found.business_id, found.id, 2, after)
        seen += [one.line.id for one in page.lines]
        after = page.next
        if after is None:
            break
    assert len(set(seen)) == found.progress.lines == 6


def test_the_last_day_of_a_completed_statement_is_not_reconciled_again(
    stores: Stores, ledger: Ledger, principal: Principal
) -> None:
    """Periods may share their boundary day; the lines of that day may not."""
    upload_statement(stores, principal, ledger.business_id, ledger.id, "j.csv", STATEMENT, NOW)

    def over(start: dt.date, end: dt.date) -> Any:
        return reconcile_imported(
            stores, principal, ledger.business_id, ledger.id, start, end, Terms(), NOW
        )

    first = over(dt.date(2026, 1, 1), dt.date(2026, 1, 28))
    try:
        second = over(dt.date(2026, 1, 28), dt.date(2026, 2, 28))
    except Conflict:
        return
    assert first.progress.lines + second.progress.lines == 4
