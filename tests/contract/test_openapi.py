"""The OpenAPI document is current, complete and true; the pages around it are whole."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from api_client import Api
from jsonschema_rs import Draft202012Validator

from functions.api.openapi import document, render

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger
    from shared.reconciliation.model import Reconciliation

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_the_committed_document_is_current() -> None:
    assert COMMITTED.read_text() == render(), (
        "run: python -m functions.api.openapi > docs/openapi.json"
    )


def test_every_operation_is_whole() -> None:
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            names = {one["name"] for one in operation.get("parameters", [])}
            assert ("Idempotency-Key" in names) == (method != "get"), path
            if path != "/health":
                assert {"401", "403", "422", "500"} <= set(operation["responses"]), path


def test_the_seeds_operation_ids_and_schema_names_are_kept() -> None:
    found = document()
    post = found["paths"]["/api/v1/reconciliations"]["post"]
    assert post["operationId"] == "create_reconciliation_api_v1_reconciliations_post"
    post = found["paths"]["/api/v1/transactions"]["post"]
    assert post["operationId"] == "create_transaction_api_v1_transactions_post"
    assert {
        "ReconciliationCreateRequest",
        "TransactionCreateRequest",
        "TransactionResponse",
        "HTTPValidationError",
        "ValidationError",
        "OpposingLineEntryResponse",
        "OpposingLineEntryLedgerInfo",
        "TransactionThreadResponse",
        "JournalEntryResponse",
    } <= set(found["components"]["schemas"])


def schema_of(path: str, method: str, status: int) -> dict[str, Any]:
    found = document()
    content = found["paths"][path][method]["responses"][str(status)]["content"]
    return {**content["application/json"]["schema"], "components": found["components"]}


@pytest.mark.parametrize(
    ("template", "query"),
    [
        ("/api/v1/ledgers", {}),
        ("/api/v1/ledgers/{ledger_id}", {}),
        ("/api/v1/transactions", {"limit": 2}),
        ("/api/v1/transactions/{transaction_id}", {}),
        ("/api/v1/reconciliations", {}),
        ("/api/v1/reconciliations/{reconciliation_id}", {}),
        ("/api/v1/reconciliations/{reconciliation_id}/matches", {}),
        ("/api/v1/reconciliations/{reconciliation_id}/balance", {}),
        ("/api/v1/statements", {}),
        ("/api/v2/reconciliations", {"with": "entries.journal_entry_line,created_by"}),
        ("/v0/reconciliations/{reconciliation_id}", {}),
        ("/v1/bank-reconciliation/reconcile", {}),
        ("/v1/bank-reconciliation/reconcile/{reconciliation_id}", {}),
    ],
)
@pytest.mark.parametrize("token", [True, False], ids=["answer", "refusal"])
def test_answers_and_refusals_are_what_the_document_says(
    dayzero: Api,
    stores: Stores,
    reviewed: Reconciliation,
    business: Business,
    ledger: Ledger,
    template: str,
    query: dict[str, Any],
    token: bool,
) -> None:
    transaction = dayzero.get("/api/v1/transactions").json()["data"][0]["id"]
    path = template.format(
        ledger_id=ledger.id, transaction_id=transaction, reconciliation_id=reviewed.id
    )
    if not token:
        dayzero = Api(lambda: stores, None)
    dayzero.headers |= {"teal-instance-id": business.id}
    answer = dayzero.get(path, client_account_id=business.number, **query)
    assert answer.status == (200 if token else 401)
    Draft202012Validator(schema_of(template, "get", answer.status)).validate(answer.json())


def test_the_public_pages_need_no_token(stores: Stores) -> None:
    anonymous = Api(lambda: stores, None)
    assert anonymous.get("/health").json() == {"status": "ok"}
    assert anonymous.get("/openapi.json").json() == json.loads(COMMITTED.read_text())
    page = anonymous.get("/docs")
    assert page.status == 200
    assert page.headers["Content-Type"].startswith("text/html")
    assert page.headers["x-request-id"]


def test_the_documentation_names_every_call_and_loads_nothing(stores: Stores) -> None:
    html = Api(lambda: stores, None).get("/docs").text
    for path, operations in document()["paths"].items():
        assert f"<code>{path}</code>" in html
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in html
    assert not re.search(r"<script|<link|<img|@import|url\(|https?://", html)


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS"])
def test_public_pages_are_only_read(stores: Stores, method: str) -> None:
    assert Api(lambda: stores, None).call(method, "/health").status == 405


def test_listing_is_empty_before_anything_exists(client: Callable[..., Api]) -> None:
    assert client().get("/v1/bank-reconciliation/reconcile").json()["data"] == []
