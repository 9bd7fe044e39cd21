"""Bank files as banks write them, of any length, for measuring parsers.

One seeded stream of movements is rendered in every format, as a stream: a million CAMT entries are
0.9 GB, which no generator should hold. Each writer returns the truth (entries and net), which the
reader under test must find. The files keep to what every peer accepts (OFX in ASCII, MT940 in the
SWIFT character set), so that the comparison is of speed and not of tolerance.

The record layouts are those of the formats' own documents: OFX 1.0.3 section 11.4, the ISO 20022
message definition camt.053.001.08, SWIFT MT940 with the German DFU annex 3 field 86, the BAI
Cash Management Balance Reporting Specifications version 2, Febelfin's CODA 2.6.
"""

# ruff: noqa: PLR2004 - a generator is one long list of cases and odds

from __future__ import annotations

import datetime as dt
import json
import random
import zipfile
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

START = dt.date(2024, 1, 2)
DAYS = 360
PIECE_ENTRIES = 2_000
"""How many entries are rendered before they are written: a few megabytes at most."""

OPENING_MINOR = 1_000_000_000_00
"""High enough that no generated account is ever overdrawn: every balance is marked credit."""

STATEMENT_ENTRIES = 1_000
"""Entries in one MT940 or CODA statement and one BAI2 account: a busy account's day."""


class Movement(NamedTuple):
    """One bank movement, with more than any one format can carry."""

    number: int
    date: dt.date
    value_date: dt.date
    amount_minor: int
    party: str
    account: str
    text: str
    end_to_end: str
    mandate: str
    check: str


@dataclass(frozen=True)
class Truth:
    """What a reader must find."""

    entries: int
    net_minor: int
    gross_minor: int = 0
    """Sum of the amounts without their signs, where the format announces it."""


_FIRST = """
    Alder Birch Cedar Dunmore Elm Fairview Granite Harbor Ivy Juniper Keller Linden
""".split()  # noqa: SIM905 - words read better as words
_SECOND = """
    Bakery Logistics Foods Media Software Consulting Trading Motors Textiles Energy Bürobedarf
    Gebäudereinigung Café Möbelhaus Pharma Metals
""".split()  # noqa: SIM905 - words read better as words
_FORM = ("GmbH", "Ltd", "Inc", "LLC", "AG", "B.V.", "SA", "& Co. KG")
_PURPOSE = (
    "Invoice {0} dated {1}",
    "Rechnung {0} vom {1}, Kunde 20-{0}",
    "Salary {1} staff no {0}",
    "Rent {1} unit {0}",
    "Card purchase {1} ref {0}",
    "Your order {0}: balance due, thank you",
    "Tax {1} file {0} R&D",
    "Refund {0}",
)


def _parties(chance: random.Random) -> list[tuple[str, str]]:
    names = [f"{a} {b} {c}" for a in _FIRST for b in _SECOND for c in _FORM]
    chance.shuffle(names)
    return [(name, f"DE{chance.randrange(10**20):020}") for name in names[:600]]


def movements(count: int, seed: int) -> Iterator[Movement]:
    """Yield bank movements in the order of booking, the same ones for the same seed."""
    chance = random.Random(seed)
    parties = _parties(chance)
    days = [START + dt.timedelta(days=number) for number in range(DAYS + 3)]
    draw = chance.random
    for number in range(count):
        day = number * DAYS // count
        party, account = parties[int(draw() * len(parties))]
        # A log-uniform size: many small amounts, few large ones, all between 0.01 and 99,999.99.
        amount = int(10 ** (draw() * 6.9)) + 1
        # As much in as out, or a million entries would overdraw any account.
        if draw() < 0.5:
            amount = -amount
        purpose = _PURPOSE[int(draw() * len(_PURPOSE))]
        serial = f"{number * 7919 % 10_000_000:07}"
        yield Movement(
            number,
            days[day],
            days[day + int(draw() * 3)],
            amount,
            party,
            account,
            purpose.format(serial, days[day].isoformat()),
            f"E2E-{number:09}" if amount > 0 else "NOTPROVIDED",
            f"M-{serial}" if draw() < 0.2 else "",
            str(10_000 + number % 90_000) if draw() < 0.05 else "",
        )


_ASCII = str.maketrans({"ü": "ue", "ä": "ae", "ö": "oe", "é": "e"})


def _ascii(text: str) -> str:
    return text.translate(_ASCII)


