"""CSV statements with no configuration: every convention is inferred from the whole file.

``infer`` says what was inferred and from which lines; ``read`` applies it. Where the file allows
two readings, it is refused and both are named: a wrong amount, date or sign is the worst thing
a reconciliation can be fed.

There is no standard: RFC 4180 describes quoting only. The conventions come from the export
formats that banks publish (see ``csv_words``).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from shared.errors import InvalidInput, UnreadableStatement
from shared.money import format_minor, parse_minor
from shared.statements.amounts import DOLLARS, DecimalMark, plain
from shared.statements.balances import Break, NotRunning, prove
from shared.statements.csv_amounts import (
    Reading,
    amount_cell,
    decide_mark,
    decimals_known,
    open_marks_reason,
    readings_of,
)
from shared.statements.csv_columns import EMPTY_MARKS, Columns, assign
from shared.statements.csv_dates import decide_order
from shared.statements.csv_notes import Notes, Stated, is_iban, read_notes
from shared.statements.csv_rows import Body, sort_rows
from shared.statements.csv_table import Row, Table, read_table
from shared.statements.csv_words import Role, currency_in_cell, currency_in_header
from shared.statements.dates import DateOrder, date_readings
from shared.statements.model import Account, Events, Line, Statement, summary_of
from shared.statements.text import decode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.statements.head import Head
    from shared.statements.options import Options
    from shared.statements.source import Source

FORMAT = "csv"
WHOLE_BYTES_MAX = 128 * 1024 * 1024

_POLISH = re.compile(rb"[Kk]wota|[Dd]ata (?:operacji|transakcji|ksi)|[Rr]achun")
_COLUMNS_MIN = 2


@dataclass(frozen=True, slots=True)
class Inference:
    """What was inferred about one file, for reading it and for showing it to a user.

    ``columns`` names each column used; ``reading`` names the sign convention and carries the
    signed digits of each movement; ``currencies`` has one entry per movement.
    """

    table: Table
    body: Body
    columns: Columns
    notes: Notes
    date_order: DateOrder
    decimal_mark: DecimalMark
    reading: Reading
    currencies: tuple[str | None, ...]
    dates: tuple[dt.date, ...]


def recognises(head: Head) -> bool:
    """Return whether a file beginning like this may be CSV: any text may, so CSV comes last."""
    return bool(head.text.strip())


def _declared(data: bytes) -> str | None:
    """Return Windows-1250 for Polish files, whose letters Windows-1252 would garble."""
    return "cp1250" if _POLISH.search(data) else None


def read(source: Source, options: Options) -> Events:
    """Return the statement in a CSV file, or one per account and currency it lists.

    A recognisable header without movements is an empty statement (a month without movements is
    a fact worth stating), and a warning says so.

    Raises:
        UnreadableStatement: No statement's header, a row that cannot be read exactly, balances
            that do not follow, or two readings that both fit.
    """
    warnings: list[str] = []
    text = decode(source.read(WHOLE_BYTES_MAX), warnings, declared=_declared)
    inference = infer(text, options.default_currency, warnings)
    for statement in _statements(inference, warnings):
        yield list(statement.lines)
        yield summary_of(statement)


def infer(text: str, default_currency: str | None, warnings: list[str]) -> Inference:
    """Return every convention of a CSV text.

    Raises:
        UnreadableStatement: As ``read``.
    """
    table = read_table(text)
    columns = assign(table)
    body = sort_rows(table, columns)
    _warn_left_out(body, warnings)
    notes = read_notes([*table.preamble, *body.notes])
    rows = body.movements
    order = _date_order(body, columns, notes)
    dates = tuple(date_readings(row.cell(columns.date))[order] for row in rows)
    readings = readings_of(rows, columns, table.header)
    currencies = _currencies(table, body, columns, notes, default_currency, warnings)
    mark, reading = _settle(rows, columns, notes, readings, currencies, dates)
    if not rows:
        warnings.append("The file has a statement's header but no movements.")
    _refuse_cut_number(table, rows, reading)
    return Inference(table, body, columns, notes, order, mark, reading, currencies, dates)


def _warn_left_out(body: Body, warnings: list[str]) -> None:
    meanings = {"pending": "pending, not booked", "void": "failed, cancelled or reverted"}
    warnings.extend(
        f"{count} row(s) are marked as {meanings[what]}, and left out."
        for what, count in sorted(body.left_out.items())
    )


def _date_order(body: Body, columns: Columns, notes: Notes) -> DateOrder:
    booked = [(row.line, row.cell(columns.date)) for row in body.movements]
    others = []
    if columns.value_date is not None:
        for row in body.movements:
            text = row.cell(columns.value_date)
            if text and not date_readings(text):
                raise UnreadableStatement(
                    f"{text[:40]!r} is not a date", line=row.line, column=columns.value_date + 1
                )
            if text:
                others.append((row.line, text))
    if not booked:
        return DateOrder.DAY_FIRST
    return decide_order(booked, others, notes.date_texts, _certain_period(notes))


def _certain_period(notes: Notes) -> tuple[dt.date, dt.date] | None:
    """Return the stated period where day and month cannot be mistaken in it."""
    found = [set(date_readings(text or "").values()) for text in notes.period]
    if "period" in notes.conflicting or any(len(dates) != 1 for dates in found):
        return None
    return found[0].pop(), found[1].pop()


def _currencies(
    table: Table,
    body: Body,
    columns: Columns,
    notes: Notes,
    default_currency: str | None,
    warnings: list[str],
) -> tuple[str | None, ...]:
    """Return each movement's currency: its column, else the header, else cells, notes, default."""
    rows = body.movements
    column = _currency_column(rows, columns)
    named = _header_currencies(table, columns)
    if column is not None:
        found = _from_column(rows, column)
        if named and any(code not in named for code in found if code):
            raise UnreadableStatement(
                f"the header names {', '.join(sorted(named))} and "
                f"{table.header.cell(column)!r} names another currency",
                line=table.header.line,
            )
        if any(found):
            return found
    return (_one_currency(rows, columns, notes, named, default_currency, warnings),) * len(rows)


