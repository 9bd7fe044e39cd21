"""Seed 001: ``GET`` and ``DELETE /api/v2/reconciliations``."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from api_client import STATEMENT

from shared.application.ledgers import NewLedger, create_ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from api_client import Answer, Api

    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger, Transaction
    from shared.reconciliation.model import Reconciliation

PATH = "/api/v2/reconciliations"

SEED_FIELDS = {
    "id": int,
    "created_at": str,
    "created_by_id": int,
    "client_account_id": int,
    "sequence_number": int,
    "reconciliation_date": str,
}
SEED_ENTRY_FIELDS = {
    "id": int,
    "journal_entry_id": int,
    "journal_entry_line_id": int,
    "debit": str,
    "debit_fc": str,
    "credit": str,
    "credit_fc": str,
}
SEED_LINE_FIELDS = {
    "id": int,
    "posting_date": str,
    "description": str,
    "account_code": str,
    "account_id": int,
    "debit": str,
    "credit": str,
}


def types_of(record: dict[str, Any]) -> dict[str, type]:
    return {name: type(value) for name, value in record.items()}


@pytest.fixture
def found(api: Api, business: Business) -> Callable[..., Answer]:
    def find(**query: Any) -> Answer:
        return api.get(PATH, client_account_id=business.number, **query)

    return find


@pytest.fixture
def approved(dayzero: Api, reviewed: Reconciliation, books: list[Transaction]) -> list[Transaction]:
    """Approve every proposed match; return the entries they clear."""
    path = f"/api/v1/reconciliations/{reviewed.id}/matches"
    for match in dayzero.get(path).json()["data"]["matches"]:
        body = {"statement_txn_id": match["statement_txn_ids"][0]}
        assert dayzero.post(f"{path}/approve", body).status == 201
    return books[:3]


def test_a_listing_has_the_seeds_attributes_and_meta_and_no_relations(
    found: Callable[..., Answer], reviewed: Reconciliation, business: Business
) -> None:
    body = found().json()
    assert set(body) == {"data", "meta"}
    assert body["meta"] == {"page": 0, "pages": 1, "per_page": 100, "records": 1}
    (one,) = body["data"]
    assert types_of(one) == SEED_FIELDS
    assert one["id"] == reviewed.number
    assert one["client_account_id"] == business.number
    assert (one["sequence_number"], one["reconciliation_date"]) == (1, "2026-01-28")
    assert dt.datetime.fromisoformat(one["created_at"]).tzinfo is not None


def test_every_relation_appears_when_asked_for(
    found: Callable[..., Answer], approved: list[Transaction], ledger: Ledger
) -> None:
    (one,) = found(**{"with": "entries,entries.journal_entry_line,created_by"}).json()["data"]
    assert [types_of(entry) for entry in one["entries"]] == [
        SEED_ENTRY_FIELDS | {"journal_entry_line": dict}
    ] * 3
    sides = [(entry["debit"], entry["credit"]) for entry in one["entries"]]
    assert sides == [("1250.00", "0.00"), ("0.00", "800.00"), ("0.00", "4.50")]
    for entry, transaction in zip(one["entries"], approved, strict=True):
        assert (entry["debit_fc"], entry["credit_fc"]) == (entry["debit"], entry["credit"])
        line = entry["journal_entry_line"]
        assert types_of(line) == SEED_LINE_FIELDS
        assert line["id"] == entry["journal_entry_line_id"] == transaction.number
        assert line["posting_date"] == str(transaction.date)
        assert line["description"] == transaction.description
        assert (line["account_code"], line["account_id"]) == (ledger.account_code, ledger.number)
    assert types_of(one["created_by"]) == {"id": int, "first_name": str, "last_name": str}
    assert one["created_by"] | {"id": 0} == {"id": 0, "first_name": "Ada", "last_name": "Moreau"}
    assert one["created_by"]["id"] == one["created_by_id"]


@pytest.mark.parametrize(
    ("relations", "expected"),
    [
        ("entries", {"entries"}),
        ("created_by", {"created_by"}),
        ("entries.journal_entry_line", {"entries"}),
        ("", set()),
    ],
)
def test_only_the_relations_asked_for_appear(
    found: Callable[..., Answer],
    approved: list[Transaction],
    relations: str,
    expected: set[str],
) -> None:
    assert approved
    (one,) = found(**{"with": relations}).json()["data"]
    assert set(one) - set(SEED_FIELDS) == expected
    for entry in one.get("entries", []):
        assert ("journal_entry_line" in entry) == ("journal_entry_line" in relations)


def test_an_unknown_relation_is_422(found: Callable[..., Answer]) -> None:
    answer = found(**{"with": "entries,lines"})
    assert answer.status == 422
    assert "lines" in answer.json()["message"]
    assert list(answer.json()["errors"]) == ["with"]


def test_client_account_id_is_required_and_must_be_the_tokens(
    api: Api, other_business: Business
) -> None:
    missing = api.get(PATH)
    assert missing.status == 422
    assert list(missing.json()["errors"]) == ["client_account_id"]
    for number in (other_business.number, 999_999, -1, 2**70):
        answer = api.get(PATH, client_account_id=number)
        assert (answer.status, set(answer.json())) == (403, {"message"})


@pytest.mark.parametrize(
    ("query", "records"),
    [
        ({"date_from": "2026-01-28"}, 1),
        ({"date_from": "2026-01-29"}, 0),
        ({"date_to": "2026-01-28"}, 1),
        ({"date_to": "2026-01-27"}, 0),
        ({"date_from": "2026-01-01", "date_to": "2026-01-31"}, 1),
    ],
)
def test_dates_restrict_inclusively(
    found: Callable[..., Answer], reviewed: Reconciliation, query: dict[str, str], records: int
) -> None:
    assert reviewed
    assert found(**query).json()["meta"]["records"] == records


def test_entries_find_the_reconciliation_that_cleared_them(
    found: Callable[..., Answer], approved: list[Transaction], books: list[Transaction]
) -> None:
    for name in ("journal_entry_line_id", "journal_entry_id"):
        assert found(**{name: approved[0].number}).json()["meta"]["records"] == 1
        assert found(**{name: books[3].number}).json()["meta"]["records"] == 0
        for number in (0, -1, 10**6, 2**70):
            assert found(**{name: number}).json()["meta"]["records"] == 0
    contra_line = approved[0].number + 1
    assert found(journal_entry_line_id=contra_line).json()["meta"]["records"] == 0


def test_pages_count_from_0(found: Callable[..., Answer], dayzero: Api) -> None:
    for month in (1, 2, 3):
        ledger = dayzero.post("/api/v1/ledgers", {"name": f"Account {month}"}).json()
        form = {"file": ("january.csv", STATEMENT), "ledger_id": ledger["id"]}
        assert dayzero.call("POST", "/api/v1/reconciliations/upload", form=form).status == 201
    pages = [found(page=page, per_page=2).json() for page in (0, 1, 2)]
    assert [len(page["data"]) for page in pages] == [2, 1, 0]
    assert pages[1]["meta"] == {"page": 1, "pages": 2, "per_page": 2, "records": 3}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "-1"),
        ("page", "x"),
        ("per_page", "0"),
        ("per_page", "1001"),
        ("date_from", "5"),
        ("date_to", "2026-02-30"),
        ("journal_entry_id", "x"),
    ],
)
def test_a_wrong_parameter_is_422(found: Callable[..., Answer], name: str, value: str) -> None:
    answer = found(**{name: value})
    assert answer.status == 422
    assert list(answer.json()["errors"]) == [name]


def test_delete_drops_the_linkage_and_leaves_the_lines(
    api: Api, dayzero: Api, reviewed: Reconciliation, approved: list[Transaction]
) -> None:
    done = dayzero.post(
        f"/api/v1/reconciliations/{reviewed.id}/complete", {"skip_balance_check": True}
    )
    assert done.json()["status"] == "completed"
    answer = api.call("DELETE", f"{PATH}/{reviewed.number}")
    assert (answer.status, answer.text) == (204, "")
    for one in approved:
        kept = dayzero.get(f"/api/v1/transactions/{one.id}").json()
        assert kept["reconciled"] is False
    assert api.call("DELETE", f"{PATH}/{reviewed.number}").status == 404


@pytest.mark.parametrize("number", ["999", "0", "-1", "x", "1.5", "9" * 30, "²"])
def test_deleting_what_is_not_there_is_404(api: Api, number: str) -> None:
    answer = api.call("DELETE", f"{PATH}/{number}")
    assert (answer.status, set(answer.json())) == (404, {"message"})


def test_a_number_that_two_client_accounts_have_must_be_told_apart(
    client: Callable[..., Api],
    stores: Stores,
    business: Business,
    other_business: Business,
    reviewed: Reconciliation,
) -> None:
    both = client(businesses=(business, other_business))
    ledger = create_ledger(stores, other_business.id, NewLedger("Other"), dt.datetime.now(dt.UTC))
    both.headers["x-business-id"] = other_business.id
    form = {"file": ("january.csv", STATEMENT), "ledger_id": ledger.id}
    made = both.call("POST", "/api/v1/reconciliations/upload", form=form).json()
    assert made["number"] == reviewed.number
    path = f"{PATH}/{reviewed.number}"
    answer = both.call("DELETE", path)
    assert answer.status == 422
    assert list(answer.json()["errors"]) == ["client_account_id"]
    query = {"client_account_id": other_business.number}
    assert both.call("DELETE", path, query=query).status == 204
    assert both.call("DELETE", path).status == 204