def _pieces(items: Iterator[Movement], size: int = PIECE_ENTRIES) -> Iterator[list[Movement]]:
    while piece := list(islice(items, size)):
        yield piece


def _money(minor: int, mark: str = ".") -> str:
    sign, minor = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{minor // 100}{mark}{minor % 100:02}"


def _truth(count: int, seed: int) -> Truth:
    net = gross = 0
    for one in movements(count, seed):
        net += one.amount_minor
        gross += abs(one.amount_minor)
    return Truth(count, net, gross)


def write_ofx(path: Path, count: int, seed: int) -> Truth:
    """OFX 1.x: SGML with elements that are never closed, as most American banks deliver."""
    truth = _truth(count, seed)
    with path.open("w", encoding="ascii", newline="\r\n") as file:
        file.write(
            "OFXHEADER:100\nDATA:OFXSGML\nVERSION:103\nSECURITY:NONE\nENCODING:USASCII\n"
            "CHARSET:1252\nCOMPRESSION:NONE\nOLDFILEUID:NONE\nNEWFILEUID:NONE\n\n<OFX>\n"
            "<SIGNONMSGSRSV1>\n<SONRS>\n<STATUS>\n<CODE>0\n<SEVERITY>INFO\n</STATUS>\n"
            "<DTSERVER>20250102120000\n<LANGUAGE>ENG\n</SONRS>\n</SIGNONMSGSRSV1>\n"
            "<BANKMSGSRSV1>\n<STMTTRNRS>\n<TRNUID>1\n<STATUS>\n<CODE>0\n<SEVERITY>INFO\n"
            "</STATUS>\n<STMTRS>\n<CURDEF>USD\n<BANKACCTFROM>\n<BANKID>121000248\n"
            "<ACCTID>4000123456\n<ACCTTYPE>CHECKING\n</BANKACCTFROM>\n<BANKTRANLIST>\n"
            "<DTSTART>20240101\n<DTEND>20241231\n"
        )
        for piece in _pieces(movements(count, seed)):
            file.write("".join(map(_ofx_entry, piece)))
        file.write(
            "</BANKTRANLIST>\n<LEDGERBAL>\n"
            f"<BALAMT>{_money(OPENING_MINOR + truth.net_minor)}\n<DTASOF>20241231\n</LEDGERBAL>\n"
            "</STMTRS>\n</STMTTRNRS>\n</BANKMSGSRSV1>\n</OFX>\n"
        )
    return truth


def _ofx_entry(one: Movement) -> str:
    kind = "CHECK" if one.check else "CREDIT" if one.amount_minor > 0 else "DEBIT"
    check = f"<CHECKNUM>{one.check}\n" if one.check else ""
    return (
        f"<STMTTRN>\n<TRNTYPE>{kind}\n<DTPOSTED>{one.date:%Y%m%d}120000[-5:EST]\n"
        f"<TRNAMT>{_money(one.amount_minor)}\n<FITID>{one.date:%Y%m%d}{one.number:09}\n{check}"
        f"<NAME>{escape(_ascii(one.party)[:32].rstrip())}\n<MEMO>{escape(_ascii(one.text))}\n"
        "</STMTTRN>\n"
    )


def write_camt(path: Path, count: int, seed: int) -> Truth:
    """CAMT.053.001.08 with one ``TxDtls`` an entry, one element a line."""
    truth = _truth(count, seed)
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">\n'
            "<BkToCstmrStmt>\n<GrpHdr>\n<MsgId>MSG-2024-1</MsgId>\n"
            "<CreDtTm>2025-01-02T08:00:00</CreDtTm>\n</GrpHdr>\n<Stmt>\n"
            "<Id>STMT-2024-1</Id>\n<ElctrncSeqNb>1</ElctrncSeqNb>\n"
            "<CreDtTm>2025-01-02T08:00:00</CreDtTm>\n<Acct>\n<Id>\n"
            "<IBAN>DE89370400440532013000</IBAN>\n</Id>\n"
            "<Ccy>EUR</Ccy>\n</Acct>\n"
            + _camt_balance("OPBD", OPENING_MINOR, START)
            + _camt_balance("CLBD", OPENING_MINOR + truth.net_minor, dt.date(2024, 12, 31))
            + _camt_summary(truth)
        )
        for piece in _pieces(movements(count, seed)):
            file.write("".join(map(_camt_entry, piece)))
        file.write("</Stmt>\n</BkToCstmrStmt>\n</Document>\n")
    return truth


