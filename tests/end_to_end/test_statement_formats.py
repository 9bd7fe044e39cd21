"""Files of other formats than a browser's export, dropped into S3 as a bank's robot would."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest
from test_main_road import OFX, arrived
from waiting import wait_until

if TYPE_CHECKING:
    from conftest import Deployment

    from shared.books.model import Ledger

CAMT = b"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt>
<GrpHdr><MsgId>20260131-1</MsgId><CreDtTm>2026-02-01T02:00:00</CreDtTm></GrpHdr>
<Stmt><Id>2026-01</Id>
<Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1000.00</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">1160.55</Amt>
<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-01-31</Dt></Dt></Bal>
<Ntry><Amt Ccy="EUR">250.55</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-01-12</Dt></BookgDt><ValDt><Dt>2026-01-12</Dt></ValDt>
<AcctSvcrRef>BANK-0001</AcctSvcrRef>
<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>
<NtryDtls><TxDtls><Refs><EndToEndId>INV-2026-17</EndToEndId></Refs>
<RltdPties><Dbtr><Pty><Nm>Lindqvist Tools AB</Nm></Pty></Dbtr>
<DbtrAcct><Id><IBAN>SE4550000000058398257466</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>Invoice 17</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="EUR">90.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><Dt>2026-01-20</Dt></BookgDt><ValDt><Dt>2026-01-20</Dt></ValDt>
<AddtlNtryInf>Office rent share</AddtlNtryInf></Ntry>
<Ntry><Amt Ccy="EUR">33.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts>
<BookgDt><Dt>2026-01-31</Dt></BookgDt><AddtlNtryInf>Card, not booked yet</AddtlNtryInf></Ntry>
</Stmt></BkToCstmrStmt></Document>
"""

MT940 = b"""{1:F01BANKDEFFXXXX0000000000}{2:I940BANKDEFFXXXXN}{4:
:20:STARTUMSE
:25:37040044/0532013000
:28C:00001/001
:60F:C260101EUR1000,00
:61:2601120112C250,55NTRFINV-2026-17//BANK-0001
:86:166?00SEPA credit?20EREF+INV-2026-17?21SVWZ+Invoice 17?32Lindqvist Tools AB
:61:2601200120D90,00NMSCNONREF
:86:Office rent share
:62F:C260131EUR1160,55
-}
"""

RIGHT_CLOSING, WRONG_CLOSING = b'<Amt Ccy="EUR">1160.55</Amt>', b'<Amt Ccy="EUR">1161.55</Amt>'


def stored(deployment: Deployment, ledger: Ledger) -> dict[str, Any]:
    (found,) = deployment.client.get("/statements", ledger_id=ledger.id)["data"]
    return dict(found)


@pytest.mark.parametrize(
    ("name", "data", "format_"),
    [("january.xml", CAMT, "camt.053.001.08"), ("january.sta", MT940, "mt940")],
    ids=["CAMT", "MT940"],
)
def test_a_dropped_bank_message_becomes_a_reconciliation(
    deployment: Deployment, euro_ledger: Ledger, name: str, data: bytes, format_: str
) -> None:
    deployment.drop(euro_ledger, name, data)
    found = arrived(deployment, euro_ledger)
    assert found["status"] == "ai_matched", found["failure_reason"]
    assert (found["opening_balance"], found["closing_balance"]) == (100000, 116055)
    statement = stored(deployment, euro_ledger)
    assert (statement["format"], statement["line_count"]) == (format_, 2)
    whole = deployment.client.matches(found["id"])
    credit, debit = whole["unmatched_statement_txns"]
    assert (credit["amount"], debit["amount"]) == (25055, -9000)
    assert credit["counterparty"] == "Lindqvist Tools AB"
    assert (credit["end_to_end_id"], credit["reference"]) == ("INV-2026-17", "INV-2026-17")
    assert credit["bank_reference"] == "BANK-0001"
    assert debit["description"] == "Office rent share"


def test_lines_that_are_pending_are_named_and_left_out(
    deployment: Deployment, euro_ledger: Ledger
) -> None:
    deployment.drop(euro_ledger, "january.xml", CAMT)
    found = arrived(deployment, euro_ledger)
    assert found["summary"]["total"] == 2
    warnings = stored(deployment, euro_ledger)["warnings"]
    assert [one for one in warnings if one.startswith("1 pending line was left out")]


def test_a_packed_file_is_read_as_what_is_in_it(deployment: Deployment, ledger: Ledger) -> None:
    deployment.drop(ledger, "january.ofx.gz", gzip.compress(OFX))
    found = arrived(deployment, ledger)
    assert found["status"] == "ai_matched", found["failure_reason"]
    statement = stored(deployment, ledger)
    assert (statement["format"], statement["status"]) == ("ofx-sgml", "parsed")
    assert statement["line_count"] == found["summary"]["total"] > 0


def test_a_closing_balance_that_does_not_follow_is_listed_as_refused_and_leaves_no_lines(
    deployment: Deployment, euro_ledger: Ledger
) -> None:
    before = deployment.stores.books.last_number(deployment.business_id, "lines")
    broken = CAMT.replace(RIGHT_CLOSING, WRONG_CLOSING)
    assert broken != CAMT
    deployment.drop(euro_ledger, "january.xml", broken)

    def refused() -> dict[str, Any] | None:
        found = deployment.client.get("/statements", ledger_id=euro_ledger.id)["data"]
        return found[0] if found and found[0]["status"] != "received" else None

    statement = wait_until(refused, "a refused statement")
    assert (statement["status"], statement["line_count"]) == ("refused", None)
    for told in ("closing balance", "1160.55", "1161.55"):
        assert told in statement["reason"]
    assert deployment.stores.books.last_number(deployment.business_id, "lines") == before
    assert deployment.client.get("/reconciliations", ledger_id=euro_ledger.id)["data"] == []
