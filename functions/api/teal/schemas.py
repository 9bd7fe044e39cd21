"""What Teal's clients receive."""

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict


class TealReconciliation(TypedDict):
    """A reconciliation; money in major units, exact to the currency's decimals."""

    id: Annotated[str, Field(description="The Reconciliation ID.")]
    start_datetime: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    end_datetime: Annotated[
        str,
        Field(
            description="The last second of the period.", json_schema_extra={"format": "date-time"}
        ),
    ]
    reconciled_balance: Annotated[
        float,
        Field(
            description="The balance of all reconciled journal entries in the ledger with a "
            "datetime before the end datetime."
        ),
    ]
    statement_ending_balance: float
    reconciliation_status: Literal["reconciled", "unreconciled"]
    progress_status: Annotated[str, Field(examples=["in_progress", "completed"])]
    ledger_id: str | None
    statement_starting_balance: float | None
    completed_on_datetime: Annotated[str | None, Field(json_schema_extra={"format": "date-time"})]
