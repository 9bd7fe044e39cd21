"""Seed 003: ``POST /api/v1/transactions``, and the neighbours in its style."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest

from shared.application.ledgers import NewLedger, create_ledger
from shared.ids import short_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from api_client import Api

    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

# Name -> type in the seed, null where the field has no value for an uncategorized transaction.
SEED_FIELDS: dict[str, tuple[type, ...]] = {
    "id": (str,),
    "amount": (int,),
    "currency": (str,),
    "datetime": (str,),
    "counterparty": (str, type(None)),
    "description": (str,),
    "meta": (dict,),
    "categorization_method": (type(None),),
    "posted_status": (str,),
    "review_status": (str,),
    "source": (str,),
    "opposing_line_entry_ids": (list,),
    "personal": (bool,),
    "journal_entry_id": (str,),
    "teal_id": (str,),
    "teal_ledger_id": (str,),
    "teal_source_account_id": (str,),
    "ledger_id": (str,),
    "ledger_name": (str,),
    "ledger_type": (str,),
    "business_id": (str,),
    "reconciled": (bool,),
    "invoice_ids": (list,),
    "bill_ids": (list,),
    "created_at": (str,),
    "updated_at": (str,),
    "thread": (type(None),),
    "journal_entry": (type(None),),
    "opposing_line_entries": (list,),
}


def sample(ledger: Ledger, **changes: Any) -> dict[str, Any]:
    """The seed's own request body, filled in."""
    return {
        "amount": 0,
        "currency": "USD",
        "datetime": "2026-01-01",
        "description": "string",
        "source_account_id": ledger.id,
        "reconciled": False,
    } | changes


def test_the_seeds_sample_answers_201_with_every_field_of_its_type(
    dayzero: Api, ledger: Ledger, business: Business
) -> None:
    answer = dayzero.post("/api/v1/transactions", sample(ledger))
    assert answer.status == 201
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    for name, types in SEED_FIELDS.items():
        assert type(body[name]) in types, name
    assert set(body) == {*SEED_FIELDS, "reference"}
    assert UUID7.fullmatch(body["id"])
    expected = {
        "amount": 0,
        "currency": "USD",
        "datetime": "2026-01-01",
        "description": "string",
        "posted_status": "posted",
        "review_status": "unreviewed",
        "source": "manual",
        "personal": False,
        "reconciled": False,
        "ledger_id": ledger.id,
        "ledger_name": "Operating account",
        "ledger_type": "asset",
        "business_id": business.id,
        "teal_id": short_of(body["id"]),
        "teal_ledger_id": short_of(ledger.id),
        "opposing_line_entry_ids": [],
        "opposing_line_entries": [],
        "invoice_ids": [],
        "bill_ids": [],
    }
    assert {name: body[name] for name in expected} == expected
    assert dt.datetime.fromisoformat(body["created_at"]).tzinfo is not None
    assert dt.datetime.fromisoformat(body["updated_at"]).tzinfo is not None


def test_optional_fields_have_the_seeds_defaults(dayzero: Api, ledger: Ledger) -> None:
    answer = dayzero.post("/api/v1/transactions", {"amount": -5, "datetime": "2026-01-02"})
    assert answer.status == 201
    body = answer.json()
    assert (body["currency"], body["description"], body["reconciled"]) == ("USD", "", False)
    assert body["ledger_id"] == ledger.id


def test_metadata_counterparty_and_reference_come_back_as_given(
    dayzero: Api, ledger: Ledger
) -> None:
    meta = {"raw_plaid_description": "ACME*1042", "n": 1.5, "nested": [{"deep": None}]}
    given = {"meta": meta, "counterparty": "ACME", "reference": "1042"}
    body = dayzero.post("/api/v1/transactions", sample(ledger, **given)).json()
    assert {name: body[name] for name in given} == given


@pytest.mark.parametrize("missing", ["amount", "datetime"])
def test_a_missing_amount_or_date_is_400(dayzero: Api, ledger: Ledger, missing: str) -> None:
    body = sample(ledger)
    del body[missing]
    answer = dayzero.post("/api/v1/transactions", body)
    assert answer.status == 400
    assert missing in answer.json()["detail"]


