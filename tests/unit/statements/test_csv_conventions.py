"""The conventions of tables beyond ``test_csv.py``: encodings, cards, bare tables, every field."""

from __future__ import annotations

import datetime as dt
import random
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from shared.errors import UnreadableStatement
from shared.statements.balances import Broken, NotRunning, Proof, Proven, QuickProof
from shared.statements.registry import read_statement_file

if TYPE_CHECKING:
    from shared.statements.model import Line, Statement, StatementFile


def read(text: str, encoding: str = "utf-8") -> StatementFile:
    return read_statement_file(text.encode(encoding), default_currency="EUR")


def only(text: str, encoding: str = "utf-8") -> Statement:
    found = read(text, encoding)
    assert len(found.statements) == 1
    return found.statements[0]


def first(text: str) -> Line:
    return only(text).lines[0]


def amounts(text: str) -> list[int]:
    return [line.amount_minor for line in only(text).lines]


def refusal(text: str, encoding: str = "utf-8") -> str:
    with pytest.raises(UnreadableStatement) as caught:
        read(text, encoding)
    return caught.value.reason


CHINESE = (
    "交易日期,摘要,支出,收入,余额\n"
    "2024-01-15,工资收入,,100.00,600.00\n2024-01-16,超市购物,12.50,,587.50\n"
)
JAPANESE = (
    "日付,お取引内容,お支払金額,お預り金額,差引残高\n"
    '2024/01/15,給与振込,,"100,000","600,000"\n2024/01/16,カード払い,"1,250",,"598,750"\n'
)
KOREAN = (
    "거래일자,적요,출금액,입금액,거래후잔액\n2024.01.15,급여이체,,100000,600000\n"
    "2024.01.16,카드결제,1250,,598750\n"
)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (CHINESE, "gb18030"),
        (CHINESE, "utf-8"),
        (CHINESE, "utf-16"),
        (JAPANESE, "euc_jp"),
        (JAPANESE, "cp932"),
        (JAPANESE, "utf-8-sig"),
        (KOREAN, "cp949"),
        (KOREAN, "euc_kr"),
        (KOREAN, "utf-16-le"),
    ],
)
def test_asian_statements_are_read_in_every_encoding(text: str, encoding: str) -> None:
    currency = {CHINESE: "CNY", JAPANESE: "JPY", KOREAN: "KRW"}[text]
    found = read_statement_file(text.encode(encoding), default_currency=currency).statements[0]
    assert [line.amount_minor > 0 for line in found.lines] == [True, False]
    assert found.checked == ("running balance",)
    assert found.lines[0].description == text.split("\n")[1].split(",")[1]


def test_asian_text_without_a_known_header_is_refused_with_both_encodings() -> None:
    text = "Date,Text,Amount\n2024-01-15,超市购物,1.00\n"
    reason = refusal(text, "gb18030")
    assert "could be GB18030 or" in reason


@pytest.mark.parametrize(
    "text", ["Café Müller", "Descrição, ações", "Ein Gruß \u2013 \u201cso\u201d", "l\u2019été"]
)
def test_western_letters_are_never_taken_for_asian_ones(text: str) -> None:
    data = f"Data;Descrição;Valor\n2024-01-15;{text};1,50\n"
    assert only(data, "cp1252").lines[0].description == text


@pytest.mark.parametrize("encoding", ["cp1250", "iso8859_2"])
def test_polish_letters_are_read_in_either_code_page(encoding: str) -> None:
    text = "Data operacji;Opis operacji;Kwota\n2024-01-15;Źródło książek ąęś;-1,50\n"
    assert only(text, encoding).lines[0].description == "Źródło książek ąęś"


def test_an_encoding_cut_in_the_middle_of_a_letter_is_refused() -> None:
    with pytest.raises(UnreadableStatement):
        read_statement_file(CHINESE.encode("gb18030")[:-8])


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Buchungstag;Verwendungszweck;Betrag", "15.01.2024;x;-1,50"),
        ("Date;Libellé;Montant", "15/01/2024;x;-1,50"),
        ("Fecha;Concepto;Importe", "15/01/2024;x;-1,50"),
        ("Datum;Omschrijving;Bedrag", "15-01-2024;x;-1,50"),
        ("Data;Descrizione;Importo", "15/01/2024;x;-1,50"),
        ("Data;Descrição;Valor", "15/01/2024;x;-1,50"),
        ("Dato;Beskrivelse;Beløp", "15.01.2024;x;-1,50"),
        ("Data operacji;Opis;Kwota", "2024-01-15;x;-1,50"),
        ("Bokföringsdag;Text;Belopp", "2024-01-15;x;-1,50"),
        ("Bogført dato;Tekst;Beløb", "15-01-2024;x;-1,50"),
        ("Datum zaúčtování;Popis;Částka", "15.01.2024;x;-1,50"),
    ],
)
def test_headers_are_known_in_every_language(header: str, row: str) -> None:
    line = first(f"{header}\n{row}\n")
    assert (line.date, line.amount_minor, line.description) == (dt.date(2024, 1, 15), -150, "x")


