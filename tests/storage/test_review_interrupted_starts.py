"""A process that dies between opening a reconciliation and starting its workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.application.reconciliations import (
    get,
    list_reconciliations,
    reconcile_drop,
    reconcile_upload,
    retry,
)
from shared.application.statements import take_in_drop
from shared.reconciliation.model import Terms
from shared.storage.reconciliations import Reconciliations
from tests.storage.test_main_job import NOW, STATEMENT

if TYPE_CHECKING:
    from shared.access.model import Principal
    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger


class Killed(BaseException):
    """Lambda ends the process here."""


def test_a_drop_that_died_before_its_workflow_started_is_started_by_the_next_delivery(
    stores: Stores, business: Business, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f"statements/{business.id}/{ledger.id}/january.csv"
    stores.objects.write_statement(key, STATEMENT)
    statement = take_in_drop(stores, key, NOW)
    assert statement is not None
    with monkeypatch.context() as dying:
        dying.setattr(Reconciliations, "save_with_ledger", _die)
        with pytest.raises(Killed):
            reconcile_drop(stores, statement, NOW)
    again = take_in_drop(stores, key, NOW)
    assert again is not None
    reconcile_drop(stores, again, NOW)
    assert len(stores.workflow.started) == 1  # type: ignore[attr-defined]


def test_a_drop_that_died_while_its_workflow_was_starting_is_started_by_the_next_delivery(
    stores: Stores, business: Business, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f"statements/{business.id}/{ledger.id}/january.csv"
    stores.objects.write_statement(key, STATEMENT)
    statement = take_in_drop(stores, key, NOW)
    assert statement is not None
    with monkeypatch.context() as dying:
        dying.setattr(type(stores.workflow), "start", _die)
        _die_in(lambda: reconcile_drop(stores, statement, NOW))
    again = take_in_drop(stores, key, NOW)
    assert again is not None
    reconcile_drop(stores, again, NOW)
    assert len(stores.workflow.started) == 1  # type: ignore[attr-defined]


def test_a_reconciliation_whose_workflow_never_started_can_be_retried(
    stores: Stores, ledger: Ledger, principal: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as dying:
        dying.setattr(type(stores.workflow), "start", _die)
        _die_in(
            lambda: reconcile_upload(
                stores, principal, ledger.business_id, ledger.id, "j.csv", STATEMENT, Terms(), NOW
            )
        )
    (stuck,) = list_reconciliations(stores, ledger.business_id)
    assert get(stores, ledger.business_id, stuck.id).status == "processing"
    retry(stores, principal, ledger.business_id, stuck.id, NOW)
    assert len(stores.workflow.started) == 1  # type: ignore[attr-defined]


def _die(*_given: object, **_named: object) -> None:
    raise Killed


def _die_in(call: object) -> None:
    with pytest.raises(Killed):
        call()  # type: ignore[operator]
