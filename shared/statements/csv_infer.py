"""Every convention of a table, inferred from its witnesses, its notes and, in doubt, all its rows.

Where the table allows two readings it is refused and both are named: a wrong amount, date or sign
is the worst thing a reconciliation can be fed. A mapping settles what it states.

There is no standard: RFC 4180 describes quoting only. The conventions come from the export
formats that banks publish (see ``csv_words``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.statements.amounts import DOLLARS, DecimalMark, Side, plain
from shared.statements.balances import Broken, NotRunning, Proof, QuickProof
from shared.statements.csv_amounts import (
    Reading,
    Signs,
    amount_cell,
    decide_mark,
    decimals_known,
    inverted_reading,
    open_marks_reason,
    readings_of,
)
from shared.statements.csv_convert import Converter
from shared.statements.csv_dates import Sequenced, decide_order
from shared.statements.csv_inference import Group, Inference
from shared.statements.csv_notes import Notes, is_iban
from shared.statements.csv_survey import GROUPS_MAX, Survey, decimals_written, rewritten
from shared.statements.csv_tokens import Chunk
from shared.statements.csv_words import Role, currency_in_cell, currency_in_header
from shared.statements.dates import DateOrder, date_readings
from shared.statements.mapping import Mapping

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from shared.statements.csv_columns import Columns
    from shared.statements.csv_table import Row


Candidate = tuple[DecimalMark, Reading]

_YEAR_FIRST = re.compile(r"\d{4}-\d{1,2}-\d")
_YEAR_LAST = re.compile(r"\d{1,2}[-/]\d{1,2}[-/]\d")

TURN_STEPS_MIN = 2
"""Steps of a running balance before it may turn the signs that are written."""


@dataclass(slots=True)
class Inferrer:
    """The parts of an inference, decided one after the other.

    ``chunks`` yields the rows below the header once more where the witnesses do not suffice.
    """

    survey: Survey
    notes: Notes
    mapping: Mapping
    default_currency: str | None
    known_mark: DecimalMark | None
    chunks: Callable[[], Iterator[Chunk]]
    ends_with_newline: bool
    warnings: list[str]

    @property
    def rows(self) -> list[Row]:
        """The witnesses, in file order."""
        found = self.survey.witnesses
        return [found[line] for line in sorted(found)]

    def infer(self) -> Inference:
        """Return every convention of the table.

        Raises:
            UnreadableStatement: A row contradicts all readings, or two readings fit.
        """
        survey, rows = self.survey, self.rows
        order = self.date_order(rows)
        readings = self.readings(rows)
        draft = self.draft(rows, order, readings[0], self.currency(rows))
        marks = self.marks(rows, draft.groups, draft.currency)
        mark, reading = self.settle(rows, draft, marks, readings)
        settled = self.turned(rows, replace(draft, decimal_mark=mark, reading=reading))
        if not survey.counts["movement"]:
            self.warnings.append("The file has a statement's header but no movements.")
        self._refuse_cut_number(rows, reading)
        self._warn_of_one_side(rows, settled)
        self._warn_of_open_end()
        return settled

    def draft(
        self,
        rows: Sequence[Row],
        order: DateOrder,
        reading: Reading,
        currency: tuple[int | None, str | None],
    ) -> Inference:
        """Return an inference whose decimal mark and reading are still to be settled.

        Raises:
            UnreadableStatement: The table holds too many accounts.
        """
        survey = self.survey
        account_column = None
        if self.mapping.account is None:
            account_column = _account_column(rows, survey.columns, self.notes)
        groups = _groups(rows, account_column, *currency)
        if len(groups) > GROUPS_MAX:
            raise UnreadableStatement(
                f"the file holds more than {GROUPS_MAX} accounts or currencies; export each "
                "account alone"
            )
        return Inference(
            header=survey.header,
            columns=survey.columns,
            notes=self.notes,
            date_order=order,
            decimal_mark=DecimalMark.POINT,
            reading=reading,
            currency_column=currency[0],
            currency=currency[1],
            account_column=account_column,
            groups=groups,
            account=self.mapping.account,
        )

    def date_order(self, rows: Sequence[Row]) -> DateOrder:
        """Return the one order of day and month that all dates fit, or refuse the file."""
        columns = self.survey.columns
        booked = [(row.line, row.cell(columns.date)) for row in rows]
        others = []
        if columns.value_date is not None:
            for row in rows:
                text = row.cell(columns.value_date)
                if text and not date_readings(text):
                    raise UnreadableStatement(
                        f"{text[:40]!r} is not a date", line=row.line, column=columns.value_date + 1
                    )
                if text:
                    others.append((row.line, text))
        self._warn_of_mixed_dates(booked)
        stated = self.mapping.date_order
        if stated is not None:
            _check_order(booked + others, stated)
            return stated
        if not booked:
            return DateOrder.DAY_FIRST
        return decide_order(
            booked, others, self.notes.date_texts, _certain_period(self.notes), self._sequenced
        )

    def _warn_of_mixed_dates(self, booked: Sequence[tuple[int, str]]) -> None:
        """Say where dates with the year first stand among others.

        Excel leaves ``13/03/2024`` as text where it expects the month first, and makes a date of
        ``04/03/2024``, which then is April 3 and not March 4.
        """
        year_first = next((one for one in booked if _YEAR_FIRST.match(one[1])), None)
        year_last = next((one for one in booked if _YEAR_LAST.match(one[1])), None)
        if year_first and year_last:
            self.warnings.append(
                f"The dates are written in two ways ({year_first[1][:20]!r} on line "
                f"{year_first[0]}, {year_last[1][:20]!r} on line {year_last[0]}): where a "
                "spreadsheet program converted some of them, it may have exchanged day and month."
            )

    def _sequenced(self) -> Sequenced:
        """Return what only all booking dates in a row can say."""
        both = (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST)
        column = self.survey.columns.date
        last: dict[DateOrder, dt.date] = {}
        least: dict[DateOrder, dt.date] = {}
        most: dict[DateOrder, dt.date] = {}
        rising, falling = dict.fromkeys(both, True), dict.fromkeys(both, True)
        distinct: set[dt.date] = set()
        for chunk in rewritten(self.survey, self.chunks):
            read = [date_readings(text) for text in chunk.columns[column]]
            distinct.update(one[DateOrder.DAY_FIRST] for one in read)
            for order in both:
                days = [one[order] for one in read]
                steps = list(pairwise([last.get(order, days[0]), *days]))
                rising[order] = rising[order] and all(a <= b for a, b in steps)
                falling[order] = falling[order] and all(a >= b for a, b in steps)
                last[order] = days[-1]
                least[order] = min(least.get(order, days[0]), *days)
                most[order] = max(most.get(order, days[0]), *days)
        return Sequenced(
            tuple(order for order in both if rising[order] or falling[order]),
            len(distinct),
            {order: (least[order], most[order]) for order in least},
        )

    def readings(self, rows: Sequence[Row]) -> list[Reading]:
        """Return every reading of the amounts that the columns or the mapping allow."""
        columns, header = self.survey.columns, self.survey.header
        mapping = self.mapping
        words = None
        if mapping.debit_marks or mapping.credit_marks:
            words = tuple(
                (word.strip().casefold(), side)
                for side, listed in (
                    (Side.DEBIT, mapping.debit_marks),
                    (Side.CREDIT, mapping.credit_marks),
                )
                for word in listed
            )
        signs = mapping.signs or ("by mark" if words else None)
        takes_fee: bool | None = None
        if mapping.column("fee"):
            takes_fee = True
        elif mapping.signs and mapping.column("amount"):
            takes_fee = False
        readings = readings_of(rows, columns, header, signs=signs, words=words, takes_fee=takes_fee)
        if signs is not None:
            return readings
        inverted = inverted_reading(rows, columns, readings)
        if inverted is None:
            return readings
        return [inverted.reading] if inverted.is_certain else [*readings, inverted.reading]

    def currency(self, rows: Sequence[Row]) -> tuple[int | None, str | None]:
        """Return the column that names each row's currency, or the one currency of all rows.

        Its column decides, else the header, else cells, notes, the caller's default.
        """
        columns, header = self.survey.columns, self.survey.header
        if self.mapping.currency is not None:
            return None, self.mapping.currency
        column = _currency_column(rows, columns)
        named = _header_currencies(header, columns)
        if column is not None:
            found = _from_column(rows, column)
            if named and any(code not in named for code in found if code):
                raise UnreadableStatement(
                    f"the header names {', '.join(sorted(named))} and "
                    f"{header.cell(column)!r} names another currency",
                    line=header.line,
                )
            if any(found):
                return column, None
        return None, self._one_currency(rows, named)

    def _one_currency(self, rows: Sequence[Row], named: set[str]) -> str | None:
        """Return the one currency of a file without a filled currency column."""
        columns = self.survey.columns
        in_cells: set[str] = set()
        symbols: set[str] = set()
        for row in rows:
            for index in [*columns.money, *columns.all(Role.BALANCE)]:
                amount = amount_cell(row, index)
                if amount and amount.currency:
                    in_cells.add(amount.currency)
                if amount and amount.symbol:
                    symbols.add(amount.symbol)
        for source in (in_cells, named, self.notes.currencies):
            if len(source) > 1:
                raise UnreadableStatement(
                    f"amounts could be in {' or in '.join(sorted(source))}: the file names both"
                )
            if source:
                return next(iter(source))
        default = self.default_currency
        if default is not None and not ("$" in symbols and default not in DOLLARS):
            return default
        self.warnings.append(
            "The file names no currency: amounts are read with two decimals and carry none."
        )
        return None

    def marks(
        self, rows: Sequence[Row], groups: Sequence[Group], currency: str | None
    ) -> tuple[DecimalMark, ...]:
        """Return the decimal marks that fit every amount: one, or both where it is open."""
        stated = self.mapping.decimal_mark or self.known_mark
        used = _amount_columns(self.survey.columns)
        if stated is not None:
            if self.mapping.decimal_mark is not None:
                _check_mark(rows, used, stated)
            return (stated,)
        decimals = {decimals_known(code) for _, code in groups} or {decimals_known(currency)}
        return decide_mark(rows, used, decimals.pop() if len(decimals) == 1 else None)

    def settle(
        self,
        rows: Sequence[Row],
        draft: Inference,
        marks: Sequence[DecimalMark],
        readings: Sequence[Reading],
    ) -> Candidate:
        """Return the one decimal mark and reading of the amounts that fit, or refuse the file."""
        balance = self.survey.columns.first(Role.BALANCE)
        candidates = _distinct(
            rows, balance, [(mark, reading) for mark in marks for reading in readings]
        )
        if len(candidates) == 1:
            return candidates[0]
        proven = [
            (mark, reading)
            for mark, reading in candidates
            if balance is not None
            and self.proves(replace(draft, decimal_mark=mark, reading=reading))
        ]
        if len(proven) == 1:
            return proven[0]
        left = proven or candidates
        if len({mark for mark, _ in left}) > 1:
            reason, line, column = open_marks_reason(rows, _amount_columns(self.survey.columns))
            raise UnreadableStatement(reason, line=line, column=column)
        raise _two_readings(rows, left)

    def proves(self, inference: Inference) -> bool:
        """Return whether running balances prove a reading in every account, by a step or more."""
        if inference.columns.first(Role.BALANCE) is None:
            return False
        if len(inference.groups) == 1:
            quick = self._quickly(inference)
            if quick is not None:
                return quick
        proofs: dict[Group, Proof] = {}
        mark, sign = inference.decimal_mark, -1 if inference.balance_turned else 1
        balance = inference.columns.by_role[Role.BALANCE][0]
        for chunk in rewritten(self.survey, self.chunks):
            for row in chunk.rows():
                group = group_of(inference, row)
                shown = balance_of(row, balance, mark)
                proofs.setdefault(group, Proof()).add(
                    [inference.reading.value(row, mark)],
                    [None if shown is None else sign * shown],
                    [date_readings(row.cell(inference.columns.date))[inference.date_order]],
                )
        return _all_hold(proofs.values())

    def _quickly(self, inference: Inference) -> bool | None:
        """Return whether balances hold in money of the currency; ``None`` where they are not money.

        A wrong decimal mark gives amounts with more decimals than money has; whether they hold is
        a matter of their digits alone.
        """
        converter = Converter(inference, inference.groups[0][1])
        quick, proof = QuickProof(), Proof()
        try:
            for chunk in rewritten(self.survey, self.chunks):
                quick.add(*converter.movements(chunk))
                if not (quick.forwards or quick.backwards):
                    break
            else:
                found = quick.outcome()
                if found is not None:
                    return found.steps > 0 and not self.survey.single_balance
            for chunk in rewritten(self.survey, self.chunks):
                proof.add(*converter.movements(chunk))
        except UnreadableStatement:
            return None
        return _all_hold([proof])

    def turned(self, rows: Sequence[Row], inference: Inference) -> Inference:
        """Return the inference with the signs turned where the running balance says so.

        Card accounts are exported from the issuer's side: a purchase is positive. Where balances
        do not follow the signs as written but follow them turned, over several steps, they settle
        it. Where amounts are known to be turned and balances follow them as written, the balance
        is what is owed.
        """
        reading = inference.reading
        balance = inference.columns.first(Role.BALANCE)
        first = rows[: self.survey.sample_rows]
        if (
            balance is None
            or reading.signs is not Signs.OWN
            or reading.fee is not None
            or self.mapping.signs == "as written"
            or len(first) <= TURN_STEPS_MIN
            or len(inference.groups) != 1
            or self.survey.single_balance
        ):
            return inference
        if _steps(first, inference) is not None:
            return inference
        if reading.turned:
            owed = replace(inference, balance_turned=True)
            return owed if _steps(first, owed) is not None else inference
        turned = replace(
            inference,
            reading=replace(reading, label=f"{reading.label}, turned", turned=True),
        )
        steps = _steps(first, turned)
        return turned if steps is not None and steps >= TURN_STEPS_MIN else inference

    def _warn_of_one_side(self, rows: Sequence[Row], inference: Inference) -> None:
        """Say that nothing shows money in to be money in where no amount has a sign at all.

        A month of income only looks the same as a card account seen by its issuer.
        """
        reading = inference.reading
        if (
            reading.signs is not Signs.OWN
            or reading.marked
            or self.mapping.signs is not None
            or inference.columns.first(Role.BALANCE) is not None
        ):
            return
        cells = [amount_cell(row, reading.columns[0]) for row in rows]
        if cells and all(cell is None or cell.negative is None for cell in cells):
            self.warnings.append(
                "No amount has a sign, so all are read as money in; for a card account whose "
                'purchases are positive give a mapping with "signs": "turned".'
            )

    def _warn_of_open_end(self) -> None:
        """Say that nothing shows the end of a file without a final line end to be its end."""
        last = self.survey.last
        if not self.ends_with_newline and last is not None:
            self.warnings.append(
                f"The file ends without a line end: its last row (line {last.line}) may be cut off."
            )

    def _refuse_cut_number(self, rows: Sequence[Row], reading: Reading) -> None:
        """Refuse a file that seems to end inside its last amount.

        Without a final line end, a last cell with fewer decimals than all others is a cut.
        """
        survey = self.survey
        last = survey.last_movement
        if (
            self.ends_with_newline
            or last is None
            or survey.last is None
            or last.line != survey.last.line
            or survey.counts["movement"] < 2  # noqa: PLR2004 - one row has nothing to compare with
        ):
            return
        column = len(last.cells) - 1
        while column and column >= len(survey.header.cells):
            column -= 1
        if column not in reading.columns:
            return
        decimals = {
            decimals_written(row.cell(column))
            for row in rows
            if row.line != last.line and row.cell(column)
        }
        if len(decimals) == 1 and decimals_written(last.cell(column)) < decimals.pop():
            raise UnreadableStatement(
                "the file ends inside its last amount: it is cut off",
                line=last.line,
                column=column + 1,
            )


def _all_hold(proofs: Iterable[Proof]) -> bool:
    steps = 0
    for proof in proofs:
        result = proof.outcome()
        if isinstance(result, (Broken, NotRunning)):
            return False
        steps += result.steps
    return steps > 0


def _amount_columns(columns: Columns) -> list[int]:
    beside = (columns.first(Role.BALANCE), columns.first(Role.FEE))
    return [*columns.money, *(index for index in beside if index is not None)]


def _steps(rows: Sequence[Row], inference: Inference) -> int | None:
    """Return over how many steps the first rows' balances hold, ``None`` where they do not."""
    balance = inference.columns.first(Role.BALANCE)
    if balance is None:
        return None
    mark = inference.decimal_mark
    proof = Proof()
    sign = -1 if inference.balance_turned else 1
    shown = [balance_of(row, balance, mark) for row in rows]
    proof.add(
        inference.reading.values(rows, mark),
        [None if one is None else sign * one for one in shown],
        [date_readings(row.cell(inference.columns.date))[inference.date_order] for row in rows],
    )
    result = proof.outcome()
    return None if isinstance(result, (Broken, NotRunning)) else result.steps