def test_every_reference_has_its_field() -> None:
    header = (
        "Buchungstag;Betrag;Verwendungszweck;Kundenreferenz;End-to-End-Referenz;Mandatsreferenz;"
        "Schecknummer;Transaktions-ID;KID;Empfänger;IBAN Empfänger;Kategorie"
    )
    row = "15.01.2024;-1,50;Miete;K1;E2E;M1;7;B9;123;Haus GmbH;DE89370400440532013000;Wohnen"
    line = first(f"{header}\n{row}\n")
    assert line.customer_reference == "K1"
    assert line.end_to_end_id == "E2E"
    assert line.mandate_id == "M1"
    assert line.check_number == "7"
    assert line.bank_reference == "B9"
    assert line.remittance_reference == "123"
    assert line.counterparty == "Haus GmbH"
    assert line.counterparty_account == "DE89370400440532013000"
    assert line.extra == (("Kategorie", "Wohnen"),)
    assert line.position == 2


def test_original_amounts_are_kept_with_currency_and_rate() -> None:
    text = "Date,Text,Amount,Original amount,Original currency,Exchange rate\n"
    line = first(text + "2024-01-15,x,-9.50,-10.00,USD,1.0526\n")
    assert (line.original_amount_minor, line.original_currency) == (-1000, "USD")
    assert line.exchange_rate == "1.0526"
    kept = first(text + "2024-01-15,x,-9.50,-10.00,Dollar,1.0526\n2024-01-15,x,-9.50,1.00,USD,1\n")
    assert kept.original_amount_minor is None
    assert ("Original amount", "-10.00") in kept.extra
    assert ("Original currency", "Dollar") in kept.extra


def test_nothing_the_bank_said_is_dropped() -> None:
    text = (
        "Customer,Jane\nDate,Text,Amount,Branch,Status\n"
        '2024-01-15,"two  words\nhere",1.00,North,Booked\nPrinted for Jane,,,,\n'
    )
    statement = only(text)
    line = statement.lines[0]
    assert line.description == "two words here"
    assert line.description_received == "two  words\nhere"
    assert line.extra == (("Branch", "North"), ("Status", "Booked"))
    assert statement.extra == (("Customer", "Jane"), ("note", "Printed for Jane"))


def test_a_clean_description_is_the_received_one() -> None:
    line = first("Date,Text,Amount\n2024-01-15,plain words,1.00\n")
    assert line.description is line.description_received


@pytest.mark.parametrize(
    ("currency", "written", "minor"),
    [("KWD", "1.234", 1234), ("KWD", "1.5", 1500), ("JPY", "1,234", 1234), ("BHD", "0.001", 1)],
)
def test_currencies_have_their_own_decimals(currency: str, written: str, minor: int) -> None:
    text = f'Date,Text,Amount,Currency\n2024-01-15,x,"{written}",{currency}\n'
    rows = text + f"2024-01-15,y,0.5,{currency}\n" if currency == "KWD" else text
    assert only(rows).lines[0].amount_minor == minor


def test_more_decimals_than_the_currency_has_are_refused() -> None:
    assert "more decimals" in refusal("Date,Text,Amount,Currency\n2024-01-15,x,1.50,JPY\n")


CARD = "Date,Description,Amount{}\n"


def test_a_card_file_whose_types_show_it_is_turned() -> None:
    text = CARD.format(",Type") + "2024-01-15,Shop,20.00,Sale\n2024-01-20,Thanks,-20.00,Payment\n"
    assert amounts(text) == [-2000, 2000]
    ordinary = text.replace("20.00,Sale", "-20.00,Sale").replace("-20.00,Pay", "20.00,Pay")
    assert amounts(ordinary) == [-2000, 2000]


