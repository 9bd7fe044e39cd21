from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from shared.errors import UnreadableStatement
from shared.statements.registry import read_statement_file

if TYPE_CHECKING:
    from shared.statements.model import Line, Statement, StatementFile


def read(text: str, encoding: str = "utf-8", currency: str | None = "EUR") -> StatementFile:
    return read_statement_file(text.encode(encoding), default_currency=currency)


def only(text: str) -> Statement:
    found = read(text)
    assert len(found.statements) == 1
    return found.statements[0]


def lines(text: str) -> tuple[Line, ...]:
    return only(text).lines


def amounts(text: str) -> list[int]:
    return [line.amount_minor for line in lines(text)]


def dates(text: str) -> list[str]:
    return [line.date.isoformat() for line in lines(text)]


def refusal(text: str) -> UnreadableStatement:
    with pytest.raises(UnreadableStatement) as caught:
        read(text)
    return caught.value


def dated(*written: str) -> str:
    return "Date;Text;Amount\n" + "".join(f"{date};x;1.00\n" for date in written)


def priced(*written: str) -> str:
    return "Date;Text;Amount\n" + "".join(f"2024-01-15;x;{amount}\n" for amount in written)


@pytest.mark.parametrize(
    "written",
    [
        "2024-01-15",
        "2024/1/15",
        "20240115",
        "15.01.2024",
        "15/01/2024",
        "01/15/2024",
        "15-1-24",
        "1/15/24",
        "15012024",
        "15 Jan 2024",
        "15. Januar 2024",
        "15 janv. 2024",
        "Jan 15, 2024",
        "15-Ene-2024",
        "15 stycznia 2024",
        "2024-01-15T10:11:12Z",
        "2024-01-15 10:11",
        "15/01/2024 10:11:12",
        "01/15/2024 1:11 PM",
    ],
)
def test_one_clear_date_is_read(written: str) -> None:
    assert dates(dated(written)) == ["2024-01-15"]


def test_one_date_settles_all_others() -> None:
    assert dates(dated("01/02/2024", "13/02/2024")) == ["2024-02-01", "2024-02-13"]
    assert dates(dated("01/02/2024", "01/13/2024")) == ["2024-01-02", "2024-01-13"]


def test_a_value_date_settles_the_booking_dates() -> None:
    text = "Date;Value date;Text;Amount\n01/02/2024;13/02/2024;x;1.00\n"
    assert lines(text)[0].date == dt.date(2024, 2, 1)


def test_the_stated_period_settles_the_order() -> None:
    assert dates("Period;01/02/2024 - 29/02/2024\n" + dated("03/02/2024")) == ["2024-02-03"]
    assert dates("Period;2024-02-01 - 2024-02-29\n" + dated("03/02/2024")) == ["2024-02-03"]


def test_the_order_of_six_days_settles_the_order_of_day_and_month() -> None:
    written = [f"{day:02d}/01/2024" for day in (8, 9, 10)] + ["01/02/2024", "02/02/2024"]
    assert dates(dated(*written, "05/02/2024"))[-1] == "2024-02-05"


def test_dates_that_read_two_ways_are_refused_with_both() -> None:
    error = refusal(dated("02/01/2024", "03/01/2024"))
    assert "2 January 2024 (day first) or 1 February 2024 (month first)" in error.reason


def test_dates_that_read_the_same_both_ways_are_fine() -> None:
    assert dates(dated("01/01/2024", "02/02/2024")) == ["2024-01-01", "2024-02-02"]


def test_dates_that_contradict_each_other_are_refused() -> None:
    assert refusal(dated("13/01/2024", "01/13/2024")).line == 3


@pytest.mark.parametrize("written", ["2024-02-30", "31.04.2024", "2024-13-01", "32 Jan 2024"])
def test_days_that_do_not_exist_are_refused_with_their_line(written: str) -> None:
    assert refusal(dated("2024-01-15", written)).line == 3


def test_two_digit_years_in_doubt_are_refused() -> None:
    assert "year first" in refusal(dated("24/01/15", "24/01/16")).reason
    assert dates(dated("15/01/24", "16/01/24")) == ["2024-01-15", "2024-01-16"]


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("12.50", 1250),
        ("12,5", 1250),
        ("-1.234,50", -123_450),
        ("1,234.50-", -123_450),
        ("(12.50)", -1250),
        ("\u221212.50", -1250),
        ("+12.50", 1250),
        ("1 234,50", 123_450),
        ("1\u202f234,50", 123_450),
        ("1'234.50", 123_450),
        ("12,34,567.00", 123_456_700),
        ("€ 12.50", 1250),
        ("-€12.50", -1250),
        ("12,50 EUR", 1250),
        ("12.50 CR", 1250),
        ("12.50 DR", -1250),
        ("0.00", 0),
        ("12", 1200),
    ],
)
def test_one_clear_amount_is_read(written: str, minor: int) -> None:
    assert amounts(priced(written)) == [minor]


