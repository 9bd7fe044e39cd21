"""Seed 000: ``POST /api/v1/reconciliations``, and the road from there to completed."""

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

RECONCILIATION_FIELDS: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "business_id": (str,),
    "ledger_id": (str,),
    "number": (int,),
    "sequence_number": (int,),
    "status": (str,),
    "currency": (str,),
    "start_date": (str,),
    "end_date": (str,),
    "statement_id": (str, type(None)),
    "statement_s3_key": (str, type(None)),
    "statement_filename": (str, type(None)),
    "opening_balance": (int, type(None)),
    "closing_balance": (int, type(None)),
    "summary": (dict,),
    "difference": (int, type(None)),
    "is_balanced": (bool,),
    "failure_code": (str, type(None)),
    "failure_reason": (str, type(None)),
    "warnings": (list,),
    "balance_override": (dict, type(None)),
    "created_by": (str,),
    "created_at": (str,),
    "updated_at": (str,),
    "completed_at": (str, type(None)),
}

PATH = "/api/v1/reconciliations"


@pytest.fixture
def key(stores: Stores, ledger: Ledger) -> str:
    """An S3 key under the ledger's own prefix, with a statement at it."""
    key = f"statements/{ledger.business_id}/{ledger.id}/january.csv"
    stores.objects.write_statement(key, STATEMENT)
    return key


def sample(ledger: Ledger, key: str, **changes: Any) -> dict[str, Any]:
    """The seed's own request body, filled in."""
    return {
        "ledger_id": ledger.id,
        "statement_s3_key": key,
        "start_date": "2026-01-01T00:00:00Z",
        "end_date": "2026-01-31T00:00:00Z",
    } | changes


def check_envelope(answer: Answer, status: int) -> dict[str, Any]:
    """Check that the object's fields are at the top and in ``data``; return them."""
    assert answer.status == status
    body: dict[str, Any] = answer.json()
    assert (body["success"], body["code"]) == (True, status)
    assert isinstance(body["message"], str)
    data: dict[str, Any] = body["data"]
    assert {name: body[name] for name in data} == data
    return data


def upload(api: Api, ledger: Ledger, **fields: Any) -> Answer:
    return api.call(
        "POST",
        f"{PATH}/upload",
        form={"file": ("january.csv", STATEMENT), "ledger_id": ledger.id, **fields},
    )


def test_the_seeds_sample_answers_201_with_the_reconciliation_in_both_shapes(
    dayzero: Api, stores: Stores, ledger: Ledger, key: str
) -> None:
    data = check_envelope(dayzero.post(PATH, sample(ledger, key)), 201)
    for name, types in RECONCILIATION_FIELDS.items():
        assert type(data[name]) in types, name
    assert set(data) == set(RECONCILIATION_FIELDS)
    expected = {
        "ledger_id": ledger.id,
        "statement_s3_key": key,
        "statement_filename": "january.csv",
        "status": "processing",
        "start_date": "2026-01-01T00:00:00Z",
        "end_date": "2026-01-31T00:00:00Z",
        "opening_balance": 100_000,
        "closing_balance": 143_350,
        "sequence_number": 1,
        "is_balanced": False,
        "difference": None,
    }
    assert {name: data[name] for name in expected} == expected
    assert stores.workflow.started == [(ledger.business_id, data["id"], 1)]  # type: ignore[attr-defined]


def test_auto_start_false_leaves_it_pending_until_retried(
    dayzero: Api, stores: Stores, ledger: Ledger, key: str
) -> None:
    made = check_envelope(dayzero.post(PATH, sample(ledger, key, auto_start=False)), 201)
    assert made["status"] == "pending"
    assert stores.workflow.started == []  # type: ignore[attr-defined]
    again = check_envelope(dayzero.post(f"{PATH}/{made['id']}/retry"), 201)
    assert again["status"] == "processing"
    assert dayzero.post(f"{PATH}/{made['id']}/retry").status == 409


def test_optional_fields_of_the_seed_are_taken(dayzero: Api, ledger: Ledger, key: str) -> None:
    given = {
        "statement_filename": "Original Name.csv",
        "opening_balance": 100_000,
        "closing_balance": 143_350,
    }
    data = check_envelope(dayzero.post(PATH, sample(ledger, key, **given)), 201)
    assert {name: data[name] for name in given} == given


