"""Domain values as Day Zero shows them. Only names and shapes change here, never meaning."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Literal

from shared.ids import short_of
from shared.reconciliation.balance import prove_balance
from shared.reconciliation.model import ENGINE

if TYPE_CHECKING:
    from functions.api.dayzero.review_schemas import (
        BalanceFields,
        BankWord,
        LedgerTxn,
        MatchFields,
        StatementFields,
        StatementTxn,
        StatementTxnDetail,
    )
    from functions.api.dayzero.schemas import (
        BalanceOverride,
        Envelope,
        LedgerResponse,
        ReconciliationFields,
        TransactionResponse,
    )
    from shared.books.model import Ledger, Transaction
    from shared.reconciliation.balance import BalanceProof
    from shared.reconciliation.model import (
        MatchRecord,
        Reconciliation,
        ReconciliationStatus,
        StatementLine,
        StatementRecord,
    )
    from shared.statements.model import Detail, Extra

DETAILS_SHOWN_MAX = 20
"""Members of a batch that are shown with its line: a page of 500 salary runs must fit into the
6 MB that Lambda answers with."""

_STATUS_NAMES: dict[
    ReconciliationStatus,
    Literal["pending", "processing", "ai_matched", "in_review", "completed", "failed"],
] = {
    "pending": "pending",
    "processing": "processing",
    "matched": "ai_matched",
    "in_review": "in_review",
    "completed": "completed",
    "failed": "failed",
    "cancelled": "failed",
}

_PROVABLE = ("matched", "in_review", "completed")
"""Statuses in which the proof says something: before, no line has been matched."""


def envelope(status: int, message: str) -> Envelope:
    """Return what newer clients look for beside an object's fields."""
    return {"success": True, "message": message, "code": status}


def moment(value: dt.datetime) -> str:
    """Return a moment as ISO 8601 in UTC, to the millisecond.

    Examples:
        >>> moment(dt.datetime(2026, 1, 31, 12, 0, 0, 5000, dt.UTC))
        '2026-01-31T12:00:00.005Z'
    """
    return value.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def midnight(day: dt.date) -> str:
    """Return a day as the date-time the contract asks for."""
    return f"{day}T00:00:00Z"


def view_transaction(one: Transaction, ledger: Ledger) -> TransactionResponse:
    """Return a transaction with every field of the contract."""
    ledger_short = short_of(ledger.id)
    return {
        "id": one.id,
        "amount": one.amount_minor,
        "currency": one.currency,
        "datetime": str(one.date),
        "counterparty": one.counterparty,
        "description": one.description,
        "reference": one.reference,
        "meta": one.meta,
        "categorization_method": None,
        "posted_status": "posted",
        "review_status": "unreviewed",
        "source": one.source,
        "opposing_line_entry_ids": [],
        "personal": False,
        "journal_entry_id": one.journal_entry_id,
        "teal_id": short_of(one.id),
        "teal_ledger_id": ledger_short,
        "teal_source_account_id": ledger_short,
        "ledger_id": ledger.id,
        "ledger_name": ledger.name,
        "ledger_type": ledger.type,
        "business_id": one.business_id,
        "reconciled": one.reconciled,
        "invoice_ids": [],
        "bill_ids": [],
        "created_at": moment(one.created_at),
        "updated_at": moment(one.updated_at),
        "thread": None,
        "journal_entry": None,
        "opposing_line_entries": [],
    }


def view_ledger(ledger: Ledger) -> LedgerResponse:
    """Return a ledger."""
    return {
        "id": ledger.id,
        "number": ledger.number,
        "business_id": ledger.business_id,
        "name": ledger.name,
        "type": ledger.type,
        "currency": ledger.currency,
        "account_code": ledger.account_code,
        "account_id": ledger.account_id,
        "bank_id": ledger.bank_id,
        "opening_balance": ledger.opening_balance_minor,
        "reconciled_through": str(ledger.reconciled_through) if ledger.reconciled_through else None,
        "reconciled_balance": ledger.closing_minor,
        "created_at": moment(ledger.created_at),
    }


def view_reconciliation(one: Reconciliation) -> ReconciliationFields:
    """Return a reconciliation; money in cents."""
    progress = one.progress
    proof = prove_balance(one)
    provable = one.status in _PROVABLE
    return {
        "id": one.id,
        "business_id": one.business_id,
        "ledger_id": one.ledger_id,
        "number": one.number,
        "sequence_number": one.sequence_number,
        "status": _STATUS_NAMES[one.status],
        "currency": one.currency,
        "start_date": midnight(one.period_start),
        "end_date": midnight(one.period_end),
        "statement_id": one.statement_id,
        "statement_s3_key": one.statement_s3_key,
        "statement_filename": one.statement_filename,
        "opening_balance": one.opening_balance_minor,
        "closing_balance": one.closing_balance_minor,
        "summary": {
            "total": progress.lines,
            "machine_matched": progress.approved_by_engine,
            "approved": progress.approved,
            "proposed": progress.proposed,
            "ambiguous": progress.ambiguous,
            "unmatched": progress.unmatched - progress.ambiguous,
            "unmatched_ledger_txns": progress.entries_open,
        },
        "difference": proof.difference_minor if provable else None,
        "is_balanced": provable and proof.proven,
        "failure_code": one.failure_code,
        "failure_reason": one.failure_reason,
        "warnings": list(one.warnings),
        "balance_override": _view_override(one),
        "created_by": one.created_by_name,
        "created_at": moment(one.created_at),
        "updated_at": moment(one.updated_at),
        "completed_at": moment(one.completed_at) if one.completed_at else None,
    }


