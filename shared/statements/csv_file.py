"""CSV and TSV statements with no configuration: every convention is inferred from the whole file.

The file is read twice in pieces: once to infer (``csv_survey``, ``csv_infer``), once to convert
(``csv_convert``). Where it allows two readings, it is refused and both are named; a mapping
settles them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from shared.errors import UnreadableStatement
from shared.statements.csv_encodings import NAMES, eight_bit_encoding
from shared.statements.csv_layout import Layout, locate, without_header
from shared.statements.csv_table import (
    DELIMITERS,
    HEADER_ROWS_MAX,
    SAMPLE_CHARS,
    SEPARATOR_LINE,
    refuse_no_header,
    sample_rows,
)
from shared.statements.csv_tokens import Chunk, Dialect, Spaced, chunks_of
from shared.statements.csv_words import fold
from shared.statements.mapping import NO_MAPPING
from shared.statements.tabular import NOTHING_KNOWN, Ending, Held, Table, Text
from shared.statements.text import Block, encoding_of, line_blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.statements.csv_table import Row
    from shared.statements.head import Head
    from shared.statements.mapping import Mapping
    from shared.statements.model import Events
    from shared.statements.options import Options
    from shared.statements.source import Source

FORMAT = "csv"


def recognises(head: Head) -> bool:
    """Return whether a file beginning like this may be CSV: any text may, so CSV comes last."""
    return bool(head.text.strip())


def read(source: Source, options: Options) -> Events:
    """Yield the statement in a CSV file, or one per account and currency it lists.

    A recognisable header without movements is an empty statement (a month without movements is
    a fact worth stating), and a warning says so.

    Raises:
        UnreadableStatement: No statement's header, a row that cannot be read exactly, balances
            that do not follow, or two readings that both fit.
    """
    yield from table_in(source, options, []).read()


def table_in(source: Source, options: Options, warnings: list[str]) -> Table:
    """Return the table in a CSV file, its encoding, delimiter and header found.

    Raises:
        UnreadableStatement: There is none, or two delimiters give one.
    """
    mapping = options.mapping or NO_MAPPING
    encoding = mapping.encoding or encoding_in(source, warnings)
    ending = Ending()
    dialect, layout = _dialect_and_layout(_sample(source, encoding), mapping)

    spaced: Spaced = {}

    def rows() -> Iterator[Chunk]:
        return chunks_of(_blocks(source, encoding, warnings, ending), dialect, spaced)

    return Table(
        Held(rows),
        options,
        FORMAT,
        NOTHING_KNOWN,
        warnings,
        layout,
        ending,
        Text(encoding, dialect),
    )


def encoding_in(source: Source, warnings: list[str]) -> str:
    """Return the Python codec of a file.

    Raises:
        UnreadableStatement: Two encodings fit, or none does.
    """
    found: list[str] = []

    def eight_bit(_head: bytes) -> str:
        found.append(eight_bit_encoding(source))
        return found[0]

    encoding = encoding_of(source, warnings, eight_bit)
    if found:
        warnings.append(f"The text is not UTF-8 and was read as {NAMES.get(encoding, encoding)}.")
    return encoding


def _blocks(source: Source, encoding: str, warnings: list[str], ending: Ending) -> Iterator[Block]:
    """Yield the file's text without Excel's own first line, and note how it ends."""
    said = list(warnings)
    for block in line_blocks(source, said, encoding=encoding):
        text = block.text
        if block.first_line == 1:
            separator = SEPARATOR_LINE.match(text)
            if separator and separator[1] in DELIMITERS:
                # Kept as a blank line so that the others keep their numbers.
                text = "\n" + text[separator.end() :]
        ending.with_newline = text.endswith("\n")
        yield Block(text, block.first_line)
    warnings += [text for text in said if text not in warnings]


def _sample(source: Source, encoding: str) -> str:
    text = ""
    for block in _blocks(source, encoding, [], Ending()):
        text += block.text
        if len(text) >= SAMPLE_CHARS:
            break
    return text[:SAMPLE_CHARS]


def _dialect_and_layout(sample: str, mapping: Mapping) -> tuple[Dialect, Layout]:
    """Return the dialect under which a header exists, and the header.

    Raises:
        UnreadableStatement: No row names a date and an amount, or two dialects give one.
    """
    delimiters = (mapping.delimiter,) if mapping.delimiter else DELIMITERS
    quote = mapping.quote or '"'
    tried = {
        Dialect(delimiter, quote): [
            row for row in sample_rows(sample, delimiter, quote) if row.line > mapping.skip_first
        ]
        for delimiter in delimiters
    }
    found = [
        (dialect, layout)
        for dialect, rows in tried.items()
        if (layout := locate(rows, mapping)) is not None
    ]
    if mapping.header_row is not None:
        # Any row will do as a header there, so the delimiter is the one that stands in it.
        found.sort(key=lambda one: len(one[1].header.cells), reverse=True)
        found = found[:1]
    if not found:
        found = [
            (dialect, layout)
            for dialect, rows in tried.items()
            if (layout := without_header(rows, mapping)) is not None
        ]
    if not found:
        _refuse_no_header(tried, mapping)
    found.sort(key=lambda one: one[1].score, reverse=True)
    (dialect, best), others = found[0], found[1:]
    if others and others[0][1].score == best.score:
        raise UnreadableStatement(
            f"the columns could be separated by {dialect.delimiter!r} or by "
            f"{others[0][0].delimiter!r}; both give a header",
            line=best.header.line or None,
        )
    return dialect, best


def _refuse_no_header(tried: dict[Dialect, list[Row]], mapping: Mapping) -> NoReturn:
    names = [name for _, listed in mapping.columns for name in listed if isinstance(name, str)]
    rows = [row for found in tried.values() for row in found[:HEADER_ROWS_MAX]]
    if names:
        held = {fold(cell) for row in rows for cell in row.cells}
        missing = next((name for name in names if fold(name) not in held), None)
        lacks = "no row has all of them" if missing is None else f"{missing!r} is nowhere"
        raise UnreadableStatement(
            f"the mapping does not fit: it names the columns {', '.join(map(repr, names))}, and "
            f"{lacks}; the layout changed"
        )
    if mapping.header_row:
        raise UnreadableStatement(
            f"the mapping does not fit: its header row {mapping.header_row} is not among the "
            "first rows of the file"
        )
    refuse_no_header(rows)
