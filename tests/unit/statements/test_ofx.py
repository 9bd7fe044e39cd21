from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from shared.errors import UnreadableStatement
from shared.statements.registry import read_statement_file

if TYPE_CHECKING:
    from shared.statements.model import Line, Statement, StatementFile

ENTRY = "<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20240115<TRNAMT>-12.50<FITID>1<NAME>Shop</STMTTRN>"


def ofx(
    entries: str = ENTRY,
    *,
    header: str = "OFXHEADER:100\nCHARSET:1252\n\n",
    currency: str = "<CURDEF>EUR",
    balance: str = "",
    period: str = "",
) -> str:
    return (
        f"{header}<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>{currency}"
        "<BANKACCTFROM><BANKID>99<ACCTID>123<ACCTTYPE>CHECKING</BANKACCTFROM>"
        f"<BANKTRANLIST>{period}\n{entries}</BANKTRANLIST>{balance}"
        "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )


def entry(**fields: str) -> str:
    leaves = {"DTPOSTED": "20240115", "TRNAMT": "-12.50", "FITID": "1"} | fields
    return (
        "<STMTTRN>" + "".join(f"\n<{name}>{value}" for name, value in leaves.items()) + "</STMTTRN>"
    )


def read(text: str, encoding: str = "utf-8", currency: str | None = None) -> StatementFile:
    return read_statement_file(text.encode(encoding), default_currency=currency)


def only(found: StatementFile) -> Statement:
    assert len(found.statements) == 1
    return found.statements[0]


def line(**fields: str) -> Line:
    (found,) = only(read(ofx(entry(**fields)))).lines
    return found


def refusal(text: str | bytes) -> UnreadableStatement:
    with pytest.raises(UnreadableStatement) as caught:
        read_statement_file(text if isinstance(text, bytes) else text.encode())
    return caught.value


def test_account_currency_and_balances_are_carried() -> None:
    found = only(read(ofx(balance="<LEDGERBAL><BALAMT>87.50<DTASOF>20240131</LEDGERBAL>")))
    assert (found.account.id, found.account.bank_id) == ("123", "99")
    assert (found.account.type, found.account.currency) == ("checking", "EUR")
    assert (found.opening_balance_minor, found.closing_balance_minor) == (10_000, 8_750)


@pytest.mark.parametrize(
    "written", ["20240115", "20240115235959.999[-5:EST]", "20240115000000[+9:JST]", "2024-01-15"]
)
def test_the_local_day_counts_whatever_time_and_zone_say(written: str) -> None:
    assert line(DTPOSTED=written).date == dt.date(2024, 1, 15)


@pytest.mark.parametrize("written", ["20240230", "20241301", "2024011", "00000000", "15/01/2024"])
def test_days_that_do_not_exist_are_refused_with_their_line(written: str) -> None:
    assert refusal(ofx(entry(DTPOSTED=written))).line == 6


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        ("-12.5", -1250),
        ("+12,50", 1250),
        ("1234", 123_400),
        (".5", 50),
        ("0.00", 0),
        ("-0", 0),
        ("1,234.56", 123_456),
        ("1.234,56", 123_456),
        ("12.5000", 1250),
    ],
)
def test_amounts_are_read_exactly(written: str, minor: int) -> None:
    assert line(TRNAMT=written).amount_minor == minor


@pytest.mark.parametrize(
    "written", ["1,234", "1.234", "12.345", "$12", "1e3", "12-", "", " ", "1 2", "NaN", "١٢"]
)
def test_amounts_that_need_a_guess_are_refused(written: str) -> None:
    error = refusal(ofx(entry(TRNAMT=written)))
    assert "TRNAMT" in error.reason
    assert error.line is not None


def test_ambiguous_amounts_name_both_readings() -> None:
    assert refusal(ofx(entry(TRNAMT="1,230"))).reason == "TRNAMT '1,230' could be 1230 or 1.230"


def test_yen_have_no_decimals_and_dinars_three() -> None:
    yen = only(read(ofx(entry(TRNAMT="1200"), currency="<CURDEF>JPY")))
    dinars = only(read(ofx(entry(TRNAMT="1.234"), currency="<CURDEF>KWD")))
    assert (yen.lines[0].amount_minor, dinars.lines[0].amount_minor) == (1200, 1234)


