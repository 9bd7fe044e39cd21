"""Every format that is read, behind one function, found by content and never by name.

A new format is one module with ``recognises(head)`` and ``read(source, options)``, one folder of
golden files and one line in ``FORMATS``; ``docs/formats.md`` says how.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from shared.errors import UnreadableStatement
from shared.money import decimals_of
from shared.statements.head import Head
from shared.statements.model import Line, Statement, StatementFile, Summary, with_lines
from shared.statements.options import Options
from shared.statements.other_formats import name_of_other_format, name_of_suffix
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
    Format("PDF", "pdf"),
    Format("XLSX", "workbook"),
    Format("OFX", "ofx"),
    Format("CAMT", "camt"),
    Format("MT940", "mt940"),
    Format("BAI2", "bai2"),
    Format("CODA", "coda"),
    Format("QIF", "qif"),
    Format("JSON", "json_lines"),
    Format("CSV", "csv_file"),
)
"""In order of trial: CSV last, since any text may be CSV."""


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
    data = source.head()
    head = Head(data, head_of(data, HEAD_CHARS))
    if not head.text.strip(" \t\r\n\0\x1a\ufeff"):
        raise UnreadableStatement("the file is empty" if not data else "the file holds no text")
    known = _format_of(head)
    done = 0
    try:
        for event in known.parser.read(source, options):
            done += isinstance(event, Summary)
            yield event
    except UnreadableStatement as error:
        raise (error.in_statement(done + 1) if done else error) from None


def _format_of(head: Head) -> Format:
    other = name_of_other_format(head.data, head.text)
    for known in FORMATS:
        is_last_resort = known is FORMATS[-1]
        if is_last_resort and other is not None:
            break
        if known.parser.recognises(head):
            return known
    raise UnreadableStatement(f"the file looks like {other}; {formats_read()} files are read today")


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

    A name without a known ending says nothing and passes.

    Args:
        filename: The name the file was delivered under.
        format: ``StatementFile.format`` as found by content.

    Raises:
        UnreadableStatement: Name and content contradict each other.

    Examples:
        >>> refuse_misnamed("may.qbo", "ofx-sgml")
    """
    named = name_of_suffix(filename)
    held = "OFX" if format.startswith("ofx") else format.upper()
    if named is not None and named != held:
        shown = filename.replace("\\", "/").rpartition("/")[2][-80:]
        raise UnreadableStatement(f"the file is named {shown} but holds {held}")
