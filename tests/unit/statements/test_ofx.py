from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import UnreadableStatement
from shared.statements import ofx as ofx_module
from shared.statements.model import Summary
from shared.statements.ofx_elements import Form
from shared.statements.options import NO_OPTIONS
from shared.statements.registry import read_statement_file
from shared.statements.source import Source

if TYPE_CHECKING:
    from shared.statements.model import Line, Statement, StatementFile

GOLDEN = Path(__file__).parents[2] / "golden" / "ofx"

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


def test_a_line_says_where_its_transaction_begins() -> None:
    entries = entry(FITID="1") + "\n\n" + entry(FITID="2") + entry(FITID="3")
    assert [one.position for one in only(read(ofx(entries))).lines] == [5, 10, 13]


def test_what_has_no_field_is_kept_by_its_path() -> None:
    found = line(
        SIC="5411",
        SRVRTID="S1",
        DTUSER="20240110",
        DTAVAIL="20240117",
        EXTDNAME="Corner Shop of Main Street",
        **{"PAYEE": "", "NAME": "Shop", "CITY": "Salem", "/PAYEE": "", "X.BANK": "a &lt; b"},
    )
    assert dict(found.extra) == {
        "SIC": "5411",
        "SRVRTID": "S1",
        "DTUSER": "20240110",
        "EXTDNAME": "Corner Shop of Main Street",
        "PAYEE/CITY": "Salem",
        "X.BANK": "a < b",
    }
    assert found.counterparty == "Shop"


def test_an_aggregate_of_a_vendor_keeps_its_parts_together() -> None:
    found = line(**{"X.VENDOR": "", "X.INNER": "1", "X.EMPTY": "", "/X.VENDOR": "", "MEMO": "m"})
    assert found.extra == (("X.VENDOR/X.INNER", "1"),)
    assert found.description == "m"


def test_the_other_partys_account_is_carried() -> None:
    found = line(**{"BANKACCTTO": "", "BANKID": "B", "ACCTID": "77", "/BANKACCTTO": ""})
    assert (found.counterparty_account, found.extra) == ("77", (("BANKACCTTO/BANKID", "B"),))
    assert (
        line(**{"CCACCTTO": "", "ACCTID": "4111", "/CCACCTTO": ""}).counterparty_account == "4111"
    )


def test_an_original_currency_leaves_the_amount_in_that_of_the_account() -> None:
    foreign = {"ORIGCURRENCY": "", "CURRATE": "1.08", "CURSYM": "USD", "/ORIGCURRENCY": ""}
    found = line(**foreign)
    assert (found.currency, found.amount_minor) == ("EUR", -1250)
    assert (found.original_currency, found.exchange_rate) == ("USD", "1.08")
    own = line(**{"CURRENCY": "", "CURRATE": "1", "CURSYM": "eur", "/CURRENCY": ""})
    assert (own.currency, own.original_currency, own.exchange_rate) == ("EUR", None, "1")


def test_an_unknown_currency_of_a_movement_is_refused_with_its_line() -> None:
    for name in ("CURRENCY", "ORIGCURRENCY"):
        error = refusal(ofx(entry(**{name: "", "CURSYM": "EURO", f"/{name}": ""})))
        assert ("'EURO'" in error.reason, error.line) == (True, 10)


def test_a_deleting_correction_is_a_reversal_and_a_replacing_one_is_not() -> None:
    deleted = line(CORRECTFITID="0", CORRECTACTION="DELETE")
    assert deleted.is_reversal
    assert deleted.extra == (("CORRECTFITID", "0"), ("CORRECTACTION", "DELETE"))
    assert not line(CORRECTFITID="0", CORRECTACTION="REPLACE").is_reversal


PENDING = (
    "<BANKTRANLISTP><DTASOF>20240201<STMTTRNP><TRNTYPE>POS<DTTRAN>20240131<TRNAMT>-7.00"
    "<NAME>Pump</STMTTRNP></BANKTRANLISTP>"
)


def test_pending_movements_are_lines_outside_of_net_and_balances() -> None:
    balance = "<LEDGERBAL><BALAMT>87.50<DTASOF>20240131</LEDGERBAL>"
    found = only(read(ofx(balance=PENDING + balance)))
    assert [(one.status, one.amount_minor) for one in found.lines] == [
        ("booked", -1250),
        ("pending", -700),
    ]
    assert (found.opening_balance_minor, found.net_minor, found.lines_count) == (10_000, -1250, 2)
    assert any("1 pending line(s)" in warning for warning in found.warnings)


def test_a_booked_transaction_in_the_pending_list_is_refused() -> None:
    text = ofx(balance=f"<BANKTRANLISTP>{ENTRY}</BANKTRANLISTP>")
    assert "STMTTRNP" in refusal(text).reason