def test_a_card_file_of_which_only_some_rows_show_it_is_refused_with_both_readings() -> None:
    sales = CARD.format(",Type") + "2024-01-15,Shop,20.00,Sale\n2024-01-20,Shop,5.00,Sale\n"
    assert " could be 20.00 " in refusal(sales)
    assert "-20.00" in refusal(sales)
    thanked = CARD.format("") + "2024-01-15,Shop,20.00\n2024-01-20,Payment - thank you,-20.00\n"
    assert " could be " in refusal(thanked)


def test_a_file_that_shows_no_inversion_is_read_as_written() -> None:
    assert amounts(CARD.format("") + "2024-01-15,Shop,20.00\n2024-01-20,Payment,-20.00\n") == [
        2000,
        -2000,
    ]


def test_amounts_without_any_sign_are_read_as_money_in_with_a_named_doubt() -> None:
    doubt = "No amount has a sign"
    rows = "2024-01-15,Shop,20.00\n2024-01-16,Shop,5.00\n"
    found = only(CARD.format("") + rows)
    assert [line.amount_minor for line in found.lines] == [2000, 500]
    assert any(text.startswith(doubt) for text in found.warnings)
    signed = only(CARD.format("") + rows + "2024-01-17,Shop,-1.00\n")
    assert not any(text.startswith(doubt) for text in signed.warnings)


def test_a_running_balance_turns_signs_that_contradict_it_over_several_steps() -> None:
    head = CARD.format(",Balance")
    rows = ["2024-01-15,a,20.00,-20.00", "2024-01-16,b,5.00,-25.00", "2024-01-17,c,-10.00,-15.00"]
    text = head + "\n".join(rows) + "\n"
    found = only(text)
    assert [line.amount_minor for line in found.lines] == [-2000, -500, 1000]
    assert (found.opening_balance_minor, found.closing_balance_minor) == (0, -1500)
    one_step = head + "\n".join(rows[:2]) + "\n"
    assert "running balance" in refusal(one_step)


def test_the_balance_of_a_turned_card_file_is_what_is_owed() -> None:
    text = CARD.format(",Type,Balance") + (
        "2024-01-15,Shop,20.00,Sale,120.00\n2024-01-16,Shop,5.00,Sale,125.00\n"
        "2024-01-20,Thanks,-100.00,Payment,25.00\n"
    )
    found = only(text)
    assert [line.amount_minor for line in found.lines] == [-2000, -500, 10_000]
    assert (found.opening_balance_minor, found.closing_balance_minor) == (-10_000, -2500)
    assert found.lines[0].running_balance_minor == -12_000


def test_a_table_without_a_header_is_read_where_its_cells_leave_no_choice() -> None:
    bare = "15/01/2024,Coffee,-1.50\n16/01/2024,Salary,200.00\n"
    found = only(bare)
    assert [(line.date.day, line.amount_minor, line.description) for line in found.lines] == [
        (15, -150, "Coffee"),
        (16, 20_000, "Salary"),
    ]
    with_balance = (
        "15/01/2024,Coffee,-1.50,98.50\n16/01/2024,Pay,1.00,99.50\n17/01/2024,b,2.00,101.50\n"
    )
    assert only(with_balance).closing_balance_minor == 10_150


@pytest.mark.parametrize(
    "bare",
    [
        "15/01/2024,Coffee,-1.50\n",
        "15/01/2024,16/01/2024,Coffee,-1.50\n16/01/2024,17/01/2024,Salary,200.00\n",
        "15/01/2024,Coffee,-1.50,-1.70\n16/01/2024,Salary,200.00,210.00\n",
        "15/01/2024,-1.50\n16/01/2024,200.00\n",
        "15/01/2024,Coffee,150\n16/01/2024,Salary,200\n",
        "15/01/2024,Coffee,-1.50\n16/01/2024,Salary\n",
    ],
    ids=["one row", "two dates", "two amounts", "no text", "counts", "uneven"],
)
def test_a_table_without_a_header_and_with_a_choice_is_refused(bare: str) -> None:
    assert "no header row" in refusal(bare)


def test_a_total_that_the_lines_do_not_come_to_is_refused() -> None:
    head = "Date;Text;Debit;Credit\n2024-01-15;x;1.50;\n2024-01-16;y;;4.00\n"
    assert only(head + "Total;;1.50;4.00\n").checked == ("total",)
    with pytest.raises(UnreadableStatement) as caught:
        read(head + "Total;;3.50;4.00\n")
    assert (caught.value.line, caught.value.column) == (4, 3)


