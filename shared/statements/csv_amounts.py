"""What the amounts of a CSV file are: every reading of sign and decimal mark, and the proof.

A reading says of each row which digits count and with which sign. Where more than one reading
fits what is written, the running balance decides, or nobody: the file is refused and both
readings are named.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from shared.errors import UnreadableStatement
from shared.money import decimals_of
from shared.statements.amounts import (
    AmountText,
    DecimalMark,
    Side,
    is_ambiguous,
    plain,
    sole_mark,
    split_amount,
)
from shared.statements.csv_columns import EMPTY_MARKS
from shared.statements.csv_words import Role, fold, side_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.statements.csv_columns import Columns
    from shared.statements.csv_table import Row


class Term(NamedTuple):
    """One signed number of a row: ``sign`` is 1 or -1, ``core`` its digits as written."""

    sign: int
    core: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read every row's amount; ``label`` says which in a user's words."""

    label: str
    columns: tuple[int, ...]
    rows: tuple[tuple[Term, ...], ...]

    def values(self, mark: DecimalMark) -> list[Decimal]:
        """Return the amounts under one decimal mark, for comparing and proving."""
        return [
            sum((term.sign * Decimal(plain(term.core, mark) or "0") for term in row), Decimal(0))
            for row in self.rows
        ]


_Cells = list[AmountText | None]

SHOWN_CHARS_MAX = 40
"""How much of a wrong value an error repeats."""


def amount_cell(row: Row, index: int) -> AmountText | None:
    """Return the amount in a cell, ``None`` where it is empty.

    Raises:
        UnreadableStatement: The cell is filled with something else.
    """
    text = row.cell(index)
    if not text or text in EMPTY_MARKS:
        return None
    found = split_amount(text)
    if found is None:
        shown = text if len(text) <= SHOWN_CHARS_MAX else text[:SHOWN_CHARS_MAX] + "\u2026"
        raise UnreadableStatement(f"{shown!r} is not an amount", line=row.line, column=index + 1)
    return found


def decide_mark(
    rows: Sequence[Row], indexes: Sequence[int], decimals: int | None
) -> tuple[DecimalMark, ...]:
    """Return the decimal marks that fit every amount of the file: one, or both where it is open.

    Args:
        rows: The movements.
        indexes: All columns with amounts of the account, balances included.
        decimals: The currency's decimals where it is known; with none, marks can only group.

    Raises:
        UnreadableStatement: Two amounts contradict each other.
    """
    proofs: dict[DecimalMark, tuple[Row, int]] = {}
    is_open = False
    seen: set[str] = set()
    for row in rows:
        for index in indexes:
            amount = amount_cell(row, index)
            if amount is None or amount.core in seen:
                continue
            seen.add(amount.core)
            sole = sole_mark(amount.core)
            if sole is not None:
                proofs.setdefault(sole, (row, index))
                continue
            fitting = _marks_of(amount.core, decimals)
            if len(fitting) == 1:
                proofs.setdefault(fitting[0], (row, index))
            is_open = is_open or is_ambiguous(amount.core)
    if len(proofs) > 1:
        point, comma = proofs[DecimalMark.POINT], proofs[DecimalMark.COMMA]
        later = max(point, comma, key=lambda found: found[0].line)
        raise UnreadableStatement(
            f"{point[0].cell(point[1])!r} on line {point[0].line} has a decimal point but "
            f"{comma[0].cell(comma[1])!r} on line {comma[0].line} has a decimal comma",
            line=later[0].line,
            column=later[1] + 1,
        )
    if proofs:
        return tuple(proofs)
    return tuple(DecimalMark) if is_open else (DecimalMark.POINT,)


def _marks_of(core: str, decimals: int | None) -> list[DecimalMark]:
    readings = {mark: plain(core, mark) for mark in DecimalMark}
    fitting = [mark for mark, text in readings.items() if text is not None]
    if is_ambiguous(core) and decimals == 0:
        return [mark for mark in fitting if "." not in str(readings[mark])]
    return fitting


def readings_of(rows: Sequence[Row], columns: Columns, header: Row) -> list[Reading]:
    """Return every reading that the columns allow.

    Raises:
        UnreadableStatement: A row contradicts all of them.
    """
    found: list[Reading] = []
    complete = [
        index
        for index in columns.amounts
        if all(amount_cell(row, index) is not None for row in rows)
    ]
    net = _net(rows, complete, columns, header)
    for index in complete if net is None else [net]:
        found += _single(rows, index, columns, header)
    if columns.debit is not None and columns.credit is not None:
        found += _two_sided(rows, columns.debit, columns.credit, header)
    if not found:
        _refuse_incomplete(rows, columns, header)
    return found if net is not None else _with_fee(rows, columns, header, found)


