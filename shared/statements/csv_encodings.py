"""Which encoding a CSV file is in that is neither UTF-8 nor UTF-16: decided, or refused.

Nothing in such a file names its encoding, and most byte sequences decode in several. A multi-byte
encoding is taken where the whole file decodes in it strictly, its bytes stand in the runs that
Chinese, Japanese and Korean text makes, and the header's words are then words that banks use;
Windows-1250 is told from Windows-1252 by the words of the languages that need it.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.statements.csv_words import roles_of
from shared.statements.text import FALLBACK_ENCODING

if TYPE_CHECKING:
    from shared.statements.source import Source

NAMES = {
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
    "iso8859_2": "ISO 8859-2",
    "gb18030": "GB18030",
    "euc_jp": "EUC-JP",
    "cp932": "Shift_JIS",
    "cp949": "EUC-KR",
    "big5": "Big5",
}
"""How to call a codec in a message."""

_MULTI_BYTE = ("gb18030", "euc_jp", "cp932", "cp949", "big5")
_CENTRAL_EUROPEAN = re.compile(
    rb"[Kk]wota|[Dd]ata (?:operacji|transakcji|ksi|waluty)|[Rr]achun|Opis|Tytu"
    rb"|[Dd]atum (?:za|p\xf8|zpr|spl)|[\xc8\xe8]\xe1stka|M\xecna|Mena|\xdaj?[c\xe8]et"
    rb"|\xd6sszeg|K\xf6nyvel|D\xe1tum|P\xe9nznem|Zaknji|Znesek|Iznos"
)
_RUN = re.compile(rb"[\x80-\xff]+")
_KANA_OF_SHIFT_JIS = re.compile(rb"[\x81-\x83]")
_CELL = re.compile(r"[,;\t|\r\n\"]+")
_KANA = re.compile("[\u3041-\u30fe]")
_ONLY_ISO = re.compile(rb"[A-Za-z\xc0-\xff][\xb1\xb6\xbc]|[\xa1\xa6\xac][a-z]")
_C1 = re.compile(rb"[\x80-\x9f]")

RUN_BYTES_MIN = 4
"""Bytes beyond ASCII in a row that make two Chinese, Japanese or Korean letters; the accents of
Western text stand alone, or in twos as in Portuguese."""

RUNS_SHARE_MIN = 0.6
"""Share of the bytes beyond ASCII that stand in such runs where text is of these languages."""

KANA_SHARE_MIN = 0.15
"""Share of the bytes beyond ASCII that begin kana in Shift_JIS, whose second bytes are ASCII too;
Windows-1252 has a low quote and a florin sign there, which nobody writes."""

HEAD_CELLS_MAX = 400
"""How many cells are looked at for words of a header."""


def eight_bit_encoding(source: Source) -> str:
    """Return the Python codec of a file that is not Unicode.

    Raises:
        UnreadableStatement: Two multi-byte encodings fit equally well.
    """
    head = source.head()
    if _is_multi_byte(head):
        fitting = [name for name in _MULTI_BYTE if _decodes(source, name)]
        words = {name: _known_words(head, name) for name in fitting}
        best = max(words.values(), default=0)
        leading = [name for name in fitting if words[name] == best]
        if best == 0 or len(leading) > 1:
            leading = _by_kana(head, leading)
        if len(leading) == 1:
            return leading[0]
        if len(leading) > 1:
            raise UnreadableStatement(
                f"the text could be {NAMES[leading[0]]} or {NAMES[leading[1]]}: the bytes fit both "
                "and no header tells; save it as UTF-8 or name the encoding in a mapping"
            )
    if _CENTRAL_EUROPEAN.search(head):
        if _ONLY_ISO.search(head) and not _C1.search(head):
            return "iso8859_2"
        return "cp1250"
    return FALLBACK_ENCODING


def _is_multi_byte(head: bytes) -> bool:
    runs = _RUN.findall(head)
    total = sum(map(len, runs))
    if not total:
        return False
    together = sum(len(run) for run in runs if len(run) >= RUN_BYTES_MIN)
    kana = len(_KANA_OF_SHIFT_JIS.findall(b"".join(runs)))
    return together / total >= RUNS_SHARE_MIN or kana / total >= KANA_SHARE_MIN


def _decodes(source: Source, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for chunk in source.chunks():
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _known_words(head: bytes, encoding: str) -> int:
    cells = _CELL.split(head.decode(encoding, "ignore"))[:HEAD_CELLS_MAX]
    return sum(1 for cell in set(cells) if not cell.isascii() and roles_of(cell.strip()))


def _by_kana(head: bytes, fitting: list[str]) -> list[str]:
    """Return the Japanese encoding where it alone gives kana, which only Japanese is written in."""
    shares = {}
    for name in fitting:
        text = head.decode(name, "ignore")
        beyond = sum(1 for one in text if not one.isascii())
        shares[name] = len(_KANA.findall(text)) / max(beyond, 1)
    kana = [name for name in fitting if shares[name] > 1 / 5]
    return kana if len(kana) == 1 and kana[0] in {"euc_jp", "cp932"} else fitting
