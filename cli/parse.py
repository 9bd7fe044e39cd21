"""``tieout parse``: show what a bank's file says, as JSON, without an account or a network."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.errors import UnreadableStatement
from shared.money import is_currency
from shared.statements.registry import read_statement_file

if TYPE_CHECKING:
    from shared.statements.model import Line, Statement, StatementFile

EXIT_UNREADABLE = 65
"""EX_DATAERR of BSD sysexits.h: the input is wrong, not the user."""

EXIT_NO_INPUT = 66
"""EX_NOINPUT of BSD sysexits.h: the file is not there or may not be opened."""

STANDARD_INPUT = "-"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="the bank's file, or - for standard input")
    parser.add_argument(
        "--currency",
        metavar="CUR",
        type=_currency,
        help="ISO 4217 code for amounts to which the file gives no currency",
    )


def _currency(text: str) -> str:
    code = text.strip().upper()
    if not is_currency(code):
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 4217 currency code, such as EUR")
    return code


def run(arguments: argparse.Namespace) -> int:
    """Print the statements of one file as JSON and return the exit status.

    A file that is refused gives one JSON line on standard error and 65; a file that cannot be
    opened gives the same shape with ``missing_file`` and 66.
    """
    try:
        data = _bytes_of(arguments.file)
    except OSError as error:
        return _fail("missing_file", f"{arguments.file}: {error.strerror}", EXIT_NO_INPUT)
    try:
        found = read_statement_file(data, default_currency=arguments.currency)
    except UnreadableStatement as error:
        return _fail(
            "unreadable_statement", error.reason, EXIT_UNREADABLE, error.line, error.column
        )
    print(json.dumps(file_as_json(found), indent=2))
    return 0


def _bytes_of(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == STANDARD_INPUT else Path(name).read_bytes()


def _fail(
    error: str, reason: str, status: int, line: int | None = None, column: int | None = None
) -> int:
    finding = {"error": error, "reason": reason, "line": line, "column": column}
    print(json.dumps(finding), file=sys.stderr)
    return status


def file_as_json(found: StatementFile) -> dict[str, Any]:
    """Return the file in the shape the command prints; dates are ISO 8601, absent is left out."""
    return {
        "format": found.format,
        "statements": [_statement_as_json(statement) for statement in found.statements],
        "warnings": list(found.warnings),
    }


def _statement_as_json(statement: Statement) -> dict[str, Any]:
    account = statement.account
    start, end = statement.period_start, statement.period_end
    found = {
        "account": {
            "id": account.id,
            "bank_id": account.bank_id,
            "type": account.type,
            "currency": account.currency,
            **_given({"holder": account.holder}),
        },
        **_given({"identification": statement.identification}),
        "period": {
            "start": start.isoformat() if start else None,
            "end": end.isoformat() if end else None,
        },
        "opening_balance_minor": statement.opening_balance_minor,
        "closing_balance_minor": statement.closing_balance_minor,
        **_given(
            {
                "available_balance_minor": statement.available_balance_minor,
                "breaks": [dataclasses.asdict(one) for one in statement.breaks],
                "extra": [list(pair) for pair in statement.extra],
            }
        ),
    }
    return {**found, "lines": [_line_as_json(line) for line in statement.lines]}


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", [], False)}


_ALWAYS = ("index", "date", "value_date", "amount_minor", "currency", "description")


def _line_as_json(line: Line) -> dict[str, Any]:
    values: dict[str, Any] = {
        **line._asdict(),
        "date": line.date.isoformat(),
        "value_date": line.value_date.isoformat() if line.value_date else None,
        "description_received": (
            None if line.description_received == line.description else line.description_received
        ),
        "details": [_given(one._asdict()) for one in line.details],
        "extra": [list(pair) for pair in line.extra],
    }
    always = {name: values.pop(name) for name in _ALWAYS}
    return {**always, **_given(values)}
