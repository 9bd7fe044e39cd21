"""The words of a PDF document and where they stand, read by PDFium.

The process is ``isolated``'s: PDFium obeys documents that are made to exhaust it, and is not safe
to call from two threads.

Sources: PDF 1.7 (ISO 32000-1), 7.5.5 (a file ends in ``%%EOF``), 9.4.4 (text space); PDFium
``fpdf_text.h``.
"""

from __future__ import annotations

import json
import math
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.errors import UnreadableStatement
from shared.statements.isolated import command_of, limit

if TYPE_CHECKING:
    from shared.statements.source import Source

BYTES_MAX = 32 * 1024 * 1024
"""Largest document: statements of a year with pictures of cheques have about ten."""

PAGES_MAX = 500
"""Most pages of one document; a year of a busy account has about two hundred."""

PAGE_CHARS_MAX = 30_000
"""Most characters on one page: about six times what fits in the smallest print."""

CHARS_MAX = 2_000_000
"""Most characters in one document: four thousand on each of the most pages."""

SECONDS_MAX = 30
"""Most processor time: two million characters take about ten seconds."""

MEMORY_BYTES_MAX = 512 * 1024 * 1024
"""Most memory of the child; a document of the most pages needs a tenth."""

END_BYTES = 1_024
"""Where the end of the file is looked for (ISO 32000-1, annex H, implementation note 18)."""

_MAGIC = b"%PDF-"
MAGIC_BYTES = 1_024
"""Where the beginning may stand: some programs write something before it (the same, note 13)."""

_WALL_FACTOR = 3
"""The child may wait for a processor that others use."""

_SAME_WORD = 0.18
"""Largest gap inside a word, as a share of the character's height; a space is about 0.25."""

_SAME_LINE = 0.2
"""Largest step of the baseline inside a word, likewise."""

_STRAIGHT_RADIANS = 0.1
"""Text that leans more is a watermark or a note in the margin."""


class Word(NamedTuple):
    """A word: where it stands on its page in points, from the left and from the top."""

    text: str
    left: float
    right: float
    baseline: float
    height: float


Page = list[Word]


def pages_of(source: Source) -> list[Page]:
    """Return the words of each page.

    Raises:
        UnreadableStatement: No PDF, cut off, encrypted, over a limit, or without any text.
    """
    data = source.read(BYTES_MAX)
    if b"%%EOF" not in data[-END_BYTES:]:
        raise UnreadableStatement("the PDF has no end (%%EOF): it is cut off")
    with tempfile.TemporaryFile() as file:
        file.write(data[data.find(_MAGIC) :])
        file.seek(0)
        del data
        try:
            child = subprocess.run(  # noqa: S603 - this interpreter, with code of this module
                command_of("shared.statements.pdf_words", ""),
                stdin=file,
                capture_output=True,
                check=False,
                timeout=SECONDS_MAX * _WALL_FACTOR,
            )
        except subprocess.TimeoutExpired:
            raise _exhausted() from None
    if child.returncode:
        raise _exhausted()
    found: list[Page] | str = json.loads(child.stdout)
    if isinstance(found, str):
        raise UnreadableStatement(found)
    pages = [[Word(*word) for word in page] for page in found]
    if not any(pages):
        raise UnreadableStatement(
            "the PDF holds no text, only pictures: it was scanned; ask the bank for the document "
            "itself or another format"
        )
    return pages


def _exhausted() -> UnreadableStatement:
    return UnreadableStatement(
        f"the PDF cannot be read in {SECONDS_MAX} s and {MEMORY_BYTES_MAX // 1024**2:,} MB: it is "
        "damaged, or made to exhaust its reader"
    )


def main(_argument: str) -> None:
    """Read a document from standard input and print its words, or why not, as JSON."""
    limit(SECONDS_MAX, MEMORY_BYTES_MAX, MEMORY_BYTES_MAX)
    try:
        found: list[Page] | str = _pages(sys.stdin.buffer.read())
    except _Refused as error:
        found = str(error)
    json.dump(found, sys.stdout)


class _Refused(Exception):
    """Why a document is not read."""