def test_one_amount_settles_all_others() -> None:
    assert amounts(priced("1,234", "5.50")) == [123_400, 550]
    assert amounts(priced("1.234", "5,50")) == [123_400, 550]
    assert amounts(priced("1,234", "1,234,567")) == [123_400, 123_456_700]


def test_an_amount_that_reads_two_ways_is_refused_with_both() -> None:
    assert "could be 1234 or 1.234" in refusal(priced("1,234")).reason


def test_a_running_balance_settles_the_decimal_mark() -> None:
    text = "Date;Amount;Balance\n2024-01-15;1,234;1,234\n2024-01-16;500;1,734\n"
    assert amounts(text) == [123_400, 50_000]


def test_zero_movements_do_not_settle_the_mark_of_balances() -> None:
    assert "could be" in refusal("Date;Amount;Balance\n2024-01-15;0;1,000\n").reason


def test_amounts_that_contradict_each_other_are_refused() -> None:
    error = refusal(priced("1,5", "1.5"))
    assert (error.line, error.column) == (3, 3)


@pytest.mark.parametrize("written", ["abc", "1.2.3", "12..5", "--5", "1e5", "12.345"])
def test_what_is_no_amount_is_refused(written: str) -> None:
    assert refusal(priced("1.50", written)).line == 3


def test_an_empty_amount_is_never_zero() -> None:
    assert refusal(priced("1.50", "")).line == 3


def test_debit_and_credit_columns_of_either_sign() -> None:
    head = "Date,Text,Debit,Credit\n"
    assert amounts(head + "2024-01-15,x,1.50,\n2024-01-16,x,,2.50\n") == [-150, 250]
    assert amounts(head + "2024-01-15,x,-1.50,\n2024-01-16,x,,2.50\n") == [-150, 250]
    assert amounts(head + "2024-01-15,x,1.50,0.00\n2024-01-16,x,-,2.50\n") == [-150, 250]


def test_mixed_signs_in_a_debit_column_need_the_balance() -> None:
    head = "Date,Text,Debit,Credit"
    body = ["2024-01-15,x,1.50,", "2024-01-16,x,-2.50,"]
    error = refusal("\n".join([head, *body]) + "\n")
    assert " could be " in error.reason
    text = f"{head},Balance\n{body[0]},10.00\n{body[1]},12.50\n"
    assert amounts(text) == [-150, 250]


def test_a_row_with_both_debit_and_credit_is_refused() -> None:
    assert refusal("Date,Text,Debit,Credit\n2024-01-15,x,1.50,2.50\n").line == 2


@pytest.mark.parametrize(
    ("debit", "credit"), [("D", "C"), ("DBIT", "CRDT"), ("S", "H"), ("Af", "Bij"), ("-", "+")]
)
def test_a_mark_column_gives_the_sign(debit: str, credit: str) -> None:
    text = f"Date,Amount,D/C\n2024-01-15,1.50,{debit}\n2024-01-16,2.50,{credit}\n"
    assert amounts(text) == [-150, 250]


def test_a_mark_that_is_none_is_refused_and_never_passed_over() -> None:
    rows = "2024-01-15,1.50,D\n2024-01-16,2.50,C\n2024-01-17,3.50,?\n"
    error = refusal("Date,Amount,D/C\n" + rows)
    assert (error.line, error.column) == (4, 3)


def test_a_mark_that_contradicts_the_sign_needs_the_balance() -> None:
    rows = "2024-01-15,33.50,D{}\n2024-01-16,-1533.50,C{}\n"
    assert " could be " in refusal("Date,Amount,D/C\n" + rows.format("", "")).reason
    assert amounts("Date,Amount,D/C,Balance\n" + rows.format(",-23.50", ",1510.00")) == [
        -3350,
        153_350,
    ]


def test_two_amount_columns_that_differ_are_refused_by_name() -> None:
    error = refusal("Date,Amount,Net amount\n2024-01-15,10.50,9.50\n")
    assert "'Amount'" in error.reason
    assert "'Net amount'" in error.reason


def test_original_amounts_are_not_the_amount() -> None:
    text = "Date,Original amount,Original currency,Amount,Foreign amount\n"
    assert amounts(text + "2024-01-15,-12.00,USD,-10.50,-12.00\n") == [-1050]


def test_a_fee_beside_the_amount_is_part_of_it_only_where_the_balance_says_so() -> None:
    head = "Date,Amount,Fee,Balance\n2024-01-15,-1.00,0.00,99.00\n"
    assert amounts(head + "2024-01-16,-10.00,0.50,88.50\n") == [-100, -1050]
    assert amounts(head + "2024-01-16,-10.00,0.50,89.00\n") == [-100, -1000]
    assert " could be " in refusal("Date,Amount,Fee\n2024-01-15,-1.00,0.50\n").reason


