"""``Idempotency-Key``: the first response again; another request with the key is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from api_client import STATEMENT

from functions.api import app as api_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from api_client import Api

    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger

KEY = {"Idempotency-Key": "k-1"}
PATH = "/api/v1/transactions"


def body(**changes: Any) -> dict[str, Any]:
    return {"amount": 5, "datetime": "2026-01-01"} | changes


def test_a_replay_returns_the_first_response_and_records_nothing(
    dayzero: Api, ledger: Ledger
) -> None:
    assert ledger
    first = dayzero.call("POST", PATH, body=body(), headers=KEY)
    again = dayzero.call("POST", PATH, body=body(), headers=KEY)
    assert (first.status, again.status) == (201, 201)
    assert first.text == again.text
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
    assert len(dayzero.get(PATH).json()["data"]) == 1
    without = dayzero.post(PATH, body())
    assert without.json()["id"] != first.json()["id"]


def test_a_replayed_refusal_keeps_its_status(dayzero: Api, ledger: Ledger) -> None:
    assert ledger
    for _ in range(2):
        assert dayzero.call("POST", PATH, body={"amount": 5}, headers=KEY).status == 400


def test_the_key_with_another_body_is_422_in_day_zero_and_409_elsewhere(
    dayzero: Api, api: Api, ledger: Ledger
) -> None:
    assert dayzero.call("POST", PATH, body=body(), headers=KEY).status == 201
    refused = dayzero.call("POST", PATH, body=body(amount=6), headers=KEY)
    assert refused.status == 422
    assert refused.json()["detail"][0]["loc"] == ["header", "idempotency-key"]

    path = "/v1/bank-reconciliation/reconcile"
    run = {"account_id": ledger.id, "start_date": "2026-01-31", "end_date": "2026-01-01"}
    assert api.call("POST", path, body=run, headers=KEY).status == 422
    other = run | {"end_date": "2025-01-01"}
    refused = api.call("POST", path, body=other, headers=KEY)
    assert refused.status == 409
    assert refused.json()["error"]["code"] == "idempotency_key_reused"


def test_a_delete_is_replayed_as_204_with_an_empty_body(
    dayzero: Api, api: Api, ledger: Ledger
) -> None:
    made = dayzero.call(
        "POST",
        "/api/v1/reconciliations/upload",
        form={"file": ("january.csv", STATEMENT), "ledger_id": ledger.id},
    ).json()
    for _ in range(2):
        answer = api.call("DELETE", f"/api/v2/reconciliations/{made['number']}", headers=KEY)
        assert (answer.status, answer.text) == (204, "")
    assert api.call("DELETE", f"/api/v2/reconciliations/{made['number']}").status == 404


def test_a_key_belongs_to_one_token_one_business_and_one_path(
    client: Callable[..., Api], business: Business, ledger: Ledger, dayzero: Api
) -> None:
    assert ledger
    second = client()
    second.headers["x-business-id"] = business.id
    ids = {
        one.call("POST", PATH, body=body(), headers=KEY).json()["id"] for one in (dayzero, second)
    }
    assert len(ids) == 2
    bulk = {"ledger_id": ledger.id, "transactions": [body()]}
    assert dayzero.call("POST", f"{PATH}/bulk", body=bulk, headers=KEY).status == 201


def test_a_form_is_the_same_request_whatever_its_boundary(dayzero: Api, ledger: Ledger) -> None:
    answers = [
        dayzero.call(
            "POST",
            "/api/v1/reconciliations/upload",
            form={"file": ("january.csv", STATEMENT), "ledger_id": ledger.id},
            headers=KEY,
        )
        for _ in range(2)
    ]
    assert [one.status for one in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()


def test_a_request_meeting_its_own_first_try_is_409(
    dayzero: Api, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ledger
    inner: list[int] = []

    def resolve_twice(*arguments: Any) -> dict[str, Any]:
        if not inner:
            inner.append(0)
            inner[0] = dayzero.call("POST", PATH, body=body(), headers=KEY).status
        return resolve(*arguments)

    resolve = api_app._resolve
    monkeypatch.setattr(api_app, "_resolve", resolve_twice)
    assert dayzero.call("POST", PATH, body=body(), headers=KEY).status == 201
    assert inner == [409]


def test_a_failure_of_ours_is_not_kept(dayzero: Api, stores: Stores, ledger: Ledger) -> None:
    assert ledger

    def broken() -> Stores:
        raise RuntimeError

    dayzero.find_stores = broken
    assert dayzero.call("POST", PATH, body=body(), headers=KEY).status == 500
    dayzero.find_stores = lambda: stores
    assert dayzero.call("POST", PATH, body=body(), headers=KEY).status == 201


def test_reading_ignores_the_key(dayzero: Api, ledger: Ledger) -> None:
    assert len(dayzero.call("GET", "/api/v1/ledgers", headers=KEY).json()["data"]) == 1
    dayzero.post("/api/v1/ledgers", {"name": "Second"})
    assert len(dayzero.call("GET", "/api/v1/ledgers", headers=KEY).json()["data"]) == 2
    assert ledger


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_that_is_empty_or_too_long_is_422(dayzero: Api, key: str) -> None:
    answer = dayzero.call("POST", PATH, body=body(), headers={"Idempotency-Key": key})
    assert answer.status == 422
    assert answer.json()["detail"][0]["loc"] == ["header", "idempotency-key"]


def test_another_import_under_an_expired_key_overwrites_nothing(
    dayzero: Api, ledger: Ledger
) -> None:
    def send(count: int) -> list[str]:
        rows = {"ledger_id": ledger.id, "transactions": [body()] * count}
        answer = dayzero.call("POST", f"{PATH}/bulk", body=rows, headers=KEY)
        ids: list[str] = answer.json()["ids"]
        return ids

    first = send(1)
    other = dayzero.post(PATH, body(amount=7)).json()["id"]
    table = boto3.resource("dynamodb").Table("idempotency")
    for item in table.scan()["Items"]:
        table.delete_item(Key={"id": item["id"]})
    second = send(3)
    assert len({*first, other, *second}) == 5
    assert len(dayzero.get(PATH).json()["data"]) == 5