def test_value_date_is_the_available_date_or_the_users() -> None:
    assert line(DTUSER="20240110").value_date == dt.date(2024, 1, 10)
    assert line(DTUSER="20240110", DTAVAIL="20240117").value_date == dt.date(2024, 1, 17)


def test_references_and_texts_are_kept_apart() -> None:
    found = line(CHECKNUM="77", REFNUM="R", NAME="ACME &amp; Co", MEMO="rent", TRNTYPE="CHECK")
    assert (found.reference, found.bank_reference) == ("77", "1")
    assert (found.counterparty, found.description) == ("ACME & Co", "ACME & Co rent")
    assert found.kind == "check"


def test_empty_elements_are_absent() -> None:
    found = line(FITID="", NAME="", MEMO="", CHECKNUM="", REFNUM="")
    assert (found.bank_reference, found.counterparty, found.reference) == (None, None, None)
    assert found.description == ""


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        ("OFXHEADER:100\nENCODING:USASCII\nCHARSET:1252\n\n", "cp1252"),
        ("OFXHEADER:100\nENCODING:USASCII\nCHARSET:1252\n\n", "utf-8"),
        ("OFXHEADER:100\nENCODING:UTF-8\nCHARSET:NONE\n\n", "utf-8"),
        ("OFXHEADER:100\nENCODING:USASCII\nCHARSET:NONE\n\n", "cp1252"),
        ("OFXHEADER:100\nCHARSET:ISO-8859-1\n\n", "latin-1"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><?OFX OFXHEADER="200"?>', "latin-1"),
    ],
)
def test_letters_survive_every_declared_encoding(header: str, encoding: str) -> None:
    found = only(read(ofx(entry(NAME="Müller Ã"), header=header), encoding))
    assert found.lines[0].description == "Müller Ã"


def test_cyrillic_is_read_as_declared() -> None:
    text = ofx(entry(NAME="Иванов"), header="OFXHEADER:100\nCHARSET:1251\n\n")
    assert only(read(text, "cp1251")).lines[0].description == "Иванов"


@pytest.mark.parametrize(
    "name", ["KLINGON", "hex", "rot13", "undefined", "idna", "punycode", "unicode_escape", "utf-7"]
)
def test_an_unknown_character_set_is_refused_once_it_matters(name: str) -> None:
    text = ofx(entry(NAME="é"), header=f"OFXHEADER:100\nCHARSET:{name}\n\n")
    assert name in refusal(text.encode("latin-1")).reason


def test_damaged_utf8_never_becomes_other_letters() -> None:
    data = ofx(entry(NAME="éàü")).encode().replace("ü".encode(), b"\xc3")
    assert "UTF-8" in refusal(data).reason


def test_tag_order_and_vendor_tags_do_not_matter() -> None:
    text = ofx(
        "<STMTTRN><X.VENDOR><X.INNER>1</X.VENDOR><TRNAMT>-1.00<FITID>1<DTPOSTED>20240115</STMTTRN>"
    )
    assert only(read(text)).lines[0].amount_minor == -100


def test_repeated_bank_references_keep_every_line_and_warn() -> None:
    found = read(ofx(ENTRY + ENTRY.replace("12.50", "13.50")))
    assert len(only(found).lines) == 2
    assert any("FITID" in warning for warning in found.warnings)


def test_a_type_that_contradicts_the_sign_is_reported() -> None:
    found = read(ofx(entry(TRNTYPE="DEBIT", TRNAMT="5.00")))
    assert any("contradicts the sign" in warning for warning in found.warnings)


def test_a_transaction_with_two_amounts_is_refused() -> None:
    assert "two different TRNAMT" in refusal(ofx(entry().replace("</", "<TRNAMT>9</"))).reason


def test_an_unclosed_transaction_does_not_swallow_the_next() -> None:
    assert "not closed" in refusal(ofx(ENTRY.replace("</STMTTRN>", "\n") + ENTRY)).reason


def test_a_leaf_closed_by_another_tag_is_refused() -> None:
    assert "closed by" in refusal(ofx(entry(NAME="Shop</MEMO>"))).reason


