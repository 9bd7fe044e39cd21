"""MT940 and MT942: by columns as one by one, marks and dates, pages, national details, damage."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import mt940 as peer
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import UnreadableStatement
from shared.statements import mt940, mt940_columns, mt940_text_columns
from shared.statements import text as text_module
from shared.statements.model import Line, Statement, Summary, with_lines
from shared.statements.mt940_columns import read_entries
from shared.statements.mt940_details import Details, creditor_reference, read_details, read_lines
from shared.statements.mt940_entries import BOOKED, CACHED_DATES_MAX, Book, read_one_by_one
from shared.statements.options import Options
from shared.statements.registry import read_statement_file
from shared.statements.source import Source
from shared.statements.text import Block, line_blocks

GOLDEN = Path(__file__).parents[2] / "golden" / "mt940"
READ = sorted(
    path
    for path in GOLDEN.iterdir()
    if path.suffix == ".sta" and not path.name.startswith("refused")
)


def statements(data: bytes | str, currency: str | None = None) -> list[Statement]:
    source = Source.of_bytes(data.encode() if isinstance(data, str) else data)
    found: list[Statement] = []
    lines: list[Line] = []
    for event in mt940.read(source, Options(currency)):
        if isinstance(event, Summary):
            found.append(with_lines(event, tuple(lines)))
            lines = []
        else:
            lines += event
    return found


def message(*entries: str, opening: str = "C240130EUR0,00", end: str = "-\n") -> str:
    head = f":20:T\n:25:12345678/55\n:28C:1/1\n:60F:{opening}\n"
    return head + "".join(f"{one}\n" for one in entries) + end


def sole(entry: str, opening: str = "C240130EUR0,00") -> Line:
    return statements(message(entry, opening=opening))[0].lines[0]


# What makes the two ways of reading disagree: marks, widths, signs and blanks at every border.
words = st.text(alphabet="ABab01 ?+/.:-;,Żß\u00a0", max_size=40)
sepa = st.sampled_from(["EREF+", "KREF+", "MREF+", "CRED+", "SVWZ+", "ABWA+", "MTLG:", ""])
subfields = st.lists(
    st.tuples(
        st.sampled_from(
            ["00", "10", "20", "21", "22", "23", "29", "30", "31", "32", "33", "34", "60"]
        ),
        sepa,
        st.one_of(
            st.text(alphabet="AB 01", max_size=30),
            st.sampled_from(["NOTPROVIDED", "RF18539007547034", "x" * 22, "y" * 27, " "]),
        ),
    ),
    max_size=9,
).map(lambda parts: "".join(f"?{number}{word}{text}" for number, word, text in parts))
ordered = st.tuples(
    *(
        st.one_of(st.just(""), st.text("AB 01+", max_size=29).map(lambda text, p=prefix: p + text))
        for prefix in (
            "?10", "?20EREF+", "?21KREF+", "?22MREF+", "?23CRED+", "?24SVWZ+", "?25", "?26", "?30",
            "?31", "?32", "?33", "?34",
        )
    )
).map("".join)  # fmt: skip
german = st.one_of(
    st.tuples(st.sampled_from(["166", "105"]), subfields).map("".join),
    ordered.map(lambda text: "166?00GUTSCHRIFT" + text),
)


def wrapped(text: str) -> str:
    return "\n".join(text[at : at + 65] for at in range(0, len(text), 65))


code_words = st.lists(
    st.tuples(
        st.sampled_from(
            ["TRTP", "IBAN", "BIC", "NAME", "REMI", "REMI/USTD", "REMI/STRD", "EREF", "MARF",
             "CNTP", "RTRN", "CSID", "ISDT", "ACCT", "ABCD", "CUR"]
        ),
        st.one_of(
            st.text(alphabet="AB 1/.+", max_size=12),
            st.sampled_from(
                ["NOTPROVIDED", "CUR/RF18539007547034/", "/Text/", "NL1/INGBNL2A/Jan  Jansen/Gent/"]
            ),
        ),
    ),
    min_size=1,
    max_size=6,
).map(lambda parts: "".join(f"/{word}/{value}" for word, value in parts))  # fmt: skip
shapes = st.sampled_from(
    [
        "/EREF/E{0}//CNTP/NL{0}/INGBNL2A/Jan {0}///REMI/USTD//Text {0}/",
        "/EREF/E{0}//MARF/M{0}//CNTP/NL{0}/KREDBEBB/An  {0}/Gent//REMI/STRD/CUR/RF18539007547034/",
        "/TRTP/SEPA/IBAN/NL{0}/BIC/INGBNL2A/NAME/Jan {0}/REMI/Text  {0}/EREF/NOTPROVIDED",
        "/TRTP/iDEAL/NAME/Shop {0}/EREF/",
        "225^00PRZELEW^10{0}^20FAKTURA {0}^21I WIECEJ^30109^31{0}^32JAN^33KOWAL^38PL{0}",
        "641~00WYPLATA~20{0}~60",
        "166?00A?20EREF+E{0}?21KREF+K{0}?22SVWZ+R+D {0}?23und mehr?32Jane?33Doe?34000",
        "166?00A?20SVWZ+{0} ABWA+Other?21EREF+late",
        "166?00A?20RF18539007547034?32x",
        "+++090/9337/55493+++",
        " RF18539007547034",
    ]
).flatmap(lambda shape: st.integers(0, 99_999).map(shape.format))
details = st.one_of(
    words,
    german.map(wrapped),
    code_words.map(wrapped),
    shapes,
    shapes.map(wrapped),
    st.sampled_from(
        ["", "944 PRZELEW; od: JAN; tyt.: CZYNSZ", "AUFTRAGGEBER: JANE MITTEILUNGEN: NR 1",
         "line one\nline  two ", "x" * 65 + "\ny", "x" * 63 + "ER\nEF+E1 SVWZ+Text", "***", "\tTab",
         "x" * 65 + "\nMITTEILUNGEN: y", "EREF+a MTLG:b", "a+b MTLG:c", "IBAN DE\n61636316", "\n\n",
         "a\n:86:b", "a\n:NS:01b", "two  blanks", "a\n61:240131C1,00NTRFX", "a\n612401310131C1,0"]
    ),
)  # fmt: skip
SUPPLEMENTS = ["", "", "\nsupplement", "\n/OCMT/USD5,40/EXCH/1,08/", "\n/OCMT/USD5,405/", "\n"]
movements = st.tuples(
    st.sampled_from(
        ["240131", "2401310131", "2401021229", "2402290301", "2401310000", "240230", "2402300301"]
    ),
    st.sampled_from(["C", "D", "RC", "RD", "CR", "DR", "RCR", "RDR", "CN", "EC", "ED", "X"]),
    st.sampled_from(["1,00", "12,5", "3,", "1000000,01", "7", "0,00", "1,234", "5.25", "1,000"]),
    st.sampled_from(["NTRF", "S051", "N024", "FMSC"]),
    st.sampled_from(["NONREF", "REF1", "A/B", "", "KREF+", "TRAILING ", "x" * 45]),
    st.sampled_from(["", "//BANK1", "//", "//NONREF", "//A/B"]),
    st.sampled_from(SUPPLEMENTS),
).map("".join)  # fmt: skip
usual_movements = st.tuples(
    st.sampled_from(["2401310131D", "2401310131CR", "240131RC", "2312290102RDR", "240131EC"]),
    st.sampled_from(["12,50NTRFREF1//BANK1", "3,NTRFNONREF", "1,5N024KREF+//B  "]),
    st.sampled_from(SUPPLEMENTS),
).map("".join)  # fmt: skip
runs = st.lists(
    st.tuples(st.one_of(usual_movements, movements), st.lists(details, max_size=2)),
    min_size=1,
    max_size=8,
)
usual_runs = st.lists(
    st.tuples(usual_movements, st.lists(details, max_size=1)), min_size=1, max_size=8
)


def outcome(read_run: object, run: str) -> object:
    book = Book("EUR")
    try:
        lines = read_run(run, 7, book)  # type: ignore[operator] # one of two functions
    except UnreadableStatement as error:
        return error.reason, error.line
    totals = book.totals
    return lines, book.count, book.expected_minor, totals, book.warnings


@given(entries=st.one_of(runs, usual_runs), least=st.sampled_from([1, 2, 6]))
@settings(max_examples=1200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_reading_by_columns_gives_what_reading_one_by_one_gives(
    entries: list[tuple[str, list[str]]], least: int
) -> None:
    run = "".join(
        f":61:{movement}\n" + "".join(f":86:{text}\n" for text in texts)
        for movement, texts in entries
    )
    expected = outcome(read_one_by_one, run)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mt940_columns, "COLUMNS_MIN", least)
        patch.setattr(mt940_text_columns, "SHAPE_MIN", least)
        assert outcome(read_entries, run) == expected


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return which movements and texts of fields 86 were not read by columns."""
    found: list[str] = []

    def movement(run: str, line: int, book: Book) -> list[Line]:
        found.append(run)
        return read_one_by_one(run, line, book)

    def text(received: str) -> Details:
        found.append(received)
        return read_details(received)

    monkeypatch.setattr(mt940_columns, "read_one_by_one", movement)
    monkeypatch.setattr(mt940_text_columns, "read_details", text)
    return found


