from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from shared.errors import InvalidInput, UnreadableStatement
from shared.statements import json_lines
from shared.statements.archive import unwrapped
from shared.statements.head import Head
from shared.statements.registry import (
    FORMATS,
    HEAD_CHARS,
    family_of,
    format_of,
    read_statement_file,
    refuse_misnamed,
)
from shared.statements.source import Source
from shared.statements.text import head_of

GOLDEN = Path(__file__).parents[2] / "golden"
FOLDERS = {
    "bai2": "BAI2",
    "camt": "CAMT",
    "coda": "CODA",
    "csv": "CSV",
    "json": "JSON",
    "mt940": "MT940",
    "ofx": "OFX",
    "pdf": "PDF",
    "qif": "QIF",
    "xlsx": "Excel",
}
FILES = sorted(
    path
    for folder in FOLDERS
    for path in (GOLDEN / folder).iterdir()
    if not path.name.endswith(".expected.json")
)


def head_of_bytes(data: bytes) -> Head:
    start = Source.of_bytes(data).head()
    return Head(start, head_of(start, HEAD_CHARS))


def reason(data: bytes) -> str:
    with pytest.raises(UnreadableStatement) as caught:
        read_statement_file(data)
    return caught.value.reason


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_every_golden_file_is_recognised_by_its_own_format_alone(path: Path) -> None:
    head = head_of_bytes(path.read_bytes())
    own = FOLDERS[path.parent.name]
    recognised = [known.name for known in FORMATS if known.parser.recognises(head)]
    if path.name.startswith("refused_") and own not in recognised:
        # A payment file in the folder of CAMT, for one: refused by name.
        assert recognised in ([], ["CSV"])
        return
    # Any text may be CSV, which is asked last.
    assert [name for name in recognised if name != "CSV" or own == "CSV"] == [own]
    assert format_of(head).name == own


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "empty"),
        (b" \r\n\t", "no text"),
        (b"\0" * 100, "no text"),
        (b"Date,Amount\n2024-01-01,1\0", "NUL"),
        (b"%PDF-1.7\n", "PDF"),
        (b"PK\x03\x04....", "ZIP archive is cut off"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "workbook is cut off"),
        (b"\x1f\x8b\x08", "gzip archive is cut off"),
        (b'{"name": "2024-01-01"}', "line shape"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "HTML"),
        (b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.03'/>", "pain.001"),
        (b"<invoice><total>1</total></invoice>", "XML document (invoice)"),
        (b'<?xml version="1.0"?><Workbook xmlns="urn:schemas"></Workbook>', "XML spreadsheet"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"Rar!\x1a\x07\x00", "RAR"),
        (b"BZh91AY", "bzip2"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"{\\rtf1\\ansi}", "RTF"),
        (b"-----BEGIN PGP MESSAGE-----", "PGP"),
        (b"SQLite format 3\0", "SQLite"),
        (b"0130004    00001EUR2 00012345678  010324", "CFONB"),
        (b"UNB+UNOA:1+BANK+CUSTOMER+240301:1200+1'", "EDIFACT"),
        (b"16,475,10000,,,,/\n49,10000,2/\n", "BAI2"),
    ],
)
def test_what_is_not_read_is_refused_by_name(data: bytes, named: str) -> None:
    assert named in reason(data)


def test_a_refusal_says_what_is_read() -> None:
    assert reason(b"\x89PNG\r\n\x1a\n").endswith("Excel and CSV files are read")


def test_format_is_found_by_content() -> None:
    assert read_statement_file(b"Date,Amount\n2024-01-15,1.00\n").format == "csv"


def test_a_wrong_default_currency_is_the_callers_mistake() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_statement_file(b"Date,Amount\n2024-01-15,1.00\n", default_currency="EURO")
    assert caught.value.kind == "unknown_currency"


@pytest.mark.parametrize("error", [MemoryError, RecursionError])
def test_exhaustion_inside_a_format_is_a_refused_file(
    error: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_source: object, _options: object) -> None:
        raise error

    monkeypatch.setattr(json_lines, "read", fail)
    assert "export a shorter period" in reason(b'{"x": 1}') or "nested" in reason(b'{"x": 1}')


def test_recognition_happens_on_what_is_inside_an_archive() -> None:
    data = gzip.compress(b"Date,Amount\n2024-01-15,1.00\n")
    assert read_statement_file(data).format == "csv"
    assert [file.member for file in unwrapped(Source.of_bytes(data))] == [None]


@pytest.mark.parametrize(
    ("filename", "found"),
    [
        ("a.ofx", "csv"),
        ("a.QBO", "csv"),
        ("a.csv", "ofx-sgml"),
        ("a.pdf", "csv"),
        ("a.xml", "csv"),
        ("a.sta", "camt.053.001.02"),
        ("a.csv.gz", "ofx-sgml"),
        ("a.json", "xlsx"),
        ("a.xlsx", "xls"),
        ("a.ods", "csv"),
    ],
)
def test_a_name_that_contradicts_the_content_is_refused(filename: str, found: str) -> None:
    with pytest.raises(UnreadableStatement) as caught:
        refuse_misnamed(filename, found)
    assert f"named {filename} but holds {family_of(found)}" in caught.value.reason


@pytest.mark.parametrize(
    ("filename", "found"),
    [
        ("a.ofx", "ofx-xml"),
        ("a.qfx", "ofx-sgml"),
        ("a.xml", "ofx-xml"),
        ("a.xml", "camt.053.001.08"),
        ("a.camt", "camt.054.001.02"),
        ("a.sta", "mt940"),
        ("a.940", "mt942"),
        ("dir.v1/a.txt", "csv"),
        ("a.txt", "mt940"),
        ("a.dat", "bai2"),
        ("statement", "csv"),
        ("a.2024-01", "ofx-sgml"),
        ("a.TSV", "csv"),
        ("a.zip", "csv"),
        ("a.csv.gz", "csv"),
        ("a.gz", "coda"),
        ("a.xls", "csv"),
        ("a.xls", "xlsx"),
        ("a.jsonl", "json"),
    ],
)
def test_a_fitting_or_silent_name_passes(filename: str, found: str) -> None:
    refuse_misnamed(filename, found)


def test_a_period_that_ends_before_it_starts_is_left_out_and_said() -> None:
    data = (
        b":20:A\n:25:123\n:28C:1/1\n:60F:C240130EUR100,00\n"
        b":61:2401310131D9,00NMSCNONREF\n:86:coffee\n:62F:C240107EUR91,00\n-\n"
    )
    (statement,) = read_statement_file(data).statements
    assert (statement.period_start, statement.period_end) == (None, None)
    assert "begins on 2024-01-30 and ends on 2024-01-07" in statement.warnings[-1]
