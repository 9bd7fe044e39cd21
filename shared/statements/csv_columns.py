"""Which column holds what: the header's words, settled by what the cells look like."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.money import is_currency
from shared.statements.amounts import split_amount
from shared.statements.csv_words import (
    DATE_ROLES,
    Role,
    fold,
    roles_of,
    side_of,
)
from shared.statements.dates import date_readings, looks_like_date
from shared.statements.mapping import NO_MAPPING, ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from shared.statements.csv_table import Row
    from shared.statements.mapping import ColumnName, Mapping

SAMPLE_ROWS = 500
"""Rows looked at to see what a column holds; every row is still checked when it is read."""

AMOUNT_ROLES = frozenset({Role.AMOUNT, Role.DEBIT, Role.CREDIT, Role.FEE, Role.BALANCE})

EMPTY_MARKS = frozenset({"-", "--", "\u2013", "\u2014", "n/a", "N/A"})
"""What banks print in a debit or credit column on the side that does not apply."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table by role, each as an index from 0."""

    date: int
    value_date: int | None
    amounts: tuple[int, ...]
    debit: int | None
    credit: int | None
    by_role: dict[Role, list[int]] = field(default_factory=dict)

    def first(self, role: Role) -> int | None:
        """Return the first column of a role, if any."""
        found = self.by_role.get(role)
        return found[0] if found else None

    def all(self, role: Role) -> list[int]:
        """Return every column of a role."""
        return self.by_role.get(role, [])

    @property
    def money(self) -> list[int]:
        """The columns of which one at least must be filled in a movement's row."""
        sides = [index for index in (self.debit, self.credit) if index is not None]
        return [*self.amounts, *sides]


def _is_amount(cell: str) -> bool:
    return split_amount(cell) is not None or cell in EMPTY_MARKS


def _is_day(cell: str) -> bool:
    return bool(date_readings(cell)) or looks_like_date(cell)


def _is_side(cell: str) -> bool:
    return side_of(cell) is not None


def _is_code(cell: str) -> bool:
    return is_currency(cell.upper())