SUPPLEMENTED = ":61:2401310131C12,50NTRFREF{0}//BANK1\n/TRCD/00100/\n"
BY_COLUMNS = {
    "free text": ":61:2401310131DR12,50NTRFREF1//BANK1\n:86:Rent {0}\n",
    "free text on full lines": ":61:2401310131D12,5NTRFA/B\n:86:" + "x" * 65 + "\nyz {0}\n",
    "six lines": ":61:240131RC12,NTRFNONREF  \n:86:" + "a + b: c; d\n" * 5 + "{0}\n",
    "no field 86": ":61:2401310131C12,50NTRFREF{0}\n",
    "supplementary details": SUPPLEMENTED + ":86:Rent {0}\n",
    "original amounts": ":61:240131C12,50NTRFA\n/OCMT/USD13,50/EXCH/1,08/\n:86:Rent {0}\n",
    "expected": ":61:240131EC12,50NTRFA\n:86:Rent {0}\n",
    "funds code": ":61:240131CN12,50NTRFA\n:86:Rent {0}\n",
    "German": ":61:240131C1,00NTRFA\n:86:166?00A?20EREF+E{0}?21SVWZ+R+D {0}?30B?31I\n?32J?33D\n",
    "German with a supplement": SUPPLEMENTED + ":86:116?00A?20Kauf {0}?21und mehr?32Jane\n",
    "German with another party": SUPPLEMENTED + ":86:116?00A?20SVWZ+{0} ABWA+Jane?34000\n",
    "Polish": ":61:240131C1,00NTRFA\n:86:641^00P^10{0}^20F^21G^3010^31{0}^32J^38PL{0}\n",
    "Dutch": ":61:240131C1,00N247NONREF\n:86:/TRTP/A/IBAN/NL{0}/NAME/J/REMI/T\n {0}/EREF/X\n",
    "ING": SUPPLEMENTED + ":86:/EREF/E{0}//CNTP/NL1/INGBNL2A/J///REMI/USTD//T {0}/\n",
    "ING with a structured reference": SUPPLEMENTED + ":86:/EREF/E/REMI/STRD/CUR/RF{0}/\n",
}


