"""What was inferred of a table, from which rows, and what else it could have been.

For a user whose file is refused because two readings fit, or who wants to see why it was read as
it was: each part comes with the cells that decided it, and a mapping is proposed that states all
of it. Works as far as it can on files that are refused: a part that nothing settles is shown with
its readings and is left out of the mapping, so that the user sees what to add.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from shared.errors import UnreadableStatement
from shared.statements.amounts import DecimalMark, plain, sole_mark
from shared.statements.archive import unwrapped
from shared.statements.csv_amounts import Reading, Signs, amount_cell
from shared.statements.csv_encodings import NAMES
from shared.statements.csv_words import Role, currency_in_cell, currency_in_header
from shared.statements.dates import DateOrder, date_readings
from shared.statements.head import Head
from shared.statements.mapping import NAMES as ROLE_NAMES
from shared.statements.mapping import NO_MAPPING, Mapping
from shared.statements.model import Line, Summary
from shared.statements.options import Options
from shared.statements.registry import HEAD_CHARS, format_of
from shared.statements.tabular import Table
from shared.statements.text import head_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.statements.csv_columns import Columns
    from shared.statements.csv_infer import Inferrer
    from shared.statements.csv_inference import Inference
    from shared.statements.csv_table import Row
    from shared.statements.mapping import ColumnName
    from shared.statements.source import Source
    from shared.statements.tabular import Surveyed

LINES_SHOWN = 5
SHOWN_CHARS_MAX = 60


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of how a table is read.

    Args:
        part: ``encoding``, ``delimiter``, ``header``, ``date order``, ``decimal mark``, ``signs``,
            ``currency``, ``account``, ``balances``.
        value: What was found, in words; of an unsettled part, what it could be.
        evidence: The rows and cells that show it, with their lines.
        others: The other readings that were considered.
        settled: Whether nothing else fits.
    """

    part: str
    value: str
    evidence: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    settled: bool = True


@dataclass(frozen=True, slots=True)
class ColumnFinding:
    """What one column holds: ``number`` from 1, ``role`` as a mapping calls it, or ``None``."""

    number: int
    name: str
    role: str | None
    example: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """How a table is read, or why it is not.

    Args:
        format: ``csv``, ``xlsx``, ``xls``.
        findings: Part by part.
        columns: In the order of the table.
        mapping: States every settled part; what it leaves out is unsettled or inferred again.
        lines: The first movements as read; of an unsettled part, by its first reading.
        refused: The reason where it is refused, with ``line`` and ``column``.
    """

    format: str
    findings: tuple[Finding, ...]
    columns: tuple[ColumnFinding, ...]
    mapping: Mapping
    lines: tuple[Line, ...] = ()
    refused: str | None = None
    line: int | None = None
    column: int | None = None
    warnings: tuple[str, ...] = ()

    @property
    def unsettled(self) -> tuple[str, ...]:
        """The parts that a mapping has to state."""
        return tuple(one.part for one in self.findings if not one.settled)

    def to_document(self) -> dict[str, Any]:
        """Return the inspection as a JSON document."""
        return {
            "format": self.format,
            "findings": [asdict(one) for one in self.findings],
            "columns": [asdict(one) for one in self.columns],
            "mapping": self.mapping.to_document(),
            "lines": [_line_document(one) for one in self.lines],
            "refused": self.refused,
            "line": self.line,
            "column": self.column,
            "warnings": list(self.warnings),
        }


def _line_document(line: Line) -> dict[str, Any]:
    return {
        "position": line.position,
        "date": line.date.isoformat(),
        "value_date": line.value_date.isoformat() if line.value_date else None,
        "amount_minor": line.amount_minor,
        "currency": line.currency,
        "description": line.description,
        "counterparty": line.counterparty,
        "running_balance_minor": line.running_balance_minor,
    }


def inspect(source: Source, options: Options | None = None) -> Inspection:
    """Return how a table (CSV, XLSX, XLS) is read.

    Args:
        source: The file, or an archive whose first file is inspected.
        options: As for reading; a mapping in them counts as settled.

    Raises:
        UnreadableStatement: The file is no table, or not even its header can be found.
    """
    options = options or Options()
    with closing(unwrapped(source)) as files:
        for file in files:
            data = file.source.head()
            known = format_of(Head(data, head_of(data, HEAD_CHARS)))
            module = importlib.import_module(f"shared.statements.{known.module}")
            table_in = getattr(module, "table_in", None)
            if table_in is None:
                raise UnreadableStatement(
                    f"a {known.name} file says itself how it is to be read: nothing is inferred"
                )
            opened = partial(cast("_TableIn", table_in), file.source)
            return _Inspector(opened, options, [], data).inspect()
    raise UnreadableStatement("the archive holds no file")