def _pages(data: bytes) -> list[Page]:
    import pypdfium2  # noqa: PLC0415 - of the statements extra, and only in the child

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pypdfium2.raw.FPDF_ERR_PASSWORD:
            raise _Refused(
                "the PDF is encrypted; save it without its password (print it to a PDF)"
            ) from None
        raise _Refused(f"the PDF is damaged ({error})") from None
    if len(document) > PAGES_MAX:
        raise _Refused(
            f"the PDF has {len(document):,} pages, over the {PAGES_MAX} that are read; export a "
            "shorter period"
        )
    pages: list[Page] = []
    chars = 0
    for number in range(len(document)):
        try:
            page = document[number]
            text = page.get_textpage()
        except pypdfium2.PdfiumError as error:
            raise _Refused(f"page {number + 1} of the PDF is damaged ({error})") from None
        count = text.count_chars()
        chars += max(count, 0)
        if count > PAGE_CHARS_MAX or chars > CHARS_MAX:
            raise _Refused(
                f"page {number + 1} of the PDF has more text than the {PAGE_CHARS_MAX:,} "
                f"characters of a page and {CHARS_MAX:,} of a document that are read"
            )
        pages.append(_words(pypdfium2.raw, page, text, max(count, 0)))
        text.close()
        page.close()
    return pages


def _words(raw: Any, page: Any, text: Any, count: int) -> Page:
    """Return the words of a page in the order in which it draws them."""
    from ctypes import byref, c_double  # noqa: PLC0415 - only in the child

    box = raw.FS_RECTF()
    x, y = c_double(), c_double()
    turned = page.get_rotation()
    width, height = page.get_size()
    words: Page = []
    letters: list[str] = []
    left = right = baseline = size = 0.0

    def finish() -> None:
        if letters:
            word = "".join(letters).translate(_LETTERS)
            words.append(
                Word(word, round(left, 2), round(right, 2), round(baseline, 2), round(size, 2))
            )
            letters.clear()

    for index in range(count):
        code = raw.FPDFText_GetUnicode(text, index)
        character = chr(code) if 0 < code <= sys.maxunicode else " "
        if character.isspace() or not (
            raw.FPDFText_GetLooseCharBox(text, index, byref(box))
            and raw.FPDFText_GetCharOrigin(text, index, byref(x), byref(y))
        ):
            finish()
            continue
        if not _is_straight(raw.FPDFText_GetCharAngle(text, index), turned):
            continue
        begin, end, line, tall = _displayed(box, x.value, y.value, turned, width, height)
        if letters and not (
            abs(line - baseline) <= tall * _SAME_LINE
            and -tall <= begin - right <= tall * _SAME_WORD
        ):
            finish()
        if not letters:
            left, baseline, size = begin, line, tall
        letters.append(character)
        right, size = end, max(size, tall)
    finish()
    return words


_LETTERS = {
    # What PDFium makes of a hyphen at the end of a line, and of ligatures without a letter.
    0xFFFE: "-",
    0x0002: "-",
    0x00AD: "-",
    **dict.fromkeys(range(2), None),
    **dict.fromkeys(range(3, 0x20), None),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
}


def _is_straight(angle: float, turned: int) -> bool:
    """Return whether a character reads from left to right once the page is turned."""
    away = (angle + math.radians(turned)) % math.tau
    other = (angle - math.radians(turned)) % math.tau
    return min(away, math.tau - away, other, math.tau - other) <= _STRAIGHT_RADIANS


def _displayed(
    box: Any, x: float, y: float, turned: int, width: float, height: float
) -> tuple[float, float, float, float]:
    """Return left, right, baseline from the top and height of a character as a reader sees it.

    ``width`` and ``height`` are those of the turned page.
    """
    if turned == 90:  # noqa: PLR2004 - degrees
        return box.bottom, box.top, x, box.right - box.left
    if turned == 180:  # noqa: PLR2004 - degrees
        return width - box.right, width - box.left, y, box.top - box.bottom
    if turned == 270:  # noqa: PLR2004 - degrees
        return width - box.top, width - box.bottom, height - x, box.right - box.left
    return box.left, box.right, height - y, box.top - box.bottom
