import datetime as dt
import itertools
import time

from hypothesis import given
from hypothesis import strategies as st

from shared.matching import Item, MatchResult, match
from shared.matching.groups import PARTS_MAX, SUMS_NAMED_MAX, exact_sums

DAY = dt.date(2026, 1, 15)


def line(
    id: str,  # noqa: A002 - the field's own name
    amount_minor: int,
    text: str,
    day: int = 0,
) -> Item:
    return Item(id, DAY + dt.timedelta(days=day), amount_minor, "USD", text)


def invoice(
    id: str,  # noqa: A002 - the field's own name
    amount_minor: int,
    party: str = "Green Bean Markets",
    day: int = -2,
) -> Item:
    number = f"INV-{1000 + int(id[1:])}"
    date = DAY + dt.timedelta(days=day)
    return Item(id, date, amount_minor, "USD", f"Invoice {number}", number, party)


def groups(result: MatchResult) -> set[tuple[tuple[str, ...], tuple[str, ...]]]:
    return {(found.lines, found.entries) for found in result.matches if found.method == "group"}


def test_one_payment_for_three_invoices_of_a_customer_is_proposed() -> None:
    result = match(
        [line("l", 100_111, "ACH CREDIT GREEN BEAN MKTS")],
        [invoice("e1", 50_000), invoice("e2", 30_033), invoice("e3", 20_078), invoice("e4", 9_999)],
    )
    (found,) = result.matches
    assert (found.lines, found.entries) == (("l",), ("e1", "e2", "e3"))
    assert (found.method, found.status) == ("group", "review")
    assert found.reasons == (
        "Sum of 3 open items of Green Bean Markets",
        "Amount matches exactly",
        "Date within 2 days",
        "Description similarity: 90%",
    )
    assert result.unmatched_entries == ("e4",)


def test_two_instalments_for_one_invoice_are_proposed() -> None:
    result = match(
        [line("l1", 30_033, "GREEN BEAN MARKETS"), line("l2", 20_078, "GREEN BEAN MARKETS 2", 3)],
        [invoice("e1", 50_111)],
    )
    (found,) = result.matches
    assert (found.lines, found.entries) == (("l1", "l2"), ("e1",))
    assert found.reasons[0] == "Sum of 2 bank lines of Green Bean Markets"


def test_invoices_that_the_line_names_are_summed_whoever_they_are_with() -> None:
    result = match(
        [line("l", 80_033, "WIRE INV-1001 INV-1002")],
        [invoice("e1", 50_000, "Bluebird Cafe"), invoice("e2", 30_033, "Redwing Cafe")],
    )
    assert groups(result) == {(("l",), ("e1", "e2"))}
    assert result.matches[0].reasons[0].endswith("that the line names: INV-1001, INV-1002")


def test_two_sums_that_fit_are_both_named_and_neither_is_taken() -> None:
    result = match(
        [line("l", 80_033, "GREEN BEAN MARKETS")],
        [
            invoice("e1", 50_000),
            invoice("e2", 30_033),
            invoice("e3", 60_000),
            invoice("e4", 20_033),
        ],
    )
    assert result.matches == ()
    (tie,) = result.ambiguous
    assert {candidate.entries for candidate in tie.candidates} == {("e1", "e2"), ("e3", "e4")}
    assert len(result.unmatched_entries) == 4


def test_one_sum_wanted_by_two_lines_is_taken_by_neither() -> None:
    result = match(
        [line("l1", 80_033, "GREEN BEAN MARKETS"), line("l2", 80_033, "GREEN BEAN MARKETS", 1)],
        [invoice("e1", 50_000), invoice("e2", 30_033)],
    )
    assert result.matches == ()
    assert [tie.line for tie in result.ambiguous] == ["l1", "l2"]


def test_items_of_several_parties_are_not_summed() -> None:
    result = match(
        [line("l", 80_033, "GREEN BEAN MARKETS")],
        [invoice("e1", 50_000), invoice("e2", 30_033, "Redwing Cafe")],
    )
    assert (result.matches, result.ambiguous) == ((), ())


def test_items_outside_the_date_window_are_not_summed() -> None:
    result = match(
        [line("l", 80_033, "GREEN BEAN MARKETS")],
        [invoice("e1", 50_000), invoice("e2", 30_033, day=-40)],
    )
    assert result.matches == ()


def test_a_pair_that_is_settled_is_never_broken_up_for_a_sum() -> None:
    result = match(
        [line("l1", 50_000, "GREEN BEAN MARKETS"), line("l2", 80_033, "GREEN BEAN MARKETS")],
        [invoice("e1", 50_000), invoice("e2", 30_033)],
    )
    assert groups(result) == set()
    assert [(found.lines, found.entries) for found in result.matches] == [(("l1",), ("e1",))]


def test_a_party_with_too_many_open_items_is_not_searched() -> None:
    entries = [invoice(f"e{n}", 10_007 + n * 13) for n in range(40)]
    target = sum(entry.amount_minor for entry in entries[:3])
    begun = time.perf_counter()
    result = match([line("l", target, "GREEN BEAN MARKETS")], entries)
    assert groups(result) == set()
    assert time.perf_counter() - begun < 5


@given(st.lists(st.integers(1, 12), max_size=9), st.integers(1, 40))
def test_sums_agree_with_trying_every_subset(amounts: list[int], target: int) -> None:
    every = {
        chosen
        for size in range(2, PARTS_MAX + 1)
        for chosen in itertools.combinations(range(len(amounts)), size)
        if sum(amounts[index] for index in chosen) == target
    }
    found = exact_sums(amounts, target)
    assert set(found) <= every
    assert len(found) == len(set(found)) == min(len(every), SUMS_NAMED_MAX)
