"""The values of a reconciliation, immutable and free of storage."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from shared.statements.model import Detail, Extra

StatementStatus = Literal["awaiting_upload", "received", "parsed", "refused", "duplicate"]
ReconciliationStatus = Literal[
    "pending", "processing", "matched", "in_review", "completed", "failed", "cancelled"
]
MatchStatus = Literal["proposed", "approved", "rejected"]

REVIEWABLE: tuple[ReconciliationStatus, ...] = ("matched", "in_review")
"""Statuses in which people approve, reject and complete."""

RETRYABLE: tuple[ReconciliationStatus, ...] = ("pending", "failed")
"""Statuses from which a run may be started."""

PERIOD_HOLDING: tuple[ReconciliationStatus, ...] = (
    "pending", "processing", "matched", "in_review", "completed",
)  # fmt: skip
"""Statuses in which a reconciliation keeps its days of the ledger from any other."""

RELEASING = "releasing"
"""Failure code of a failed or cancelled run whose matches are still being given back."""

ENGINE = "engine"
"""Who decided, where no person did."""


@dataclass(frozen=True, slots=True)
class Span:
    """A run of consecutive line numbers: one statement's lines."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class MatchRules:
    """What the caller asked of the matching; the defaults are the published ones.

    ``date_window_days`` is ``None`` for the engine's own.
    """

    auto_match: bool = True
    date_window_days: int | None = None
    auto_threshold: float = 0.9
    review_threshold: float = 0.7


@dataclass(frozen=True, slots=True)
class Terms:
    """What the caller says of the period; what is ``None`` is read from the statement.

    A reconciliation that does not ``auto_start`` waits as ``pending`` until it is started.
    """

    period_start: dt.date | None = None
    period_end: dt.date | None = None
    opening_balance_minor: int | None = None
    closing_balance_minor: int | None = None
    auto_start: bool = True
    rules: MatchRules = field(default_factory=MatchRules)


@dataclass(frozen=True, slots=True)
class StatementRecord:
    """One statement as received: where its file is, what it says, what became of it.

    ``purpose`` is ``reconcile`` where a reconciliation follows by itself and ``import`` where the
    lines wait for one. ``span`` is set once line numbers are reserved, before any line is stored.
    ``net_minor``, ``first_date`` and ``last_date`` are what its lines come to, kept so that nobody
    has to read a million of them to judge it.
    """

    id: str
    number: int
    business_id: str
    ledger_id: str
    s3_key: str
    filename: str
    status: StatementStatus
    purpose: Literal["reconcile", "import"]
    created_at: dt.datetime
    created_by: int
    created_by_name: str
    terms: Terms = field(default_factory=Terms)
    sha256: str | None = None
    format: str | None = None
    currency: str | None = None
    account_id: str | None = None
    bank_id: str | None = None
    period_start: dt.date | None = None
    period_end: dt.date | None = None
    opening_balance_minor: int | None = None
    closing_balance_minor: int | None = None
    net_minor: int | None = None
    first_date: dt.date | None = None
    last_date: dt.date | None = None
    span: Span | None = None
    warnings: tuple[str, ...] = ()
    reason: str | None = None
    reason_line: int | None = None
    reason_column: int | None = None
    reconciliation_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementLine:
    """One stored bank line. ``match_id`` is the claim of the live match it belongs to.

    Only booked lines are stored, so none has a status: what is pending or told for information may
    never be booked, and must neither be matched nor counted in a balance.

    The fields a bank may fill are those of ``shared.statements.model.Line``, except that
    ``description_received`` is ``None`` where it is the description. Where ``details`` and
    ``extra`` are too long for an item, ``record_key`` names the S3 record that has all of them,
    and ``details`` are the first of ``details_count``.
    """

    id: str
    number: int
    business_id: str
    ledger_id: str
    statement_id: str
    index: int
    date: dt.date
    value_date: dt.date | None
    amount_minor: int
    currency: str
    description: str
    description_received: str | None = None
    counterparty: str | None = None
    counterparty_account: str | None = None
    end_to_end_id: str | None = None
    mandate_id: str | None = None
    check_number: str | None = None
    customer_reference: str | None = None
    remittance_reference: str | None = None
    bank_reference: str | None = None
    transaction_code: str | None = None
    original_amount_minor: int | None = None
    original_currency: str | None = None
    exchange_rate: str | None = None
    running_balance_minor: int | None = None
    is_reversal: bool = False
    details: tuple[Detail, ...] = ()
    details_count: int = 0
    extra: Extra = ()
    record_key: str | None = None
    position: int = 0
    match_id: str | None = None
    reconciliation_id: str | None = None

    @property
    def reference(self) -> str | None:
        """The reference that the other party or the account holder chose, most telling first."""
        return (
            self.remittance_reference
            or self.end_to_end_id
            or self.check_number
            or self.customer_reference
        )

    @property
    def kind(self) -> str | None:
        """The format's own transaction type in lower case."""
        return self.transaction_code.lower() if self.transaction_code else None


