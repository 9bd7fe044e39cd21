"""What an inference comes to: one value that says how every row of a table is read."""

from __future__ import annotations

from dataclasses import dataclass

from shared.statements.amounts import DecimalMark
from shared.statements.csv_amounts import Reading
from shared.statements.csv_columns import Columns
from shared.statements.csv_notes import Notes
from shared.statements.csv_table import Row
from shared.statements.dates import DateOrder

Group = tuple[str | None, str | None]
"""An account, where a column names it, and a currency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """What was inferred about one table, for reading it and for showing it to a user.

    ``currency_column`` and ``account_column`` are set where rows name them; ``groups`` are the
    accounts and currencies that occur, in file order, each a statement of its own. Balances are
    taken with the opposite sign where ``balance_turned``.
    """

    header: Row
    columns: Columns
    notes: Notes
    date_order: DateOrder
    decimal_mark: DecimalMark
    reading: Reading
    currency_column: int | None
    currency: str | None
    account_column: int | None
    groups: tuple[Group, ...]
    account: str | None = None
    balance_turned: bool = False
