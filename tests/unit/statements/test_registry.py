from __future__ import annotations

import pytest

from shared.errors import InvalidInput, UnreadableStatement
from shared.statements.registry import read_statement_file, refuse_misnamed


def reason(data: bytes) -> str:
    with pytest.raises(UnreadableStatement) as caught:
        read_statement_file(data)
    return caught.value.reason


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"", "empty"),
        (b" \r\n\t", "no text"),
        (b"\0" * 100, "no text"),
        (b"Date,Amount\n2024-01-01,1\0", "NUL"),
        (b"%PDF-1.7\n", "PDF"),
        (b"PK\x03\x04....", "XLSX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "XLS"),
        (b"\x1f\x8b\x08", "gzip"),
        (b":20:STARTUMS\n:25:1/2\n:61:2401010101C1,00NTRF\n", "MT940"),
        (b"{1:F01BANK}{2:I940}{4:\n:20:X\n-}", "MT940"),
        (b"!Type:Bank\nD1/1/2024\nT1.00\n^\n", "QIF"),
        (b"01,1,2,240101,0000,1,80,1,2/\n02,x/\n", "BAI2"),
        (b'{"date": "2024-01-01"}', "JSON"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "HTML"),
        (
            (
                b'<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:'
                b'camt.053.001.02"><BkToCstmrStmt/></Document>'
            ),
            "CAMT.053",
        ),
        (b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.03'/>", "pain.001"),
        (b"<invoice><total>1</total></invoice>", "XML document (invoice)"),
    ],
)
def test_other_formats_are_refused_by_name(data: bytes, named: str) -> None:
    assert named in reason(data)


def test_a_refusal_says_what_is_read() -> None:
    assert reason(b"%PDF-1.7").endswith("OFX and CSV files are read today")


def test_format_is_found_by_content() -> None:
    assert read_statement_file(b"Date,Amount\n2024-01-15,1.00\n").format == "csv"


def test_a_wrong_default_currency_is_the_callers_mistake() -> None:
    with pytest.raises(InvalidInput) as caught:
        read_statement_file(b"Date,Amount\n2024-01-15,1.00\n", default_currency="EURO")
    assert caught.value.kind == "unknown_currency"


@pytest.mark.parametrize(
    ("filename", "found"),
    [("a.ofx", "csv"), ("a.QBO", "csv"), ("a.csv", "ofx-sgml"), ("a.pdf", "csv")],
)
def test_a_name_that_contradicts_the_content_is_refused(filename: str, found: str) -> None:
    with pytest.raises(UnreadableStatement) as caught:
        refuse_misnamed(filename, found)
    assert f"named {filename} but holds" in caught.value.reason


@pytest.mark.parametrize(
    ("filename", "found"),
    [
        ("a.ofx", "ofx-xml"),
        ("a.qfx", "ofx-sgml"),
        ("dir.v1/a.txt", "csv"),
        ("statement", "csv"),
        ("a.2024-01", "ofx-sgml"),
        ("a.TSV", "csv"),
    ],
)
def test_a_fitting_or_silent_name_passes(filename: str, found: str) -> None:
    refuse_misnamed(filename, found)
