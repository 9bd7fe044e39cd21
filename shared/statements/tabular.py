"""Statements in tables: what CSV and spreadsheets share once their cells are text.

A format turns its file into blocks of rows and calls ``read_table``, which finds the header row,
infers what each column means from the whole table, and yields the statements. The rows are asked
for more than once (to infer, then to read), so a format offers a function that starts over; no more
than a few hundred rows are ever held.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.statements.amounts import DecimalMark
from shared.statements.csv_columns import SAMPLE_ROWS, Columns, assign
from shared.statements.csv_infer import Inferrer
from shared.statements.csv_layout import Layout, locate, without_header
from shared.statements.csv_notes import Notes, read_notes
from shared.statements.csv_rows import NOTES_MAX
from shared.statements.csv_statements import statements_of
from shared.statements.csv_survey import Survey
from shared.statements.csv_table import HEADER_ROWS_MAX, Row, refuse_no_header
from shared.statements.csv_tokens import Chunk, Dialect, chunk_of_cells
from shared.statements.mapping import NO_MAPPING, Mapping
from shared.statements.options import Options

if TYPE_CHECKING:
    from shared.statements.csv_inference import Inference
    from shared.statements.model import Events


@dataclass(frozen=True, slots=True)
class RowBlock:
    """Some rows of a table, in order.

    ``first_row`` is the file's own number of the first of them, from 1 (a spreadsheet's row); the
    others follow without gaps, so an empty row between them is an empty list. Rows may differ in
    length; cells are text as a user would read them, empty where there is nothing. About 500 rows
    a block are fastest.
    """

    first_row: int
    rows: list[list[str]]


@dataclass(frozen=True, slots=True)
class Known:
    """What a typed source settles by itself, so that nothing has to be inferred.

    ``decimal_mark`` is the mark of every number whose cell was a number; a spreadsheet writes
    numbers with a point (``-1234.5``) and says so here. Dates need nothing: write typed dates as
    ISO 8601 (``2024-01-31``), which reads the same in every order.
    """

    decimal_mark: DecimalMark | None = None


NOTHING_KNOWN = Known()


CELLS_HELD_MAX = 750_000
"""Cells held between the passes over a table, about 64 MB; a larger one is read again instead."""


@dataclass(slots=True)
class Held:
    """The rows of a table, kept after the first pass where they are few."""

    read: Callable[[], Iterator[Chunk]]
    _chunks: list[Chunk] | None = None

    def __call__(self) -> Iterator[Chunk]:
        """Yield the rows from the first."""
        return self.read() if self._chunks is None else iter(self._chunks)

    def first_pass(self) -> Iterator[Chunk]:
        """Yield the rows from the first, and hold them if they are few."""
        chunks: list[Chunk] = []
        cells = 0
        for chunk in self.read():
            if cells <= CELLS_HELD_MAX:
                chunks.append(chunk)
                cells += sum(map(len, chunk.columns)) + sum(map(len, chunk.ragged))
                if cells > CELLS_HELD_MAX:
                    chunks.clear()
            yield chunk
        if cells <= CELLS_HELD_MAX:
            self._chunks = chunks


@dataclass(slots=True)
class Ending:
    """How the text of a file ends, known once it has been read through."""

    with_newline: bool = True


@dataclass(frozen=True, slots=True)
class Text:
    """How the text of a CSV file was read."""

    encoding: str
    dialect: Dialect


@dataclass(frozen=True, slots=True)
class Surveyed:
    """A table after its first pass: everything the inference looks at."""

    layout: Layout
    columns: Columns
    survey: Survey
    notes: Notes
    note_rows: tuple[Row, ...]
    chunks: Callable[[], Iterator[Chunk]]
    """The rows below the header, from the first, as often as needed."""


@dataclass(slots=True)
class Table:
    """A table in some file, and what is known about it before it is read.

    ``layout`` is ``None`` where the rows alone must show where the header is.
    """

    rows: Held
    options: Options
    format: str
    known: Known
    warnings: list[str]
    layout: Layout | None = None
    ending: Ending = field(default_factory=Ending)
    text: Text | None = None

    @property
    def mapping(self) -> Mapping:
        """What the caller settles, with the columns of a table that has no header."""
        mapping = self.options.mapping or NO_MAPPING
        return self.layout.applied_to(mapping) if self.layout else mapping

    def read(self) -> Events:
        """Yield the statements of the table; as ``read_table``."""
        surveyed = self.survey()
        inference = self.infer(surveyed)
        yield from statements_of(
            inference,
            surveyed.survey,
            surveyed.chunks,
            surveyed.note_rows,
            format=self.format,
            warnings=self.warnings,
        )

    def survey(self) -> Surveyed:
        """Return what the first pass over the table finds.

        Raises:
            UnreadableStatement: There is no header or no column of dates or amounts, or a row is
                neither a movement nor a remark.
        """
        layout = self.layout = self.layout or self._layout()
        preamble: list[Row] = []
        held: list[Chunk] = []
        sample: list[Row] = []
        survey: Survey | None = None
        for chunk in self._body(preamble):
            if survey is not None:
                survey.add(chunk)
                continue
            held.append(chunk)
            sample += chunk.rows()
            if len(sample) >= SAMPLE_ROWS:
                survey = self._begin(layout, sample, held)
        if survey is None:
            survey = self._begin(layout, sample, held)
        survey.finish(ends_with_newline=self.ending.with_newline)
        note_rows = (*preamble, *survey.notes)
        return Surveyed(
            layout, survey.columns, survey, read_notes(note_rows), note_rows, self._body
        )

    def infer(self, surveyed: Surveyed) -> Inference:
        """Return every convention of the table.

        Raises:
            UnreadableStatement: Two readings fit, or a row contradicts all of them.
        """
        return self.inferrer(surveyed).infer()

    def inferrer(self, surveyed: Surveyed) -> Inferrer:
        """Return what decides the conventions, part by part."""
        return Inferrer(
            surveyed.survey,
            surveyed.notes,
            self.mapping,
            self.options.default_currency,
            self.known.decimal_mark,
            surveyed.chunks,
            self.ending.with_newline,
            self.warnings,
        )

    def _begin(self, layout: Layout, sample: list[Row], held: list[Chunk]) -> Survey:
        columns = assign(layout.header, sample, self.mapping)
        survey = Survey(layout.header, columns, SAMPLE_ROWS)
        for chunk in held:
            survey.add(chunk)
        return survey

    def _layout(self) -> Layout:
        """Return where the header is, by the first rows of the table."""
        mapping = self.options.mapping or NO_MAPPING
        rows: list[Row] = []
        for chunk in self.rows():
            rows += [row for row in chunk.rows() if row.line > mapping.skip_first]
            if len(rows) >= max(HEADER_ROWS_MAX, SAMPLE_ROWS):
                break
        found = locate(rows, mapping) or without_header(rows, mapping)
        if found is None:
            refuse_no_header(rows[:HEADER_ROWS_MAX])
        return found

    def _body(self, preamble: list[Row] | None = None) -> Iterator[Chunk]:
        """Yield the rows below the header; those above it are added to ``preamble``."""
        assert self.layout is not None  # noqa: S101 - set before the first pass
        mapping = self.mapping
        top = self.layout.header.line
        chunks = self.rows() if preamble is None else self.rows.first_pass()
        if mapping.skip_last:
            chunks = _without_last(chunks, mapping.skip_last)
        for chunk in chunks:
            if not len(chunk.lines):
                continue
            if chunk.lines[0] > top:
                yield chunk
                continue
            if preamble is not None:
                preamble += [row for row in chunk.rows() if mapping.skip_first < row.line < top]
                if len(preamble) > NOTES_MAX:
                    raise UnreadableStatement(f"more than {NOTES_MAX:,} rows stand above the table")
            below = chunk.after(top)
            if len(below.lines):
                yield below


def _without_last(chunks: Iterator[Chunk], count: int) -> Iterator[Chunk]:
    """Yield all rows but the last ones."""
    held: list[Row] = []
    for chunk in chunks:
        held += chunk.rows()
        if len(held) > count:
            yield Chunk(
                [row.line for row in held[:-count]], ragged=[row.cells for row in held[:-count]]
            )
            held = held[-count:]


def read_table(
    blocks: Callable[[], Iterator[RowBlock]],
    options: Options,
    *,
    format: str,  # noqa: A002 - the field's own name
    known: Known = NOTHING_KNOWN,
    warnings: list[str],
) -> Events:
    """Yield the statements of a table: blocks of lines, and a summary after each statement's.

    Args:
        blocks: Starts over and yields all rows from the first, preamble and footer included.
        options: What the caller knows; its mapping settles what it states.
        format: What to call the format in the summaries (``xlsx``).
        known: What the source settles by its types.
        warnings: What was already found worth saying; more is added, and the summaries carry all.

    Raises:
        UnreadableStatement: The table is no statement, or cannot be read without guessing. Its
            ``line`` is the row's number.
    """
    yield from table_of(blocks, options, format=format, known=known, warnings=warnings).read()


def table_of(
    blocks: Callable[[], Iterator[RowBlock]],
    options: Options,
    *,
    format: str,  # noqa: A002 - the field's own name
    known: Known = NOTHING_KNOWN,
    warnings: list[str],
) -> Table:
    """Return rows as a table, for reading or for inspecting it; arguments as ``read_table``."""

    def rows() -> Iterator[Chunk]:
        for block in blocks():
            if block.rows:
                yield chunk_of_cells(block.first_row, block.rows)

    return Table(Held(rows), options, format, known, warnings)
