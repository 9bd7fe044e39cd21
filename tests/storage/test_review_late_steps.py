"""Steps that run late, twice, or beside a person's decision."""

from __future__ import annotations

import dataclasses
import datetime as dt
import threading
from typing import TYPE_CHECKING, Any

import pytest

from shared.access.model import Principal
from shared.application import reconciliations as use_cases
from shared.application.matching import match_lines, persist_matches, record_progress
from shared.application.reconciliations import (
    cancel,
    fail,
    get,
    prepare_lines,
    reconcile_upload,
    retry,
)
from shared.application.review import (
    approve_match,
    clear_entries,
    complete,
    lock,
    reject_match,
    review,
)
from shared.errors import Locked, TieoutError
from shared.reconciliation.model import Terms
from shared.storage import reconciliations as storage
from shared.storage.models import LineItem
from shared.storage.objects import Objects
from shared.storage.reconciliations import Reconciliations
from tests.storage.test_main_job import NOW, STATEMENT, book, run_to_review

if TYPE_CHECKING:
    from shared.application.stores import Stores
    from shared.books.model import Ledger, Transaction
    from shared.reconciliation.model import Reconciliation

UNTIL = dt.date(2026, 2, 28)


@pytest.fixture
def books(stores: Stores, ledger: Ledger) -> list[Transaction]:
    return [
        book(stores, ledger, 5, 125_000, "ACME GmbH invoice 1042"),
        book(stores, ledger, 8, -80_000, "City Office rent January"),
        book(stores, ledger, 20, -450, "Coffee Corner"),
    ]


@pytest.fixture
def opened(
    stores: Stores, ledger: Ledger, principal: Principal, books: list[Transaction]
) -> Reconciliation:
    assert books
    return reconcile_upload(
        stores, principal, ledger.business_id, ledger.id, "january.csv", STATEMENT, Terms(), NOW
    )


def claims(stores: Stores, ledger: Ledger) -> list[str | None]:
    found = stores.books.open_transactions(ledger.business_id, ledger.id, UNTIL)
    return [one.match_id for one in found]