def _camt_balance(code: str, minor: int, date: dt.date) -> str:
    return (
        f"<Bal>\n<Tp>\n<CdOrPrtry>\n<Cd>{code}</Cd>\n"
        f'</CdOrPrtry>\n</Tp>\n<Amt Ccy="EUR">{_money(minor)}</Amt>\n'
        f"<CdtDbtInd>CRDT</CdtDbtInd>\n<Dt>\n<Dt>{date}</Dt>\n"
        "</Dt>\n</Bal>\n"
    )


def _camt_summary(truth: Truth) -> str:
    return (
        "<TxsSummry>\n<TtlNtries>\n"
        f"<NbOfNtries>{truth.entries}</NbOfNtries>\n"
        f"<Sum>{_money(truth.gross_minor)}</Sum>\n"
        "</TtlNtries>\n</TxsSummry>\n"
    )


def _camt_entry(one: Movement) -> str:
    credit = one.amount_minor > 0
    mark, party = ("CRDT", "Dbtr") if credit else ("DBIT", "Cdtr")
    family = "RCDT" if credit else "ICDT"
    amount = _money(abs(one.amount_minor))
    mandate = f"<MndtId>{one.mandate}</MndtId>\n" if one.mandate and not credit else ""
    return f"""\
<Ntry>
<NtryRef>{one.number + 1}</NtryRef>
<Amt Ccy="EUR">{amount}</Amt>
<CdtDbtInd>{mark}</CdtDbtInd>
<Sts>
<Cd>BOOK</Cd>
</Sts>
<BookgDt>
<Dt>{one.date}</Dt>
</BookgDt>
<ValDt>
<Dt>{one.value_date}</Dt>
</ValDt>
<AcctSvcrRef>{one.date:%Y%m%d}{one.number:010}</AcctSvcrRef>
<BkTxCd>
<Domn>
<Cd>PMNT</Cd>
<Fmly>
<Cd>{family}</Cd>
<SubFmlyCd>ESCT</SubFmlyCd>
</Fmly>
</Domn>
</BkTxCd>
<NtryDtls>
<TxDtls>
<Refs>
<EndToEndId>{one.end_to_end}</EndToEndId>
{mandate}</Refs>
<Amt Ccy="EUR">{amount}</Amt>
<CdtDbtInd>{mark}</CdtDbtInd>
<RltdPties>
<{party}>
<Pty>
<Nm>{escape(one.party)}</Nm>
</Pty>
</{party}>
<{party}Acct>
<Id>
<IBAN>{one.account}</IBAN>
</Id>
</{party}Acct>
</RltdPties>
<RmtInf>
<Ustrd>{escape(one.text)}</Ustrd>
</RmtInf>
</TxDtls>
</NtryDtls>
</Ntry>
"""


def _write_mt940(
    path: Path, count: int, seed: int, information: Callable[[Movement], str]
) -> Truth:
    balance = OPENING_MINOR
    with path.open("w", encoding="ascii", newline="\r\n") as file:
        for number, piece in enumerate(_pieces(movements(count, seed), STATEMENT_ENTRIES), start=1):
            first, last = piece[0].date, piece[-1].date
            opening, balance = balance, balance + sum(one.amount_minor for one in piece)
            file.write(
                f":20:STMT{number:08}\n:25:37040044/0532013000\n:28C:{number:05}/1\n"
                f":60F:C{first:%y%m%d}EUR{_money(opening, ',')}\n"
                + "".join(_mt940_line(one) + information(one) for one in piece)
                + f":62F:C{last:%y%m%d}EUR{_money(balance, ',')}\n-\n"
            )
    return Truth(count, balance - OPENING_MINOR)


def _mt940_line(one: Movement) -> str:
    mark = "C" if one.amount_minor > 0 else "D"
    reference = f"RF{one.number:010}" if one.number % 3 else "NONREF"
    return (
        f":61:{one.value_date:%y%m%d}{one.date:%m%d}{mark}R{_money(abs(one.amount_minor), ',')}"
        f"NTRF{reference}//{one.number:016}\n"
    )


def _mt940_plain_information(one: Movement) -> str:
    text = f"{_ascii(one.party)} {_ascii(one.text)} {one.account}".replace("&", "+")
    lines = []
    while text:
        # No line begins with what begins a field or ends a message.
        size = 64 if text[65:66] in {"-", ":"} else 65
        lines.append(text[:size])
        text = text[size:]
    return ":86:" + "\n".join(lines) + "\n"


