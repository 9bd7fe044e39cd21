"""Where fuzzing starts: the golden files, and the tokens that break parsers.

A golden file belongs to the format that recognises it; one that none recognises (a refused file, a
wrapper) belongs to the registry alone.
"""

from __future__ import annotations

import io
import zipfile
from functools import cache
from pathlib import Path

import printed_words
from statement_laws import REGISTRY

from shared.statements.head import Head
from shared.statements.registry import FORMATS, HEAD_CHARS
from shared.statements.text import head_of

GOLDEN = Path(__file__).resolve().parent.parent / "golden"

SEED_BYTES_MAX = 64 * 1024
"""Larger golden files (a PDF with its font) make poor seeds: mutations hit what nobody parses."""

TOKENS = (
    b"1.2.3", b"NaN", b"Infinity", b"1e5", b"-0", b"9" * 40, b"0,00", b"1.234,56", b"--5", b"5-",
    b"20240230", b"2024-02-30", b"30/02/2024", b"99999999", b"00000000", b"240230", b"0000",
    b"\x00", b"\x1a", b"\r", b"\n", b"\r\n", b"\n\r", b"\x0b", b"\x85", b"\xe2\x80\xa8",
    b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80",
    b"\xc2\xa0", b"\xd9\xa1\xd9\xa2", b"\xe2\x88\x92", b"\xef\xbc\x91",
    b'<!DOCTYPE x [<!ENTITY a "b">]>', b"&a;", b"&#0;", b"&#x110000;", b"&lt;", b"&amp", b"]]>",
    b"<![CDATA[", b"<!--", b"-->", b"<?", b"?>", b"</", b"<", b">", b"<>", b"</>", b"<STMTTRN>",
    b"</STMTTRN>", b"</OFX>", b"<TRNAMT>", b"<Ntry>", b"</Ntry>", b"</Stmt>", b'<Amt Ccy="XXX">',
    b'"', b'""', b"'", b",", b";", b"\t", b"|", b"=", b"\\", b"{", b"}", b"[", b"]", b"null",
    b":61:", b":86:", b":62F:", b":60F:", b":20:", b"\n-\n", b"-}", b"{1:", b"?20", b"?", b"/",
    b"\n^\n", b"^", b"!Type:Bank", b"!Account", b"\nS", b"\n$", b"\n88,", b"\n16,", b"\n49,0,0/",
    b"\n99,0,0,0/", b",S,1,2,3", b",V,240101,,", b",D,3,", b"/\n", b"XXX", b"JPY", b"KWD",
)  # fmt: skip


@cache
def golden_files() -> tuple[Path, ...]:
    """Return every golden input."""
    return tuple(
        sorted(
            path
            for folder in GOLDEN.iterdir()
            if folder.is_dir() and folder.name != "__pycache__"
            for path in folder.iterdir()
            if path.is_file() and not path.name.endswith(".expected.json")
        )
    )


@cache
def format_of(path: Path) -> str | None:
    """Return the name of the format that recognises a file, ``None`` for none."""
    data = path.read_bytes()
    head = Head(data[: 64 * 1024], head_of(data, HEAD_CHARS))
    return next((known.name for known in FORMATS if known.parser.recognises(head)), None)


@cache
def seeds_of(target: str) -> tuple[bytes, ...]:
    """Return the golden files to mutate for one target."""
    if target == printed_words.TARGET:
        names = [path for path in golden_files() if format_of(path) == "PDF"]
        return tuple(
            printed_words.encoded(path.read_bytes())
            for path in names
            if not path.name.startswith("refused_")
        )
    paths = [path for path in golden_files() if target in (REGISTRY, format_of(path))]
    return tuple(data for path in paths if len(data := path.read_bytes()) <= SEED_BYTES_MAX)


def members_of(data: bytes) -> dict[str, bytes] | None:
    """Return a ZIP archive's members, ``None`` for anything else."""
    if not data.startswith(b"PK\x03\x04"):
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError):
        return None


def archive_of(members: dict[str, bytes]) -> bytes:
    """Return a ZIP archive with valid checksums, so that mutations reach what is inside."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return file.getvalue()
