"""Bytes to text: exactly, or not at all.

A statement whose letters were guessed names the wrong people, so every decoder here is strict:
bytes that do not fit the encoding refuse the file instead of turning into U+FFFD.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement

if TYPE_CHECKING:
    from collections.abc import Callable

FIELD_CHARS_MAX = 10_000
"""Longest field read. The longest real one (SEPA remittance, OFX MEMO) is far below 1,000;
a longer field means that a quote or a tag was never closed."""

UTF16_SAMPLE_BYTES = 4_096
"""How much of the file is looked at to recognise UTF-16 without a byte order mark."""

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_UTF8_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f]")
_LINE_END = re.compile("\r\n|\r|\n")
FALLBACK_ENCODING = "cp1252"


def line_of(text: str, position: int) -> int:
    r"""Return the line, from 1, on which a character stands, whatever ends the lines.

    Examples:
        >>> line_of("a\r\nb\rc\nd", 7)
        4
    """
    return sum(1 for _ in _LINE_END.finditer(text, 0, position)) + 1


def _line_of_byte(data: bytes, position: int) -> int:
    return line_of(data[:position].decode("latin-1"), position)


def utf16_without_mark(data: bytes) -> str | None:
    """Return the UTF-16 codec the NUL bytes point to, or ``None``.

    Latin text in UTF-16 has a NUL in nearly every second byte and none in the others.
    """
    sample = data[:UTF16_SAMPLE_BYTES]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    enough = len(sample) * 2 // 5
    if odd >= enough > 0 and even == 0:
        return "utf-16-le"
    if even >= enough > 0 and odd == 0:
        return "utf-16-be"
    return None


def head_of(data: bytes, chars: int) -> str:
    """Return about the first characters for recognising a format; never fails."""
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) : chars * 2].decode(encoding, "ignore")[:chars]
    encoding = utf16_without_mark(data) or "latin-1"
    return data[: chars * 2].decode(encoding, "ignore")[:chars]


def _strict(data: bytes, encoding: str, skip: int = 0) -> str:
    try:
        return data[skip:].decode(encoding)
    except UnicodeDecodeError as error:
        line = None if "16" in encoding else _line_of_byte(data, error.start + skip)
        raise UnreadableStatement(
            f"the bytes do not fit the encoding {encoding}: the file is cut off or damaged",
            line=line,
        ) from None


def _eight_bit(
    data: bytes, error: UnicodeDecodeError, declared: str | None, warnings: list[str]
) -> str:
    """Decode what is not UTF-8, refusing a file that mixes encodings.

    Windows-1252 would turn every broken UTF-8 letter into two wrong ones without a word, so
    it is used only where UTF-8 pairs are the minority of the non-ASCII bytes.
    """
    pairs = sum(1 for _ in _UTF8_SEQUENCE.finditer(data))
    others = sum(1 for _ in _HIGH_BYTE.finditer(_UTF8_SEQUENCE.sub(b"", data)))
    if pairs >= others:
        raise UnreadableStatement(
            "the file is UTF-8 text with a damaged or cut-off character",
            line=_line_of_byte(data, error.start),
        )
    encoding = declared if declared and declared != "utf-8" else FALLBACK_ENCODING
    text = _strict(data, encoding)
    if encoding != declared:
        name = {"cp1252": "Windows-1252", "cp1250": "Windows-1250"}.get(encoding, encoding)
        warnings.append(f"The text is not UTF-8 and was read as {name}.")
    return text


def _unchecked(
    data: bytes, declared: Callable[[bytes], str | None] | None, warnings: list[str]
) -> str:
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise UnreadableStatement("the file is UTF-32 text; save it as UTF-8")
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _strict(data, encoding, len(mark))
    encoding_found = utf16_without_mark(data)
    if encoding_found:
        return _strict(data, encoding_found)
    null = data.find(b"\0")
    if null >= 0:
        raise UnreadableStatement(
            "the file holds NUL bytes, so it is damaged or no text file",
            line=_line_of_byte(data, null),
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        return _eight_bit(data, error, declared(data) if declared else None, warnings)


def decode(
    data: bytes, warnings: list[str], *, declared: Callable[[bytes], str | None] | None = None
) -> str:
    """Return the file's text.

    A byte order mark decides, then NUL bytes (UTF-16), then valid UTF-8 (which no other
    encoding resembles by accident), then what the file declares, then Windows-1252.

    Args:
        data: The whole file.
        warnings: Receives what the user should know about the choice.
        declared: Finds the Python codec that the file's own header names.

    Raises:
        UnreadableStatement: The bytes fit no encoding, or hold control characters.
    """
    text = _unchecked(data, declared, warnings)
    text = text.removeprefix("\ufeff").rstrip("\x1a")
    control = _CONTROL.search(text)
    if control:
        raise UnreadableStatement(
            f"the file holds the control character U+{ord(control[0]):04X}, "
            "so it is damaged or no text file",
            line=line_of(text, control.start()),
        )
    lost = text.find("\ufffd")
    if lost >= 0:
        warnings.append(
            f"Line {line_of(text, lost)} holds a character that was already lost (U+FFFD) "
            "when the file was written."
        )
    return text
