"""Day Zero's review: matches, decisions, the balance, completing, over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api_client import check_envelope

if TYPE_CHECKING:
    from collections.abc import Callable

    from api_client import Api

    from shared.application.stores import Stores
    from shared.books.model import Ledger
    from shared.reconciliation.model import Reconciliation

PATH = "/api/v1/reconciliations"


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
    assert (
        before["closing_balance"] - before["opening_balance"] - before["net_matched"]
        == (before["difference"])
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
