"""Steps that run late, twice, or beside a person's decision."""

from __future__ import annotations

import contextlib
import datetime as dt
import threading
from typing import TYPE_CHECKING, Any

import pytest

from functions.fail_reconciliation import handler as step
from shared.application import matching
from shared.application import reconciliations as use_cases
from shared.application.matching import (
    await_review,
    match_lines,
    persist_matches,
    record_progress,
)
from shared.application.reconciliations import (
    cancel,
    fail,
    get,
    list_reconciliations,
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
    from collections.abc import Callable

    from shared.access.model import Principal
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
    prepare_lines(stores, business_id, id_, NOW)
    (shard,) = match_lines(stores, business_id, id_)
    propose = Reconciliations.propose_match
    overtaken = once(lambda: reject_first(stores, principal, business_id, id_, shard))

    def propose_late(self: Reconciliations, found: Any, match: Any) -> bool:
        overtaken()
        return propose(self, found, match)

    monkeypatch.setattr(Reconciliations, "propose_match", propose_late)
    persist_late(stores, business_id, id_, shard)
    assert review(stores, business_id, id_, 10, None).lines[0].match is None


def test_a_claim_that_comes_after_the_rejection_does_not_hold_the_line_for_ever(
    stores: Stores,
    principal: Principal,
    books: list[Transaction],
    opened: Reconciliation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    business_id, id_ = opened.business_id, opened.id
    prepare_lines(stores, business_id, id_, NOW)
    (shard,) = match_lines(stores, business_id, id_)
    claim = storage._claim
    overtaken = once(lambda: reject_first(stores, principal, business_id, id_, shard))

    def claim_late(item: Any, model: Any, match: Any, *also: Any) -> bool:
        if model is LineItem:
            overtaken()
        return claim(item, model, match, *also)

    monkeypatch.setattr(storage, "_claim", claim_late)
    persist_late(stores, business_id, id_, shard)
    line = review(stores, business_id, id_, 10, None).lines[0].line
    approve_match(stores, principal, business_id, id_, line.id, [books[0].id], NOW)


def once(act: Callable[[], None]) -> Callable[[], None]:
    """Return a function that acts the first time; other threads wait for it, itself does not."""
    guard, begun = threading.RLock(), []

    def call() -> None:
        with guard:
            if not begun:
                begun.append(True)
                act()

    return call


def reject_first(
    stores: Stores, principal: Principal, business_id: str, id_: str, shard: int
) -> None:
    """Let the repeated invocation finish and a person reject the first line's match."""
    found = get(stores, business_id, id_)
    content = stores.objects.read_record(matching._work_key(found, shard))
    for one in content["matches"]:  # one by one: this thread holds the others back
        stores.objects.write_record(
            matching._work_key(found, shard), {"matches": [one], "ambiguous": []}
        )
        persist_matches(stores, business_id, id_, shard, NOW)
    record_progress(stores, business_id, id_, NOW)
    await_review(stores, business_id, id_, "token-1", NOW)
    line = review(stores, business_id, id_, 10, None).lines[0].line
    reject_match(stores, principal, business_id, id_, line.id, NOW)


def persist_late(stores: Stores, business_id: str, id_: str, shard: int) -> None:
    with contextlib.suppress(Locked):  # a step that finds itself overtaken may say so
        persist_matches(stores, business_id, id_, shard, NOW)


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
    for shard in storage.shards_of(found.spans):
        clear_entries(stores, business_id, id_, shard, NOW)
    counted, go_on = threading.Event(), threading.Event()
    write = Objects.write_record

    def write_slowly(self: Objects, key: str, value: Any) -> None:
        counted.set()
        go_on.wait(20)
        write(self, key, value)

    def lock_quietly() -> None:
        with contextlib.suppress(TieoutError):
            lock(stores, business_id, id_, NOW)

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
    with contextlib.suppress(TieoutError):
        fail(stores, business_id, id_, code="internal_error", reason="Broke.", now=NOW)
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
        with contextlib.suppress(Locked):
            cancel(stores, principal, business_id, id_, NOW, allow_completed=True)

    monkeypatch.setattr(Objects, "write_record", write_while_deleting)
    with contextlib.suppress(TieoutError):
        complete(stores, principal, business_id, id_, True, NOW)
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
    save = Reconciliations.save_with_ledger
    inside = []

    def save_late(self: Reconciliations, *given: Any, **named: Any) -> Any:
        if not inside:  # January has read the ledger; February locks before January writes
            inside.append(True)
            complete(stores, principal, ledger.business_id, february.id, True, NOW)
        return save(self, *given, **named)

    monkeypatch.setattr(Reconciliations, "save_with_ledger", save_late)
    done = complete(stores, principal, ledger.business_id, january.id, True, NOW)
    assert done.status == "completed"
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


def test_a_retry_and_a_new_reconciliation_never_both_take_the_same_days(
    stores: Stores,
    ledger: Ledger,
    principal: Principal,
    opened: Reconciliation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    business_id, id_ = opened.business_id, opened.id
    fail(stores, business_id, id_, code="internal_error", reason="Broke.", now=NOW)
    check = use_cases._check_free
    other = STATEMENT.replace(b"COFFEE CORNER", b"BOOK SHOP")
    overtaken = once(
        lambda: (
            reconcile_upload(
                stores, principal, business_id, ledger.id, "o.csv", other, Terms(), NOW
            )
            and None
        )
    )

    def check_then_be_overtaken(*given: Any, **named: Any) -> None:
        check(*given, **named)
        overtaken()

    monkeypatch.setattr(use_cases, "_check_free", check_then_be_overtaken)
    with contextlib.suppress(TieoutError):
        retry(stores, principal, business_id, id_, NOW)
    live = [one for one in list_reconciliations(stores, business_id) if one.status != "failed"]
    assert len(live) == 1