def _share(cells: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(map(test, cells)) / len(cells) if cells else 1.0


_MOSTLY = 0.5
"""A column is what most of its cells are: footers and notes stand in it too."""


def _fits(role: Role, cells: Sequence[str]) -> bool:
    """Return whether the filled cells of a column can be of a role."""
    if role in DATE_ROLES:
        return _share(cells, _is_day) >= _MOSTLY
    if role in AMOUNT_ROLES or role in {Role.ORIGINAL_AMOUNT, Role.RATE}:
        return _share(cells, _is_amount) >= _MOSTLY
    if role is Role.INDICATOR:
        return bool(cells) and all(side_of(cell) for cell in cells)
    if role in {Role.CURRENCY, Role.ORIGINAL_CURRENCY}:
        return _share(cells, _is_code) >= _MOSTLY
    return True


def _role_of(header: str, cells: Sequence[str]) -> Role | None:
    """Return the one role of a column, dates before amounts: ``20240115`` could be both."""
    roles = roles_of(header)
    if roles == (Role.CURRENCY,):
        # An unknown code must be refused, not make the column vanish.
        return Role.CURRENCY
    if roles == (Role.INDICATOR,) and cells and _share(cells, _is_side) >= _MOSTLY:
        # As above: without its marks all amounts would be money in.
        return Role.INDICATOR
    order = sorted(roles, key=lambda role: role not in DATE_ROLES)
    return next((role for role in order if _fits(role, cells)), None)


def assign(header: Row, body: Sequence[Row], mapping: Mapping = NO_MAPPING) -> Columns:
    """Return what each column of the table holds.

    Args:
        header: The row that names the columns.
        body: The first rows below it.
        mapping: Its columns are settled, whatever they are called.

    Raises:
        UnreadableStatement: No column holds dates, none holds amounts, or the mapping does not
            fit.
    """
    width = len(header.cells)
    sample = [row for row in body[:SAMPLE_ROWS] if len(row.cells) >= min(width, 2)]
    by_role: dict[Role, list[int]] = {}
    for index, name in enumerate(header.cells):
        cells = [row.cell(index) for row in sample if row.cell(index)]
        role = _role_of(name, cells)
        if role in {None, Role.KIND} and cells and all(side_of(cell) for cell in cells):
            by_role.setdefault(Role.UNNAMED_INDICATOR, []).append(index)
        if role is not None:
            by_role.setdefault(role, []).append(index)
    _prefer_details(header, by_role)
    _prefer_plain_amount(header, by_role)
    _settle(header, sample, by_role, mapping)
    return _columns(header, sample, by_role, mapping)


def _columns(
    header: Row, sample: Sequence[Row], by_role: dict[Role, list[int]], mapping: Mapping
) -> Columns:
    date = _booking_date(by_role, sample)
    if mapping.column("date"):
        date = by_role[Role.BOOKING_DATE][0]
    if date is None:
        raise UnreadableStatement("no column holds dates that can be read", line=header.line)
    if not mapping.column("date"):
        _refuse_date_doubt(header, by_role, date, sample)
    debit, credit = by_role.get(Role.DEBIT), by_role.get(Role.CREDIT)
    if not (debit and credit):
        debit = credit = None
    amounts = tuple(by_role.get(Role.AMOUNT, ()))
    if not amounts and debit is None:
        raise UnreadableStatement("no column holds amounts that can be read", line=header.line)
    if debit and credit and (len(debit) > 1 or len(credit) > 1):
        raise UnreadableStatement(
            "more than one column is named as the debit or the credit amount: "
            + _names(header, [*debit, *credit]),
            line=header.line,
        )
    value_dates = by_role.get(Role.VALUE_DATE, [])
    return Columns(
        date=date,
        value_date=next((index for index in value_dates if index != date), None),
        amounts=amounts,
        debit=debit[0] if debit else None,
        credit=credit[0] if credit else None,
        by_role=by_role,
    )


def _settle(
    header: Row, sample: Sequence[Row], by_role: dict[Role, list[int]], mapping: Mapping
) -> None:
    """Give the columns that a mapping names the roles it says, and no others."""
    if not mapping.columns:
        return
    named = {ROLES[role]: column_indexes(header, listed) for role, listed in mapping.columns}
    taken = {index for indexes in named.values() for index in indexes}
    excluded = set(named)
    if Role.AMOUNT in named:
        excluded |= {Role.DEBIT, Role.CREDIT}
    if Role.DEBIT in named:
        excluded |= {Role.AMOUNT}
    if mapping.signs not in {None, "by mark"}:
        excluded |= {Role.INDICATOR, Role.UNNAMED_INDICATOR}
    for role in list(by_role):
        by_role[role] = [index for index in by_role[role] if index not in taken]
        if role in excluded or not by_role[role]:
            del by_role[role]
    by_role.update(named)
    for role, indexes in named.items():
        for index in indexes:
            _check_fits(header, sample, role, index)


def _check_fits(header: Row, sample: Sequence[Row], role: Role, index: int) -> None:
    cells = [row.cell(index) for row in sample if row.cell(index)]
    if role is not Role.INDICATOR and not _fits(role, cells):
        row = next(row for row in sample if row.cell(index) and not _fits(role, [row.cell(index)]))
        raise UnreadableStatement(
            f"the mapping does not fit: it takes {header.cell(index)!r} for the {role.value}, and "
            f"the column holds {row.cell(index)[:40]!r}; the layout changed",
            line=row.line,
            column=index + 1,
        )


def column_indexes(header: Row, listed: Sequence[ColumnName]) -> list[int]:
    """Return where a mapping's columns stand in a header.

    Raises:
        UnreadableStatement: One is not there, or two have its name.
    """
    indexes = []
    for name in listed:
        if isinstance(name, int):
            found = [name - 1] if name <= len(header.cells) else []
        else:
            found = [i for i, cell in enumerate(header.cells) if cell == name.strip()] or [
                i for i, cell in enumerate(header.cells) if fold(cell) == fold(name) != ""
            ]
        if len(found) != 1:
            shown = _names(header, range(min(len(header.cells), 12)))
            raise UnreadableStatement(
                f"the mapping does not fit: it names the column {name!r}, which is in the header "
                f"{len(found)} times ({shown}); the layout changed",
                line=header.line or None,
            )
        indexes += found
    return indexes


def _names(header: Row, indexes: Iterable[int]) -> str:
    return ", ".join(repr(header.cell(index)) for index in indexes)


def _booking_date(by_role: dict[Role, list[int]], sample: Sequence[Row]) -> int | None:
    """Return the column of the booking date: the most official of those that are filled."""
    candidates = [index for role in DATE_ROLES for index in by_role.get(role, [])]
    filled = [index for index in candidates if any(row.cell(index) for row in sample)]
    return next(iter(filled or candidates), None)


def _refuse_date_doubt(
    header: Row, by_role: dict[Role, list[int]], date: int, sample: Sequence[Row]
) -> None:
    """Refuse a table where another column may be the booking date just as well.

    That is a column of the same name with other dates, or one of dates under a name we do not
    know where only a value date is known.
    """
    role = next(role for role in DATE_ROLES if date in by_role.get(role, []))
    rivals = [index for index in by_role[role] if index != date]
    if role is Role.VALUE_DATE:
        known = {index for found in by_role.values() for index in found}
        rivals += [
            index
            for index in range(len(header.cells))
            if index not in known and _holds_dates([row.cell(index) for row in sample])
        ]
    for rival in rivals:
        if any(row.cell(rival) and row.cell(rival) != row.cell(date) for row in sample):
            raise UnreadableStatement(
                f"the booking date could be column {header.cell(date)!r} ({date + 1}) or "
                f"{header.cell(rival)!r} ({rival + 1})",
                line=header.line,
            )


def _holds_dates(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(date_readings(cell) for cell in filled)


def _prefer_plain_amount(header: Row, by_role: dict[Role, list[int]]) -> None:
    """Take Odoo's ``Amount Currency`` for the original amount where an ``Amount`` stands beside it.

    Odoo names the amount in the foreign currency so, and the foreign currency ``Currency``: of
    ``1525.00, 1000.00, EUR`` the second is in euros and the first in the account's own currency,
    which no column names.
    """
    amounts = by_role.get(Role.AMOUNT, [])
    originals = [i for i in amounts if Role.ORIGINAL_AMOUNT in roles_of(header.cell(i))]
    plain = [index for index in amounts if index not in originals]
    has_sides = Role.DEBIT in by_role and Role.CREDIT in by_role
    if not originals or not (plain or has_sides):
        return
    by_role[Role.AMOUNT] = plain
    if not plain:
        del by_role[Role.AMOUNT]
    by_role[Role.ORIGINAL_AMOUNT] = sorted([*originals, *by_role.get(Role.ORIGINAL_AMOUNT, [])])
    if Role.ORIGINAL_CURRENCY not in by_role and len(by_role.get(Role.CURRENCY, [])) == 1:
        by_role[Role.ORIGINAL_CURRENCY] = by_role.pop(Role.CURRENCY)


def _prefer_details(header: Row, by_role: dict[Role, list[int]]) -> None:
    """Take columns that may be the kind of movement out of the description if a text is left.

    German ``Buchungstext`` and Chase's ``Details`` say how money moved; the description proper
    stands beside them, except where they are all there is.
    """
    described = by_role.get(Role.DESCRIPTION, [])
    kinds = [i for i in described if Role.KIND in roles_of(header.cell(i))]
    if kinds and len(kinds) < len(described):
        by_role[Role.DESCRIPTION] = [index for index in described if index not in kinds]
        by_role[Role.KIND] = sorted([*kinds, *by_role.get(Role.KIND, [])])