@dataclass(slots=True)
class _Inspector:
    """Goes through the parts of one table, and past those that nothing settles."""

    open: Callable[[Options, list[str]], Table]
    options: Options
    warnings: list[str]
    head: bytes
    findings: list[Finding] = field(default_factory=list)

    @property
    def mapping(self) -> Mapping:
        return self.options.mapping or NO_MAPPING

    def inspect(self) -> Inspection:
        table = self.open(self.options, self.warnings)
        self._text(table)
        surveyed = table.survey()
        self._header(surveyed)
        inferrer = table.inferrer(surveyed)
        rows = inferrer.rows
        order = self._date_order(inferrer, rows)
        readings = self._readings(inferrer, rows)
        currency = self._currency(inferrer, rows)
        draft = inferrer.draft(rows, order, readings[0], currency)
        mark = self._mark(inferrer, rows, draft)
        draft = replace(draft, decimal_mark=mark)
        found = self._signs(inferrer, rows, draft, readings)
        self._account(found)
        settled = self._proposed(table, surveyed, found)
        lines, error, warnings = self._read(self.options)
        self._balances(found, error)
        if error is not None:
            lines, _, _ = self._read(replace(self.options, mapping=self._assumed(settled, found)))
        return Inspection(
            table.format,
            tuple(self.findings),
            tuple(_columns(surveyed, found)),
            settled,
            lines,
            error.reason if error else None,
            error.line if error else None,
            error.column if error else None,
            tuple(dict.fromkeys((*self.warnings, *warnings))),
        )

    def _unsettled(self) -> set[str]:
        return {one.part for one in self.findings if not one.settled}

    def _add(
        self,
        part: str,
        value: str,
        *evidence: str,
        others: Sequence[str] = (),
        settled: bool = True,
    ) -> None:
        self.findings.append(Finding(part, value, evidence, tuple(others), settled))

    def _doubt(self, part: str, error: UnreadableStatement, others: Sequence[str]) -> None:
        where = f"line {error.line}: " if error.line else ""
        self._add(
            part, " or ".join(others) or "not decided", where + error.reason,
            others=others, settled=False,
        )  # fmt: skip

    def _text(self, table: Table) -> None:
        if table.text is None:
            return
        encoding, dialect = table.text.encoding, table.text.dialect
        if self.mapping.encoding:
            why = "the mapping says so"
        elif self.head.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
            why = "the byte order mark at the start of the file"
        elif encoding == "utf-8":
            why = "every byte of the file is UTF-8"
        elif encoding.startswith("utf-16"):
            why = "every second byte is NUL"
        else:
            why = "the bytes are not UTF-8, and the words of the header are words in this encoding"
        self._add("encoding", NAMES.get(encoding, encoding.upper()), why)
        shown = {"\t": "tab"}.get(dialect.delimiter, dialect.delimiter)
        self._add(
            "delimiter",
            shown,
            "the mapping says so" if self.mapping.delimiter else "only so is there a header row",
            others=[
                {"\t": "tab"}.get(one, one) for one in (",", ";", "\t", "|")
                if one != dialect.delimiter
            ],
        )  # fmt: skip

    def _header(self, surveyed: Surveyed) -> None:
        header, columns = surveyed.layout.header, surveyed.columns
        if surveyed.layout.columns or self.mapping.header_row == 0:
            self._add("header", "none", "the columns were told by what their cells hold")
            return
        named = [f"{header.cell(columns.date)!r} names the date"]
        named += [f"{header.cell(index)!r} names an amount" for index in columns.money]
        self._add("header", f"line {header.line}", *named)

    def _date_order(self, inferrer: Inferrer, rows: Sequence[Row]) -> DateOrder:
        columns = inferrer.survey.columns
        try:
            order = inferrer.date_order(rows)
        except UnreadableStatement as error:
            orders = [DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST]
            self._doubt("date order", error, [one.value for one in orders])
            return orders[0]
        indexes = [columns.date, *([columns.value_date] if columns.value_date is not None else [])]
        cells = [(row, row.cell(index)) for row in rows for index in indexes if row.cell(index)]
        if self.mapping.date_order is not None:
            self._add("date order", order.value, "the mapping says so")
            return order
        others = []
        for other in DateOrder:
            excluded = next(
                (_at(row, text) for row, text in cells if other not in date_readings(text)), None
            )
            if other is not order and excluded:
                others.append(f"{other.value}: not with {excluded}")
        if all(len(set(date_readings(text).values())) == 1 for _, text in cells):
            first = [f"{_at(*cells[0])} reads the same in every order"] if cells else []
            self._add("date order", "the same in every order", *first)
            return order
        proof = next(
            (
                (row, text)
                for row, text in cells
                if order in date_readings(text)
                and not {DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST} <= set(date_readings(text))
            ),
            None,
        )
        why = (
            f"{_at(*proof)} cannot be read otherwise"
            if proof
            else "the dates around the table, or the order of the rows, allow no other"
        )
        self._add("date order", order.value, why, others=others)
        return order

    def _readings(self, inferrer: Inferrer, rows: Sequence[Row]) -> list[Reading]:
        try:
            return inferrer.readings(rows)
        except UnreadableStatement as error:
            self._doubt("signs", error, ())
            columns = inferrer.survey.columns
            if columns.amounts:
                return [Reading("as written", columns.amounts[:1], Signs.OWN)]
            return [Reading("by column", (columns.debit or 0, columns.credit or 0), Signs.SIDES)]

    def _currency(self, inferrer: Inferrer, rows: Sequence[Row]) -> tuple[int | None, str | None]:
        header, columns = inferrer.survey.header, inferrer.survey.columns
        try:
            column, code = inferrer.currency(rows)
        except UnreadableStatement as error:
            self._doubt("currency", error, ())
            return None, None
        if self.mapping.currency:
            self._add("currency", self.mapping.currency, "the mapping says so")
        elif column is not None:
            codes = dict.fromkeys(currency_in_cell(row.cell(column)) or "" for row in rows)
            first = next(row for row in rows if row.cell(column))
            self._add(
                "currency", ", ".join(codes), f"column {header.cell(column)!r}",
                _at(first, first.cell(column)),
            )  # fmt: skip
        elif code is None:
            self._add(
                "currency", "none", "the file names no currency: amounts have two decimals",
                settled=False,
            )  # fmt: skip
        else:
            self._add("currency", code, self._why_currency(inferrer, rows, columns, code))
        return column, code

    def _why_currency(
        self, inferrer: Inferrer, rows: Sequence[Row], columns: Columns, code: str
    ) -> str:
        header = inferrer.survey.header
        money = [*columns.money, *columns.all(Role.BALANCE)]
        for row in rows:
            for index in money:
                amount = _amount(row, index)
                if amount is not None and amount.currency == code:
                    return _at(row, row.cell(index))
        named = next((i for i in money if currency_in_header(header.cell(i)) == code), None)
        if named is not None:
            return f"the column's name {header.cell(named)!r}"
        if code in inferrer.notes.currencies:
            return "the rows around the table name it"
        return "the caller's default: the file names none"

    def _mark(self, inferrer: Inferrer, rows: Sequence[Row], draft: Inference) -> DecimalMark:
        try:
            marks = inferrer.marks(rows, draft.groups, draft.currency)
        except UnreadableStatement as error:
            self._doubt("decimal mark", error, [one.value for one in DecimalMark])
            return DecimalMark.POINT
        if len(marks) > 1:
            return DecimalMark.POINT
        mark = marks[0]
        if self.mapping.decimal_mark is not None:
            self._add("decimal mark", mark.value, "the mapping says so")
            return mark
        columns = [*draft.columns.money, *draft.columns.all(Role.BALANCE)]
        for row in rows:
            for index in columns:
                amount = _amount(row, index)
                if amount is None:
                    continue
                only = {one for one in DecimalMark if plain(amount.core, one) is not None}
                if sole_mark(amount.core) is mark or only == {mark}:
                    self._add(
                        "decimal mark", mark.value, f"{_at(row, row.cell(index))} allows no other"
                    )
                    return mark
        self._add("decimal mark", mark.value, "no amount has decimals or groups")
        return mark

    def _signs(
        self,
        inferrer: Inferrer,
        rows: Sequence[Row],
        draft: Inference,
        readings: Sequence[Reading],
    ) -> Inference:
        known = {one.part for one in self.findings}
        try:
            marks = inferrer.marks(rows, draft.groups, draft.currency)
            mark, reading = inferrer.settle(rows, draft, marks, readings)
            found = inferrer.turned(rows, replace(draft, decimal_mark=mark, reading=reading))
        except UnreadableStatement as error:
            if "decimal mark" not in known:
                self._doubt("decimal mark", error, [one.value for one in DecimalMark])
            if "signs" not in known and len(readings) > 1:
                self._doubt("signs", error, [one.label for one in readings])
            elif "signs" not in known:
                self._add("signs", readings[0].label, *_why_signs(rows, readings[0]))
            return replace(draft, reading=readings[0])
        if "decimal mark" not in known:
            self._add(
                "decimal mark", found.decimal_mark.value, "the running balance follows only so",
                others=[one.value for one in DecimalMark if one is not found.decimal_mark],
            )  # fmt: skip
        if "signs" not in known:
            others = [one.label for one in readings if one.label != found.reading.label]
            why = list(_why_signs(rows, found.reading))
            if others:
                why.append("the running balance follows only so")
            self._add("signs", found.reading.label, *why, others=others)
        return found

    def _account(self, found: Inference) -> None:
        if found.account:
            self._add("account", found.account, "the mapping says so")
        elif found.account_column is not None:
            accounts = ", ".join(dict.fromkeys(str(account) for account, _ in found.groups))
            self._add("account", accounts, f"column {found.header.cell(found.account_column)!r}")
        elif found.notes.account:
            self._add("account", found.notes.account, "the rows around the table name it")

    def _balances(self, found: Inference, error: UnreadableStatement | None) -> None:
        column = found.columns.first(Role.BALANCE)
        stated = [
            f"line {one.line}: the {name} balance is {one.text!r}"
            for name, one in (("opening", found.notes.opening), ("closing", found.notes.closing))
            if one is not None
        ]
        if column is None and not stated:
            self._add("balances", "none", "no column and no row states a balance")
            return
        names = [f"column {found.header.cell(column)!r}"] if column is not None else []
        if error is not None and not self._unsettled() & {"date order", "decimal mark", "signs"}:
            where = f"line {error.line}: " if error.line else ""
            self._add("balances", "do not hold", *names, where + error.reason, settled=False)
        elif error is None:
            self._add("balances", "hold", *names, *stated)
        else:
            self._add("balances", "not checked", *names, *stated, settled=True)

    def _read(
        self, options: Options
    ) -> tuple[tuple[Line, ...], UnreadableStatement | None, list[str]]:
        """Read the file to its end; return its first lines."""
        lines: list[Line] = []
        warnings: list[str] = []
        try:
            for event in self.open(options, warnings).read():
                if not isinstance(event, Summary) and len(lines) < LINES_SHOWN:
                    lines += event[: LINES_SHOWN - len(lines)]
        except UnreadableStatement as error:
            return tuple(lines), error, warnings
        return tuple(lines), None, warnings

    def _proposed(self, table: Table, surveyed: Surveyed, found: Inference) -> Mapping:
        unsettled = self._unsettled()
        bare = bool(surveyed.layout.columns) or self.mapping.header_row == 0
        text = table.text
        dates_alike = any(
            one.part == "date order" and one.value.startswith("the same") for one in self.findings
        )
        return replace(
            self.mapping,
            encoding=text.encoding if text else None,
            delimiter=text.dialect.delimiter if text else None,
            header_row=0 if bare else self.mapping.header_row,
            columns=tuple(_mapped(found)),
            date_order=None if "date order" in unsettled or dates_alike else found.date_order,
            decimal_mark=None if "decimal mark" in unsettled else found.decimal_mark,
            signs=None if "signs" in unsettled else _signs_named(found.reading),
            currency=found.currency if "currency" not in unsettled else None,
            account=self.mapping.account,
        )

    def _assumed(self, settled: Mapping, found: Inference) -> Mapping:
        """Return the mapping with the first reading of each part that nothing settles."""
        return replace(
            settled,
            date_order=settled.date_order or found.date_order,
            decimal_mark=settled.decimal_mark or found.decimal_mark,
            signs=settled.signs or _signs_named(found.reading),
        )


