"""CODA: what each record becomes, totals without double counting, and every announced number."""

from __future__ import annotations

import contextlib
import datetime as dt
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import UnreadableStatement
from shared.statements import coda
from shared.statements.coda_structured import is_ogm, understood
from shared.statements.head import Head
from shared.statements.model import Line, Statement, Summary
from shared.statements.options import Options
from shared.statements.registry import read_statement_file
from shared.statements.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

IBAN = "BE68539007547034"


def record(*fields: tuple[int, str], last: str) -> str:
    """Return 128 characters; each field begins at its position, from 1, as the standard counts."""
    row = [" "] * 128
    for position, text in (*fields, (129 - len(last), last)):
        row[position - 1 : position - 1 + len(text)] = text
    assert len(row) == 128
    return "".join(row)


def digits(minor: int, unit: int = 10) -> str:
    return f"{abs(minor) * unit:015}"


def header(version: str = "2", duplicate: str = " ", application: str = "00000") -> str:
    return record(
        (1, "00000150324310" + "05"),
        (17, duplicate),
        (25, "REF0000001"),
        (35, "TIEOUT NV"),
        (61, "KREDBEBB"),
        (72, "00404483367"),
        (84, application),
        last=version,
    )


def old(minor: int = 100_000, *, currency: str = "EUR", unit: int = 10) -> str:
    return record(
        (1, "12031" + IBAN),
        (40, currency),
        (43, "1" if minor < 0 else "0"),
        (44, digits(minor, unit)),
        (59, "140324"),
        (65, "TIEOUT NV"),
        (91, "ZICHTREKENING"),
        last="052",
    )


def moved(
    minor: int,
    text: str = "",
    *,
    sequence: str = "0001",
    detail: str = "0000",
    code: str = "00150000",
    structured: bool = False,
    value: str = "150324",
    entry: str = "150324",
    level: str = "0",
    unit: int = 10,
) -> str:
    return record(
        (1, "21" + sequence + detail + "BANKREF"),
        (32, ("1" if minor < 0 else "0") + digits(minor, unit) + value + code),
        (62, "1" if structured else "0"),
        (63, text),
        (116, entry + "031" + level + "0"),
        last="0",
    )


def second(
    text: str = "", *, reference: str = "", returned: str = "", sequence: str = "0001",
    detail: str = "0000",
) -> str:  # fmt: skip
    return record(
        (1, "22" + sequence + detail), (11, text), (64, reference), (99, "GEBABEBB"),
        (113, returned), (126, "0"), last="0",
    )  # fmt: skip


def third(
    account: str = "", name: str = "", text: str = "", *, sequence: str = "0001",
    detail: str = "0000",
) -> str:  # fmt: skip
    return record(
        (1, "23" + sequence + detail), (11, account), (48, name), (83, text), (126, "0"), last="0"
    )


def new(minor: int, *, unit: int = 10) -> str:
    return record(
        (1, "8031" + IBAN), (39, "EUR"), (42, "1" if minor < 0 else "0"),
        (43, digits(minor, unit)), (58, "150324"), last="0",
    )  # fmt: skip


def trailer(count: int, debits: int, credits_: int, *, last: str = "2", unit: int = 10) -> str:
    return record(
        (1, "9"),
        (17, f"{count:06}" + digits(debits, unit) + digits(credits_, unit)),
        last=last,
    )


def file(*movements: str, net: int, debits: int = 0, credits_: int = 0) -> list[str]:
    """Return a whole statement that ties."""
    records = [header(), old(), *movements, new(100_000 + net)]
    return [*records, trailer(len(records) - 1, debits, credits_)]


def read(records: Sequence[str], encoding: str = "cp1252") -> tuple[Statement, ...]:
    return read_statement_file("".join(f"{one}\r\n" for one in records).encode(encoding)).statements


def only(records: Sequence[str]) -> Statement:
    (found,) = read(records)
    return found


def line(*movements: str, minor: int = 1250) -> Line:
    statement = only(file(*movements, net=minor, debits=max(-minor, 0), credits_=max(minor, 0)))
    assert statement.breaks == ()
    (found,) = statement.lines
    return found


def refusal(records: Sequence[str]) -> UnreadableStatement:
    with pytest.raises(UnreadableStatement) as caught:
        read(records)
    return caught.value


