import pytest

from shared.matching.text import identifiers_of, names_align, normal_reference, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("POS PURCHASE 0412 ACME STORE 12", "ACME STORE 12"),
        ("CARD PAYMENT TO ACME LTD", "ACME"),
        ("SEPA OVERWEISUNG Müller GmbH", "MULLER"),
        ("SQ *JOE'S COFFEE", "JOES COFFEE"),
        ("Invoice 1042", ""),
        ("", ""),
    ],
)
def test_words_are_what_the_payment_channel_did_not_add(text: str, words: str) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("text", "identifiers"),
    [
        ("INV-01042", ("INV01042", "1042")),
        ("paid on 2024-03-05 at 12:30 for 49.99", ()),
        ("05/03/2024 20240305 2024", ()),
        ("CHECK 1042", ("1042",)),
        ("RF-01042", ("RF01042", "1042*")),
        ("E2E/2024-000123", ("E2E2024000123", "123*")),
        ("STORE 12", ()),
    ],
)
def test_identifiers_are_numbers_that_are_no_dates_or_amounts(
    text: str, identifiers: tuple[str, ...]
) -> None:
    assert identifiers_of(text) == identifiers


def test_references_are_equal_whatever_separates_their_parts() -> None:
    assert normal_reference("INV-10/42") == normal_reference("inv 10 42") == "INV1042"
    assert normal_reference("000123") == "123"


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("EDIS", "CONSOLIDATED EDISON"),
        ("GRN BN MKTS", "GREEN BEAN MARKETS"),
        ("IBM", "INTERNATIONAL BUSINESS MACHINES"),
        ("REDWNIG", "REDWING CAFE"),
        ("CONSLIDATDE", "CONSOLIDATED"),
    ],
)
def test_shortened_and_misspelt_names_align(left: str, right: str) -> None:
    assert names_align(left, right)
    assert names_align(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [("BLUEBIRD", "REDWING"), ("CAFE NORD", "CAFE SUD"), ("BRANCH", "BAKERY"), ("", "ACME"),
     ("MILLER", "MUELLING"), ("12", "1234")],
)  # fmt: skip
def test_names_that_only_sound_alike_do_not_align(left: str, right: str) -> None:
    assert not names_align(left, right)