@pytest.mark.parametrize("entry", BY_COLUMNS.values(), ids=BY_COLUMNS)
def test_usual_movements_are_read_by_columns(entry: str, slow: list[str]) -> None:
    run = "".join(entry.format(f"{number:05}") for number in range(20))
    assert outcome(read_entries, run) == outcome(read_one_by_one, run)
    assert slow == []


def test_only_what_is_unusual_among_movements_is_read_one_by_one(slow: list[str]) -> None:
    unusual = [
        ":61:2302300301C1,00NTRFA\n:86:February\n",
        ":61:240131C7NTRFA\n:86:no comma\n",
        ":61:240131C1,00NTRFA\n:86:two\n:86:fields\n",
    ]
    text = "944 PRZELEW; od: JAN; tyt.: CZYNSZ"
    entries = [entry.format(f"{number:05}") for entry in BY_COLUMNS.values() for number in range(9)]
    entries[40:40] = [unusual[0], f":61:240131C1,00NTRFA\n:86:{text}\n", unusual[1]]
    run = "".join([*entries, unusual[2]])
    assert outcome(read_entries, run) == outcome(read_one_by_one, run)
    assert slow == [*unusual, text]


@pytest.mark.parametrize("text", ["DE12\n61636316", "x\n62MILLION EUR", "y\n60FASSADE 12"])
def test_a_wrapped_text_is_not_mistaken_for_a_damaged_field(text: str) -> None:
    line = sole(f":61:240131C1,00NTRFA\n:86:{text}")
    assert line.description_received == text