def test_balances_may_come_first_and_the_currency_last() -> None:
    text = ofx(currency="<LEDGERBAL><BALAMT>1500<DTASOF>20240131</LEDGERBAL>")
    text = text.replace(ENTRY, ENTRY.replace("-12.50", "500"))
    found = only(read(text.replace("</STMTRS>", "<CURDEF>JPY</STMTRS>")))
    assert (found.account.currency, found.lines[0].amount_minor) == ("JPY", 500)
    assert (found.opening_balance_minor, found.closing_balance_minor) == (1000, 1500)


def test_each_statement_has_the_currency_that_follows_its_own_lines() -> None:
    one = ofx(currency="").replace("</STMTRS>", "<CURDEF>JPY</STMTRS>").replace("-12.50", "5")
    body = one[one.index("<STMTTRNRS>") : one.index("</BANKMSGSRSV1>")]
    both = one.replace("</BANKMSGSRSV1>", body.replace("JPY", "KWD") + "</BANKMSGSRSV1>")
    found = read(both).statements
    assert [(one.account.currency, one.lines[0].amount_minor) for one in found] == [
        ("JPY", 5),
        ("KWD", 5000),
    ]


def test_balances_beside_the_ledger_balance_are_kept() -> None:
    text = ofx(
        balance="<LEDGERBAL><BALAMT>87.50<DTASOF>20240131</LEDGERBAL>"
        "<AVAILBAL><BALAMT>80<DTASOF>20240201</AVAILBAL><BALLIST><BAL><NAME>Limit<DESC>Credit limit"
        "<BALTYPE>DOLLAR<VALUE>500</BAL><BAL><NAME>Rate<DESC>Interest<BALTYPE>PERCENT<VALUE>3</BAL>"
        "</BALLIST>"
    )
    found = only(read(text))
    assert found.available_balance_minor == 8_000
    assert [text for path, text in found.extra if path == "BALLIST/BAL/VALUE"] == ["500", "3"]


def test_lines_dated_after_the_closing_balance_are_reported() -> None:
    found = read(ofx(balance="<LEDGERBAL><BALAMT>1<DTASOF>20240114</LEDGERBAL>"))
    assert any("after the closing balance" in warning for warning in found.warnings)


def test_several_lists_of_one_statement_are_one_statement() -> None:
    again = f"</BANKTRANLIST><BANKTRANLIST><DTSTART>20240201<DTEND>20240229{ENTRY}"
    found = only(read(ofx(ENTRY + again, period="<DTSTART>20240101<DTEND>20240131")))
    assert len(found.lines) == 2
    assert (found.period_start, found.period_end) == (dt.date(2024, 1, 1), dt.date(2024, 2, 29))


def test_a_repeated_reference_is_found_over_any_distance() -> None:
    entries = [entry(FITID=str(number)) for number in range(3_000)] + [entry(FITID="17")]
    (warning,) = read(ofx("\n".join(entries))).warnings
    assert warning.startswith("1 bank reference(s) (FITID) occur more than once")
    assert "line 18 in line 3001" in warning


def test_lines_without_reference_are_no_repetition() -> None:
    assert read(ofx(entry(FITID="") + entry(FITID=""))).warnings == ()


def test_a_value_that_is_wrong_after_thousands_is_refused_with_its_own_line() -> None:
    entries = [entry(FITID=str(number)) for number in range(3_000)]
    entries[2_500] = entry(FITID="x", DTPOSTED="20240230")
    error = refusal(ofx("".join(f"{one}\n" for one in entries)))
    assert "20240230" in error.reason
    assert error.line == 5 + 2_500 * 4 + 1


def test_an_end_tag_of_nothing_is_refused() -> None:
    assert "not open" in refusal(ofx(entry(NAME="Shop</NAME></NAME>"))).reason
    assert "not open" in refusal(ofx(balance="</X.VENDOR>")).reason


def test_blanks_after_the_end_are_no_part_of_the_file() -> None:
    assert len(only(read(ofx() + " \n" * 500_000)).lines) == 1
    assert "second OFX document" in refusal(ofx() + "\n" * 200_000 + ofx()).reason
    assert "outside every element" in refusal(ofx() + "\n" * 200_000 + "x").reason


def test_an_investment_statement_beside_a_bank_statement_is_named() -> None:
    extra = "<INVSTMTMSGSRSV1><INVSTMTRS><DTASOF>20240101</INVSTMTRS></INVSTMTMSGSRSV1></OFX>"
    assert any("INVSTMTRS" in text for text in read(ofx().replace("</OFX>", extra)).warnings)


