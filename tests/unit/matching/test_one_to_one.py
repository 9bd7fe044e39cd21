import datetime as dt

import pytest

from shared.errors import InvalidInput
from shared.matching import Item, MatchResult, MatchSettings, match

MONDAY = dt.date(2024, 3, 4)


def item(
    id: str,  # noqa: A002 - the field's own name
    amount_minor: int,
    text: str = "",
    day: int = 0,
    *,
    reference: str | None = None,
    counterparty: str | None = None,
    currency: str = "EUR",
) -> Item:
    date = MONDAY + dt.timedelta(days=day)
    return Item(id, date, amount_minor, currency, text, reference, counterparty)


def pairs(result: MatchResult, status: str | None = None) -> set[tuple[str, str]]:
    return {
        (found.lines[0], found.entries[0])
        for found in result.matches
        if status in {None, found.status}
    }


def test_the_same_amount_and_name_on_close_days_match_without_a_person() -> None:
    result = match(
        [item("l", -12345, "CARD PAYMENT ACME GMBH BERLIN", day=1)],
        [item("e", -12345, "Office chairs", counterparty="Acme GmbH")],
    )
    (found,) = result.matches
    assert (found.status, found.lines, found.entries) == ("auto", ("l",), ("e",))
    assert found.reasons == (
        "Amount matches exactly",
        "Date within 1 day",
        "Description similarity: 100%",
        "Only open item of this amount",
    )


def test_a_truncated_name_still_matches() -> None:
    result = match(
        [item("l", 98765, "CONSOLIDATED EDIS")],
        [item("e", 98765, "Consolidated Edison Company")],
    )
    assert pairs(result, "auto") == {("l", "e")}


def test_different_parties_on_the_same_day_are_never_matched_without_a_person() -> None:
    result = match(
        [item("l", 98765, "MILLER BAKERY")],
        [item("e", 98765, "Quantum Logistics")],
    )
    assert pairs(result, "auto") == set()


def test_without_any_text_a_unique_amount_on_close_days_is_enough() -> None:
    result = match([item("l", 98765)], [item("e", 98765, day=-1)])
    assert pairs(result, "auto") == {("l", "e")}


def test_without_any_text_two_candidates_are_a_tie() -> None:
    result = match([item("l", 98765)], [item("a", 98765, day=-1), item("b", 98765, day=1)])
    assert pairs(result, "auto") == set()


def test_a_tie_names_every_candidate_and_matches_none_of_them() -> None:
    result = match(
        [item("l", 5000, "TRANSFER ACME")],
        [
            item("a", 5000, "Acme", reference="INV-1001"),
            item("b", 5000, "Acme", reference="INV-1002"),
        ],
    )
    assert result.matches == ()
    (tie,) = result.ambiguous
    assert tie.line == "l"
    assert {candidate.entries for candidate in tie.candidates} == {("a",), ("b",)}
    assert all(0.4 < candidate.confidence < 0.6 for candidate in tie.candidates)
    assert result.unmatched_lines == ()
    assert result.unmatched_entries == ("a", "b")


def test_a_reference_on_both_sides_breaks_the_tie() -> None:
    result = match(
        [item("l", 5000, "TRANSFER ACME INV 1002")],
        [
            item("a", 5000, "Acme", reference="INV-1001"),
            item("b", 5000, "Acme", reference="INV-1002"),
        ],
    )
    assert pairs(result, "auto") == {("l", "b")}
    assert result.matches[0].method == "identifier"
    assert "Reference INV-1002 appears on both sides" in result.matches[0].reasons


def test_a_check_number_reaches_beyond_the_date_window() -> None:
    lines = [item("l", -70000, "CHECK 20431", day=30)]
    entries = [item("e", -70000, "Check to Miller", reference="CHK-020431")]
    assert pairs(match(lines, entries)) == {("l", "e")}
    strict = MatchSettings(date_window_days=10, identifier_window_days=10)
    assert pairs(match(lines, entries, settings=strict)) == set()


def test_a_reference_known_from_another_entry_speaks_against_the_pair() -> None:
    result = match(
        [item("l", 5000, "ACME PAYMENT INV-20441")],
        [
            item("a", 5000, "Acme", reference="INV-20440"),
            item("b", 7000, "Acme", reference="INV-20441"),
        ],
    )
    assert pairs(result, "auto") == set()


