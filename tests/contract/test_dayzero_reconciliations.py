"""Seed 000: ``POST /api/v1/reconciliations``, and the road from there to completed."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from api_client import STATEMENT, check_envelope

if TYPE_CHECKING:
    from api_client import Answer, Api

    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger, Transaction

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
    # Repeating it while it runs changes nothing: the workflow's name is its attempt's.
    assert dayzero.post(f"{PATH}/{made['id']}/retry").json()["status"] == "processing"
    assert len(set(stores.workflow.started)) == 1  # type: ignore[attr-defined]


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


CAMT = b"""<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Id>1</Id><Acct><Id><Othr><Id>123456789</Id></Othr></Id><Ccy>USD</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="USD">10.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="USD">17.60</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-31</Dt></Dt></Bal>
<Ntry><Amt Ccy="USD">7.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>2026-01-05</Dt></BookgDt><AddtlNtryInf>ACME</AddtlNtryInf></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""


def test_a_control_total_that_does_not_hold_is_422_with_both_its_values(
    dayzero: Api, ledger: Ledger
) -> None:
    answer = dayzero.call(
        "POST", f"{PATH}/upload", form={"ledger_id": ledger.id, "file": ("january.xml", CAMT)}
    )
    assert answer.status == 422
    (finding,) = answer.json()["detail"]
    assert finding["type"] == "broken_total"
    told = {name: finding["ctx"][name] for name in ("total", "expected", "found")}
    assert told == {"total": "closing balance", "expected": "17.50", "found": "17.60"}
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