@dataclass(frozen=True, slots=True)
class Residue:
    """What a match leaves between its lines and its entries, named: fee, fx, rounding."""

    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Decision:
    """One step in the life of a match; steps are appended, never edited."""

    status: MatchStatus
    by: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class MatchRecord:
    """Lines and entries that explain each other: sum(lines) = sum(entries) + sum(residues).

    ``attempt`` is the run of the reconciliation that made it, so that a step of an older run that
    comes late can tell.
    """

    id: str
    business_id: str
    reconciliation_id: str
    line_ids: tuple[str, ...]
    entry_ids: tuple[str, ...]
    amount_minor: int
    method: str
    confidence: float
    status: MatchStatus
    reasons: tuple[str, ...]
    residues: tuple[Residue, ...]
    decisions: tuple[Decision, ...]
    attempt: int

    @property
    def decided_by(self) -> str:
        """Who brought it to its present status."""
        return self.decisions[-1].by


@dataclass(frozen=True, slots=True)
class CandidateRecord:
    """One of several equally good explanations of a line."""

    entry_ids: tuple[str, ...]
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AmbiguityRecord:
    """A line with several explanations and no reason to prefer one: a person decides."""

    line_id: str
    candidates: tuple[CandidateRecord, ...]
    attempt: int


@dataclass(frozen=True, slots=True)
class Progress:
    """Counts of statement lines by what became of them, and what they clear.

    ``cleared_minor`` sums the approved matches: entries plus residues, which is their lines.
    ``entries_open`` is how many book entries up to the period's end are in no live match; it is
    shown, never proven with, since entries may be added at any time.
    """

    lines: int = 0
    approved_by_engine: int = 0
    approved_by_people: int = 0
    proposed: int = 0
    ambiguous: int = 0
    cleared_minor: int = 0
    lines_minor: int = 0
    entries_open: int = 0

    @property
    def approved(self) -> int:
        """Lines in an approved match."""
        return self.approved_by_engine + self.approved_by_people

    @property
    def unmatched(self) -> int:
        """Lines in no live match, the ambiguous ones among them."""
        return self.lines - self.approved - self.proposed


@dataclass(frozen=True, slots=True)
class Completion:
    """The decision to complete; ``difference_minor`` is not 0 only where the check was skipped."""

    by: str
    at: dt.datetime
    skipped_balance_check: bool
    difference_minor: int


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """One ledger against one period. ``sequence_number`` counts per ledger from 1."""

    id: str
    number: int
    business_id: str
    ledger_id: str
    sequence_number: int
    status: ReconciliationStatus
    period_start: dt.date
    period_end: dt.date
    currency: str
    created_at: dt.datetime
    created_by: int
    created_by_name: str
    updated_at: dt.datetime
    statement_id: str | None = None
    statement_s3_key: str | None = None
    statement_filename: str | None = None
    spans: tuple[Span, ...] = ()
    opening_balance_minor: int | None = None
    closing_balance_minor: int | None = None
    previous_closing_minor: int | None = None
    rules: MatchRules = field(default_factory=MatchRules)
    attempt: int = 0
    version: int = 1
    progress: Progress = field(default_factory=Progress)
    warnings: tuple[str, ...] = ()
    failure_code: str | None = None
    failure_reason: str | None = None
    task_token: str | None = None
    completion: Completion | None = None
    completed_at: dt.datetime | None = None
