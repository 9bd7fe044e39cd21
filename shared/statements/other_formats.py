"""Names for what is not read, so that a refusal says what the file is instead of what it lacks."""

from __future__ import annotations

import re

_MAGIC = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "an Excel workbook (XLSX) or another ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook (XLS)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"SQLite format 3", "a SQLite database"),
    (b"-----BEGIN PGP", "an encrypted PGP message"),
)
_CAMT = re.compile(r"camt\.0(\d\d)\.\d{3}\.\d\d")
_PAIN = re.compile(r"(pain\.\d{3})\.\d{3}\.\d\d")
_ROOT = re.compile(r"<(?![?!])(?:[\w.-]+:)?([\w.-]+)")
_SWIFT_FIELD = re.compile(
    r"^:(?:20|21|25|28C?|60[FM]|61|62[FM]|86|NS|13D|34F)[A-Z]?:", re.MULTILINE
)
_QIF = re.compile(r"^!(?:Type|Account|Option|Clear)\b", re.MULTILINE | re.IGNORECASE)
_BAI2 = re.compile(r"\A01,[^\r\n]*/[ \t]*(?:\r|\n|\Z)")
_CODA = re.compile(r"\A0000\d{11}05")
_CFONB = re.compile(r"\A01\d{5} {4}\d{5}")

SUFFIXES = {
    "ofx": "OFX",
    "qfx": "OFX",
    "qbo": "OFX",
    "csv": "CSV",
    "tsv": "CSV",
    "tab": "CSV",
    "txt": "CSV",
    "xml": "XML",
    "camt": "CAMT",
    "pdf": "PDF",
    "xlsx": "XLSX",
    "xls": "XLS",
    "ods": "ODS",
    "sta": "MT940",
    "mt940": "MT940",
    "940": "MT940",
    "swi": "MT940",
    "qif": "QIF",
    "bai": "BAI2",
    "bai2": "BAI2",
    "cod": "CODA",
    "coda": "CODA",
    "zip": "ZIP",
    "json": "JSON",
    "html": "HTML",
    "htm": "HTML",
}
"""What a file's ending claims. OFX 2.x files are also delivered as .xml, which is allowed."""


def name_of_suffix(filename: str) -> str | None:
    """Return the format that a file name's ending claims, or ``None`` where it claims none.

    Examples:
        >>> name_of_suffix("may.QFX"), name_of_suffix("statement")
        ('OFX', None)
    """
    _, dot, suffix = filename.rpartition(".")
    return SUFFIXES.get(suffix.lower()) if dot else None


def _name_of_markup(head: str) -> str | None:
    camt = _CAMT.search(head)
    if camt:
        return f"a CAMT.0{camt[1]} bank message (ISO 20022 XML)"
    pain = _PAIN.search(head)
    if pain:
        return f"a payment message ({pain[1]}, ISO 20022 XML), which is no statement"
    root = _ROOT.search(head)
    name = root[1] if root else ""
    if name.lower() in {"html", "head", "body", "table"} or "<!doctype html" in head[:200].lower():
        return "an HTML page"
    return f"an XML document ({name[:40]})" if name else "an XML document"


def name_of_other_format(  # noqa: PLR0911 - one return for each format
    data: bytes, head: str
) -> str | None:
    """Return what a file looks like that is neither OFX nor CSV, or ``None``.

    Args:
        data: The whole file.
        head: Its first characters.
    """
    for magic, name in _MAGIC:
        if data.startswith(magic):
            return name
    text = head.lstrip("\ufeff\u00ef\u00bb\u00bf \t\r\n")
    if text.startswith("<"):
        return _name_of_markup(text)
    if text.startswith("{1:") or _SWIFT_FIELD.search(text):
        return "an MT940 or MT942 SWIFT statement"
    if text[:1] in {"{", "["} and re.match(r"[{\[]\s*[\"{\[\]}]", text):
        return "a JSON document"
    if _QIF.search(text):
        return "a QIF file"
    if _BAI2.search(text):
        return "a BAI2 file"
    if _CODA.search(text):
        return "a CODA file"
    return "a CFONB file" if _CFONB.search(text) else None