def test_values_in_a_column_of_marks_may_be_in_chinese() -> None:
    text = "交易日期,交易金额,收/支\n2024-01-15,1.50,支出\n2024年1月16日,2.50,收入\n"
    assert amounts(text) == [-150, 250]


def test_a_quote_left_open_over_pieces_is_refused_where_its_record_begins() -> None:
    rows = "2024-01-15,x,1.00\n" * 5_000
    with pytest.raises(UnreadableStatement) as caught:
        read("Date,Text,Amount\n" + rows + '2024-01-16,"y,1.00\n' + rows)
    assert caught.value.line == 5_002
    assert "quote" in caught.value.reason


def chain_oracle(
    amounts: list[int], balances: list[int | None], order: list[int]
) -> Proven | tuple[int, Broken]:
    """Return what one order of rows proves, the slow and obvious way."""
    running, opening, given = 0, None, 0
    for place, row in enumerate(order):
        running += amounts[row]
        shown = balances[row]
        if shown is None:
            continue
        given += 1
        if opening is None:
            opening = shown - running
        elif opening + running != shown:
            return place, Broken(row, opening + running, shown)
    closing = None if opening is None else opening + running
    return Proven(opening, closing, max(given - 1, 0))


def proof_oracle(
    amounts: list[int], balances: list[int | None], dates: list[dt.date]
) -> Proven | Broken | NotRunning:
    given = {shown for shown in balances if shown is not None}
    if not given:
        return Proven(None, None, 0)
    forwards = list(range(len(dates)))
    backwards = forwards[::-1]
    pairs = list(pairwise(dates))
    rises, falls = any(a < b for a, b in pairs), any(a > b for a, b in pairs)
    by_day = sorted(forwards, key=lambda row: dates[row])
    turned = sorted(backwards, key=lambda row: dates[row])
    orders = {
        (True, True): [forwards, backwards, by_day, turned],
        (True, False): [forwards, turned],
        (False, True): [backwards, by_day],
        (False, False): [forwards, backwards],
    }[rises, falls]
    results = [chain_oracle(amounts, balances, order) for order in orders]
    proofs = [one for one in results if isinstance(one, Proven)]
    if proofs:
        ends = {(one.opening, one.closing) for one in proofs}
        open_ended = len(set(dates)) == 1 and len(ends) > 1
        return Proven(None, None, proofs[0].steps) if open_ended else proofs[0]
    days = sorted(set(dates))
    totals = [sum(a for a, day in zip(amounts, dates, strict=True) if day == one) for one in days]
    ends_of_day: list[int | None] = []
    consistent = 1 < len(days) < len(dates)
    for one in days:
        shown = {b for b, day in zip(balances, dates, strict=True) if day == one} - {None}
        consistent = consistent and len(shown) <= 1
        ends_of_day.append(next(iter(shown), None))
    if consistent:
        daily = chain_oracle(totals, ends_of_day, list(range(len(days))))
        if isinstance(daily, Proven):
            return daily
    if len(given) == 1:
        return NotRunning()
    broken = [one for one in results if isinstance(one, tuple)]
    return max(broken, key=lambda one: one[0])[1]


def test_streamed_proofs_say_what_the_slow_oracle_says() -> None:
    seen: set[type] = set()
    for seed in range(20_000):
        numbers = random.Random(seed)  # noqa: S311 - test data
        count = numbers.randint(1, 8)
        dates = [dt.date(2024, 1, 1 + numbers.randint(0, 3)) for _ in range(count)]
        if seed % 3 == 0:
            dates.sort(reverse=seed % 2 == 0)
        moved = [numbers.choice([0, 1, -1, 2, 5]) for _ in range(count)]
        order = sorted(range(count), key=lambda row: dates[row] if seed % 5 else row)
        order = order[::-1] if seed % 7 == 0 else order
        shown: list[int | None] = [None] * count
        running = numbers.randint(-3, 3)
        for row in order:
            running += moved[row]
            shown[row] = running
        if seed % 4 == 0:
            shown[numbers.randrange(count)] = numbers.choice([None, 1, 2])
        if seed % 11 == 0:
            shown = [3] * count
        expected = proof_oracle(moved, shown, dates)
        seen.add(type(expected))
        cut = numbers.randint(0, count)
        proof, quick = Proof(), QuickProof()
        for part in (slice(0, cut), slice(cut, count)):
            proof.add(moved[part], shown[part], dates[part])
            quick.add(moved[part], shown[part], dates[part])
        assert proof.outcome() == expected
        assert quick.outcome() in {None, expected}
    assert seen == {Proven, Broken, NotRunning}
