"""What the amounts of a CSV file are: every reading of sign and decimal mark, and the proof.

A reading says of each row which digits count and with which sign. Where more than one reading
fits what is written, the running balance decides, or nobody: the file is refused and both
readings are named.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass, replace
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


Words = tuple[tuple[str, Side], ...]
"""What the marks of a file mean, as a mapping gives it."""


def side_in(text: str, words: Words | None) -> Side | None:
    """Return the side that a mark names, by the mapping's words or by those we know."""
    if words is None:
        return side_of(text)
    return dict(words).get(text.strip().casefold())


class Term(NamedTuple):
    """One signed number of a row: ``sign`` is 1 or -1, ``core`` its digits as written."""

    sign: int
    core: str


class Signs(enum.Enum):
    """What gives an amount its sign."""

    OWN = "its own sign"
    MARK = "the mark beside it"
    BOTH = "its own sign, turned by the mark beside it"
    SIDES = "the column it stands in"

    # Members are singletons; hashing them by identity is several times faster.
    __hash__ = object.__hash__


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read every row's amount; ``label`` says which in a user's words.

    Args:
        label: The convention in words, with the columns' names.
        columns: The amount's column, or the debit and the credit column.
        signs: What gives the sign.
        indicator: The column with the debit or credit marks.
        marked: The sides that marks behind amounts (``CR``) name anywhere in the file.
        way_out: Of a debit column: -1 where the number as written is money out, 1 where its own
            sign already says so.
        way_in: The same of a credit column: 1, or -1 where credits are written negative.
        fee: The column of a fee that is not yet part of the amount.
        turned: Whether money out is written as positive (a card account seen by its issuer).
        words: What each mark means, where a mapping says it.
    """

    label: str
    columns: tuple[int, ...]
    signs: Signs
    indicator: int | None = None
    marked: frozenset[Side] = frozenset()
    way_out: int = -1
    way_in: int = 1
    fee: int | None = None
    turned: bool = False
    words: Words | None = None

    def terms(self, row: Row) -> tuple[Term, ...]:
        """Return the signed numbers that a row's amount is the sum of.

        Raises:
            UnreadableStatement: A cell is no amount, or the row contradicts the convention.
        """
        first = amount_cell(row, self.columns[0])
        if self.signs is Signs.SIDES:
            term = self._of_sides(row, first, amount_cell(row, self.columns[1]))
        elif self.signs is Signs.OWN:
            term = Term(self._own(row, first), first.core if first else "0")
        else:
            term = self._by_mark(row, first)
        if self.turned:
            term = Term(-term.sign, term.core)
        if self.fee is None:
            return (term,)
        fee = amount_cell(row, self.fee)
        return (term, Term(-1, fee.core)) if fee else (term,)

    def _own(self, row: Row, cell: AmountText | None) -> int:
        sign = 1 if cell is None else _sign(cell, self.marked)
        if sign is None:
            index = self.columns[0]
            raise UnreadableStatement(
                f"the sign of {row.cell(index)!r} is not clear: some amounts carry a debit or "
                "credit mark and this one contradicts them",
                line=row.line,
                column=index + 1,
            )
        return sign

    def _by_mark(self, row: Row, cell: AmountText | None) -> Term:
        assert self.indicator is not None  # noqa: S101 - no such reading is made without one
        side = side_in(row.cell(self.indicator), self.words)
        if side is None:
            raise UnreadableStatement(
                f"{row.cell(self.indicator)[:SHOWN_CHARS_MAX]!r} names neither debit nor credit",
                line=row.line,
                column=self.indicator + 1,
            )
        own = -1 if cell and cell.negative else 1
        return Term(
            side.value * own if self.signs is Signs.BOTH else side.value,
            cell.core if cell else "0",
        )

    def _of_sides(self, row: Row, out: AmountText | None, in_: AmountText | None) -> Term:
        if not _is_zero(out) and not _is_zero(in_):
            raise UnreadableStatement(
                "the row has both a debit and a credit amount",
                line=row.line,
                column=self.columns[0] + 1,
            )
        if out is not None and not _is_zero(out):
            return Term(self.way_out * (-1 if out.negative else 1), out.core)
        if in_ is not None:
            return Term(self.way_in * (-1 if in_.negative else 1), in_.core)
        return Term(1, "0")

    def value(self, row: Row, mark: DecimalMark) -> Decimal:
        """Return a row's amount under one decimal mark, for comparing and proving."""
        return sum(
            (term.sign * Decimal(plain(term.core, mark) or "0") for term in self.terms(row)),
            Decimal(0),
        )

    def values(self, rows: Sequence[Row], mark: DecimalMark) -> list[Decimal]:
        """Return the amounts of rows under one decimal mark."""
        return [self.value(row, mark) for row in rows]


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


