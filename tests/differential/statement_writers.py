"""Statements with their truth, written in each format by the plainest code that does it.

Nothing here is shared with the parsers or with ``bench``: three writers that agree by copying would
prove nothing. What a peer reads wrongly is left out of what is generated; each such case says so
beside the strategy (measured with the versions in ``requirements-dev.txt``).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from xml.sax.saxutils import escape

from hypothesis import strategies as st

CURRENCY = "EUR"

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True)
class Entry:
    """One movement."""

    date: dt.date
    amount_minor: int
    name: str
    text: str
    reference: str


@dataclass(frozen=True)
class Truth:
    """One account's statement."""

    account: str
    opening_minor: int
    entries: tuple[Entry, ...]

    @property
    def closing_minor(self) -> int:
        return self.opening_minor + sum(one.amount_minor for one in self.entries)


def words(alphabet: str, longest: int) -> st.SearchStrategy[str]:
    """Text on one line with single spaces, as every reader cleans it."""
    return st.text(alphabet, min_size=1, max_size=longest).map(
        lambda text: " ".join(("x" + text).split())[:longest].strip()
    )


# Edges first: a cent, whole units, the largest amounts that all peers hold exactly.
AMOUNTS = st.one_of(
    st.sampled_from([1, -1, 10, -10, 100, -100, 99_999_999_999, -99_999_999_999]),
    st.integers(-99_999_999_999, 99_999_999_999),
    st.integers(-10_000, 10_000),
)
DATES = st.dates(dt.date(2001, 1, 1), dt.date(2049, 12, 31))


def truths(
    *,
    alphabet: str,
    name_longest: int = 32,
    text_longest: int = 60,
    zero: bool = True,
    accounts_max: int = 3,
    dates: st.SearchStrategy[dt.date] = DATES,
    entries_min: int = 0,
) -> st.SearchStrategy[list[Truth]]:
    """Statements of one to some accounts, each account once."""
    amounts = AMOUNTS if zero else AMOUNTS.filter(bool)
    entry = st.builds(
        Entry,
        dates,
        amounts,
        words(alphabet, name_longest),
        words(alphabet, text_longest),
        st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=1, max_size=11).map("R".__add__),
    )
    statement = st.builds(
        Truth,
        st.integers(10**8, 10**9 - 1).map(str),
        st.integers(0, 10**12),
        st.lists(entry, min_size=entries_min, max_size=8).map(tuple),
    )
    return st.lists(statement, min_size=1, max_size=accounts_max, unique_by=lambda one: one.account)


def decimal(minor: int, mark: str = ".") -> str:
    """Return minor units as text with two decimals."""
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}{mark}{abs(minor) % 100:02}"


def _number(truth: Truth, at: int) -> str:
    return f"{truth.account}-{at}"


def ofx_sgml(statements: list[Truth]) -> bytes:
    """OFX 1.0.2 in Windows-1252, leaves without end tags."""
    header = (
        "OFXHEADER:100", "DATA:OFXSGML", "VERSION:102", "SECURITY:NONE", "ENCODING:USASCII",
        "CHARSET:1252", "COMPRESSION:NONE", "OLDFILEUID:NONE", "NEWFILEUID:NONE", "", "",
    )  # fmt: skip
    return ("\r\n".join(header) + _ofx_body(statements, xml=False)).encode("cp1252")


def ofx_xml(statements: list[Truth]) -> bytes:
    """OFX 2.1.1 in UTF-8, every element closed."""
    header = (
        '<?xml version="1.0" encoding="UTF-8" standalone="no"?>\n<?OFX OFXHEADER="200" '
        'VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n'
    )
    return (header + _ofx_body(statements, xml=True)).encode()


def _ofx_body(statements: list[Truth], *, xml: bool) -> str:
    def leaf(tag: str, value: str) -> str:
        return f"<{tag}>{escape(value)}" + (f"</{tag}>" if xml else "\n")

    def status() -> str:
        return f"<STATUS>{leaf('CODE', '0')}{leaf('SEVERITY', 'INFO')}</STATUS>"

    def entry(truth: Truth, at: int, one: Entry) -> str:
        return (
            f"<STMTTRN>{leaf('TRNTYPE', 'CREDIT' if one.amount_minor >= 0 else 'DEBIT')}"
            f"{leaf('DTPOSTED', f'{one.date:%Y%m%d}')}{leaf('TRNAMT', decimal(one.amount_minor))}"
            f"{leaf('FITID', _number(truth, at))}{leaf('REFNUM', one.reference)}"
            f"{leaf('NAME', one.name)}{leaf('MEMO', one.text)}</STMTTRN>"
        )

    def statement(truth: Truth) -> str:
        entries = "".join(entry(truth, at, one) for at, one in enumerate(truth.entries))
        return (
            f"<STMTTRNRS>{leaf('TRNUID', truth.account)}{status()}"
            f"<STMTRS>{leaf('CURDEF', CURRENCY)}"
            f"<BANKACCTFROM>{leaf('BANKID', '37040044')}{leaf('ACCTID', truth.account)}"
            f"{leaf('ACCTTYPE', 'CHECKING')}</BANKACCTFROM>"
            f"<BANKTRANLIST>{leaf('DTSTART', '20010101')}{leaf('DTEND', '20491231')}{entries}"
            f"</BANKTRANLIST><LEDGERBAL>{leaf('BALAMT', decimal(truth.closing_minor))}"
            f"{leaf('DTASOF', '20491231')}</LEDGERBAL></STMTRS></STMTTRNRS>"
        )

    return (
        f"<OFX><SIGNONMSGSRSV1><SONRS>{status()}{leaf('DTSERVER', '20491231')}"
        f"{leaf('LANGUAGE', 'ENG')}</SONRS></SIGNONMSGSRSV1><BANKMSGSRSV1>"
        + "".join(map(statement, statements))
        + "</BANKMSGSRSV1></OFX>\n"
    )


