import itertools
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.matching.assignment import assign

sizes = st.integers(1, 4)
log_odds = st.one_of(st.none(), st.floats(-2.5, 12, allow_nan=False))


def all_pairings(odds: list[list[float | None]]) -> list[tuple[float, frozenset[tuple[int, int]]]]:
    """Every way to pair rows with columns or leave them alone, with its log weight."""
    found = []
    columns = len(odds[0])
    for choice in itertools.product(range(-1, columns), repeat=len(odds)):
        used = [column for column in choice if column >= 0]
        chosen = [(row, column) for row, column in enumerate(choice) if column >= 0]
        if len(used) == len(set(used)) and all(odds[a][b] is not None for a, b in chosen):
            found.append((sum(odds[a][b] or 0.0 for a, b in chosen), frozenset(chosen)))
    return found


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_sure_pairs_and_their_probabilities_agree_with_counting_every_pairing(
    data: st.DataObject,
) -> None:
    rows, columns = data.draw(sizes), data.draw(sizes)
    odds = [[data.draw(log_odds) for _ in range(columns)] for _ in range(rows)]
    known = [(a, b) for a in range(rows) for b in range(columns) if odds[a][b] is not None]
    line = np.array([a for a, _ in known], dtype=np.int64)
    entry = np.array([b for _, b in known], dtype=np.int64)
    values = np.array([odds[a][b] for a, b in known], dtype=np.float64)
    one = np.ones(4, dtype=np.int64)

    result = assign(line, entry, values, one, one, 0.7)

    pairings = all_pairings(odds)
    total = sum(math.exp(weight) for weight, _ in pairings)
    seen_rows, seen_columns = set(), set()
    for pair, items, probability in result.pairs:
        a, b = known[pair]
        assert items == 1
        assert a not in seen_rows
        assert b not in seen_columns
        seen_rows.add(a)
        seen_columns.add(b)
        truth = sum(math.exp(weight) for weight, pairing in pairings if (a, b) in pairing) / total
        assert truth > 0.45
        assert probability <= truth + 0.25
        if probability >= 0.995:
            assert truth > 0.96
    _, best = max(pairings, key=lambda pairing: pairing[0])
    surely = {pair for pair in best if _share(pairings, pair, total) > 0.98}
    assert surely <= {known[pair] for pair, _, _ in result.pairs}


def _share(
    pairings: list[tuple[float, frozenset[tuple[int, int]]]], pair: tuple[int, int], total: float
) -> float:
    return sum(math.exp(weight) for weight, pairing in pairings if pair in pairing) / total


def test_a_swap_that_is_about_as_good_leaves_both_lines_undecided() -> None:
    line, entry = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    one = np.ones(2, dtype=np.int64)
    result = assign(line, entry, np.array([8.0, 8.0, 8.0, 8.0]), one, one, 0.7)
    assert result.pairs == []
    assert [belief.line for belief in result.beliefs] == [0, 1]
    assert all(len(belief.shares) == 2 for belief in result.beliefs)


def test_a_pair_is_reported_only_if_it_is_ten_times_as_likely_as_the_next_one() -> None:
    line, entry, one = np.array([0, 0]), np.array([0, 1]), np.ones(2, dtype=np.int64)
    close = assign(line, entry, np.array([8.0, 8.0 - math.log(9)]), one, one, 0.7)
    assert close.pairs == []
    clear = assign(line, entry, np.array([8.0, 8.0 - math.log(20)]), one, one, 0.7)
    assert [pair for pair, _, _ in clear.pairs] == [0]


def test_an_entry_that_another_line_wants_nearly_as_much_is_not_given_away() -> None:
    line, entry, one = np.array([0, 1]), np.array([0, 0]), np.ones(2, dtype=np.int64)
    result = assign(line, entry, np.array([8.0, 8.0 - math.log(5)]), one, one, 0.7)
    assert result.pairs == []
    assert {belief.line for belief in result.beliefs} == {0, 1}


def test_classes_of_twins_pair_as_often_as_the_smaller_one_allows() -> None:
    zero = np.array([0])
    result = assign(zero, zero, np.array([9.0]), np.array([5]), np.array([3]), 0.7)
    ((pair, items, probability),) = result.pairs
    assert (pair, items) == (0, 3)
    assert probability > 0.995


def test_a_component_too_large_to_solve_is_bounded_and_says_so() -> None:
    count = 1500
    line, entry = np.divmod(np.arange(count * 40), 40)
    entry = (entry + line) % count
    one = np.ones(count, dtype=np.int64)
    order = np.lexsort((entry, line))
    result = assign(line[order], entry[order], np.full(len(line), 6.0), one, one, 0.7)
    assert result.pairs == []
    assert result.too_large == count