@pytest.mark.parametrize("name", ["ledger_id", "statement_s3_key", "start_date", "end_date"])
def test_what_the_seed_requires_is_required(
    dayzero: Api, ledger: Ledger, key: str, name: str
) -> None:
    body = sample(ledger, key)
    del body[name]
    answer = dayzero.post(PATH, body)
    assert answer.status == 422
    (found,) = answer.json()["detail"]
    assert (found["loc"], found["type"]) == (["body", name], "missing")
    assert found["msg"]


@pytest.mark.parametrize(
    ("changes", "loc"),
    [
        ({"ledger_id": "string"}, ["body", "ledger_id"]),
        ({"start_date": "yesterday"}, ["body", "start_date"]),
        ({"start_date": 1_700_000_000}, ["body", "start_date"]),
        ({"opening_balance": "100"}, ["body", "opening_balance"]),
        ({"opening_balance": 1.5}, ["body", "opening_balance"]),
        ({"closing_balance": 2**53 + 1}, ["body", "closing_balance"]),
        ({"auto_start": "true"}, ["body", "auto_start"]),
        ({"source_type": "carrier pigeon"}, ["body", "source_type"]),
        ({"end_date": "2025-12-31T00:00:00Z"}, ["body", "end_date"]),
        ({"closing_balance": 1}, ["body", "closing_balance"]),
        ({"statement_s3_key": "elsewhere/x.csv"}, ["body", "statement_s3_key"]),
    ],
)
def test_bad_values_are_422_with_their_place(
    dayzero: Api, ledger: Ledger, key: str, changes: dict[str, Any], loc: list[str]
) -> None:
    answer = dayzero.post(PATH, sample(ledger, key, **changes))
    assert answer.status == 422
    assert answer.json()["detail"][0]["loc"] == loc
    assert dayzero.get(PATH).json()["data"] == []


def test_the_day_of_a_date_time_counts_as_written(dayzero: Api, ledger: Ledger, key: str) -> None:
    terms = {"start_date": "2026-01-01T00:00:00+05:00", "end_date": "2026-01-31T23:30:00-08:00"}
    data = check_envelope(dayzero.post(PATH, sample(ledger, key, **terms)), 201)
    assert (data["start_date"], data["end_date"]) == (
        "2026-01-01T00:00:00Z",
        "2026-01-31T00:00:00Z",
    )


def test_a_key_in_another_businesss_prefix_is_403_and_a_missing_object_422(
    dayzero: Api, ledger: Ledger, other_business: Business
) -> None:
    foreign = f"statements/{other_business.id}/{ledger.id}/january.csv"
    assert dayzero.post(PATH, sample(ledger, foreign)).status == 403
    missing = f"statements/{ledger.business_id}/{ledger.id}/missing.csv"
    answer = dayzero.post(PATH, sample(ledger, missing))
    assert (answer.status, answer.json()["detail"][0]["type"]) == (422, "missing_object")


def test_plaid_reconciles_lines_imported_before(
    dayzero: Api, api: Api, ledger: Ledger, books: list[Transaction]
) -> None:
    assert books
    form = {"file": ("january.csv", STATEMENT), "account_id": ledger.id}
    assert api.call("POST", "/v1/bank-reconciliation/import", form=form).status == 201
    body = sample(ledger, "", source_type="plaid")
    del body["statement_s3_key"]
    data = check_envelope(dayzero.post(PATH, body), 201)
    assert data["statement_s3_key"] is None
    assert data["summary"]["total"] == 4


def test_an_upload_needs_only_file_and_ledger_and_reads_the_rest(
    dayzero: Api, ledger: Ledger
) -> None:
    data = check_envelope(upload(dayzero, ledger), 201)
    assert data["start_date"] == "2026-01-05T00:00:00Z"
    assert data["end_date"] == "2026-01-28T00:00:00Z"
    assert (data["opening_balance"], data["closing_balance"]) == (100_000, 143_350)
    assert data["statement_filename"] == "january.csv"


