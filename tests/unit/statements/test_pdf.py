from __future__ import annotations

import datetime as dt
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pdf_writer
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pdf_writer import Page, assembled, document

from shared.errors import UnreadableStatement
from shared.statements import pdf_words
from shared.statements.pdf_dates import resolve, short_date
from shared.statements.pdf_words import pages_of
from shared.statements.registry import read_statement_file
from shared.statements.source import Source

if TYPE_CHECKING:
    from shared.statements.model import Statement

GOLDEN = Path(__file__).parents[2] / "golden" / "pdf"


def read(data: bytes) -> Statement:
    (statement,) = read_statement_file(data).statements
    return statement


def refusal(data: bytes) -> UnreadableStatement:
    with pytest.raises(UnreadableStatement) as caught:
        read_statement_file(data)
    return caught.value


def words_of(data: bytes) -> list[str]:
    return [word.text for page in pages_of(Source.of_bytes(data)) for word in page]


def table(
    rows: list[tuple[str, str, str, str]],
    *,
    head: tuple[str, ...] = ("Date", "Description", "Amount", "Balance"),
    opening: str = "Opening balance 100.00",
    closing: str = "",
    above: str = "Account number: 12345678",
    rows_per_page: int = 40,
) -> bytes:
    """Return a document with one table and a repeated header, the amounts right-aligned."""
    pages = []
    for start in range(0, max(len(rows), 1), rows_per_page):
        page = Page()
        page.text(40, 40, above)
        if not start and opening:
            page.text(40, 60, opening)
        page.text(40, 90, head[0])
        page.text(110, 90, head[1])
        for column, name in enumerate(head[2:]):
            page.right(400 + 100 * column, 90, name)
        for number, (date, text, *amounts) in enumerate(rows[start : start + rows_per_page]):
            y = 105 + 15 * number
            page.text(40, y, date)
            page.text(110, y, text)
            for column, amount in enumerate(amounts):
                page.right(400 + 100 * column, y, amount)
        page.text(40, 800, f"Page {len(pages) + 1}")
        pages.append(page)
    if closing:
        pages[-1].text(40, 780, closing)
    return document(pages)


@pytest.mark.parametrize("name", pdf_writer.GOLDENS)
def test_the_golden_documents_are_what_the_writer_makes(name: str) -> None:
    assert (GOLDEN / name).read_bytes() == pdf_writer.GOLDENS[name]()


def test_dates_once_a_day_and_balances_carried_over_pages() -> None:
    found = read(pdf_writer.british())
    assert [(line.date.day, line.amount_minor) for line in found.lines] == [
        (1, -1250), (1, -10199), (4, 80000), (28, -4500),
    ]  # fmt: skip
    assert found.lines[0].description == "CARD PAYMENT TESCO STORES 2041 LONDON"
    assert (found.opening_balance_minor, found.closing_balance_minor) == (100_000, 164_051)
    assert found.checked == ("opening + lines = closing", "running balance")
    assert [line.extra for line in found.lines] == [(("page", page),) for page in "1112"]
    assert (found.account.id, found.account.bank_id, found.account.currency) == (
        "12345678", "20-00-00", "GBP",
    )  # fmt: skip


def test_a_document_without_running_balance_is_proven_by_opening_and_closing() -> None:
    found = read(pdf_writer.british(running=False))
    assert found.net_minor == 64_051
    assert found.checked == ("opening + lines = closing",)


def test_a_balance_carried_over_that_does_not_follow_is_refused() -> None:
    error = refusal(pdf_writer.british(running=False, closing="1,640.15"))
    assert "closing balance is 1640.15 where 1640.51 follows" in error.reason


def test_marks_value_dates_and_years_of_a_german_statement() -> None:
    found = read(pdf_writer.german())
    assert [(line.date, line.value_date, line.amount_minor) for line in found.lines] == [
        (dt.date(2024, 3, 1), dt.date(2024, 3, 1), -123_456),
        (dt.date(2024, 3, 5), dt.date(2024, 3, 4), 350_000),
        (dt.date(2024, 3, 28), dt.date(2024, 3, 29), -450),
    ]
    assert found.lines[1].description == "GEHALT ACME GMBH EREF+G-2024-03"
    assert (found.period_start, found.period_end) == (dt.date(2024, 3, 1), dt.date(2024, 3, 31))


