"""XLSX and XLS workbooks: each sheet with a transaction table is a statement.

The cells come as text from ``workbook_cells``; from there on a sheet is a table like any other
(``tabular``). What is special about spreadsheets is settled here: which sheets count, numbers whose
decimal mark is certain, dates stored as serial numbers, dates in merged cells, error cells.

Sources: ECMA-376 part 1, 18.2.28 (``date1904``), 18.3.1.4 (cells, ``t="e"``), 18.17.4.1 (serial
dates); MS-CFB (the container of XLS, and of encrypted XLSX: MS-OFFCRYPTO 2.3.4.4).
"""

from __future__ import annotations

import datetime as dt
import io
import marshal
import re
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from shared.errors import UnreadableStatement
from shared.statements.amounts import DecimalMark
from shared.statements.archive import is_zip, opened_zip
from shared.statements.csv_layout import Layout, locate, without_header
from shared.statements.csv_statements import statements_of
from shared.statements.csv_table import HEADER_ROWS_MAX, Row, refuse_no_header
from shared.statements.csv_tokens import Chunk
from shared.statements.csv_words import DATE_ROLES, Role, roles_of
from shared.statements.isolated import command_of
from shared.statements.mapping import NO_MAPPING
from shared.statements.source import CHUNK_BYTES, SEEKABLE_BYTES_MAX, Source
from shared.statements.tabular import NOTHING_KNOWN, Held, Known, Surveyed, Table
from shared.statements.workbook_cells import (
    LENGTH_BYTES,
    MEMORY_BYTES_MAX,
    SECONDS_MAX,
    SEPARATOR,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shared.statements.head import Head
    from shared.statements.mapping import Mapping
    from shared.statements.model import Events
    from shared.statements.options import Options

UNPACKED_BYTES_MAX = 512 * 1024 * 1024
"""Largest XLSX once unpacked: a sheet of all rows and six columns has about 330 MB."""

SHEETS_MAX = 256
"""Most sheets of a workbook: one a day, with some to spare."""

ERRORS_MAX = 10_000
"""Most error cells remembered of a sheet."""

_WALL_FACTOR = 3
"""The child may wait for a processor that others use."""

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STREAMS = (
    ("EncryptedPackage", "the workbook is protected by a password; save it without one"),
    ("WordDocument", "the file is an old Word document (DOC)"),
    ("PowerPoint Document", "the file is an old PowerPoint presentation (PPT)"),
    ("__substg1.0_", "the file is an Outlook message (MSG)"),
)
"""Names in the directory of an OLE2 container, and what they make of it."""

_CFB_HEADER_BYTES = 512
_CFB_SHIFT_MAX = 12
"""Sectors have 512 or 4,096 bytes."""

_CFB_NONE = 0xFFFFFFFF
_CFB_FREE = 0xFFFFFFFA
"""From here on a sector's number is a mark."""

_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)
_SERIALS = re.compile(r"^\d{5}(?:\.\d+)?$", re.ASCII | re.MULTILINE)
_SERIAL_EPOCH = dt.date(1899, 12, 30)
"""Day 0: Lotus 1-2-3 took 1900 for a leap year, and Excel with it; right from March 1900 on."""

_SERIAL_EPOCH_1904 = dt.date(1904, 1, 1)
_DATE_1904 = re.compile(rb"""\bdate1904\s*=\s*["'](?:1|true|on)["']""")
_SHEET = re.compile(rb"<(?:\w{1,20}:)?sheet\b[^>]{0,2000}>")
_RELATION = re.compile(rb"<(?:\w{1,20}:)?Relationship\b[^>]{0,2000}>")
_ATTRIBUTE = re.compile(rb"""([\w:]{1,40})\s*=\s*["']([^"'<>]{0,1000})["']""")
_ERROR_CELL = re.compile(
    rb"<c\b(?=[^>]{0,200}\bt=\"e\")[^>]{0,200}\br=\"([A-Z]{1,3})(\d{1,7})\"[^>]{0,200}>"
    rb"(?:<f\b[^>]{0,300}/>|<f\b[^>]{0,300}>[^<]{0,9000}</f>)?<v>([^<]{1,20})</v>"
)
_MARKUP_BYTES_MAX = 1024 * 1024
"""Most bytes read of the parts that name sheets: names of 256 sheets are a fraction."""

_OVERLAP_BYTES = 12_000
"""How far an error cell may reach into the next piece."""


def recognises(head: Head) -> bool:
    """Return whether a file begins as a workbook does.

    XLSX is a ZIP archive; ``archive`` has unwrapped every archive that is none.
    """
    return is_zip(head.data) or head.data.startswith(_OLE2)


