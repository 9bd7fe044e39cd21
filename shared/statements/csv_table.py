"""CSV text to a table: which delimiter, which row is the header, what stands around it.

The header is found by its words, because a preamble has no fixed length: it is the first row
that names a date and an amount. The delimiter is the one under which such a row exists.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from shared.errors import UnreadableStatement
from shared.statements.csv_words import DATE_ROLES, Role, roles_of
from shared.statements.text import FIELD_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

DELIMITERS = (",", ";", "\t", "|")
"""Every delimiter banks are known to use; the order decides nothing."""

HEADER_ROWS_MAX = 60
"""How far down a header is looked for. The longest known preamble has about 20 rows."""

SAMPLE_CHARS = 64 * 1024
"""How much text is tried with each delimiter: sixty rows of a thousand characters."""

ROWS_MAX = 10_000_000
"""Most rows of one file: ten times the largest that any bank is known to export."""

COLUMNS_MAX = 200
"""Widest row read. The widest real export (PayPal's) has about 60 columns."""

SEPARATOR_LINE = re.compile(r"\s*\"?sep=(.)\"?[ \t]*(?:\r\n|\r|\n)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line it begins on, from 1, and its cells without outer spaces."""

    line: int
    cells: tuple[str, ...]

    def cell(self, index: int) -> str:
        """Return a cell, empty where the row ends before it."""
        return self.cells[index] if index < len(self.cells) else ""

    @property
    def filled(self) -> list[str]:
        """The cells that are not empty."""
        return [cell for cell in self.cells if cell]


def _rows(text: str, delimiter: str, quote: str) -> Iterator[Row]:
    """Yield the records that are not blank.

    Raises:
        UnreadableStatement: A quote is never closed, or text follows a closing quote.
    """
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote, strict=True
    )
    line = 1
    try:
        for cells in reader:
            stripped = tuple([cell.strip(OUTER_SPACE) for cell in cells])
            if any(stripped):
                yield Row(line, stripped)
            line = reader.line_num + 1
    except csv.Error as error:
        reason = str(error)
        if "unexpected end" in reason:
            reason = "a quote is never closed, so the file is cut off or damaged"
        elif "field limit" in reason:
            reason = f"a field is longer than {FIELD_CHARS_MAX} characters"
        else:
            reason = f"the quoting is broken ({reason})"
        raise UnreadableStatement(reason, line=line) from None


OUTER_SPACE = " \t\u00a0\u202f\u2007\ufeff\r\n"


def header_score(row: Row) -> int:
    """Return how many columns a row names, or 0 where it is no statement's header.

    A header names a date and, in other columns, an amount or a debit and a credit amount.
    """
    roles = [set(roles_of(cell)) for cell in row.cells[:COLUMNS_MAX]]
    dates = {i for i, found in enumerate(roles) if found.intersection(DATE_ROLES)}
    amounts = {i for i, found in enumerate(roles) if Role.AMOUNT in found}
    debits = {i for i, found in enumerate(roles) if Role.DEBIT in found}
    credits_ = {i for i, found in enumerate(roles) if Role.CREDIT in found}
    money = amounts or (debits | credits_ if debits and credits_ else set())
    if not dates or not money or len(dates | money) < len(("date", "money")):
        return 0
    return sum(1 for found in roles if found)


def sample_rows(text: str, delimiter: str, quote: str = '"') -> list[Row]:
    """Return the first rows of a text under one delimiter, as far as they can be read."""
    rows = []
    try:
        for row in _rows(text, delimiter, quote):
            rows.append(row)
            if len(rows) == HEADER_ROWS_MAX:
                break
    except UnreadableStatement:
        pass
    return rows


def refuse_no_header(rows: Sequence[Row]) -> NoReturn:
    """Say which columns are missing from the row that comes nearest to a header."""
    nearest: Row | None = None
    most = -1
    for row in rows:
        known = sum(1 for cell in row.cells[:COLUMNS_MAX] if roles_of(cell))
        if known > most:
            nearest, most = row, known
    roles = {role for cell in (nearest.cells if nearest else ()) for role in roles_of(cell)}
    missing = [] if roles.intersection(DATE_ROLES) else ["a date"]
    if Role.AMOUNT not in roles and not {Role.DEBIT, Role.CREDIT} <= roles:
        missing.append("an amount (or a debit and a credit)")
    shown = ", ".join(repr(cell[:30]) for cell in (nearest.filled if nearest else [])[:12])
    raise UnreadableStatement(
        f"no header row of a bank statement was found: no column is named as "
        f"{' and '.join(missing or ['a date beside an amount'])}; the nearest row has {shown}",
        line=nearest.line if nearest else None,
    )