def test_upload_fields_may_stand_in_the_query(dayzero: Api, ledger: Ledger) -> None:
    answer = dayzero.call(
        "POST",
        f"{PATH}/upload",
        form={"file": ("january.csv", STATEMENT), "opening_balance": ""},
        query={
            "ledger_id": ledger.id,
            "start_date": "2026-01-01",
            "end_date": "2026-01-31T00:00:00Z",
            "opening_balance": "100000",
            "auto_start": "false",
        },
    )
    data = check_envelope(answer, 201)
    assert (data["start_date"], data["status"]) == ("2026-01-01T00:00:00Z", "pending")


@pytest.mark.parametrize(
    ("fields", "loc"),
    [
        ({"ledger_id": "string"}, ["body", "ledger_id"]),
        ({"ledger_id": ""}, ["body", "ledger_id"]),
        ({"opening_balance": "12.50"}, ["body", "opening_balance"]),
        ({"start_date": "5"}, ["body", "start_date"]),
        ({"auto_start": "maybe"}, ["body", "auto_start"]),
    ],
)
def test_bad_form_fields_are_422(
    dayzero: Api, ledger: Ledger, fields: dict[str, str], loc: list[str]
) -> None:
    answer = upload(dayzero, ledger, **fields)
    assert answer.status == 422
    assert answer.json()["detail"][0]["loc"] == loc


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ({"ledger_id": "x"}, "missing"),
        ({"file": ("empty.csv", b"")}, "unreadable_statement"),
        ({"file": ("statement.ofx", STATEMENT)}, "unreadable_statement"),
        ({"file": ("noise.csv", b"\x00\x01\x02")}, "unreadable_statement"),
    ],
)
def test_a_form_without_a_usable_file_is_422(
    dayzero: Api, ledger: Ledger, form: dict[str, Any], kind: str
) -> None:
    answer = dayzero.call("POST", f"{PATH}/upload", form={"ledger_id": ledger.id} | form)
    assert answer.status == 422
    assert answer.json()["detail"][0]["type"] == kind
    assert dayzero.get("/api/v1/statements").json()["data"] == []


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (b"--b\r\nbroken", "multipart/form-data; boundary=b"),
        (b"", "multipart/form-data; boundary=b"),
        (b"x", "multipart/form-data"),
        (b"{}", "application/json"),
    ],
)
def test_a_body_that_is_no_whole_form_is_422(dayzero: Api, raw: bytes, content_type: str) -> None:
    answer = dayzero.call("POST", f"{PATH}/upload", raw=raw, headers={"content-type": content_type})
    assert answer.status == 422
    assert answer.json()["detail"][0]["loc"] == ["body"]


def test_a_file_over_the_limit_is_413_and_names_the_presigned_way(
    dayzero: Api, ledger: Ledger
) -> None:
    form = {"file": ("big.csv", b"x" * (4 * 1024 * 1024 + 1)), "ledger_id": ledger.id}
    answer = dayzero.call("POST", f"{PATH}/upload", form=form)
    assert answer.status == 413
    assert "/reconciliations/upload-url" in answer.json()["detail"]


def test_a_presigned_upload_says_where_to_put_the_file(dayzero: Api, ledger: Ledger) -> None:
    body = {"ledger_id": ledger.id, "filename": "big.ofx", "start_date": "2026-01-01"}
    data = check_envelope(dayzero.post(f"{PATH}/upload-url", body), 201)
    assert data["statement_s3_key"].startswith(f"statements/{ledger.business_id}/{ledger.id}/")
    assert data["upload"]["method"] == "PUT"
    assert data["upload"]["url"].startswith("https://")
    assert data["upload"]["max_bytes"] > 4 * 1024 * 1024
    expires_at = dt.datetime.fromisoformat(data["upload"]["expires_at"])
    assert expires_at > dt.datetime.now(dt.UTC)
    (statement,) = dayzero.get("/api/v1/statements").json()["data"]
    assert (statement["id"], statement["status"]) == (data["statement_id"], "awaiting_upload")


def test_the_matches_show_reasons_leftovers_and_what_is_outstanding(
    dayzero: Api, reviewed: Reconciliation
) -> None:
    data = check_envelope(dayzero.get(f"{PATH}/{reviewed.id}/matches"), 200)
    assert len(data["matches"]) == 3
    for match in data["matches"]:
        assert match["reasons"]
        assert 0 < match["confidence"] <= 1
        assert [one["id"] for one in match["statement_txns"]] == match["statement_txn_ids"]
        assert [one["id"] for one in match["ledger_txns"]] == match["ledger_txn_ids"]
    (left,) = data["unmatched_statement_txns"]
    assert (left["description"], left["amount"]) == ("MONTHLY ACCOUNT FEE", -1200)
    (outstanding,) = data["unmatched_ledger_txns"]
    assert outstanding["amount"] == -9900
    assert data["next_cursor"] is None


