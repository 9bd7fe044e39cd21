"""What Snapbooks' clients receive; relations are there only when asked for."""

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict


class JournalEntryLine(TypedDict):
    """The journal entry line behind an entry."""

    id: int
    posting_date: Annotated[str, Field(json_schema_extra={"format": "date"})]
    description: str
    account_code: str
    account_id: int
    debit: str
    credit: str


class ReconciliationEntry(TypedDict):
    """A journal entry line that the reconciliation cleared; amounts are decimal text."""

    id: Annotated[int, Field(description="The unique identifier of the reconciliation entry")]
    journal_entry_id: int
    journal_entry_line_id: int
    debit: Annotated[str, Field(description="The debit amount in the base currency")]
    debit_fc: Annotated[str, Field(description="The debit amount in foreign currency")]
    credit: Annotated[str, Field(description="The credit amount in the base currency")]
    credit_fc: Annotated[str, Field(description="The credit amount in foreign currency")]
    journal_entry_line: NotRequired[JournalEntryLine]


class User(TypedDict):
    """A person."""

    id: int
    first_name: str
    last_name: str


class Reconciliation(TypedDict):
    """A reconciliation."""

    id: Annotated[int, Field(description="The unique identifier of the reconciliation")]
    created_at: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    created_by_id: int
    client_account_id: int
    sequence_number: int
    reconciliation_date: Annotated[str, Field(json_schema_extra={"format": "date"})]
    entries: NotRequired[list[ReconciliationEntry]]
    created_by: NotRequired[User]


class PageMeta(TypedDict):
    """Where a page stands; ``page`` counts from 0."""

    page: int
    pages: int
    per_page: int
    records: int


class SnapbooksReconciliations(TypedDict):
    """A page of reconciliations, newest first."""

    data: list[Reconciliation]
    meta: PageMeta