@dataclass(frozen=True, slots=True)
class _Block:
    """Some rows of a sheet."""

    first_row: int
    count: int
    columns: list[list[str]]
    texts: list[bool | bytes]


@dataclass(slots=True)
class _Sheet:
    """A sheet: where its blocks are in the file of messages, and what has to be mended in them."""

    name: str
    is_shown: bool
    merged: list[tuple[int, int, int]]
    cells: _Cells
    places: list[int] = field(default_factory=list)
    layout: Layout | None = None
    dates: tuple[int, ...] = ()
    """Columns of dates, by the header."""

    numbers: set[int] = field(default_factory=set)
    typed: set[int] = field(default_factory=set)
    """Columns in which cells below the header were numbers, and text."""

    _errors: dict[int, dict[int, str]] | None = None
    _epoch: dt.date | None = None

    def blocks(self) -> Iterator[_Block]:
        """Yield the sheet's rows as they were printed, those still to come included."""
        row, at = 1, 0
        while True:
            while at == len(self.places):
                if self.cells.sheets[-1] is not self or not self.cells.pull():
                    return
            message = self.cells.message_at(self.places[at])
            columns = [column.split(SEPARATOR) for column in message[2]]
            yield _Block(row, message[1], columns, message[3])
            row += message[1]
            at += 1

    def chunks(self) -> Iterator[Chunk]:
        """Yield the sheet's rows with everything mended."""
        for block in self.blocks():
            columns = block.columns
            lines = range(block.first_row, block.first_row + block.count)
            if not columns:
                yield Chunk(lines, ragged=[()] * block.count)
                continue
            if self.layout is not None:
                self._mend(block)
                # A block ends with its last filled column, the table with its header's.
                missing = len(self.layout.header.cells) - len(columns)
                columns += [[""] * block.count] * missing
            yield Chunk(lines, columns)

    def sample(self) -> list[Row]:
        """Return the first rows that are not blank."""
        rows: list[Row] = []
        for chunk in self.chunks():
            rows += chunk.rows()
            if len(rows) >= HEADER_ROWS_MAX:
                break
        return rows

    def begin(self, layout: Layout) -> None:
        """Take where the header is."""
        self.layout = layout
        self.dates = tuple(
            index
            for index, name in enumerate(layout.header.cells)
            if set(roles_of(name)).intersection(DATE_ROLES)
        )

    def _mend(self, block: _Block) -> None:
        assert self.layout is not None  # noqa: S101 - of the caller
        below = max(self.layout.header.line + 1 - block.first_row, 0)
        if below >= block.count:
            return
        width = min(len(self.layout.header.cells), len(block.columns))
        for index in range(width):
            column, texts = block.columns[index], block.texts[index]
            if index not in self.typed or index not in self.numbers:
                self._note_types(index, column, texts, below)
            if "" in column and self.cells.format == "xlsx":
                self._mend_errors(block, index)
        for index in self.dates:
            if index < len(block.columns):
                self._mend_serials(block, index, below)
                self._mend_merged(block, index)

    def _note_types(
        self,
        index: int,
        column: list[str],
        texts: bool | bytes,
        below: int,
    ) -> None:
        if texts is True:
            self.typed.add(index)
        elif texts is False:
            self.numbers.add(index)
        else:
            if any(texts[below:]):
                self.typed.add(index)
            if any(
                cell and not text for cell, text in zip(column[below:], texts[below:], strict=True)
            ):
                self.numbers.add(index)

    def _mend_errors(self, block: _Block, index: int) -> None:
        if self._errors is None:
            self._errors = _error_cells(self.cells.source, self.name)
        for row in range(block.first_row, block.first_row + block.count) if self._errors else ():
            found = self._errors.get(row, {}).get(index)
            if found is not None:
                block.columns[index][row - block.first_row] = found

    def _mend_serials(self, block: _Block, index: int, below: int) -> None:
        column, texts = block.columns[index], block.texts[index]
        if texts is True or self.cells.format != "xlsx" or not _SERIALS.search("\n".join(column)):
            return
        for at in range(below, block.count):
            cell = column[at]
            is_number = texts is False or not texts[at]
            if is_number and cell[:1].isdigit() and _SERIAL.fullmatch(cell):
                column[at] = self._day(cell)

    def _day(self, serial: str) -> str:
        if self._epoch is None:
            self._epoch = _epoch(self.cells.source)
        return (self._epoch + dt.timedelta(int(serial.partition(".")[0]))).isoformat()

    def _mend_merged(self, block: _Block, index: int) -> None:
        for first, column, last in self.merged:
            if column != index or last + 1 < block.first_row:
                continue
            top = first + 1 - block.first_row
            if 0 <= top < block.count:
                value = block.columns[index][top]
                for at in range(top + 1, min(last + 2 - block.first_row, block.count)):
                    block.columns[index][at] = block.columns[index][at] or value