def _check_order(dated: Sequence[tuple[int, str]], order: DateOrder) -> None:
    for line, text in dated:
        if order not in date_readings(text):
            raise UnreadableStatement(
                f"the mapping does not fit: it says that dates have the {order.value}, which "
                f"{text[:40]!r} cannot be",
                line=line,
            )


def _check_mark(rows: Sequence[Row], used: Sequence[int], mark: DecimalMark) -> None:
    for row in rows:
        for index in used:
            amount = amount_cell(row, index)
            if amount is not None and plain(amount.core, mark) is None:
                raise UnreadableStatement(
                    f"the mapping does not fit: with {mark.value!r} as decimal mark "
                    f"{row.cell(index)!r} is no amount",
                    line=row.line,
                    column=index + 1,
                )


def _certain_period(notes: Notes) -> tuple[dt.date, dt.date] | None:
    """Return the stated period where day and month cannot be mistaken in it."""
    found = [set(date_readings(text or "").values()) for text in notes.period]
    if "period" in notes.conflicting or any(len(dates) != 1 for dates in found):
        return None
    return found[0].pop(), found[1].pop()


def _header_currencies(header: Row, columns: Columns) -> set[str]:
    used = [*columns.money, *columns.all(Role.BALANCE)]
    found = (currency_in_header(header.cell(index)) for index in used)
    return {code for code in found if code}


