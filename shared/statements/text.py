"""Bytes to text: exactly, or not at all, in pieces of bounded size.

A statement whose letters were guessed names the wrong people, so every decoder here is strict:
bytes that do not fit the encoding refuse the file instead of turning into U+FFFD. The encoding is
decided from the whole file before its first character is handed out, so a source is read twice.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.statements.source import Source


FIELD_CHARS_MAX = 10_000
"""Longest field read. The longest real one (SEPA remittance, OFX MEMO) is far below 1,000;
a longer field means that a quote or a tag was never closed."""

LINE_CHARS_MAX = 1_000_000
"""Longest line of a format that is made of lines; a longer one means that no line ever ends."""

SURVEY_BYTES = 1024 * 1024
"""How much is looked at at once to decide the encoding, which is a search and makes no objects."""

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
_ASCII_AS_BLANK = bytes([*b" " * 0x80, *range(0x80, 0x100)])
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f]")
_CONTROL_BYTES = bytes([*range(0x09), 0x0B, *range(0x0E, 0x20)])
_END_OF_FILE = "\x1a"
"""What CP/M and DOS programs write after the last line."""
_LINE_END = re.compile("\r\n|\r|\n")
FALLBACK_ENCODING = "cp1252"


def line_of(text: str, position: int) -> int:
    r"""Return the line, from 1, on which a character stands, whatever ends the lines.

    Examples:
        >>> line_of("a\r\nb\rc\nd", 7)
        4
    """
    return sum(1 for _ in _LINE_END.finditer(text, 0, position)) + 1


def utf16_without_mark(data: bytes) -> str | None:
    """Return the UTF-16 codec the NUL bytes point to, or ``None``.

    Latin text in UTF-16 has a NUL in nearly every second byte and none in the others. Asian text
    has them at its digits, spaces and separators, which are a quarter of a statement at least.
    """
    sample = data[:UTF16_SAMPLE_BYTES]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    enough = len(sample) // 8
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


@dataclass(slots=True)
class _Survey:
    """What one pass over the bytes finds out about their encoding."""

    utf8: codecs.IncrementalDecoder = field(
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("strict")
    )
    damaged_line: int | None = None
    """Where the first bytes stand that are no UTF-8."""

    pairs: int = 0
    others: int = 0
    lines: int = 1
    held: bytes = b""
    """The end of the last chunk, which may be the beginning of a character."""

    is_ascii: bool = True

    def take(self, chunk: bytes) -> None:
        """Look at the next bytes."""
        null = chunk.find(b"\0")
        if null >= 0:
            raise UnreadableStatement(
                "the file holds NUL bytes, so it is damaged or no text file",
                line=self.lines + _line_ends(chunk[:null]),
            )
        if not chunk.isascii() or self.held:
            self.is_ascii = False
            self._count(chunk)
            if self.damaged_line is None:
                self._check(chunk)
        self.lines += _line_ends(chunk)

    def _check(self, chunk: bytes) -> None:
        try:
            self.utf8.decode(chunk)
        except UnicodeDecodeError as error:
            self.damaged_line = self.lines + _line_ends(chunk[: error.start])

    def _count(self, chunk: bytes) -> None:
        whole = self.held + chunk
        end = len(whole)
        while end > 0 and whole[end - 1] >= 0x80 and len(whole) - end < 3:  # noqa: PLR2004 - a character of UTF-8 has up to three bytes after its first
            end -= 1
        self.held = whole[end:]
        self._tally(whole[:end])

    def _tally(self, data: bytes) -> None:
        # Only runs of non-ASCII bytes matter; looking for them byte by byte in a pattern takes
        # twenty times as long (measured).
        data = b" ".join(data.translate(_ASCII_AS_BLANK).split())
        self.pairs += sum(1 for _ in _UTF8_SEQUENCE.finditer(data))
        self.others += sum(1 for _ in _HIGH_BYTE.finditer(_UTF8_SEQUENCE.sub(b"", data)))

    def finish(self) -> None:
        """Look at what the end of the file left open."""
        self._tally(self.held)
        if self.damaged_line is None:
            try:
                self.utf8.decode(b"", final=True)
            except UnicodeDecodeError:
                self.damaged_line = self.lines


def _line_ends(chunk: bytes) -> int:
    """Return about how many lines end in some bytes; a lone CR counts where there is no LF."""
    return chunk.count(b"\n") or chunk.count(b"\r")


def encoding_of(
    source: Source, warnings: list[str], declared: Callable[[bytes], str | None] | None = None
) -> str:
    """Return the Python codec of a text file, ``utf-8`` for plain ASCII.

    A byte order mark decides, then NUL bytes (UTF-16), then valid UTF-8 (which no other
    encoding resembles by accident), then what the file declares, then Windows-1252.

    Args:
        source: The file.
        warnings: Receives what the user should know about the choice.
        declared: Finds the Python codec that the file's own first bytes name.

    Raises:
        UnreadableStatement: The bytes are UTF-32, mix encodings or hold NULs.
    """
    head = source.head()
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise UnreadableStatement("the file is UTF-32 text; save it as UTF-8")
    for mark, encoding in _BYTE_ORDER_MARKS:
        if head.startswith(mark):
            return encoding
    without_mark = utf16_without_mark(head)
    if without_mark:
        return without_mark
    survey = _Survey()
    for chunk in source.chunks(SURVEY_BYTES):
        survey.take(chunk)
    survey.finish()
    if survey.damaged_line is None:
        return "utf-8"
    # Windows-1252 would turn every broken UTF-8 letter into two wrong ones without a word, so it
    # is used only where UTF-8 pairs are the minority of the non-ASCII bytes.
    if survey.pairs >= survey.others:
        raise UnreadableStatement(
            "the file is UTF-8 text with a damaged or cut-off character", line=survey.damaged_line
        )
    named = declared(head) if declared else None
    encoding = named if named and named != "utf-8" else FALLBACK_ENCODING
    if encoding != named:
        name = {"cp1252": "Windows-1252", "cp1250": "Windows-1250"}.get(encoding, encoding)
        warnings.append(f"The text is not UTF-8 and was read as {name}.")
    return encoding


def text_chunks(
    source: Source,
    warnings: list[str],
    *,
    declared: Callable[[bytes], str | None] | None = None,
    encoding: str | None = None,
) -> Iterator[str]:
    """Yield the file's text in pieces, without a byte order mark.

    Args:
        source: The file.
        warnings: As ``encoding_of``.
        declared: As ``encoding_of``.
        encoding: The Python codec where it is already known.

    Raises:
        UnreadableStatement: The bytes fit no encoding, or hold control characters.
    """
    encoding = encoding or encoding_of(source, warnings, declared)
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    wide = "16" in encoding
    lines, ended, first, lost = 1, False, True, False
    for chunk in source.chunks():
        if not wide and first:
            chunk = chunk.removeprefix(codecs.BOM_UTF8)  # noqa: PLW2901 - the same bytes, cleaned
        try:
            text = decoder.decode(chunk)
        except UnicodeError as error:
            # UTF-16 without the mark that says which of its two orders it is in has no start.
            before = chunk[: getattr(error, "start", 0)]
            raise _does_not_fit(encoding, lines + _line_ends(before)) from None
        if first:
            text, first = text.removeprefix("\ufeff"), False
        if (
            _CONTROL.search(text)
            if wide
            else len(chunk.translate(None, _CONTROL_BYTES)) != len(chunk)
        ):
            text, ended = _without_end_mark(text, lines), True
        elif ended and text:
            raise _control_character(_END_OF_FILE, lines)
        if not lost and not chunk.isascii() and "\ufffd" in text:
            lost = True
            warnings.append(
                f"Line {lines + line_of(text, text.index(chr(0xFFFD))) - 1} holds a character that "
                "was already lost (U+FFFD) when the file was written."
            )
        lines += text.count("\n") or text.count("\r")
        if text:
            yield text
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise _does_not_fit(encoding, lines) from None


def _does_not_fit(encoding: str, line: int) -> UnreadableStatement:
    return UnreadableStatement(
        f"the bytes do not fit the encoding {encoding}: the file is cut off or damaged", line=line
    )


def _control_character(character: str, line: int) -> UnreadableStatement:
    return UnreadableStatement(
        f"the file holds the control character U+{ord(character):04X}, "
        "so it is damaged or no text file",
        line=line,
    )


def _without_end_mark(text: str, lines: int) -> str:
    """Return a chunk without the end-of-file mark that may close it."""
    text = text.rstrip(_END_OF_FILE)
    control = _CONTROL.search(text)
    if control:
        raise _control_character(control[0], lines + line_of(text, control.start()) - 1)
    return text


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of a file: each ends with one line feed, the file's last one perhaps without.

    ``first_line`` is the number of the first of them, from 1.
    """

    text: str
    first_line: int