def _mt940_german_information(one: Movement) -> str:
    code, kind = ("166", "GUTSCHRIFT") if one.amount_minor > 0 else ("116", "UEBERWEISUNG")
    end_to_end = f"EREF+{one.end_to_end}" if one.end_to_end != "NOTPROVIDED" else ""
    mandate = f"MREF+{one.mandate}" if one.mandate else ""
    text = _ascii(one.text).replace("&", "+")
    parts = [part for part in (end_to_end, mandate, *_cut(f"SVWZ+{text}", 27)) if part]
    purposes = [f"?{20 + number}{part}" for number, part in enumerate(parts)]
    name = _ascii(one.party).replace("&", "+")
    tail = [f"?30DEUTDEFFXXX?31{one.account}", f"?32{name[:27]}"]
    if name[27:]:
        tail.append(f"?33{name[27:54]}")
    lines = [f"{code}?00{kind}?109310" + (purposes[0] if purposes else ""), *purposes[1:], *tail]
    return ":86:" + "\n".join(lines) + "\n"


def _cut(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def write_mt940(path: Path, count: int, seed: int) -> Truth:
    """MT940 with free text in ``:86:``, a statement for every thousand entries."""
    return _write_mt940(path, count, seed, _mt940_plain_information)


def write_mt940_german(path: Path, count: int, seed: int) -> Truth:
    """MT940 with the German ``:86:`` structure (``166?00...?20EREF+...?32...``)."""
    return _write_mt940(path, count, seed, _mt940_german_information)


def write_qif(path: Path, count: int, seed: int) -> Truth:
    """QIF of one bank account, American dates (the year's end makes the order plain)."""
    net = 0
    with path.open("w", encoding="ascii", newline="\r\n") as file:
        file.write("!Type:Bank\n")
        for piece in _pieces(movements(count, seed)):
            net += sum(one.amount_minor for one in piece)
            file.write("".join(map(_qif_entry, piece)))
    return Truth(count, net)


def _qif_entry(one: Movement) -> str:
    check = f"N{one.check}\n" if one.check else ""
    return (
        f"D{one.date:%m/%d/%Y}\nT{_money(one.amount_minor)}\nCX\n{check}P{_ascii(one.party)}\n"
        f"M{_ascii(one.text)}\n^\n"
    )


def write_bai2(path: Path, count: int, seed: int) -> Truth:
    """BAI2, a group a thousand entries, each with text on a continuation record (88)."""
    balance, groups, records, file_total = OPENING_MINOR, 0, 1, 0
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.write("01,121000248,TIEOUT,250102,0800,1,,,2/\n")
        for piece in _pieces(movements(count, seed), STATEMENT_ENTRIES):
            groups += 1
            opening, balance = balance, balance + sum(one.amount_minor for one in piece)
            body = "".join(map(_bai2_entry, piece))
            # The control total adds every amount of the account as a number: outgoing count up.
            total = sum(abs(one.amount_minor) for one in piece) + opening + balance
            account = (
                f"03,4000123456,USD,010,{opening},,,015,{balance},,/\n{body}"
                f"49,{total},{body.count(chr(10)) + 2}/\n"
            )
            group_records = account.count("\n") + 2
            file.write(
                f"02,TIEOUT,121000248,1,{piece[0].date:%y%m%d},2359,USD,2/\n{account}"
                f"98,{total},1,{group_records}/\n"
            )
            records += group_records
            file_total += total
        file.write(f"99,{file_total},{groups},{records + 1}/\n")
    return Truth(count, balance - OPENING_MINOR)


def _bai2_entry(one: Movement) -> str:
    code = "195" if one.amount_minor > 0 else "475" if one.check else "495"
    reference = one.check or one.end_to_end.removeprefix("NOTPROVIDED")
    return (
        f"16,{code},{abs(one.amount_minor)},Z,{one.number:012},{reference},"
        f"{_ascii(one.party)}\n88,{_ascii(one.text)}\n"
    )


def write_coda(path: Path, count: int, seed: int) -> Truth:
    """CODA 2.6, records of 128 characters, a statement for every thousand entries."""
    balance = OPENING_MINOR
    with path.open("w", encoding="ascii", newline="\r\n") as file:
        for number, piece in enumerate(_pieces(movements(count, seed), STATEMENT_ENTRIES), start=1):
            opening, balance = balance, balance + sum(one.amount_minor for one in piece)
            is_last = number * STATEMENT_ENTRIES >= count
            file.write(_coda_statement(number, piece, opening, balance, is_last=is_last))
    return Truth(count, balance - OPENING_MINOR)


_CODA_ACCOUNT = "BE68539007547034".ljust(34) + "EUR"


def _coda_amount(minor: int) -> str:
    return f"{'1' if minor < 0 else '0'}{abs(minor) * 10:015}"


def _coda_statement(
    number: int, piece: list[Movement], opening: int, closing: int, *, is_last: bool
) -> str:
    date = f"{piece[-1].date:%d%m%y}"
    sequence = f"{(number - 1) % 999 + 1:03}"
    records = [
        f"00000{date}53905{'':2}".ljust(24) + f"{number:010}"[:10] + "TIEOUT NV".ljust(26)
        + "KREDBEBB".ljust(11) + "00404483367" + " 00000" + "".ljust(16) + "".ljust(16)
        + "       2",
        "12" + sequence + _CODA_ACCOUNT + _coda_amount(opening) + f"{piece[0].date:%d%m%y}"
        + "TIEOUT NV".ljust(26) + "ZICHTREKENING".ljust(35) + sequence,
    ]  # fmt: skip
    outgoing = incoming = 0
    for position, one in enumerate(piece, start=1):
        if one.amount_minor < 0:
            outgoing -= one.amount_minor
        else:
            incoming += one.amount_minor
        records += _coda_movement(position, one, sequence)
    records.append(
        "8" + sequence + _CODA_ACCOUNT + _coda_amount(closing) + date + "".ljust(64) + "0"
    )
    records.append(
        "9" + "".ljust(15) + f"{len(records) - 1:06}" + f"{outgoing * 10:015}{incoming * 10:015}"
        + "".ljust(75) + ("2" if is_last else "1")
    )  # fmt: skip
    return "".join(record + "\n" for record in records)


def _coda_movement(position: int, one: Movement, sequence: str) -> list[str]:
    head = f"{position:04}0000"
    date, value = f"{one.date:%d%m%y}", f"{one.value_date:%d%m%y}"
    code = "00150000" if one.amount_minor > 0 else "00101000"
    text = _ascii(one.text).ljust(96)
    end_to_end = "" if one.end_to_end == "NOTPROVIDED" else one.end_to_end
    return [
        "21" + head + f"{one.number:021}" + _coda_amount(one.amount_minor) + value + code + "0"
        + text[:53] + date + sequence + "01 0",
        "22" + head + text[53:96].ljust(53) + end_to_end.ljust(35) + "KREDBEBB".ljust(11)
        + "   " + " " + "    " + "    " + "    " + "1" + " " + "0",
        "23" + head + one.account.ljust(34) + "EUR" + _ascii(one.party)[:35].ljust(35)
        + "".ljust(43) + "0" + " " + "0",
    ]  # fmt: skip


def write_csv(path: Path, count: int, seed: int) -> Truth:
    """CSV without quotes: commas, ISO dates, one signed amount, a currency."""
    return _write_csv(path, count, seed, _csv_row, "Date,Value Date,Amount,Currency,Payee,Details")


def write_csv_quoted(path: Path, count: int, seed: int) -> Truth:
    """CSV as German banks deliver it: every cell quoted, semicolons, decimal commas."""
    return _write_csv(
        path,
        count,
        seed,
        _csv_quoted_row,
        '"Buchungstag";"Valuta";"Betrag";"Währung";"Beguenstigter/Zahlungspflichtiger";'
        '"Verwendungszweck"',
    )


def _write_csv(
    path: Path, count: int, seed: int, row: Callable[[Movement], str], header: str
) -> Truth:
    net = 0
    with path.open("w", encoding="utf-8", newline="\r\n") as file:
        file.write(header + "\n")
        for piece in _pieces(movements(count, seed)):
            net += sum(one.amount_minor for one in piece)
            file.write("".join(map(row, piece)))
    return Truth(count, net)


def _csv_row(one: Movement) -> str:
    return (
        f"{one.date},{one.value_date},{_money(one.amount_minor)},EUR,{one.party},"
        f"{one.text.replace(',', '')}\n"
    )


def _csv_quoted_row(one: Movement) -> str:
    return (
        f'"{one.date:%d.%m.%Y}";"{one.value_date:%d.%m.%Y}";"{_money(one.amount_minor, ",")}";'
        f'"EUR";"{one.party}";"{one.text}"\n'
    )


def write_json_lines(path: Path, count: int, seed: int) -> Truth:
    """JSON Lines of our own line shape, as ``tieout parse`` names the fields."""
    net = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for piece in _pieces(movements(count, seed)):
            net += sum(one.amount_minor for one in piece)
            file.write("".join(map(_json_line, piece)))
    return Truth(count, net)


def _json_line(one: Movement) -> str:
    fields = {
        "date": one.date.isoformat(),
        "value_date": one.value_date.isoformat(),
        "amount_minor": one.amount_minor,
        "currency": "EUR",
        "description": one.text,
        "counterparty": one.party,
        "counterparty_account": one.account,
    }
    return json.dumps(fields, ensure_ascii=False) + "\n"


_SHEET_HEAD = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
_XLSX_PARTS = {
    "[Content_Types].xml": (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats'
        '-officedocument.spreadsheetml.worksheet+xml"/>'
        '<Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.spreadsheetml.styles+xml"/>'
        '<Override PartName="/xl/sharedStrings.xml" ContentType="application/vnd.openxmlformats-'
        'officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
    ),
    "_rels/.rels": (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        '<sheets><sheet name="Transactions" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/worksheet" Target="worksheets/sheet1.xml"/>'
        '<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/styles" Target="styles.xml"/>'
        '<Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        'relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    ),
    # Cell format 1 is number format 14, a date; 2 is number format 4, two decimals.
    "xl/styles.xml": (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        '<fonts count="1"><font/></fonts><fills count="1"><fill/></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        '<cellXfs count="3"><xf/><xf numFmtId="14" applyNumberFormat="1"/>'
        '<xf numFmtId="4" applyNumberFormat="1"/></cellXfs></styleSheet>'
    ),
}
EXCEL_EPOCH = dt.date(1899, 12, 30)


def write_xlsx(path: Path, count: int, seed: int) -> Truth:
    """XLSX as Excel saves it: texts shared, dates and amounts as numbers with a format."""
    net = 0
    strings: dict[str, int] = {}

    def shared(text: str) -> int:
        return strings.setdefault(text, len(strings))

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in _XLSX_PARTS.items():
            archive.writestr(name, text)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            names = ("Date", "Value Date", "Amount", "Currency", "Payee", "Details")
            cells = "".join(
                f'<c r="{column}1" t="s"><v>{shared(name)}</v></c>'
                for column, name in zip("ABCDEF", names, strict=True)
            )
            sheet.write(f'{_SHEET_HEAD}<row r="1">{cells}</row>'.encode())
            for piece in _pieces(movements(count, seed)):
                net += sum(one.amount_minor for one in piece)
                sheet.write("".join(_xlsx_row(one, shared) for one in piece).encode())
            sheet.write(b"</sheetData></worksheet>")
        _write_shared_strings(archive, strings)
    return Truth(count, net)


def _xlsx_row(one: Movement, shared: Callable[[str], int]) -> str:
    row = one.number + 2
    return (
        f'<row r="{row}"><c r="A{row}" s="1"><v>{(one.date - EXCEL_EPOCH).days}</v></c>'
        f'<c r="B{row}" s="1"><v>{(one.value_date - EXCEL_EPOCH).days}</v></c>'
        f'<c r="C{row}" s="2"><v>{_money(one.amount_minor)}</v></c>'
        f'<c r="D{row}" t="s"><v>{shared("EUR")}</v></c>'
        f'<c r="E{row}" t="s"><v>{shared(one.party)}</v></c>'
        f'<c r="F{row}" t="s"><v>{shared(one.text)}</v></c></row>'
    )


def _write_shared_strings(archive: zipfile.ZipFile, strings: dict[str, int]) -> None:
    def write(file: IO[bytes]) -> None:
        file.write(
            b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
            b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        )
        for text in strings:
            file.write(f"<si><t>{escape(text)}</t></si>".encode())
        file.write(b"</sst>")

    with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as file:
        write(file)


WRITERS: dict[str, tuple[str, Callable[[Path, int, int], Truth]]] = {
    "ofx": (".ofx", write_ofx),
    "camt": (".xml", write_camt),
    "mt940": (".sta", write_mt940),
    "mt940-german": (".sta", write_mt940_german),
    "qif": (".qif", write_qif),
    "bai2": (".bai", write_bai2),
    "coda": (".cod", write_coda),
    "csv": (".csv", write_csv),
    "csv-quoted": (".csv", write_csv_quoted),
    "xlsx": (".xlsx", write_xlsx),
    "jsonl": (".jsonl", write_json_lines),
}
"""Every kind of file: the ending that some peers insist on, and what writes it."""
