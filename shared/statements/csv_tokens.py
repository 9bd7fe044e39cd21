"""CSV text to rows of cells, in pieces: by splitting where nothing is quoted, else by ``csv``.

Splitting a whole block of text at once takes a fifth of what ``csv.reader`` takes for each row, and
gives the same cells as long as no quote stands in the block. Every line is followed by a cell of
its own that holds the line feed, so rows of different length cannot be mistaken for even ones.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.statements.csv_table import COLUMNS_MAX, OUTER_SPACE, Row
from shared.statements.text import FIELD_CHARS_MAX

if TYPE_CHECKING:
    import _csv
    from collections.abc import Iterable, Iterator

    from shared.statements.text import Block

Cells = tuple[str, ...]

WINDOW_CHARS = FIELD_CHARS_MAX // 2
"""A field longer than ``FIELD_CHARS_MAX`` fills at least one aligned window of this size."""

_SPACES_BEYOND_ASCII = "\u00a0\u202f\u2007\ufeff"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the cells of a file are separated and quoted."""

    delimiter: str
    quote: str = '"'


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a table: as columns where all have the same length, else as rows.

    ``lines`` has the line of each row; cells are without outer spaces; rows may be blank.
    """

    lines: Sequence[int]
    columns: Sequence[Sequence[str]] = ()
    ragged: Sequence[Sequence[str]] = ()

    def rows(self) -> Iterator[Row]:
        """Yield the rows that are not blank, one by one."""
        cells = zip(*self.columns, strict=True) if self.columns else map(tuple, self.ragged)
        for line, row in zip(self.lines, cells, strict=True):
            if any(row):
                yield Row(line, row)

    def after(self, line: int) -> Chunk:
        """Return the rows that begin below a line."""
        start = sum(1 for one in self.lines if one <= line)
        return self.from_row(start)

    def from_row(self, start: int) -> Chunk:
        """Return the rows from an index on."""
        if not start:
            return self
        if self.columns:
            return Chunk(self.lines[start:], [column[start:] for column in self.columns])
        return chunk_of(self.lines[start:], self.ragged[start:])


def chunk_of(lines: Sequence[int], rows: Sequence[Sequence[str]]) -> Chunk:
    """Return stripped rows as a chunk, turned into columns where they are even."""
    if rows and len(set(map(len, rows))) == 1 and rows[0]:
        return Chunk(lines, list(zip(*rows, strict=True)))
    return Chunk(lines, ragged=rows)


def chunk_of_cells(first_line: int, rows: Sequence[Sequence[str]]) -> Chunk:
    """Return rows of cells as they were received as a chunk.

    Raises:
        UnreadableStatement: A row has too many cells or a cell too much text.
    """
    lines = range(first_line, first_line + len(rows))
    check_sizes(lines, rows)
    stripped = [[cell.strip(OUTER_SPACE) for cell in row] for row in rows]
    return chunk_of(lines, stripped)


def check_sizes(lines: Iterable[int], rows: Iterable[Sequence[str]]) -> None:
    """Refuse rows with more cells, or cells with more text, than is read.

    Raises:
        UnreadableStatement: There is one.
    """
    for line, row in zip(lines, rows, strict=True):
        if len(row) > COLUMNS_MAX:
            raise UnreadableStatement(f"a row has more than {COLUMNS_MAX} columns", line=line)
        if row and max(map(len, row)) > FIELD_CHARS_MAX:
            raise UnreadableStatement(
                f"a field is longer than {FIELD_CHARS_MAX} characters", line=line
            )


Spaced = dict[int, bool]
"""Of each block of a text, by its first line: whether a cell in it begins or ends with a space."""


def chunks_of(blocks: Iterable[Block], dialect: Dialect, spaced: Spaced) -> Iterator[Chunk]:
    """Yield the rows of a CSV text.

    Args:
        blocks: The text, as ``text.line_blocks`` yields it.
        dialect: Delimiter and quote.
        spaced: Is filled in the first pass over a text and saves looking again in the next.

    Raises:
        UnreadableStatement: A quote is never closed, text follows a closing quote, or a row is
            larger than the named limits.
    """
    held, held_line = "", 1
    for block in blocks:
        text, line = block.text, block.first_line
        if held:
            text, line = held + text, held_line
            held = ""
        plain = dialect.quote not in text
        chunk = (_split if plain else _split_quoted)(text, line, dialect, spaced)
        if chunk is not None:
            yield chunk
            continue
        rows, lines, held = _parse(text, line, dialect)
        if held:
            held_line = line + text.count("\n") - held.count("\n")
        if rows:
            yield _stripped(lines, rows, text, dialect)
    if held:
        _refuse_open_quote(held, held_line, dialect)


def _split(text: str, first_line: int, dialect: Dialect, spaced: Spaced) -> Chunk | None:
    """Return unquoted text as columns, ``None`` where its rows are uneven or too large."""
    delimiter = dialect.delimiter
    ended = text if text.endswith("\n") else text + "\n"
    width = ended.count(delimiter, 0, ended.index("\n")) + 1
    if width > COLUMNS_MAX or _may_have_long_field(ended):
        return None
    cells = ended.replace("\n", f"{delimiter}\n{delimiter}").split(delimiter)
    # What follows the last line feed is one empty cell.
    cells.pop()
    step = width + 1
    count, rest = divmod(len(cells), step)
    if rest or cells[width::step] != ["\n"] * count:
        return None
    columns: list[list[str]] = [cells[index::step] for index in range(width)]
    strips = spaced.get(first_line)
    if strips is None:
        strips = spaced[first_line] = _are_spaced(columns, text, delimiter)
    if strips:
        columns = [[cell.strip(OUTER_SPACE) for cell in column] for column in columns]
    return Chunk(range(first_line, first_line + count), columns)


def _split_quoted(text: str, first_line: int, dialect: Dialect, spaced: Spaced) -> Chunk | None:
    """Return text whose every cell is quoted as columns, ``None`` where anything is unusual.

    Where no quote is left over once the text is split at quote, delimiter, quote, none stands in a
    cell, so each is where ``csv`` would find it.
    """
    quote, delimiter = dialect.quote, dialect.delimiter
    ended = text if text.endswith("\n") else text + "\n"
    # A tab within quotes would look like the delimiter where spaces are looked for.
    if delimiter == "\t" or ended == f"{quote}\n":
        return None
    if not (ended.startswith(quote) and ended.endswith(f"{quote}\n")):
        return None
    between = f"{quote}{delimiter}{quote}"
    width = ended.count(between, 0, ended.index("\n")) + 1
    if width > COLUMNS_MAX or _may_have_long_field(ended):
        return None
    inner = ended[1:-2].replace(f"{quote}\n{quote}", f"{between}\n{between}")
    cells = inner.split(between)
    if inner.count(quote) != 2 * (len(cells) - 1):
        return None
    cells.append("\n")
    step = width + 1
    count, rest = divmod(len(cells), step)
    if rest or cells[width::step] != ["\n"] * count or ended.count("\n") != count:
        return None
    columns: list[list[str]] = [cells[index::step] for index in range(width)]
    strips = spaced.get(first_line)
    if strips is None:
        strips = spaced[first_line] = _are_spaced(columns, text, delimiter)
    if strips:
        columns = [[cell.strip(OUTER_SPACE) for cell in column] for column in columns]
    return Chunk(range(first_line, first_line + count), columns)


def _may_have_long_field(text: str) -> bool:
    return any(
        text.find("\n", start, start + WINDOW_CHARS) < 0
        for start in range(0, len(text) - WINDOW_CHARS, WINDOW_CHARS)
    )


def _has_other_spaces(text: str, delimiter: str) -> bool:
    """Return whether a text holds spaces that are no plain ones, and that are stripped too."""
    return ("\t" in text and delimiter != "\t") or (
        not text.isascii() and any(space in text for space in _SPACES_BEYOND_ASCII)
    )


def _are_spaced(columns: Iterable[Sequence[str]], text: str, delimiter: str) -> bool:
    """Return whether a cell begins or ends with a space, or may do so."""
    if _has_other_spaces(text, delimiter):
        return True
    for cells in columns:
        joined = "\n".join(cells)
        # Most columns hold no space at all, which is found out fastest.
        if " " in joined and (
            " \n" in joined or "\n " in joined or joined[0] == " " or joined[-1] == " "
        ):
            return True
    return False


def _has_outer_space(text: str, dialect: Dialect) -> bool:
    """Return whether a space stands beside a delimiter, a quote or a line end."""
    edges = (dialect.delimiter, dialect.quote, "\n")
    return (
        text[:1] == " "
        or text[-1:] == " "
        or any(f" {edge}" in text or f"{edge} " in text for edge in edges)
    )


def _stripped(lines: Sequence[int], rows: list[list[str]], text: str, dialect: Dialect) -> Chunk:
    # Cells with line ends in them are stripped whatever stands beside their quotes.
    multiline = not isinstance(lines, range)
    if multiline or _has_other_spaces(text, dialect.delimiter) or _has_outer_space(text, dialect):
        return chunk_of(lines, [[cell.strip(OUTER_SPACE) for cell in row] for row in rows])
    return chunk_of(lines, rows)


def _reader(text: str, dialect: Dialect) -> _csv.Reader:
    # Only a line feed ends a line here: str.splitlines knows nine more characters.
    return csv.reader(
        io.StringIO(text, newline="\n"),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        strict=True,
    )


def _parse(
    text: str, first_line: int, dialect: Dialect
) -> tuple[list[list[str]], Sequence[int], str]:
    """Return the whole records, their lines, and the text of a record that goes on."""
    try:
        rows = list(_reader(text, dialect))
    except csv.Error:
        return _parse_with_care(text, first_line, dialect)
    ends = text.count("\n") + (not text.endswith("\n"))
    if len(rows) != ends:
        return _parse_with_care(text, first_line, dialect)
    lines = range(first_line, first_line + len(rows))
    if _may_have_long_field(text) or max(map(len, rows), default=0) > COLUMNS_MAX:
        check_sizes(lines, rows)
    return rows, lines, ""


def _parse_with_care(
    text: str, first_line: int, dialect: Dialect
) -> tuple[list[list[str]], Sequence[int], str]:
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = _reader(text, dialect)
    line = first_line
    held = ""
    try:
        for row in reader:
            rows.append(row)
            lines.append(line)
            line = first_line + reader.line_num
    except csv.Error as error:
        if "unexpected end" not in str(error):
            raise _broken(error, line) from None
        held = text.split("\n", line - first_line)[-1]
    check_sizes(lines, rows)
    return rows, lines, held


def _refuse_open_quote(text: str, line: int, dialect: Dialect) -> None:
    """Refuse a file that ends inside a quoted cell, at the line where the record begins."""
    try:
        list(_reader(text, dialect))
    except csv.Error as error:
        raise _broken(error, line) from None


def _broken(error: csv.Error, line: int) -> UnreadableStatement:
    reason = str(error)
    if "unexpected end" in reason:
        reason = "a quote is never closed, so the file is cut off or damaged"
    elif "field limit" in reason or "field larger" in reason:
        reason = f"a field is longer than {FIELD_CHARS_MAX} characters"
    else:
        reason = f"the quoting is broken ({reason})"
    return UnreadableStatement(reason, line=line)
