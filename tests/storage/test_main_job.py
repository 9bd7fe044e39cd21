"""The road from a statement to a locked reconciliation, on moto, step by step."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from shared.application.matching import (
    await_review,
    match_lines,
    persist_matches,
    record_progress,
    unmatched_entries,
)
from shared.application.reconciliations import (
    cancel,
    fail,
    get,
    list_reconciliations,
    prepare_lines,
    reconcile_drop,
    reconcile_imported,
    reconcile_statement_key,
    reconcile_upload,
    retry,
)
from shared.application.review import (
    approve_match,
    balance,
    cleared_entries,
    complete,
    reject_match,
    review,
)
from shared.application.statements import list_statements, take_in_drop, upload_statement
from shared.application.transactions import NewTransaction, create_transaction
from shared.errors import (
    AlreadyMatched,
    Forbidden,
    InvalidInput,
    Locked,
    NotFound,
    NotProven,
    PeriodTaken,
    UnreadableStatement,
)
from shared.reconciliation.model import Terms

if TYPE_CHECKING:
    from shared.access.model import Principal
    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger, Transaction
    from shared.reconciliation.model import Reconciliation

NOW = dt.datetime(2026, 2, 3, 9, 30, tzinfo=dt.UTC)

STATEMENT = b"""Date,Description,Amount,Balance
2026-01-05,ACME GMBH INVOICE 1042,1250.00,2250.00
2026-01-09,CITY OFFICE RENT JANUARY,-800.00,1450.00
2026-01-20,COFFEE CORNER,-4.50,1445.50
2026-01-28,MONTHLY ACCOUNT FEE,-12.00,1433.50
"""


def book(stores: Stores, ledger: Ledger, day: int, amount_minor: int, text: str) -> Transaction:
    new = NewTransaction(ledger.id, dt.date(2026, 1, day), amount_minor, None, text)
    return create_transaction(stores, ledger.business_id, new, NOW)


@pytest.fixture
def books(stores: Stores, ledger: Ledger) -> list[Transaction]:
    return [
        book(stores, ledger, 5, 125_000, "ACME GmbH invoice 1042"),
        book(stores, ledger, 8, -80_000, "City Office rent January"),
        book(stores, ledger, 20, -450, "Coffee Corner"),
        book(stores, ledger, 27, -9_900, "Printer paper, not paid yet"),
    ]


def run_to_review(stores: Stores, found: Reconciliation) -> Reconciliation:
    """Run the workflow's steps as the state machine orders them."""
    business_id, id_ = found.business_id, found.id
    prepare_lines(stores, business_id, id_, NOW)
    for shard in match_lines(stores, business_id, id_):
        persist_matches(stores, business_id, id_, shard, NOW)
    record_progress(stores, business_id, id_, NOW)
    await_review(stores, business_id, id_, "token-1", NOW)
    return get(stores, business_id, id_)


@pytest.fixture
def reviewed(
    stores: Stores, ledger: Ledger, principal: Principal, books: list[Transaction]
) -> Reconciliation:
    assert books
    opened = reconcile_upload(
        stores, principal, ledger.business_id, ledger.id, "january.csv", STATEMENT, Terms(), NOW
    )
    return run_to_review(stores, opened)


def fee_line(stores: Stores, found: Reconciliation) -> str:
    page = review(stores, found.business_id, found.id, 100, None)
    return next(one.line.id for one in page.lines if "ACCOUNT FEE" in one.line.description)