@pytest.mark.parametrize(
    "damaged",
    ["61:2401310131C1,00NTRFB", ":612401310131C1,00NTRFB", "612401310131C1,00NTRFB",
     " :61:2401310131C1,00NTRFB", "62F:C240131EUR1,00", "62FC240131EUR1,00", "60M:C240131EUR1,00"],
)  # fmt: skip
def test_a_field_that_lost_a_colon_is_refused(damaged: str) -> None:
    with pytest.raises(UnreadableStatement, match="looks like a damaged field"):
        statements(message(":61:240131C1,00NTRFA\n:86:one", damaged))


@pytest.mark.parametrize(
    ("mark", "amount_minor", "is_reversal", "status"),
    [
        ("C", 1250, False, "booked"),
        ("D", -1250, False, "booked"),
        ("RC", -1250, True, "booked"),
        ("RD", 1250, True, "booked"),
        ("EC", 1250, False, "pending"),
        ("ED", -1250, False, "pending"),
        ("CR", 1250, False, "booked"),
        ("RDR", 1250, True, "booked"),
    ],
)
def test_marks_give_side_reversal_and_status(
    mark: str, amount_minor: int, is_reversal: bool, status: str
) -> None:
    line = sole(f":61:240131{mark}12,50NTRFX")
    assert (line.amount_minor, line.is_reversal, line.status) == (amount_minor, is_reversal, status)
    assert line.extra == ()


def test_a_funds_code_of_another_currency_is_kept() -> None:
    assert sole(":61:240131CN12,50NTRFX").extra == (("funds code", "N"),)


@pytest.mark.parametrize(
    ("dates", "booked", "valued"),
    [
        ("2401021229", dt.date(2023, 12, 29), dt.date(2024, 1, 2)),
        ("2312310102", dt.date(2024, 1, 2), dt.date(2023, 12, 31)),
        ("240229", dt.date(2024, 2, 29), dt.date(2024, 2, 29)),
        ("2303010229", None, None),
        ("2401310000", dt.date(2024, 1, 31), dt.date(2024, 1, 31)),
        ("991231", dt.date(1999, 12, 31), dt.date(1999, 12, 31)),
    ],
)
def test_the_entry_date_lies_in_the_year_nearest_to_the_value_date(
    dates: str, booked: dt.date | None, valued: dt.date | None
) -> None:
    if booked is None:
        with pytest.raises(UnreadableStatement, match="no day that exists in 2023"):
            sole(f":61:{dates}C1,00NTRFX")
        return
    line = sole(f":61:{dates}C1,00NTRFX")
    assert (line.date, line.value_date) == (booked, valued)


def test_february_30_as_value_date_is_kept_as_text_beside_a_valid_entry_date() -> None:
    found = statements(message(":61:2302300301C1,00NTRFX", ":62F:C230301EUR1,00"))[0]
    assert found.lines[0].date == dt.date(2023, 3, 1)
    assert found.lines[0].value_date is None
    assert found.lines[0].extra == (("value date", "230230"),)
    assert "February 30" in found.warnings[0]


@pytest.mark.parametrize("dates", ["230230", "2302300230", "230431", "2304310501", "231301"])
def test_other_dates_that_do_not_exist_are_refused(dates: str) -> None:
    with pytest.raises(UnreadableStatement, match="no day that exists") as caught:
        sole(f":61:{dates}C1,00NTRFX")
    assert caught.value.line == 5


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("1,", "EUR", 100), ("1,5", "EUR", 150), ("7", "EUR", 700), ("1,000", "KWD", 1000),
     ("150,", "JPY", 150), ("150,00", "JPY", 150), ("1211771.46", "PLN", 121177146)],
)  # fmt: skip
def test_amounts_have_the_decimals_of_their_currency(
    amount: str, currency: str, minor: int
) -> None:
    assert sole(f":61:240131C{amount}NTRFX", f"C240130{currency}0,").amount_minor == minor


@pytest.mark.parametrize(
    "amount", ["1,2,3", "1.2.3", "NaN", "9" * 40, "1,005", "1.234", "-5,00", "9007199254740993,00"]
)
def test_unreadable_amounts_are_refused_with_their_line(amount: str) -> None:
    with pytest.raises(UnreadableStatement) as caught:
        sole(f":61:240131C{amount}NTRFX")
    assert caught.value.line == 5


