"""Seed 004: AQNT's runs, their items, and the import of statements."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from api_client import STATEMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from api_client import Answer, Api

    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger, Transaction
    from shared.reconciliation.model import Reconciliation

BASE = "/v1/bank-reconciliation"

RUN_FIELDS = {
    "id": str,
    "account_id": str,
    "start_date": str,
    "end_date": str,
    "status": str,
    "total_transactions": int,
    "matched": int,
    "unmatched": int,
    "created_at": str,
}
ITEM_FIELDS: dict[str, tuple[type, ...]] = {
    "transaction_id": (str,),
    "date": (str,),
    "amount": (float,),
    "currency": (str,),
    "description": (str,),
    "status": (str,),
}


def sample(ledger: Ledger, **changes: Any) -> dict[str, Any]:
    """The seed's own request body, filled in."""
    return {
        "account_id": f"acc_{ledger.id}",
        "start_date": "2026-01-01",
        "end_date": "2026-01-31",
    } | changes


def check_envelope(answer: Answer, status: int) -> Any:
    """Check the envelope around an answer and return its data."""
    assert answer.status == status
    body = answer.json()
    assert set(body) == {"data", "meta", "links"}
    assert body["meta"]["request_id"] == answer.headers["x-request-id"]
    assert body["meta"]["version"] == "v1"
    dt.datetime.fromisoformat(body["meta"]["timestamp"])
    return body["data"]


def send_statement(api: Api, ledger: Ledger, **changes: Any) -> Answer:
    form = {"file": ("january.csv", STATEMENT), "account_id": f"acc_{ledger.id}"} | changes
    return api.call("POST", f"{BASE}/import", form=form)


@pytest.fixture
def imported(api: Api, ledger: Ledger, books: list[Transaction]) -> dict[str, Any]:
    assert books
    data: dict[str, Any] = check_envelope(send_statement(api, ledger), 201)
    return data


def test_an_imported_statement_is_shown_and_makes_no_reconciliation(
    api: Api, imported: dict[str, Any], ledger: Ledger
) -> None:
    assert imported["id"].startswith("stm_")
    assert imported["account_id"] == f"acc_{ledger.id}"
    assert (imported["status"], imported["format"]) == ("parsed", "csv")
    assert imported["total_transactions"] == 4
    assert (imported["opening_balance"], imported["closing_balance"]) == (1000.0, 1433.5)
    assert check_envelope(api.get(f"{BASE}/reconcile"), 200) == []
    assert check_envelope(send_statement(api, ledger), 201) == imported


def test_the_seeds_sample_starts_a_run(
    api: Api, imported: dict[str, Any], ledger: Ledger, stores: Stores
) -> None:
    assert imported
    answer = api.post(f"{BASE}/reconcile", sample(ledger))
    run = check_envelope(answer, 201)
    assert {name: type(value) for name, value in run.items()} == RUN_FIELDS
    assert run["id"].startswith("rec_")
    assert run["account_id"] == f"acc_{ledger.id}"
    assert (run["start_date"], run["end_date"]) == ("2026-01-01", "2026-01-31")
    assert (run["status"], run["total_transactions"]) == ("processing", 4)
    assert answer.json()["links"]["self"] == f"{BASE}/reconcile/{run['id']}"
    assert len(stores.workflow.started) == 1  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("rules", "window_days"),
    [
        (None, None),
        (
            {
                "match_by_amount": True,
                "match_by_date": True,
                "date_tolerance_days": 2,
                "amount_tolerance": 0.01,
            },
            2,
        ),
        (
            {
                "amount_tolerance": 0.01,
                "date_tolerance_days": 3,
                "description_similarity_threshold": 0.8,
                "auto_match_invoices": True,
                "auto_match_bills": True,
                "auto_match_expenses": False,
            },
            3,
        ),
    ],
)
def test_both_published_shapes_of_the_rules_are_taken(
    api: Api,
    stores: Stores,
    imported: dict[str, Any],
    ledger: Ledger,
    rules: dict[str, Any] | None,
    window_days: int | None,
) -> None:
    assert imported
    body = sample(ledger, match_rules=rules, auto_match=False)
    run = check_envelope(api.post(f"{BASE}/reconcile", body), 201)
    id_ = run["id"].removeprefix("rec_")
    kept = stores.reconciliations.reconciliation(ledger.business_id, id_).rules
    assert (kept.auto_match, kept.date_window_days) == (False, window_days)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"end_date": "2025-12-31"}, "end_date"),
        ({"account_id": "acc_123"}, "account_id"),
        ({"start_date": "01/02/2026"}, "start_date"),
        ({"auto_match": "yes"}, "auto_match"),
        ({"match_rules": {"match_by_amount": False}}, "match_rules.match_by_amount"),
        ({"match_rules": {"date_tolerance_days": -1}}, "match_rules.date_tolerance_days"),
    ],
)
def test_a_wrong_value_is_422_with_the_field_code_and_value(
    api: Api, ledger: Ledger, changes: dict[str, Any], field: str
) -> None:
    answer = api.post(f"{BASE}/reconcile", sample(ledger, **changes))
    assert answer.status == 422
    error = answer.json()["error"]
    assert error["type"] == "validation_error"
    (detail,) = error["details"]
    assert set(detail) == {"field", "message", "code", "value"}
    assert detail["field"] == field