def test_a_statement_becomes_a_proven_locked_reconciliation(
    stores: Stores, ledger: Ledger, principal: Principal, reviewed: Reconciliation
) -> None:
    assert reviewed.status == "matched"
    assert (reviewed.opening_balance_minor, reviewed.closing_balance_minor) == (100_000, 143_350)
    page = review(stores, reviewed.business_id, reviewed.id, 100, None)
    assert [one.match is not None for one in page.lines] == [True, True, True, False]
    assert all(one.match.reasons for one in page.lines if one.match)
    assert [one.description for one in page.outstanding] == ["Printer paper, not paid yet"]
    with pytest.raises(NotProven) as refused:
        complete(stores, principal, reviewed.business_id, reviewed.id, False, NOW)
    assert "1 statement line is not cleared" in str(refused.value)

    fee = book(stores, ledger, 28, -1_200, "Bank fee")
    for one in page.lines:
        wanted = [fee.id] if one.match is None else []
        approve_match(
            stores, principal, reviewed.business_id, reviewed.id, one.line.id, wanted, NOW
        )
    proof = balance(stores, reviewed.business_id, reviewed.id)
    assert (proof.difference_minor, proof.proven, proof.findings) == (0, True, ())
    assert proof.outstanding_minor == -9_900
    assert proof.adjusted_bank_minor == proof.book_minor

    locked = complete(stores, principal, reviewed.business_id, reviewed.id, False, NOW)
    assert locked.status == "completed"
    assert [one.reconciled for one in cleared_entries(stores, locked)] == [True] * 4
    after = stores.books.ledger(ledger.business_id, ledger.id)
    assert (after.reconciled_through, after.closing_minor) == (dt.date(2026, 1, 28), 143_350)
    with pytest.raises(Locked):
        reject_match(
            stores, principal, reviewed.business_id, reviewed.id, page.lines[0].line.id, NOW
        )
    with pytest.raises(Locked):
        complete(stores, principal, reviewed.business_id, reviewed.id, False, NOW)


def test_an_override_of_the_proof_is_recorded_for_ever(
    stores: Stores, principal: Principal, reviewed: Reconciliation
) -> None:
    locked = complete(stores, principal, reviewed.business_id, reviewed.id, True, NOW)
    assert locked.completion is not None
    assert locked.completion.skipped_balance_check
    assert locked.completion.difference_minor == -1_200
    assert locked.completion.by == "Ada Moreau"


def test_rejecting_gives_both_sides_back_and_keeps_the_story(
    stores: Stores, principal: Principal, reviewed: Reconciliation, books: list[Transaction]
) -> None:
    page = review(stores, reviewed.business_id, reviewed.id, 100, None)
    line = page.lines[0].line
    rejected = reject_match(stores, principal, reviewed.business_id, reviewed.id, line.id, NOW)
    assert [one.status for one in rejected.decisions][-1] == "rejected"
    assert stores.books.transaction(reviewed.business_id, books[0].id).match_id is None
    now_ = get(stores, reviewed.business_id, reviewed.id)
    assert now_.progress.cleared_minor == reviewed.progress.cleared_minor - 125_000
    again = approve_match(
        stores, principal, reviewed.business_id, reviewed.id, line.id, [books[0].id], NOW
    )
    assert [one.status for one in again.decisions] == [
        *(one.status for one in rejected.decisions),
        "approved",
    ]


def test_one_transaction_cannot_explain_two_lines(
    stores: Stores, ledger: Ledger, principal: Principal
) -> None:
    statement = b"Date,Description,Amount\n2026-01-05,Coffee,-4.50\n2026-01-06,Coffee,-4.50\n"
    opened = reconcile_upload(
        stores, principal, ledger.business_id, ledger.id, "c.csv", statement, Terms(), NOW
    )
    found = run_to_review(stores, opened)
    entry = book(stores, ledger, 5, -450, "Coffee")
    first, second = review(stores, found.business_id, found.id, 10, None).lines
    approve_match(stores, principal, found.business_id, found.id, first.line.id, [entry.id], NOW)
    with pytest.raises(AlreadyMatched):
        approve_match(
            stores, principal, found.business_id, found.id, second.line.id, [entry.id], NOW
        )


def test_a_manual_match_whose_amounts_differ_is_refused_with_the_difference(
    stores: Stores, principal: Principal, reviewed: Reconciliation, books: list[Transaction]
) -> None:
    with pytest.raises(InvalidInput, match="not explained") as refused:
        approve_match(
            stores,
            principal,
            reviewed.business_id,
            reviewed.id,
            fee_line(stores, reviewed),
            [books[3].id],
            NOW,
        )
    assert refused.value.kind == "amounts_differ"


