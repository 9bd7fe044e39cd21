"""PDF statements from their words on, without PDFium: a target that runs a hundred times faster.

The PDF format reads a document in a child process, fifty a second, and hardly any mutation of a
document is one. What follows (rows, columns, balances) is ours and is fuzzed from text: one word a
line, with its page and place. A line that says no place is no word.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING
from unittest.mock import patch

from shared.statements import pdf
from shared.statements.options import Options
from shared.statements.pdf_words import CHARS_MAX, PAGES_MAX, Word, pages_of
from shared.statements.source import Source

if TYPE_CHECKING:
    from shared.statements.model import Event

TARGET = "PDF words"

_COORDINATE_MAX = 14_400.0
"""The largest page of PDF 1.7 (annex C.2), in points."""


def encoded(document: bytes) -> bytes:
    """Return the words of a document as text."""
    return "\n".join(
        " ".join([f"{number}", *(f"{place:.2f}" for place in word[1:]), word.text])
        for number, page in enumerate(pages_of(Source.of_bytes(document)))
        for word in page
    ).encode()


def decoded(data: bytes) -> list[list[Word]]:
    """Return pages of words, whatever the bytes are, in the limits that the child keeps."""
    pages: list[list[Word]] = [[]]
    for line in data.decode("utf-8", "replace")[:CHARS_MAX].splitlines():
        number, *places, text = [*line.split(" ", 5), ""][:6]
        try:
            at = int(number[:4])
            left, right, baseline, height = (_coordinate(place) for place in places)
        except ValueError:
            continue
        text = text.strip().replace("\x00", "")
        if not text or not 0 <= at < PAGES_MAX:
            continue
        pages.extend([] for _ in range(at + 1 - len(pages)))
        pages[at].append(Word(text, min(left, right), max(left, right), baseline, abs(height)))
    return pages


def _coordinate(text: str) -> float:
    value = float(text[:12])
    if not math.isfinite(value) or abs(value) > _COORDINATE_MAX:
        raise ValueError(text)
    return value


def events_of(source: Source) -> list[Event]:
    """Return what the PDF format makes of the words."""
    with patch.object(pdf, "pages_of", lambda words: decoded(words.read(CHARS_MAX))):
        return list(pdf.read(source, Options()))
