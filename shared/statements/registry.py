"""Every format that is read, behind one function, found by content and never by name.

A new format is one module with ``recognises(head)`` and ``read(source, options)``, one folder of
golden files and one line in ``FORMATS``; ``docs/formats.md`` says how.
"""

from __future__ import annotations

import dataclasses
import importlib
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from shared.errors import UnreadableStatement
from shared.money import decimals_of
from shared.statements.archive import unwrapped
from shared.statements.head import Head
from shared.statements.model import Line, Statement, StatementFile, Summary, with_lines
from shared.statements.options import Options
from shared.statements.other_formats import (
    claimed_by_name,
    name_of_damaged_format,
    name_of_other_format,
)
from shared.statements.source import Source
from shared.statements.text import head_of

if TYPE_CHECKING:
    from shared.statements.mapping import Mapping
    from shared.statements.model import Events

HEAD_CHARS = 16 * 1024
"""How much of a file's text is looked at to tell its format."""


class Parser(Protocol):
    """What a format's module offers."""

    def recognises(self, head: Head) -> bool:
        """Return whether a file that begins like this is of the format."""

    def read(self, source: Source, options: Options) -> Events:
        """Yield the lines of each statement, then its summary.

        Raises:
            UnreadableStatement: The file cannot be read without guessing; nothing else.
        """


@dataclass(frozen=True, slots=True)
class Format:
    """One format: how a user calls it and the module that reads it, loaded when first tried."""

    name: str
    module: str

    @property
    def parser(self) -> Parser:
        """The format's module."""
        return cast("Parser", importlib.import_module(f"shared.statements.{self.module}"))


FORMATS = (
    Format("OFX", "ofx"),
    Format("CAMT", "camt"),
    Format("MT940", "mt940"),
    Format("BAI2", "bai2"),
    Format("CODA", "coda"),
    Format("QIF", "qif"),
    Format("JSON", "json_lines"),
    Format("PDF", "pdf"),
    Format("Excel", "workbook"),
    Format("CSV", "csv_file"),
)
"""In order of trial: CSV last, since any text may be CSV; before it what loads the same modules."""


def formats_read() -> str:
    """Return the names of the formats read today, for messages."""
    names = [known.name for known in FORMATS]
    return " and ".join([", ".join(names[:-1]), names[-1]])


def read_events(source: Source, options: Options | None = None) -> Events:
    """Yield the statements of a bank's file while it is read, whatever it is called.

    Nothing that was yielded counts before the last event: a file may prove unreadable at its end.

    Args:
        source: The file.
        options: What the caller knows and the file may not say.

    Raises:
        UnreadableStatement: The file cannot be read without guessing; nothing else is raised
            whatever the bytes are.
        InvalidInput: ``options.default_currency`` is no currency, which is the caller's mistake.
    """
    options = options or Options()
    decimals_of(options.default_currency)
    done = 0
    family = ""
    with closing(unwrapped(source)) as files:
        for file in files:
            try:
                for event in _read_one(file.source, options):
                    if isinstance(event, Summary):
                        family = _one_family(family, event.format)
                        done += 1
                        yield _with_possible_period(event)
                    else:
                        yield event
            except UnreadableStatement as error:
                named = file.named(error)
                raise (named.in_statement(done + 1) if done else named) from None


def _read_one(source: Source, options: Options) -> Events:
    data = source.head()
    head = Head(data, head_of(data, HEAD_CHARS))
    if not head.text.strip(" \t\r\n\0\x1a\ufeff"):
        raise UnreadableStatement("the file is empty" if not data else "the file holds no text")
    known = format_of(head)
    try:
        yield from known.parser.read(source, options)
    except RecursionError:
        raise UnreadableStatement("the file is nested too deeply to be read") from None
    except MemoryError:
        raise UnreadableStatement(
            "the file needs more memory than there is; export a shorter period"
        ) from None


def _with_possible_period(summary: Summary) -> Summary:
    """Return a summary without a period that ends before it starts, and with a warning for it.

    Banks fill the dates of balances and periods carelessly; the lines have their own.
    """
    start, end = summary.period_start, summary.period_end
    if start is None or end is None or start <= end:
        return summary
    said = f"The stated period begins on {start} and ends on {end}; it is left out."
    return dataclasses.replace(
        summary, period_start=None, period_end=None, warnings=(*summary.warnings, said)
    )


def _one_family(before: str, format: str) -> str:  # noqa: A002 - the field's own name
    """Return what kind of statements an archive holds, which must be one kind.

    Banks pack the same movements twice, as CSV beside PDF or CAMT.054 beside CAMT.053, and both
    would be counted.
    """
    found = family_of(format)
    if before not in {"", found}:
        raise UnreadableStatement(
            f"the archive holds {before} and {found}, which may be the same movements twice; give "
            "one of them"
        )
    return found


def family_of(format: str) -> str:  # noqa: A002 - the field's own name
    """Return the format without its version, as a user calls it.

    Examples:
        >>> family_of("ofx-sgml"), family_of("camt.053.001.08"), family_of("csv")
        ('OFX', 'CAMT.053', 'CSV')
    """
    if format.startswith("ofx"):
        return "OFX"
    return ".".join(format.split(".")[:2]).upper()


def format_of(head: Head) -> Format:
    """Return the format of a file that begins like this and is no archive.

    Raises:
        UnreadableStatement: It is none that is read; the reason says what it looks like.
    """
    other = name_of_other_format(head.data, head.text)
    if other is not None:
        raise UnreadableStatement(f"the file looks like {other}; {formats_read()} files are read")
    for known in FORMATS:
        if known is FORMATS[-1]:
            damaged = name_of_damaged_format(head.text)
            if damaged is not None:
                raise UnreadableStatement(
                    f"the file looks like {damaged} whose beginning is missing or damaged"
                )
        if known.parser.recognises(head):
            return known
    raise UnreadableStatement(f"the file is of no known format; {formats_read()} files are read")


def read_statement_file(
    data: bytes | Source, *, default_currency: str | None = None, mapping: Mapping | None = None
) -> StatementFile:
    """Return the statements of a file that fits into memory.

    Raises:
        UnreadableStatement, InvalidInput: As ``read_events``.
    """
    source = Source.of_bytes(data) if isinstance(data, bytes) else data
    statements: list[Statement] = []
    lines: list[Line] = []
    for event in read_events(source, Options(default_currency, mapping)):
        if isinstance(event, Summary):
            statements.append(with_lines(event, tuple(lines)))
            lines = []
        else:
            lines += event
    return StatementFile(tuple(statements))


def refuse_misnamed(filename: str, format: str) -> None:  # noqa: A002 - the field's own name
    """Refuse a file whose name says one format while its content is another.

    A name without an ending that claims a format says nothing and passes.

    Args:
        filename: The name the file was delivered under.
        format: ``StatementFile.format`` as found by content.

    Raises:
        UnreadableStatement: Name and content contradict each other.

    Examples:
        >>> refuse_misnamed("may.qbo", "ofx-sgml")
    """
    claimed = claimed_by_name(filename)
    held = family_of(format)
    if claimed and not any(held.startswith(name) for name in claimed):
        shown = filename.replace("\\", "/").rpartition("/")[2][-80:]
        raise UnreadableStatement(f"the file is named {shown} but holds {held}")
