"""BAI2: by columns as one by one, type codes, funds types, continuations, trailers, damage."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from bai2 import bai2 as peer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import UnreadableStatement
from shared.statements import bai2, bai2_movements
from shared.statements import text as text_module
from shared.statements.bai2_types import SIGNS, sign_of
from shared.statements.model import Line, Statement, Summary, with_lines
from shared.statements.options import Options
from shared.statements.registry import read_statement_file
from shared.statements.source import Source
from shared.statements.text import Block

GOLDEN = Path(__file__).parents[2] / "golden" / "bai2"
READ = sorted(
    path
    for path in GOLDEN.iterdir()
    if path.suffix == ".bai" and not path.name.startswith("refused")
)


def statements(data: bytes | str, currency: str | None = None) -> list[Statement]:
    source = Source.of_bytes(data.encode() if isinstance(data, str) else data)
    found: list[Statement] = []
    lines: list[Line] = []
    for event in bai2.read(source, Options(currency)):
        if isinstance(event, Summary):
            found.append(with_lines(event, tuple(lines)))
            lines = []
        else:
            lines += event
    return found


def file(*records: str, states: str = "", control: int = 0, currency: str = "USD") -> str:
    """Return a file of one account whose trailers count its records and sum ``control``."""
    own = [f"03,123,{currency}{states}/", *records]
    count = sum(one.count("\n") + 1 for one in own) + 1
    return "\n".join(
        [
            "01,BANK,CLIENT,240131,0700,1,,,2/",
            f"02,CLIENT,BANK,1,240130,2359,{currency},2/",
            *own,
            f"49,{control},{count}/",
            f"98,{control},1,{count + 2}/",
            f"99,{control},1,{count + 4}/",
            "",
        ]
    )


def sole(record: str, control: int, currency: str = "USD") -> Line:
    found = statements(file(record, control=control, currency=currency))[0]
    assert found.breaks == ()
    return found.lines[0]


fragments = st.text(alphabet="AB1 ,/:-ü\u00a0", max_size=12)
records = st.tuples(
    st.sampled_from(["195", "475", "108", "925", "760", "890", "910", "16"]),
    st.sampled_from(["100", "000000000012500", "-5", "+7", "", "12.5"]),
    st.sampled_from(
        ["", "Z", "0", "1", "V,240131,", "V,240131,0900", "V,,", "S,1,2,3", "D,1,0,5", "X"]
    ),
    st.sampled_from(["", "BR1", " BR2 "]),
    st.sampled_from(["", "CR1", "1042"]),
    st.one_of(st.none(), fragments),
    st.lists(st.one_of(fragments, st.sampled_from(["EREF: E1", "CRNM: Jane"])), max_size=2),
).map(
    lambda one: ",".join(["16", *one[:5], *([one[5]] if one[5] is not None else [])])
    + "".join(f"\n88,{more}" for more in one[6])
)  # fmt: skip
usual = st.tuples(
    st.sampled_from(["195", "475", "108"]),
    st.sampled_from(["100", "-5", "+000000000000007"]),
    st.sampled_from(
        ["Z", "", "V,240131,0900", "V,240131,", "S,1,2,3", "S,1\n88,,3", "D,1,0,5", "1"]
    ),
    st.sampled_from([",", "\n88,", "/\n88,", " / \n88,"]),
    fragments,
    st.lists(
        st.one_of(
            fragments, st.sampled_from(["EREF: E1", " CRNM: Jane  Doe", "DACT:1", "ABCD:x/"])
        ),
        max_size=3,
    ),
).map(
    lambda one: (
        f"16,{one[0]},{one[1]},{one[2]},BR{one[3]}1042,{one[4]}"
        + "".join(f"\n88,{more}" for more in one[5])
    )
)
odd = st.sampled_from(
    ["16,195,5,Z,B,C,a\n88:b", "16,195,5,Z,B,C,a\n\n88,b", "16,195,5,Z,B,C,a\n88", "16/",
     "16,195,5,Z,B,C,a\t", "16,195,5,Z,B,C,a//", "16,195,5,Z,B,C,a/ / ", "16,195,5,Z,B,C,a\n  \n",
     "16,890,,,,,NOTICE", "16,195,000000000000000005,Z,B,C,a", "16,195,5,V,240230,,B,C,a"]
)  # fmt: skip


def outcome(text: str) -> object:
    try:
        return statements(text)
    except UnreadableStatement as error:
        return error.reason, error.line


@given(
    entries=st.one_of(
        st.lists(usual, min_size=1, max_size=8),
        st.lists(st.one_of(usual, usual, records, odd), min_size=1, max_size=8),
    ),
    least=st.sampled_from([1, 4]),
)
@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_reading_by_columns_gives_what_reading_one_by_one_gives(
    entries: list[str], least: int
) -> None:
    text = file(*entries)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bai2_movements, "COLUMNS_MIN", least)
        found = outcome(text)
        patch.setattr(bai2, "read_movements", lambda run, line, _, read_run: read_run(run, line))
        assert outcome(text) == found


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return which records were not read by columns."""
    found: list[str] = []

    def movement(record: bai2_movements.Record, account: bai2_movements.Balances) -> Line:
        found.append("\n88,".join(record.parts))
        return bai2_movements.read_movement(record, account)

    monkeypatch.setattr(bai2, "read_movement", movement)
    return found


