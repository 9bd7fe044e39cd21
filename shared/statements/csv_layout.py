"""Where the header of a table is, by its words, by a mapping, or by the cells of a bare table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.money import is_currency
from shared.statements.amounts import DecimalMark, plain, split_amount
from shared.statements.balances import Proven, prove
from shared.statements.csv_notes import is_iban
from shared.statements.csv_survey import decimals_written
from shared.statements.csv_table import HEADER_ROWS_MAX, Row, header_score
from shared.statements.csv_words import fold
from shared.statements.dates import DateOrder, date_readings
from shared.statements.mapping import ColumnName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.statements.mapping import Mapping

BARE_ROWS_MIN = 2
"""Fewest rows of a table without a header: one row may be anything."""

BARE_ROWS_MAX = 200
"""How many rows of a table without a header are looked at; all are checked when they are read."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The header's row, and the columns of a table that has none.

    Without a header, ``header`` stands on the line above the first row and numbers the columns.
    ``score`` is how many of its cells are known.
    """

    header: Row
    score: int = 0
    columns: tuple[tuple[str, tuple[ColumnName, ...]], ...] = ()

    def applied_to(self, mapping: Mapping) -> Mapping:
        """Return a mapping with the columns that the cells show."""
        return (
            mapping
            if mapping.columns or not self.columns
            else replace(mapping, columns=self.columns)
        )


def locate(rows: Sequence[Row], mapping: Mapping) -> Layout | None:
    """Return where the header is among the first rows, or ``None``.

    A mapping names its row, or its columns; else the first row that names a date and an amount is
    the header.
    """
    if mapping.header_row == 0:
        return _numbered(rows, mapping) if rows else None
    if mapping.header_row is not None:
        row = next((row for row in rows if row.line == mapping.header_row), None)
        return None if row is None else Layout(row, len(row.filled))
    names = [name for _, listed in mapping.columns for name in listed if isinstance(name, str)]
    for row in rows[:HEADER_ROWS_MAX]:
        if names:
            held = {fold(cell) for cell in row.cells} | set(row.cells)
            if all(name.strip() in held or fold(name) in held for name in names):
                return Layout(row, len(names))
        else:
            score = header_score(row)
            if score:
                return Layout(row, score)
    return None


def _numbered(rows: Sequence[Row], mapping: Mapping) -> Layout:
    first = rows[0]
    width = max(len(row.cells) for row in rows[:HEADER_ROWS_MAX])
    return Layout(
        Row(max(first.line - 1, mapping.skip_first), _numbers(width)),
        sum(map(len, mapping.columns)),
    )


def _numbers(width: int) -> tuple[str, ...]:
    return tuple(f"column {number}" for number in range(1, width + 1))


def without_header(rows: Sequence[Row], mapping: Mapping) -> Layout | None:
    """Return the columns of a table without a header where the cells leave no choice.

    All rows have the same cells; exactly one column holds dates, and one holds amounts with
    decimals, or two of which one is the running balance of the other; there is text beside them.
    """
    if mapping.columns or len(rows) < BARE_ROWS_MIN:
        return None
    width = len(rows[0].cells)
    sample = rows[:BARE_ROWS_MAX]
    if width < len(("date", "text", "amount")) or any(len(row.cells) != width for row in sample):
        return None
    columns = list(zip(*(row.cells for row in sample), strict=True))
    dates = [i for i, cells in enumerate(columns) if all(map(date_readings, cells))]
    money = _money(columns, dates)
    texts = money and _texts(columns, {*dates, *(index for index, _ in money)})
    if not money or not texts:
        return None
    found: dict[str, tuple[ColumnName, ...]] = {"date": (dates[0] + 1,)}
    for index, role in (*money, *texts):
        found[role] = (*found.get(role, ()), index + 1)
    if len(found.get("currency", ())) > 1 or "description" not in found:
        return None
    header = Row(max(rows[0].line - 1, 0), _numbers(width))
    return Layout(header, 0, tuple(found.items()))


def _money(columns: Sequence[tuple[str, ...]], dates: Sequence[int]) -> list[tuple[int, str]]:
    """Return the column of amounts and the one of balances, or nothing where they are not sure."""
    amounts = [i for i, cells in enumerate(columns) if i not in dates and _are_amounts(cells)]
    if len(dates) != 1 or not amounts:
        return []
    if len(amounts) == 1:
        return [(amounts[0], "amount")]
    if len(amounts) > len(("amount", "balance")):
        return []
    proven = [
        (one, other)
        for one, other in (amounts, amounts[::-1])
        if _is_balance_of(columns[other], columns[one], columns[dates[0]])
    ]
    if len(proven) != 1:
        return []
    return [(proven[0][0], "amount"), (proven[0][1], "balance")]


def _texts(columns: Sequence[tuple[str, ...]], taken: set[int]) -> list[tuple[int, str]]:
    """Return the columns of texts and of currencies, or nothing where one may hold money."""
    found: list[tuple[int, str]] = []
    for index, cells in enumerate(columns):
        if index in taken or not any(cells):
            continue
        if any(cell and _are_amounts([cell]) for cell in cells):
            # An amount in some rows only: a column of them that was cut off, or something else.
            return []
        if all(is_currency(cell.upper()) for cell in cells):
            found.append((index, "currency"))
        elif any(map(str.isalpha, "".join(cells))) and not any(map(is_iban, cells)):
            found.append((index, "description"))
    return found


def _are_amounts(cells: Sequence[str]) -> bool:
    """Return whether all cells are amounts, and some surely: with decimals, as no count has."""
    return all(cell and split_amount(cell) for cell in cells) and any(
        decimals_written(cell) == len("00") for cell in cells
    )


def _is_balance_of(balances: Sequence[str], amounts: Sequence[str], dates: Sequence[str]) -> bool:
    for mark in DecimalMark:
        values = [[_minor(cell, mark) for cell in cells] for cells in (amounts, balances)]
        days = [next(iter(date_readings(text).values())) for text in dates]
        if any(None in cells for cells in values):
            continue
        moved = [one or 0 for one in values[0]]
        for order in DateOrder:
            read = [date_readings(text).get(order) for text in dates]
            days = [day for day in read if day is not None]
            if len(days) < len(read):
                continue
            result = prove(moved, values[1], days)
            if isinstance(result, Proven) and result.steps >= len(("one", "two")):
                return True
    return False


def _minor(text: str, mark: DecimalMark) -> int | None:
    amount = split_amount(text)
    digits = None if amount is None else plain(amount.core, mark)
    if digits is None or amount is None:
        return None
    whole, _, fraction = digits.partition(".")
    value = int((whole or "0") + fraction.ljust(4, "0")[:4])
    return -value if amount.negative else value
