import datetime as dt
from decimal import Decimal

from shared.matching import Item, Rates, Residue, match
from shared.matching.rates import convert_minor

DAY = dt.date(2024, 3, 4)


def test_a_foreign_entry_is_proposed_at_the_rate_of_the_day() -> None:
    rates = Rates({}, {"USD": ((DAY, Decimal("0.9217")),)})
    line = Item("l", DAY + dt.timedelta(days=1), -92300, "EUR", "ACME INC NEW YORK")
    entry = Item("e", DAY, -100000, "USD", "Acme Inc")
    (found,) = match([line], [entry], rates=rates).matches
    assert (found.method, found.status) == ("fx", "review")
    assert found.residues == (Residue("fx", -92300 + 92170),)
    assert "-1000.00 USD at the rate 0.9217 is -921.70 EUR" in found.reasons[0]


def test_a_foreign_entry_outside_the_band_is_left_alone() -> None:
    rates = Rates({"USD": Decimal("0.9217")}, {})
    line = Item("l", DAY, -97000, "EUR", "ACME INC")
    assert match([line], [Item("e", DAY, -100000, "USD", "Acme")], rates=rates).matches == ()


def test_without_a_rate_the_result_says_so() -> None:
    rates = Rates({"GBP": Decimal("1.17")}, {})
    line = Item("l", DAY, -92170, "EUR", "ACME INC")
    result = match([line], [Item("e", DAY, -100000, "USD", "Acme")], rates=rates)
    assert result.warnings == ("No exchange rate was given for USD.",)


def test_a_weekend_has_the_rate_of_the_last_day_before() -> None:
    rates = Rates({}, {"USD": ((DAY, Decimal(1)), (DAY + dt.timedelta(days=7), Decimal(2)))})
    assert rates.on("USD", DAY + dt.timedelta(days=6)) == Decimal(1)
    assert rates.on("USD", DAY + dt.timedelta(days=7)) == Decimal(2)
    assert rates.on("USD", DAY - dt.timedelta(days=1)) == Decimal(1)
    assert rates.on("GBP", DAY) is None


def test_conversion_knows_the_decimals_of_both_currencies_and_rounds_half_to_even() -> None:
    assert convert_minor(1000, "JPY", Decimal("0.0062"), "EUR") == 620
    assert convert_minor(1000, "KWD", Decimal("3.25"), "USD") == 325
    assert convert_minor(1, "USD", Decimal("0.5"), "EUR") == 0
    assert convert_minor(3, "USD", Decimal("0.5"), "EUR") == 2


def test_swapped_digits_are_proposed_with_the_difference_named() -> None:
    line = Item("l", DAY, -54900, "EUR", "ACME GMBH")
    entry = Item("e", DAY, -45900, "EUR", "Acme GmbH")
    (found,) = match([line], [entry]).matches
    assert (found.method, found.status) == ("transposition", "review")
    assert found.residues == (Residue("transposition", -9000),)


def test_swapped_digits_need_another_witness() -> None:
    line = Item("l", DAY, -54900, "EUR", "ACME GMBH")
    assert match([line], [Item("e", DAY, -45900, "EUR", "Quantum Logistics")]).matches == ()
    assert match([line], [Item("e", DAY, -45900, "EUR")]).matches == ()