def test_matches_are_paged_by_cursor_without_loss(dayzero: Api, reviewed: Reconciliation) -> None:
    path, seen, cursor, pages = f"{PATH}/{reviewed.id}/matches", [], {}, 0
    while True:
        data = dayzero.get(path, limit=1, **cursor).json()["data"]
        seen += [one["id"] for match in data["matches"] for one in match["statement_txns"]]
        seen += [one["id"] for one in data["unmatched_statement_txns"]]
        pages += 1
        if data["next_cursor"] is None:
            break
        cursor = {"cursor": data["next_cursor"]}
    assert (pages, len(set(seen))) == (4, 4)


def test_a_tie_names_both_candidates(
    dayzero: Api,
    stores: Stores,
    ledger: Ledger,
    run_to_review: Callable[[Reconciliation], Reconciliation],
) -> None:
    for text in ("Invoice 11", "Invoice 12"):
        new = {"amount": 5000, "datetime": "2026-01-05", "description": text}
        assert dayzero.post("/api/v1/transactions", new).status == 201
    statement = b"Date,Description,Amount\n2026-01-06,PAYMENT RECEIVED,50.00\n"
    answer = dayzero.call(
        "POST",
        f"{PATH}/upload",
        form={"file": ("tie.csv", statement), "ledger_id": ledger.id},
    )
    made = check_envelope(answer, 201)
    run_to_review(stores.reconciliations.reconciliation(ledger.business_id, made["id"]))
    data = check_envelope(dayzero.get(f"{PATH}/{made['id']}/matches"), 200)
    (tied,) = data["ambiguous"]
    named = {one["description"] for pick in tied["candidates"] for one in pick["ledger_txns"]}
    assert named == {"Invoice 11", "Invoice 12"}
    assert check_envelope(dayzero.get(f"{PATH}/{made['id']}"), 200)["summary"]["ambiguous"] == 1


def test_review_to_completion_over_the_api(
    dayzero: Api, reviewed: Reconciliation, ledger: Ledger
) -> None:
    path = f"{PATH}/{reviewed.id}"
    shown = check_envelope(dayzero.get(path), 200)
    assert shown["status"] == "ai_matched"
    assert shown["summary"]["total"] == 4

    refused = dayzero.post(f"{path}/complete")
    assert refused.status == 409
    assert "not cleared" in refused.json()["detail"]
    before = check_envelope(dayzero.get(f"{path}/balance"), 200)
    assert before["is_balanced"] is False
    assert before["findings"]
    assert before["closing_balance"] - before["opening_balance"] - before["net_matched"] == (
        before["difference"]
    )

    data = dayzero.get(f"{path}/matches").json()["data"]
    for match in data["matches"]:
        approval = {"statement_txn_id": match["statement_txn_ids"][0]}
        done = check_envelope(dayzero.post(f"{path}/matches/approve", approval), 201)
        assert (done["status"], done["decided_by"]) == ("approved", "Ada Moreau")
    fee = dayzero.post(
        "/api/v1/transactions",
        {"amount": -1200, "datetime": "2026-01-28", "source_account_id": ledger.id},
    ).json()
    (left,) = data["unmatched_statement_txns"]
    by_hand = {"statement_txn_id": left["id"], "ledger_txn_ids": [fee["id"]]}
    made = check_envelope(dayzero.post(f"{path}/matches/approve", by_hand), 201)
    assert made["ledger_txn_ids"] == [fee["id"]]

    undone = check_envelope(
        dayzero.post(f"{path}/matches/reject", {"statement_txn_id": left["id"]}), 201
    )
    assert undone["status"] == "rejected"
    assert dayzero.post(f"{path}/matches/approve", by_hand).status == 201

    after = check_envelope(dayzero.get(f"{path}/balance"), 200)
    assert (after["difference"], after["is_balanced"], after["findings"]) == (0, True, [])
    completed = check_envelope(dayzero.post(f"{path}/complete", {}), 201)
    assert completed["status"] == "completed"
    assert completed["is_balanced"] is True
    assert completed["completed_at"] is not None
    assert completed["balance_override"] is None
    assert dayzero.get(f"/api/v1/transactions/{fee['id']}").json()["reconciled"] is True

    for method, call, body in [
        ("POST", f"{path}/complete", {}),
        ("POST", f"{path}/matches/approve", by_hand),
        ("POST", f"{path}/matches/reject", {"statement_txn_id": left["id"]}),
        ("POST", f"{path}/retry", None),
        ("DELETE", path, None),
    ]:
        answer = dayzero.call(method, call, body=body)
        assert (answer.status, call) == (409, call)
        assert "completed" in answer.json()["detail"]


