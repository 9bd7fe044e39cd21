"""Every format that is read, behind one function, found by content and never by name.

A new format is one module with ``recognises(head)`` and ``read(data, default_currency)``, and
one line in ``FORMATS``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared.errors import UnreadableStatement
from shared.money import decimals_of
from shared.statements import csv_file, ofx
from shared.statements.model import StatementFile
from shared.statements.other_formats import name_of_other_format, name_of_suffix
from shared.statements.text import head_of

STATEMENT_BYTES_MAX = 128 * 1024 * 1024
"""Largest file read: about 700,000 OFX or a million CSV entries, within a Lambda's memory."""

HEAD_CHARS = 16 * 1024
"""How much of a file is looked at to tell its format."""


@dataclass(frozen=True, slots=True)
class Format:
    """One format: how a user calls it, how it is recognised, how it is read."""

    name: str
    recognises: Callable[[str], bool]
    read: Callable[[bytes, str | None], StatementFile]


FORMATS = (
    Format("OFX", ofx.recognises, ofx.read),
    Format("CSV", csv_file.recognises, csv_file.read),
)
"""In order of trial: CSV last, since any text may be CSV."""


def formats_read() -> str:
    """Return the names of the formats read today, for messages."""
    return " and ".join(known.name for known in FORMATS)


def read_statement_file(data: bytes, *, default_currency: str | None = None) -> StatementFile:
    """Return the statements in a bank's file, whatever it is called.

    Args:
        data: The whole file.
        default_currency: ISO 4217 code for amounts to which the file gives no currency.

    Raises:
        UnreadableStatement: The file cannot be read without guessing; nothing else is raised
            whatever the bytes are.
        InvalidInput: ``default_currency`` is no currency, which is the caller's mistake.
    """
    decimals_of(default_currency)
    if len(data) > STATEMENT_BYTES_MAX:
        raise UnreadableStatement(
            f"the file has {len(data)} bytes, more than the {STATEMENT_BYTES_MAX} that are read; "
            "export a shorter period"
        )
    head = head_of(data, HEAD_CHARS)
    if not head.strip(" \t\r\n\0\x1a\ufeff"):
        raise UnreadableStatement("the file is empty" if not head else "the file holds no text")
    other = name_of_other_format(data, head)
    for known in FORMATS:
        is_last_resort = known is FORMATS[-1]
        if is_last_resort and other is not None:
            break
        if known.recognises(head):
            return known.read(data, default_currency)
    raise UnreadableStatement(f"the file looks like {other}; {formats_read()} files are read today")


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
