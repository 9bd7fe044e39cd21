"""What Day Zero's clients send and receive.

The seeds' own words are the descriptions. Requests are pydantic models, since they must be
checked; answers are typed dictionaries, since mypy checks those.
"""

import uuid
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from functions.api.fields import AmountMinor, AmountText, Day, Moment, Name, S3Key, Text
from shared.application.transactions import TRANSACTIONS_PER_IMPORT_MAX


class _Request(BaseModel):
    model_config = ConfigDict(defer_build=True)


class TransactionFields(_Request):
    """What a transaction says, wherever it is recorded."""

    amount: Annotated[
        AmountMinor | None,
        Field(
            description="Amount in cents. Positive for deposits/income, negative for "
            "withdrawals/expenses."
        ),
    ] = None
    currency: Annotated[
        str | None, Field(description="ISO 4217 currency code. Defaults to the ledger's currency.")
    ] = None
    datetime: Annotated[
        Day | None, Field(description="Transaction date in ISO 8601 format (YYYY-MM-DD).")
    ] = None
    description: Annotated[
        Text | None, Field(description="Human-readable description of the transaction.")
    ] = None
    counterparty: Annotated[Text | None, Field(description="Who paid or was paid.")] = None
    reference: Annotated[
        Text | None, Field(description="Invoice, check or end-to-end number both sides may know.")
    ] = None
    reconciled: Annotated[
        bool,
        Field(
            strict=True,
            description="Whether this transaction has been reconciled with bank statement.",
        ),
    ] = False
    meta: Annotated[dict[str, Any], Field(description="Additional metadata, kept as given.")] = {}


class TransactionCreateRequest(TransactionFields):
    """One transaction to record by hand."""

    source_account_id: Annotated[
        uuid.UUID | None,
        Field(description="UUID of the bank account (ledger) this transaction belongs to."),
    ] = None


class TransactionBulkRequest(_Request):
    """Many transactions of one ledger."""

    ledger_id: uuid.UUID
    transactions: Annotated[
        list[TransactionFields], Field(min_length=1, max_length=TRANSACTIONS_PER_IMPORT_MAX)
    ]


class LedgerCreateRequest(_Request):
    """An account of the chart to create."""

    name: Name
    type: Literal["asset", "liability", "equity", "revenue", "expense"] = "asset"
    currency: Annotated[
        str | None, Field(description="ISO 4217 code. Defaults to business default currency.")
    ] = None
    account_code: Name | None = None
    account_id: Annotated[
        Name | None, Field(description="The bank account as its statements name it, e.g. its IBAN.")
    ] = None
    bank_id: Name | None = None
    opening_balance: Annotated[AmountMinor | None, Field(description="In cents.")] = None


class ReconciliationTerms(_Request):
    """What may be said of a statement beside its file."""

    start_date: Annotated[Moment | None, Field(description="Statement period start date")] = None
    end_date: Annotated[Moment | None, Field(description="Statement period end date")] = None
    opening_balance: Annotated[
        AmountMinor | None, Field(description="Opening balance in cents")
    ] = None
    closing_balance: Annotated[
        AmountMinor | None, Field(description="Closing balance in cents")
    ] = None
    auto_start: Annotated[
        bool, Field(strict=True, description="Auto-start processing workflow")
    ] = True


class ReconciliationCreateRequest(ReconciliationTerms):
    """A reconciliation of a statement that is in S3 already."""

    ledger_id: Annotated[uuid.UUID, Field(description="ID of ledger to reconcile against")]
    statement_s3_key: Annotated[
        S3Key | None,
        Field(
            description="S3 key of uploaded bank statement; required unless source_type is plaid"
        ),
    ] = None
    start_date: Annotated[Moment, Field(description="Statement period start date")]
    end_date: Annotated[Moment, Field(description="Statement period end date")]
    statement_filename: Annotated[Name | None, Field(description="Original filename")] = None
    source_type: Annotated[
        Literal["manual", "plaid"],
        Field(description="manual: the file statement_s3_key; plaid: lines imported before"),
    ] = "manual"


class UploadUrlRequest(ReconciliationTerms):
    """A presigned upload to ask for."""

    ledger_id: uuid.UUID
    filename: Name


class UploadForm(_Request):
    """What may stand in the form beside the file, as text."""

    ledger_id: uuid.UUID
    start_date: Moment | None = None
    end_date: Moment | None = None
    opening_balance: Annotated[AmountText | None, Field(description="In cents")] = None
    closing_balance: Annotated[AmountText | None, Field(description="In cents")] = None
    auto_start: bool = True


class MatchApproveRequest(_Request):
    """A statement line and the transactions that explain it."""

    statement_txn_id: uuid.UUID
    ledger_txn_ids: Annotated[
        list[uuid.UUID], Field(description="Empty to approve the match that is proposed.")
    ] = []


class MatchRejectRequest(_Request):
    """A statement line whose match is wrong."""

    statement_txn_id: uuid.UUID


class CompleteRequest(_Request):
    """How to complete."""

    skip_balance_check: Annotated[
        bool,
        Field(strict=True, description="Complete although the proof fails; shown for ever."),
    ] = False


class Envelope(TypedDict):
    """What stands beside the object's own fields for clients of the newer pages."""

    success: bool
    message: str
    code: Annotated[int, Field(description="The HTTP status again")]


class OpposingLineEntryLedgerInfo(TypedDict):
    """The ledger (account) a line entry affects."""

    id: str
    name: str
    type: str


class OpposingLineEntryResponse(TypedDict):
    """Where a transaction was posted to."""

    id: Annotated[str, Field(description="Line entry UUID.")]
    amount: Annotated[
        int, Field(description="Amount in cents (always positive; direction via debit_credit).")
    ]
    debit_credit: Literal["debit", "credit"]
    description: str | None
    ledger: OpposingLineEntryLedgerInfo


