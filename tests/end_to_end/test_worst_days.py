"""What goes wrong on a bad day: the same thing twice, two at once, a worker killed, bad input."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from test_main_road import OFX
from waiting import wait_until

from cli.provision import bank_ledger
from shared.application.tokens import mint_token

if TYPE_CHECKING:
    import httpx
    from conftest import Deployment

    from shared.books.model import Ledger

LINES = 1500
"""Enough for the matching to take a while, few enough for a test."""

KILLS = 2


def statement_of(count: int) -> tuple[bytes, list[dict[str, Any]]]:
    """Return a CSV statement and books that explain it, the books a day earlier."""
    rows, books = ["Date,Description,Amount"], []
    first = dt.date(2026, 1, 2)
    for number in range(count):
        day = first + dt.timedelta(days=number % 28)
        amount = 1000 + number * 7
        rows.append(f"{day},CUSTOMER {number:05d} PAYMENT,{amount / 100:.2f}")
        books.append(
            {
                "datetime": str(day - dt.timedelta(days=1)),
                "amount": amount,
                "description": f"Customer {number:05d}",
            }
        )
    return "\n".join(rows).encode() + b"\n", books


def import_all(deployment: Deployment, ledger: Ledger, books: list[dict[str, Any]]) -> None:
    for start in range(0, len(books), 500):
        deployment.client.post(
            "/transactions/bulk",
            {"ledger_id": ledger.id, "transactions": books[start : start + 500]},
        )


def pairs_of(deployment: Deployment, reconciliation_id: str) -> set[tuple[str, str]]:
    whole = deployment.client.matches(reconciliation_id)
    return {
        (match["statement_txns"][0]["description"], match["ledger_txns"][0]["description"])
        for match in whole["matches"]
    }


def upload(deployment: Deployment, ledger: Ledger, name: str, data: bytes) -> httpx.Response:
    return deployment.day_zero(
        "POST",
        "/reconciliations/upload",
        files={"file": (name, data)},
        data={"ledger_id": ledger.id},
    )


def test_the_same_event_five_times_at_once_is_one_statement_and_one_reconciliation(
    deployment: Deployment, ledger: Ledger
) -> None:
    data, books = statement_of(20)
    import_all(deployment, ledger, books)
    key = deployment.drop(ledger, "january.csv", data)
    functions = deployment.functions
    (parse,) = [
        one["FunctionName"]
        for one in functions.list_functions()["Functions"]
        if one["Handler"] == "functions.parse_statement.handler.handler"
    ]
    event = {
        "detail-type": "Object Created",
        "source": "aws.s3",
        "detail": {
            "bucket": {"name": deployment.stack.outputs["StatementsBucket"]},
            "object": {"key": key, "size": len(data)},
        },
    }

    def deliver(_: int) -> dict[str, Any]:
        answer = functions.invoke(FunctionName=parse, Payload=json.dumps(event))
        payload: dict[str, Any] = json.load(answer["Payload"])
        assert "FunctionError" not in answer, payload
        return payload

    with ThreadPoolExecutor(5) as pool:
        outcomes = list(pool.map(deliver, range(5)))
    ids = {one["reconciliation_id"] for one in outcomes}
    assert len(ids) == 1
    found = deployment.client.follow(ids.pop())
    assert found["summary"]["machine_matched"] == 20
    statements = deployment.client.get("/statements", ledger_id=ledger.id)["data"]
    assert [one["status"] for one in statements] == ["parsed"]
    assert len(deployment.client.get("/reconciliations", ledger_id=ledger.id)["data"]) == 1


def test_of_two_clients_approving_one_transaction_for_two_lines_one_gets_409(
    deployment: Deployment, ledger: Ledger
) -> None:
    data = b"Date,Description,Amount\n2026-01-05,Coffee,-4.50\n2026-01-06,Coffee,-4.50\n"
    opened = upload(deployment, ledger, "coffee.csv", data).json()
    deployment.client.follow(opened["id"])
    whole = deployment.client.matches(opened["id"])
    entry = deployment.client.post(
        "/transactions",
        {
            "amount": -450,
            "datetime": "2026-01-05",
            "description": "Coffee",
            "source_account_id": ledger.id,
        },
    )

    def approve(line: dict[str, Any]) -> httpx.Response:
        return deployment.day_zero(
            "POST",
            f"/reconciliations/{opened['id']}/matches/approve",
            json={"statement_txn_id": line["id"], "ledger_txn_ids": [entry["id"]]},
        )

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(approve, whole["unmatched_statement_txns"]))
    assert sorted(one.status_code for one in answers) == [201, 409]
    found = deployment.client.get(f"/reconciliations/{opened['id']}")
    assert (found["summary"]["approved"], found["summary"]["unmatched"]) == (1, 1)


def test_killing_the_workers_while_they_match_changes_nothing_in_the_result(
    deployment: Deployment, ledger: Ledger
) -> None:
    data, books = statement_of(LINES)
    undisturbed_ledger = bank_ledger(
        deployment.stores, deployment.made.business, "Undisturbed", "USD"
    )
    found = []
    for one, disturb in ((undisturbed_ledger, False), (ledger, True)):
        import_all(deployment, one, books)
        opened = upload(deployment, one, "january.csv", data).json()
        if disturb:
            killed = _kill_workers(deployment)
            assert all(count >= KILLS for count in killed.values())
        found.append(deployment.client.follow(opened["id"]))
    assert [one["status"] for one in found] == ["ai_matched"] * 2
    assert found[0]["summary"] == found[1]["summary"]
    assert found[0]["summary"]["machine_matched"] == LINES
    undisturbed, disturbed = (pairs_of(deployment, one["id"]) for one in found)
    assert undisturbed == disturbed


def _kill_workers(deployment: Deployment) -> dict[str, int]:
    """Kill the workers that match and persist, each time one comes up; count the kills."""
    killed = {}
    for function in ("match_lines", "persist_matches"):
        killed[function] = 0
        before = set(deployment.stack.worker_pids(function))
        for pid in before:
            os.kill(pid, signal.SIGKILL)

        def at_work(function: str = function, before: set[int] = before) -> list[int]:
            return [pid for pid in deployment.stack.worker_pids(function) if pid not in before]

        while killed[function] < KILLS:
            for pid in wait_until(at_work, f"a worker of {function}"):
                time.sleep(0.3)
                before.add(pid)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                    killed[function] += 1
    return killed


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.csv", b"", "empty"),
        ("january.ofx", b"Date,Description,Amount\n2026-01-05,Coffee,-4.50\n", "CSV"),
        ("cut.ofx", b"OFXHEADER:100\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_leaves_nothing(
    deployment: Deployment, ledger: Ledger, name: str, data: bytes, said: str
) -> None:
    refused = upload(deployment, ledger, name, data)
    assert refused.status_code == 422, refused.text
    assert said.lower() in refused.text.lower()
    assert deployment.client.get("/statements", ledger_id=ledger.id)["data"] == []
    assert deployment.client.get("/reconciliations", ledger_id=ledger.id)["data"] == []


def test_a_refused_drop_says_why_and_leaves_no_line(deployment: Deployment, ledger: Ledger) -> None:
    deployment.drop(ledger, "broken.csv", b"Date,Description,Amount\n2026-02-30,Coffee,-4.50\n")

    def look() -> dict[str, Any] | None:
        found = deployment.client.get("/statements", ledger_id=ledger.id)["data"]
        return found[0] if found and found[0]["status"] == "refused" else None

    refused = wait_until(look, "the refusal")
    assert refused["reason_line"] == 2
    assert refused["line_count"] in (None, 0)
    assert deployment.client.get("/reconciliations", ledger_id=ledger.id)["data"] == []


def test_a_statement_of_another_account_or_currency_is_refused(
    deployment: Deployment, ledger: Ledger, euro_ledger: Ledger
) -> None:
    other = OFX.replace(b"4417830021", b"9999999999").replace(b"202601", b"202602")
    other = other.replace(b"20260230", b"20260228").replace(b"20260231", b"20260228")
    first = upload(deployment, ledger, "january.ofx", OFX)
    assert first.status_code == 201, first.text
    deployment.client.follow(first.json()["id"])
    account = upload(deployment, ledger, "february.ofx", other)
    assert (account.status_code, "9999999999" in account.text) == (422, True)
    currency = upload(deployment, euro_ledger, "january.ofx", OFX)
    assert (currency.status_code, "USD" in currency.text) == (422, True)
    again = upload(deployment, ledger, "january.ofx", OFX)
    assert again.status_code == 409


def test_an_expired_and_a_missing_token_get_401_and_a_foreign_business_403(
    deployment: Deployment,
) -> None:
    past = dt.datetime.now(dt.UTC) - dt.timedelta(days=3)
    _record, expired = mint_token(
        deployment.stores,
        business_ids=[deployment.business_id],
        scopes=["read"],
        first_name="Old",
        last_name="Token",
        days=1,
        now=past,
    )
    refused = deployment.day_zero("GET", "/ledgers", headers={"authorization": f"Bearer {expired}"})
    assert (refused.status_code, "expired" in refused.json()["detail"]) == (401, True)
    missing = deployment.day_zero("GET", "/ledgers", headers={"authorization": ""})
    assert missing.status_code == 401
    other = deployment.stores.books.create_business("Other", "USD", dt.datetime.now(dt.UTC))
    foreign = deployment.day_zero("GET", "/ledgers", headers={"x-business-id": other.id})
    assert foreign.status_code == 403


def test_a_replayed_request_returns_the_first_response(
    deployment: Deployment, ledger: Ledger
) -> None:
    body = {
        "amount": 100,
        "datetime": "2026-01-05",
        "description": "Once",
        "source_account_id": ledger.id,
    }
    headers = {"idempotency-key": "once-and-only-once"}
    first, second = (
        deployment.day_zero("POST", "/transactions", json=body, headers=headers) for _ in range(2)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    other = deployment.day_zero(
        "POST", "/transactions", json={**body, "amount": 200}, headers=headers
    )
    assert other.status_code == 422