@dataclass(slots=True)
class _Cells:
    """The sheets of a workbook, while the child still prints them.

    What comes is kept in a file, for whoever reads a sheet again.
    """

    printed: IO[bytes] | None
    """Where the child prints; ``None`` once it has said that this is all."""

    kept: IO[bytes]
    source: Source
    format: str
    sheets: list[_Sheet] = field(default_factory=list)
    _end: int = 0
    _last: tuple[int, Any] = (-1, None)
    _failure: UnreadableStatement | None = None

    def pull(self) -> bool:
        """Take the child's next message, and return whether there was one.

        Raises:
            UnreadableStatement: The child refuses the workbook, or died.
        """
        if self._failure is not None:
            raise self._failure
        if self.printed is None:
            return False
        try:
            return self._take(self.printed)
        except UnreadableStatement as error:
            self._failure = error
            raise

    def pull_all(self) -> None:
        """Take everything that the child still prints; as ``pull``."""
        while self.pull():
            pass

    def message_at(self, place: int) -> Any:
        """Return the rows that are kept at a place."""
        if self._last[0] == place:
            return self._last[1]
        self.kept.seek(place)
        length = int.from_bytes(self.kept.read(LENGTH_BYTES), "big")
        return marshal.loads(self.kept.read(length))  # noqa: S302 - of our own child

    def _take(self, printed: IO[bytes]) -> bool:
        head = printed.read(LENGTH_BYTES)
        length = int.from_bytes(head, "big")
        data = printed.read(length)
        if len(head) < LENGTH_BYTES or len(data) < length:
            raise _exhausted()
        message = marshal.loads(data)  # noqa: S302 - of our own child
        if message[0] == "rows":
            self.kept.seek(self._end)
            self.kept.write(head)
            self.kept.write(data)
            self._last = (self._end, message)
            self.sheets[-1].places.append(self._end)
            self._end += LENGTH_BYTES + length
        elif message[0] == "sheet":
            _, name, is_shown, merged = message
            self.sheets.append(_Sheet(name, is_shown, merged, self))
            if len(self.sheets) > SHEETS_MAX:
                raise UnreadableStatement(f"the workbook has more than {SHEETS_MAX} sheets")
        elif message[0] == "failed":
            raise UnreadableStatement(message[1])
        else:
            self.printed = None
            self._last = (-1, None)
            return False
        return True


def read(source: Source, options: Options) -> Events:
    """Yield the statements of a workbook, one or more for each sheet with a table.

    Raises:
        UnreadableStatement: It is damaged, encrypted or over a limit; no sheet has a transaction
            table; or one that has cannot be read without guessing.
    """
    with _printing(source) as cells:
        early = _early(cells, options)
        cells.pull_all()
        found, warnings = _with_tables(cells.sheets, options)
        for number, sheet in enumerate(found):
            surveyed: Surveyed | UnreadableStatement | None = None
            if early is not None and early[0] is sheet:
                _, table, surveyed = early
            else:
                table = _table(sheet, options)
            if number == 0:
                table.warnings += warnings
            try:
                if isinstance(surveyed, UnreadableStatement):
                    raise surveyed
                yield from _statements(sheet, table, surveyed or table.survey())
            except UnreadableStatement as error:
                if len(found) == 1:
                    raise
                raise UnreadableStatement(
                    f"sheet {sheet.name!r}: {error.reason}", line=error.line, column=error.column
                ) from None


def _early(
    cells: _Cells, options: Options
) -> tuple[_Sheet, Table, Surveyed | UnreadableStatement] | None:
    """Survey the first sheet with a header while its cells are still being printed.

    What is found wrong waits until all sheets are known: it may be another's to refuse.
    """
    mapping = options.mapping or NO_MAPPING
    number = 0
    while True:
        while number == len(cells.sheets):
            if not cells.pull():
                return None
        sheet = cells.sheets[number]
        layout = locate(_sampled(sheet, mapping), mapping)
        if layout is not None and sheet.is_shown:
            sheet.begin(layout)
            table = _table(sheet, options)
            try:
                return sheet, table, table.survey()
            except UnreadableStatement as error:
                return sheet, table, error
        number += 1


