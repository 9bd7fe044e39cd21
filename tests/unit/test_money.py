from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import InvalidInput
from shared.money import (
    AMOUNT_MINOR_MAX,
    decimals_of,
    format_minor,
    is_currency,
    parse_minor,
    to_decimal,
)

CURRENCIES = st.sampled_from(["EUR", "JPY", "KWD", "CLF", None])
MINOR = st.integers(-AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX)


@given(minor=MINOR, currency=CURRENCIES)
def test_what_is_written_reads_back(minor: int, currency: str | None) -> None:
    assert parse_minor(format_minor(minor, currency), currency) == minor


@given(minor=MINOR, currency=CURRENCIES)
def test_decimals_agree_with_exact_arithmetic(minor: int, currency: str | None) -> None:
    assert to_decimal(minor, currency) * 10 ** decimals_of(currency) == minor


@given(minor=st.integers(-(10**12), 10**12), zeros=st.integers(0, 6))
def test_zeros_past_the_decimals_change_nothing(minor: int, zeros: int) -> None:
    assert parse_minor(format_minor(minor, "EUR") + "0" * zeros, "EUR") == minor


@pytest.mark.parametrize("text", ["", " ", ".", "-", "1,5", "1 000", "1e3", "NaN", "--1", "0x1"])
def test_text_that_is_no_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_minor(text, "EUR")
    assert caught.value.kind == "not_an_amount"


@pytest.mark.parametrize(
    ("text", "currency"), [("1.001", "EUR"), ("1.5", "JPY"), ("1.0001", "KWD")]
)
def test_money_is_never_rounded(text: str, currency: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_minor(text, currency)
    assert caught.value.kind == "too_many_decimals"


def test_amounts_stop_where_json_numbers_stop_being_exact() -> None:
    limit = str(to_decimal(AMOUNT_MINOR_MAX, "EUR"))
    assert parse_minor(limit, "EUR") == AMOUNT_MINOR_MAX
    for text in (str(Decimal(limit) + Decimal("0.01")), "9" * 5000):
        with pytest.raises(InvalidInput) as caught:
            parse_minor(text, "EUR")
        assert caught.value.kind == "amount_too_large"


def test_unknown_currencies_are_refused() -> None:
    assert is_currency("EUR")
    assert not is_currency("eur")
    with pytest.raises(InvalidInput) as caught:
        decimals_of("XXX")
    assert caught.value.kind == "unknown_currency"