def test_every_step_may_be_run_again(
    stores: Stores, ledger: Ledger, principal: Principal, books: list[Transaction]
) -> None:
    assert books
    opened = reconcile_upload(
        stores, principal, ledger.business_id, ledger.id, "january.csv", STATEMENT, Terms(), NOW
    )
    for _ in range(2):
        prepare_lines(stores, opened.business_id, opened.id, NOW)
    for _ in range(2):
        shards = match_lines(stores, opened.business_id, opened.id)
    for shard in [*shards, *shards]:
        persist_matches(stores, opened.business_id, opened.id, shard, NOW)
    for _ in range(2):
        record_progress(stores, opened.business_id, opened.id, NOW)
    for token in ("token-1", "token-2"):
        await_review(stores, opened.business_id, opened.id, token, NOW)
    found = get(stores, opened.business_id, opened.id)
    assert found.task_token == "token-2"
    assert (found.progress.lines, found.progress.approved) == (4, 3)


def test_the_same_drop_event_five_times_is_one_statement_and_one_reconciliation(
    stores: Stores, business: Business, ledger: Ledger
) -> None:
    key = f"statements/{business.id}/{ledger.id}/january.csv"
    stores.objects.write_statement(key, STATEMENT)
    opened = set()
    for _ in range(5):
        statement = take_in_drop(stores, key, NOW)
        assert statement is not None
        reconciliation = reconcile_drop(stores, statement, NOW)
        assert reconciliation is not None
        opened.add(reconciliation.id)
    assert len(opened) == 1
    assert [one.status for one in list_statements(stores, business.id, None)] == ["parsed"]
    assert len(stores.workflow.started) == 1  # type: ignore[attr-defined]


def test_the_same_file_under_another_name_changes_nothing(
    stores: Stores, business: Business, ledger: Ledger
) -> None:
    for name in ("january.csv", "copy.csv"):
        key = f"statements/{business.id}/{ledger.id}/{name}"
        stores.objects.write_statement(key, STATEMENT)
        statement = take_in_drop(stores, key, NOW)
        assert statement is not None
        reconcile_drop(stores, statement, NOW)
    assert [one.status for one in list_statements(stores, business.id, ledger.id)] == [
        "duplicate",
        "parsed",
    ]
    assert len(list_reconciliations(stores, business.id)) == 1


def test_posting_the_key_of_a_dropped_statement_returns_its_reconciliation(
    stores: Stores, business: Business, ledger: Ledger, principal: Principal
) -> None:
    key = f"statements/{business.id}/{ledger.id}/january.csv"
    stores.objects.write_statement(key, STATEMENT)
    statement = take_in_drop(stores, key, NOW)
    assert statement is not None
    dropped = reconcile_drop(stores, statement, NOW)
    terms = Terms(dt.date(2026, 1, 1), dt.date(2026, 1, 31))
    posted = reconcile_statement_key(
        stores, principal, business.id, ledger.id, key, None, terms, NOW
    )
    assert dropped is not None
    assert posted.id == dropped.id


def test_a_refused_drop_leaves_no_line_and_says_why(
    stores: Stores, business: Business, ledger: Ledger
) -> None:
    key = f"statements/{business.id}/{ledger.id}/january.csv"
    stores.objects.write_statement(key, b"")
    statement = take_in_drop(stores, key, NOW)
    assert statement is not None
    assert (statement.status, statement.span) == ("refused", None)
    assert "empty" in str(statement.reason)
    stores.objects.write_statement(key, STATEMENT)
    mended = take_in_drop(stores, key, NOW)
    assert mended is not None
    assert (mended.status, mended.reason) == ("parsed", None)


