"""The cells of a workbook as text, a block of columns at a time, read by calamine.

The process is ``isolated``'s: calamine lays a sheet out from its first to its last cell, however
far apart they are. This module is all that the child loads besides calamine.

Numbers become plain decimal text. A spreadsheet stores binary floating point, so 0.1 + 0.2 is
0.30000000000000004 there: a number within ``TOLERANCE`` of one with two, three or four decimals is
that one, any other keeps all its digits, which the reader then refuses. Dates become ISO 8601.
"""

from __future__ import annotations

import datetime as dt
import gc
import marshal
import re
import sys
from itertools import islice
from typing import TYPE_CHECKING, Any

from shared.statements.isolated import limit

if TYPE_CHECKING:
    from collections.abc import Sequence

SECONDS_MAX = 60
"""Most processor time: a sheet of all 1,048,576 rows takes about ten seconds."""

MEMORY_BYTES_MAX = 1024 * 1024 * 1024
"""Most memory of the child; a sheet of all rows and six columns takes about 700 MB."""

PRINTED_BYTES_MAX = 1024 * 1024 * 1024
"""Most bytes printed: all rows of a sheet with a thousand characters each."""

LENGTH_BYTES = 4

ROWS_IN_BLOCK = 1_000

SEPARATOR = "\x1f"
"""What stands between the cells of a column: a control character, which no cell may hold."""

COLUMNS_MAX = 200
"""As ``csv_table.COLUMNS_MAX``, which would load much more than this child needs."""

CELL_CHARS_MAX = 10_000
"""As ``text.FIELD_CHARS_MAX``, likewise."""

MERGED_MAX = 50_000
"""Most merged cells of one sheet: a date on each of the most rows that people merge."""

TOLERANCE = 0.0005
"""How far from a whole number of minor units, in minor units, a number may be stored."""

_DECIMALS = (2, 3, 4)
"""ISO 4217 currencies with decimals have one of these."""

_EXACT_MAX = 2.0**53
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff]")
_CONTROL_BYTES = bytes(
    code for code in range(32) if _CONTROL.match(chr(code)) and chr(code) != SEPARATOR
)
_MARKED_TEXT = re.compile(r"'[^']*\d[^']*\Z")
_MIDNIGHT = dt.time()


class Refused(Exception):
    """Why a workbook is not read."""


def main(path: str) -> None:
    """Print a workbook's sheets as marshalled messages, each behind its length.

    Of each sheet ``("sheet", name, is_shown, merged)``, then its blocks, ``("rows", count, columns,
    texts)``: a column is its cells with ``SEPARATOR`` between them, and ``texts`` tells, by column,
    whether cells were text (``True``, ``False`` or a byte for each). The last message is
    ``("end",)`` or ``("failed", reason)``.
    """
    limit(SECONDS_MAX, MEMORY_BYTES_MAX, PRINTED_BYTES_MAX)
    # Nothing here refers to itself, and the process ends with its work.
    gc.disable()
    from python_calamine import (  # noqa: PLC0415 - of the statements extra, and only in the child
        CalamineError,
        CalamineWorkbook,
    )

    out = sys.stdout.buffer
    try:
        workbook = CalamineWorkbook.from_path(path)
        for index, sheet in enumerate(workbook.sheets_metadata):
            if "WorkSheet" not in str(sheet.typ):
                continue
            is_shown = str(sheet.visible).endswith(".Visible")
            _print_sheet(out, workbook.get_sheet_by_index(index), sheet.name, is_shown=is_shown)
        last: tuple[str, ...] = ("end",)
    except Refused as error:
        last = ("failed", str(error))
    except CalamineError as error:
        reason = str(error)
        last = (
            ("failed", "the workbook is protected by a password; save it without one")
            if "assword" in reason
            else ("failed", f"the workbook is damaged ({reason[:200]})")
        )
    _print(out, last)
    out.flush()


def _print(out: Any, message: tuple[Any, ...]) -> None:
    data = marshal.dumps(message)
    out.write(len(data).to_bytes(LENGTH_BYTES, "big"))
    out.write(data)


