"""Laws: what is written in any convention reads back exactly, or is refused as ambiguous.

The renderers here are the slow, obvious oracle: they know the truth the reader must find.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shared.errors import UnreadableStatement
from shared.money import format_minor
from shared.statements.registry import read_statement_file

if TYPE_CHECKING:
    from shared.statements.model import StatementFile

WORDS = st.text("abcdefghij KLMNOéüñß&<>'\"/;,|-", min_size=1, max_size=20).map(
    lambda text: "x" + " ".join(text.split())
)
DATES = st.dates(dt.date(2019, 1, 1), dt.date(2030, 12, 31))
EARLY_DATES = st.builds(dt.date, st.integers(2020, 2024), st.integers(1, 12), st.integers(1, 12))


@dataclass(frozen=True)
class Truth:
    date: dt.date
    amount_minor: int
    text: str


def truths(dates: st.SearchStrategy[dt.date]) -> st.SearchStrategy[list[Truth]]:
    amount = st.integers(-10_000_000, 10_000_000)
    return st.lists(st.builds(Truth, dates, amount, WORDS), min_size=1, max_size=12)


def outcome(data: bytes) -> tuple[StatementFile | None, str]:
    try:
        return read_statement_file(data, default_currency="EUR"), ""
    except UnreadableStatement as error:
        return None, error.reason


def values(found: StatementFile) -> list[tuple[dt.date, int, str]]:
    return [
        (line.date, line.amount_minor, line.description)
        for statement in found.statements
        for line in statement.lines
    ]


def wanted(lines: list[Truth]) -> list[tuple[dt.date, int, str]]:
    return [(line.date, line.amount_minor, line.text) for line in lines]


def render_ofx(lines: list[Truth], *, xml: bool, comma: bool, newline: str, close: bool) -> str:
    closing = sum(line.amount_minor for line in lines) + 500

    def leaf(name: str, value: str) -> str:
        return f"<{name}>{escape(value)}" + (f"</{name}>" if close or xml else "") + newline

    def amount(minor: int) -> str:
        text = format_minor(minor, "EUR")
        return text.replace(".", ",") if comma else text

    body = "".join(
        "<STMTTRN>"
        + newline
        + leaf("TRNTYPE", "OTHER")
        + leaf("DTPOSTED", f"{line.date:%Y%m%d}120000.000[-5:EST]")
        + leaf("TRNAMT", amount(line.amount_minor))
        + leaf("FITID", str(number))
        + leaf("NAME", line.text)
        + "</STMTTRN>"
        for number, line in enumerate(lines)
    )
    header = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="220"?>\n'
        if xml
        else "OFXHEADER:100\nDATA:OFXSGML\nENCODING:USASCII\nCHARSET:1252\n\n"
    )
    return (
        header
        + "<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>"
        + leaf("CURDEF", "EUR")
        + "<BANKACCTFROM>"
        + leaf("ACCTID", "1")
        + "</BANKACCTFROM><BANKTRANLIST>"
        + body
        + "</BANKTRANLIST><LEDGERBAL>"
        + leaf("BALAMT", amount(closing))
        + "</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"
    )


@given(
    lines=truths(DATES),
    xml=st.booleans(),
    comma=st.booleans(),
    close=st.booleans(),
    newline=st.sampled_from(["", "\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "cp1252", "utf-8-sig"]),
)
@settings(max_examples=120, deadline=None)
def test_ofx_reads_back_what_was_written(
    lines: list[Truth], *, xml: bool, comma: bool, close: bool, newline: str, encoding: str
) -> None:
    text = render_ofx(lines, xml=xml, comma=comma, newline=newline, close=close)
    if xml and encoding == "cp1252":
        text = text.replace("UTF-8", "windows-1252", 1)
    found = read_statement_file(text.encode(encoding))
    assert found.format == ("ofx-xml" if xml else "ofx-sgml")
    assert values(found) == wanted(lines)
    assert found.statements[0].opening_balance_minor == 500


DATE_FORMATS = {
    "%Y-%m-%d": False,
    "%Y%m%d": False,
    "%d.%m.%Y": False,
    "%d %b %Y": False,
    "%d/%m/%Y": True,
    "%m/%d/%Y": True,
    "%d-%m-%Y": True,
    "%m-%d-%Y": True,
    "%d.%m.%y": False,
}
"""Format to whether day and month can be mistaken for each other."""

HEADERS = {
    "en": ("Date", "Description", "Amount", "Debit", "Credit", "D/C", "Balance"),
    "de": ("Buchungstag", "Verwendungszweck", "Betrag", "Soll", "Haben", "S/H", "Saldo"),
    "fr": ("Date", "Libellé", "Montant", "Débit", "Crédit", "Sens", "Solde"),
    "es": ("Fecha", "Concepto", "Importe", "Cargo", "Abono", "Signo", "Saldo"),
    "nl": ("Datum", "Omschrijving", "Bedrag", "Af", "Bij", "Af Bij", "Saldo"),
    "it": ("Data", "Descrizione", "Importo", "Dare", "Avere", "Segno", "Saldo"),
    "pt": ("Data", "Descrição", "Montante", "Débito", "Crédito", "D/C", "Saldo"),
    "no": ("Dato", "Beskrivelse", "Beløp", "Ut", "Inn", "Inn/ut", "Saldo"),
    "pl": ("Data operacji", "Opis", "Kwota", "Obciążenia", "Uznania", "Strona", "Saldo"),
}


@dataclass(frozen=True)
class Convention:
    delimiter: str
    date_format: str
    decimal: str
    group: str
    show_cents: bool
    signs: str
    balance: str
    language: str
    newline: str
    encoding: str
    preamble: bool
    quoting: int


CONVENTIONS = st.builds(
    Convention,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    date_format=st.sampled_from(sorted(DATE_FORMATS)),
    decimal=st.sampled_from([".", ","]),
    group=st.sampled_from(["", "mark", " ", "\u00a0", "'", "\u2019"]),
    show_cents=st.sampled_from([True, True, True, False]),
    signs=st.sampled_from(
        ["minus", "unicode", "trailing", "parentheses", "columns", "negative columns", "mark"]
    ),
    balance=st.sampled_from(["none", "oldest first", "newest first"]),
    language=st.sampled_from(sorted(HEADERS)),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1250", "cp1252"]),
    preamble=st.booleans(),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)


def digits(minor: int, convention: Convention) -> str:
    whole, cents = divmod(abs(minor), 100)
    mark = "," if convention.decimal == "." else "."
    group = mark if convention.group == "mark" else convention.group
    text = f"{whole:,}".replace(",", group)
    return text + (f"{convention.decimal}{cents:02d}" if convention.show_cents else "")


def signed(minor: int, convention: Convention) -> str:
    text = digits(minor, convention)
    if minor >= 0:
        return text
    styles = {"unicode": "\u2212{}", "trailing": "{}-", "parentheses": "({})"}
    return styles.get(convention.signs, "-{}").format(text)


def money_cells(minor: int, convention: Convention) -> list[str]:
    if convention.signs in {"columns", "negative columns"}:
        out = signed(minor, convention) if "neg" in convention.signs else digits(minor, convention)
        return [out, ""] if minor < 0 else ["", digits(minor, convention)]
    if convention.signs == "mark":
        return [digits(minor, convention), "D" if minor < 0 else "C"]
    return [signed(minor, convention)]


def render_csv(lines: list[Truth], convention: Convention, opening: int) -> str:
    date, text, amount, debit, credit, mark, balance = HEADERS[convention.language]
    names = {"columns": [debit, credit], "negative columns": [debit, credit]}
    header = [date, text, *names.get(convention.signs, [amount])]
    header += [mark] if convention.signs == "mark" else []
    header += [balance] if convention.balance != "none" else []
    order = lines if convention.balance != "newest first" else lines[::-1]
    running, balances = opening, []
    for line in order:
        running += line.amount_minor
        balances.append(running)
    if convention.balance == "newest first":
        balances.reverse()
    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=convention.delimiter,
        lineterminator=convention.newline,
        quoting=convention.quoting,
    )
    if convention.preamble:
        writer.writerow(["IBAN", "DE89370400440532013000"])
        writer.writerow(["Currency", "EUR"])
    writer.writerow(header)
    for line, after in zip(lines, balances, strict=True):
        row = [line.date.strftime(convention.date_format), line.text]
        row += money_cells(line.amount_minor, convention)
        row += [signed(after, convention)] if convention.balance != "none" else []
        writer.writerow(row)
    return out.getvalue()


def is_truly_ambiguous(lines: list[Truth], convention: Convention) -> bool:
    dates = DATE_FORMATS[convention.date_format] and all(line.date.day <= 12 for line in lines)
    marks = not convention.show_cents and convention.group == "mark"
    return dates or marks


@given(
    lines=st.one_of(truths(DATES), truths(EARLY_DATES)),
    convention=CONVENTIONS,
    opening=st.integers(-1_000_000, 1_000_000),
)
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example(
    lines=[Truth(dt.date(2024, 1, 2), -100_000, "x")],
    convention=Convention(
        ",", "%m/%d/%Y", ".", "mark", False, "minus", "none", "en", "\n", "utf-8", False, 0
    ),
    opening=0,
)
def test_csv_reads_back_what_was_written_or_names_both_readings(
    lines: list[Truth], convention: Convention, opening: int
) -> None:
    descending = convention.balance == "newest first"
    lines = sorted(lines, key=lambda line: line.date, reverse=descending)
    if not convention.show_cents:
        lines = [Truth(line.date, line.amount_minor // 100 * 100, line.text) for line in lines]
        opening = opening // 100 * 100
    text = render_csv(lines, convention, opening)
    data = text.encode(convention.encoding, errors="replace")
    if convention.encoding in {"cp1250", "cp1252"}:
        try:
            text.encode(convention.encoding)
        except UnicodeEncodeError:
            return
    found, reason = outcome(data)
    if found is None:
        assert is_truly_ambiguous(lines, convention), reason
        assert " could be " in reason
        assert " or " in reason
        return
    dated = [(line.date, line.amount_minor) for line in lines]
    assert [(date, amount) for date, amount, _ in values(found)] == dated
    # Eight-bit files do not say their code page: Polish is read as 1250, all else as 1252.
    if convention.encoding != ("cp1252" if convention.language == "pl" else "cp1250"):
        assert [text for _, _, text in values(found)] == [line.text for line in lines]
    if convention.balance != "none" and found.statements[0].opening_balance_minor is not None:
        assert found.statements[0].opening_balance_minor == opening


@given(data=st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_arbitrary_bytes_raise_nothing_but_unreadable_statement(data: bytes) -> None:
    with pytest.raises(UnreadableStatement):
        read_statement_file(data)


SEEDS = [
    render_ofx(
        [Truth(dt.date(2024, 1, 15), -1250, "Café & co"), Truth(dt.date(2024, 1, 16), 5, "y")],
        xml=xml,
        comma=False,
        newline="\n",
        close=xml,
    ).encode()
    for xml in (False, True)
] + [
    (
        b"IBAN,DE89370400440532013000\nDate,Value date,Description,Amount,Fee,Currency,Balance\n"
        b'15/01/2024,16/01/2024,"a ""b""",-12.50,0.00,EUR,87.50\n'
        b"16/01/2024,16/01/2024,c,5.00,0.00,EUR,92.50\nTotal,,,-7.50,,,\n"
    ),
    b"Datum;Af Bij;Bedrag;Saldo\n20240115;Af;1.012,50;87,50\n20240116;Bij;5,00;92,50\n",
]


@given(
    seed=st.sampled_from(SEEDS),
    changes=st.lists(
        st.tuples(
            st.floats(0, 1, exclude_max=True), st.integers(0, 3), st.binary(min_size=1, max_size=4)
        ),
        min_size=1,
        max_size=4,
    ),
)
@settings(max_examples=800, deadline=None)
def test_damaged_files_raise_nothing_but_unreadable_statement(
    seed: bytes, changes: list[tuple[float, int, bytes]]
) -> None:
    data = bytearray(seed)
    for share, cut, inserted in changes:
        at = int(share * len(data))
        data[at : at + cut] = inserted
    found, reason = outcome(bytes(data))
    assert found or reason
