"""Small cases an accountant would stop at, each as it would lie on the desk."""

import datetime as dt

import pytest

from shared.matching import Item, MatchResult, match


def line(
    id: str,  # noqa: A002 - the field's own name
    date: str,
    amount_minor: int,
    text: str = "",
    reference: str | None = None,
) -> Item:
    return Item(id, dt.date.fromisoformat(date), amount_minor, "USD", text, reference)


def entry(
    id: str,  # noqa: A002 - the field's own name
    date: str,
    amount_minor: int,
    text: str = "",
    party: str | None = None,
    reference: str | None = None,
) -> Item:
    day = dt.date.fromisoformat(date)
    return Item(id, day, amount_minor, "USD", text, reference, party)


BLUEBIRD = entry("b", "2026-01-14", 45000, "Invoice INV-1050", "Bluebird Cafe", "INV-1050")
REDWING = entry("r", "2026-01-14", 45000, "Invoice INV-1051", "Redwing Cafe", "INV-1051")


def pairs(result: MatchResult) -> dict[str, str]:
    return {found.lines[0]: found.entries[0] for found in result.matches}


def automatic(result: MatchResult) -> dict[str, str]:
    return {f.lines[0]: f.entries[0] for f in result.matches if f.status == "auto"}


def ties(result: MatchResult) -> dict[str, set[str]]:
    return {tie.line: {c.entries[0] for c in tie.candidates} for tie in result.ambiguous}


@pytest.mark.parametrize(
    "text",
    [
        "MOBILE CHECK DEPOSIT",
        "DEPOSIT",
        "ACH CREDIT JANUARY INVOICE",
        "COUNTER CREDIT SPRINGFIELD",
        "BLDG 7 LOBBY",
        "",
    ],
)
@pytest.mark.parametrize("days_of_redwing", [0, 1])
def test_two_customers_owe_the_amount_and_the_text_names_neither(
    text: str, days_of_redwing: int
) -> None:
    later = REDWING.date + dt.timedelta(days=days_of_redwing)
    redwing = entry("r", later.isoformat(), 45000, "Invoice INV-1051", "Redwing Cafe", "INV-1051")
    result = match([line("l", "2026-01-15", 45000, text)], [BLUEBIRD, redwing])
    assert result.matches == ()
    assert ties(result) == {"l": {"b", "r"}}
    assert set(result.unmatched_entries) == {"b", "r"}


def test_a_tie_says_so_in_words_and_quotes_no_similarity() -> None:
    result = match([line("l", "2026-01-15", 45000, "MOBILE CHECK DEPOSIT")], [BLUEBIRD, REDWING])
    (tie,) = result.ambiguous
    assert {candidate.entries[0]: candidate.reasons for candidate in tie.candidates}["b"] == (
        "Amount matches exactly",
        "Date within 1 day",
        "Nothing in the text confirms the party",
        "Two open items have this amount",
        "Invoice INV-1051 (Redwing Cafe) would fit as well",
    )


def test_a_tie_of_items_with_one_name_tells_them_apart_by_their_dates() -> None:
    rent = [entry(f"e{n}", f"2026-01-0{n}", -185000, "Rent", "Pier 4") for n in (5, 6)]
    result = match([line("l", "2026-01-06", -185000, "PIER 4")], rent)
    (tie,) = result.ambiguous
    said = {reason for candidate in tie.candidates for reason in candidate.reasons}
    assert {
        "Rent (Pier 4) of 2026-01-05 would fit as well",
        "Rent (Pier 4) of 2026-01-06 would fit as well",
    } <= said


def test_an_entry_without_text_is_not_preferred_to_one_that_names_somebody_else() -> None:
    silent = entry("s", "2026-01-14", 45000)
    result = match([line("l", "2026-01-15", 45000, "SPRINGFIELD LOBBY")], [silent, REDWING])
    assert ties(result) == {"l": {"s", "r"}}


@pytest.mark.parametrize(
    "text",
    [
        "MOBILE DEPOSIT REDWING CAFE",
        "REDWING CAF",
        "REDW",
        "RDWNG CAFE",
        "REDWNIG",
        "RC DEPOSIT",
        "ACH CREDIT INV-1051",
    ],
)
def test_a_name_whole_shortened_or_misspelt_decides_between_two_customers(text: str) -> None:
    result = match([line("l", "2026-01-15", 45000, text)], [BLUEBIRD, REDWING])
    assert pairs(result) == {"l": "r"}


@pytest.mark.parametrize("text", ["THE CAFE", "CAFE", "CAF"])
def test_a_word_that_both_customers_have_decides_nothing(text: str) -> None:
    result = match([line("l", "2026-01-15", 45000, text)], [BLUEBIRD, REDWING])
    assert ties(result) == {"l": {"b", "r"}}


def test_a_weekly_subscription_is_paired_week_by_week_though_the_bank_is_late() -> None:
    weeks = ["2026-01-05", "2026-01-12", "2026-01-19", "2026-01-26"]
    paid = ["2026-01-06", "2026-01-13", "2026-01-21", "2026-01-27"]
    lines = [line(f"l{n}", day, -1999, "PAPERLOOP 8842") for n, day in enumerate(paid)]
    entries = [entry(f"e{n}", day, -1999, "Paperloop weekly") for n, day in enumerate(weeks)]
    assert pairs(match(lines, entries)) == {f"l{n}": f"e{n}" for n in range(4)}


