"""What a second reader found in OFX, QIF, CAMT and CODA: each test failed before its repair."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from shared.errors import UnreadableStatement
from shared.statements.registry import read_statement_file

if TYPE_CHECKING:
    from shared.statements.model import Statement

CODA_FILE = Path(__file__).parents[2] / "golden" / "coda" / "two_statements.cod"
BALANCE = "<LEDGERBAL><BALAMT>100.00<DTASOF>20240131</LEDGERBAL>"
OPENING = "D1/31/2024\nT100.00\nPOpening Balance\n%sL[Checking]\n^\n"
PAYMENT = "D2/13/2024\nT-5.00\nPShop\n^\n"


def read(text: str, currency: str | None = None) -> Statement:
    (statement,) = read_statement_file(text.encode(), default_currency=currency).statements
    return statement


def refusal(text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    with pytest.raises(UnreadableStatement) as caught:
        read_statement_file(data)
    return str(caught.value)


def bought(*more: str, day: str = "20240115") -> str:
    return (
        f"<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>{day}<TRNAMT>-12.50<FITID>1<NAME>Shop"
        f"{''.join(more)}</STMTTRN>\n"
    )


def ofx(transactions: str, *, balance: str = BALANCE, period: str = "") -> str:
    return (
        "OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR"
        f"<BANKACCTFROM><ACCTID>7</BANKACCTFROM><BANKTRANLIST>{period}\n{transactions}"
        f"</BANKTRANLIST>{balance}</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )


def entry(
    amount: str = "10.00", details: str = "", *, currency: str = "EUR", status: str = "BOOK"
) -> str:
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>{status}</Sts>'
        f"<BookgDt><Dt>2024-01-15</Dt></BookgDt>{details}</Ntry>\n"
    )


def member(amount: str, more: str = "") -> str:
    return f'<TxDtls><Amt Ccy="EUR">{amount}</Amt>{more}</TxDtls>'


def balance(code: str, amount: str, currency: str = "EUR") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>CRDT</CdtDbtInd></Bal>'
    )


def camt(*parts: str) -> str:
    return (
        "<Document><BkToCstmrStmt><Stmt><Id>1</Id><Acct><Id><IBAN>DE1</IBAN></Id><Ccy>EUR</Ccy>"
        f"</Acct>\n{''.join(parts)}</Stmt></BkToCstmrStmt></Document>"
    )


# OFX


@pytest.mark.parametrize("action", ["<CORRECTACTION>DELETE", "<CORRECTACTION>REPLACE", ""])
@pytest.mark.parametrize("count", [1, 50])
def test_a_correction_of_an_earlier_ofx_line_is_told_and_no_opening_is_derived(
    action: str, count: int
) -> None:
    corrected = read(ofx(bought() * count + bought("<CORRECTFITID>1", action)))
    assert corrected.opening_balance_minor is None
    assert any("1 line(s) replace or delete" in text for text in corrected.warnings)
    plain = read(ofx(bought() * count))
    assert plain.opening_balance_minor == 10_000 + 1_250 * count
    assert not any("replace or delete" in text for text in plain.warnings)


@pytest.mark.parametrize("count", [1, 50])
def test_an_ofx_currency_without_its_cursym_is_the_lines_currency(count: int) -> None:
    lines = read(ofx(bought("<CURRENCY>USD") * count)).lines
    assert {line.currency for line in lines} == {"USD"}
    assert {line.currency for line in read(ofx(bought("<CURRENCY>eur") * count)).lines} == {"EUR"}
    assert "'dollars' is not an ISO 4217" in refusal(ofx(bought("<CURRENCY>dollars") * count))


@pytest.mark.parametrize("count", [1, 50])
def test_an_ofx_cursym_outside_of_its_aggregate_is_refused_where_it_differs(count: int) -> None:
    assert "CURSYM 'USD'" in refusal(ofx(bought() * count + bought("<CURSYM>USD")))
    assert read(ofx(bought("<CURSYM>EUR") * count)).lines[0].currency == "EUR"


def test_two_different_closing_balances_in_one_ofx_statement_are_refused() -> None:
    other = BALANCE.replace("100.00", "200.00")
    assert "LEDGERBAL/BALAMT is given twice" in refusal(ofx(bought(), balance=BALANCE + other))
    assert read(ofx(bought(), balance=BALANCE * 2)).closing_balance_minor == 10_000


def test_an_ofx_balance_that_is_empty_at_first_is_taken_where_it_is_stated() -> None:
    empty = "<LEDGERBAL><BALAMT><DTASOF></LEDGERBAL>"
    assert read(ofx(bought(), balance=empty + BALANCE)).closing_balance_minor == 10_000


def test_what_else_an_ofx_list_of_transactions_says_is_kept() -> None:
    found = read(ofx(bought(), period="<DTSTART>20240101<DTEND>20240131<X.PAGE>3"))
    assert ("BANKTRANLIST/X.PAGE", "3") in found.extra
    assert (found.period_start, found.period_end) == (dt.date(2024, 1, 1), dt.date(2024, 1, 31))


@pytest.mark.parametrize("count", [1, 50])
def test_zeros_are_no_date_where_ofx_asks_for_none(count: int) -> None:
    text = ofx(
        bought("<DTUSER>20240114<DTAVAIL>00000000") * count,
        balance=BALANCE.replace("20240131", "00000000000000"),
        period="<DTSTART>00000000<DTEND>20240131",
    )
    found = read(text)
    assert (found.period_start, found.period_end) == (None, dt.date(2024, 1, 31))
    assert {line.value_date for line in found.lines} == {dt.date(2024, 1, 14)}
    assert "DTPOSTED" in refusal(ofx(bought(day="00000000") * count))


def test_an_ofx_transaction_outside_of_a_statement_is_not_passed_over() -> None:
    stray = f"<STMTTRNRS><OTHERRS>{bought()}</OTHERRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    text = ofx(bought()).replace("</BANKMSGSRSV1></OFX>", stray)
    assert "a transaction (STMTTRN) stands outside of a statement" in refusal(text)
    invested = text.replace("OTHERRS", "INVSTMTRS")
    assert any("investment" in warning for warning in read(invested).warnings)


def test_many_short_comments_in_ofx_take_linear_time() -> None:
    started = time.process_time()
    read(ofx("<!-- x -->" * 200_000 + bought()))
    # 0.2 s where each is passed over by position, 6 s where the rest is copied for each.
    assert time.process_time() - started < 3


def test_shapes_that_fit_no_form_are_tried_once() -> None:
    text = "".join(bought(f"<X{number % 977}>v<Y{number % 13}>w") for number in range(20_000))
    started = time.process_time()
    assert len(read(ofx(text)).lines) == 20_000
    # 0.6 s where what does not fit is remembered, 7 s where it is merged again and again.
    assert time.process_time() - started < 3.5


# QIF


@pytest.mark.parametrize("odd", ["\x0c\x0c", "\u2028", "\u2028\u2028X", "\x85$"])
def test_line_ends_that_only_python_knows_end_no_line_of_a_split_or_an_address(odd: str) -> None:
    whole = f"D1/31/2024\nT-5.00\nPShop\nAStreet{odd}1\nACity\nSFood{odd}x\n$-5.00\n^\n"
    (alone,) = read("!Type:Bank\n" + whole).lines
    many = read("!Type:Bank\n" + whole * 50).lines
    assert len(many) == 50
    assert {line._replace(index=0, position=2) for line in many} == {alone}
    assert alone.extra[0] == ("A", f"Street{odd}1")
    assert alone.details[0].amount_minor == -500


def test_a_list_of_all_qif_accounts_names_none_of_the_registers() -> None:
    accounts = "!Option:AutoSwitch\n!Account\nNHome\nTBank\n^\nNWork\nTBank\n^\n!Clear:AutoSwitch\n"
    assert read(accounts + "!Type:Bank\n" + PAYMENT).account.id is None
    own = "!Account\nNHome\nTBank\n^\n"
    assert read(accounts + own + "!Type:Bank\n" + PAYMENT).account.id == "Home"


@pytest.mark.parametrize(
    ("written", "year"), [("'99", 1999), ("'70", 1970), ("'69", 2069), ("' 4", 2004), ("'24", 2024)]
)
def test_qif_years_after_an_apostrophe_turn_over_as_all_others_do(written: str, year: int) -> None:
    assert read(f"!Type:Bank\nD12/31{written}\nT1.00\n^\n").lines[0].date.year == year


def test_what_a_qif_opening_entry_says_besides_is_kept() -> None:
    found = read("!Type:Bank\n" + OPENING % "N77\nMas on paper\n" + PAYMENT)
    assert ("opening balance N", "77") in found.extra
    assert ("opening balance text", "Opening Balance as on paper") in found.extra


def test_a_qif_opening_entry_after_an_empty_record_is_no_movement() -> None:
    found = read("!Type:Bank\n\n^\n" + OPENING % "" + PAYMENT)
    assert (found.opening_balance_minor, found.net_minor, found.lines_count) == (10_000, -500, 1)
    assert found.lines[0].position == 9


def test_a_qif_statement_balance_is_not_compared_where_checks_are_outstanding() -> None:
    head = "!Account\nNChecking\nTBank\n$100.00\n/2/28/2024\n^\n!Type:Bank\n" + OPENING % ""
    cleared = PAYMENT.replace("PShop", "CX\nPShop")
    partly = read(head + cleared + PAYMENT)
    assert partly.breaks == ()
    assert partly.closing_balance_minor == 9_000
    assert any("was not compared" in text for text in partly.warnings)
    (broken,) = read(head + cleared).breaks
    assert broken.total == "closing balance"
    (broken,) = read(head + PAYMENT).breaks
    assert broken.total == "closing balance"


# CAMT


@pytest.mark.parametrize("count", [1, 10])
def test_a_carriage_return_written_as_a_reference_stands_in_no_camt_description(count: int) -> None:
    text = "<NtryDtls><TxDtls><RmtInf><Ustrd>a&#13;b</Ustrd></RmtInf></TxDtls></NtryDtls>"
    for line in read(camt(entry("10.00", text) * count)).lines:
        assert (line.description, line.description_received) == ("a b", "a\rb")


def test_camt_balances_in_another_currency_than_the_accounts_are_a_break() -> None:
    head = balance("OPBD", "1000", "JPY") + balance("CLBD", "1010", "JPY")
    (broken,) = read(camt(head, entry("10", currency="JPY"))).breaks
    assert (broken.total, broken.expected, broken.found) == (
        "currency of the balance",
        "EUR",
        "JPY",
    )
    assert read(camt(balance("OPBD", "1"), balance("CLBD", "11"), entry())).breaks == ()


def test_a_camt_batch_announces_the_members_of_its_own_group_only() -> None:
    batch = f"<Btch><NbOfTxs>2</NbOfTxs></Btch>{member('4.00')}{member('3.00')}"
    more = f"<NtryDtls>{member('3.00')}</NtryDtls>"
    assert read(camt(entry("10.00", f"<NtryDtls>{batch}</NtryDtls>{more}"))).breaks == ()
    wrong = batch.replace("<NbOfTxs>2", "<NbOfTxs>3")
    (broken,) = read(camt(entry("7.00", f"<NtryDtls>{wrong}</NtryDtls>"))).breaks
    assert broken.total == "NbOfTxs"
    both = f"<NtryDtls>{wrong}</NtryDtls>" * 2
    (broken,) = read(camt(entry("14.00", both))).breaks
    assert (broken.total, broken.expected, broken.found) == ("NbOfTxs", "4", "6")


def test_camt_members_are_not_compared_where_charges_are_in_another_currency() -> None:
    def paid(currency: str) -> Statement:
        charge = f'<Chrgs><Rcrd><Amt Ccy="{currency}">0.40</Amt></Rcrd></Chrgs>'
        members = member("5.00", charge) + member("5.00", charge)
        return read(camt(entry("9.00", f"<NtryDtls>{members}</NtryDtls>")))

    assert paid("USD").breaks == ()
    assert [found.total for found in paid("EUR").breaks] == ["sum of TxDtls"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<Ntry>", "<Pages><Ntry>"),
        ("</Stmt>", "</Stmt><Wrapped><Stmt><Ntry></Ntry></Stmt></Wrapped>"),
        ("</Document>", "<Stmt><Ntry></Ntry></Stmt></Document>"),
    ],
)
def test_a_camt_entry_outside_of_its_statement_is_not_passed_over(before: str, after: str) -> None:
    text = camt(entry()).replace(before, after)
    if "<Pages>" in text:
        text = text.replace("</Ntry>", "</Ntry></Pages>")
    assert "an entry (Ntry) stands elsewhere" in refusal(text)


# CODA


def test_a_wrong_date_of_an_old_balance_is_refused_with_its_own_line() -> None:
    rows = CODA_FILE.read_bytes().split(b"\n")
    numbers = [number for number, row in enumerate(rows) if row.startswith(b"1")]
    rows[numbers[1]] = rows[numbers[1]][:58] + b"300224" + rows[numbers[1]][64:]
    reason = refusal(b"\n".join(rows))
    assert f"line {numbers[1] + 1})" in reason
    assert "old balance date" in reason


def test_information_about_a_coda_movement_is_bounded_together_with_its_details() -> None:
    rows = CODA_FILE.read_bytes().split(b"\n")
    first = next(number for number, row in enumerate(rows) if row.startswith(b"21"))
    number = rows[first][2:10]
    told = (b"31" + number).ljust(125) + rows[first][125:128]
    detail = b"21" + number[:4] + b"0001" + rows[first][10:]
    many = [told] * 50_001
    reason = refusal(b"\n".join([*rows[: first + 1], *many, detail, *many]))
    assert "more than 100,000 records" in reason