def _net(rows: Sequence[Row], indexes: Sequence[int], columns: Columns, header: Row) -> int | None:
    """Return the net amount's column where it is gross and fee together in every row.

    What reaches the account of a payment processor is the net amount (PayPal, Stripe).
    """
    fee = columns.first(Role.FEE)
    net = [index for index in indexes if _NET.search(fold(header.cell(index)))]
    gross = [index for index in indexes if index not in net]
    if fee is None or len(net) != 1 or len(gross) != 1:
        return None
    for mark in DecimalMark:
        nets, grosses, fees = (
            [_value(amount_cell(row, index), mark) for row in rows]
            for index in (net[0], gross[0], fee)
        )
        added = [whole + part for whole, part in zip(grosses, fees, strict=True)]
        taken = [whole - part for whole, part in zip(grosses, fees, strict=True)]
        if nets in (added, taken):
            return net[0]
    return None


_NET = re.compile(r"\bnet|\bneto\b")


def _value(cell: AmountText | None, mark: DecimalMark) -> Decimal:
    if cell is None:
        return Decimal(0)
    return Decimal(plain(cell.core, mark) or "0") * (-1 if cell.negative else 1)


def _refuse_incomplete(rows: Sequence[Row], columns: Columns, header: Row) -> None:
    for row in rows:
        for index in columns.amounts:
            if amount_cell(row, index) is None:
                raise UnreadableStatement(
                    f"the row has no amount in {header.cell(index)!r}",
                    line=row.line,
                    column=index + 1,
                )


def _named(header: Row, index: int) -> str:
    return f"column {header.cell(index)!r}"


def _single(rows: Sequence[Row], index: int, columns: Columns, header: Row) -> list[Reading]:
    cells = [amount_cell(row, index) for row in rows]
    indicator = columns.first(Role.INDICATOR)
    if indicator is not None and columns.debit is None:
        return _by_indicator(rows, cells, index, indicator, header)
    terms = [
        (Term(sign, cell.core if cell else "0"),)
        for sign, cell in zip(_signs(rows, cells, index), cells, strict=True)
    ]
    readings = [Reading(f"{_named(header, index)} with its own signs", (index,), tuple(terms))]
    unsigned = all(cell is None or (cell.negative is None and not cell.side) for cell in cells)
    if unsigned and columns.debit is None:
        # Nothing says that such a column gives the signs, and nothing else does either.
        for mark in columns.all(Role.UNNAMED_INDICATOR):
            readings += _by_indicator(rows, cells, index, mark, header)
        if not columns.all(Role.UNNAMED_INDICATOR):
            _refuse_unsigned_debits(rows, columns)
    return readings


def _refuse_unsigned_debits(rows: Sequence[Row], columns: Columns) -> None:
    """Refuse unsigned amounts beside a type such as ``Withdrawal``: which rows it covers is open.

    A running balance would not help: it proves every sign but the oldest row's.
    """
    for index in columns.all(Role.KIND):
        for row in rows:
            word = row.cell(index)
            if len(word) > len("DR") and side_of(word) is Side.DEBIT:
                raise UnreadableStatement(
                    f"no amount has a sign, but the row is called {word!r}: other rows' types do "
                    "not say whether they are money in or out",
                    line=row.line,
                    column=index + 1,
                )


def _signs(rows: Sequence[Row], cells: _Cells, index: int) -> list[int]:
    """Return the signs of one column, where ``CR`` or ``DR`` may stand behind the digits.

    A file that marks only one side means the other by leaving the mark out.
    """
    marked = {cell.side for cell in cells if cell and cell.side}
    signs = []
    for row, cell in zip(rows, cells, strict=True):
        sign = 1 if cell is None else _sign(cell, marked)
        if sign is None:
            raise UnreadableStatement(
                f"the sign of {row.cell(index)!r} is not clear: some amounts carry a debit or "
                "credit mark and this one contradicts them",
                line=row.line,
                column=index + 1,
            )
        signs.append(sign)
    return signs


def _sign(cell: AmountText, marked: set[Side]) -> int | None:
    written = None if cell.negative is None else (-1 if cell.negative else 1)
    if cell.side:
        return cell.side.value if written in {None, cell.side.value} else None
    if not marked or _is_zero(cell):
        return written or 1
    if written or len(marked) > 1:
        return None
    return -next(iter(marked)).value