@pytest.mark.parametrize("name", ["account_id", "start_date", "end_date"])
def test_what_the_seed_sends_is_required(api: Api, ledger: Ledger, name: str) -> None:
    body = sample(ledger)
    del body[name]
    answer = api.post(f"{BASE}/reconcile", body)
    assert answer.status == 422
    assert answer.json()["error"]["details"][0]["field"] == name


@pytest.fixture
def run(
    api: Api,
    stores: Stores,
    imported: dict[str, Any],
    ledger: Ledger,
    run_to_review: Callable[[Reconciliation], Reconciliation],
) -> Reconciliation:
    assert imported
    made = check_envelope(api.post(f"{BASE}/reconcile", sample(ledger)), 201)
    id_ = made["id"].removeprefix("rec_")
    return run_to_review(stores.reconciliations.reconciliation(ledger.business_id, id_))


def test_a_run_shows_counts_and_the_status_of_every_item(
    api: Api, dayzero: Api, run: Reconciliation
) -> None:
    path = f"{BASE}/reconcile/rec_{run.id}"
    shown = check_envelope(api.get(path), 200)
    assert set(shown) == {
        *RUN_FIELDS, "discrepancies", "completed_at", "failure_reason", "items",
    }  # fmt: skip
    assert (shown["status"], shown["discrepancies"], shown["completed_at"]) == (
        "discrepancy",
        1,
        None,
    )
    assert (shown["total_transactions"], shown["matched"], shown["unmatched"]) == (4, 3, 1)
    for item in shown["items"]:
        assert {name: (type(value),) for name, value in item.items()} == ITEM_FIELDS
        assert item["transaction_id"].startswith("txn_")
    assert shown["items"][3]["status"] == "unmatched"
    assert {one["status"] for one in shown["items"][:3]} <= {"matched", "pending"}

    done = dayzero.post(f"/api/v1/reconciliations/{run.id}/complete", {"skip_balance_check": True})
    assert done.status == 201
    after = check_envelope(api.get(path), 200)
    assert after["status"] == "completed"
    assert after["completed_at"] is not None
    assert {one["status"] for one in after["items"]} <= {"reconciled", "pending", "unmatched"}


def test_items_are_paged_from_1(api: Api, run: Reconciliation) -> None:
    path = f"{BASE}/reconcile/{run.id}"
    whole = check_envelope(api.get(path), 200)["items"]
    pages = [api.get(path, page=page, per_page=3).json() for page in (1, 2, 3)]
    assert [one for page in pages for one in page["data"]["items"]] == whole
    assert pages[0]["meta"]["pagination"] == {
        "page": 1,
        "per_page": 3,
        "total": 4,
        "total_pages": 2,
        "has_next": True,
        "has_previous": False,
    }
    assert pages[1]["meta"]["pagination"]["has_next"] is False
    too_deep = api.get(path, page=1000, per_page=500)
    assert too_deep.json()["error"]["details"][0]["code"] == "page_too_deep"


def test_amounts_are_exact_json_numbers(api: Api, run: Reconciliation) -> None:
    text = api.get(f"{BASE}/reconcile/{run.id}").text
    for amount in ("1250.00", "-800.00", "-4.50", "-12.00"):
        assert f'"amount":{amount},' in text


def test_runs_are_listed_under_every_filter(api: Api, run: Reconciliation) -> None:
    path = f"{BASE}/reconcile"
    for query, count in [
        ({}, 1),
        ({"account_id": f"acc_{run.ledger_id}"}, 1),
        ({"account_id": "0198b1a2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"}, 0),
        ({"start_date": "2026-01-31"}, 1),
        ({"start_date": "2026-02-01"}, 0),
        ({"end_date": "2025-12-31"}, 0),
        ({"page": 2}, 0),
    ]:
        answer = api.get(path, **query)
        assert len(check_envelope(answer, 200)) == count
        assert answer.json()["meta"]["pagination"]["page"] == query.get("page", 1)


def test_an_unknown_run_is_404(api: Api) -> None:
    for id_ in ("rec_123", "rec_0198b1a2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"):
        answer = api.get(f"{BASE}/reconcile/{id_}")
        assert (answer.status, answer.json()["error"]["code"]) == (404, "not_found")


def test_a_token_of_several_businesses_must_name_one(
    client: Callable[..., Api], business: Business, other_business: Business
) -> None:
    both = client(businesses=(business, other_business))
    answer = both.get(f"{BASE}/reconcile")
    assert answer.status == 422
    assert answer.json()["error"]["details"][0]["field"] == "x-business-id"
    both.headers["x-business-id"] = other_business.id
    assert both.get(f"{BASE}/reconcile").status == 200
    both.headers["x-business-id"] = "nonsense"
    assert both.get(f"{BASE}/reconcile").status == 422


def test_a_refused_import_is_422_with_where_and_why(api: Api, ledger: Ledger) -> None:
    broken = STATEMENT + b"2026-01-29,BROKEN LINE,not an amount,1.00\n"
    answer = send_statement(api, ledger, file=("january.csv", broken))
    assert answer.status == 422
    assert answer.json()["error"]["details"][0]["code"] == "unreadable_statement"
    missing = api.call("POST", f"{BASE}/import", form={"file": ("january.csv", STATEMENT)})
    assert missing.json()["error"]["details"][0]["field"] == "account_id"
    big = send_statement(api, ledger, file=("big.csv", b"x" * (4 * 1024 * 1024 + 1)))
    assert (big.status, big.json()["error"]["type"]) == (413, "request_too_large")