def _sampled(sheet: _Sheet, mapping: Mapping) -> list[Row]:
    return [row for row in sheet.sample() if row.line > mapping.skip_first]


def _statements(sheet: _Sheet, table: Table, surveyed: Surveyed) -> Events:
    table.known = _known(sheet, surveyed)
    yield from statements_of(
        table.infer(surveyed),
        surveyed.survey,
        surveyed.chunks,
        surveyed.note_rows,
        format=table.format,
        warnings=table.warnings,
    )


def _known(sheet: _Sheet, surveyed: Surveyed) -> Known:
    """Return that decimals follow a point where every amount was a number and none a text."""
    columns = surveyed.columns
    money = {*columns.money, *columns.all(Role.BALANCE), *columns.all(Role.FEE)}
    if money & sheet.numbers and not money & sheet.typed:
        return Known(DecimalMark.POINT)
    return NOTHING_KNOWN


def table_in(source: Source, options: Options, warnings: list[str]) -> Table:
    """Return the first sheet's table for inspecting it.

    Raises:
        UnreadableStatement: The workbook cannot be opened, or no sheet has a table.
    """
    with _printing(source) as cells:
        cells.pull_all()
        cells.kept.seek(0)
        cells.kept = io.BytesIO(cells.kept.read())
    found, said = _with_tables(cells.sheets, options)
    table = _table(found[0], options)
    table.warnings = warnings
    warnings += said
    return table


def _table(sheet: _Sheet, options: Options) -> Table:
    held = Held(sheet.chunks)
    return Table(held, options, sheet.cells.format, NOTHING_KNOWN, [], sheet.layout)


@contextmanager
def _printing(source: Source) -> Iterator[_Cells]:
    """Have all cells printed by a child, for as long as they are wanted."""
    with (
        tempfile.TemporaryFile() as kept,
        tempfile.NamedTemporaryFile(suffix=".workbook") as file,
    ):
        kind = _copied(source, file)
        if kind == "xlsx":
            _check_unpacked(Source.of_path(Path(file.name)))
        with _child(file.name) as printed:
            yield _Cells(printed, kept, source, kind)


def _copied(source: Source, file: IO[bytes]) -> str:
    """Copy a workbook to a file and return its format, once its outside is checked."""
    head = source.head(CHUNK_BYTES)
    kind = "xlsx" if is_zip(head) else "xls"
    names = [(_utf16(name), reason) for name, reason in _STREAMS]
    copied = 0
    held = b""
    for chunk in source.chunks():
        copied += len(chunk)
        if copied > SEEKABLE_BYTES_MAX:
            raise UnreadableStatement(
                f"the workbook has more than the {SEEKABLE_BYTES_MAX:,} bytes that are read"
            )
        if kind == "xls":
            window = held + chunk
            for name, reason in names:
                if name in window:
                    raise UnreadableStatement(reason)
            held = chunk[-len(names[0][0]) * 2 :]
        file.write(chunk)
    file.flush()
    if kind == "xls":
        _check_container(file, copied)
    return kind


def _check_container(file: IO[bytes], size: int) -> None:
    """Refuse an XLS whose container uses sectors that are not there (MS-CFB 2.2, 2.3).

    calamine reads what is left of one that was cut off.
    """
    file.seek(0)
    header = file.read(_CFB_HEADER_BYTES)
    if len(header) < _CFB_HEADER_BYTES:
        raise UnreadableStatement("the workbook is cut off")
    sector_bytes = 1 << min(int.from_bytes(header[30:32], "little"), _CFB_SHIFT_MAX)
    tables = [place for place in _words(header[76:]) if place < _CFB_FREE]
    last = 0
    for number, place in enumerate(tables):
        last = max(last, place)
        file.seek((place + 1) * sector_bytes)
        used = [
            at for at, entry in enumerate(_words(file.read(sector_bytes))) if entry != _CFB_NONE
        ]
        if used:
            last = max(last, number * (sector_bytes // 4) + used[-1])
    file.seek(size)
    if (last + 2) * sector_bytes > size:
        raise UnreadableStatement(
            f"the workbook has {size:,} bytes and its own directory needs "
            f"{(last + 2) * sector_bytes:,}: it is cut off"
        )


def _words(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data) - 3, 4)]


def _utf16(name: str) -> bytes:
    return name.encode("utf-16-le")