def _header_currencies(table: Table, columns: Columns) -> set[str]:
    used = [*columns.money, *columns.all(Role.BALANCE)]
    found = (currency_in_header(table.header.cell(index)) for index in used)
    return {code for code in found if code}


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


def _one_currency(
    rows: Sequence[Row],
    columns: Columns,
    notes: Notes,
    named: set[str],
    default_currency: str | None,
    warnings: list[str],
) -> str | None:
    """Return the one currency of a file without a filled currency column."""
    in_cells: set[str] = set()
    symbols: set[str] = set()
    for row in rows:
        for index in [*columns.money, *columns.all(Role.BALANCE)]:
            amount = amount_cell(row, index)
            if amount and amount.currency:
                in_cells.add(amount.currency)
            if amount and amount.symbol:
                symbols.add(amount.symbol)
    for source in (in_cells, named, notes.currencies):
        if len(source) > 1:
            raise UnreadableStatement(
                f"amounts could be in {' or in '.join(sorted(source))}: the file names both"
            )
        if source:
            return next(iter(source))
    if default_currency is not None and not ("$" in symbols and default_currency not in DOLLARS):
        return default_currency
    if "$" in symbols:
        warnings.append("The sign $ is taken for US dollars; give a currency if it is another.")
        return "USD"
    warnings.append("The file names no currency; amounts are read with two decimals.")
    return None


_Group = list[int]


def _groups(
    rows: Sequence[Row], columns: Columns, notes: Notes, currencies: Sequence[str | None]
) -> dict[tuple[str | None, str | None], _Group]:
    """Return the movements of each account and currency, in file order."""
    account = _account_column(rows, columns, notes)
    groups: dict[tuple[str | None, str | None], _Group] = {}
    for number, row in enumerate(rows):
        name = row.cell(account) or None if account is not None else None
        groups.setdefault((name, currencies[number]), []).append(number)
    return groups


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