class TransactionThreadResponse(TypedDict):
    """A discussion; none exists yet."""

    id: str


class JournalEntryResponse(TypedDict):
    """A categorized transaction's journal entry; none exists yet."""

    id: str


class TransactionResponse(TypedDict):
    """A transaction, every field of the contract present."""

    id: Annotated[str, Field(description="Unique identifier (UUID7).")]
    amount: Annotated[
        int,
        Field(
            description="Amount in cents. Positive = deposit/income, negative = withdrawal/expense."
        ),
    ]
    currency: Annotated[str, Field(description="ISO 4217 currency code.")]
    datetime: Annotated[
        str,
        Field(
            description="The date the transaction occurred.", json_schema_extra={"format": "date"}
        ),
    ]
    counterparty: str | None
    description: str
    reference: str | None
    meta: dict[str, Any]
    categorization_method: Literal["manual", "rule", "ai"] | None
    posted_status: Literal["pending", "posted"]
    review_status: Literal["unreviewed", "reviewed", "flagged"]
    source: Literal["manual", "plaid", "bulk_upload"]
    opposing_line_entry_ids: list[str]
    personal: bool
    journal_entry_id: Annotated[str, Field(description="Linked journal entry UUID.")]
    teal_id: Annotated[str, Field(description="The same transaction's id in Teal's dialect.")]
    teal_ledger_id: Annotated[str, Field(description="The same ledger's id in Teal's dialect.")]
    teal_source_account_id: str
    ledger_id: Annotated[str, Field(description="Bank account (ledger) UUID.")]
    ledger_name: str
    ledger_type: Literal["asset", "liability", "equity", "revenue", "expense"]
    business_id: str
    reconciled: Annotated[bool, Field(description="True if reconciled with bank statement.")]
    invoice_ids: list[str]
    bill_ids: list[str]
    created_at: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    updated_at: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    thread: TransactionThreadResponse | None
    journal_entry: JournalEntryResponse | None
    opposing_line_entries: list[OpposingLineEntryResponse]


class TransactionList(TypedDict):
    """A page of transactions, newest first in each ledger."""

    data: list[TransactionResponse]
    next_cursor: str | None


class BulkResult(TypedDict):
    """What a bulk import recorded, in the order given."""

    count: int
    ids: list[str]


class BulkResponse(Envelope, BulkResult):
    """A bulk import's answer."""

    data: BulkResult


class LedgerResponse(TypedDict):
    """A ledger."""

    id: str
    number: Annotated[int, Field(description="The same ledger's integer id in Snapbooks' dialect.")]
    business_id: str
    name: str
    type: Literal["asset", "liability", "equity", "revenue", "expense"]
    currency: str
    account_code: str
    account_id: str | None
    bank_id: str | None
    opening_balance: Annotated[int | None, Field(description="In cents.")]
    reconciled_through: Annotated[
        str | None, Field(description="Last day of the newest completed reconciliation.")
    ]
    reconciled_balance: Annotated[int | None, Field(description="Proven balance on that day.")]
    created_at: str


class LedgerList(TypedDict):
    """Ledgers, oldest first."""

    data: list[LedgerResponse]
    next_cursor: str | None


class ReconciliationSummary(TypedDict):
    """Statement lines by what became of them.

    ``total`` is ``approved`` + ``proposed`` + ``unmatched``.
    """

    total: int
    machine_matched: Annotated[int, Field(description="Approved without a person, of approved.")]
    approved: int
    proposed: Annotated[int, Field(description="Matched, waiting for a person to approve.")]
    ambiguous: Annotated[int, Field(description="Of unmatched: tied between candidates.")]
    unmatched: int
    unmatched_ledger_txns: Annotated[int, Field(description="Outstanding in the books.")]


class BalanceOverride(TypedDict):
    """Someone completed although the proof failed."""

    by: str
    at: str
    difference: int


class ReconciliationFields(TypedDict):
    """A reconciliation's own fields; money in cents."""

    id: str
    business_id: str
    ledger_id: str
    number: Annotated[int, Field(description="Integer id in Snapbooks' dialect.")]
    sequence_number: Annotated[int, Field(description="Counts per ledger from 1.")]
    status: Literal["pending", "processing", "ai_matched", "in_review", "completed", "failed"]
    currency: str
    start_date: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    end_date: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    statement_id: str | None
    statement_s3_key: str | None
    statement_filename: str | None
    opening_balance: int | None
    closing_balance: int | None
    summary: ReconciliationSummary
    difference: Annotated[
        int | None, Field(description="Closing less what is proven; null before matching.")
    ]
    is_balanced: bool
    failure_code: str | None
    failure_reason: str | None
    warnings: list[str]
    balance_override: BalanceOverride | None
    created_by: str
    created_at: str
    updated_at: str
    completed_at: str | None


class ReconciliationResponse(Envelope, ReconciliationFields):
    """A reconciliation for both generations of clients."""

    data: ReconciliationFields


class ReconciliationList(Envelope):
    """A page of reconciliations, newest first."""

    data: list[ReconciliationFields]
    next_cursor: str | None


class UploadTarget(TypedDict):
    """Where and how to PUT the file."""

    url: str
    method: Literal["PUT"]
    headers: dict[str, str]
    expires_at: str
    max_bytes: int


class UploadUrlFields(TypedDict):
    """A presigned upload; the reconciliation starts when the file arrives."""

    statement_id: str
    statement_s3_key: str
    upload: UploadTarget


class UploadUrlResponse(Envelope, UploadUrlFields):
    """A presigned upload for both generations of clients."""

    data: UploadUrlFields