def test_two_checks_of_one_amount_go_by_their_numbers_not_their_days() -> None:
    result = match(
        [
            line("l1", "2026-01-20", -30000, "CHECK 2042"),
            line("l2", "2026-01-21", -30000, "CHECK 2041"),
        ],
        [
            entry("e1", "2026-01-19", -30000, "Check 2041", "Mill Works", "2041"),
            entry("e2", "2026-01-19", -30000, "Check 2042", "Mill Works", "2042"),
        ],
    )
    assert automatic(result) == {"l1": "e2", "l2": "e1"}


def test_a_purchase_refunded_and_repeated_keeps_its_signs_apart() -> None:
    result = match(
        [
            line("bought", "2026-01-05", -8990, "NORTHGEAR"),
            line("refunded", "2026-01-09", 8990, "NORTHGEAR REFUND"),
            line("again", "2026-01-20", -8990, "NORTHGEAR"),
        ],
        [
            entry("e1", "2026-01-05", -8990, "Boots", "Northgear"),
            entry("e2", "2026-01-08", 8990, "Boots returned", "Northgear"),
            entry("e3", "2026-01-20", -8990, "Boots, larger", "Northgear"),
        ],
    )
    assert pairs(result) == {"bought": "e1", "refunded": "e2", "again": "e3"}


def test_rent_paid_twice_and_booked_once_is_put_before_a_person() -> None:
    result = match(
        [
            line("l1", "2026-01-02", -185000, "PIER 4 PROPERTIES"),
            line("l2", "2026-01-03", -185000, "PIER 4 PROPERTIES"),
        ],
        [entry("e", "2026-01-02", -185000, "Rent January", "Pier 4 Properties")],
    )
    assert result.matches == ()
    assert ties(result) == {"l1": {"e"}, "l2": {"e"}}
    assert "Another bank line would fit it as well" in result.ambiguous[0].candidates[0].reasons


def test_the_same_amount_with_the_other_sign_is_no_candidate() -> None:
    result = match(
        [line("l", "2026-01-05", 12000, "ACME TOOLS")],
        [entry("e", "2026-01-05", -12000, "Acme Tools")],
    )
    assert (result.matches, result.ambiguous) == ((), ())
    assert result.unmatched_lines == ("l",)


def test_another_party_with_the_same_amount_on_the_same_day_is_never_automatic() -> None:
    result = match(
        [line("l", "2026-01-05", 123456, "ACH CREDIT HARBOUR CAFE")],
        [entry("e", "2026-01-05", 123456, "Invoice INV-9", "Northside Hotel", "INV-9")],
    )
    assert automatic(result) == {}
    for found in result.matches:
        assert not any("similarity" in reason for reason in found.reasons)


def test_parties_known_from_elsewhere_are_not_taken_for_each_other() -> None:
    result = match(
        [
            line("l", "2026-01-05", 45000, "HARBOUR CAFE"),
            line("k", "2026-01-07", 71112, "NORTHSIDE HOTEL"),
        ],
        [
            entry("e", "2026-01-05", 45000, "Invoice 9", "Northside Hotel"),
            entry("f", "2026-01-07", 99900, "Invoice 10", "Harbour Cafe"),
        ],
    )
    assert pairs(result) == {}


@pytest.mark.parametrize(
    ("text", "party"),
    [
        ("CONSOLIDATED EDIS", "Consolidated Edison"),
        ("GREEN BEAN MKTS", "Green Bean Markets"),
        ("PIER 4 PROPERTI", "Pier 4 Properties LLC"),
    ],
)
def test_a_truncated_name_with_a_lone_amount_needs_nobody(text: str, party: str) -> None:
    result = match(
        [line("l", "2026-01-06", 98765, text)], [entry("e", "2026-01-05", 98765, party=party)]
    )
    assert automatic(result) == {"l": "e"}


def test_a_mistyped_reference_does_not_hide_the_right_invoice() -> None:
    result = match(
        [line("l", "2026-01-15", 45000, "REDWING CAFE INV-1501")],
        [BLUEBIRD, REDWING, entry("x", "2026-01-12", 99000, party="Harbour", reference="INV-1099")],
    )
    assert pairs(result) == {"l": "r"}


def test_a_reference_of_another_open_invoice_is_said_and_left_to_a_person() -> None:
    result = match(
        [line("l", "2026-01-15", 45000, "REDWING CAFE INV-1099")],
        [REDWING, entry("x", "2026-01-12", 99000, party="Redwing Cafe", reference="INV-1099")],
    )
    assert automatic(result) == {}
    for found in result.matches:
        assert "The line names a reference that belongs to another open item" in found.reasons


def test_an_entry_booked_a_day_after_the_bank_is_still_found() -> None:
    result = match(
        [line("l", "2026-01-05", -7777, "CITY POWER")],
        [entry("e", "2026-01-06", -7777, "Electricity", "City Power")],
    )
    assert pairs(result) == {"l": "e"}


def test_a_payment_over_the_end_of_the_month_is_as_good_as_any() -> None:
    result = match(
        [line("l", "2026-02-02", -7777, "CITY POWER")],
        [entry("e", "2026-01-30", -7777, "Electricity January", "City Power")],
    )
    assert automatic(result) == {"l": "e"}


def test_last_months_item_is_not_taken_for_this_months() -> None:
    result = match(
        [line("l", "2026-02-02", -9840, "FIBERLINE")],
        [
            entry("jan", "2026-01-02", -9840, "Internet January", "FiberLine"),
            entry("feb", "2026-02-02", -9840, "Internet February", "FiberLine"),
        ],
    )
    assert pairs(result) == {"l": "feb"}
    assert "jan" in result.unmatched_entries