if TYPE_CHECKING:
    _TableIn = Callable[[Source, Options, list[str]], Table]


def _at(row: Row, text: str) -> str:
    shown = text if len(text) <= SHOWN_CHARS_MAX else text[:SHOWN_CHARS_MAX] + "\u2026"
    return f"line {row.line}: {shown!r}"


def _amount(row: Row, index: int) -> Any:
    try:
        return amount_cell(row, index)
    except UnreadableStatement:
        return None


def _why_signs(rows: Sequence[Row], reading: Reading) -> list[str]:
    """Return the cells that show where the signs come from."""
    why: list[str] = []
    if reading.signs is Signs.OWN:
        signed = next(
            (
                row
                for row in rows
                if (amount := _amount(row, reading.columns[0])) is not None
                and (amount.negative is not None or amount.side)
            ),
            None,
        )
        if signed is None:
            return ["no amount has a sign: all are money in"] if rows else []
        return [_at(signed, signed.cell(reading.columns[0]))]
    if reading.signs is Signs.SIDES:
        for index in reading.columns:
            row = next((one for one in rows if one.cell(index).strip("0.,- ")), None)
            if row is not None:
                why.append(_at(row, row.cell(index)))
        return why
    marks: dict[str, Row] = {}
    for row in rows:
        marks.setdefault(row.cell(reading.indicator or 0), row)
    return [_at(row, mark) for mark, row in list(marks.items())[:2]]