def test_no_movement_is_ever_dropped() -> None:
    entries = [":61:240131C1,00NTRFA\n:86:one", " :61:240131C1,00NTRFB\n:86:two"]
    with pytest.raises(UnreadableStatement, match="looks like a damaged field") as caught:
        statements(message(*entries, ":62F:C240131EUR2,00"))
    assert caught.value.line == 7


def test_pages_become_one_statement_and_a_missing_page_is_a_break() -> None:
    whole = statements((GOLDEN / "postfinance_pages.sta").read_bytes())
    assert [len(one.lines) for one in whole] == [2]
    assert [line.index for line in whole[0].lines] == [0, 1]
    assert whole[0].checked == ("opening + lines = closing",)
    broken = statements((GOLDEN / "broken_page_chain.sta").read_bytes())[0]
    assert [(one.total, one.position) for one in broken.breaks] == [
        ("opening balance of page 00012/002", 12)
    ]
    assert broken.checked == ()


def test_a_statement_that_ends_with_an_intermediate_balance_misses_its_end() -> None:
    found = statements(message(":61:240131C1,00NTRFA", ":62M:C240131EUR1,00"))[0]
    assert [one.total for one in found.breaks] == ["end of statement"]


def test_each_page_is_tied_out_on_its_own() -> None:
    first = message(":61:240131C1,00NTRFA", ":62M:C240131EUR2,00")
    second = message(":61:240131C1,00NTRFA", ":62F:C240131EUR2,00")
    second = second.replace("60F:C240130EUR0", "60M:C240130EUR2")
    assert [one.total for one in statements(first + second)[0].breaks] == [
        "closing balance of page 1/1",
        "closing balance of page 1/1",
    ]