@pytest.mark.parametrize(
    ("terms", "kind"),
    [
        (Terms(dt.date(2026, 1, 31), dt.date(2026, 1, 1)), "end_before_start"),
        (Terms(dt.date(2026, 1, 6), dt.date(2026, 1, 31)), "lines_outside_period"),
        (Terms(closing_balance_minor=1), "closing_balance_does_not_follow"),
    ],
)
def test_terms_that_do_not_fit_are_refused_and_nothing_is_kept(
    stores: Stores, ledger: Ledger, principal: Principal, terms: Terms, kind: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        reconcile_upload(
            stores, principal, ledger.business_id, ledger.id, "january.csv", STATEMENT, terms, NOW
        )
    assert refused.value.kind == kind
    assert list_statements(stores, ledger.business_id, None) == []
    assert list_reconciliations(stores, ledger.business_id) == []


def test_a_second_open_reconciliation_of_the_period_is_refused(
    stores: Stores, ledger: Ledger, principal: Principal, reviewed: Reconciliation
) -> None:
    assert reviewed
    other = STATEMENT.replace(b"COFFEE CORNER", b"COFFEE HOUSE")
    with pytest.raises(PeriodTaken):
        reconcile_upload(
            stores, principal, ledger.business_id, ledger.id, "other.csv", other, Terms(), NOW
        )
    assert len(list_statements(stores, ledger.business_id, None)) == 1


def test_a_key_of_another_business_is_refused(
    stores: Stores, ledger: Ledger, principal: Principal
) -> None:
    for key, error in (
        ("statements/other/x/january.csv", Forbidden),
        ("january.csv", InvalidInput),
        (f"statements/{ledger.business_id}/{ledger.id}/missing.csv", InvalidInput),
    ):
        with pytest.raises(error):
            reconcile_statement_key(
                stores, principal, ledger.business_id, ledger.id, key, None, Terms(), NOW
            )


def test_a_file_of_another_format_than_its_name_is_refused(
    stores: Stores, ledger: Ledger, principal: Principal
) -> None:
    with pytest.raises(UnreadableStatement):
        reconcile_upload(
            stores, principal, ledger.business_id, ledger.id, "jan.ofx", STATEMENT, Terms(), NOW
        )


def test_a_failed_reconciliation_keeps_nothing_and_can_be_retried(
    stores: Stores, ledger: Ledger, principal: Principal, reviewed: Reconciliation
) -> None:
    fail(
        stores,
        reviewed.business_id,
        reviewed.id,
        code="internal_error",
        reason="Something broke.",
        now=NOW,
    )
    failed = get(stores, reviewed.business_id, reviewed.id)
    assert (failed.status, failed.failure_reason) == ("failed", "Something broke.")
    free = stores.books.open_transactions(ledger.business_id, ledger.id, dt.date(2026, 2, 1))
    assert [one.match_id for one in free] == [None] * 4
    started = retry(stores, principal, reviewed.business_id, reviewed.id, NOW)
    assert started.attempt == 2
    again = run_to_review(stores, started)
    assert again.progress == reviewed.progress


def test_deleting_a_completed_reconciliation_gives_its_entries_back(
    stores: Stores, ledger: Ledger, principal: Principal, reviewed: Reconciliation
) -> None:
    complete(stores, principal, reviewed.business_id, reviewed.id, True, NOW)
    with pytest.raises(Locked):
        cancel(stores, principal, reviewed.business_id, reviewed.id, NOW, allow_completed=False)
    cancel(stores, principal, reviewed.business_id, reviewed.id, NOW, allow_completed=True)
    with pytest.raises(NotFound):
        get(stores, reviewed.business_id, reviewed.id)
    free = stores.books.open_transactions(ledger.business_id, ledger.id, dt.date(2026, 2, 1))
    assert [(one.reconciled, one.match_id) for one in free] == [(False, None)] * 4
    rolled = stores.books.ledger(ledger.business_id, ledger.id)
    assert (rolled.reconciled_through, rolled.closing_minor) == (None, None)
    opened = reconcile_upload(
        stores, principal, ledger.business_id, ledger.id, "january.csv", STATEMENT, Terms(), NOW
    )
    assert run_to_review(stores, opened).progress == reviewed.progress


def test_imported_lines_are_reconciled_by_their_dates(
    stores: Stores, ledger: Ledger, principal: Principal, books: list[Transaction]
) -> None:
    assert books
    for _ in range(2):
        upload_statement(
            stores, principal, ledger.business_id, ledger.id, "january.csv", STATEMENT, NOW
        )
    assert list_reconciliations(stores, ledger.business_id) == []
    opened = reconcile_imported(
        stores,
        principal,
        ledger.business_id,
        ledger.id,
        dt.date(2026, 1, 6),
        dt.date(2026, 1, 31),
        Terms(),
        NOW,
    )
    assert opened.opening_balance_minor == 225_000
    assert opened.progress.lines == 3
    found = run_to_review(stores, opened)
    assert found.progress.approved == 2
    assert [one.amount_minor for one in unmatched_entries(stores, found)] == [125_000, -9_900]
