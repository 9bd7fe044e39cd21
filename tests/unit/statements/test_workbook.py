from __future__ import annotations

import datetime as dt
import io
import sys
import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import UnreadableStatement
from shared.statements import workbook
from shared.statements.options import Options
from shared.statements.registry import read_statement_file
from shared.statements.source import Source
from shared.statements.workbook_cells import SEPARATOR, TOLERANCE, _number, _numbers

if TYPE_CHECKING:
    from shared.statements.model import Statement, StatementFile

GOLDEN = Path(__file__).parents[2] / "golden" / "xlsx"
HEADER = ("Date", "Description", "Amount", "Balance")
DAY = dt.date(2024, 3, 1)


def saved(book: openpyxl.Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def sheet_of(*rows: tuple[Any, ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    return saved(book)


def read_file(data: bytes, **options: Any) -> StatementFile:
    return read_statement_file(data, **options)


def read(data: bytes, **options: Any) -> Statement:
    (statement,) = read_file(data, **options).statements
    return statement


def refusal(data: bytes, **options: Any) -> UnreadableStatement:
    with pytest.raises(UnreadableStatement) as caught:
        read_file(data, **options)
    return caught.value


def with_member(data: bytes, name: str, content: bytes) -> bytes:
    """Return a workbook with one of its parts replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for member in old.namelist():
            new.writestr(member, content if member == name else old.read(member))
    return file.getvalue()


def part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


SHEET = "xl/worksheets/sheet1.xml"


def test_typed_cells_give_exact_lines_at_their_rows() -> None:
    found = read((GOLDEN / "typed_cells_with_preamble.xlsx").read_bytes())
    assert [(line.date, line.amount_minor, line.position) for line in found.lines] == [
        (dt.date(2024, 3, 1), -1250, 7),
        (dt.date(2024, 3, 4), 80_000, 8),
        (dt.date(2024, 3, 28), -30, 9),
    ]
    assert found.lines[0].customer_reference == "4711"
    assert (found.account.id, found.format) == ("12345678", "xlsx")
    assert found.opening_balance_minor == 100_000
    assert "'Info' has no transaction table" in found.warnings[0]


def test_every_sheet_with_a_table_is_a_statement() -> None:
    found = read_file((GOLDEN / "two_accounts_and_a_hidden_sheet.xlsx").read_bytes())
    assert [one.account.id for one in found.statements] == [
        "DE89370400440532013000",
        "DE02120300000000202051",
    ]
    assert "'Archiv' is hidden" in found.warnings[0]


def test_a_finding_names_its_sheet_where_there_are_several() -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADER[:3])
    book.active.append((DAY, "A", 1.5))
    second = book.create_sheet("Second")
    second.append(HEADER[:3])
    second.append(("30/02/2024", "A", 1.5))
    error = refusal(saved(book))
    assert error.reason.startswith("sheet 'Second': ")
    assert (error.statement, error.line) == (2, 2)


def test_old_workbooks_read_as_new_ones() -> None:
    found = read((GOLDEN / "french_biff8.xls").read_bytes())
    assert found.format == "xls"
    assert [line.amount_minor for line in found.lines] == [-11_056, 150_000, -450]
    assert found.lines[0].description == "PR\u00c9L\u00c8VEMENT EDF"


@pytest.mark.parametrize("is_1904", [False, True])
def test_dates_are_read_by_the_workbooks_own_epoch(is_1904: bool) -> None:
    book = openpyxl.Workbook()
    if is_1904:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    epoch = dt.date(1904, 1, 1) if is_1904 else dt.date(1899, 12, 30)
    book.active.append(HEADER[:3])
    book.active.append((DAY, "typed", -1.5))
    book.active.append(((DAY - epoch).days, "a bare serial number", 2))
    book.active.append((20240301, "eight digits", 2))
    book.active.append(("2024-03-01", "text", 2))
    assert [line.date for line in read(saved(book)).lines] == [DAY] * 4


def test_a_date_in_merged_cells_is_that_of_every_row() -> None:
    found = read((GOLDEN / "dates_of_1904_merged_and_as_serials.xlsx").read_bytes())
    assert [line.date.day for line in found.lines] == [2, 2, 9]


def test_numbers_as_text_follow_their_own_marks() -> None:
    data = sheet_of(HEADER[:3], ("01.03.2024", "A", "-1.234,50"), ("02.03.2024", "B", "7,25"))
    assert [line.amount_minor for line in read(data).lines] == [-123_450, 725]


def test_a_number_beside_text_with_another_mark_is_not_taken_for_it() -> None:
    data = sheet_of(HEADER[:3], (DAY, "A", -12.5), (DAY, "B", "1.234,50"))
    assert "decimal comma" in refusal(data).reason
    assert "1.234" in refusal(sheet_of(HEADER[:3], (DAY, "A", "-1"), (DAY, "B", "1.234"))).reason


def test_a_bare_thousand_with_three_decimals_is_no_thousand() -> None:
    data = sheet_of(HEADER[:3], (DAY, "A", -1.234), (DAY, "B", 2))
    assert "more decimals" in refusal(data, default_currency="EUR").reason
    assert read(data, default_currency="KWD").lines[0].amount_minor == -1_234


@pytest.mark.parametrize("value", [1.005, 0.1 + 0.2 + 0.001, 12.34999, 1e-4, 1e300, 2.0**60])
def test_a_number_that_is_no_exact_amount_is_refused(value: float) -> None:
    data = sheet_of(HEADER[:3], (DAY, "A", -1), (DAY, "B", value))
    assert refusal(data, default_currency="EUR").line == 3


@given(st.integers(-(10**13), 10**13), st.integers(-50, 50))
@settings(max_examples=300)
def test_noise_of_binary_arithmetic_is_taken_off_and_nothing_else(cents: int, ulps: int) -> None:
    value = cents / 100
    noisy = value + ulps * 1e-9
    text = _number(noisy)
    if abs(noisy * 100 - round(noisy * 100)) <= TOLERANCE:
        assert round(float(text) * 100) == round(noisy * 100)
        assert len(text.partition(".")[2]) <= 2
    else:
        assert float(text) == noisy or abs(float(text) - noisy) < 1e-6


@given(
    st.lists(
        st.integers(-(10**14), 10**14).map(lambda cents: cents / 100)
        | st.floats(allow_nan=False, allow_infinity=False, width=64)
        | st.integers(-(10**6), 10**6).map(float),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=300)
def test_a_column_of_numbers_reads_as_each_of_them(values: list[float]) -> None:
    texts = _numbers(tuple(values)).split(SEPARATOR)
    assert len(texts) == len(values)
    for text, value in zip(texts, values, strict=True):
        assert float(text) == float(_number(value))


def test_an_error_cell_is_named_and_not_empty() -> None:
    error = refusal((GOLDEN / "refused_error_cell.xlsx").read_bytes())
    assert (error.reason, error.line) == ("'#REF!' is not an amount", 3)


def test_an_error_cell_beside_the_amounts_is_kept_as_text() -> None:
    data = sheet_of(
        (*HEADER[:3], "Counterparty"), (DAY, "A", -1.5, "#N/A"), (DAY, "B", 2.5, "Shop")
    )
    assert [line.counterparty for line in read(data).lines] == ["#N/A", "Shop"]


def test_what_a_formula_came_to_counts() -> None:
    data = sheet_of(HEADER[:3], (DAY, "A", -1.5), (DAY, "B", 7))
    sheet = part(data, SHEET).replace(b"<v>7</v>", b"<f>SUM(C2,8.5)</f><v>7</v>")
    assert b"<f>" in sheet
    assert read(with_member(data, SHEET, sheet)).lines[1].amount_minor == 700


def test_empty_rows_keep_the_numbers_of_the_others() -> None:
    book = openpyxl.Workbook()
    for row, cells in {3: HEADER[:3], 6: (DAY, "A", -1.5), 9: (DAY, "B", 2.5)}.items():
        for column, value in enumerate(cells, start=2):
            book.active.cell(row, column, value)
    assert [line.position for line in read(saved(book)).lines] == [6, 9]


def test_a_table_of_many_blocks_is_one_table() -> None:
    rows = [(DAY + dt.timedelta(n // 100), f"ROW {n}", -0.01 * n, None) for n in range(1, 2_501)]
    found = read(sheet_of(HEADER, *rows))
    assert found.lines_count == 2_500
    assert found.net_minor == -sum(range(1, 2_501))
    assert found.lines[-1].position == 2_501


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (sheet_of(), "the workbook is empty"),
        (sheet_of(("Name", "Phone"), ("A", 1)), "no header row"),
        (sheet_of(HEADER[:3], (DAY, "x" * 10_001, 1)), "row 2 is longer than 10,000"),
        (sheet_of(HEADER[:3], (DAY, None, None)), "no amount"),
        (sheet_of(("Date", "Amount", *map(str, range(250))), (DAY, 1)), "200 columns"),
    ],
)
def test_what_is_no_statement_is_refused(data: bytes, named: str) -> None:
    assert named in refusal(data).reason


def test_a_control_character_is_refused() -> None:
    data = sheet_of(HEADER[:3], (DAY, "marker", 1))
    sheet = part(data, SHEET)
    assert b"marker" in sheet
    found = refusal(with_member(data, SHEET, sheet.replace(b"marker", b"a&#x1;b")))
    assert "U+0001" in found.reason


def far_apart(last: str) -> bytes:
    data = sheet_of(HEADER[:3], (DAY, "A", 1))
    row = "".join(character for character in last if character.isdigit())
    cell = f'<row r="{row}"><c r="{last}"><v>1</v></c></row></sheetData>'.encode()
    return with_member(data, SHEET, part(data, SHEET).replace(b"</sheetData>", cell))


@pytest.mark.parametrize("last", ["XFD1048576", "XFD60000", "A4294967295", "ZZZZZZ3"])
def test_cells_far_apart_do_not_exhaust_memory(last: str) -> None:
    started = time.monotonic()
    assert refusal(far_apart(last)).reason
    assert time.monotonic() - started < 30


def test_a_workbook_that_unpacks_to_too_much_is_not_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = sheet_of(HEADER[:3], (DAY, "A", 1))
    bomb = with_member(data, SHEET, b" " * (10 * 1024 * 1024))
    assert "times as many" in refusal(bomb).reason
    monkeypatch.setattr(workbook, "UNPACKED_BYTES_MAX", 1_000)
    assert "unpacks to" in refusal(data).reason


@pytest.mark.parametrize(
    ("stream", "named"),
    [("EncryptedPackage", "password"), ("WordDocument", "Word"), ("__substg1.0_", "Outlook")],
)
def test_other_containers_are_named(stream: str, named: str) -> None:
    data = bytearray((GOLDEN / "french_biff8.xls").read_bytes())
    data[1_000:1_000] = stream.encode("utf-16-le")
    assert named in refusal(bytes(data)).reason


@pytest.mark.parametrize("name", ["french_biff8.xls", "typed_cells_with_preamble.xlsx"])
def test_a_workbook_that_is_cut_off_is_refused(name: str) -> None:
    data = (GOLDEN / name).read_bytes()
    for end in range(len(data) // 2, len(data), 97):
        assert "cut off" in refusal(data[:end]).reason


@given(st.integers(0, 10**6), st.integers(0, 255), st.booleans())
@settings(deadline=None, max_examples=60, derandomize=True)
def test_damage_anywhere_is_refused_or_read(place: int, value: int, is_old: bool) -> None:
    name = "french_biff8.xls" if is_old else "typed_cells_with_preamble.xlsx"
    data = bytearray((GOLDEN / name).read_bytes())
    data[place % len(data)] = value
    try:
        found = read_file(bytes(data))
    except UnreadableStatement:
        return
    assert found.statements


@pytest.mark.parametrize(
    "says",
    ["b''", "b'\\0\\0\\0\\x40half'", "marshal.dumps(('sheet', 'A', True, []))[:0] + b'\\0\\0'"],
)
def test_a_child_that_stops_in_the_middle_is_a_refused_file(
    monkeypatch: pytest.MonkeyPatch, says: str
) -> None:
    code = f"import marshal, sys; sys.stdout.buffer.write({says})"
    monkeypatch.setattr(workbook, "command_of", lambda *_: [sys.executable, "-c", code])
    error = refusal(sheet_of(("Date", "Amount"), (dt.date(2024, 3, 1), 1.5)))
    assert "cannot be read in" in error.reason


def test_a_first_sheet_that_cannot_be_read_is_refused_once_the_others_are_known() -> None:
    book = openpyxl.Workbook()
    for name, day in (("March", "2024-02-30"), ("April", "2024-04-01")):
        sheet = book.create_sheet(name)
        sheet.append(("Date", "Amount"))
        sheet.append((day, 1.5))
    assert refusal(saved(book)).reason.startswith("sheet 'March': '2024-02-30' is no date")


def test_a_table_can_be_inspected_after_its_file_is_closed() -> None:
    source = Source.of_path(GOLDEN / "two_accounts_and_a_hidden_sheet.xlsx")
    warnings: list[str] = []
    table = workbook.table_in(source, Options(), warnings)
    assert table.survey().layout.header.line == 3
    assert warnings


@pytest.mark.parametrize("member", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_a_damaged_member_is_refused_wherever_it_is_read_again(member: str) -> None:
    data = bytearray(sheet_of(("Date", "Text", "Amount"), ("2024-01-15", "x", 1.5)))
    # The directory's record of the member has its checksum 30 bytes before its name.
    data[data.rindex(member.encode()) - 30] ^= 0xFF
    with pytest.raises(UnreadableStatement, match="damaged"):
        workbook._error_cells(Source.of_bytes(bytes(data)), "Sheet")
