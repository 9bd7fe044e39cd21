"""Which rows are movements, and which are pending, balances, totals or remarks.

A row is left out only where its own words say what it is. A row that merely cannot be read is
refused with its line, since it may be the one movement that makes the books tie out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.statements.amounts import split_amount
from shared.statements.csv_columns import EMPTY_MARKS, Columns
from shared.statements.csv_table import Row, header_score
from shared.statements.csv_words import (
    Role,
    balance_named,
    fold,
    is_pending,
    is_void,
    names_a_sum,
    names_pending_section,
)
from shared.statements.dates import date_readings, looks_like_date

if TYPE_CHECKING:
    from collections.abc import Sequence

_BALANCE_ROW = re.compile(
    r"(?:(?:opening|beginning|starting|closing|ending|previous|new) balance(?: as of\b.*)?"
    r"|bal(?:ance)? [bc] f(?:wd)?"
    r"|balance (?:brought|carried) forward|brought forward|carried forward|saldovortrag"
    r"|saldo (?:inicial|final|anterior|iniziale|finale|poczatkowe|koncowe|precedente)"
    r"|anfangssaldo|endsaldo|anfangsbestand|endbestand|(?:alter|neuer) (?:saldo|kontostand)"
    r"|(?:ancien|nouveau) solde|solde (?:initial|final|precedent|anterieur)"
    r"|(?:begin|eind)saldo|(?:inngaende|utgaende|ingaende) (?:saldo|balanse)"
    r"|(?:balance|saldo|solde|kontostand)"
    r"(?: (?:as of|as at|on|at|am|vom|zum|au|al|per|op|em) \d.*)?"
    r"|saldo (?:do |del )?dia|s a l d o)"
)
_OPEN_LABEL = re.compile(
    r"new balance|saldo (?:do |del )?dia|(?:balance|saldo|solde|kontostand)(?: \w+(?: of)? \d.*)?"
)
"""Labels among them that may as well be a shop or what a payment was for ("Saldo al 31/12")."""

_AMBIGUOUS_LABEL = re.compile(r"new balance|balance|saldo|solde|kontostand")
"""Labels that say nothing for sure even where they stand alone."""

_BALANCE_BEGIN = re.compile(
    r"[\W_]*(?:opening|begin|starting|closing|end|previous|new|bal|brought|carried|saldo|anfang"
    r"|alter|neuer|ancien|nouveau|solde|eind|inn?gaende|utgaende|kontostand|s a l d o)",
    re.IGNORECASE,
)
"""How a cell in plain letters begins where ``_BALANCE_ROW`` may fit it; folding takes longer."""

NOTES_MAX = 10_000
"""Most rows that are no movements: some exports print a page header every fifty rows."""

_BALANCE_WORDS = ("bal", "forward", "vortrag", "sald", "stand", "solde", "s a l d o")
"""One of them is in every cell that states a balance, in small letters."""

_DIGITS = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]{4}")
_LETTERS = re.compile(r"[^\W\d_]")


@dataclass(slots=True)
class Sorter:
    """Tells the rows below a header apart, one by one as they pass.

    ``notes`` are the rows that are no movements; a row without a date is one only once the next
    row, or the end of the file, shows that it can be.
    """

    header: Row
    columns: Columns
    notes: list[Row] = field(default_factory=list)
    _undated: list[Row] = field(default_factory=list)

    @property
    def width(self) -> int:
        """How many columns have a name, up to the last that has."""
        width = len(self.header.cells)
        while width and not self.header.cells[width - 1]:
            width -= 1
        return width

    def sort(self, row: Row) -> str:
        """Return ``movement``, ``note``, or ``pending`` or ``void`` of a row that is not blank.

        Raises:
            UnreadableStatement: The row is cut off, has too many cells, no real date or no amount.
        """
        if row.cells == self.header.cells or (
            not date_readings(row.cell(self.columns.date)) and header_score(row)
        ):
            raise UnreadableStatement("a second table begins here; split the file", line=row.line)
        what = _kind_of(row, self.columns, self.width, len(self.header.cells))
        if what == "movement":
            self.movement_follows()
        elif what == "undated":
            self._undated.append(row)
        if what in {"undated", "note"}:
            self.notes.append(row)
            if len(self.notes) > NOTES_MAX:
                raise UnreadableStatement(
                    f"more than {NOTES_MAX:,} rows are no movements", line=row.line
                )
            return "note"
        return what

    def movement_follows(self) -> None:
        """Refuse a row without a date above a movement: with digits, or a heading of pending rows.

        Raises:
            UnreadableStatement: It may be a movement, or what follows it may not be booked.
        """
        for remark in self._undated:
            if any(map(names_pending_section, remark.filled)):
                raise UnreadableStatement(
                    f"below {remark.filled[0][:40]!r} stand rows that may not be booked yet; split "
                    "the file there",
                    line=remark.line,
                )
            if _DIGITS.search("".join(remark.filled)):
                _refuse_undated(remark, self.columns)
        self._undated.clear()

    def finish(self, *, is_last: Row | None, ends_with_newline: bool) -> None:
        """Look at the rows below the last movement.

        Raises:
            UnreadableStatement: One may be a movement, whole or cut off.
        """
        for row in self._undated:
            cut = not ends_with_newline and is_last is not None and row.line == is_last.line
            _check_remark(row, self.columns, self.width, is_cut=cut)


def _status(row: Row, columns: Columns) -> str | None:
    if len(row.filled) == 1:
        return None  # a heading
    cells = [row.cell(index) for index in columns.all(Role.STATUS)]
    cells.append(row.cell(columns.date))
    if any(map(is_pending, cells)):
        return "pending"
    return "void" if any(map(is_void, cells)) else None


def _kind_of(row: Row, columns: Columns, width: int, header_cells: int) -> str:
    status = _status(row, columns)
    date = row.cell(columns.date)
    if status:
        if date_readings(date):
            _check_width(row, width, header_cells)
        return status
    if not date_readings(date):
        if looks_like_date(date):
            raise UnreadableStatement(
                f"{date[:40]!r} is no date that exists", line=row.line, column=columns.date + 1
            )
        return "note" if names_a_sum(row.filled[0]) else "undated"
    _check_width(row, width, header_cells)
    if any(map(is_balance, row.cells)) and not _is_movement_after_all(row, columns):
        return "note"
    if not any(_is_filled(row.cell(index)) for index in columns.money):
        if any(balance_named(cell) for cell in row.filled):
            return "note"
        raise UnreadableStatement(
            "the row has a date but no amount", line=row.line, column=columns.money[0] + 1
        )
    return "movement"


def _is_movement_after_all(row: Row, columns: Columns) -> bool:
    """Return whether a row with the label of a balance is a movement: in the shop New Balance, say.

    A running balance beside the amount proves it or breaks. A bank's own row has nothing but its
    day, its label and the amount.

    Raises:
        UnreadableStatement: It may be either.
    """
    labels = [fold(cell[:100]) for cell in row.cells if is_balance(cell)]
    if not all(map(_OPEN_LABEL.fullmatch, labels)):
        return False
    if not any(_is_filled(row.cell(index)) for index in columns.money):
        return False
    balances = {row.cell(index) for index in columns.all(Role.BALANCE)} - {""}
    repeats = not balances.isdisjoint(row.cell(index) for index in columns.money)
    if balances and not repeats:
        return True
    facts = {columns.date, columns.value_date, *columns.money}
    for role in (Role.CURRENCY, Role.ACCOUNT, Role.BALANCE):
        facts.update(columns.all(role))
    if sum(bool(cell) for index, cell in enumerate(row.cells) if index not in facts) > 1:
        return True
    if not repeats and not any(map(_AMBIGUOUS_LABEL.fullmatch, labels)):
        return False
    raise UnreadableStatement(
        f"{next(filter(is_balance, row.cells))!r} could be a movement or the balance on that day: "
        "name the movement in another way, or take the row out",
        line=row.line,
    )


def is_balance(cell: str) -> bool:
    """Return whether a cell says that its row is a balance and no movement."""
    if cell.isascii() and not _BALANCE_BEGIN.match(cell):
        return False
    if not any(word in cell.casefold() for word in _BALANCE_WORDS):
        return False
    return _BALANCE_ROW.fullmatch(fold(cell[:100])) is not None


def has_balance(cells: Sequence[str]) -> bool:
    """Return whether one of the cells of a column says that its row is a balance."""
    joined = "\n".join(cells)
    lower = joined.lower() if joined.isascii() else joined.casefold()
    words = [word for word in _BALANCE_WORDS if word in lower]
    if not words:
        return False
    folded = lower.split("\n")
    if len(folded) != len(cells):
        return any(map(is_balance, cells))
    return any(
        is_balance(cell)
        for word in words
        for cell, one in zip(cells, folded, strict=True)
        if word in one
    )


def is_unnamed_text(cell: str) -> bool:
    """Return whether a cell of a column without a name is surely text: no amount has four letters.

    Examples:
        >>> is_unnamed_text("Shop 12"), is_unnamed_text("50 EUR"), is_unnamed_text("")
        (True, False, True)
    """
    return not cell or _WORD.search(cell) is not None


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


def _check_remark(row: Row, columns: Columns, width: int, *, is_cut: bool) -> None:
    """Refuse a row below the movements that may be a movement, whole or cut off."""
    filled = [row.cell(index) for index in columns.money if _is_filled(row.cell(index))]
    if any(split_amount(cell) for cell in filled) or not _LETTERS.search(row.filled[0]):
        _refuse_undated(row, columns)
    if is_cut and len(row.cells) < width:
        raise UnreadableStatement(
            f"the last row has {len(row.cells)} columns and the header {width}: it is cut off",
            line=row.line,
        )