BY_COLUMNS = {
    "text with commas and slashes": "16,195,100,Z,B1,C1,TEXT, WITH A/B, COMMA/",
    "continued text": "16,475,100,0,B1,1042,CHECK/\n88,MORE, AND/   \n88,MORE",
    "funds type V": "16,108,100,V,240131,0900,B1,C1,TEXT",
    "funds type S": "16,115,100,S,50,30,20,B1,C1,TEXT",
    "funds type D": "16,115,100,D,2,0,70,1,30,B1,C1,TEXT",
    "no references": "16,409,000000000000100,V,240131,,,,MACLEOD MALL        /",
    "plus sign": "16,195,+000000000000000100,,,,TEXT",
    "minus sign": "16,195,-100,Z,B1,C1",
    "fields that go on": "16,195,100,S,50/\n88,50,0,B1,C1/\n88,TEXT/",
    "lines with words": "16,447,100,,B1,C1,ACH\n88,EREF: E1\n88,CRNM: JANE\n88,SPARE: x",
    "other letters": "16,195,100,Z,B1,C1,ŻÓŁĆ",
}


@pytest.mark.parametrize("entry", BY_COLUMNS.values(), ids=BY_COLUMNS)
def test_usual_movements_are_read_by_columns(
    entry: str, slow: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = file(*[entry] * 20)
    found = statements(text)
    assert slow == []
    monkeypatch.setattr(bai2, "read_movements", lambda run, line, _, read_run: read_run(run, line))
    assert statements(text) == found
    assert len(slow) == 20


def test_only_what_is_unusual_among_movements_is_read_one_by_one(slow: list[str]) -> None:
    entries = [entry for entry in BY_COLUMNS.values() for _ in range(9)]
    entries[40:40] = ["16,890,,,,,NOTICE", "16,195,5,Z,B,C,a\tb"]
    text = file(*entries, "16,195,5,Z,B,C,a\n\n88,b")
    found = statements(text)[0]
    assert slow == ["890,,,,,NOTICE", "195,5,Z,B,C,a\tb", "195,5,Z,B,C,a\n88,b"]
    assert [line.index for line in found.lines] == list(range(len(found.lines)))
    rows = text.split("\n")
    assert all(rows[line.position - 1].startswith("16,") for line in found.lines)


def test_a_usual_block_has_its_positions_and_dates() -> None:
    entries = ["16,195,100,Z,B1,C1,TEXT, WITH COMMA/", "16,475,50,V,240131,,B2,1042/\n88,CHECK"]
    found = statements(file(*entries * 300, control=45_000))[0]
    assert found.breaks == ()
    assert len(found.lines) == 600
    assert [line.position for line in found.lines[:3]] == [4, 5, 7]
    assert found.lines[1].check_number == "1042"
    assert found.lines[1].value_date == dt.date(2024, 1, 31)


@pytest.mark.parametrize(
    ("code", "sign"),
    [("100", 1), ("399", 1), ("400", -1), ("699", -1), ("920", 1), ("959", 1), ("960", -1),
     ("999", -1), ("721", 1), ("760", -1), ("827", 1), ("828", -1)],
)  # fmt: skip
def test_the_range_of_the_type_code_gives_the_side(code: str, sign: int) -> None:
    assert sign_of(code) == SIGNS[code] == sign


@pytest.mark.parametrize("code", ["010", "099", "700", "799", "899", "900", "919", "1000", "x", ""])
def test_a_type_code_without_side_is_refused(code: str) -> None:
    assert code not in SIGNS
    with pytest.raises(UnreadableStatement, match="none of a movement"):
        sign_of(code)


def test_a_negative_amount_turns_the_side() -> None:
    assert sole("16,195,-500,Z,B,C,X/", -500).amount_minor == -500
    assert sole("16,475,-500,Z,B,C,X/", -500).amount_minor == 500


def test_a_notice_has_no_money_and_is_information() -> None:
    line = sole("16,890,,,B,C,NOTICE/", 0)
    assert (line.amount_minor, line.status, line.description) == (0, "information", "NOTICE")


@pytest.mark.parametrize(
    ("amount", "currency", "shown"), [("1200", "JPY", 1200), ("1200", "KWD", 1200)]
)
def test_decimals_are_implied_by_the_currency(amount: str, currency: str, shown: int) -> None:
    line = sole(f"16,195,{amount},Z,B,C,X/", int(amount), currency)
    assert (line.amount_minor, line.currency) == (shown, currency)


def test_the_currency_is_the_accounts_then_the_groups_then_the_callers_then_dollars() -> None:
    text = file("16,195,1,Z,B,C,X/", control=1)
    assert statements(text.replace("03,123,USD", "03,123,EUR"))[0].account.currency == "EUR"
    without = text.replace("03,123,USD", "03,123,")
    assert statements(without.replace("2359,USD", "2359,CAD"))[0].account.currency == "CAD"
    without = without.replace("2359,USD", "2359,")
    assert statements(without, "GBP")[0].account.currency == "GBP"
    assert statements(without)[0].account.currency == "USD"


@pytest.mark.parametrize(
    ("record", "description", "bank", "own"),
    [
        ("16,195,5,Z,B,C,a, b/c, d/", "a, b/c, d", "B", "C"),
        ("16,195,5,Z,B,C,a/\n88,b/", "a b", "B", "C"),
        ("16,195,5,Z,B,C/\n88,text", "text", "B", "C"),
        ("16,195,5,Z/\n88,B,C/\n88,text", "text", "B", "C"),
        ("16,195,5,S,1,2/\n88,2,B,C,text", "text", "B", "C"),
        ("16,195,5,,,", "", None, None),
        ("16,195,5", "", None, None),
        ("16,195,5,Z,B,C,padded        /      ", "padded", "B", "C"),
        ("16,195,5,Z,,,,leading comma", ",leading comma", None, None),
    ],
)
def test_fields_and_text_run_on_over_continuations(
    record: str, description: str, bank: str | None, own: str | None
) -> None:
    line = sole(record, 5)
    assert (line.description, line.bank_reference, line.customer_reference) == (
        description,
        bank,
        own,
    )


@pytest.mark.parametrize(
    ("funds", "value_date", "extra"),
    [
        ("V,240202,0900", dt.date(2024, 2, 2), (("value time", "0900"),)),
        ("V,240202,", dt.date(2024, 2, 2), ()),
        ("V,,", None, ()),
        ("1", None, (("funds type", "1"),)),
        ("S,3,2,0", None, (("immediate", "3"), ("in one day", "2"), ("in two days or more", "0"))),
        ("D,2,0,3,1,2", None, (("in 0 days", "3"), ("in 1 days", "2"))),
    ],
)
def test_the_funds_type_says_when_money_is_available(
    funds: str, value_date: dt.date | None, extra: tuple[tuple[str, str], ...]
) -> None:
    line = sole(f"16,195,5,{funds},B,C,text/", 5)
    assert (line.value_date, line.extra) == (value_date, extra)
    assert (line.bank_reference, line.description) == ("B", "text")


def test_every_total_that_does_not_hold_is_a_break_at_its_record() -> None:
    text = file("16,195,500,Z,B,C,X/", states=",010,100,,,015,700,,,100,400,1,", control=1700)
    found = statements(text)[0]
    assert [(one.total, one.position) for one in found.breaks] == [
        ("total credits", 3),
        ("closing balance", 3),
    ]
    for record, name in (("49", "account"), ("98", "group"), ("99", "file")):
        damaged = text.replace(f"\n{record},1700", f"\n{record},1701")
        totals = [(one.total, one.position) for one in statements(damaged)[0].breaks]
        line = (
            text.split("\n").index(next(one for one in text.split("\n") if one.startswith(record)))
            + 1
        )
        assert (f"{name} control total", line) in totals  # fmt: skip
    counts = [one.total for one in statements(text.replace("49,1700,3/", "49,1700,5/"))[0].breaks]
    assert "account number of records" in counts


def test_a_report_of_balances_alone_is_warned_about() -> None:
    found = statements(file(states=",100,400,1,", control=400))[0]
    assert found.breaks == ()
    assert "reports totals and no movements" in found.warnings[0]


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_cut_at_any_byte_of_its_second_half_it_names_the_missing_end(path: Path) -> None:
    data = path.read_bytes()
    end = len(data.rstrip())
    for cut in range(end // 2, end):
        try:
            found = read_statement_file(data[:cut]).statements
        except UnreadableStatement:
            continue
        assert found[-1].breaks or found[-1].warnings, (cut, data[max(cut - 30, 0) : cut])


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_any_line_end_and_padding_gives_the_same_statements(path: Path) -> None:
    text = path.read_text("utf-8")
    padded = "\n".join(line.ljust(120) if line else line for line in text.split("\n"))
    found = [
        statements(one) for one in (text, text.replace("\n", "\r\n"), text.replace("\n", "\r"))
    ]
    assert found[0] == found[1] == found[2] == statements(padded)


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
@pytest.mark.parametrize("lines_at_once", [1, 2, 3])
def test_where_a_block_ends_changes_nothing(
    path: Path, lines_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = path.read_text("utf-8")
    expected = statements(text)
    rows = text.splitlines(keepends=True)
    blocks = [
        Block("".join(rows[at : at + lines_at_once]), at + 1)
        for at in range(0, len(rows), lines_at_once)
    ]
    monkeypatch.setattr(text_module, "line_blocks", lambda *_: iter(blocks))
    assert statements(text) == expected


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        (file("16,195,1.5,Z,B,C,X/"), "without a decimal mark", 4),
        (file("16,195,,Z,B,C,X/"), "has no amount", 4),
        (file("16,195," + "9" * 40 + ",Z,B,C,X/"), "not readable", 4),
        (file("16,195,5,Q,B,C,X/"), "funds type 'Q'", 4),
        (file("16,195,5,V,240230,,B,C,X/"), "no day that exists", 4),
        (file("16,195,5,D,99,1,2/"), "announces 99 amounts", 4),
        (file("16"), "type code and amount were expected", 4),
        (file("16,195,5,Z,B,C," + "x" * 10_001), "more than 10,000 characters", 4),
        (file(states=",01,5,,"), "type code of three digits", 3),
        (file(states=",010,x,,"), "not readable", 3),
        (file(currency="DEM"), "DEM", 2),
        (file().replace("240130", "240230"), "no day that exists", 2),
        (file().replace("CLIENT,BANK,1", "CLIENT,BANK,2"), "withdraws a group", 2),
        (file().replace(",,,2/", ",,,1/"), "version '1'", 1),
        (file().replace("03,123", "03,"), "names no account", 3),
        (file().replace("49,0,2/", "49,0/"), "has 1 fields", 4),
        (file().replace("49,0,2/", "49,0,x/"), "the number 'x'", 4),
        (file() + "16,195,5,Z,B,C,X/\n", "outside an account", 7),
        (file() + "02,A,B,1,240130,,,/\n", "outside a file", 7),
        ("01,BANK,CLIENT,240131,0700,1,,,2/\n", "no account", None),
        ("01,BANK,CLIENT,240131,0700,1,,,2/\n88,more\nxyz\n", "'xyz'", 3),
    ],
)
def test_damage_is_refused_with_its_line(text: str, reason: str, line: int | None) -> None:
    with pytest.raises(UnreadableStatement, match=reason) as caught:
        statements(text)
    assert caught.value.line == line


def test_records_without_end_are_refused_in_bounded_memory() -> None:
    with pytest.raises(UnreadableStatement, match="more than"):
        statements(file("16,195,5,Z,B,C,X" + "\n88,text" * 200_000))


@given(
    amounts=st.lists(
        st.tuples(st.sampled_from(["195", "475", "142", "698"]), st.integers(1, 10**12)),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=60, deadline=None)
def test_the_same_entries_and_amounts_as_bai2(amounts: list[tuple[str, int]]) -> None:
    entries = [
        f"16,{code},{minor},Z,B{at},C{at},TEXT {at}/" for at, (code, minor) in enumerate(amounts)
    ]
    text = file(*entries, control=sum(minor for _, minor in amounts))
    ours = statements(text)[0]
    theirs = peer.parse_from_string(text).children[0].children[0].children
    assert ours.breaks == ()
    assert [line.amount_minor for line in ours.lines] == [
        one.amount * (1 if one.type_code.transaction.value == "credit" else -1) for one in theirs
    ]
    own = [(one.bank_reference, one.customer_reference, one.description) for one in ours.lines]
    assert own == [(one.bank_reference, one.customer_reference, one.text) for one in theirs]


@given(data=st.binary(max_size=300), at=st.integers(0, 1_000), path=st.sampled_from(READ))
@settings(max_examples=300, deadline=None)
def test_whatever_the_bytes_are_it_is_read_or_refused(data: bytes, at: int, path: Path) -> None:
    golden = path.read_bytes()
    for mutated in (data, golden[:at] + data + golden[at:], golden[:at] + golden[at + 5 :]):
        try:
            statements(mutated)
        except UnreadableStatement:
            continue