def test_a_missing_account_is_400_unless_there_is_one_bank_ledger_only(
    dayzero: Api, stores: Stores, ledger: Ledger
) -> None:
    body = sample(ledger)
    del body["source_account_id"]
    assert dayzero.post("/api/v1/transactions", body).status == 201
    create_ledger(stores, ledger.business_id, NewLedger("Second"), dt.datetime.now(dt.UTC))
    answer = dayzero.post("/api/v1/transactions", body)
    assert answer.status == 400
    assert "source_account_id" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("changes", "loc", "kind"),
    [
        ({"amount": 1.5}, ["body", "amount"], "int_type"),
        ({"amount": 1.0}, ["body", "amount"], "int_type"),
        ({"amount": "1"}, ["body", "amount"], "int_type"),
        ({"amount": True}, ["body", "amount"], "int_type"),
        ({"amount": 2**53 + 1}, ["body", "amount"], "less_than_equal"),
        ({"amount": -(2**53) - 1}, ["body", "amount"], "greater_than_equal"),
        ({"currency": "ABC"}, ["body", "currency"], "unknown_currency"),
        ({"currency": "usd"}, ["body", "currency"], "unknown_currency"),
        ({"datetime": "01/02/2026"}, ["body", "datetime"], "date_parsing"),
        ({"datetime": "20260101"}, ["body", "datetime"], "date_parsing"),
        ({"datetime": 20260101}, ["body", "datetime"], "date_parsing"),
        ({"datetime": "2026-02-30"}, ["body", "datetime"], "date_parsing"),
        ({"description": 7}, ["body", "description"], "string_type"),
        ({"reconciled": "yes"}, ["body", "reconciled"], "bool_type"),
        ({"source_account_id": "string"}, ["body", "source_account_id"], "uuid_parsing"),
        ({"meta": []}, ["body", "meta"], "dict_type"),
    ],
)
def test_a_wrong_value_is_422_with_loc_msg_type_and_input(
    dayzero: Api, ledger: Ledger, changes: dict[str, Any], loc: list[str], kind: str
) -> None:
    answer = dayzero.post("/api/v1/transactions", sample(ledger, **changes))
    assert answer.status == 422
    (found,) = answer.json()["detail"]
    assert (found["loc"], found["type"]) == (loc, kind)
    assert isinstance(found["msg"], str)
    assert found["input"] == next(iter(changes.values()))
    assert set(found) <= {"loc", "msg", "type", "input", "ctx"}


@pytest.mark.parametrize("amount", [2**53, -(2**53)])
def test_the_largest_amounts_are_taken_exactly(dayzero: Api, ledger: Ledger, amount: int) -> None:
    answer = dayzero.post("/api/v1/transactions", sample(ledger, amount=amount))
    assert answer.status == 201
    assert answer.json()["amount"] == amount


@pytest.mark.parametrize(
    "raw",
    [
        "{",
        "",
        "not json",
        '{"amount": NaN}',
        '{"amount": 1e999}',
        '{"amount": ' + "1" * 5000 + "}",
        '{"description": "\\ud800"}',
        "[" * 200_000,
        b"\xff\xfe",
        "[]",
        '"text"',
    ],
)
def test_a_body_that_is_no_json_object_is_422_and_never_a_failure(
    dayzero: Api, raw: str | bytes
) -> None:
    answer = dayzero.call("POST", "/api/v1/transactions", raw=raw)
    assert answer.status == 422
    for found in answer.json()["detail"]:
        assert found["loc"][0] == "body"
        assert found["msg"]


def test_a_body_of_another_content_type_is_415(dayzero: Api) -> None:
    answer = dayzero.call(
        "POST", "/api/v1/transactions", raw="a=b", headers={"content-type": "text/csv"}
    )
    assert answer.status == 415
    assert isinstance(answer.json()["detail"], str)


def test_an_unknown_ledger_is_404(dayzero: Api, ledger: Ledger) -> None:
    unknown = "0198b1a2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"
    answer = dayzero.post("/api/v1/transactions", sample(ledger, source_account_id=unknown))
    assert answer.status == 404
    assert unknown in answer.json()["detail"]


def test_a_transaction_is_read_by_any_form_of_its_id(dayzero: Api, ledger: Ledger) -> None:
    made = dayzero.post("/api/v1/transactions", sample(ledger)).json()
    assert dayzero.get(f"/api/v1/transactions/{made['id']}").json() == made
    assert dayzero.get(f"/api/v1/transactions/{made['teal_id']}").json() == made
    assert dayzero.get("/api/v1/transactions/nonsense").status == 404


def test_a_bulk_import_records_all_rows_or_none(dayzero: Api, ledger: Ledger) -> None:
    rows = [{"amount": n, "datetime": f"2026-01-{n:02}", "description": f"row {n}"} for n in (1, 2)]
    answer = dayzero.post(
        "/api/v1/transactions/bulk", {"ledger_id": ledger.id, "transactions": rows}
    )
    assert answer.status == 201
    body = answer.json()
    assert body["count"] == body["data"]["count"] == 2
    assert (body["success"], body["code"]) == (True, 201)
    first = dayzero.get(f"/api/v1/transactions/{body['ids'][0]}").json()
    assert (first["description"], first["source"]) == ("row 1", "bulk_upload")

    wrong = [*rows, {"amount": 1, "datetime": "2026-01-03", "currency": "ABC"}]
    refused = dayzero.post(
        "/api/v1/transactions/bulk", {"ledger_id": ledger.id, "transactions": wrong}
    )
    assert refused.status == 422
    assert len(dayzero.get("/api/v1/transactions").json()["data"]) == 2


