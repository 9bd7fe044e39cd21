import datetime as dt
import random
from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.matching import Item, MatchResult, match

DAY = dt.date(2024, 3, 4)
texts = st.sampled_from(
    [
        "",
        "ACME GMBH",
        "CARD PAYMENT ACME",
        "Miller Bakery",
        "MILLER BAK",
        "Acme INV-1001",
        "INV-1002",
    ]
)
bodies = st.tuples(
    st.integers(0, 15),
    st.sampled_from([-5000, 999, 999, 1000, 4999, 54900, 45900, 123457]),
    st.sampled_from(["EUR", "EUR", "USD"]),
    texts,
    st.sampled_from([None, None, "INV-1001", "INV-1002", "77812"]),
)
sides = st.lists(bodies, max_size=9)


def items(prefix: str, drawn: list[tuple[int, int, str, str, str | None]]) -> list[Item]:
    return [
        Item(f"{prefix}{number}", DAY + dt.timedelta(days=day), amount, currency, text, reference)
        for number, (day, amount, currency, text, reference) in enumerate(drawn)
    ]


def same(result: MatchResult) -> tuple[object, ...]:
    return result.matches, result.ambiguous, result.unmatched_lines, result.unmatched_entries


@settings(max_examples=150, deadline=None)
@given(sides, sides)
def test_every_line_is_said_once_and_no_item_is_used_twice(
    bank: list[tuple[int, int, str, str, str | None]],
    books: list[tuple[int, int, str, str, str | None]],
) -> None:
    lines, entries = items("l", bank), items("e", books)
    result = match(lines, entries)
    said = Counter(line for found in result.matches for line in found.lines)
    said.update(tie.line for tie in result.ambiguous)
    said.update(result.unmatched_lines)
    assert said == Counter(line.id for line in lines)
    matched = Counter(entry for found in result.matches for entry in found.entries)
    matched.update(result.unmatched_entries)
    assert matched == Counter(entry.id for entry in entries)
    named = {e for tie in result.ambiguous for c in tie.candidates for e in c.entries}
    assert named <= set(result.unmatched_entries)
    assert all(tie.candidates for tie in result.ambiguous)


@settings(max_examples=100, deadline=None)
@given(sides, sides)
def test_lines_equal_entries_plus_residues(
    bank: list[tuple[int, int, str, str, str | None]],
    books: list[tuple[int, int, str, str, str | None]],
) -> None:
    lines, entries = items("l", bank), items("e", books)
    amount = {item.id: item.amount_minor for item in (*lines, *entries)}
    for found in match(lines, entries).matches:
        booked = sum(amount[entry] for entry in found.entries)
        residue = sum(residue.amount_minor for residue in found.residues)
        assert sum(amount[line] for line in found.lines) == booked + residue
        assert 0.7 <= found.confidence <= 1
        assert found.reasons
        if found.status == "auto":
            assert found.confidence >= 0.9
            assert not found.residues


@settings(max_examples=100, deadline=None)
@given(sides, sides, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(
    bank: list[tuple[int, int, str, str, str | None]],
    books: list[tuple[int, int, str, str, str | None]],
    chance: random.Random,
) -> None:
    lines, entries = items("l", bank), items("e", books)
    before = match(lines, entries)
    chance.shuffle(lines)
    chance.shuffle(entries)
    assert match(lines, entries) == before


@settings(max_examples=100, deadline=None)
@given(sides, sides)
def test_items_in_a_currency_of_their_own_change_nothing(
    bank: list[tuple[int, int, str, str, str | None]],
    books: list[tuple[int, int, str, str, str | None]],
) -> None:
    lines, entries = items("l", bank), items("e", books)
    before = match(lines, entries)
    stranger = Item("zzz", DAY, 4999, "CHF", "ACME GMBH", "INV-1001")
    after = match([*lines, stranger], [*entries, replace(stranger, amount_minor=1)])
    assert after.matches == before.matches
    assert after.ambiguous == before.ambiguous


@settings(max_examples=100, deadline=None)
@given(sides, sides)
def test_an_unrelated_item_of_the_same_currency_changes_no_pairing(
    bank: list[tuple[int, int, str, str, str | None]],
    books: list[tuple[int, int, str, str, str | None]],
) -> None:
    lines, entries = items("l", bank), items("e", books)
    before = match(lines, entries)
    stranger = Item("zzz", DAY, 88_888_801, "EUR", "Zebra Zoological")
    after = match([*lines, stranger], entries)
    auto = {(f.lines, f.entries) for f in before.matches if f.status == "auto"}
    assert auto <= {(f.lines, f.entries) for f in after.matches}


@settings(max_examples=60, deadline=None)
@given(sides)
def test_a_ledger_that_copies_the_bank_is_matched_wherever_items_can_be_told_apart(
    bank: list[tuple[int, int, str, str, str | None]],
) -> None:
    lines = items("l", bank)
    entries = [replace(line, id=f"e{number}") for number, line in enumerate(lines)]
    by_id = {item.id: replace(item, id="") for item in (*lines, *entries)}
    for found in match(lines, entries).matches:
        if found.status == "auto" and found.method != "identifier":
            (line,), (entry,) = found.lines, found.entries
            assert by_id[line] == by_id[entry]