def currency_without_rows(header: Row, columns: Columns, notes: Notes) -> str | None:
    """Return the currency of a table without movements, where it names one."""
    named = _header_currencies(header, columns) | notes.currencies
    return next(iter(named)) if len(named) == 1 else None


def _currency_column(rows: Sequence[Row], columns: Columns) -> int | None:
    """Return the column with the amounts' currency: with several, the one beside the amount."""
    found = columns.all(Role.CURRENCY)
    if len(found) <= 1:
        return found[0] if found else None
    if all(len({row.cell(index) for index in found}) == 1 for row in rows):
        return found[0]
    beside = [index for index in found if index - 1 in columns.money]
    if len(beside) == 1:
        return beside[0]
    raise UnreadableStatement(
        "several columns name different currencies, and none stands beside the amount alone"
    )


def _from_column(rows: Sequence[Row], column: int) -> tuple[str | None, ...]:
    codes: list[str | None] = []
    for row in rows:
        text = row.cell(column)
        code = currency_in_cell(text)
        if text and code is None:
            raise UnreadableStatement(
                f"{text[:20]!r} is not an ISO 4217 currency code", line=row.line, column=column + 1
            )
        codes.append(code)
    missing = next((row for row, code in zip(rows, codes, strict=True) if code is None), None)
    if missing is not None and any(codes):
        raise UnreadableStatement(
            "the row names no currency though others do", line=missing.line, column=column + 1
        )
    return tuple(codes)