def _signs_named(reading: Reading) -> str | None:
    """Return what a mapping calls a reading's signs; ``None`` where it has no word for it."""
    if reading.fee is not None:
        return None
    if reading.signs is Signs.OWN:
        return "turned" if reading.turned else "as written"
    return {Signs.MARK: "by mark", Signs.SIDES: "by column"}.get(reading.signs)


def _used(found: Inference) -> dict[int, str]:
    """Return what a mapping calls each column that is used."""
    reading, columns = found.reading, found.columns
    used: dict[int, str] = {columns.date: "date"}
    if columns.value_date is not None:
        used.setdefault(columns.value_date, "value_date")
    sides = reading.signs is Signs.SIDES
    for index, name in zip(
        reading.columns, ("debit", "credit") if sides else ("amount",), strict=False
    ):
        used.setdefault(index, name)
    singles = {
        "mark": reading.indicator if reading.signs is not Signs.OWN else None,
        "fee": reading.fee,
        "balance": columns.first(Role.BALANCE),
        "currency": found.currency_column,
        "account": found.account_column,
    }
    for name, single in singles.items():
        if single is not None:
            used.setdefault(single, name)
    for role, indexes in columns.by_role.items():
        name = ROLE_NAMES.get(role, "")
        if name in {"", "date", "value_date", "amount", "debit", "credit", "currency", "account"}:
            continue
        if name in singles:
            continue
        for index in indexes:
            used.setdefault(index, name)
    return used


def _mapped(found: Inference) -> list[tuple[str, tuple[ColumnName, ...]]]:
    listed: dict[str, list[ColumnName]] = {}
    names = found.header.cells
    for index, role in sorted(_used(found).items()):
        name = names[index] if index < len(names) else ""
        is_sure = bool(name) and names.count(name) == 1 and found.header.line > 0
        is_number = name == f"column {index + 1}"
        listed.setdefault(role, []).append(name if is_sure and not is_number else index + 1)
    return [(role, tuple(columns)) for role, columns in listed.items()]


def _columns(surveyed: Surveyed, found: Inference) -> list[ColumnFinding]:
    used = _used(found)
    findings = []
    for index, name in enumerate(surveyed.layout.header.cells):
        row = next((row for row in _rows_of(surveyed) if row.cell(index)), None)
        findings.append(
            ColumnFinding(
                index + 1,
                name,
                used.get(index),
                row.cell(index)[:SHOWN_CHARS_MAX] if row else "",
                row.line if row else None,
            )
        )
    return findings


def _rows_of(surveyed: Surveyed) -> list[Row]:
    kept = surveyed.survey.witnesses
    return [kept[line] for line in sorted(kept)]
