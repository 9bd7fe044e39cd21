"""What hardly ever happens: values JSON has no word for, answers too large, broken forms."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from api_client import FakeContext, make_event

from functions.api import answers, cursors
from functions.api.app import respond
from functions.api.aqnt.views import view_item
from functions.api.cursors import read_cursor, sign_cursor
from functions.api.numbers import to_json
from functions.authorizer.handler import handler as authorize
from shared.application.review import ReviewedLine
from shared.errors import InvalidInput
from shared.reconciliation.model import (
    CandidateRecord,
    Decision,
    MatchRecord,
    Reconciliation,
    Residue,
    StatementLine,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from api_client import Api

    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger


@pytest.mark.parametrize(
    "value", [Decimal("Infinity"), float("inf"), float("nan"), {1: 2}, {"a": object()}, [b"x"]]
)
def test_what_json_has_no_word_for_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        to_json(value)


def test_an_answer_lambda_could_not_return_is_refused_with_what_to_do(
    dayzero: Api, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ledger
    monkeypatch.setattr(answers, "ANSWER_BYTES_MAX", 100)
    answer = dayzero.get("/api/v1/ledgers")
    assert answer.status == 413
    assert "fewer records" in answer.json()["detail"]


@pytest.mark.parametrize("field", [{"note": "x" * 10_001}, {f"f{n}": "x" for n in range(60)}])
def test_a_form_with_oversized_fields_is_413(
    dayzero: Api, ledger: Ledger, field: dict[str, str]
) -> None:
    form = {"ledger_id": ledger.id, **field, "file": ("a.csv", b"x")}
    assert dayzero.call("POST", "/api/v1/reconciliations/upload", form=form).status == 413


def test_a_body_that_is_not_the_base64_it_is_said_to_be_is_422(
    stores: Stores, mint: Callable[..., str], business: Business
) -> None:
    headers = {"authorization": f"Bearer {mint()}", "x-business-id": business.id}
    event = make_event("POST", "/api/v1/ledgers", "not base64!", {}, headers)
    event["isBase64Encoded"] = True
    event["requestContext"]["authorizer"] = {"lambda": authorize(event, None)["context"]}
    assert respond(event, FakeContext(), lambda: stores)["statusCode"] == 422


def test_a_time_that_does_not_exist_is_422(dayzero: Api, ledger: Ledger) -> None:
    body = {"ledger_id": ledger.id, "filename": "a.csv", "start_date": "2026-02-30T25:00:00Z"}
    answer = dayzero.post("/api/v1/reconciliations/upload-url", body)
    assert answer.json()["detail"][0]["type"] == "datetime_parsing"


def test_cursors_of_another_key_are_refused(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(stores.books.cursor_key()) == 64
    assert stores.books.cursor_key() == stores.books.cursor_key()
    cursor = sign_cursor("7", ("list", "b"))
    assert read_cursor(cursor, ("list", "b")) == "7"
    with monkeypatch.context() as changed:
        changed.setattr(cursors, "_key", lambda: b"another deployment's key")
        with pytest.raises(InvalidInput):
            read_cursor(cursor, ("list", "b"))


@pytest.mark.parametrize(
    ("run_status", "match_status", "residues", "candidates", "expected"),
    [
        ("processing", None, (), (), "pending"),
        ("matched", None, (), (), "unmatched"),
        ("matched", None, (), (CandidateRecord((), 0.5, ()),), "pending"),
        ("matched", "proposed", (), (), "pending"),
        ("in_review", "proposed", (Residue("fee", 5),), (), "discrepancy"),
        ("in_review", "approved", (), (), "matched"),
        ("completed", "approved", (), (), "reconciled"),
        ("completed", None, (), (), "unmatched"),
    ],
)
def test_every_item_status_of_aqnts_seed_is_reached(
    reviewed: Reconciliation,
    stores: Stores,
    run_status: Any,
    match_status: Any,
    residues: tuple[Residue, ...],
    candidates: tuple[CandidateRecord, ...],
    expected: str,
) -> None:
    line: StatementLine = next(
        iter(stores.reconciliations.lines(reviewed.business_id, reviewed.spans))
    )
    match = match_status and MatchRecord(
        id="m",
        business_id=reviewed.business_id,
        reconciliation_id=reviewed.id,
        line_ids=(line.id,),
        entry_ids=(),
        amount_minor=line.amount_minor,
        method="scored",
        confidence=0.8,
        status=match_status,
        reasons=(),
        residues=residues,
        decisions=(Decision(match_status, "engine", dt.datetime.now(dt.UTC)),),
        attempt=1,
    )
    run = stores.reconciliations.save_reconciliation(reviewed, status=run_status)
    assert view_item(ReviewedLine(line, match, candidates), run)["status"] == expected
