"""From a file in S3 or in a request to a locked reconciliation, as a user would."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from waiting import wait_until

from cli.provision import read_books
from cli.up import curl_lines, prepare
from shared.statements.registry import read_statement_file

if TYPE_CHECKING:
    from conftest import Deployment

    from shared.books.model import Ledger

PROJECT = Path(__file__).parents[2]
EXAMPLES = PROJECT / "examples"
OFX = (EXAMPLES / "operating-statement-2026-01.ofx").read_bytes()
CORPUS = Path(os.environ.get("TIEOUT_CORPUS", PROJECT.parent / "shared" / "corpus"))


def import_books(deployment: Deployment, ledger: Ledger, name: str) -> None:
    deployment.client.post(
        "/transactions/bulk",
        {
            "ledger_id": ledger.id,
            "transactions": read_books(EXAMPLES / f"{name}-books-2026-01.csv"),
        },
    )


def arrived(deployment: Deployment, ledger: Ledger) -> dict[str, Any]:
    """Wait for what a drop becomes and return its reconciliation, matched."""

    def look() -> dict[str, Any] | None:
        found = deployment.client.get("/reconciliations", ledger_id=ledger.id)["data"]
        for statement in deployment.client.get("/statements", ledger_id=ledger.id)["data"]:
            assert statement["reason"] is None
        return found[0] if found else None

    opened = wait_until(look, "a reconciliation of the dropped statement")
    return deployment.client.follow(opened["id"])


def test_a_dropped_statement_becomes_a_locked_reconciliation(
    deployment: Deployment, ledger: Ledger
) -> None:
    import_books(deployment, ledger, "operating")
    deployment.drop(ledger, "january.ofx", OFX)
    found = arrived(deployment, ledger)
    assert found["status"] == "ai_matched", found["failure_reason"]
    path = f"/reconciliations/{found['id']}"
    whole = deployment.client.matches(found["id"])
    assert all(match["reasons"] for match in whole["matches"])
    refused = deployment.day_zero("POST", f"/api/v1{path}/complete".removeprefix("/api/v1"))
    assert refused.status_code == 409
    assert "not cleared" in refused.json()["detail"]

    for match in whole["matches"]:
        deployment.client.post(
            f"{path}/matches/approve",
            {
                "statement_txn_id": match["statement_txn_ids"][0],
                "ledger_txn_ids": match["ledger_txn_ids"],
            },
        )
    (tie,) = whole["ambiguous"]
    assert {one["ledger_txns"][0]["counterparty"] for one in tie["candidates"]} == {
        "Bluebird Cafe",
        "Redwing Cafe",
    }
    deployment.client.post(
        f"{path}/matches/approve",
        {
            "statement_txn_id": tie["statement_txn"]["id"],
            "ledger_txn_ids": tie["candidates"][0]["ledger_txn_ids"],
        },
    )
    for line in whole["unmatched_statement_txns"]:
        entry = deployment.client.post(
            "/transactions",
            {
                "amount": line["amount"],
                "datetime": line["datetime"],
                "description": line["description"],
                "source_account_id": ledger.id,
            },
        )
        deployment.client.post(
            f"{path}/matches/approve",
            {"statement_txn_id": line["id"], "ledger_txn_ids": [entry["id"]]},
        )
    balance = deployment.client.get(f"{path}/balance")
    assert (balance["difference"], balance["is_balanced"]) == (0, True)
    assert balance["book_balance"] == balance["adjusted_bank_balance"]

    done = deployment.client.post(f"{path}/complete")
    assert done["status"] == "completed"
    locked = deployment.day_zero(
        "POST",
        f"{path}/matches/reject",
        json={"statement_txn_id": whole["matches"][0]["statement_txn_ids"][0]},
    )
    assert locked.status_code == 409
    assert "locked" in locked.json()["detail"]


@pytest.mark.skipif(not CORPUS.is_dir(), reason=f"the corpus is not at {CORPUS}")
@pytest.mark.parametrize(
    ("path", "format_", "lines"),
    [
        ("bankstatementparser/tests/test_data/sample.ofx", "ofx-sgml", 2),
        ("ofxtools/tests/data/stmtrs.ofx", "ofx-xml", 2),
        ("bankstatementparser/tests/test_data/golden/csv_spanish_headers.csv", "csv", 3),
    ],
)
def test_a_real_statement_arrives_through_the_drop_path(
    deployment: Deployment, path: str, format_: str, lines: int
) -> None:
    file = CORPUS / path
    statement = read_statement_file(file.read_bytes()).statements[0]
    made = deployment.client.post(
        "/ledgers",
        {"name": format_, "type": "asset", "currency": statement.account.currency},
    )
    ledger = deployment.stores.books.ledger(deployment.business_id, made["id"])
    deployment.drop(ledger, file.name, file.read_bytes())
    found = arrived(deployment, ledger)
    assert found["status"] == "ai_matched", found["failure_reason"]
    assert found["summary"]["total"] == lines
    (stored,) = deployment.client.get("/statements", ledger_id=ledger.id)["data"]
    assert (stored["format"], stored["line_count"]) == (format_, lines)


def test_the_documents_curl_samples_work_when_pasted(deployment: Deployment) -> None:
    facts, samples = prepare(deployment.stack)
    for title, command in curl_lines(facts, samples):
        ran = subprocess.run(
            ["sh", "-c", f"{command} -w '\\n%{{http_code}}'"],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        status = int(ran.stdout.rpartition("\n")[2])
        assert status in (200, 201, 204), f"{title}: {ran.stdout}"


def test_a_large_file_comes_by_presigned_upload(deployment: Deployment, ledger: Ledger) -> None:
    import_books(deployment, ledger, "operating")
    announced = deployment.client.post(
        "/reconciliations/upload-url", {"ledger_id": ledger.id, "filename": "january.ofx"}
    )
    put = httpx.put(announced["upload"]["url"], content=OFX, trust_env=False)
    assert put.status_code == 200
    found = arrived(deployment, ledger)
    assert found["status"] == "ai_matched", found["failure_reason"]
    assert found["created_by"] == "Ada Moreau"


def test_a_statement_imported_in_one_dialect_is_read_in_the_others(
    deployment: Deployment, euro_ledger: Ledger
) -> None:
    import_books(deployment, euro_ledger, "reserve")
    statement = EXAMPLES / "reserve-statement-2026-01.csv"
    imported = deployment.http(
        "POST",
        "/v1/bank-reconciliation/import",
        files={"file": (statement.name, statement.read_bytes())},
        data={"account_id": euro_ledger.id},
    )
    assert imported.status_code == 201, imported.text
    opened = deployment.http(
        "POST",
        "/v1/bank-reconciliation/reconcile",
        json={
            "account_id": euro_ledger.id,
            "start_date": "2026-01-01",
            "end_date": "2026-01-31",
        },
    ).json()["data"]
    assert (opened["status"], opened["total_transactions"]) == ("processing", 5)

    def matched() -> dict[str, Any] | None:
        found = deployment.http("GET", f"/v1/bank-reconciliation/reconcile/{opened['id']}").json()
        return found["data"] if found["data"]["matched"] == 5 else None

    wait_until(matched, "five matched transactions")
    bare = opened["id"].removeprefix("rec_")
    teal = deployment.http(
        "GET", f"/v0/reconciliations/{bare}", headers={"teal-instance-id": deployment.business_id}
    ).json()
    assert teal["reconciliation_status"] == "reconciled"
    assert (teal["statement_starting_balance"], teal["statement_ending_balance"]) == (
        5000,
        18345.45,
    )
    listed = deployment.http(
        "GET",
        "/api/v2/reconciliations",
        params={"client_account_id": deployment.made.business.number, "with": "entries"},
    ).json()
    mine = max(listed["data"], key=lambda one: one["id"])
    assert [one["debit"] for one in mine["entries"]] == [
        "15000.00",
        "0.00",
        "0.00",
        "1240.00",
        "0.00",
    ]