@contextmanager
def _child(path: str) -> Iterator[IO[bytes]]:
    """Start the process that prints a workbook's cells, and end it when nobody reads on."""
    child = subprocess.Popen(  # noqa: S603 - this interpreter, with code of this project
        command_of("shared.statements.workbook_cells", path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    clock = threading.Timer(SECONDS_MAX * _WALL_FACTOR, child.kill)
    clock.start()
    try:
        with child:
            assert child.stdout is not None  # noqa: S101 - a pipe was asked for
            try:
                yield child.stdout
            finally:
                child.kill()
    finally:
        clock.cancel()


def _exhausted() -> UnreadableStatement:
    return UnreadableStatement(
        f"the workbook cannot be read in {SECONDS_MAX} s and {MEMORY_BYTES_MAX // 1024**2:,} MB: "
        "it is damaged, or has cells very far apart; save only the table as XLSX or CSV"
    )


def _check_unpacked(source: Source) -> None:
    with opened_zip(source) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > UNPACKED_BYTES_MAX:
        raise UnreadableStatement(
            f"the workbook unpacks to {unpacked:,} bytes, over the {UNPACKED_BYTES_MAX:,} that are "
            "read; export a shorter period"
        )


def _with_tables(sheets: Sequence[_Sheet], options: Options) -> tuple[list[_Sheet], list[str]]:
    """Return the sheets with a transaction table, and warnings about the others."""
    mapping = options.mapping or NO_MAPPING
    filled = [sheet for sheet in sheets if sheet.places]
    if not filled:
        raise UnreadableStatement("the workbook is empty")
    found: list[_Sheet] = []
    warnings: list[str] = []
    for sheet in filled:
        rows = [] if sheet.layout else _sampled(sheet, mapping)
        layout = sheet.layout or locate(rows, mapping)
        if layout is None and len(filled) == 1:
            layout = without_header(rows, mapping)
            if layout is None:
                refuse_no_header(rows[:HEADER_ROWS_MAX])
        if layout is None:
            warnings.append(f"The sheet {sheet.name!r} has no transaction table and is left out.")
        elif not sheet.is_shown and len(filled) > 1:
            warnings.append(f"The sheet {sheet.name!r} is hidden and left out.")
        else:
            if sheet.layout is None:
                sheet.begin(layout)
            found.append(sheet)
    if not found:
        raise UnreadableStatement("no sheet of the workbook has a bank statement's header row")
    return found, warnings


def _attributes(tag: bytes) -> dict[str, str]:
    return {
        name.decode(): value.decode("utf-8", "replace") for name, value in _ATTRIBUTE.findall(tag)
    }


def _part(archive: Any, name: str) -> bytes:
    try:
        with archive.open(name) as file:
            data: bytes = file.read(_MARKUP_BYTES_MAX)
    except KeyError:
        return b""
    return data


def _epoch(source: Source) -> dt.date:
    with opened_zip(source) as archive:
        is_1904 = _DATE_1904.search(_part(archive, "xl/workbook.xml"))
    return _SERIAL_EPOCH_1904 if is_1904 else _SERIAL_EPOCH


def _error_cells(source: Source, sheet: str) -> dict[int, dict[int, str]]:
    """Return the error cells of a sheet, such as ``#REF!``, by row and column.

    calamine gives them as empty cells, and an amount that could not be computed is not an empty
    one.
    """
    found: dict[int, dict[int, str]] = {}
    with opened_zip(source) as archive:
        path = _path_of_sheet(archive, sheet)
        if path not in archive.namelist():
            return found
        with archive.open(path) as file:
            held = b""
            count = 0
            while piece := file.read(CHUNK_BYTES * 16):
                window = held + piece
                if b't="e"' in window:
                    for letters, digits, text in _ERROR_CELL.findall(window):
                        row = found.setdefault(int(digits), {})
                        row[_column_number(letters)] = text.decode("utf-8", "replace")
                        count += 1
                    if count > ERRORS_MAX:
                        raise UnreadableStatement(
                            f"the sheet {sheet!r} has more than {ERRORS_MAX:,} error cells"
                        )
                held = window[-_OVERLAP_BYTES:]
    return found


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _path_of_sheet(archive: Any, sheet: str) -> str:
    """Return the member of an XLSX archive in which a sheet's cells are."""
    import html  # noqa: PLC0415 - only where a table has empty cells

    relation = ""
    for tag in _SHEET.findall(_part(archive, "xl/workbook.xml")):
        found = _attributes(tag)
        if html.unescape(found.get("name", "")) == sheet:
            relation = next((v for k, v in found.items() if k.endswith(":id")), "")
    for tag in _RELATION.findall(_part(archive, "xl/_rels/workbook.xml.rels")):
        found = _attributes(tag)
        if found.get("Id") == relation:
            target = found.get("Target", "")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return ""