def test_lines_are_numbered_on_over_many_blocks_with_positions_of_the_file() -> None:
    count = 3_000
    entry = ":61:2401310131C1,00NTRFREF1//B\n:86:166?00A?20SVWZ+Text\n?32Jane\n"
    text = message(entry * count + f":62F:C240131EUR{count},00")
    found = statements(text)[0]
    assert found.breaks == ()
    assert [line.index for line in found.lines] == list(range(count))
    rows = text.split("\n")
    assert all(rows[line.position - 1].startswith(":61:") for line in found.lines)


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_cut_at_any_byte_of_its_second_half_it_names_the_missing_end(path: Path) -> None:
    data = path.read_bytes()
    whole = statements(data)
    end = len(data.rstrip())
    between = [at for at in range(len(data)) if data[:at].rstrip(b"\r\n").endswith((b"\n-", b"-}"))]
    for cut in range(end // 2, end):
        try:
            found = read_statement_file(data[:cut]).statements
        except UnreadableStatement:
            continue
        if data[:cut].rstrip(b"\r\n \t") != data[:end] and cut not in between:
            assert found[-1].breaks or found[-1].warnings, (cut, data[max(cut - 30, 0) : cut])
        assert len(found) <= len(whole)


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_any_line_end_gives_the_same_statements(path: Path) -> None:
    text = path.read_bytes().decode().replace("\r\n", "\n").replace("\r", "\n")
    found = [statements(text.replace("\n", end)) for end in ("\n", "\r\n", "\r")]
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
@pytest.mark.parametrize("lines_at_once", [1, 2, 3])
def test_where_a_block_ends_changes_nothing(
    path: Path, lines_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = path.read_bytes()
    expected = statements(data)
    rows = next(iter(line_blocks(Source.of_bytes(data), []))).text.splitlines(keepends=True)
    if b"\n" not in data:
        rows = [row + "\n" for row in data.decode().split("\r")[:-1]]
    blocks = [
        Block("".join(rows[at : at + lines_at_once]), at + 1)
        for at in range(0, len(rows), lines_at_once)
    ]
    monkeypatch.setattr(text_module, "line_blocks", lambda *_: iter(blocks))
    assert statements(data) == expected


def test_a_message_without_end_mark_is_ended_by_the_next() -> None:
    one = message(":61:240131C1,00NTRFA", ":62F:C240131EUR1,00", end="")
    found = statements(one + one)
    assert [len(each.lines) for each in found] == [1, 1]
    assert found[0].warnings == ()
    assert "ends without the '-'" in found[1].warnings[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (":86:x\n", "before field 20"),
        (":20:T\n", "a fragment or cut off"),
        (message(":62F:C240131EUR0,00", ":62F:C240131EUR0,00"), "second closing balance"),
        (message(":62F:C240131USD0,00"), "is in USD, but the message is in EUR"),
        (message(":61:240131C1,00NTRFA", ":62F:C240131DEM0,00"), "DEM, which is no active"),
        (message(":60F:C240130EUR0,00"), "second opening balance"),
        (message(":25:1/2"), "second field 25"),
        (message(":61:240131C1,00NTRFA", ":25:1/2"), "field 25 stands among the movements"),
        (message(":62F:C240131EUR0,00\nand more"), "has one line"),
        (message(":61:240131C1,00NTRFA", ":86:" + "x" * 10_001), "more than 10,000 characters"),
        (message("garbage", opening="C240130EUR0,00\n:61:"), "field 61 holds"),
        ("-\n" + message(), "end of a message"),
        (message() + "some words\n", "between messages"),
        (message() + "ABNANL2A\n94", "where another message begins"),
        (message(":61:240131C1,00NTRFA", ":90C:xEUR1,00"), "where number, currency and sum"),
        (":20:T\n:61:240131C1,00NTRFA\n", "no field 25"),
        (":20:T\n:25:1/2\n:34F:EUR\n", "where currency, mark and amount"),
    ],
)
def test_damage_is_refused_with_what_was_found(text: str, reason: str) -> None:
    with pytest.raises(UnreadableStatement, match=reason):
        statements(text)


def test_a_missing_opening_balance_is_a_break_and_the_currency_is_the_callers() -> None:
    text = ":20:T\n:25:1/2\n:61:240131C1,50NTRFA\n:62F:C240131CHF1,50\n-\n"
    found = statements(text, "CHF")[0]
    assert found.lines[0].currency == "CHF"
    assert [one.total for one in found.breaks] == ["opening balance"]
    with pytest.raises(UnreadableStatement, match="no currency that field 60F states"):
        statements(text)


def test_interim_totals_that_do_not_hold_are_breaks() -> None:
    text = (
        ":20:T\n:25:1/2\n:34F:EUR0,00\n:13D:2401311330+0100\n:61:240131D1,50NTRFA\n"
        ":90D:2EUR1,50\n:90C:0EUR0,00\n-\n"
    )
    found = statements(text)[0]
    assert found.format == "mt942"
    assert [(one.total, one.position) for one in found.breaks] == [("number of debits", 6)]
    assert found.checked == ("sum of debits", "number of credits", "sum of credits")


def test_an_interim_report_that_stops_in_its_lines_misses_its_end() -> None:
    found = statements(":20:T\n:25:1/2\n:34F:EUR0,00\n:61:240131D1,50NTRFA\n")[0]
    assert [one.total for one in found.breaks] == ["end of statement"]


def test_one_movement_without_end_is_refused_in_bounded_memory() -> None:
    text = message(":61:240131C1,00NTRFA", ":86:x\n" * 200_000)
    with pytest.raises(UnreadableStatement, match="more than"):
        statements(text)


def test_any_number_of_dates_leaves_the_cache_bounded() -> None:
    days = [dt.date(1975, 1, 1) + dt.timedelta(days) for days in range(2 * CACHED_DATES_MAX)]
    for at in range(0, len(days), 500):
        run = "".join(f":61:{day:%y%m%d}C1,00NTRFA\n:86:x\n" for day in days[at : at + 500])
        read_entries(run, 1, Book("EUR"))
        assert len(BOOKED) <= CACHED_DATES_MAX + 500


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("166?20EREF+A1?21SVWZ+Rent?22May", {"description": "Rent May", "end_to_end_id": "A1"}),
        ("166?20SVWZ+" + "x" * 22 + "?21yz", {"description": "x" * 22 + "yz"}),
        ("166?20RF18539007547034", {"remittance_reference": "RF18539007547034"}),
        ("105?00LASTSCHRIFT", {"description": "LASTSCHRIFT", "code": "105"}),
        ("225^20Faktura^31109^38PL61109", {"counterparty_account": "PL61109"}),
        ("/CNTP/NL1/INGBNL2A/Jan/Gent///REMI/USTD//Text/", {"counterparty": "Jan"}),
        ("/REMI/STRD/CUR/RF18539007547034/", {"remittance_reference": "RF18539007547034"}),
        ("Some EREF+A1 SVWZ+Text", {"description": "Some Text", "end_to_end_id": "A1"}),
        ("+++090/9337/55493+++", {"remittance_reference": "090933755493"}),
        ("just  text", {"description": "just text"}),
    ],
)  # fmt: skip
def test_national_details_go_to_their_fields(text: str, expected: dict[str, str]) -> None:
    found = read_details(text)._asdict()
    assert {name: found[name] for name in expected} == expected