def test_deleting_while_matches_are_being_persisted_leaves_no_claim_behind(
    stores: Stores,
    ledger: Ledger,
    principal: Principal,
    opened: Reconciliation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    business_id, id_ = opened.business_id, opened.id
    prepare_lines(stores, business_id, id_, NOW)
    shards = match_lines(stores, business_id, id_)
    propose = Reconciliations.propose_match
    deleted = threading.Event()
    guard = threading.Lock()

    def propose_while_deleting(self: Reconciliations, found: Any, match: Any) -> bool:
        with guard:
            if not deleted.is_set():
                cancel(stores, principal, business_id, id_, NOW, allow_completed=False)
                deleted.set()
        return propose(self, found, match)

    monkeypatch.setattr(Reconciliations, "propose_match", propose_while_deleting)
    # The workflow goes on as the state machine does: any refusal ends in "Mark failed".
    try:
        for shard in shards:
            persist_matches(stores, business_id, id_, shard, NOW)
        record_progress(stores, business_id, id_, NOW)
    except Locked:
        fail(stores, business_id, id_, code="locked", reason="It was deleted.", now=NOW)
    assert claims(stores, ledger) == [None, None, None]


def test_a_late_failure_of_an_older_attempt_does_not_end_the_newer_one(
    stores: Stores,
    principal: Principal,
    opened: Reconciliation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from functions.fail_reconciliation import handler as step

    monkeypatch.setattr(step, "wire", lambda: stores)
    event = {
        "business_id": opened.business_id,
        "reconciliation_id": opened.id,
        "attempt": 1,
        "error": "Lambda.Unknown",
        "cause": "",
    }
    step.handler(event, None)
    second = retry(stores, principal, opened.business_id, opened.id, NOW)
    reviewed = run_to_review(stores, second)
    step.handler(event, None)  # its answer was lost, so Step Functions asks again
    assert get(stores, opened.business_id, opened.id).status == reviewed.status == "matched"


def test_a_late_persist_does_not_revive_a_match_that_a_person_rejected(
    stores: Stores,
    principal: Principal,
    opened: Reconciliation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    business_id, id_ = opened.business_id, opened.id
    found = run_to_review(stores, opened)
    line = review(stores, business_id, id_, 10, None).lines[0]
    assert line.match is not None
    late = line.match  # what a slow first invocation still holds in its hands
    reject_match(stores, principal, business_id, id_, line.line.id, NOW)
    stores.reconciliations.propose_match(dataclasses.replace(found, status="processing"), late)
    assert review(stores, business_id, id_, 10, None).lines[0].match is None


def test_a_claim_that_comes_after_the_rejection_does_not_hold_the_line_for_ever(
    stores: Stores,
    principal: Principal,
    books: list[Transaction],
    opened: Reconciliation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    business_id, id_ = opened.business_id, opened.id
    found = run_to_review(stores, opened)
    first = review(stores, business_id, id_, 10, None).lines[0]
    assert first.match is not None
    claim = storage._claim
    rejected = []

    def claim_late(item: Any, model: Any, match: Any, also: Any) -> bool:
        if model is LineItem and not rejected:
            rejected.append(reject_match(stores, principal, business_id, id_, first.line.id, NOW))
        return claim(item, model, match, also)

    monkeypatch.setattr(storage, "_claim", claim_late)
    stores.reconciliations.propose_match(found, first.match)  # the slow first invocation
    approve_match(stores, principal, business_id, id_, first.line.id, [books[0].id], NOW)


def test_what_is_completed_keeps_its_matches_whatever_fails_beside_it(
    stores: Stores,
    ledger: Ledger,
    principal: Principal,
    opened: Reconciliation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second call of complete finishes the job while the workflow marks the run as failed."""
    business_id, id_ = opened.business_id, opened.id
    found = run_to_review(stores, opened)
    stores.workflow.waiting.add("token-1")  # type: ignore[attr-defined]
    monkeypatch.setattr("shared.application.review.COMPLETION_WAIT_SECONDS", 0)
    complete(stores, principal, business_id, id_, True, NOW)
    for shard in {number // 1000 for number in [span.first for span in found.spans]}:
        clear_entries(stores, business_id, id_, shard, NOW)
    counted, go_on = threading.Event(), threading.Event()
    write = Objects.write_record

    def write_slowly(self: Objects, key: str, value: Any) -> None:
        counted.set()
        go_on.wait(20)
        write(self, key, value)

    def lock_quietly() -> None:
        try:
            lock(stores, business_id, id_, NOW)
        except TieoutError:
            pass

    monkeypatch.setattr(Objects, "write_record", write_slowly)
    other = threading.Thread(target=lock_quietly)
    other.start()
    counted.wait(20)
    release = use_cases.release_all

    def release_then_let_the_other_lock(*given: Any, **named: Any) -> None:
        release(*given, **named)
        go_on.set()
        other.join(20)

    monkeypatch.setattr(use_cases, "release_all", release_then_let_the_other_lock)
    try:
        fail(stores, business_id, id_, code="internal_error", reason="Broke.", now=NOW)
    except TieoutError:
        pass
    go_on.set()
    other.join(20)
    after = get(stores, business_id, id_)
    if after.status == "completed":
        assert claims(stores, ledger) == []
    else:
        rolled = stores.books.ledger(business_id, ledger.id)
        assert rolled.reconciled_through is None


def test_deleting_while_the_lock_is_being_taken_leaves_the_ledger_where_it_was(
    stores: Stores,
    ledger: Ledger,
    principal: Principal,
    opened: Reconciliation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    business_id, id_ = opened.business_id, opened.id
    run_to_review(stores, opened)
    write = Objects.write_record

    def write_while_deleting(self: Objects, key: str, value: Any) -> None:
        write(self, key, value)
        try:
            cancel(stores, principal, business_id, id_, NOW, allow_completed=True)
        except Locked:
            pass

    monkeypatch.setattr(Objects, "write_record", write_while_deleting)
    try:
        complete(stores, principal, business_id, id_, True, NOW)
    except TieoutError:
        pass
    after = stores.reconciliations.reconciliation(business_id, id_)
    ledger = stores.books.ledger(business_id, ledger.id)
    assert (after.status == "completed") == (ledger.reconciled_through is not None)


def test_a_failure_after_the_decision_to_complete_keeps_what_people_approved(
    stores: Stores,
    principal: Principal,
    opened: Reconciliation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    business_id, id_ = opened.business_id, opened.id
    run_to_review(stores, opened)
    first = review(stores, business_id, id_, 10, None).lines[0].line
    approve_match(stores, principal, business_id, id_, first.id, [], NOW)
    stores.workflow.waiting.add("token-1")  # type: ignore[attr-defined]
    monkeypatch.setattr("shared.application.review.COMPLETION_WAIT_SECONDS", 0)
    complete(stores, principal, business_id, id_, True, NOW)
    fail(stores, business_id, id_, code="internal_error", reason="Throttled.", now=NOW)
    match = review(stores, business_id, id_, 10, None).lines[0].match
    assert match is not None
    assert match.decided_by == principal.name


def test_two_locks_at_once_never_take_the_ledger_backwards(
    stores: Stores, ledger: Ledger, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened_for(month: int, opening: int) -> Reconciliation:
        file = (
            f"Date,Description,Amount,Balance\n"
            f"2026-0{month}-05,ALPHA {month},-{month}.00,{opening - month}.00\n"
            f"2026-0{month}-25,BETA {month},-{month}.00,{opening - 2 * month}.00\n"
        ).encode()
        made = reconcile_upload(
            stores, principal, ledger.business_id, ledger.id, f"{month}.csv", file, Terms(), NOW
        )
        return run_to_review(stores, made)

    january, february = opened_for(1, 100), opened_for(2, 98)
    roll = type(stores.books).roll_forward
    inside = []

    def roll_late(self: Any, *given: Any) -> None:
        if not inside:  # January has read the ledger; February locks before January writes
            inside.append(True)
            complete(stores, principal, ledger.business_id, february.id, True, NOW)
        roll(self, *given)

    monkeypatch.setattr(type(stores.books), "roll_forward", roll_late)
    try:
        complete(stores, principal, ledger.business_id, january.id, True, NOW)
    except TieoutError:
        complete(stores, principal, ledger.business_id, january.id, True, NOW)
    after = stores.books.ledger(ledger.business_id, ledger.id)
    assert after.reconciled_through == dt.date(2026, 2, 25)


def test_a_retry_keeps_the_story_of_its_matches(
    stores: Stores, principal: Principal, opened: Reconciliation
) -> None:
    business_id, id_ = opened.business_id, opened.id
    run_to_review(stores, opened)
    fail(stores, business_id, id_, code="internal_error", reason="Broke.", now=NOW)
    run_to_review(stores, retry(stores, principal, business_id, id_, NOW))
    match = review(stores, business_id, id_, 10, None).lines[0].match
    assert match is not None
    assert [one.status for one in match.decisions] == ["approved", "rejected", "approved"]


