"""Domain values as AQNT shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from functions.api.aqnt.envelope import ACCOUNT, ITEM, RUN, STATEMENT, stamp
from functions.api.numbers import amount_of

if TYPE_CHECKING:
    from functions.api.aqnt.schemas import Run, RunWithCounts
    from shared.application.review import ReviewedLine
    from shared.reconciliation.model import (
        Reconciliation,
        ReconciliationStatus,
        StatementRecord,
    )

_REVIEWED = ("matched", "in_review")

_STATUS_NAMES: dict[
    ReconciliationStatus, Literal["pending", "processing", "completed", "cancelled"]
]
_STATUS_NAMES = {
    "pending": "pending",
    "processing": "processing",
    "matched": "processing",
    "in_review": "processing",
    "completed": "completed",
    "failed": "cancelled",
    "cancelled": "cancelled",
}


def view_run(one: Reconciliation) -> Run:
    """Return a run as it was started."""
    open_discrepancies = one.status in _REVIEWED and one.progress.unmatched > 0
    return {
        "id": f"{RUN}{one.id}",
        "account_id": f"{ACCOUNT}{one.ledger_id}",
        "start_date": str(one.period_start),
        "end_date": str(one.period_end),
        "status": "discrepancy" if open_discrepancies else _STATUS_NAMES[one.status],
        "total_transactions": one.progress.lines,
        "matched": one.progress.approved + one.progress.proposed,
        "unmatched": one.progress.unmatched,
        "created_at": stamp(one.created_at),
    }


def view_run_with_counts(one: Reconciliation) -> RunWithCounts:
    """Return a run as it stands."""
    reviewed = one.status in (*_REVIEWED, "completed")
    return {
        **view_run(one),
        "discrepancies": one.progress.unmatched if reviewed else 0,
        "completed_at": stamp(one.completed_at) if one.completed_at else None,
        "failure_reason": one.failure_reason,
    }


def view_item(one: ReviewedLine, run: Reconciliation) -> dict[str, Any]:
    """Return a bank transaction with its status."""
    return {
        "transaction_id": f"{ITEM}{one.line.id}",
        "date": str(one.line.date),
        "amount": amount_of(one.line.amount_minor, one.line.currency),
        "currency": one.line.currency,
        "description": one.line.description,
        "status": _item_status(one, run),
    }


def _item_status(
    one: ReviewedLine, run: Reconciliation
) -> Literal["pending", "matched", "unmatched", "reconciled", "discrepancy"]:
    """Return a bank transaction's status.

    ``matched`` is approved, ``discrepancy`` a proposed match whose sides differ, ``pending``
    what waits for the machine or for a person to choose, ``unmatched`` what nothing fits.
    """
    if run.status not in (*_REVIEWED, "completed"):
        return "pending"
    if one.match is None:
        return "pending" if one.candidates else "unmatched"
    if one.match.status == "approved":
        return "reconciled" if run.status == "completed" else "matched"
    return "discrepancy" if one.match.residues else "pending"


def view_statement(one: StatementRecord) -> dict[str, Any]:
    """Return an imported statement."""

    def balance(amount_minor: int | None) -> Any:
        if amount_minor is None or one.currency is None:
            return None
        return amount_of(amount_minor, one.currency)

    return {
        "id": f"{STATEMENT}{one.id}",
        "account_id": f"{ACCOUNT}{one.ledger_id}",
        "filename": one.filename,
        "format": one.format,
        "status": one.status,
        "currency": one.currency,
        "start_date": str(one.period_start) if one.period_start else None,
        "end_date": str(one.period_end) if one.period_end else None,
        "opening_balance": balance(one.opening_balance_minor),
        "closing_balance": balance(one.closing_balance_minor),
        "total_transactions": one.span.count if one.span else 0,
        "warnings": list(one.warnings),
        "created_at": stamp(one.created_at),
    }