@pytest.mark.parametrize("order", [1, -1])
def test_running_balances_hold_from_old_to_new_and_back(order: int) -> None:
    rows = ["2024-01-15,1.00,11.00", "2024-01-16,-2.00,9.00", "2024-01-17,4.00,13.00"][::order]
    found = only("Date,Amount,Balance\n" + "\n".join(rows) + "\n")
    assert (found.opening_balance_minor, found.closing_balance_minor) == (1000, 1300)


def test_a_balance_at_the_end_of_each_day_holds() -> None:
    rows = "2024-01-15,1.00,13.00\n2024-01-15,2.00,13.00\n2024-01-16,4.00,17.00\n"
    found = only("Date,Amount,Balance\n" + rows)
    assert (found.opening_balance_minor, found.closing_balance_minor) == (1000, 1700)


def test_a_broken_balance_is_refused_at_its_first_line() -> None:
    rows = "2024-01-15,1.00,11.00\n2024-01-16,2.00,13.00\n2024-01-18,4.00,18.00\n"
    error = refusal("Date,Amount,Balance\n" + rows)
    assert (error.line, error.column) == (4, 3)
    assert "18.00" in error.reason
    assert "17.00" in error.reason


def test_one_balance_on_every_row_is_no_running_balance() -> None:
    found = read("Date,Amount,Balance\n2024-01-15,1.00,50.00\n2024-01-16,2.00,50.00\n")
    assert found.statements[0].closing_balance_minor is None
    assert any("Balance" in warning for warning in found.warnings)


def test_stated_balances_must_agree_with_the_lines() -> None:
    body = "Date,Text,Amount\n2024-01-15,x,1.00\n"
    opening, closing = "Opening balance,,10.00\n", "Closing balance,,11.00\n"
    found = only(opening + body + closing)
    assert (found.opening_balance_minor, found.closing_balance_minor) == (1000, 1100)
    assert only(opening + body).closing_balance_minor == 1100
    assert "closing balance" in refusal(opening + body + closing.replace("11", "12")).reason


def test_totals_and_remarks_below_are_no_movements() -> None:
    assert amounts(priced("1.50") + ";Total;1.50\n") == [150]
    assert amounts(priced("1.50") + "End of statement;;\n") == [150]


@pytest.mark.parametrize("tail", [";Coffee;-4.50\n", "2024-01\n", "x", "2024-01-16;Cof\n"])
def test_rows_that_may_be_movements_are_never_dropped(tail: str) -> None:
    assert refusal(priced("1.50") + tail).line == 3


def test_a_total_station_is_a_movement() -> None:
    assert refusal("Text;Date;Amount\nTotal station;;-4.50\nx;2024-01-15;1.00\n").line == 2


@pytest.mark.parametrize("word", ["Pending", "PENDING", "Vorgemerkt", "en attente"])
def test_pending_rows_are_kept_as_pending_and_are_no_part_of_totals(word: str) -> None:
    head = "Date,Text,Amount,Balance,Status\n"
    rows = f"2024-01-15,a,1.00,,{word}\n2024-01-16,b,2.00,12.00,Booked\n"
    found = read(head + rows + "2024-01-17,c,3.00,15.00,Booked\n")
    statement = found.statements[0]
    kept = [(line.index, line.amount_minor, line.status) for line in statement.lines]
    assert kept == [(0, 100, "pending"), (1, 200, "booked"), (2, 300, "booked")]
    assert (statement.net_minor, statement.opening_balance_minor) == (500, 1000)
    assert "pending" in found.warnings[0]


def test_failed_rows_are_told_and_are_no_movements() -> None:
    text = "Date,Text,Amount,Status\n2024-01-15,a,1.00,Declined\n2024-01-16,b,2.00,Booked\n"
    statement = read(text).statements[0]
    assert [line.status for line in statement.lines] == ["information", "booked"]
    assert statement.net_minor == 200


def test_pending_rows_without_a_date_are_kept_as_text() -> None:
    text = "Date,Text,Amount\nPending,Coffee,1.00\n2024-01-16,b,2.00\n"
    statement = read(text).statements[0]
    assert [line.amount_minor for line in statement.lines] == [200]
    assert ("Pending", "Coffee | 1.00") in statement.extra
    assert any("kept as text" in warning for warning in statement.warnings)


def test_a_file_cut_inside_its_last_amount_is_refused() -> None:
    assert "cut off" in refusal(priced("1.50", "12.50")[:-2]).reason
    assert amounts(priced("1.50", "12.50")[:-1]) == [150, 1250]


