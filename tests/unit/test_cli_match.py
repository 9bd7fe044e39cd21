import argparse
import json
from pathlib import Path

import pytest

from cli import match as command

HEADER = "id,date,amount,currency,description,reference,counterparty\n"
BANK = HEADER + "l1,2024-03-05,-1234.50,EUR,CARD PAYMENT ACME GMBH,,\n"
LEDGER = HEADER + 'e1,2024-03-04,-1234.5,EUR,"Chairs, office",V-1,Acme GmbH\n'


def call(
    folder: Path, bank: str | bytes, ledger: str, *options: str, rates: str | None = None
) -> int:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    bank_path, ledger_path = folder / "bank.csv", folder / "ledger.csv"
    bank_path.write_bytes(bank if isinstance(bank, bytes) else bank.encode())
    ledger_path.write_text(ledger, encoding="utf-8")
    arguments = [str(bank_path), str(ledger_path), *options]
    if rates is not None:
        (folder / "rates.csv").write_text(rates, encoding="utf-8")
        arguments += ["--rates", str(folder / "rates.csv")]
    return command.run(parser.parse_args(arguments))


def refusal(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    finding: dict[str, object] = json.loads(printed.err)
    assert set(finding) == {"error", "reason", "line", "column"}
    return finding


def test_two_tables_are_matched_and_printed_as_one_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(tmp_path, BANK, LEDGER) == 0
    shown = json.loads(capsys.readouterr().out)
    (found,) = shown["matches"]
    assert found["lines"] == ["l1"]
    assert found["entries"] == ["e1"]
    assert found["status"] == "auto"
    assert found["residues"] == []
    assert "Amount matches exactly" in found["reasons"]
    assert shown["ambiguous"] == shown["unmatched_lines"] == shown["unmatched_entries"] == []
    assert shown["seconds"] >= 0


CAMT = """<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Id>1</Id><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">10.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2024-03-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">17.50</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2024-03-31</Dt></Dt></Bal>
<Ntry><Amt Ccy="EUR">7.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>2024-03-05</Dt></BookgDt><AddtlNtryInf>ACME GMBH</AddtlNtryInf></Ntry>
<Ntry><Amt Ccy="EUR">2.50</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts>
<BookgDt><Dt>2024-03-06</Dt></BookgDt><AddtlNtryInf>ACME GMBH</AddtlNtryInf></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""


def test_pending_lines_of_a_statement_are_left_out_and_said_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    books = HEADER + "e1,2024-03-05,7.50,,Acme GmbH,,\ne2,2024-03-06,2.50,,Acme GmbH,,\n"
    assert call(tmp_path, CAMT, books) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["matches"][0]["lines"], shown["unmatched_lines"]) == (["0"], [])
    assert shown["unmatched_entries"] == ["e2"]
    assert "1 of 2 lines are not booked and were left out." in shown["warnings"]


def test_a_statement_whose_balances_do_not_follow_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(tmp_path, CAMT.replace("17.50", "17.60"), HEADER) == command.EXIT_UNREADABLE
    finding = refusal(capsys)
    assert finding["error"] == "broken_total"
    for told in ("closing balance", "17.50", "17.60"):
        assert told in str(finding["reason"])


def test_columns_may_stand_in_any_order_and_optional_ones_be_absent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = "\ufeffamount,date,id,description\r\n-1234.5,2024-03-05,l1,ACME GMBH\r\n"
    assert call(tmp_path, bank, LEDGER) == 0
    assert json.loads(capsys.readouterr().out)["matches"][0]["lines"] == ["l1"]


def test_ambiguous_lines_name_their_candidates(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = LEDGER + 'e2,2024-03-04,-1234.5,EUR,"Chairs, office",V-2,Acme GmbH\n'
    assert call(tmp_path, BANK, ledger) == 0
    shown = json.loads(capsys.readouterr().out)
    (tie,) = shown["ambiguous"]
    assert tie["line"] == "l1"
    assert [candidate["entries"] for candidate in tie["candidates"]] == [["e1"], ["e2"]]
    assert shown["unmatched_entries"] == ["e1", "e2"]


@pytest.mark.parametrize(
    "rates", ["currency,rate\nUSD,0.9217\n", "date,currency,rate\n2024-03-01,USD,0.9217\n"]
)
def test_rates_bring_foreign_entries_to_the_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rates: str
) -> None:
    ledger = HEADER + "e1,2024-03-04,-1340,USD,,,Acme GmbH\n"
    assert call(tmp_path, BANK, ledger, rates=rates) == 0
    (found,) = json.loads(capsys.readouterr().out)["matches"]
    assert (found["method"], found["status"]) == ("fx", "review")
    assert found["residues"] == [{"kind": "fx", "amount_minor": -123450 + 123508}]


def test_the_date_window_is_an_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(tmp_path, BANK, LEDGER, "--date-window-days", "0") == 0
    assert json.loads(capsys.readouterr().out)["unmatched_lines"] == ["l1"]


@pytest.mark.parametrize(
    ("row", "line", "column", "said"),
    [
        ("l1,2024-03-05,-1,EUR,,,", 3, 1, "'l1' is on line 2 already"),
        ("l2,2024-03-05,1.234,EUR,,,", 3, 3, "more decimals"),
        ("l2,2024-03-05,1.5,JPY,,,", 3, 3, "more decimals"),
        ("l2,2024-03-05,one,EUR,,,", 3, 3, "is not an amount"),
        ("l2,2024-03-05,,EUR,,,", 3, 3, "amount is empty"),
        ("l2,05.03.2024,1,EUR,,,", 3, 2, "is not a date"),
        ("l2,2024-02-30,1,EUR,,,", 3, 2, "is not a date"),
        ("l2,2024-03-05,1,EURO,,,", 3, 4, "is not an ISO 4217"),
        (",2024-03-05,1,EUR,,,", 3, 1, "id is empty"),
        ("l2,2024-03-05,1,EUR", 3, None, "4 fields, the header 7"),
        ('l2,2024-03-05,1,EUR,"open,,', 3, None, "unexpected end"),
    ],
)
def test_a_bad_row_is_refused_with_its_place(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    row: str,
    line: int,
    column: int | None,
    said: str,
) -> None:
    assert call(tmp_path, BANK + row + "\n", LEDGER) == 65
    finding = refusal(capsys)
    assert (finding["line"], finding["column"]) == (line, column)
    assert said in str(finding["reason"])
    assert "bank.csv" in str(finding["reason"])


def test_lines_are_counted_through_quoted_line_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = BANK + 'l2,2024-03-05,1,EUR,"two\nlines",,\nl3,never,1,EUR,,,\n'
    assert call(tmp_path, bank, LEDGER) == 65
    assert refusal(capsys)["line"] == 5


def test_a_ledger_with_another_header_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(tmp_path, BANK, "date,amount\n2024-03-05,1\n") == 65
    assert "ledger.csv" in str(refusal(capsys)["reason"])


def test_text_that_is_not_utf_8_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = BANK.encode() + "l2,2024-03-05,1,EUR,Müller,,\n".encode("latin-1")
    assert call(tmp_path, bank, LEDGER) == 65
    assert refusal(capsys)["line"] == 3


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ("USD,0.9\n", "first row must be"),
        ("currency,rate\nUSD,zero\n", "is not a rate"),
        ("currency,rate\nUSD,0\n", "is not a rate"),
        ("currency,rate\nUSX,1\n", "ISO 4217"),
        ("currency,rate\nUSD,1\nUSD,2\n", "two rates"),
        ("date,currency,rate\nyesterday,USD,1\n", "is not a date"),
    ],
)
def test_bad_rates_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rates: str, said: str
) -> None:
    assert call(tmp_path, BANK, LEDGER, rates=rates) == 65
    assert said in str(refusal(capsys)["reason"])


def test_a_missing_file_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    missing = str(tmp_path / "none.csv")
    assert command.run(parser.parse_args([missing, missing])) == 65
    assert refusal(capsys)["error"] == "unreadable_file"


def test_a_negative_window_is_refused_by_the_command_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        call(tmp_path, BANK, LEDGER, "--date-window-days", "-1")


def test_the_example_leaves_the_deposit_that_names_nobody_to_a_person(
    capsys: pytest.CaptureFixture[str],
) -> None:
    examples = Path(__file__).parents[2] / "examples"
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    files = ("operating-statement-2026-01.ofx", "operating-books-2026-01.csv")
    assert command.run(parser.parse_args([str(examples / name) for name in files])) == 0
    shown = json.loads(capsys.readouterr().out)
    (tie,) = shown["ambiguous"]
    assert [candidate["entries"] for candidate in tie["candidates"]] == [["B09"], ["B10"]]
    assert "Invoice INV-1051 (Redwing Cafe) would fit as well" in tie["candidates"][0]["reasons"]
    assert tie["line"] not in {line for found in shown["matches"] for line in found["lines"]}
