"""What Day Zero's clients send and receive while a reconciliation is reviewed."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

from functions.api.dayzero.schemas import Envelope


class BankWord(TypedDict):
    """Something the bank said that no field holds: the format's own name and the text."""

    name: str
    text: str


class StatementTxnDetail(TypedDict):
    """One member of a batch that the bank booked as a single movement; money in cents."""

    amount: int | None
    currency: str | None
    description: str
    counterparty: str | None
    counterparty_account: str | None
    end_to_end_id: str | None
    mandate_id: str | None
    remittance_reference: str | None
    bank_reference: str | None
    extra: list[BankWord]


class StatementTxn(TypedDict):
    """A statement line; money in cents."""

    id: str
    statement_id: str
    index: Annotated[int, Field(description="Place in the file, from 0.")]
    datetime: str
    value_date: str | None
    amount: int
    currency: str
    description: str
    counterparty: str | None
    reference: Annotated[
        str | None,
        Field(description="The most telling of the references that the parties chose."),
    ]
    bank_reference: str | None
    kind: str | None
    description_received: Annotated[str, Field(description="The description as the file has it.")]
    counterparty_account: str | None
    end_to_end_id: str | None
    mandate_id: str | None
    check_number: str | None
    customer_reference: str | None
    remittance_reference: Annotated[
        str | None, Field(description="Structured creditor reference: RF, QRR, OGM, KID.")
    ]
    transaction_code: Annotated[
        str | None, Field(description="The format's own code of the kind of movement.")
    ]
    original_amount: Annotated[
        int | None, Field(description="In minor units of original_currency.")
    ]
    original_currency: str | None
    exchange_rate: Annotated[str | None, Field(description="As the bank writes it.")]
    running_balance: Annotated[int | None, Field(description="After this line, by the bank.")]
    is_reversal: bool
    details: Annotated[
        list[StatementTxnDetail],
        Field(description="Members of a batch, the first 20 of them."),
    ]
    details_count: Annotated[int, Field(description="Members of the batch in all.")]
    extra: list[BankWord]
    position: Annotated[int | None, Field(description="Line or row of the file, from 1.")]


class LedgerTxn(TypedDict):
    """A transaction as a match or a candidate names it; money in cents."""

    id: str
    datetime: str
    amount: int
    currency: str
    description: str
    counterparty: str | None
    reference: str | None


class MatchResidue(TypedDict):
    """What a match leaves between its two sides."""

    kind: str
    amount: int


class MatchFields(TypedDict):
    """A match with the reasons for it."""

    id: str
    status: Literal["proposed", "approved", "rejected"]
    method: str
    confidence: float
    reasons: list[str]
    amount: int
    statement_txn_ids: list[str]
    ledger_txn_ids: list[str]
    residues: list[MatchResidue]
    decided_by: str
    decided_at: str


class MatchResponse(Envelope, MatchFields):
    """A match for both generations of clients."""

    data: MatchFields


class MatchWithTxns(MatchFields):
    """A match with what it ties together."""

    statement_txns: Annotated[
        list[StatementTxn], Field(description="Those of its lines that are on this page.")
    ]
    ledger_txns: list[LedgerTxn]


class MatchCandidate(TypedDict):
    """One of several explanations of a line."""

    ledger_txn_ids: list[str]
    ledger_txns: list[LedgerTxn]
    confidence: float
    reasons: list[str]


class AmbiguousTxn(TypedDict):
    """A line that several explanations fit equally well: a person decides."""

    statement_txn: StatementTxn
    candidates: list[MatchCandidate]


class MatchListFields(TypedDict):
    """One page of statement lines, each in exactly one of the first three lists."""

    matches: list[MatchWithTxns]
    ambiguous: list[AmbiguousTxn]
    unmatched_statement_txns: list[StatementTxn]
    unmatched_ledger_txns: Annotated[
        list[LedgerTxn],
        Field(description="Outstanding in the books; on the first page only, 1,000 at most."),
    ]
    unmatched_ledger_txns_count: Annotated[
        int, Field(description="How many are outstanding; 0 after the first page.")
    ]
    next_cursor: str | None


class MatchListResponse(Envelope, MatchListFields):
    """A page of matches for both generations of clients."""

    data: MatchListFields


class BalanceFields(TypedDict):
    """The proof: opening + net matched = closing, in cents."""

    currency: str
    opening_balance: int
    net_matched: int
    closing_balance: int
    difference: Annotated[int, Field(description="closing - (opening + net matched)")]
    is_balanced: bool
    statement_net: Annotated[int, Field(description="Sum of all statement lines.")]
    statement_txns_not_cleared: int
    outstanding: Annotated[int, Field(description="Sum of ledger transactions on no statement.")]
    outstanding_count: int
    book_balance: int
    adjusted_bank_balance: int
    findings: Annotated[
        list[str], Field(description="What stands in the way, in words; empty means proven.")
    ]


class BalanceResponse(Envelope, BalanceFields):
    """The proof for both generations of clients."""

    data: BalanceFields


class StatementFields(TypedDict):
    """A statement as received, refused ones with where and why."""

    id: str
    ledger_id: str
    status: Literal["awaiting_upload", "received", "parsed", "refused", "duplicate"]
    s3_key: str
    filename: str
    format: str | None
    currency: str | None
    account_id: str | None
    start_date: str | None
    end_date: str | None
    opening_balance: int | None
    closing_balance: int | None
    line_count: int | None
    warnings: list[str]
    reason: str | None
    reason_line: int | None
    reason_column: int | None
    reconciliation_id: str | None
    created_at: str


class StatementList(TypedDict):
    """A page of statements, newest first."""

    data: list[StatementFields]
    next_cursor: str | None