def test_sections_of_deposits_and_withdrawals_give_the_sign() -> None:
    found = read(pdf_writer.american())
    assert [line.amount_minor for line in found.lines] == [250_000, -11_025, -5_000]
    assert found.closing_balance_minor == 333_975


def test_newest_first_is_proven_backwards() -> None:
    found = read(pdf_writer.french_newest_first())
    assert [line.amount_minor for line in found.lines] == [-450, 150_000, -11_056]
    assert (found.opening_balance_minor, found.closing_balance_minor) == (10_000, 148_494)


def test_amounts_on_the_last_line_of_a_movement() -> None:
    found = read(pdf_writer.amounts_last())
    assert [(line.description, line.amount_minor) for line in found.lines] == [
        ("VIS GREENGROCER LEEDS", -2345),
        ("DD COUNCIL TAX", -10_000),
        ("CR J JONES RENT MAY REF 77", 40_000),
    ]


@pytest.mark.parametrize("rotate", [90, 180, 270])
def test_words_of_a_turned_page_that_are_not_turned_with_it_are_left_out(rotate: int) -> None:
    page = Page()
    page.text(40, 50, "sideways")
    page.operators.append(
        {
            90: "BT /A 9 Tf 0 1 -1 0 50 100 Tm (upright) Tj ET",
            180: "BT /A 9 Tf -1 0 0 -1 500 700 Tm (upright) Tj ET",
            270: "BT /A 9 Tf 0 -1 1 0 50 700 Tm (upright) Tj ET",
        }[rotate]
    )
    assert words_of(document([page], rotate=rotate)) == ["upright"]


def test_a_row_that_is_missing_is_noticed() -> None:
    rows = [
        ("2024-03-01", "A", "-10.00", "90.00"),
        ("2024-03-02", "B", "-10.00", "80.00"),
        ("2024-03-03", "C", "-10.00", "70.00"),
    ]
    assert read(table(rows)).closing_balance_minor == 7_000
    assert "running balance" in refusal(table([rows[0], rows[2]])).reason


def test_lines_before_the_first_balance_must_be_proven_too() -> None:
    rows = [("2024-03-01", "A", "-10.00", ""), ("2024-03-02", "B", "-10.00", "80.00")]
    assert "nothing proves" in refusal(table(rows, opening="")).reason
    assert len(read(table(rows)).lines) == 2


def test_one_line_beside_its_own_balance_proves_nothing() -> None:
    assert (
        "nothing proves"
        in refusal(table([("2024-03-01", "A", "-10.00", "90.00")], opening="")).reason
    )


def test_an_empty_month_needs_both_balances_to_agree() -> None:
    found = read(table([], opening="Opening balance 100.00", closing="Closing balance 100.00"))
    assert (found.lines, found.closing_balance_minor) == ((), 10_000)
    with pytest.raises(UnreadableStatement):
        read(table([], closing="Closing balance 99.00"))


def test_a_table_goes_on_over_many_pages() -> None:
    rows = [
        ("2024-03-01", f"ROW {number}", "-0.01", f"{100 - number / 100 - 0.01:.2f}")
        for number in range(100)
    ]
    found = read(table(rows, rows_per_page=30))
    assert found.lines_count == 100
    assert found.closing_balance_minor == 9_900


def test_dates_without_year_over_the_turn_of_the_year() -> None:
    rows = [("28/12", "A", "-10.00", "90.00"), ("03/01", "B", "-10.00", "80.00")]
    found = read(table(rows, above="Period 15/12/2023 to 14/01/2024"))
    assert [line.date for line in found.lines] == [dt.date(2023, 12, 28), dt.date(2024, 1, 3)]


