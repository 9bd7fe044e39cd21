"""``tieout parse``: show what a bank's file says, without an account or a network."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.errors import InvalidInput, UnreadableStatement
from shared.money import is_currency
from shared.statements.mapping import Mapping
from shared.statements.options import Options
from shared.statements.registry import read_events, read_statement_file
from shared.statements.source import Source

if TYPE_CHECKING:
    from shared.statements.model import Line, Statement, StatementFile

EXIT_UNREADABLE = 65
"""EX_DATAERR of BSD sysexits.h: the input is wrong, not the user."""

EXIT_NO_INPUT = 66
"""EX_NOINPUT of BSD sysexits.h: the file is not there or may not be opened."""

EXIT_BREAKS = 1
"""The file was read but a control total in it does not hold."""

STANDARD_INPUT = "-"

ROWS_DEFAULT = 40
"""Lines shown of one statement: about a screen."""

ROWS_LEAST = 4
"""Fewer leave no room for the last lines beside the first."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="the bank's file, or - for standard input")
    parser.add_argument(
        "--currency",
        metavar="CUR",
        type=_currency,
        help="ISO 4217 code for amounts to which the file gives no currency",
    )
    parser.add_argument(
        "--mapping",
        metavar="FILE",
        type=Path,
        help="how to read a table (CSV, XLSX) that is not clear; --inspect proposes one",
    )
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--table", action="store_true", help="print a table instead of JSON")
    shape.add_argument(
        "--inspect",
        action="store_true",
        help="print what was inferred of a table, from which rows, and a mapping",
    )
    parser.add_argument(
        "--rows",
        metavar="N",
        type=_rows,
        default=ROWS_DEFAULT,
        help=f"lines shown of a statement with --table (default {ROWS_DEFAULT})",
    )


def _rows(text: str) -> int:
    if not text.isdecimal() or int(text) < ROWS_LEAST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of at least {ROWS_LEAST}")
    return int(text)


def _currency(text: str) -> str:
    code = text.strip().upper()
    if not is_currency(code):
        raise argparse.ArgumentTypeError(f"{text!r} is not an ISO 4217 currency code, such as EUR")
    return code


def run(arguments: argparse.Namespace) -> int:
    """Print the statements of one file and return the exit status.

    A file that is refused gives one JSON line on standard error and 65; a file that cannot be
    opened gives the same shape with ``missing_file`` and 66. A file whose control totals do not
    hold is printed, with the breaks, and gives 1.
    """
    try:
        source = _source_of(arguments.file)
        options = Options(arguments.currency, _mapping_of(arguments.mapping))
        if arguments.inspect:
            return _inspect(source, options, arguments.file)
        if arguments.table:
            return _table(source, options, arguments.file, arguments.rows)
        found = read_statement_file(
            source, default_currency=options.default_currency, mapping=options.mapping
        )
    except OSError as error:
        return _fail("missing_file", f"{error.filename}: {error.strerror}", EXIT_NO_INPUT)
    except UnreadableStatement as error:
        places = {"statement": error.statement} if error.statement else {}
        return _fail(
            error.kind, error.reason, EXIT_UNREADABLE,
            line=error.line, column=error.column, **places,
        )  # fmt: skip
    except InvalidInput as error:
        return _fail(error.kind, error.message, EXIT_UNREADABLE)
    print(json.dumps(file_as_json(found), indent=2))
    return EXIT_BREAKS if any(one.breaks for one in found.statements) else 0


def _source_of(name: str) -> Source:
    if name == STANDARD_INPUT:
        return Source.of_bytes(sys.stdin.buffer.read())
    return Source.of_path(Path(name))


def _mapping_of(path: Path | None) -> Mapping | None:
    return None if path is None else Mapping.from_json(path.read_text("utf-8"))


def _table(source: Source, options: Options, name: str, rows_max: int) -> int:
    from rich.console import Console  # noqa: PLC0415 - slow to import

    from cli import statement_display  # noqa: PLC0415 - as above

    # Read once to the end before the first line is shown: what is refused shows nothing.
    for _ in read_events(source, options):
        pass
    holds = statement_display.show(
        Console(highlight=False), read_events(source, options), _shown(name), rows_max
    )
    return 0 if holds else EXIT_BREAKS


def _inspect(source: Source, options: Options, name: str) -> int:
    from rich.console import Console  # noqa: PLC0415 - slow to import

    from cli import inspection_display  # noqa: PLC0415 - as above
    from shared.statements.inspection import inspect  # noqa: PLC0415 - as above

    found = inspect(source, options)
    inspection_display.show(Console(highlight=False), found, _shown(name))
    return 0 if found.refused is None else EXIT_UNREADABLE


def _shown(name: str) -> str:
    return "standard input" if name == STANDARD_INPUT else Path(name).name


def _fail(error: str, reason: str, status: int, **places: int | None) -> int:
    finding = {"error": error, "reason": reason, "line": None, "column": None, **places}
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
                "checked": list(statement.checked),
                "breaks": [dataclasses.asdict(one) for one in statement.breaks],
                "extra": [list(pair) for pair in statement.extra],
            }
        ),
    }
    return {**found, "lines": [_line_as_json(line) for line in statement.lines]}


def _given(values: dict[str, Any]) -> dict[str, Any]:
    # Not ``value in (…, False)``: a balance of zero is said, and equal to False.
    return {
        name: value
        for name, value in values.items()
        if value is not None and value is not False and value not in ("", [], ())
    }


_ALWAYS = ("index", "date", "value_date", "amount_minor", "currency", "description")


def _line_as_json(line: Line) -> dict[str, Any]:
    values: dict[str, Any] = {
        **line._asdict(),
        "date": line.date.isoformat(),
        "value_date": line.value_date.isoformat() if line.value_date else None,
        "description_received": (
            None if line.description_received == line.description else line.description_received
        ),
        "details": [
            _given({**one._asdict(), "extra": [list(pair) for pair in one.extra]})
            for one in line.details
        ],
        "extra": [list(pair) for pair in line.extra],
    }
    always = {name: values.pop(name) for name in _ALWAYS}
    return {**always, **_given(values)}