def _settle(
    rows: Sequence[Row],
    columns: Columns,
    notes: Notes,
    readings: Sequence[Reading],
    currencies: Sequence[str | None],
    dates: Sequence[dt.date],
) -> tuple[DecimalMark, Reading]:
    """Return the one decimal mark and reading of the amounts that fit, or refuse the file."""
    balance = columns.first(Role.BALANCE)
    fee = columns.first(Role.FEE)
    used = [*columns.money, *(index for index in (balance, fee) if index is not None)]
    decimals = {decimals_known(currency) for currency in currencies}
    marks = decide_mark(rows, used, decimals.pop() if len(decimals) == 1 else None)
    candidates = _distinct(
        rows, balance, [(mark, reading) for mark in marks for reading in readings]
    )
    if len(candidates) == 1:
        return candidates[0][0], candidates[0][1]
    groups = _groups(rows, columns, notes, currencies)
    proven = [
        candidate
        for candidate in candidates
        if balance is not None and _holds(rows, candidate, balance, groups, dates)
    ]
    if len(proven) == 1:
        return proven[0][0], proven[0][1]
    if len({mark for mark, _, _ in proven or candidates}) > 1:
        reason, line, column = open_marks_reason(rows, used)
        raise UnreadableStatement(reason, line=line, column=column)
    raise _two_readings(rows, proven or candidates)


_Candidate = tuple[DecimalMark, Reading, list[Decimal]]


def _distinct(
    rows: Sequence[Row], balance: int | None, pairs: Sequence[tuple[DecimalMark, Reading]]
) -> list[_Candidate]:
    """Return the readings with their amounts, without those that come to the same.

    The balances count too: zeros move nothing, but ``1,000`` beside them is still open.
    """
    if len(pairs) == 1:
        return [(pairs[0][0], pairs[0][1], [])]
    found: list[tuple[_Candidate, list[Decimal | None]]] = []
    for mark, reading in pairs:
        values = reading.values(mark)
        shown = [] if balance is None else _balances(rows, balance, mark)
        if not any(values == known[2] and shown == beside for known, beside in found):
            found.append(((mark, reading, values), shown))
    return [candidate for candidate, _ in found]


def _holds(
    rows: Sequence[Row],
    candidate: _Candidate,
    balance: int,
    groups: dict[tuple[str | None, str | None], _Group],
    dates: Sequence[dt.date],
) -> bool:
    """Return whether running balances prove a reading in every account, by one step at least."""
    mark, _, values = candidate
    balances = _balances(rows, balance, mark)
    steps = 0
    for group in groups.values():
        result = prove(
            [values[n] for n in group], [balances[n] for n in group], [dates[n] for n in group]
        )
        if isinstance(result, (Break, NotRunning)):
            return False
        steps += result.steps
    return steps > 0


def _balances(rows: Sequence[Row], column: int, mark: DecimalMark) -> list[Decimal | None]:
    balances: list[Decimal | None] = []
    for row in rows:
        amount = amount_cell(row, column)
        if amount is None:
            balances.append(None)
            continue
        sign = -1 if amount.negative else (amount.side.value if amount.side else 1)
        balances.append(sign * Decimal(plain(amount.core, mark) or "0"))
    return balances


def _two_readings(rows: Sequence[Row], candidates: Sequence[_Candidate]) -> UnreadableStatement:
    one, other = candidates[0], candidates[1]
    number = next(n for n, value in enumerate(one[2]) if value != other[2][n])
    return UnreadableStatement(
        f"the amount could be {one[2][number]} ({one[1].label}) or {other[2][number]} "
        f"({other[1].label}), and no running balance decides",
        line=rows[number].line,
    )


def _refuse_cut_number(table: Table, rows: Sequence[Row], reading: Reading) -> None:
    """Refuse a file that seems to end inside its last amount.

    Without a final line end, a last cell with fewer decimals than all others is a cut.
    """
    if table.ends_with_newline or len(rows) < _COLUMNS_MIN or rows[-1] is not table.body[-1]:
        return
    last = len(rows[-1].cells) - 1
    if last not in reading.columns:
        return
    decimals = [_decimals(row.cell(last)) for row in rows if row.cell(last)]
    if len(set(decimals[:-1])) == 1 and decimals[-1] < decimals[0]:
        raise UnreadableStatement(
            "the file ends inside its last amount: it is cut off",
            line=rows[-1].line,
            column=last + 1,
        )


