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
