import datetime as dt
import time

import pytest

from bench.matching_data import GENERATORS
from shared.matching import Item, match

DAY = dt.date(2024, 3, 4)
COUNT = 10_000


def test_ten_thousand_identical_items_pair_up_without_comparing_them() -> None:
    lines = [Item(f"l{n}", DAY, 500, "EUR", "COFFEE") for n in range(COUNT)]
    entries = [Item(f"e{n}", DAY, 500, "EUR", "Coffee") for n in range(COUNT)]
    begun = time.perf_counter()
    result = match(lines, entries)
    assert len(result.matches) == COUNT
    assert time.perf_counter() - begun < 20


def test_ten_thousand_names_of_one_amount_and_day_are_bounded_and_never_guessed() -> None:
    lines = [Item(f"l{n}", DAY, 500, "EUR", f"Shop {_name(n)}") for n in range(COUNT)]
    entries = [
        Item(f"e{n}", DAY, 500, "EUR", f"Shop {_name(n + COUNT // 2)}") for n in range(COUNT)
    ]
    begun = time.perf_counter()
    result = match(lines, entries)
    assert time.perf_counter() - begun < 30
    assert result.warnings
    for found in result.matches:
        if found.status == "auto":
            assert int(found.lines[0][1:]) == int(found.entries[0][1:]) + COUNT // 2


def test_ten_thousand_textless_items_of_one_amount_end_with_nothing_automatic() -> None:
    lines = [Item(f"l{n}", DAY, 500, "EUR", "", f"A{n}") for n in range(COUNT)]
    entries = [Item(f"e{n}", DAY, 500, "EUR", "", f"B{n}") for n in range(COUNT)]
    result = match(lines, entries)
    assert not [found for found in result.matches if found.status == "auto"]


def _name(number: int) -> str:
    letters = ""
    for _ in range(5):
        number, digit = divmod(number * 7 + 3, 23)
        letters += "abcdefghijklmnopqrstuvw"[digit]
        number += digit * 97
    return letters


@pytest.mark.parametrize("kind", sorted(GENERATORS))
@pytest.mark.parametrize("seed", [101, 102, 103])
def test_automatic_matches_of_unseen_books_are_right(kind: str, seed: int) -> None:
    books = GENERATORS[kind](1_000, seed)
    result = match(books.lines, books.entries, rates=books.rates)
    line_of = {item.id: item for item in books.lines}
    entry_of = {item.id: item for item in books.entries}

    def content(line: str, entry: str) -> tuple[object, ...]:
        a, b = line_of[line], entry_of[entry]
        return (
            a.date,
            a.amount_minor,
            a.description,
            a.reference,
            b.date,
            b.description,
            b.reference,
        )

    truth = {content(*ls, *es) for ls, es, _ in books.truth if len(ls) == len(es) == 1}
    automatic = [f for f in result.matches if f.status == "auto"]
    wrong = [f for f in automatic if content(*f.lines, *f.entries) not in truth]
    assert len(wrong) <= 1
    assert len(automatic) > 0.6 * len(truth)
