"""What a review of the table parsers found: each was read silently wrong before."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shared.errors import UnreadableStatement
from shared.statements.mapping import Mapping
from shared.statements.registry import read_statement_file

if TYPE_CHECKING:
    from shared.statements.model import Statement


def _read(text: str) -> Statement:
    (statement,) = read_statement_file(text.encode()).statements
    return statement


def _amounts(text: str) -> list[tuple[int, str]]:
    return [(line.amount_minor, line.status) for line in _read(text).lines]


def test_a_purchase_in_the_shop_new_balance_is_a_movement() -> None:
    assert _amounts(
        "Transaction ID,Date,Name,Amount,Currency\n"
        "1,13/03/2024,Pret,-4.50,GBP\n"
        "2,14/03/2024,New Balance,-95.00,GBP\n"
        "3,15/03/2024,ACME,2000.00,GBP\n"
    ) == [(-450, "booked"), (-9500, "booked"), (200000, "booked")]


def test_a_purchase_in_the_shop_new_balance_is_proven_by_the_running_balance() -> None:
    statement = _read(
        "Date,Description,Amount,Balance\n"
        "13/03/2024,A,-5.00,100.00\n"
        "14/03/2024,New Balance,-7.00,93.00\n"
        "15/03/2024,C,-3.00,90.00\n"
    )
    assert (statement.net_minor, statement.lines_count) == (-1500, 3)
    assert statement.checked == ("running balance",)


def test_a_bare_row_named_new_balance_is_refused_with_both_readings() -> None:
    with pytest.raises(UnreadableStatement, match="could be a movement or the balance") as caught:
        _read("Date,Description,Amount\n13/03/2024,A,-5.00\n14/03/2024,New Balance,95.00\n")
    assert caught.value.line == 3


def test_a_new_balance_in_the_balance_column_alone_is_no_movement() -> None:
    statement = _read(
        "Date,Description,Amount,Balance\n"
        "13/03/2024,A,-5.00,100.00\n"
        "15/03/2024,C,-3.00,97.00\n"
        "16/03/2024,New Balance,,97.00\n"
    )
    assert (statement.lines_count, statement.closing_balance_minor) == (2, 9700)


def test_an_opening_row_named_balance_b_f_is_no_movement() -> None:
    statement = _read(
        "Date,Description,Amount,Balance\n"
        "13/03/2024,BALANCE B/F,100.00,100.00\n"
        "14/03/2024,B,7.00,107.00\n"
    )
    assert (statement.opening_balance_minor, statement.net_minor) == (10000, 700)


@pytest.mark.parametrize(
    "word",
    ["Ausstehend", "En cours", "Awaiting settlement", "Unsettled", "PENDING - 14 Mar", "Venter"],
)
def test_a_status_that_says_not_booked_keeps_the_row_out_of_the_net(word: str) -> None:
    statement = _read(
        "Date,Description,Amount,Currency,Status\n"
        "13/03/2024,Shop,-4.50,EUR,Booked\n"
        f"14/03/2024,Hotel,-95.00,EUR,{word}\n"
    )
    assert [line.status for line in statement.lines] == ["booked", "pending"]
    assert (statement.net_minor, statement.lines_count) == (-450, 2)


def test_rows_below_a_heading_of_pending_movements_are_refused() -> None:
    for heading in ("Pending transactions,,", "Pending", "Vorgemerkte Umsätze,,"):
        with pytest.raises(UnreadableStatement, match="may not be booked") as caught:
            _read(
                f"Date,Description,Amount\n13/03/2024,A,-4.50\n{heading}\n15/03/2024,HOTEL,-20.00\n"
            )
        assert caught.value.line == 3


def test_a_second_table_with_other_columns_is_refused_and_not_read_by_the_first_header() -> None:
    with pytest.raises(UnreadableStatement, match="second table") as caught:
        _read(
            "Date,Description,Debit,Credit\n13/03/2024,A,4.50,\n14/03/2024,B,,100.00\n\n"
            "Savings account\nDate,Description,Credit,Debit\n15/03/2024,X,7.00,\n"
        )
    assert caught.value.line == 6


def test_a_dated_total_is_not_counted_as_one_more_movement() -> None:
    with pytest.raises(UnreadableStatement, match="sum of the rows above") as caught:
        _read(
            "Date,Description,Amount\n13/03/2024,A,-4.50\n14/03/2024,B,100.00\n"
            "31/03/2024,Total,95.50\n"
        )
    assert caught.value.line == 4


def test_a_purchase_at_a_petrol_station_named_total_is_a_movement() -> None:
    assert _amounts(
        "Date,Description,Amount\n13/03/2024,A,-4.50\n14/03/2024,B,100.00\n15/03/2024,TOTAL,-60.00\n"
    ) == [(-450, "booked"), (10000, "booked"), (-6000, "booked")]


def test_until_names_the_end_of_the_period() -> None:
    statement = _read(
        "From:;2024-03-01\nUntil:;2024-03-31\n\nBooking date;Currency;Amount;Text\n"
        "2024-03-15;CHF;-49.50;A\n2024-03-14;CHF;50.00;B\n"
    )
    assert str(statement.period_end) == "2024-03-31"


def test_net_minor_is_the_sum_of_booked_lines_in_mt942() -> None:
    statement = _read(
        ":20:A\r\n:25:12345678/123456\r\n:28C:1\r\n:34F:EUR0,\r\n:13D:2403151200+0100\r\n"
        ":61:2403150315C10,00NTRFNONREF\r\n:61:2403150315EC5,00NTRFNONREF\r\n"
        ":90D:0EUR0,\r\n:90C:2EUR15,\r\n-\r\n"
    )
    assert [line.status for line in statement.lines] == ["booked", "pending"]
    assert (statement.net_minor, statement.lines_count, statement.breaks) == (1000, 2, ())


@pytest.mark.parametrize(
    "name", ["camt/intraday_without_namespace.xml", "camt/two_accounts_v02_prefixed.xml"]
)
def test_net_minor_is_the_sum_of_booked_lines_in_camt(name: str) -> None:
    golden = Path(__file__).parents[2] / "golden" / name
    for statement in read_statement_file(golden.read_bytes()).statements:
        booked = [one.amount_minor for one in statement.lines if one.status == "booked"]
        assert statement.net_minor == sum(booked)
        assert statement.lines_count == len(statement.lines)


_FEES = "Date,Description,Amount,Fee\n13/03/2024,A,-100.00,1.00\n14/03/2024,B,10.00,0.50\n"


def _mapped(text: str, document: dict[str, object]) -> Statement:
    found = read_statement_file(text.encode(), mapping=Mapping.from_document(document))
    return found.statements[0]


@pytest.mark.parametrize("signs", ["as written", "turned"])
def test_a_mapping_of_the_signs_does_not_settle_whether_the_fee_is_taken_off(signs: str) -> None:
    with pytest.raises(UnreadableStatement, match="less column 'Fee'"):
        _mapped(_FEES, {"signs": signs})


def test_a_mapping_of_the_signs_does_not_settle_which_of_two_amounts_was_booked() -> None:
    with pytest.raises(UnreadableStatement, match="'Amount EUR'"):
        _mapped(
            "Date,Description,Amount,Amount EUR\n13/03/2024,A,-100.00,-91.00\n",
            {"signs": "as written"},
        )


def test_a_mapping_of_the_signs_leaves_the_net_amount_the_one_that_was_booked() -> None:
    text = "Date,Description,Gross,Fee,Net\n13/03/2024,A,100.00,-3.00,97.00\n"
    assert _mapped(text, {"signs": "as written"}).net_minor == 9700


def test_a_mapping_settles_the_fee_by_naming_its_column_or_the_amount_alone() -> None:
    assert _mapped(_FEES, {"columns": {"fee": "Fee"}}).net_minor == -9150
    assert _mapped(_FEES, {"columns": {"ignored": "Fee"}}).net_minor == -9000
    amount = {"columns": {"amount": "Amount"}, "signs": "as written"}
    assert _mapped(_FEES, amount).net_minor == -9000


def test_a_mapping_that_says_utf_16_of_another_file_is_refused_by_name() -> None:
    with pytest.raises(UnreadableStatement, match=r"(?i)utf.16"):
        _mapped(_FEES, {"encoding": "utf-16"})


def test_dates_that_a_spreadsheet_may_have_exchanged_are_told() -> None:
    statement = _read("Date,Description,Amount\n13/03/2024,A,-4.50\n2024-04-03,B,1.00\n")
    assert any("exchanged day and month" in one for one in statement.warnings)
    plain = _read("Date,Description,Amount\n13/03/2024,A,-4.50\n14/03/2024,B,1.00\n")
    assert not any("exchanged" in one for one in plain.warnings)


@pytest.mark.parametrize(
    "label",
    ["Balance as of 31/03/2024", "Solde au 31/03/2024", "SALDO DO DIA", "S A L D O"],
)
@pytest.mark.parametrize("currency", ["", "EUR"])
def test_a_dated_balance_in_the_amount_column_is_no_movement(label: str, currency: str) -> None:
    statement = _read(
        f"Date,Description,Amount,Currency\n13/03/2024,A,-4.50,{currency}\n"
        f"14/03/2024,B,100.00,{currency}\n31/03/2024,{label},1095.50,{currency}\n"
    )
    assert (statement.net_minor, statement.lines_count) == (9550, 2)


def test_a_payment_of_a_balance_is_a_movement() -> None:
    statement = _read(
        "Date,Counterparty,Description,Amount\n13/03/2024,Rossi,Saldo al 31/12/2023,-4.50\n"
        "14/03/2024,Bianchi,Saldo,-100.00\n"
    )
    assert (statement.net_minor, statement.lines_count) == (-10450, 2)


def test_a_balance_of_the_day_written_as_amount_and_as_balance_is_refused() -> None:
    with pytest.raises(UnreadableStatement, match="could be a movement or the balance"):
        _read(
            "Data;Descrição;Valor;Saldo\n13/03/2024;SALDO DO DIA;1.000,00;1.000,00\n"
            "14/03/2024;PIX;-10,00;990,00\n"
        )
