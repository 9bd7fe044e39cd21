"""What AQNT's clients send and receive."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from functions.api.fields import Day, Name

TOLERANCE_DAYS_MAX = 30
"""Past a month, payments of the same amount are more often another month's."""


class MatchRulesRequest(BaseModel):
    """Either published shape of the rules, or a mixture of both."""

    model_config = ConfigDict(defer_build=True)

    match_by_amount: Annotated[
        Literal[True], Field(description="Amounts are always compared; false is refused.")
    ] = True
    match_by_date: Annotated[
        Literal[True], Field(description="Dates are always compared; false is refused.")
    ] = True
    date_tolerance_days: Annotated[int | None, Field(strict=True, ge=0, le=TOLERANCE_DAYS_MAX)] = (
        None
    )
    amount_tolerance: Annotated[
        Decimal,
        Field(
            ge=0,
            description="Accepted for compatibility: a match whose amounts differ is proposed with "
            "the difference named and never approved by itself, whatever the tolerance.",
        ),
    ] = Decimal("0.01")
    description_similarity_threshold: Annotated[
        float, Field(ge=0, le=1, description="Accepted for compatibility: text weighs in a score.")
    ] = 0.8
    auto_match_invoices: bool = True
    auto_match_bills: bool = True
    auto_match_expenses: bool = True


class ReconcileRequest(BaseModel):
    """A run to start over the lines imported for a period."""

    model_config = ConfigDict(defer_build=True)

    account_id: Annotated[Name, Field(examples=["acc_0198b1a2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"])]
    start_date: Day
    end_date: Day
    auto_match: Annotated[bool, Field(strict=True)] = True
    match_rules: MatchRulesRequest | None = None


class ImportForm(BaseModel):
    """What stands in the form beside the file."""

    model_config = ConfigDict(defer_build=True)

    account_id: Name


class Pagination(TypedDict):
    """Where a page stands; pages count from 1."""

    page: int
    per_page: int
    total: int
    total_pages: int
    has_next: bool
    has_previous: bool


class Meta(TypedDict):
    """About the answer."""

    request_id: str
    timestamp: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    version: str


class PagedMeta(Meta):
    """About a page."""

    pagination: Pagination


class Run(TypedDict):
    """A reconciliation as it was started."""

    id: Annotated[str, Field(examples=["rec_0198b1a2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"])]
    account_id: str
    start_date: Annotated[str, Field(json_schema_extra={"format": "date"})]
    end_date: Annotated[str, Field(json_schema_extra={"format": "date"})]
    status: Literal["pending", "processing", "discrepancy", "completed", "cancelled"]
    total_transactions: int
    matched: Annotated[int, Field(description="In a match, approved or proposed.")]
    unmatched: int
    created_at: str


class RunWithCounts(Run):
    """A reconciliation as it stands."""

    discrepancies: Annotated[int, Field(description="Bank transactions nothing in the books fits.")]
    completed_at: str | None
    failure_reason: str | None


class Item(TypedDict):
    """One bank transaction of a run; money in major units."""

    transaction_id: str
    date: Annotated[str, Field(json_schema_extra={"format": "date"})]
    amount: float
    currency: str
    description: str
    status: Literal["pending", "matched", "unmatched", "reconciled", "discrepancy"]


class RunWithItems(RunWithCounts):
    """A reconciliation with one page of its bank transactions."""

    items: list[Item]


class ImportedStatement(TypedDict):
    """A statement taken in; its lines wait for a run. Money in major units."""

    id: str
    account_id: str
    filename: str
    format: str | None
    status: Literal["awaiting_upload", "received", "parsed", "refused", "duplicate"]
    currency: str | None
    start_date: str | None
    end_date: str | None
    opening_balance: float | None
    closing_balance: float | None
    total_transactions: int
    warnings: list[str]
    created_at: str


class RunAnswer(TypedDict):
    """A run in its envelope."""

    data: Run
    meta: Meta
    links: dict[str, str | None]


class RunDetailAnswer(TypedDict):
    """A run with its items in its envelope."""

    data: RunWithItems
    meta: PagedMeta
    links: dict[str, str | None]


class RunListAnswer(TypedDict):
    """A page of runs, newest first."""

    data: list[RunWithCounts]
    meta: PagedMeta
    links: dict[str, str | None]


class ImportAnswer(TypedDict):
    """An imported statement in its envelope."""

    data: ImportedStatement
    meta: Meta
    links: dict[str, str | None]