def test_a_bulk_import_takes_1000_rows_and_not_one_more(dayzero: Api, ledger: Ledger) -> None:
    row = {"amount": 1, "datetime": "2026-01-01"}
    over = dayzero.post(
        "/api/v1/transactions/bulk", {"ledger_id": ledger.id, "transactions": [row] * 1001}
    )
    assert over.status == 422
    assert over.json()["detail"][0]["loc"] == ["body", "transactions"]


def test_a_thousand_findings_are_cut_to_a_hundred_with_short_inputs(
    dayzero: Api, ledger: Ledger
) -> None:
    row = {"amount": "x" * 5000, "datetime": "2026-01-01"}
    answer = dayzero.post(
        "/api/v1/transactions/bulk", {"ledger_id": ledger.id, "transactions": [row] * 200}
    )
    details = answer.json()["detail"]
    assert len(details) == 100
    assert all(len(one["input"]) < 600 for one in details)


@pytest.fixture
def january(dayzero: Api, ledger: Ledger) -> list[str]:
    rows = [
        {
            "amount": 100,
            "datetime": "2026-01-01",
            "description": "Rent, January",
            "reconciled": True,
        },
        {"amount": -200, "datetime": "2026-01-15", "counterparty": "Baker"},
        {"amount": 300, "datetime": "2026-02-01", "reference": "INV-7"},
    ]
    answer = dayzero.post(
        "/api/v1/transactions/bulk", {"ledger_id": ledger.id, "transactions": rows}
    )
    ids: list[str] = answer.json()["ids"]
    return ids


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, [2, 1, 0]),
        ({"reconciled": "true"}, [0]),
        ({"reconciled": "false"}, [2, 1]),
        ({"amount_direction": "inflow"}, [2, 0]),
        ({"amount_direction": "outflow"}, [1]),
        ({"start_date": "2026-01-15"}, [2, 1]),
        ({"end_date": "2026-01-15"}, [1, 0]),
        ({"search": "rent, jan"}, [0]),
        ({"search": "inv-7"}, [2]),
        ({"review_status": "unreviewed"}, [2, 1, 0]),
        ({"review_status": "flagged"}, []),
    ],
)
def test_transactions_are_listed_newest_first_under_every_filter(
    dayzero: Api, january: list[str], query: dict[str, str], expected: list[int]
) -> None:
    answer = dayzero.get("/api/v1/transactions", **query)
    assert answer.status == 200
    assert [one["id"] for one in answer.json()["data"]] == [january[n] for n in expected]
    assert answer.json()["next_cursor"] is None


def test_pages_follow_each_other_by_cursor(dayzero: Api, january: list[str]) -> None:
    first = dayzero.get("/api/v1/transactions", limit=2).json()
    assert [one["id"] for one in first["data"]] == [january[2], january[1]]
    second = dayzero.get("/api/v1/transactions", limit=2, cursor=first["next_cursor"]).json()
    assert [one["id"] for one in second["data"]] == [january[0]]
    assert second["next_cursor"] is None


def test_a_cursor_of_another_query_or_altered_is_422(
    dayzero: Api, january: list[str], other_business: Business, client: Callable[..., Api]
) -> None:
    assert january
    cursor = dayzero.get("/api/v1/transactions", limit=1).json()["next_cursor"]
    stranger = client(businesses=(other_business,))
    stranger.headers["x-business-id"] = other_business.id
    altered = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    answers = [
        dayzero.get("/api/v1/transactions", limit=1, cursor=cursor, reconciled="true"),
        dayzero.get("/api/v1/ledgers", limit=1, cursor=cursor),
        dayzero.get("/api/v1/transactions", limit=1, cursor=altered),
        dayzero.get("/api/v1/transactions", limit=1, cursor="ä"),
        dayzero.get("/api/v1/transactions", limit=1, cursor="x"),
        stranger.get("/api/v1/transactions", limit=1, cursor=cursor),
    ]
    for answer in answers:
        assert answer.status == 422
        assert answer.json()["detail"][0]["loc"] == ["query", "cursor"]


@pytest.mark.parametrize("limit", ["0", "1001", "x", "-1"])
def test_a_limit_out_of_range_is_422(dayzero: Api, limit: str) -> None:
    answer = dayzero.get("/api/v1/transactions", limit=limit)
    assert answer.status == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "limit"]