def readings_of(
    rows: Sequence[Row],
    columns: Columns,
    header: Row,
    *,
    signs: str | None = None,
    words: Words | None = None,
    takes_fee: bool | None = None,
) -> list[Reading]:
    """Return every reading that the columns allow.

    Args:
        rows: The movements.
        columns: What each column holds.
        header: The columns' names.
        signs: What a mapping says of the signs, one of ``mapping.SIGNS``.
        words: What the marks mean, where a mapping says it.
        takes_fee: Whether a column of fees is taken off, where a mapping says it.

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
    indexes = complete if net is None else [net]
    if signs is not None:
        # A mapping of the signs leaves open which of several amounts is the one that was booked.
        stated: Sequence[int | None] = indexes or columns.amounts[:1] or [None]
        found = [_stated(rows, columns, header, one, signs, words) for one in stated]
    else:
        for index in indexes:
            found += _single(rows, index, columns, header)
        if columns.debit is not None and columns.credit is not None:
            found += _two_sided(rows, columns.debit, columns.credit, header)
    if not found:
        _refuse_incomplete(rows, columns, header)
    if net is not None or takes_fee is False:
        return found
    less_fee = _less_fee(rows, columns, header, found)
    return less_fee or found if takes_fee else found + less_fee


def _stated(
    rows: Sequence[Row],
    columns: Columns,
    header: Row,
    index: int | None,
    signs: str,
    words: Words | None,
) -> Reading:
    """Return the one reading of an amount column that a mapping states; ``None`` without one.

    Raises:
        UnreadableStatement: The columns do not allow it, or a row contradicts it.
    """
    if signs == "by column" or index is None:
        if columns.debit is None or columns.credit is None:
            raise UnreadableStatement(
                "the mapping does not fit: it takes the signs by column, and no two columns are "
                "the debit and the credit amounts",
                line=header.line,
            )
        found = _two_sided(rows, columns.debit, columns.credit, header)
        # The column decides: where all its amounts have the same sign, the sign says nothing.
        found.sort(key=lambda reading: reading.way_in)
        return replace(found[0], turned=signs == "turned")
    indicator = columns.first(Role.INDICATOR)
    if signs == "by mark" and indicator is None:
        raise UnreadableStatement(
            "the mapping does not fit: it takes the signs by mark, and no column holds marks",
            line=header.line,
        )
    if signs == "by mark":
        name, mark = _named(header, index), _named(header, indicator or 0)
        reading = Reading(f"{name} signed by {mark}", (index,), Signs.MARK, indicator, words=words)
    else:
        cells = [amount_cell(row, index) for row in rows]
        marked = frozenset(cell.side for cell in cells if cell and cell.side)
        turned = signs == "turned"
        label = f"{_named(header, index)} with its own signs" + (", turned" if turned else "")
        reading = Reading(label, (index,), Signs.OWN, marked=marked, turned=turned)
    for row in rows:
        if amount_cell(row, index) is None:
            _refuse_incomplete([row], columns, header)
        reading.terms(row)
    return reading


@dataclass(frozen=True, slots=True)
class Inverted:
    """The reading under which money out was written as positive, and whether it is certain."""

    reading: Reading
    is_certain: bool


_BOUGHT = frozenset(["sale", "purchase", "purchases", "sales", "card purchase", "pos purchase"])
_PAID_BACK = frozenset(
    {"payment", "payments", "payment received", "payment reversal", "return", "returns"}
    | {"refund", "refunds", "credit", "merchandise return"}
)
_THANK_YOU = re.compile(r"\bpayment\b.*\bthank(?:s| you)\b|\bthank you\b.*\bpayment\b|\bautopay\b")


def inverted_reading(
    rows: Sequence[Row], columns: Columns, readings: Sequence[Reading]
) -> Inverted | None:
    """Return the reading of a card account that its issuer wrote, where the rows show it.

    The rule: every row whose type is a sale is positive and every one whose type is a payment or
    a refund is negative, with one of each at least, which no other convention gives: certain. All
    sales positive and nothing paid, or payments that are thanked for and yet negative: open. In
    any other case the signs are as written, since nothing in the rows speaks against them.
    """
    if len(readings) != 1 or readings[0].signs is not Signs.OWN or readings[0].marked:
        return None
    own = readings[0]
    bought: set[int] = set()
    paid: set[int] = set()
    thanked: set[int] = set()
    others: set[int] = set()
    for row in rows:
        cell = amount_cell(row, own.columns[0])
        if _is_zero(cell) or cell is None:
            continue
        sign = -1 if cell.negative else 1
        kinds = {fold(row.cell(index)[:100]) for index in columns.all(Role.KIND)}
        if kinds & _BOUGHT:
            bought.add(sign)
        elif kinds & _PAID_BACK:
            paid.add(sign)
        elif any(
            _THANK_YOU.search(fold(row.cell(index)[:200]))
            for index in columns.all(Role.DESCRIPTION)
        ):
            thanked.add(sign)
        else:
            others.add(sign)
    turned = replace(own, label=f"{own.label}, turned", turned=True)
    if bought == {1}:
        certain = paid | thanked == {-1}
        return Inverted(turned, certain) if certain or not paid | thanked else None
    if not bought and thanked == {-1} and 1 in others | paid:
        return Inverted(turned, is_certain=False)
    return None


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
    # A file that marks only one side means the other by leaving the mark out.
    marked = frozenset(cell.side for cell in cells if cell and cell.side)
    readings = [
        Reading(f"{_named(header, index)} with its own signs", (index,), Signs.OWN, marked=marked)
    ]
    for row in rows:
        readings[0].terms(row)
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


def _sign(cell: AmountText, marked: frozenset[Side]) -> int | None:
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
    name, mark = _named(header, index), _named(header, indicator)
    by_mark = Reading(f"{name} signed by {mark}", (index,), Signs.MARK, indicator)
    sides = [by_mark.terms(row)[0].sign for row in rows]
    cores = [cell.core if cell else "0" for cell in cells]
    signs = [-1 if cell and cell.negative else 1 for cell in cells]
    agree = all(
        side == sign or not core.strip("0.,")
        for side, sign, core in zip(sides, signs, cores, strict=True)
    )
    if -1 not in signs or agree:
        return [by_mark]
    return [
        by_mark,
        Reading(f"{name} with its own signs", (index,), Signs.OWN),
        Reading(f"{name} with its own signs, turned by {mark}", (index,), Signs.BOTH, indicator),
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
            readings.append(
                Reading(label, (debit, credit), Signs.SIDES, way_out=way_out, way_in=way_in)
            )
    return readings


def _negatives(cells: _Cells) -> tuple[bool, ...]:
    return tuple(sorted({bool(cell.negative) for cell in cells if cell and not _is_zero(cell)}))


def _less_fee(
    rows: Sequence[Row], columns: Columns, header: Row, found: list[Reading]
) -> list[Reading]:
    """Return the readings in which a separate fee is not yet part of the amount."""
    fee = columns.first(Role.FEE)
    if fee is None:
        return []
    fees = [amount_cell(row, fee) for row in rows]
    if all(_is_zero(cell) for cell in fees):
        return []
    return [
        replace(reading, label=f"{reading.label} less {_named(header, fee)}", fee=fee)
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