def test_account_balances_and_names_are_carried() -> None:
    found = only(file(moved(1250), net=1250, credits_=1250))
    assert (found.account.id, found.account.bank_id) == (IBAN, "KREDBEBB")
    assert (found.account.holder, found.account.type) == ("TIEOUT NV", "zichtrekening")
    assert (found.opening_balance_minor, found.closing_balance_minor) == (100_000, 101_250)
    assert (found.identification, found.period_end) == ("052", dt.date(2024, 3, 15))
    assert found.format == "coda-2"
    assert found.checked == (
        "number of records",
        "debit movement",
        "credit movement",
        "opening + lines = closing",
    )


def test_the_communication_runs_through_all_records_of_a_movement() -> None:
    start = "a" * 53
    found = line(
        moved(-1250, start),
        second("b" * 53, reference="CUST-1"),
        third("BE71096123456769", "Bakkerij Peeters", "c" * 43),
        minor=-1250,
    )
    assert found.description == "a" * 53 + "b" * 53 + "c" * 43
    assert (found.counterparty, found.counterparty_account) == (
        "Bakkerij Peeters",
        "BE71096123456769",
    )
    assert (found.customer_reference, found.bank_reference) == ("CUST-1", "BANKREF")
    assert (found.transaction_code, found.amount_minor) == ("00150000", -1250)
    assert ("BIC", "GEBABEBB") in found.extra


@pytest.mark.parametrize("kind", ["101", "102"])
def test_a_belgian_structured_reference_is_checked(kind: str) -> None:
    good = line(moved(1250, f"{kind}090933755493", structured=True))
    assert good.remittance_reference == "090933755493"
    assert good.description == "+++090/9337/55493+++"
    bad = line(moved(1250, f"{kind}090933755494", structured=True))
    assert bad.remittance_reference is None
    assert bad.description == "090933755494"


@given(st.integers(0, 10**10 - 1))
def test_every_reference_with_right_check_digits_is_one(number: int) -> None:
    check = number % 97 or 97
    assert is_ogm(f"{number:010}{check:02}")
    assert not is_ogm(f"{number:010}{(check + 1) % 100:02}")


def test_a_creditor_reference_and_a_mandate_have_their_fields() -> None:
    assert line(moved(1250, "100RF18539007547034", structured=True)).remittance_reference == (
        "RF18539007547034"
    )
    content = "127" + "150324" + "110" + "BE69ZZZ050D".ljust(35) + "MANDATE-1".ljust(35)
    content = (content + "February bill".ljust(62)).ljust(149)
    found = line(
        moved(-1250, content[:53], structured=True), second(content[53:106]),
        third("", "", content[106:]), minor=-1250,
    )  # fmt: skip
    assert (found.mandate_id, found.description) == ("MANDATE-1", "February bill")
    assert ("creditor identification", "BE69ZZZ050D") in found.extra


def test_a_card_payment_abroad_has_its_original_amount() -> None:
    content = (
        "113" + "521234XXXXXX8876" + "2" + "004512" + "000871" + "130324" + "1942" + "5"
        + "BRASSERIE LUMEN LONDON".ljust(26) + digits(3110) + "000117042000" + "GBP"
    ).ljust(149)  # fmt: skip
    found = line(
        moved(-3640, content[:53], structured=True), second(content[53:106]),
        third("", "", content[106:]), minor=-3640,
    )  # fmt: skip
    assert (found.original_amount_minor, found.original_currency) == (-3110, "GBP")
    assert (found.exchange_rate, found.description) == ("1.17042", "BRASSERIE LUMEN LONDON")


@given(st.text("0123456789 ABCxyz", max_size=149), st.integers(0, 999))
def test_no_structured_communication_is_lost_or_fails(content: str, kind: int) -> None:
    found = understood(f"{kind:03}", content)
    told = " ".join(
        [found.text, found.mandate or "", found.reference or "", *map(str, found.extra)]
    )
    letters = [one for one in content if one.isalpha()]
    assert all(one in told for one in letters)


def test_details_of_a_total_are_not_counted_twice() -> None:
    found = line(
        moved(-300_000, "WAGES", code="10107000", level="1"),
        moved(-180_000, "An", detail="0001", code="50105000"),
        third("BE62510007547061", "JANSSENS AN", detail="0001"),
        moved(-120_000, "Bart", detail="0002", code="50105000", level="1"),
        minor=-300_000,
    )
    assert found.amount_minor == -300_000
    assert [(one.amount_minor, one.description) for one in found.details] == [
        (-180_000, "An"),
        (-120_000, "Bart"),
    ]
    assert found.details[0].counterparty == "JANSSENS AN"


def test_details_that_do_not_come_to_their_total_are_a_break() -> None:
    found = only(
        file(
            moved(-300_000, code="10107000", level="1"),
            moved(-180_000, detail="0001", code="50105000"),
            net=-300_000,
            debits=300_000,
        )
    )
    assert [(one.total, one.position) for one in found.breaks] == [("sum of details", 3)]