def _view_override(one: Reconciliation) -> BalanceOverride | None:
    if one.completion is None or not one.completion.skipped_balance_check:
        return None
    return {
        "by": one.completion.by,
        "at": moment(one.completion.at),
        "difference": one.completion.difference_minor,
    }


def view_line(line: StatementLine) -> StatementTxn:
    """Return a statement line."""
    return {
        "id": line.id,
        "statement_id": line.statement_id,
        "index": line.index,
        "datetime": str(line.date),
        "value_date": str(line.value_date) if line.value_date else None,
        "amount": line.amount_minor,
        "currency": line.currency,
        "description": line.description,
        "counterparty": line.counterparty,
        "reference": line.reference,
        "bank_reference": line.bank_reference,
        "kind": line.kind,
        "description_received": (
            line.description if line.description_received is None else line.description_received
        ),
        "counterparty_account": line.counterparty_account,
        "end_to_end_id": line.end_to_end_id,
        "mandate_id": line.mandate_id,
        "check_number": line.check_number,
        "customer_reference": line.customer_reference,
        "remittance_reference": line.remittance_reference,
        "transaction_code": line.transaction_code,
        "original_amount": line.original_amount_minor,
        "original_currency": line.original_currency,
        "exchange_rate": line.exchange_rate,
        "running_balance": line.running_balance_minor,
        "is_reversal": line.is_reversal,
        "details": [_view_detail(one) for one in line.details[:DETAILS_SHOWN_MAX]],
        "details_count": line.details_count,
        "extra": _view_extra(line.extra),
        "position": line.position or None,
    }


def _view_detail(detail: Detail) -> StatementTxnDetail:
    return {
        "amount": detail.amount_minor,
        "currency": detail.currency,
        "description": detail.description,
        "counterparty": detail.counterparty,
        "counterparty_account": detail.counterparty_account,
        "end_to_end_id": detail.end_to_end_id,
        "mandate_id": detail.mandate_id,
        "remittance_reference": detail.remittance_reference,
        "bank_reference": detail.bank_reference,
        "extra": _view_extra(detail.extra),
    }


def _view_extra(extra: Extra) -> list[BankWord]:
    return [{"name": name, "text": text} for name, text in extra]


def view_entry(entry: Transaction) -> LedgerTxn:
    """Return a transaction as a match names it."""
    return {
        "id": entry.id,
        "datetime": str(entry.date),
        "amount": entry.amount_minor,
        "currency": entry.currency,
        "description": entry.description,
        "counterparty": entry.counterparty,
        "reference": entry.reference,
    }


def view_match(match: MatchRecord) -> MatchFields:
    """Return a match with the reasons for it."""
    last = match.decisions[-1]
    return {
        "id": match.id,
        "status": match.status,
        "method": match.method,
        "confidence": match.confidence,
        "reasons": list(match.reasons),
        "amount": match.amount_minor,
        "statement_txn_ids": list(match.line_ids),
        "ledger_txn_ids": list(match.entry_ids),
        "residues": [{"kind": one.kind, "amount": one.amount_minor} for one in match.residues],
        "decided_by": "machine" if last.by == ENGINE else last.by,
        "decided_at": moment(last.at),
    }


def view_balance(proof: BalanceProof, currency: str) -> BalanceFields:
    """Return the proof of balance in cents."""
    return {
        "currency": currency,
        "opening_balance": proof.opening_minor,
        "net_matched": proof.cleared_minor,
        "closing_balance": proof.closing_minor,
        "difference": proof.difference_minor,
        "is_balanced": proof.proven,
        "statement_net": proof.lines_minor,
        "statement_txns_not_cleared": proof.lines_not_cleared,
        "outstanding": proof.outstanding_minor,
        "outstanding_count": proof.outstanding_count,
        "book_balance": proof.book_minor,
        "adjusted_bank_balance": proof.adjusted_bank_minor,
        "findings": list(proof.findings),
    }


def view_statement(one: StatementRecord) -> StatementFields:
    """Return a statement as received."""
    return {
        "id": one.id,
        "ledger_id": one.ledger_id,
        "status": one.status,
        "s3_key": one.s3_key,
        "filename": one.filename,
        "format": one.format,
        "currency": one.currency,
        "account_id": one.account_id,
        "start_date": str(one.period_start) if one.period_start else None,
        "end_date": str(one.period_end) if one.period_end else None,
        "opening_balance": one.opening_balance_minor,
        "closing_balance": one.closing_balance_minor,
        "line_count": one.span.count if one.span else None,
        "warnings": list(one.warnings),
        "reason": one.reason,
        "reason_line": one.reason_line,
        "reason_column": one.reason_column,
        "reconciliation_id": one.reconciliation_id,
        "created_at": moment(one.created_at),
    }


def enveloped(status: int, message: str, fields: Any) -> dict[str, Any]:
    """Return an object's fields at the top level and in ``data``, for both client generations."""
    return {**fields, **envelope(status, message), "data": fields}
