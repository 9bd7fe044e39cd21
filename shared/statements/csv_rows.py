"""Which rows are movements, and which are pending, balances, totals or remarks.

A row is left out only where its own words say what it is. A row that merely cannot be read is
refused with its line, since it may be the one movement that makes the books tie out.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.statements.amounts import split_amount
from shared.statements.csv_columns import EMPTY_MARKS
from shared.statements.csv_table import Row
from shared.statements.csv_words import (
    Role,
    balance_named,
    fold,
    is_pending,
    is_void,
    names_a_sum,
)
from shared.statements.dates import date_readings, looks_like_date

if TYPE_CHECKING:
    from shared.statements.csv_columns import Columns
    from shared.statements.csv_table import Table

_BALANCE_ROW = re.compile(
    r"(?:(?:opening|beginning|starting|closing|ending|previous|new) balance(?: as of\b.*)?"
    r"|balance (?:brought|carried) forward|brought forward|carried forward|saldovortrag"
    r"|saldo (?:inicial|final|anterior|iniziale|finale|poczatkowe|koncowe|precedente)"
    r"|anfangssaldo|endsaldo|anfangsbestand|endbestand|(?:alter|neuer) (?:saldo|kontostand)"
    r"|(?:ancien|nouveau) solde|solde (?:initial|final|precedent|anterieur)"
    r"|(?:begin|eind)saldo|(?:inngaende|utgaende|ingaende) (?:saldo|balanse))"
)
_BALANCE_HINT = re.compile("bal|forward|vortrag|sald|stand|bestand|solde", re.IGNORECASE)
_DIGITS = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]")


@dataclass(slots=True)
class Body:
    """The rows below the header, sorted by what they are."""

    movements: list[Row] = field(default_factory=list)
    notes: list[Row] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def sort_rows(table: Table, columns: Columns) -> Body:
    """Return the movements and what stands between and below them.

    Raises:
        UnreadableStatement: A row is cut off, has too many cells, no real date or no amount.
    """
    body = Body()
    width = len(table.header.cells)
    while width and not table.header.cells[width - 1]:
        width -= 1
    undated: list[Row] = []
    for row in table.body:
        if row.cells == table.header.cells:
            raise UnreadableStatement("a second table begins here; split the file", line=row.line)
        what = _kind_of(row, columns, width, len(table.header.cells))
        if what == "movement":
            for remark in undated:
                if _DIGITS.search("".join(remark.filled)):
                    _refuse_undated(remark, columns)
            body.notes += undated
            undated.clear()
            body.movements.append(row)
        elif what == "undated":
            undated.append(row)
        elif what == "note":
            body.notes.append(row)
        else:
            body.left_out[what] += 1
    for row in undated:
        _check_remark(row, columns, table, width)
        body.notes.append(row)
    return body


def _status(row: Row, columns: Columns) -> str | None:
    cells = [row.cell(index) for index in columns.all(Role.STATUS)]
    cells.append(row.cell(columns.date))
    if any(map(is_pending, cells)):
        return "pending"
    return "void" if any(map(is_void, cells)) else None


def _kind_of(row: Row, columns: Columns, width: int, header_cells: int) -> str:
    status = _status(row, columns)
    if status:
        return status
    date = row.cell(columns.date)
    if not date_readings(date):
        if looks_like_date(date):
            raise UnreadableStatement(
                f"{date[:40]!r} is no date that exists", line=row.line, column=columns.date + 1
            )
        return "note" if names_a_sum(row.filled[0]) else "undated"
    _check_width(row, width, header_cells)
    if any(
        _BALANCE_ROW.fullmatch(fold(cell[:100])) for cell in row.cells if _BALANCE_HINT.search(cell)
    ):
        return "note"
    if not any(_is_filled(row.cell(index)) for index in columns.money):
        if any(balance_named(cell) for cell in row.filled):
            return "note"
        raise UnreadableStatement(
            "the row has a date but no amount", line=row.line, column=columns.money[0] + 1
        )
    return "movement"


def _is_filled(cell: str) -> bool:
    return bool(cell) and cell not in EMPTY_MARKS


def _check_width(row: Row, width: int, header_cells: int) -> None:
    """Refuse a row that is cut off or has an unquoted separator in it.

    Columns without a name may hold more text (PKO splits its description over them), but not
    digits: ``-1,234.50`` without quotes would put the rest of the amount there.
    """
    if len(row.cells) < width:
        raise UnreadableStatement(
            f"the row has {len(row.cells)} columns and the header {width}: it is cut off",
            line=row.line,
            column=len(row.cells),
        )
    unnamed = row.cells[width:header_cells]
    if any(row.cells[header_cells:]) or any(
        cell and (split_amount(cell) or not _LETTERS.search(cell)) for cell in unnamed
    ):
        raise UnreadableStatement(
            f"the row has {len(row.cells)} columns and the header {width}: "
            "a separator inside a text or an amount is not quoted",
            line=row.line,
            column=width + 1,
        )


def _refuse_undated(row: Row, columns: Columns) -> None:
    raise UnreadableStatement(
        f"{row.cell(columns.date)[:40]!r} is not a date", line=row.line, column=columns.date + 1
    )


def _check_remark(row: Row, columns: Columns, table: Table, width: int) -> None:
    """Refuse a row below the movements that may be a movement, whole or cut off."""
    filled = [row.cell(index) for index in columns.money if _is_filled(row.cell(index))]
    if any(split_amount(cell) for cell in filled) or not _LETTERS.search(row.filled[0]):
        _refuse_undated(row, columns)
    is_last = row is table.body[-1]
    if is_last and not table.ends_with_newline and len(row.cells) < width:
        raise UnreadableStatement(
            f"the last row has {len(row.cells)} columns and the header {width}: it is cut off",
            line=row.line,
        )