@pytest.mark.parametrize(
    ("above", "date", "named"),
    [
        ("no period", "28/12", "no line of the PDF states the period"),
        ("Period 15/12/2023 to 14/01/2024", "28/06", "not in the statement's period"),
        ("Period 1 January 2024 to 31 December 2024", "03/04", "both fit"),
    ],
)
def test_dates_without_year_are_never_guessed(above: str, date: str, named: str) -> None:
    rows = [(date, "A", "-10.00", "90.00"), (date, "B", "-10.00", "80.00")]
    assert named in refusal(table(rows, above=above)).reason


def test_short_dates_are_told_from_amounts_and_long_dates() -> None:
    assert [short_date(text) for text in ("31.12.", "12/31", "5 Mar", "Mar 5", "1. M\u00e4rz")] == [
        True
    ] * 5
    assert not any(map(short_date, ["31.12.2024", "12.99", "Mar", "40/40", ""]))
    with pytest.raises(UnreadableStatement):
        resolve([(1, "30.02.")], ["01.02.2024 - 29.02.2024"])


def test_a_scanned_document_is_refused_as_one() -> None:
    assert "scanned" in refusal(pdf_writer.scanned()).reason


def test_an_encrypted_document_is_refused_as_one() -> None:
    assert "encrypted" in refusal(document([Page()], encrypted=True)).reason


def test_a_document_without_a_table_is_refused() -> None:
    page = Page()
    page.text(40, 50, "Dear customer, on 1 March 2024 your balance was 100.00")
    assert "no header row" in refusal(document([page])).reason


def nested_forms(depth: int, fan: int) -> bytes:
    """Return a small document whose forms draw each other, ten times on each level."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
            b"/Resources << /XObject << /F 5 0 R >> >> >>"
        ),
        b"<< /Length 5 >>\nstream\n/F Do\nendstream",
    ]
    for level in range(depth):
        body = b"/F Do\n" * fan if level < depth - 1 else b"0 0 m\n"
        objects.append(
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 600 800] /Resources << /XObject << /F "
            b"%d 0 R >> >> /Length %d >>\nstream\n%b\nendstream" % (6 + level, len(body), body)
        )
    return assembled(objects, f"/Size {len(objects) + 1} /Root 1 0 R")


def test_forms_that_draw_each_other_end_in_bounded_time_and_memory() -> None:
    data = nested_forms(9, 10)
    assert len(data) < 4_000
    started = time.monotonic()
    assert "cannot be read in" in refusal(data).reason
    assert time.monotonic() - started < pdf_words.SECONDS_MAX * 3


def test_more_text_than_a_page_holds_is_refused() -> None:
    page = Page()
    for number in range(400):
        page.text(40, 50 + number * 1.5, f"{number:04}" + "x" * 96)
    assert "more text than" in refusal(document([page])).reason


def test_more_pages_than_are_read_are_refused() -> None:
    page = Page()
    page.text(40, 50, "x")
    assert "501 pages" in refusal(document([page] * 501)).reason


def test_a_document_that_is_too_large_is_not_opened() -> None:
    data = b"%PDF-1.4\n" + bytes(pdf_words.BYTES_MAX) + b"%%EOF"
    assert "more than the" in refusal(data).reason


@pytest.mark.parametrize("name", ["german_marks_and_short_dates.pdf", "british_two_pages.pdf"])
def test_a_document_without_its_end_is_cut_off(name: str) -> None:
    data = (GOLDEN / name).read_bytes().rstrip()
    for end in range(len(data) // 2, len(data), 7):
        assert "cut off" in refusal(data[:end]).reason


@given(st.data())
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
def test_damage_anywhere_is_refused_or_proven(data: st.DataObject) -> None:
    original = bytearray(pdf_writer.german())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(original) - 1))
        original[place] = data.draw(st.integers(0, 255))
    try:
        found = read(bytes(original))
    except UnreadableStatement:
        return
    opening, closing = found.opening_balance_minor, found.closing_balance_minor
    assert opening is not None
    assert closing is not None
    assert opening + sum(line.amount_minor for line in found.lines) == closing