@given(
    parts=st.lists(
        st.tuples(st.sampled_from([f"{number:02d}" for number in range(100)]), sepa), max_size=12
    ),
    mark=st.sampled_from("?^<~"),
)
def test_no_subfield_is_lost(parts: list[tuple[str, str]], mark: str) -> None:
    text = "166" + "".join(
        f"{mark}{number}{word}value{at}." for at, (number, word) in enumerate(parts)
    )
    found = read_details(text)
    shown = " ".join([*(str(value) for value in found[:-1]), *(value for _, value in found.extra)])
    assert all(f"value{at}." in shown for at in range(len(parts)))


@given(words=st.lists(st.sampled_from(["REMI", "NAME", "EREF", "IBAN", "TRTP", "CNTP", "ULTD"])))
def test_no_code_word_is_lost(words: list[str]) -> None:
    found = read_details("/TRTP/first" + "".join(f"/{w}/value{at}." for at, w in enumerate(words)))
    shown = " ".join([*(str(value) for value in found[:-1]), *(value for _, value in found.extra)])
    assert all(f"value{at}." in shown for at in range(len(words)))


def test_belgian_and_iso_creditor_references_prove_themselves() -> None:
    assert creditor_reference("***090/9337/55493***") == "090933755493"
    assert creditor_reference("+++090/9337/55494+++") is None
    assert creditor_reference("Rent RF18539007547034") is None


def test_multicash_lines_beside_a_movement() -> None:
    found = read_lines("01Rechnung\n15Nord\n16GmbH\n17GUTSCHRIFT")
    assert (found.description, found.counterparty) == ("Rechnung", "Nord GmbH")
    assert found.extra == (("NS 17", "GUTSCHRIFT"),)


@given(
    amounts=st.lists(
        st.tuples(
            st.sampled_from(["C", "D", "RC", "RD"]),
            st.integers(1, 10**9),
            st.dates(dt.date(2000, 1, 1), dt.date(2049, 12, 31)),
        ),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=60, deadline=None)
def test_the_same_entries_dates_and_amounts_as_mt_940(
    amounts: list[tuple[str, int, dt.date]],
) -> None:
    entries = [
        f":61:{day:%y%m%d}{day:%m%d}{mark}{minor // 100},{minor % 100:02d}NTRFREF\n:86:Text {at}"
        for at, (mark, minor, day) in enumerate(amounts)
    ]
    text = message(*entries, ":62F:C491231EUR0,00")
    ours = statements(text)[0].lines
    theirs = list(peer.parse(text))
    assert [line.date for line in ours] == [one.data["entry_date"] for one in theirs]
    # mt-940 signs D alone: a reversed credit (RC) is money out, which it leaves positive.
    assert [
        abs(line.amount_minor) if line.is_reversal else line.amount_minor for line in ours
    ] == [
        abs(int(one.data["amount"].amount * 100)) if one.data["status"].startswith("R")
        else int(one.data["amount"].amount * 100)
        for one in theirs
    ]  # fmt: skip
    assert [line.description for line in ours] == [
        one.data["transaction_details"] for one in theirs
    ]


@given(data=st.binary(max_size=400), at=st.integers(0, 2_000), path=st.sampled_from(READ))
@settings(max_examples=300, deadline=None)
def test_whatever_the_bytes_are_it_is_read_or_refused(data: bytes, at: int, path: Path) -> None:
    golden = path.read_bytes()
    for mutated in (data, golden[:at] + data + golden[at:], golden[:at] + golden[at + 7 :]):
        try:
            statements(mutated)
        except UnreadableStatement:
            continue