def _print_sheet(out: Any, sheet: Any, name: str, *, is_shown: bool) -> None:
    start = sheet.start
    merged = [
        (row, column, end_row)
        for (row, column), (end_row, _) in sheet.merged_cell_ranges or ()
        if end_row > row
    ]
    if sum(end - row for row, _, end in merged) > MERGED_MAX:
        raise Refused(f"the sheet {name!r} has more than {MERGED_MAX:,} merged cells")
    _print(out, ("sheet", name, is_shown, merged))
    if start is None:
        return
    # calamine yields the empty rows above the first cell, and not the empty columns beside it.
    empty_columns = start[1]
    if empty_columns > COLUMNS_MAX or sheet.width > _columns_stored_max(sheet.height):
        raise Refused(f"the sheet {name!r} has more than {COLUMNS_MAX} columns")
    rows = sheet.iter_rows()
    number = 1
    while block := list(islice(rows, ROWS_IN_BLOCK)):
        columns = [SEPARATOR * (len(block) - 1)] * empty_columns
        texts: list[bool | bytes] = [False] * empty_columns
        for cells in zip(*block, strict=True):
            column, is_text = _texts(cells, number)
            columns.append(column)
            texts.append(is_text)
        while columns and not columns[-1].strip(SEPARATOR):
            columns.pop()
        if len(columns) > COLUMNS_MAX:
            raise Refused(f"a row of the sheet {name!r} has more than {COLUMNS_MAX} columns")
        _print(out, ("rows", len(block), columns, texts))
        number += len(block)


def _columns_stored_max(height: int) -> int:
    """Return how many columns may be laid out; formats reach further than what is filled."""
    return COLUMNS_MAX if height > ROWS_IN_BLOCK else 16_384


def _texts(column: tuple[Any, ...], first_row: int) -> tuple[str, bool | bytes]:
    """Return a column's cells as text, and which were; the common case of one type first."""
    types = set(map(type, column))
    if len(types) == 1:
        kind = types.pop()
        if kind is str:
            return _joined(column, first_row), True
        if kind is float:
            return _numbers(column), False
        if kind is dt.date:
            days = {day: day.isoformat() for day in set(column)}
            return SEPARATOR.join(map(days.__getitem__, column)), False
    texts = [
        cell if type(cell) is str else _number(cell) if type(cell) is float else _text(cell)
        for cell in column
    ]
    if str not in types:
        return SEPARATOR.join(texts), False
    is_text = bytes([type(cell) is str and cell != "" for cell in column])
    return _joined(texts, first_row), is_text


def _joined(column: Sequence[str], first_row: int) -> str:
    """Return cells of text without outer spaces, as one text.

    Raises:
        Refused: A cell is too long or holds control characters, the separator among them.
    """
    joined = SEPARATOR.join(column)
    if len(joined) > CELL_CHARS_MAX + len(column) and max(map(len, column)) > CELL_CHARS_MAX:
        row = next(n for n, cell in enumerate(column, first_row) if len(cell) > CELL_CHARS_MAX)
        raise Refused(f"a cell of row {row} is longer than {CELL_CHARS_MAX:,} characters")
    if not _is_plain(column, joined):
        for row, cell in enumerate(column, first_row):
            found = _CONTROL.search(cell)
            if found:
                raise Refused(f"a cell of row {row} holds the character U+{ord(found[0]):04X}")
        # An apostrophe is how people tell a spreadsheet that what follows is text.
        stripped = map(str.strip, column)
        return SEPARATOR.join([cell[1:] if _MARKED_TEXT.match(cell) else cell for cell in stripped])
    return joined


def _is_plain(column: Sequence[str], joined: str) -> bool:
    """Return whether no cell has outer spaces, an apostrophe before it or a control character."""
    try:
        data = joined.encode()
    except UnicodeEncodeError:
        return False
    return (
        joined.count(SEPARATOR) < len(column)
        and len(data.translate(None, _CONTROL_BYTES)) == len(data)
        and ("'" not in joined or f"{SEPARATOR}'" not in f"{SEPARATOR}{joined}")
        # A text that has nothing to strip is returned itself, which compares at once.
        and list(map(str.strip, column)) == list(column)
    )


def _numbers(column: tuple[float, ...]) -> str:
    cents = (f"%.2f{SEPARATOR}" * len(column) % column)[:-1]
    # Equal as floating point: the shortest text of the number has no more than two decimals.
    is_exact = tuple(map(float, cents.split(SEPARATOR))) == column
    if not is_exact or max(map(abs, column)) > _EXACT_MAX / 100:
        return SEPARATOR.join(map(_number, column))
    return cents.replace(".00", "") if cents.count(".00") == len(column) else cents


def _number(value: float) -> str:
    """Return a number as plain decimal text.

    Examples:
        >>> _number(0.1 + 0.2), _number(12.5), _number(100.0), _number(1.23456)
        ('0.30', '12.50', '100', '1.23456')
    """
    if abs(value) < _EXACT_MAX and value == int(value):
        return str(int(value))
    for decimals in _DECIMALS:
        scaled = value * 10**decimals
        if abs(scaled) < _EXACT_MAX and abs(scaled - round(scaled)) <= TOLERANCE:
            return f"{value:.{decimals}f}"
    return repr(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dt.datetime):
        return (
            value.date().isoformat()
            if value.time() == _MIDNIGHT
            else value.isoformat(" ", "seconds")
        )
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)
