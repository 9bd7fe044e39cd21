"""CSV text to a table: which delimiter, which row is the header, what stands around it.

The header is found by its words, because a preamble has no fixed length: it is the first row
that names a date and an amount. The delimiter is the one under which such a row exists.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.statements.csv_words import DATE_ROLES, Role, roles_of
from shared.statements.text import FIELD_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator

DELIMITERS = (",", ";", "\t", "|")
"""Every delimiter banks are known to use; the order decides nothing."""

HEADER_ROWS_MAX = 60
"""How far down a header is looked for. The longest known preamble has about 20 rows."""

SAMPLE_CHARS = 64 * 1024
"""How much text is tried with each delimiter: sixty rows of a thousand characters."""

ROWS_MAX = 1_000_000
"""Most rows of one file: beyond it a parser's memory, not the bank, is the limit."""

COLUMNS_MAX = 200
"""Widest row read. The widest real export (PayPal's) has about 60 columns."""

_SEPARATOR_LINE = re.compile(r"\s*\"?sep=(.)\"?[ \t]*(?:\r\n|\r|\n)", re.IGNORECASE)


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


@dataclass(frozen=True, slots=True)
class Table:
    """A statement's table and the rows before it."""

    delimiter: str
    header: Row
    preamble: tuple[Row, ...]
    body: tuple[Row, ...]
    ends_with_newline: bool


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    """Yield the records that are not blank.

    Raises:
        UnreadableStatement: A quote is never closed, or text follows a closing quote.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            stripped = tuple([cell.strip(_OUTER_SPACE) for cell in cells])
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


_OUTER_SPACE = " \t\u00a0\u202f\u2007\ufeff\r\n"


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


def _sample(text: str, delimiter: str) -> list[Row]:
    rows = []
    try:
        for row in _rows(text, delimiter):
            rows.append(row)
            if len(rows) == HEADER_ROWS_MAX:
                break
    except UnreadableStatement:
        pass
    return rows


def _find_header(text: str) -> tuple[str, Row]:
    sample = text[:SAMPLE_CHARS]
    found: list[tuple[int, str, Row]] = []
    for delimiter in DELIMITERS:
        for row in _sample(sample, delimiter):
            score = header_score(row)
            if score:
                found.append((score, delimiter, row))
                break
    if not found:
        _refuse_no_header(sample)
    found.sort(key=lambda candidate: candidate[0], reverse=True)
    best = found[0]
    if len(found) > 1 and found[1][0] == best[0]:
        raise UnreadableStatement(
            f"the columns could be separated by {best[1]!r} or by {found[1][1]!r}; "
            "both give a header",
            line=best[2].line,
        )
    return best[1], best[2]


def _refuse_no_header(sample: str) -> None:
    """Say which columns are missing from the row that comes nearest to a header."""
    nearest: Row | None = None
    for delimiter in DELIMITERS:
        for row in _sample(sample, delimiter):
            known = sum(1 for cell in row.cells if roles_of(cell))
            if nearest is None or known > sum(1 for cell in nearest.cells if roles_of(cell)):
                nearest = row
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


def read_table(text: str) -> Table:
    """Return the table in a CSV text.

    Raises:
        UnreadableStatement: No row names a date and an amount, a quote is not closed, or a
            named limit is passed.
    """
    separator = _SEPARATOR_LINE.match(text)
    if separator and separator[1] in DELIMITERS:
        # Excel's own hint; kept as a blank line so that the others keep their numbers.
        text = "\n" + text[separator.end() :]
    delimiter, header = _find_header(text)
    preamble: list[Row] = []
    body: list[Row] = []
    for row in _rows(text, delimiter):
        if len(row.cells) > COLUMNS_MAX:
            raise UnreadableStatement(f"a row has more than {COLUMNS_MAX} columns", line=row.line)
        if max(map(len, row.cells)) > FIELD_CHARS_MAX:
            raise UnreadableStatement(
                f"a field is longer than {FIELD_CHARS_MAX} characters", line=row.line
            )
        if row.line < header.line:
            preamble.append(row)
        elif row.line > header.line:
            body.append(row)
        if len(body) > ROWS_MAX:
            raise UnreadableStatement(f"the file has more than {ROWS_MAX} rows", line=row.line)
    return Table(delimiter, header, tuple(preamble), tuple(body), text.endswith(("\n", "\r")))