def line_blocks(
    source: Source,
    warnings: list[str],
    *,
    declared: Callable[[bytes], str | None] | None = None,
    encoding: str | None = None,
) -> Iterator[Block]:
    """Yield the file's text in blocks of whole lines, with every line end as one line feed.

    Args:
        source: The file.
        warnings: As ``encoding_of``.
        declared: As ``encoding_of``.
        encoding: The Python codec where it is already known.

    Raises:
        UnreadableStatement: As ``text_chunks``; a line longer than ``LINE_CHARS_MAX``.
    """
    held, held_return, first_line = "", "", 1
    for chunk in text_chunks(source, warnings, declared=declared, encoding=encoding):
        text = held_return + chunk if held_return else chunk
        held_return = ""
        if "\r" in text:
            if text.endswith("\r"):
                text, held_return = text[:-1], "\r"
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        end = text.rfind("\n") + 1
        if not end:
            held += text
            if len(held) > LINE_CHARS_MAX:
                raise UnreadableStatement(
                    f"a line is longer than {LINE_CHARS_MAX:,} characters", line=first_line
                )
            continue
        block = held + text[:end]
        held = text[end:]
        yield Block(block, first_line)
        first_line += block.count("\n")
    held += "\n" if held_return else ""
    if held:
        yield Block(held, first_line)


def record_blocks(
    source: Source,
    warnings: list[str],
    last_record: Callable[[str], int],
    *,
    what: str,
    chars_max: int,
) -> Iterator[Block]:
    """Yield the file's text in blocks of whole records, each of one or more lines.

    Args:
        source: The file.
        warnings: As ``encoding_of``.
        last_record: Returns where the last record of a text begins, whose end may be in the next
            block, or 0.
        what: What to call a record in a message.
        chars_max: Longest record read.

    Raises:
        UnreadableStatement: As ``line_blocks``; a record longer than ``chars_max``.
    """
    held, first_line = "", 1
    for block in line_blocks(source, warnings):
        text = held + block.text
        end = last_record(text)
        if len(text) - end > chars_max:
            raise UnreadableStatement(
                f"{what} has more than {chars_max:,} characters", line=first_line
            )
        if end:
            yield Block(text[:end], first_line)
            first_line += text.count("\n", 0, end)
        held = text[end:]
    yield Block(held if held.endswith("\n") else held + "\n", first_line)