def test_an_unclosed_quote_is_refused() -> None:
    error = refusal('Date,Text,Amount\n2024-01-15,"x,1.00\n2024-01-16,y,2.00\n')
    assert "quote" in error.reason
    assert error.line == 2


def test_an_unquoted_decimal_comma_is_refused() -> None:
    assert refusal("Date,Text,Amount\n2024-01-15,x,1,50\n").line == 2
    assert refusal("Date,Text,Amount,\n2024-01-15,x,1,50\n").line == 2


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("Date,Amount,Currency\n2024-01-15,1.00,usd\n", "USD"),
        ("Date,Amount (USD)\n2024-01-15,1.00\n", "USD"),
        ("Date,Amount\n2024-01-15,£1.00\n", "GBP"),
        ("Currency:,USD\nDate,Amount\n2024-01-15,1.00\n", "USD"),
        ("Date,Amount,Currency\n2024-01-15,1.00,\n", "EUR"),
    ],
)
def test_the_files_own_currency_comes_before_the_default(text: str, currency: str) -> None:
    assert only(text).account.currency == currency


def test_an_unknown_currency_is_refused() -> None:
    assert refusal("Date,Amount,Currency\n2024-01-15,1.00,XYZ\n").column == 3


def test_no_currency_is_read_with_two_decimals_and_a_warning() -> None:
    found = read("Date,Amount\n2024-01-15,1.50\n", currency=None)
    assert found.statements[0].lines[0].amount_minor == 150
    assert any("currency" in warning for warning in found.warnings)


def test_each_currency_is_a_statement_of_its_own() -> None:
    found = read("Date,Amount,Currency\n2024-01-15,1,EUR\n2024-01-16,2,JPY\n")
    kept = [(one.account.currency, one.lines[0].amount_minor) for one in found.statements]
    assert kept == [("EUR", 100), ("JPY", 2)]


def test_the_other_partys_account_is_not_ours() -> None:
    text = "Date,Payee,Account number,Amount\n2024-01-15,Bob,DE89370400440532013000,-1.00\n"
    assert only(text).account.id is None
    assert only("IBAN:,GB29NWBK60161331926819\n" + text).account.id == "GB29NWBK60161331926819"


def test_a_header_without_movements_is_an_empty_statement_with_a_warning() -> None:
    found = read("Date,Text,Amount\n")
    assert found.statements[0].lines == ()
    assert "no movements" in found.warnings[0]


def test_a_table_that_is_no_statement_names_what_is_missing() -> None:
    assert "a date and an amount" in refusal("PmtInfId,Creditor\n1,ACME\n").reason
    assert "a date;" in refusal("Amount,Creditor\n1,ACME\n").reason


def test_lines_are_counted_over_quoted_line_ends_and_blank_rows() -> None:
    text = '\n\nDate,Text,Amount\n2024-01-15,"a\nb",1.00\n\n2024-01-16,c,x\n'
    assert refusal(text).line == 7
    assert lines(text.replace(",x", ",2.00"))[0].description == "a b"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_letters_survive_every_encoding(encoding: str) -> None:
    found = read("Date\tText\tAmount\n2024-01-15\tCafé Müller\t1.00\n", encoding)
    assert found.statements[0].lines[0].description == "Café Müller"


def test_mixed_encodings_are_refused() -> None:
    data = "Date,Text,Amount\n2024-01-15,Café Müller,1.00\n".encode() + b"2024-01-16,\xe9,1.00\n"
    with pytest.raises(UnreadableStatement):
        read_statement_file(data)


def test_a_second_table_is_refused() -> None:
    assert "second table" in refusal(priced("1.50") + priced("2.50")).reason


def test_excels_separator_line_is_understood() -> None:
    assert refusal("sep=;\n" + priced("x1")).line == 2
    assert amounts("sep=;\n" + priced("1.50")) == [150]


def test_unsigned_amounts_beside_words_for_debit_are_never_all_money_in() -> None:
    rows = "2024-01-15,20.00,Credit{}\n2024-01-16,10.00,Debit{}\n"
    error = refusal("Date,Amount,Flow\n" + rows.format("", ""))
    assert " could be " in error.reason
    text = "Date,Amount,Flow,Balance\n" + rows.format(",90.00", ",80.00")
    assert amounts(text) == [2000, -1000]
    mixed = "Date,Amount,Type\n2024-01-15,10.00,Withdrawal\n2024-01-16,20.00,Interest\n"
    assert refusal(mixed).line == 2


def test_a_date_column_of_unknown_name_is_never_passed_over_for_a_value_date() -> None:
    error = refusal("Gebongt,Value date,Amount\n2024-01-15,2024-01-16,1.00\n")
    assert "'Gebongt'" in error.reason
    assert lines("bookingDate,valueDate,Amount\n2024-01-15,2024-01-16,1.00\n")[0].date == dt.date(
        2024, 1, 15
    )
