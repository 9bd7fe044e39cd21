from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli import parse

GOOD = b"Date,Text,Amount,Currency\n2024-01-15,Caf\xc3\xa9,-1.50,EUR\n"
BAD = b"Date,Text,Amount\n2024-01-15,x,\n"


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    parse.add_arguments(parser)
    return parse.run(parser.parse_args(arguments))


def printed(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_a_file_is_printed_as_one_json_object(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.bin").write_bytes(GOOD)
    assert run(str(tmp_path / "a.bin")) == 0
    assert printed(capsys) == {
        "format": "csv",
        "statements": [
            {
                "account": {"id": None, "bank_id": None, "type": None, "currency": "EUR"},
                "period": {"start": None, "end": None},
                "opening_balance_minor": None,
                "closing_balance_minor": None,
                "lines": [
                    {
                        "index": 0,
                        "date": "2024-01-15",
                        "value_date": None,
                        "amount_minor": -150,
                        "currency": "EUR",
                        "description": "Café",
                        "status": "booked",
                        "position": 2,
                    }
                ],
            }
        ],
        "warnings": [],
    }


def test_a_refused_file_gives_65_and_one_line_on_standard_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_bytes(BAD)
    assert run(str(tmp_path / "a.csv")) == parse.EXIT_UNREADABLE
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert json.loads(err) == {
        "error": "unreadable_statement",
        "reason": "the row has a date but no amount",
        "line": 2,
        "column": 3,
    }


def test_a_missing_file_gives_66(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(tmp_path / "nowhere.ofx")) == parse.EXIT_NO_INPUT
    assert json.loads(capsys.readouterr().err)["error"] == "missing_file"


def test_a_dash_reads_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD)))
    assert run("-") == 0
    assert printed(capsys)["format"] == "csv"


def test_a_currency_is_taken_where_the_file_names_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.csv").write_bytes(b"Date,Amount\n2024-01-15,1200\n")
    assert run(str(tmp_path / "a.csv"), "--currency", "jpy") == 0
    assert printed(capsys)["statements"][0]["lines"][0]["amount_minor"] == 1200


def test_a_wrong_currency_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run("-", "--currency", "EURO")
    assert caught.value.code == 2
    assert "EURO" in capsys.readouterr().err


def test_parsing_loads_no_aws_client_and_no_framework() -> None:
    code = (
        "import sys, cli.parse; print([name for name in ('boto3', 'botocore', 'pynamodb', "
        "'pydantic', 'aws_lambda_powertools', 'numpy') if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert result.stdout.strip() == "[]"


GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


def test_a_table_shows_account_balances_and_lines(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(GOLDEN / "mt940" / "german_sepa.sta"), "--table") == 0
    shown = capsys.readouterr().out
    for text in (
        "german_sepa.sta",
        "0012345678 (37050198)",
        "ties out: opening + lines = closing",
        "3,574.70",
        "-83.30",
        "RE-2024-0017",
        "(reversal)",
    ):
        assert text in shown


def test_a_long_table_shows_its_beginning_and_its_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = "".join(f"2024-01-{1 + n // 50:02d},line {n},{n}.25\n" for n in range(1, 1001))
    (tmp_path / "a.csv").write_text("Date,Text,Amount\n" + rows)
    assert run(str(tmp_path / "a.csv"), "--table", "--rows", "8") == 0
    shown = capsys.readouterr().out
    for text in ("line 6 ", "line 999 ", "line 1000 ", "992 more", "1,000 lines", "500,750.00"):
        assert text in shown
    assert "line 7 " not in shown
    assert "line 998 " not in shown


def test_a_total_that_does_not_hold_is_shown_and_gives_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = str(GOLDEN / "mt940" / "no_closing_balance.sta")
    assert run(path, "--table") == parse.EXIT_BREAKS
    shown = capsys.readouterr().out
    assert "does not tie" in shown
    assert "the file may be cut off" in shown
    assert run(path) == parse.EXIT_BREAKS
    assert printed(capsys)["statements"][0]["breaks"]


def test_a_refused_file_shows_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    refused = GOLDEN / "mt940" / "refused_february_30.sta"
    assert run(str(refused), "--table") == parse.EXIT_UNREADABLE
    out, err = capsys.readouterr()
    assert out == ""
    assert json.loads(err)["line"]


def test_inspection_says_what_was_inferred_and_from_what(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(str(GOLDEN / "csv" / "german_savings_bank.csv"), "--inspect") == 0
    shown = capsys.readouterr().out
    for text in ("Windows-1252", "column 'Betrag'", "line 2: '-1.850,00'", '"amount": "Betrag"'):
        assert text in shown


def test_a_file_that_allows_two_readings_is_settled_by_the_mapping_that_inspection_asks_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(GOLDEN / "csv" / "refused_day_or_month_first.csv")
    assert run(path, "--inspect") == parse.EXIT_UNREADABLE
    shown = capsys.readouterr().out
    assert "To settle in a mapping: date order" in shown
    mapping = json.loads(shown[shown.index("{") :]) | {"date_order": "month first"}
    (tmp_path / "mapping.json").write_text(json.dumps(mapping))
    assert run(path, "--mapping", str(tmp_path / "mapping.json")) == 0
    assert printed(capsys)["statements"][0]["lines"][0]["date"] == "2024-01-02"


def test_a_mapping_that_is_none_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mapping.json").write_text('{"colour": "red"}')
    path = str(GOLDEN / "csv" / "own_columns.csv")
    assert run(path, "--mapping", str(tmp_path / "mapping.json")) == parse.EXIT_UNREADABLE
    assert "colour" in json.loads(capsys.readouterr().err)["reason"]
