"""Real files of other projects, in place: what MANIFEST.jsonl counts, or a refusal with a reason.

The manifest's count is crude; every difference is explained in ``PINS``.
"""

from __future__ import annotations

import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.errors import UnreadableStatement
from shared.statements.registry import read_statement_file

REPOSITORY = Path(__file__).parents[3]
CORPUS = Path(os.environ.get("TIEOUT_CORPUS", REPOSITORY.parent / "shared" / "corpus"))
MANIFEST = CORPUS / "MANIFEST.jsonl"

REFUSED = {
    # OFX: no statement, or one that cannot be read exactly.
    "ofxparse/tests/fixtures/error_message.ofx": "General Server Error",
    "ofxparse/tests/fixtures/fail_nice/decimal_error.ofx": "no day that exists",
    "bank-statement-import/account_statement_import_ofx/tests/test_ofx_file/test_ofx_wrong.ofx": (
        "no DTPOSTED"  # the second entry's date, amount and id are commented out
    ),
    # The manifest counts the cash movements of investment accounts, whose balance also moves
    # with trades that are no bank lines: such a file cannot be tied out.
    "ofxparse/tests/fixtures/investment_401k.ofx": "investment statement",
    "ofxparse/tests/fixtures/investment_medium.ofx": "investment statement",
    "ofxparse/tests/fixtures/td_ameritrade.ofx": "investment statement",
    "ofxparse/tests/fixtures/vanguard401k.ofx": "investment statement",
    "ofxtools/tests/data/invstmtrs.ofx": "investment statement",
    "ofxtools/tests/data/profrs.ofx": "server profile",
    # CSV
    "bankstatementparser/tests/test_data/pain_file.csv": "no header row",
    # No header row, and two columns of amounts of which nothing says which one counts.
    "bank-statement-import/account_statement_import_sheet_file/tests/fixtures/"
    "original_currency_no_header.csv": "no header row",
    # 01/04/20 to 02/04/20: two days of April, or one day in January and one in February.
    "bank-statement-import/account_statement_import_sheet_file/tests/fixtures/"
    "meta_data_separated_credit_debit.csv": "could be 1 April 2020 (day first)",
}

PINS = {
    # CSV files have no count in the manifest; these were counted by hand.
    "bank-statement-import/account_statement_import_sheet_file/tests/fixtures/debit_credit.csv": (
        # The second amount's sign contradicts its C; the running balance proves it is money in.
        2,
        "1500.00",
    ),
    "bank-statement-import/account_statement_import_sheet_file/tests/fixtures/"
    "empty_statement_en.csv": (0, "0"),
    "bank-statement-import/account_statement_import_sheet_file/tests/fixtures/"
    "original_currency_empty.csv": (1, "1525.00"),
    "bankstatementparser/tests/test_data/sample_statement.csv": (2, "1300.00"),
    "bankstatementparser/tests/test_data/golden/csv_spanish_headers.csv": (3, "2260.94"),
}


def entries() -> list[dict[str, Any]]:
    if not MANIFEST.exists():
        return []
    return [json.loads(line) for line in MANIFEST.read_text().splitlines() if line.strip()]


def is_ours(entry: dict[str, Any]) -> bool:
    return str(entry["path"]).endswith((".ofx", ".qfx", ".qbo", ".csv"))


@pytest.mark.skipif(
    not MANIFEST.exists(),
    reason=f"no corpus of real files at {CORPUS}; set TIEOUT_CORPUS to its folder",
)
def test_the_corpus_is_there() -> None:
    assert sum(1 for entry in entries() if is_ours(entry)) >= len(REFUSED)


@pytest.mark.parametrize(
    "entry", [e for e in entries() if is_ours(e)], ids=lambda entry: entry["path"]
)
def test_real_ofx_and_csv_files_read_as_counted_or_are_refused(entry: dict[str, Any]) -> None:
    data = (CORPUS / entry["path"]).read_bytes()
    if entry["path"] in REFUSED:
        with pytest.raises(UnreadableStatement) as caught:
            read_statement_file(data)
        assert REFUSED[entry["path"]] in caught.value.reason
        return
    count, net = PINS.get(entry["path"], (entry["entries"], entry["net"]))
    found = read_statement_file(data)
    lines = [line for statement in found.statements for line in statement.lines]
    assert len(lines) == count
    assert sum(line.amount_minor for line in lines) == Decimal(net) * 100
    assert lines or found.warnings


@pytest.mark.parametrize(
    "entry", [e for e in entries() if not is_ours(e)], ids=lambda entry: entry["path"]
)
def test_real_files_of_other_formats_are_refused(entry: dict[str, Any]) -> None:
    with pytest.raises(UnreadableStatement) as caught:
        read_statement_file((CORPUS / entry["path"]).read_bytes())
    assert caught.value.reason
