"""Seed 002: ``GET /v0/reconciliations/{reconciliation_id}``."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest

from shared.ids import short_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from api_client import Api

    from shared.application.stores import Stores
    from shared.books.model import Business
    from shared.reconciliation.model import Reconciliation

NUMBER = (int, float)
SEED_FIELDS: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "start_datetime": (str,),
    "end_datetime": (str,),
    "reconciled_balance": NUMBER,
    "statement_ending_balance": NUMBER,
    "reconciliation_status": (str,),
    "progress_status": (str,),
    "ledger_id": (str, type(None)),
    "statement_starting_balance": (*NUMBER, type(None)),
    "completed_on_datetime": (str, type(None)),
}


@pytest.fixture
def teal(api: Api, business: Business) -> Api:
    api.headers["teal-instance-id"] = business.id
    return api


def fetch(teal: Api, one: Reconciliation) -> dict[str, Any]:
    answer = teal.get(f"/v0/reconciliations/{one.id}")
    assert answer.status == 200
    body: dict[str, Any] = answer.json()
    for name, types in SEED_FIELDS.items():
        assert type(body[name]) in types, name
    assert set(body) == set(SEED_FIELDS)
    for name in ("start_datetime", "end_datetime"):
        assert dt.datetime.fromisoformat(body[name]).tzinfo is not None
    return body


def test_a_reviewed_reconciliation_has_every_field_of_its_type(
    teal: Api, reviewed: Reconciliation
) -> None:
    body = fetch(teal, reviewed)
    assert body["id"] == short_of(reviewed.id)
    assert re.fullmatch(r"[2-9A-HJ-NP-Za-km-z]{22}", body["id"])
    assert body["ledger_id"] == short_of(reviewed.ledger_id)
    assert body["start_datetime"] == "2026-01-05T00:00:00Z"
    assert body["end_datetime"] == "2026-01-28T23:59:59Z"
    assert (body["reconciliation_status"], body["progress_status"]) == (
        "unreconciled",
        "in_progress",
    )
    assert body["completed_on_datetime"] is None


def test_amounts_are_numbers_with_the_currencys_own_decimals(
    teal: Api, reviewed: Reconciliation
) -> None:
    text = teal.get(f"/v0/reconciliations/{reviewed.id}").text
    assert '"statement_starting_balance":1000.00,' in text
    assert '"statement_ending_balance":1433.50,' in text


@pytest.mark.parametrize(
    ("currency", "expected"),
    [("USD", "90071992547409.91"), ("JPY", "9007199254740991"), ("KWD", "9007199254740.991")],
)
def test_the_largest_amounts_keep_every_digit(
    teal: Api, stores: Stores, reviewed: Reconciliation, currency: str, expected: str
) -> None:
    stores.reconciliations.save_reconciliation(
        reviewed,
        currency=currency,
        opening_balance_minor=2**53 - 1,
        closing_balance_minor=-(2**53) + 1,
    )
    text = teal.get(f"/v0/reconciliations/{reviewed.id}").text
    assert f'"statement_starting_balance":{expected},' in text
    assert f'"statement_ending_balance":-{expected},' in text


def test_required_numbers_are_never_null(
    teal: Api, stores: Stores, reviewed: Reconciliation
) -> None:
    stores.reconciliations.save_reconciliation(
        reviewed, opening_balance_minor=None, closing_balance_minor=None, status="pending"
    )
    body = fetch(teal, reviewed)
    assert body["statement_starting_balance"] is None
    assert body["reconciliation_status"] == "unreconciled"


def test_a_completed_one_is_reconciled_with_equal_balances(
    teal: Api, dayzero: Api, reviewed: Reconciliation
) -> None:
    path = f"/api/v1/reconciliations/{reviewed.id}"
    data = dayzero.get(f"{path}/matches").json()["data"]
    fee = dayzero.post("/api/v1/transactions", {"amount": -1200, "datetime": "2026-01-28"}).json()
    (left,) = data["unmatched_statement_txns"]
    for body in [
        *({"statement_txn_id": match["statement_txn_ids"][0]} for match in data["matches"]),
        {"statement_txn_id": left["id"], "ledger_txn_ids": [fee["id"]]},
    ]:
        assert dayzero.post(f"{path}/matches/approve", body).status == 201
    assert dayzero.post(f"{path}/complete").status == 201
    body = fetch(teal, reviewed)
    assert (body["reconciliation_status"], body["progress_status"]) == ("reconciled", "completed")
    assert body["reconciled_balance"] == body["statement_ending_balance"] == 1433.5
    assert dt.datetime.fromisoformat(body["completed_on_datetime"]).tzinfo is not None


@pytest.mark.parametrize("form", [str, short_of])
def test_ids_are_taken_as_uuid_and_in_short_form(
    teal: Api, reviewed: Reconciliation, business: Business, form: Callable[[str], str]
) -> None:
    teal.headers["teal-instance-id"] = form(business.id)
    assert teal.get(f"/v0/reconciliations/{form(reviewed.id)}").status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        ({"teal-instance-id": "<teal-instance-id>"}, 422),
        ({"teal-instance-id": "0198b1a2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"}, 403),
    ],
)
def test_the_instance_header_is_required_and_must_be_the_tokens(
    api: Api, reviewed: Reconciliation, headers: dict[str, str], status: int
) -> None:
    answer = api.call("GET", f"/v0/reconciliations/{reviewed.id}", headers=headers)
    assert answer.status == status
    if status == 422:
        assert answer.json()["detail"][0]["loc"] == ["header", "teal-instance-id"]


@pytest.mark.parametrize("id_", ["nonsense", "WTjdK47SHxokWUdypL8zyB", "z" * 22])
def test_an_id_that_nothing_has_is_404(teal: Api, id_: str) -> None:
    answer = teal.get(f"/v0/reconciliations/{id_}")
    assert (answer.status, list(answer.json())) == (404, ["detail"])