def _account_column(rows: Sequence[Row], columns: Columns, notes: Notes) -> int | None:
    """Return the column with the statement's own account, if one surely is.

    ``IBAN`` and ``Account number`` also name the other party's account. Beside a column that is
    surely the other party's they are ours; beside the other party's name alone, only where the
    file does not state our account elsewhere and several rows agree.
    """
    parties = {
        index for role in (Role.COUNTERPARTY, Role.PAYER, Role.PAYEE) for index in columns.all(role)
    }
    doubtful = bool(parties) and columns.first(Role.COUNTERPARTY_ACCOUNT) is None
    for index in columns.all(Role.ACCOUNT):
        values = {row.cell(index) for row in rows}
        if "" in values:
            continue
        stated = notes.account is None or values == {notes.account}
        agreed = len(rows) > 1 and len(values) == 1 and index - 1 not in parties
        if not doubtful or (stated and agreed):
            return index
    return None


def _groups(
    rows: Sequence[Row],
    account_column: int | None,
    currency_column: int | None,
    currency: str | None,
) -> tuple[Group, ...]:
    found: dict[Group, None] = {}
    for row in rows:
        code = currency if currency_column is None else currency_in_cell(row.cell(currency_column))
        found[_account_in(row, account_column), code] = None
    return tuple(found)