def test_detail_numbers_may_run_over() -> None:
    found = line(
        moved(-2, code="10107000"),
        moved(-1, detail="9999", code="50105000"),
        moved(-1, detail="0000", code="50105000"),
        minor=-2,
    )
    assert len(found.details) == 2


def test_a_separate_application_holds_details_that_count() -> None:
    records = [
        header(application="00100"), old(),
        moved(100, detail="0001", code="60150000"), moved(200, detail="0002", code="60150000"),
        new(100_300), trailer(4, 0, 300),
    ]  # fmt: skip
    assert [one.amount_minor for one in only(records).lines] == [100, 200]


@pytest.mark.parametrize(
    ("value", "entry", "expected"),
    [
        ("150324", "160324", (dt.date(2024, 3, 16), dt.date(2024, 3, 15))),
        ("000000", "160324", (dt.date(2024, 3, 16), None)),
        ("150324", "000000", (dt.date(2024, 3, 15), dt.date(2024, 3, 15))),
        ("311299", "311299", (dt.date(1999, 12, 31), dt.date(1999, 12, 31))),
    ],
)
def test_dates_are_day_month_year(
    value: str, entry: str, expected: tuple[dt.date, dt.date]
) -> None:
    found = line(moved(1250, value=value, entry=entry))
    assert (found.date, found.value_date) == expected


@pytest.mark.parametrize("code", [("1", "reject"), ("2", "return"), ("4", "reversal")])
def test_r_transactions_are_reversals(code: tuple[str, str]) -> None:
    found = line(moved(-1250), second(returned=f"{code[0]}AC04"), minor=-1250)
    assert found.is_reversal
    assert ("R-transaction", code[1]) in found.extra
    assert ("return reason", "AC04") in found.extra


def test_information_records_are_kept_and_fill_what_is_missing() -> None:
    about = record((1, "3100010000BANKREF"), (32, "00150000"), (40, "1"),
                   (41, "001Maria Lambert"), (126, "1"), last="0")  # fmt: skip
    street = record((1, "3200010000Rue Neuve 1"), (126, "0"), last="0")
    free = record((1, "3100010000BANKREF"), (40, "0"), (41, "Rent of May"), last="0")
    found = line(moved(1250), about, street, free)
    assert (found.counterparty, found.description) == ("Maria Lambert", "Rent of May")
    assert ("information 001", "Maria Lambert Rue Neuve 1") in found.extra


def with_communications(count: int) -> list[str]:
    return [
        header(duplicate="D"),
        old(),
        new(100_000),
        record((1, "4"), (3, "00010000"), (33, "We are closed"), last="1"),
        record((1, "4"), (3, "00010001"), (33, "on Friday"), last="0"),
        trailer(count, 0, 0),
    ]


def test_free_communications_and_a_duplicate_are_told() -> None:
    found = only(with_communications(2))
    assert any("duplicate" in one for one in found.warnings)
    assert any("no movements" in one for one in found.warnings)
    assert ("free communication", "We are closed on Friday") in found.extra


@pytest.mark.parametrize(("count", "breaks"), [(2, 0), (4, 0), (3, 1)])
def test_free_communications_may_count_as_records_or_not(count: int, breaks: int) -> None:
    assert len(only(with_communications(count)).breaks) == breaks


def test_version_one_has_its_own_columns() -> None:
    records = [
        header(version="1"),
        record((1, "1"), (6, "539007547034"), (19, "EUR"), (43, "0" + digits(100)), (59, "140324"),
               last="001"),
        moved(1250),
        record((1, "2300010000001234567862"), (48, "LAMBERT MARIE"), (74, "RUE NEUVE 1"), last="0"),
        record((1, "8"), (5, "539007547034"), (42, "0" + digits(1350)), (58, "150324"), last="0"),
        trailer(4, 0, 1250),
    ]  # fmt: skip
    found = only(records)
    (one,) = found.lines
    assert (found.format, found.account.id, found.breaks) == ("coda-1", "539007547034", ())
    assert (one.counterparty, one.counterparty_account) == ("LAMBERT MARIE", "001234567862")
    assert ("counterparty address", "RUE NEUVE 1") in one.extra


def test_currencies_have_their_own_decimals() -> None:
    records = [header(), old(2_000_125, currency="KWD", unit=1), moved(1001, unit=1),
               new(2_001_126, unit=1), trailer(3, 0, 1001, unit=1)]  # fmt: skip
    (one,) = only(records).lines
    assert (one.amount_minor, one.currency) == (1001, "KWD")
    assert (
        "decimals"
        in refusal([header(), old(100_001, currency="JPY", unit=1), trailer(1, 0, 0)]).reason
    )


