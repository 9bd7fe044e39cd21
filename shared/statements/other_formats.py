"""Names for what is not read, so that a refusal says what the file is instead of what it lacks."""

from __future__ import annotations

import re

_MAGIC = (
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an XZ archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"%!PS", "a PostScript document"),
    (b"SQLite format 3", "a SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"-----BEGIN PGP", "an encrypted PGP message"),
    (b"-----BEGIN PKCS7", "an encrypted or signed PKCS #7 message"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
)
_BEFORE_TEXT = "\ufeff\u00ef\u00bb\u00bf \t\r\n"
_CAMT = re.compile(r"camt\.0\d\d\.\d{3}\.\d\d|<(?:\w+:)?BkToCstmr")
_OFX = re.compile(r"<OFX>|<\?OFX|OFXHEADER", re.IGNORECASE)
_PAIN = re.compile(r"(pain\.\d{3})\.\d{3}\.\d\d|<(?:\w+:)?CstmrCdtTrfInitn")
_ROOT = re.compile(r"<(?![?!])(?:[\w.-]{1,40}:)?([\w.-]{1,80})")
_CFONB = re.compile(r"\A0[147]\d{5} {4}\d{5}")
_EDIFACT = re.compile(r"(?:UNA.{6}\s*)?UNB\+", re.DOTALL)
_DTAUS = re.compile(r"0128A[A-Z]{2}\d{8}")
_NACHA = re.compile(r"101 [ \d]\d{9}")
_DAMAGED = (
    (
        re.compile(r"^:(?:25|28C?|60[FM]|61|62[FM]|86|NS|13D|34F)[A-Z]?:", re.MULTILINE),
        "an MT940 or MT942 SWIFT statement",
    ),
    (re.compile(r"^!(?:Type|Account|Option|Clear)\b", re.MULTILINE | re.IGNORECASE), "a QIF file"),
    (re.compile(r"^(?:16|88),\d{3},[^\r\n]*/[ \t]*\r?$", re.MULTILINE), "a BAI2 file"),
    (re.compile(r"\A(?:1\d{4}|21\d{8})[^\r\n]{113,123}(?:\r?\n)2[123]\d{8}"), "a CODA file"),
    (re.compile(r"^<(?:STMTTRN|BANKTRANLIST)>", re.MULTILINE), "an OFX file"),
)

SUFFIXES: dict[str, tuple[str, ...]] = {
    "ofx": ("OFX",),
    "qfx": ("OFX",),
    "qbo": ("OFX",),
    "csv": ("CSV",),
    "tsv": ("CSV",),
    "tab": ("CSV",),
    # OFX 2 and every CAMT message are XML.
    "xml": ("OFX", "CAMT"),
    "camt": ("CAMT",),
    "053": ("CAMT",),
    "054": ("CAMT",),
    "pdf": ("PDF",),
    "xlsx": ("XLSX",),
    "xlsm": ("XLSX",),
    # Banks have long delivered tab-separated text and XLSX under .xls, since Excel opens them.
    "xls": ("XLS", "XLSX", "CSV"),
    "sta": ("MT940", "MT942"),
    "mt940": ("MT940", "MT942"),
    "mt942": ("MT940", "MT942"),
    "940": ("MT940", "MT942"),
    "942": ("MT940", "MT942"),
    "swi": ("MT940", "MT942"),
    "fin": ("MT940", "MT942"),
    "qif": ("QIF",),
    "bai": ("BAI2",),
    "bai2": ("BAI2",),
    "cod": ("CODA",),
    "coda": ("CODA",),
    "json": ("JSON",),
    "jsonl": ("JSON",),
    "ndjson": ("JSON",),
    "ods": ("ODS",),
    "doc": ("DOC",),
    "docx": ("DOCX",),
    "html": ("HTML",),
    "htm": ("HTML",),
}
"""What a file's ending claims: how ``registry.family_of`` begins. ``txt``, ``dat``, ``asc``
and endings we do not know claim nothing."""

_ARCHIVES = ("gz", "gzip", "zip")


def claimed_by_name(filename: str) -> tuple[str, ...]:
    """Return the formats that a file name's ending allows; none where it claims nothing.

    The ending before ``.gz`` counts. A ZIP archive has names of its own inside.

    Examples:
        >>> claimed_by_name("may.QFX"), claimed_by_name("may.csv.gz"), claimed_by_name("statement")
        (('OFX',), ('CSV',), ())
    """
    rest, dot, suffix = filename.rpartition(".")
    while dot and suffix.lower() in _ARCHIVES:
        rest, dot, suffix = rest.rpartition(".")
    return SUFFIXES.get(suffix.lower(), ()) if dot else ()


def _name_of_markup(head: str) -> str | None:
    pain = _PAIN.search(head)
    if pain:
        return f"a payment message ({pain[1]}, ISO 20022 XML), which is no statement"
    if _CAMT.search(head) or _OFX.search(head):
        return None
    root = _ROOT.search(head)
    name = root[1] if root else ""
    if name.lower() in {"html", "head", "body", "table"} or "<!doctype html" in head[:200].lower():
        return "an HTML page"
    if name == "Workbook":
        return "an XML spreadsheet (Excel 2003); save it as XLSX"
    return None


def name_of_other_format(data: bytes, head: str) -> str | None:
    """Return what a file looks like that no format reads, or ``None``.

    Args:
        data: Its first bytes.
        head: The same as text.
    """
    for magic, name in _MAGIC:
        if data.startswith(magic) and (data[:2] != b"MZ" or b"\0" in data[:64]):
            return name
    text = head.lstrip(_BEFORE_TEXT)
    if text.startswith("<"):
        return _name_of_markup(text)
    if _CFONB.search(text):
        return "a CFONB file"
    if _EDIFACT.match(text):
        return "an EDIFACT message (FINSTA)"
    if _DTAUS.match(text):
        return "a payment file (DTAUS), which is no statement"
    return "an ACH payment file (NACHA), which is no statement" if _NACHA.match(text) else None


def name_of_damaged_format(head: str) -> str | None:
    """Return what a file looks like that is of a format we read but was not recognised as such.

    Only asked before a file is taken for CSV, which any text may be.
    """
    text = head.lstrip(_BEFORE_TEXT)
    if text.startswith("<"):
        root = _ROOT.search(text)
        return f"an XML document ({root[1][:40]})" if root else "an XML document"
    for pattern, name in _DAMAGED:
        if pattern.search(text):
            return name
    return None