def test_names_tell_twins_of_one_amount_and_day_apart() -> None:
    result = match(
        [item("l1", 4999, "MILLER BAKERY"), item("l2", 4999, "QUANTUM LOGISTICS")],
        [item("e1", 4999, "Quantum Logistics"), item("e2", 4999, "Miller Bakery")],
    )
    assert pairs(result, "auto") == {("l1", "e2"), ("l2", "e1")}


def test_the_best_overall_pairing_wins_over_first_come_first_served() -> None:
    result = match(
        [item("l1", 4999, "ACME", day=1), item("l2", 4999, "ACME", day=6)],
        [item("e1", 4999, "Acme", day=0), item("e2", 4999, "Acme", day=5)],
    )
    assert pairs(result) == {("l1", "e1"), ("l2", "e2")}


def test_indistinguishable_twins_are_paired_in_order() -> None:
    result = match(
        [item("l2", 4999, "NETFLIX"), item("l1", 4999, "NETFLIX")],
        [item("e2", 4999, "Netflix"), item("e1", 4999, "Netflix")],
    )
    assert pairs(result, "auto") == {("l1", "e1"), ("l2", "e2")}


def test_more_identical_lines_than_entries_are_left_to_a_person() -> None:
    result = match(
        [item(f"l{n}", 4999, "NETFLIX") for n in range(3)],
        [item(f"e{n}", 4999, "Netflix") for n in range(2)],
    )
    assert pairs(result, "review") == {("l0", "e0"), ("l1", "e1")}
    assert result.unmatched_lines == ("l2",)


def test_identical_entries_may_go_to_lines_of_different_days() -> None:
    result = match(
        [item("l1", 4999, "NETFLIX", day=1), item("l2", 4999, "NETFLIX", day=2)],
        [item("e1", 4999, "Netflix"), item("e2", 4999, "Netflix")],
    )
    assert pairs(result, "auto") == {("l1", "e1"), ("l2", "e2")}


def test_lines_that_compete_for_one_entry_are_both_ambiguous() -> None:
    result = match(
        [
            item("l1", 4999, "NETFLIX", reference="A77"),
            item("l2", 4999, "NETFLIX", reference="B88"),
        ],
        [item("e", 4999, "Netflix")],
    )
    assert result.matches == ()
    assert [tie.line for tie in result.ambiguous] == ["l1", "l2"]


def test_other_signs_and_currencies_are_no_candidates() -> None:
    result = match(
        [item("l", 4999, "NETFLIX")],
        [item("e1", -4999, "Netflix"), item("e2", 4999, "Netflix", currency="USD")],
    )
    assert result.matches == ()
    assert result.unmatched_entries == ("e1", "e2")


def test_the_date_window_is_a_setting() -> None:
    lines, entries = [item("l", 4321, "ACME", day=6)], [item("e", 4321, "Acme")]
    assert pairs(match(lines, entries, settings=MatchSettings(date_window_days=6))) == {("l", "e")}
    assert pairs(match(lines, entries, settings=MatchSettings(date_window_days=5))) == set()


def test_a_weekend_between_counts_as_one_day() -> None:
    friday_to_monday = match([item("l", 4321, "ACME", day=7)], [item("e", 4321, "Acme", day=4)])
    midweek = match([item("l", 4321, "ACME", day=3)], [item("e", 4321, "Acme", day=0)])
    assert friday_to_monday.matches[0].confidence >= midweek.matches[0].confidence


def test_a_higher_threshold_turns_auto_into_review() -> None:
    lines, entries = [item("l", 4321, "ACME", day=3)], [item("e", 4321, "Acme")]
    relaxed = match(lines, entries)
    strict = match(lines, entries, settings=MatchSettings(auto_threshold=1.0))
    assert pairs(relaxed, "auto") == pairs(strict, "review") == {("l", "e")}


def test_an_id_used_twice_is_refused() -> None:
    with pytest.raises(InvalidInput, match="more than one line"):
        match([item("l", 1), item("l", 2)], [])


def test_empty_sides_match_nothing() -> None:
    assert match([], []).matches == ()
    assert match([item("l", 1)], []).unmatched_lines == ("l",)
    assert match([], [item("e", 1)]).unmatched_entries == ("e",)