def _account_in(row: Row, column: int | None) -> str | None:
    return None if column is None else row.cell(column) or None


def group_of(inference: Inference, row: Row) -> Group:
    """Return the account and currency of a row."""
    column = inference.currency_column
    code = inference.currency if column is None else currency_in_cell(row.cell(column))
    return _account_in(row, inference.account_column), code


def _distinct(
    rows: Sequence[Row], balance: int | None, pairs: Sequence[Candidate]
) -> list[Candidate]:
    """Return the readings without those that come to the same.

    The balances count too: zeros move nothing, but ``1,000`` beside them is still open.
    """
    if len(pairs) == 1:
        return list(pairs)
    found: list[tuple[Candidate, list[Decimal], list[Decimal | None]]] = []
    for mark, reading in pairs:
        values = reading.values(rows, mark)
        shown = [] if balance is None else [balance_of(row, balance, mark) for row in rows]
        if not any(values == known and shown == beside for _, known, beside in found):
            found.append(((mark, reading), values, shown))
    return [candidate for candidate, _, _ in found]


def balance_of(row: Row, column: int, mark: DecimalMark) -> Decimal | None:
    """Return the balance in a row's cell, ``None`` where it is empty."""
    amount = amount_cell(row, column)
    if amount is None:
        return None
    sign = -1 if amount.negative else (amount.side.value if amount.side else 1)
    return sign * Decimal(plain(amount.core, mark) or "0")


def _two_readings(rows: Sequence[Row], candidates: Sequence[Candidate]) -> UnreadableStatement:
    one, other = ((reading, reading.values(rows, mark)) for mark, reading in candidates[:2])
    number = next(n for n, value in enumerate(one[1]) if value != other[1][n])
    return UnreadableStatement(
        f"the amount could be {one[1][number]} ({one[0].label}) or {other[1][number]} "
        f"({other[0].label}), and no running balance decides",
        line=rows[number].line,
    )


def account_id(text: str | None) -> str | None:
    """Return an account as it is stored: an IBAN without spaces, without Excel's mark of a text."""
    text = text.removeprefix("'") if text else text
    return text.replace(" ", "") if text and is_iban(text) else text