def test_text_outside_elements_is_refused() -> None:
    assert "outside" in refusal(ofx(entry(NAME="Shop</NAME>lost"))).reason


def test_an_unescaped_less_than_sign_is_refused() -> None:
    assert "'<'" in refusal(ofx(entry(NAME="1 < 2"))).reason


def test_missing_currency_comes_from_the_caller_or_stays_unknown() -> None:
    text = ofx(currency="")
    assert only(read(text, currency="USD")).account.currency == "USD"
    found = read(text)
    assert only(found).account.currency is None
    assert any("currency" in warning for warning in found.warnings)


def test_an_unknown_currency_is_refused() -> None:
    assert "'EURO'" in refusal(ofx(currency="<CURDEF>EURO")).reason


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    error = refusal(ofx(period="<DTSTART>20240201<DTEND>20240131"))
    assert "before it starts" in error.reason


def test_a_foreign_movement_leaves_the_opening_balance_open() -> None:
    entries = ENTRY.replace("</STMTTRN>", "<CURRENCY><CURRATE>1<CURSYM>USD</CURRENCY></STMTTRN>")
    balance = "<LEDGERBAL><BALAMT>1<DTASOF>20240131</LEDGERBAL>"
    found = only(read(ofx(entries, balance=balance)))
    assert (found.lines[0].currency, found.opening_balance_minor) == ("USD", None)


def test_an_empty_balance_is_not_zero() -> None:
    found = read(ofx(balance="<LEDGERBAL><BALAMT><DTASOF></LEDGERBAL>"))
    assert only(found).closing_balance_minor is None
    assert any("empty" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("<SIGNONMSGSRSV1><SONRS><LANGUAGE>ENG</SONRS></SIGNONMSGSRSV1>", "sign-on"),
        ("<PROFMSGSRSV1><PROFRS><URL>x</PROFRS></PROFMSGSRSV1>", "profile"),
        ("<INVSTMTMSGSRSV1><INVSTMTRS><DTASOF>20240101</INVSTMTRS></INVSTMTMSGSRSV1>", "invest"),
        ("", "no statement"),
    ],
)
def test_ofx_without_a_statement_is_refused_by_name(body: str, named: str) -> None:
    assert named in refusal(f"OFXHEADER:100\n\n<OFX>{body}</OFX>").reason


def test_the_banks_own_error_is_passed_on() -> None:
    status = "<STATUS><CODE>2000<SEVERITY>ERROR<MESSAGE>General error</STATUS>"
    error = refusal(ofx().replace("<STMTRS>", status + "<STMTRS>"))
    assert "General error" in error.reason


def test_a_warning_of_the_bank_is_kept() -> None:
    status = "<STATUS><CODE>10<SEVERITY>WARN<MESSAGE>Partial</STATUS>"
    assert "Partial" in read(ofx().replace("<STMTRS>", status + "<STMTRS>")).warnings[0]


@pytest.mark.parametrize(
    "declaration",
    ['<!DOCTYPE x [<!ENTITY a "b">]>', '<!ENTITY a SYSTEM "file:///etc/passwd">'],
)
def test_entity_declarations_are_refused(declaration: str) -> None:
    assert "entities" in refusal(f'<?xml version="1.0"?>{declaration}{ofx(header="")}').reason


def test_a_second_document_is_refused() -> None:
    assert "second OFX document" in refusal(ofx() + ofx()).reason


@pytest.mark.parametrize(
    "text",
    [
        "<OFX>" + "<!--" * 200_000,
        "<OFX>" + "<A>" * 300_000 + "</A>",
        "<OFX>" + "".join(f"<A{number}>" for number in range(100_000)),
        ofx("<STMTTRN>" * 300_000),
        ofx(entry(NAME="x" * 2_000_000)),
        "<OFX>" + "< " * 500_000,
        "<OFX><MEMO>" + "x " * 1_000_000,
    ],
    ids=["comments", "nesting", "empty tags", "open entries", "long field", "brackets", "leaf"],
)
def test_hostile_files_are_refused_in_bounded_time(text: str) -> None:
    refusal(text)