def _decimals(text: str) -> int:
    match = re.search(r"[.,](\d*)\D*\Z", text)
    return len(match[1]) if match else 0


def _statements(inference: Inference, warnings: list[str]) -> tuple[Statement, ...]:
    rows = inference.body.movements
    groups = _groups(rows, inference.columns, inference.notes, inference.currencies)
    if not groups:
        groups = {(None, _currency_without_rows(inference)): []}
    if len(groups) > 1:
        warnings.append(
            f"The file holds {len(groups)} accounts or currencies; each is a statement of its own."
        )
    return tuple(
        _statement(inference, account, currency, group, warnings, alone=len(groups) == 1)
        for (account, currency), group in groups.items()
    )


def _currency_without_rows(inference: Inference) -> str | None:
    named = _header_currencies(inference.table, inference.columns) | inference.notes.currencies
    return next(iter(named)) if len(named) == 1 else None


def _statement(
    inference: Inference,
    account: str | None,
    currency: str | None,
    group: _Group,
    warnings: list[str],
    *,
    alone: bool,
) -> Statement:
    lines = tuple(_line(inference, index, number, currency) for index, number in enumerate(group))
    opening, closing = _proven(inference, group, lines, currency, warnings)
    if alone:
        opening, closing = _with_stated(inference, lines, opening, closing, currency)
    notes = inference.notes
    start, end = _period(inference)
    own = account or (notes.account if alone else None)
    return Statement(
        format=FORMAT,
        account=Account(
            id=own.replace(" ", "") if own and is_iban(own) else own,
            bank_id=notes.bank,
            type=None,
            currency=currency,
        ),
        period_start=start,
        period_end=end,
        opening_balance_minor=opening,
        closing_balance_minor=closing,
        lines_count=len(lines),
        net_minor=sum(line.amount_minor for line in lines),
        warnings=tuple(warnings),
        lines=lines,
    )


def _period(inference: Inference) -> tuple[dt.date | None, dt.date | None]:
    notes = inference.notes
    if "period" in notes.conflicting:
        return None, None
    start, end = (
        date_readings(text).get(inference.date_order) if text else None for text in notes.period
    )
    if start and end and end < start:
        raise UnreadableStatement("the stated period ends before it starts")
    return start, end


def _line(inference: Inference, index: int, number: int, currency: str | None) -> Line:
    row, columns = inference.body.movements[number], inference.columns
    amount_minor = _minor(inference, number, currency)
    value_date = None
    if columns.value_date is not None and row.cell(columns.value_date):
        value_date = date_readings(row.cell(columns.value_date))[inference.date_order]
    counterparty = _counterparty(row, columns, amount_minor)
    unnamed = range(len(inference.table.header.cells))
    described = [*columns.all(Role.DESCRIPTION)]
    described += [i for i in unnamed if not inference.table.header.cell(i) and described]
    description = _texts(row, described)
    kind = _first(row, columns.all(Role.KIND))
    return Line(
        index=index,
        date=inference.dates[number],
        value_date=value_date,
        amount_minor=amount_minor,
        currency=currency,
        description=description or counterparty or kind or "",
        counterparty=counterparty,
        customer_reference=_first(row, columns.all(Role.REFERENCE)),
        bank_reference=_first(row, columns.all(Role.BANK_REFERENCE)),
        transaction_code=kind,
        position=row.line,
    )


def _minor(inference: Inference, number: int, currency: str | None) -> int:
    total = 0
    for term in inference.reading.rows[number]:
        digits = plain(term.core, inference.decimal_mark)
        try:
            total += term.sign * parse_minor(digits or "", currency)
        except InvalidInput as error:
            raise UnreadableStatement(
                error.message,
                line=inference.body.movements[number].line,
                column=inference.reading.columns[0] + 1,
            ) from None
    return total


def _first(row: Row, columns: Sequence[int]) -> str | None:
    filled = (row.cell(index) for index in columns)
    return next((cell for cell in filled if cell and cell not in EMPTY_MARKS), None)