def mt940(statements: list[Truth]) -> bytes:
    """MT940, one message an account, free text in field 86."""
    return "".join(map(_mt940_statement, statements)).encode()


def _mt940_statement(truth: Truth) -> str:
    entries = "".join(
        f":61:{one.date:%y%m%d}{one.date:%m%d}{'D' if one.amount_minor < 0 else 'C'}"
        f"{decimal(abs(one.amount_minor), ',')}NTRF{one.reference}//B{at}\r\n:86:{one.text}\r\n"
        for at, one in enumerate(truth.entries)
    )

    def balance(tag: str, minor: int, date: str) -> str:
        mark = "D" if minor < 0 else "C"
        return f":{tag}:{mark}{date}{CURRENCY}{decimal(abs(minor), ',')}\r\n"

    first = min((one.date for one in truth.entries), default=dt.date(2024, 1, 1))
    last = max((one.date for one in truth.entries), default=first)
    return (
        f":20:S{truth.account}\r\n:25:37040044/{truth.account}\r\n:28C:1/1\r\n"
        + balance("60F", truth.opening_minor, f"{first:%y%m%d}")
        + entries
        + balance("62F", truth.closing_minor, f"{last:%y%m%d}")
        + "-\r\n"
    )


def qif(statements: list[Truth], *, month_first: bool) -> bytes:
    """QIF with an account list before each account's entries."""
    form = "%m/%d/%Y" if month_first else "%d/%m/%Y"
    return "".join(
        f"!Account\nN{truth.account}\nTBank\n^\n!Type:Bank\n"
        + "".join(
            f"D{one.date.strftime(form)}\nT{decimal(one.amount_minor)}\nN{one.reference}\n"
            f"P{one.name}\nM{one.text}\n^\n"
            for one in truth.entries
        )
        for truth in statements
    ).encode()


def bai2(statements: list[Truth]) -> bytes:
    """BAI2, one group a date of entries (a group has one date), each with its accounts."""
    groups = []
    records = 1
    file_total = 0
    for truth in statements:
        dates = dict.fromkeys(one.date for one in truth.entries)
        for date in dates:
            entries = [one for one in truth.entries if one.date == date]
            total = sum(abs(one.amount_minor) for one in entries)
            body = "".join(
                f"16,{'195' if one.amount_minor >= 0 else '495'},{abs(one.amount_minor)},Z,B1,"
                f"{one.reference},{one.text}\n"
                for one in entries
            )
            count = len(entries) + 2
            groups.append(
                f"02,TIEOUT,121000248,1,{date:%y%m%d},2359,{CURRENCY},2/\n"
                f"03,{truth.account},{CURRENCY},,,,/\n{body}49,{total},{count}/\n"
                f"98,{total},1,{count + 2}/\n"
            )
            records += count + 2
            file_total += total
    return (
        "01,121000248,TIEOUT,491231,0800,1,,,2/\n"
        + "".join(groups)
        + f"99,{file_total},{len(groups)},{records + 1}/\n"
    ).encode()


def camt053(statements: list[Truth], version: str) -> bytes:
    """CAMT.053, one ``Stmt`` an account, one ``TxDtls`` an entry."""
    bodies = "".join(_camt_statement(truth, version) for truth in statements)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>'
        f"<GrpHdr><MsgId>M</MsgId><CreDtTm>2049-12-31T08:00:00</CreDtTm></GrpHdr>{bodies}"
        "</BkToCstmrStmt></Document>"
    ).encode()


def _camt_statement(truth: Truth, version: str) -> str:
    def balance(code: str, minor: int) -> str:
        return (
            f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>"
            f'<Amt Ccy="{CURRENCY}">{decimal(abs(minor))}</Amt>'
            f"<CdtDbtInd>{'DBIT' if minor < 0 else 'CRDT'}</CdtDbtInd>"
            "<Dt><Dt>2049-12-31</Dt></Dt></Bal>"
        )

    def entry(one: Entry) -> str:
        # From version 08 on a status is a code in an element, and a party is a choice.
        later = version >= "08"
        status = "<Cd>BOOK</Cd>" if later else "BOOK"
        party = f"<Nm>{escape(one.name)}</Nm>"
        party = f"<Pty>{party}</Pty>" if later else party
        credit = one.amount_minor >= 0
        role = "Dbtr" if credit else "Cdtr"
        return (
            f'<Ntry><Amt Ccy="{CURRENCY}">{decimal(abs(one.amount_minor))}</Amt>'
            f"<CdtDbtInd>{'CRDT' if credit else 'DBIT'}</CdtDbtInd><Sts>{status}</Sts>"
            f"<BookgDt><Dt>{one.date}</Dt></BookgDt><ValDt><Dt>{one.date}</Dt></ValDt>"
            f"<AcctSvcrRef>{one.reference}</AcctSvcrRef>"
            "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn>"
            f"</BkTxCd><NtryDtls><TxDtls><Refs><EndToEndId>E{one.reference}</EndToEndId></Refs>"
            f"<RltdPties><{role}>{party}</{role}></RltdPties>"
            f"<RmtInf><Ustrd>{escape(one.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
        )

    return (
        f"<Stmt><Id>S{truth.account}</Id><CreDtTm>2049-12-31T08:00:00</CreDtTm>"
        f"<Acct><Id><Othr><Id>{truth.account}</Id></Othr></Id><Ccy>{CURRENCY}</Ccy></Acct>"
        + balance("OPBD", truth.opening_minor)
        + balance("CLBD", truth.closing_minor)
        + "".join(map(entry, truth.entries))
        + "</Stmt>"
    )