def events(data: bytes, chunk: int) -> list[tuple[list[Line], Summary]]:
    """Read a file that arrives in pieces of a few bytes."""

    class Trickle(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(chunk, size or chunk))

    found: list[tuple[list[Line], Summary]] = []
    lines: list[Line] = []
    for event in ofx_module.read(Source(lambda: Trickle(data)), NO_OPTIONS):
        if isinstance(event, Summary):
            found.append((lines, event))
            lines = []
        else:
            lines += event
    return found


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 7, 16, 61, 300])
@pytest.mark.parametrize("name", ["xml_two_accounts.ofx", "xml_pending_and_corrections.ofx"])
def test_how_a_file_arrives_does_not_matter(name: str, chunk: int) -> None:
    data = (GOLDEN / name).read_bytes()
    assert events(data, chunk) == events(data, len(data))


LEAVES = {
    "TRNTYPE": ["DEBIT", "CREDIT", "POS"],
    "DTPOSTED": ["20240115", "20240116120000.000[-5:EST]", " 2024-01-17\n", "20240230", ""],
    "DTUSER": ["20240110", "", "x"],
    "DTAVAIL": ["20240118", " "],
    "TRNAMT": ["-12.50", "5", "+7,25", "1.234,56", ".5", "12.5 ", "1,234", "-0.00", "1e3", ""],
    "FITID": ["1", "2", "3", "A  B", ""],
    "CHECKNUM": ["77", "\n 78 \n"],
    "REFNUM": ["R  1", "&amp;"],
    "NAME": ["Shop", "Shop & Co", "A&amp;B", "two  spaces", "two\nlines", "\xa0nbsp\xa0", "\u00e9"],
    "MEMO": ["Shop in town", "&#160;x", "card\t12", ""],
    "SIC": ["5411", " "],
    "X.OTHER": ["v", "w  x"],
    "PAYEE": ["<NAME>Payee<CITY>Salem</PAYEE>", "</PAYEE>", "<CITY>Y</PAYEE>"],
    "BANKACCTTO": ["<ACCTID>9</BANKACCTTO>"],
    "CCACCTTO": ["<ACCTID>8</CCACCTTO>"],
    "ORIGCURRENCY": [
        "<CURRATE>2<CURSYM>USD</ORIGCURRENCY>",
        "<CURSYM>jpy</ORIGCURRENCY>",
        "<CURSYM>XXQ</ORIGCURRENCY>",
    ],
    "CURRENCY": ["<CURRATE>1<CURSYM>EUR</CURRENCY>", "<CURSYM>USD</CURRENCY>"],
    "CORRECTACTION": ["DELETE", "REPLACE", ""],
}
USUAL = {name: values[:2] for name, values in LEAVES.items()}


@st.composite
def transactions(draw: st.DrawFn) -> str:
    """Transactions that mostly share an order of elements, and now and then do not."""
    order = draw(st.permutations(list(LEAVES)))
    closes = draw(st.booleans())
    space = draw(st.sampled_from(["", "\n", "\n  "]))
    written = []
    for _ in range(draw(st.integers(1, 8))):
        chosen = draw(st.sampled_from([USUAL] * 9 + [LEAVES]))
        names = [name for name in order if draw(st.booleans())]
        names = draw(st.sampled_from([names] * 12 + [names[::-1], [*names, *names[:1]]]))
        names += [name for name in ("DTPOSTED", "TRNAMT") if name not in names]
        leaves = ""
        for name in names:
            value = draw(st.sampled_from(chosen[name]))
            end = f"</{name}>" if closes and not value.endswith(f"</{name}>") else ""
            leaves += f"<{name}>{value}{end}{space}"
        written.append(f"<STMTTRN>{space}{leaves}</STMTTRN>{space}")
    return "".join(written)


@given(entries=transactions())
@settings(max_examples=300, deadline=None)
def test_many_at_once_and_one_by_one_give_the_same(entries: str) -> None:
    text = ofx(entries * 3)

    def outcome() -> object:
        try:
            return read(text).statements
        except UnreadableStatement as error:
            return (error.reason, error.line)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Form, "rows", lambda _self, _text, start, _end: ([], start))
        patched.setattr("shared.statements.ofx_transactions.ONE_BY_ONE_MAX", 3)
        one_by_one = outcome()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("shared.statements.ofx_transactions.ONE_BY_ONE_MAX", 1)
        assert outcome() == one_by_one


def test_the_usual_form_is_learned_and_used() -> None:
    """Without it the test above would compare one way of reading with itself."""
    used: list[int] = []

    def counted(self: Form, text: str, start: int, end: int) -> tuple[list[tuple[str, ...]], int]:
        rows, read_to = rows_of(self, text, start, end)
        used.append(len(rows))
        return rows, read_to

    rows_of = Form.rows
    entries = "".join(
        entry(FITID=str(number), **({"CHECKNUM": "7"} if number % 5 == 0 else {"MEMO": "m"}))
        for number in range(200)
    )
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Form, "rows", counted)
        assert len(only(read(ofx(entries))).lines) == 200
    assert sum(used) >= 160