def _by_indicator(
    rows: Sequence[Row], cells: _Cells, index: int, indicator: int, header: Row
) -> list[Reading]:
    """Return the readings of amounts beside a debit/credit column.

    Usually the amounts are unsigned, or signed as the column says. Where sign and column
    disagree, a reversal, a convention and a mistake look the same.
    """
    sides: list[int] = []
    for row in rows:
        side = side_of(row.cell(indicator))
        if side is None:
            raise UnreadableStatement(
                f"{row.cell(indicator)[:SHOWN_CHARS_MAX]!r} names neither debit nor credit",
                line=row.line,
                column=indicator + 1,
            )
        sides.append(side.value)
    cores = [cell.core if cell else "0" for cell in cells]
    signs = [-1 if cell and cell.negative else 1 for cell in cells]
    name, mark = _named(header, index), _named(header, indicator)
    readings = {f"{name} signed by {mark}": sides}
    agree = all(
        side == sign or not core.strip("0.,")
        for side, sign, core in zip(sides, signs, cores, strict=True)
    )
    if -1 in signs and not agree:
        readings[f"{name} with its own signs"] = signs
        readings[f"{name} with its own signs, turned by {mark}"] = [
            side * sign for side, sign in zip(sides, signs, strict=True)
        ]
    return [
        Reading(
            label,
            (index,),
            tuple((Term(sign, core),) for sign, core in zip(chosen, cores, strict=True)),
        )
        for label, chosen in readings.items()
    ]


def _is_zero(cell: AmountText | None) -> bool:
    return cell is None or not cell.core.strip("0.,")


def _two_sided(rows: Sequence[Row], debit: int, credit: int, header: Row) -> list[Reading]:
    """Return the readings of a debit beside a credit column.

    Debits are written without a sign, or all negative. Where a column has both, the odd one
    out is a reversal under one convention and an ordinary amount under the other.
    """
    debits = [amount_cell(row, debit) for row in rows]
    credit_cells = [amount_cell(row, credit) for row in rows]
    for row, out, in_ in zip(rows, debits, credit_cells, strict=True):
        if not _is_zero(out) and not _is_zero(in_):
            raise UnreadableStatement(
                "the row has both a debit and a credit amount", line=row.line, column=debit + 1
            )
    out_signs = _negatives(debits)
    in_signs = _negatives(credit_cells)
    names = f"columns {header.cell(debit)!r} and {header.cell(credit)!r}"
    # -1: the number as written is money out; 1: its own sign already says so.
    debit_ways = {(): (-1,), (False,): (-1,), (True,): (1,), (False, True): (-1, 1)}[out_signs]
    credit_ways = (1, -1) if in_signs == (True,) else (1,)
    readings = []
    for way_out in debit_ways:
        for way_in in credit_ways:
            label = (
                names
                + (", money out negative" if way_out == 1 else ", money out without a sign")
                + (", credits turned" if way_in != 1 else "")
            )
            terms = tuple(
                _pair(out, in_, way_out, way_in)
                for out, in_ in zip(debits, credit_cells, strict=True)
            )
            readings.append(Reading(label, (debit, credit), terms))
    return readings


def _negatives(cells: _Cells) -> tuple[bool, ...]:
    return tuple(sorted({bool(cell.negative) for cell in cells if cell and not _is_zero(cell)}))


def _pair(
    out: AmountText | None, in_: AmountText | None, way_out: int, way_in: int
) -> tuple[Term, ...]:
    if out is not None and not _is_zero(out):
        return (Term(way_out * (-1 if out.negative else 1), out.core),)
    if in_ is not None:
        return (Term(way_in * (-1 if in_.negative else 1), in_.core),)
    return (Term(1, "0"),)


def _with_fee(
    rows: Sequence[Row], columns: Columns, header: Row, found: list[Reading]
) -> list[Reading]:
    """Add the readings in which a separate fee is not yet part of the amount."""
    fee = columns.first(Role.FEE)
    if fee is None:
        return found
    fees = [amount_cell(row, fee) for row in rows]
    if all(_is_zero(cell) for cell in fees):
        return found
    return found + [
        Reading(
            f"{reading.label} less {_named(header, fee)}",
            reading.columns,
            tuple(
                (*terms, Term(-1, cell.core)) if cell else terms
                for terms, cell in zip(reading.rows, fees, strict=True)
            ),
        )
        for reading in found
    ]


def open_marks_reason(rows: Sequence[Row], indexes: Sequence[int]) -> tuple[str, int, int]:
    """Return the refusal of a file whose decimal mark nothing settles, with line and column."""
    for row in rows:
        for index in indexes:
            amount = amount_cell(row, index)
            if amount and is_ambiguous(amount.core):
                point = plain(amount.core, DecimalMark.POINT)
                comma = plain(amount.core, DecimalMark.COMMA)
                return (
                    (
                        f"{row.cell(index)!r} could be {point} or {comma}: no amount in the file "
                        "shows which mark groups thousands and which starts the decimals"
                    ),
                    row.line,
                    index + 1,
                )
    raise AssertionError("called only where an amount is ambiguous")


def decimals_known(currency: str | None) -> int | None:
    """Return the currency's decimals, ``None`` where no currency is known."""
    return None if currency is None else decimals_of(currency)
