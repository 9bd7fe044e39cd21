"""The lines and summaries of a table whose conventions are settled, account by account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from shared.errors import InvalidInput, UnreadableStatement
from shared.money import format_minor, parse_minor
from shared.statements.amounts import Side, plain, split_amount
from shared.statements.balances import Broken, NotRunning, Proof, Proven, QuickProof
from shared.statements.csv_convert import Converter
from shared.statements.csv_infer import account_id, currency_without_rows, group_of
from shared.statements.csv_inference import Group, Inference
from shared.statements.csv_survey import Survey, mask, rewritten
from shared.statements.csv_table import Row
from shared.statements.csv_tokens import Chunk
from shared.statements.csv_words import DATE_ROLES, Role, currency_in_cell, names_a_total
from shared.statements.dates import date_readings
from shared.statements.model import Account, Line, Summary
from shared.statements.totals import Totals

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from shared.statements.csv_notes import Stated
    from shared.statements.model import Events, LineStatus

_UNBOOKED: dict[str, LineStatus] = {"pending": "pending", "void": "information"}
_MEANINGS = {"pending": "pending, not booked", "void": "failed, cancelled or reverted"}


def statements_of(
    inference: Inference,
    survey: Survey,
    chunks: Callable[[], Iterator[Chunk]],
    note_rows: Sequence[Row],
    *,
    format: str,  # noqa: A002 - the field's own name
    warnings: list[str],
) -> Events:
    """Yield the lines of each account and currency, and its summary.

    Each is a pass of its own over the rows, so several accounts may be mixed in any way.

    Raises:
        UnreadableStatement: An amount cannot be exact money, or balances do not follow.
    """
    warnings.extend(
        f"{survey.counts[what]} row(s) are marked as {meaning}: they are kept as such and are no "
        "part of any total."
        for what, meaning in _MEANINGS.items()
        if survey.counts[what]
    )
    groups = inference.groups
    if not groups:
        currency = inference.currency or currency_without_rows(
            inference.header, inference.columns, inference.notes
        )
        groups = ((None, currency),)
    if len(groups) > 1:
        warnings.append(
            f"The file holds {len(groups)} accounts or currencies; each is a statement of its own."
        )
    for number, group in enumerate(groups):
        statement = _Statement(
            inference, survey, chunks, group, alone=len(groups) == 1, takes_rest=number == 0
        )
        yield from statement.lines()
        yield statement.summary(format, note_rows if number == 0 else (), warnings)


@dataclass(slots=True)
class _Statement:
    """One account's lines in one pass, and what they come to."""

    inference: Inference
    survey: Survey
    chunks: Callable[[], Iterator[Chunk]]
    group: Group
    alone: bool
    takes_rest: bool
    """Whether rows that name none of the accounts are told here."""

    totals: Totals = field(default_factory=Totals)
    lines_count: int = 0
    left_out: list[Row] = field(default_factory=list)
    _last: Line | None = None
    _proof: QuickProof = field(default_factory=QuickProof)
    _keys: dict[tuple[str, ...], bool] = field(default_factory=dict)

    def lines(self) -> Iterator[list[Line]]:
        """Yield the lines, block by block."""
        converter = Converter(self.inference, self.group[1])
        for chunk in self.chunks():
            found = self.survey.movements(chunk)
            unbooked = self._unbooked(chunk, converter) if self.survey.unbooked else []
            if len(found.lines):
                found = self._booked(found)
            blocks: Iterable[list[Line]] = ()
            if len(found.lines):
                converted = converter.convert(found, self.lines_count)
                if converted.balances is not None:
                    self._proof.add(converted.amounts, converted.balances, converted.dates)
                self._add(converted.amounts)
                blocks = converted.lines
            if unbooked:
                blocks = [self._in_order([*chain.from_iterable(blocks), *unbooked])]
            for lines in blocks:
                self.lines_count += len(lines)
                self._last = lines[-1]
                yield lines

    def _in_order(self, lines: list[Line]) -> list[Line]:
        lines.sort(key=lambda line: line.position)
        return [
            line._replace(index=index) for index, line in enumerate(lines, start=self.lines_count)
        ]

    def _add(self, amounts: Sequence[int]) -> None:
        totals = self.totals
        debits = [amount for amount in amounts if amount < 0]
        totals.count += len(amounts)
        totals.net_minor += sum(amounts)
        totals.debits_count += len(debits)
        totals.debits_minor += sum(debits)

    def _booked(self, chunk: Chunk) -> Chunk:
        """Return the booked movements of this account."""
        inference = self.inference
        if self.survey.unbooked:
            chunk = mask(chunk, [line not in self.survey.unbooked for line in chunk.lines])
        if self.alone or not len(chunk.lines):
            return chunk
        indexes = [
            index
            for index in (inference.account_column, inference.currency_column)
            if index is not None
        ]
        keys = zip(*(chunk.columns[index] for index in indexes), strict=True)
        return mask(chunk, [self._is_mine(key) for key in keys])

    def _is_mine(self, key: tuple[str, ...]) -> bool:
        found = self._keys.get(key)
        if found is None:
            cells = list(key)
            account, currency = self.group
            has_account = self.inference.account_column is not None
            own = (cells.pop(0) or None) == account if has_account else True
            found = self._keys[key] = own and (not cells or currency_in_cell(cells[0]) == currency)
        return found

    def _unbooked(self, chunk: Chunk, converter: Converter) -> list[Line]:
        """Return the pending and failed rows as lines, as far as they have a date and an amount."""
        lines: list[Line] = []
        known, inference = self.survey.unbooked, self.inference
        if not any(line in known for line in chunk.lines):
            return lines
        for row in chunk.rows():
            what = known.get(row.line)
            if what is None:
                continue
            group = group_of(inference, row)
            mine = group == self.group or (self.takes_rest and group not in inference.groups)
            if not mine:
                continue
            line = self._as_line(row, converter) if group == self.group else None
            if line is None:
                self.left_out.append(row)
            else:
                lines.append(line._replace(status=_UNBOOKED[what]))
        return lines

    def _as_line(self, row: Row, converter: Converter) -> Line | None:
        columns, order = self.inference.columns, self.inference.date_order
        dated = [columns.date, *(i for role in DATE_ROLES for i in columns.all(role))]
        date = next((i for i in dated if date_readings(row.cell(i)).get(order)), None)
        if date is None:
            return None
        # What is not booked has no booking date yet: the day it was made stands for it.
        cells = list(row.cells)
        cells[columns.date] = row.cell(date)
        row = Row(row.line, tuple(cells))
        if not any(row.cell(index) for index in self.inference.reading.columns):
            return None
        if columns.value_date is not None:
            text = row.cell(columns.value_date)
            if text and date_readings(text).get(order) is None:
                return None
        try:
            return next(converter.convert(self.survey.padded([row]), 0).lines)[0]
        except UnreadableStatement:
            return None

    def summary(
        self,
        format: str,  # noqa: A002 - the field's own name
        note_rows: Sequence[Row],
        warnings: list[str],
    ) -> Summary:
        """Return everything but the lines, once all of them were yielded."""
        inference, notes = self.inference, self.inference.notes
        account, currency = self.group
        proven = self._proven(warnings)
        opening, closing = (
            (None, None) if proven is None else (_whole(proven.opening), _whole(proven.closing))
        )
        checked = ["running balance"] if proven is not None and proven.steps else []
        if self.alone:
            opening, closing = self._with_stated(opening, closing, checked)
            self._check_total_row(note_rows, checked)
        self._refuse_dated_total()
        if self.left_out:
            warnings.append(
                f"{len(self.left_out)} of the rows that are not booked have no date or amount that "
                "can be read, and are kept as text."
            )
        start, end = self._period()
        own = account or inference.account or (notes.account if self.alone else None)
        return Summary(
            format=format,
            account=Account(id=account_id(own), bank_id=notes.bank, type=None, currency=currency),
            period_start=start,
            period_end=end,
            opening_balance_minor=opening,
            closing_balance_minor=closing,
            lines_count=self.lines_count,
            net_minor=self.totals.net_minor,
            checked=tuple(checked),
            warnings=tuple(warnings),
            extra=tuple(map(_as_pair, sorted([*note_rows, *self.left_out], key=_line_of))),
        )

    def _proven(self, warnings: list[str]) -> Proven | None:
        """Return what a running balance column proves; ``None`` without one.

        Raises:
            UnreadableStatement: A balance does not follow from the amounts.
        """
        inference = self.inference
        column = inference.columns.first(Role.BALANCE)
        if column is None or not self.totals.count:
            return None
        quick = self._proof.outcome()
        if quick is not None and not (self.survey.single_balance and self.totals.count > 1):
            return quick
        result = self._prove_with_care()
        currency = self.group[1]
        if isinstance(result, Broken):
            raise UnreadableStatement(
                f"the running balance breaks: {format_minor(int(result.found), currency)} is "
                f"stated where {format_minor(int(result.expected), currency)} follows from the "
                "amounts, so a line is missing or an amount is wrong",
                line=self._line_at(result.row),
                column=column + 1,
            )
        if isinstance(result, NotRunning):
            warnings.append(
                f"The column {inference.header.cell(column)!r} shows one balance on every row "
                "and is left out."
            )
            return None
        return result

    def _prove_with_care(self) -> Proven | Broken | NotRunning:
        converter = Converter(self.inference, self.group[1])
        proof = Proof()
        for chunk in rewritten(self.survey, self.chunks):
            found = self._booked(chunk)
            if len(found.lines):
                proof.add(*converter.movements(found))
        return proof.outcome()

    def _line_at(self, number: int) -> int | None:
        """Return the line of a booked row, by its number from 0."""
        seen = 0
        for chunk in rewritten(self.survey, self.chunks):
            found = self._booked(chunk)
            if number < seen + len(found.lines):
                return found.lines[number - seen]
            seen += len(found.lines)
        return None

    def _period(self) -> tuple[dt.date | None, dt.date | None]:
        notes = self.inference.notes
        if "period" in notes.conflicting:
            return None, None
        start, end = (
            date_readings(text).get(self.inference.date_order) if text else None
            for text in notes.period
        )
        if start and end and end < start:
            raise UnreadableStatement("the stated period ends before it starts")
        return start, end

    def _with_stated(
        self, opening: int | None, closing: int | None, checked: list[str]
    ) -> tuple[int | None, int | None]:
        """Return the balances with those that labelled rows state, which must agree.

        Raises:
            UnreadableStatement: A stated balance contradicts the running one, or opening and lines
                do not come to closing: lines are missing.
        """
        notes, currency = self.inference.notes, self.group[1]
        total = self.totals.net_minor
        for which in ("opening", "closing"):
            stated: Stated | None = getattr(notes, which)
            if stated is None or which in notes.conflicting:
                continue
            value = self._stated_minor(stated)
            known = opening if which == "opening" else closing
            if known is not None and known != value:
                raise UnreadableStatement(
                    f"the {which} balance is stated as {format_minor(value, currency)} but the "
                    f"lines come to {format_minor(known, currency)}: lines are missing or an "
                    "amount is wrong",
                    line=stated.line,
                    column=stated.column,
                )
            if known is not None:
                checked.append(f"{which} balance")
            opening, closing = (
                (value, value + total) if which == "opening" else (value - total, value)
            )
        return opening, closing

    def _stated_minor(self, stated: Stated) -> int:
        digits = plain(stated.amount.core, self.inference.decimal_mark)
        if digits is None:
            raise UnreadableStatement(
                f"{stated.text!r} is written with another decimal mark than the amounts",
                line=stated.line,
                column=stated.column,
            )
        negative = stated.amount.negative or stated.amount.side is Side.DEBIT
        try:
            minor = parse_minor(digits, self.group[1])
        except InvalidInput as error:
            raise UnreadableStatement(f"balance: {error.message}", line=stated.line) from None
        return -minor if negative != self.inference.balance_turned else minor

    def _refuse_dated_total(self) -> None:
        """Refuse a last row that calls itself a total and comes to what those above it come to.

        Raises:
            UnreadableStatement: It does: read as a movement it would count all of them twice.
        """
        last, totals = self._last, self.totals
        if last is None or totals.count <= len(("movement", "total")):
            return
        if not names_a_total(last.description) or last.running_balance_minor is not None:
            return
        amount = last.amount_minor
        credits_minor = totals.credits_minor - max(amount, 0)
        debits_minor = totals.debits_minor - min(amount, 0)
        if abs(amount) in {abs(credits_minor + debits_minor), credits_minor, -debits_minor}:
            raise UnreadableStatement(
                f"the last row, {last.description!r}, has a date like a movement but comes to the "
                "sum of the rows above it: take it out, or leave it out with a mapping's "
                '"skip_last"',
                line=last.position,
            )

    def _check_total_row(self, note_rows: Sequence[Row], checked: list[str]) -> None:
        """Check the one row of totals that a file may end with.

        Raises:
            UnreadableStatement: It shows another sum than the movements have, however it is read.
        """
        rows = [row for row in note_rows if any(map(names_a_total, row.filled))]
        if len(rows) != 1 or self.survey.unbooked or rows[0].line < self.inference.header.line:
            return
        row, totals = rows[0], self.totals
        sums = {
            *(totals.net_minor, totals.debits_minor, totals.credits_minor),
            *(-totals.net_minor, -totals.debits_minor),
        }
        for index in self.inference.reading.columns:
            amount = split_amount(row.cell(index)) if row.cell(index) else None
            digits = amount and plain(amount.core, self.inference.decimal_mark)
            if amount is None or not digits:
                continue
            try:
                stated = parse_minor(digits, self.group[1])
            except InvalidInput:
                continue
            if (-stated if amount.negative else stated) not in sums:
                currency = self.group[1]
                raise UnreadableStatement(
                    f"the total is stated as {row.cell(index)!r} but the lines come to "
                    f"{format_minor(totals.net_minor, currency)} (out "
                    f"{format_minor(-totals.debits_minor, currency)}, in "
                    f"{format_minor(totals.credits_minor, currency)}): lines are missing or an "
                    "amount is wrong",
                    line=row.line,
                    column=index + 1,
                )
            if "total" not in checked:
                checked.append("total")


def _whole(value: object) -> int | None:
    return None if value is None else int(value)  # type: ignore[call-overload] # a sum of minor units


def _line_of(row: Row) -> int:
    return row.line


def _as_pair(row: Row) -> tuple[str, str]:
    """Return a row around the movements as a name and a text."""
    filled = row.filled
    if len(filled) == 1:
        label, colon, value = filled[0].partition(":")
        return (label, value.strip()) if colon and value.strip() else ("note", filled[0])
    return filled[0].rstrip(": \uff1a"), " | ".join(filled[1:])