def _texts(row: Row, columns: Sequence[int]) -> str:
    """Return the cells as one text on one line, without saying the same twice."""
    parts: list[str] = []
    for index in columns:
        text = row.cell(index)
        if "\n" in text or "\r" in text:
            text = " ".join(part.strip() for part in text.splitlines() if part.strip())
        if text and not any(text in part for part in parts):
            parts.append(text)
    return " ".join(parts)


def _counterparty(row: Row, columns: Columns, amount_minor: int) -> str | None:
    """Return the other party: the payee of money out, the payer of money in."""
    named = _first(row, columns.all(Role.COUNTERPARTY))
    payer, payee = columns.all(Role.PAYER), columns.all(Role.PAYEE)
    nearer, farther = (payee, payer) if amount_minor < 0 else (payer, payee)
    return named or _first(row, nearer) or _first(row, farther)


def _exact(value: Decimal, currency: str | None, line: int) -> int:
    try:
        return parse_minor(f"{value:f}", currency)
    except InvalidInput as error:
        raise UnreadableStatement(f"balance: {error.message}", line=line) from None


def _proven(
    inference: Inference,
    group: _Group,
    lines: Sequence[Line],
    currency: str | None,
    warnings: list[str],
) -> tuple[int | None, int | None]:
    """Return the opening and closing balance that a running balance column proves."""
    column = inference.columns.first(Role.BALANCE)
    rows = inference.body.movements
    if column is None or not group:
        return None, None
    chosen = [rows[number] for number in group]
    balances = _balances(chosen, column, inference.decimal_mark)
    amounts = [Decimal(line.amount_minor) for line in lines]
    minor = [
        None if balance is None else Decimal(_exact(balance, currency, row.line))
        for balance, row in zip(balances, chosen, strict=True)
    ]
    result = prove(amounts, minor, [line.date for line in lines])
    if isinstance(result, Break):
        row = chosen[result.row]
        raise UnreadableStatement(
            f"the running balance breaks: {format_minor(int(result.found), currency)} is stated "
            f"where {format_minor(int(result.expected), currency)} follows from the amounts, so "
            "a line is missing or an amount is wrong",
            line=row.line,
            column=column + 1,
        )
    if isinstance(result, NotRunning):
        warnings.append(
            f"The column {inference.table.header.cell(column)!r} shows one balance on every row "
            "and is left out."
        )
        return None, None
    if result.opening is None or result.closing is None:
        return None, None
    return int(result.opening), int(result.closing)


def _with_stated(
    inference: Inference,
    lines: Sequence[Line],
    opening: int | None,
    closing: int | None,
    currency: str | None,
) -> tuple[int | None, int | None]:
    """Return the balances with those that labelled rows state, which must agree.

    Raises:
        UnreadableStatement: A stated balance contradicts the running one, or opening and lines
            do not come to closing: lines are missing.
    """
    total = sum(line.amount_minor for line in lines)
    for which in ("opening", "closing"):
        stated: Stated | None = getattr(inference.notes, which)
        if stated is None or which in inference.notes.conflicting:
            continue
        value = _stated_minor(stated, inference.decimal_mark, currency)
        known = opening if which == "opening" else closing
        if known is not None and known != value:
            raise UnreadableStatement(
                f"the {which} balance is stated as {format_minor(value, currency)} but the lines "
                f"come to {format_minor(known, currency)}: lines are missing or an amount is wrong",
                line=stated.line,
                column=stated.column,
            )
        opening, closing = (value, value + total) if which == "opening" else (value - total, value)
    return opening, closing


def _stated_minor(stated: Stated, mark: DecimalMark, currency: str | None) -> int:
    digits = plain(stated.amount.core, mark)
    if digits is None:
        raise UnreadableStatement(
            f"{stated.text!r} is written with another decimal mark than the amounts",
            line=stated.line,
            column=stated.column,
        )
    negative = stated.amount.negative or (
        stated.amount.side is not None and stated.amount.side.value < 0
    )
    sign = -1 if negative else 1
    return _exact(sign * Decimal(digits), currency, stated.line)