def test_skipping_the_balance_check_is_shown_for_ever(
    dayzero: Api, reviewed: Reconciliation
) -> None:
    path = f"{PATH}/{reviewed.id}"
    done = check_envelope(dayzero.post(f"{path}/complete", {"skip_balance_check": True}), 201)
    override = done["balance_override"]
    assert override["by"] == "Ada Moreau"
    assert override["difference"] == done["difference"] != 0
    assert done["is_balanced"] is False
    assert check_envelope(dayzero.get(path), 200)["balance_override"] == override


def test_one_transaction_cannot_explain_two_lines(dayzero: Api, reviewed: Reconciliation) -> None:
    path = f"{PATH}/{reviewed.id}/matches"
    data = dayzero.get(path).json()["data"]
    taken = data["matches"][0]["ledger_txn_ids"]
    (left,) = data["unmatched_statement_txns"]
    body = {"statement_txn_id": left["id"], "ledger_txn_ids": taken}
    assert dayzero.post(f"{path}/approve", body).status in (409, 422)
    assert dayzero.post(f"{path}/reject", {"statement_txn_id": left["id"]}).status == 409


def test_a_second_reconciliation_over_the_same_days_is_409(dayzero: Api, ledger: Ledger) -> None:
    first = check_envelope(upload(dayzero, ledger), 201)
    other = STATEMENT.replace(b"COFFEE CORNER", b"COFFEE PLACE")
    form = {"file": ("other.csv", other), "ledger_id": ledger.id}
    assert dayzero.call("POST", f"{PATH}/upload", form=form).status == 409
    assert dayzero.call("DELETE", f"{PATH}/{first['id']}").status == 204
    assert dayzero.call("POST", f"{PATH}/upload", form=form).status == 201


def test_delete_is_204_with_an_empty_body_and_then_404(dayzero: Api, ledger: Ledger) -> None:
    made = check_envelope(upload(dayzero, ledger), 201)
    answer = dayzero.call("DELETE", f"{PATH}/{made['id']}")
    assert (answer.status, answer.text) == (204, "")
    assert dayzero.get(f"{PATH}/{made['id']}").status == 404
    assert dayzero.get(PATH).json()["data"] == []


def test_ledgers_are_created_listed_and_read(dayzero: Api, business: Business) -> None:
    body = {
        "name": "Euro account",
        "currency": "EUR",
        "account_id": "DE89370400440532013000",
        "opening_balance": -5,
    }
    made = dayzero.post("/api/v1/ledgers", body)
    assert made.status == 201
    ledger = made.json()
    assert {name: ledger[name] for name in body} == body
    assert (ledger["type"], ledger["business_id"]) == ("asset", business.id)
    assert dayzero.get(f"/api/v1/ledgers/{ledger['id']}").json() == ledger
    dayzero.post("/api/v1/ledgers", {"name": "Second"})
    first = dayzero.get("/api/v1/ledgers", limit=1).json()
    second = dayzero.get("/api/v1/ledgers", limit=1, cursor=first["next_cursor"]).json()
    assert [first["data"][0]["name"], second["data"][0]["name"]] == ["Euro account", "Second"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize(
    "changes", [{"name": ""}, {"currency": "XXX"}, {"type": "bank"}, {"opening_balance": 0.5}]
)
def test_a_ledger_with_a_wrong_value_is_422(dayzero: Api, changes: dict[str, Any]) -> None:
    answer = dayzero.post("/api/v1/ledgers", {"name": "x"} | changes)
    assert answer.status == 422
    assert answer.json()["detail"][0]["loc"] == ["body", next(iter(changes))]