def test_letters_are_latin() -> None:
    records = file(moved(1250), third("", "Café Königs"), net=1250, credits_=1250)
    latin, utf8 = read(records), read(records, "utf-8")
    assert latin[0].lines[0].counterparty == "Café Königs"
    assert latin[0].lines == utf8[0].lines
    assert latin[0].warnings == ()


@pytest.mark.parametrize(
    ("index", "changed", "total", "position"),
    [
        (3, new(101_251), "new balance", 4),
        (4, trailer(4, 0, 1250), "number of records", 5),
        (4, trailer(3, 1, 1250), "debit movement", 5),
        (4, trailer(3, 0, 1251), "credit movement", 5),
    ],
)
def test_every_announced_total_is_checked(
    index: int, changed: str, total: str, position: int
) -> None:
    records = file(moved(1250), net=1250, credits_=1250)
    records[index] = changed
    assert [(one.total, one.position) for one in only(records).breaks] == [(total, position)]


def test_several_statements_stand_in_one_file() -> None:
    first = file(moved(1250), net=1250, credits_=1250)
    first[-1] = first[-1][:-1] + "1"
    both = read([*first, *file(net=0)])
    assert [one.lines_count for one in both] == [1, 0]
    (alone,) = read(first)
    assert any("announces another statement" in one for one in alone.warnings)


def test_a_missing_end_is_a_break_also_between_statements() -> None:
    whole = file(moved(1250), net=1250, credits_=1250)
    cut, after = read([*whole[:3], *whole])
    reasons = [one.reason for one in cut.breaks]
    assert any("record (9)" in one for one in reasons)
    assert any("record (8)" in one for one in reasons)
    assert after.breaks == ()


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([header(version="3")], "version code"),
        ([header(), trailer(0, 0, 0)], "no old balance"),
        ([header(), old(), second()], "continues the movement"),
        ([header(), old(), moved(1), second(sequence="0002")], "continues the movement"),
        ([header(), old(), moved(1), second(), second()], "has one already"),
        ([header(), old(), moved(1, detail="0001")], "belongs to no movement"),
        ([header(), old(), "5" * 128], "begins no CODA record"),
        ([header(), moved(1)], "before the old balance"),
        ([header(), old(), new(1), moved(1)], "after the new balance"),
        ([header(), old(), moved(1, value="300224")], "no date that exists"),
        ([header(), old(), moved(1)[:100]], "100 characters"),
        ([header(), old(), moved(1) + "x"], "129 characters"),
        ([header(), old(), moved(1, unit=1)], "more decimals"),
        ([header(), old(), moved(1)[:31] + "2" + moved(1)[32:]], "sign"),
        ([header(), old(), moved(1)[:32] + "NaN" + moved(1)[35:]], "fifteen digits"),
    ],
)
def test_damage_is_refused_with_its_line(records: list[str], reason: str) -> None:
    error = refusal(records)
    assert reason in error.reason
    assert error.line == len(records)


def test_blank_lines_and_blanks_behind_a_record_are_no_damage() -> None:
    records = file(moved(1250), net=1250, credits_=1250)
    padded = [f"{one}   " for one in records]
    assert read(["", *padded, "", " "])[0].lines[0].amount_minor == 1250


def test_other_files_are_not_recognised() -> None:
    for text in ("", "0000", "000001503243105X", "01,021000021,X/", "12031" + IBAN):
        assert not coda.recognises(Head(text.encode(), text))


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(-(10**11), 10**11), max_size=8))
def test_any_movements_come_to_their_totals(found: list[int]) -> None:
    movements = [moved(one, sequence=f"{index + 1:04}") for index, one in enumerate(found)]
    statement = only(
        file(
            *movements,
            net=sum(found),
            debits=-sum(one for one in found if one < 0),
            credits_=sum(one for one in found if one > 0),
        )
    )
    assert [one.amount_minor for one in statement.lines] == found
    assert statement.breaks == ()


WHOLE = "\n".join(file(moved(1250, "Rent"), second(), third(), net=1250, credits_=1250)).encode()


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=130), st.integers(0, len(WHOLE)), st.integers(0, 130))
def test_any_bytes_end_in_statements_or_a_refusal(noise: bytes, at: int, cut: int) -> None:
    with contextlib.suppress(UnreadableStatement):
        for event in coda.read(Source.of_bytes(WHOLE[:at] + noise + WHOLE[at + cut :]), Options()):
            assert isinstance(event, (list, Summary))
