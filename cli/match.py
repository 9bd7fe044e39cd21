"""``tieout match``: reconcile two files without any cloud, and print why.

BANK is a statement file the parsers read, or a table of items; LEDGER is a table of items; both
tables are CSV with the header ``id,date,amount,currency,description,reference,counterparty``
in any order. Amounts are plain decimals in major units, dates ISO 8601. A row without currency
has the other side's, where that side has only one.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
import sys
import time
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.errors import InvalidInput, UnreadableStatement
from shared.money import is_currency, parse_minor

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from shared.matching import Item, MatchResult, Rates

EXIT_UNREADABLE = 65
"""``EX_DATAERR`` of sysexits.h: the input data was incorrect in some way."""

DATE_WINDOW_DAYS_MAX = 366
COLUMNS = ("id", "date", "amount", "currency", "description", "reference", "counterparty")
REQUIRED = ("id", "date", "amount")
_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_RATE = re.compile(r"\d{1,12}(?:\.\d{1,18})?")


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a table, with the line it begins on."""

    line: int
    values: dict[str, str]


class UnreadableTable(Exception):
    """A table is refused; the fields become the one JSON line on stderr."""

    def __init__(
        self, reason: str, *, error: str = "unreadable_table", line: int | None, column: int | None
    ) -> None:
        super().__init__(reason)
        self.error, self.reason, self.line, self.column = error, reason, line, column


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``tieout match``."""
    parser.description = "Match a bank file to a ledger file; prints one JSON object."
    parser.add_argument("bank", type=Path, metavar="BANK", help="statement file or table of items")
    parser.add_argument("ledger", type=Path, metavar="LEDGER", help="table of book entries")
    parser.add_argument(
        "--rates",
        type=Path,
        help="CSV of currency,rate or date,currency,rate: the account's currency per unit",
    )
    parser.add_argument(
        "--date-window-days",
        type=days,
        metavar="N",
        help="calendar days a line and its entry may lie apart, whatever else they share",
    )


def run(arguments: argparse.Namespace) -> int:
    """Match the two files and print the result; 0, or 65 if a file cannot be read."""
    from shared.matching import MatchSettings, match  # noqa: PLC0415 - slow to import

    try:
        entries_table = _ledger_rows(arguments.ledger)
        bank_data = _bytes(arguments.bank)
        lines_table = _read_items(arguments.bank, bank_data)
        warnings: tuple[str, ...] = ()
        ledger_currency = _only_currency(entries_table)
        if lines_table is None:
            lines, warnings = _statement_items(arguments.bank, bank_data, ledger_currency)
            currencies = {line.currency for line in lines}
            bank_currency = currencies.pop() if len(currencies) == 1 else None
        else:
            bank_currency = _only_currency(lines_table)
            lines = _items(arguments.bank, lines_table, bank_currency or ledger_currency)
        entries = _items(arguments.ledger, entries_table, bank_currency or ledger_currency)
        rates = _read_rates(arguments.rates) if arguments.rates else None
    except UnreadableTable as refused:
        return _refuse(refused.error, refused.reason, refused.line, refused.column)
    window = arguments.date_window_days
    settings = (
        MatchSettings()
        if window is None
        else MatchSettings(date_window_days=window, identifier_window_days=window)
    )
    begun = time.perf_counter()
    result = match(lines, entries, settings=settings, rates=rates)
    seconds = time.perf_counter() - begun
    json.dump(_shown(result, warnings, seconds), sys.stdout, ensure_ascii=False)
    print()
    return 0


def days(text: str) -> int:
    """Return a number of days from the command line; argparse names it after this function."""
    number = int(text)
    if not 0 <= number <= DATE_WINDOW_DAYS_MAX:
        raise ValueError(text)
    return number


def _refuse(error: str, reason: str, line: int | None, column: int | None) -> int:
    finding = {"error": error, "reason": reason, "line": line, "column": column}
    print(json.dumps(finding, ensure_ascii=False), file=sys.stderr)
    return EXIT_UNREADABLE


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as failure:
        raise UnreadableTable(
            f"{path}: {failure.strerror or failure}",
            error="unreadable_file",
            line=None,
            column=None,
        ) from failure


def _rows(path: Path, data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the records of a CSV with the line each begins on."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as failure:
        raise UnreadableTable(
            f"{path}: the file is not UTF-8 text",
            line=data.count(b"\n", 0, failure.start) + 1,
            column=None,
        ) from failure
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    begins = 1
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as failure:
            raise UnreadableTable(f"{path}: {failure}", line=begins, column=None) from failure
        if record:
            yield begins, record
        begins = reader.line_num + 1


def _table(path: Path, data: bytes, header: Sequence[str]) -> list[Row]:
    """Return the records below the header, refusing those of another width."""
    rows = []
    records = _rows(path, data)
    next(records)
    for line, record in records:
        if len(record) != len(header):
            raise UnreadableTable(
                f"{path}: the row has {len(record)} fields, the header {len(header)}",
                line=line,
                column=None,
            )
        values = {name: value.strip() for name, value in zip(header, record, strict=True)}
        rows.append(Row(line, values))
    return rows


def _read_items(path: Path, data: bytes) -> list[Row] | None:
    """Return the rows of a table of items, or ``None`` if the header is not that of one."""
    first = data.lstrip(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode("utf-8", "replace")
    header = [name.strip().strip('"').lower() for name in first.strip().split(",")]
    is_table = set(REQUIRED) <= set(header) <= set(COLUMNS) and len(set(header)) == len(header)
    return _table(path, data, header) if is_table else None


def _ledger_rows(path: Path) -> list[Row]:
    rows = _read_items(path, _bytes(path))
    if rows is None:
        raise UnreadableTable(
            f"{path}: the first row must name the columns {','.join(COLUMNS)}, of which id, date "
            "and amount are required",
            line=1,
            column=None,
        )
    return rows


def _only_currency(rows: Sequence[Row]) -> str | None:
    found = {row.values.get("currency", "").upper() for row in rows} - {""}
    return found.pop() if len(found) == 1 else None


def _items(path: Path, rows: Sequence[Row], currency_default: str | None) -> list[Item]:
    from shared.matching import Item  # noqa: PLC0415 - slow to import

    items = []
    seen: dict[str, int] = {}
    for row in rows:
        values = row.values
        columns = list(values)

        def refuse(reason: str, name: str, row: Row = row, columns: list[str] = columns) -> None:
            place = columns.index(name) + 1 if name in columns else None
            raise UnreadableTable(f"{path}: {reason}", line=row.line, column=place)

        for name in REQUIRED:
            if not values[name]:
                refuse(f"{name} is empty", name)
        if values["id"] in seen:
            refuse(f"id {values['id']!r} is on line {seen[values['id']]} already", "id")
        seen[values["id"]] = row.line
        currency = values.get("currency", "").upper() or currency_default
        if currency is not None and not is_currency(currency):
            refuse(f"{currency!r} is not an ISO 4217 currency code", "currency")
        date = _date(values["date"])
        if date is None:
            refuse(f"{values['date']!r} is not a date such as 2024-01-31", "date")
            continue
        try:
            amount_minor = parse_minor(values["amount"], currency)
        except InvalidInput as invalid:
            refuse(invalid.message, "amount")
            continue
        items.append(
            Item(
                id=values["id"],
                date=date,
                amount_minor=amount_minor,
                currency=currency or "",
                description=values.get("description", ""),
                reference=values.get("reference") or None,
                counterparty=values.get("counterparty") or None,
            )
        )
    return items


def _date(text: str) -> dt.date | None:
    if not _ISO_DATE.fullmatch(text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _statement_items(
    path: Path, data: bytes, currency_default: str | None
) -> tuple[list[Item], tuple[str, ...]]:
    """Return a statement's booked lines, and what is weak about the file.

    Ids are line indexes, ``statement:index`` if there are several statements.
    """
    from shared.matching import Item  # noqa: PLC0415 - slow to import
    from shared.statements.registry import read_statement_file  # noqa: PLC0415 - slow to import

    try:
        file = read_statement_file(data, default_currency=currency_default)
    except UnreadableStatement as refused:
        raise UnreadableTable(
            f"{path}: {refused.reason}",
            error=refused.kind,
            line=refused.line,
            column=refused.column,
        ) from refused
    except InvalidInput as invalid:
        raise UnreadableTable(
            f"{path}: {invalid.message}", error=invalid.kind, line=None, column=None
        ) from invalid
    for statement in file.statements:
        for broken in statement.breaks:
            raise UnreadableTable(
                f"{path}: {broken.total}: expected {broken.expected}, found {broken.found}; "
                f"{broken.reason}",
                error="broken_total",
                line=broken.position,
                column=None,
            )
    several = len(file.statements) > 1
    read = [
        (f"{number}:{line.index}" if several else str(line.index), statement, line)
        for number, statement in enumerate(file.statements)
        for line in statement.lines
    ]
    items = [
        Item(
            id=id_,
            date=line.date,
            amount_minor=line.amount_minor,
            currency=line.currency or statement.account.currency or currency_default or "",
            description=line.description,
            reference=line.reference or line.bank_reference,
            counterparty=line.counterparty,
        )
        for id_, statement, line in read
        if line.status == "booked"
    ]
    left_out = len(read) - len(items)
    not_booked = (f"{left_out} of {len(read)} lines are not booked and were left out.",)
    return items, (*file.warnings, *(not_booked if left_out else ()))


def _read_rates(path: Path) -> Rates:
    """Return the rates of a file: per day where it has a date column, else for all days."""
    from shared.matching import Rates  # noqa: PLC0415 - slow to import

    data = _bytes(path)
    records = _rows(path, data)
    _, first = next(records, (1, []))
    header = [name.strip().lower() for name in first]
    if set(header) not in ({"currency", "rate"}, {"date", "currency", "rate"}):
        raise UnreadableTable(
            f"{path}: the first row must be currency,rate or date,currency,rate",
            line=1,
            column=None,
        )
    static: dict[str, Decimal] = {}
    dated: dict[str, dict[dt.date, Decimal]] = {}
    for row in _table(path, data, header):
        currency = row.values["currency"].upper()
        if not is_currency(currency):
            _refuse_rate(path, row, "currency", "is not an ISO 4217 currency code")
        text = row.values["rate"]
        if not _RATE.fullmatch(text) or not Decimal(text):
            _refuse_rate(path, row, "rate", "is not a rate above zero such as 0.9217")
        rates: dict[Any, Decimal] = static
        key: Any = currency
        if row.values.get("date"):
            key = _date(row.values["date"])
            if key is None:
                _refuse_rate(path, row, "date", "is not a date such as 2024-01-31")
            rates = dated.setdefault(currency, {})
        if key in rates:
            _refuse_rate(path, row, "currency", "has two rates for the same day")
        rates[key] = Decimal(text)
    return Rates(static, {name: tuple(sorted(quotes.items())) for name, quotes in dated.items()})


def _refuse_rate(path: Path, row: Row, name: str, what: str) -> None:
    raise UnreadableTable(
        f"{path}: {row.values[name]!r} {what}",
        line=row.line,
        column=list(row.values).index(name) + 1,
    )


def _shown(result: MatchResult, warnings: tuple[str, ...], seconds: float) -> dict[str, Any]:
    """Return the result as the command prints it."""
    return {
        "matches": [asdict(found) for found in result.matches],
        "ambiguous": [asdict(tie) for tie in result.ambiguous],
        "unmatched_lines": list(result.unmatched_lines),
        "unmatched_entries": list(result.unmatched_entries),
        "warnings": [*warnings, *result.warnings],
        "engine_version": result.engine_version,
        "weights_version": result.weights_version,
        "seconds": round(seconds, 6),
    }
