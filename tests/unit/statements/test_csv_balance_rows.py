"""Rows that state a balance are told by their words, cell by cell or a column at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.statements.csv_rows import has_balance, is_balance
from shared.statements.registry import read_statement_file

LABELS = [
    *(f"{word} balance" for word in ("Opening", "beginning", "STARTING", "Closing", "ending")),
    *(
        "Previous Balance",
        "New balance",
        "Opening balance as of 1 March",
        "(Balance b/f)",
        "Bal c/f",
    ),
    *("Balance brought forward", "Brought forward", "** carried forward **", "Saldovortrag"),
    *("Saldo inicial", "saldo final", "Saldo anterior", "Saldo poczatkowe", "Saldo początkowe"),
    *(
        "Anfangssaldo",
        "ENDSALDO",
        "Anfangsbestand",
        "Endbestand",
        "Alter Saldo",
        "Neuer Kontostand",
    ),
    *(
        "Ancien solde",
        "Nouveau solde",
        "Solde initial",
        "Solde précédent",
        "Beginsaldo",
        "Eindsaldo",
    ),
    *("Inngående saldo", "Inngaende saldo", "Utgaende balanse", "Ingaende saldo"),
]


@pytest.mark.parametrize("label", LABELS)
def test_a_label_of_a_balance_is_told_alone_and_in_its_column(label: str) -> None:
    assert is_balance(label)
    assert has_balance(["Rent", label, "Global Outstanding Balance GmbH"])


@pytest.mark.parametrize("text", ["New Balance Store", "Endowment", "Balanced Meals", "Rent", ""])
def test_a_text_that_only_has_the_words_is_no_balance(text: str) -> None:
    assert not is_balance(text)
    assert not has_balance([text, "Opening of a standing order"])


@given(st.lists(st.one_of(st.sampled_from(LABELS), st.text(max_size=12)), max_size=6))
def test_a_column_says_what_its_cells_say(cells: list[str]) -> None:
    assert has_balance(cells) == any(map(is_balance, cells))


def test_the_amount_currency_of_odoo_is_the_original_amount_beside_an_amount() -> None:
    data = (
        "Date,Label,Currency,Amount,Amount Currency\n"
        "2018-12-15,Supplier,USD,-33.50,0.00\n2018-12-16,Payment,EUR,1525.00,1000.00\n"
    )
    found = read_statement_file(data.encode(), default_currency="USD").statements[0]
    assert [
        (line.amount_minor, line.currency, line.original_amount_minor, line.original_currency)
        for line in found.lines
    ] == [(-3350, "USD", 0, "USD"), (152500, "USD", 100000, "EUR")]


def test_an_amount_currency_without_an_amount_is_the_amount() -> None:
    data = "Date,Label,Currency,Amount Currency\n2018-12-15,Supplier,EUR,-33.50\n"
    line = read_statement_file(data.encode()).statements[0].lines[0]
    assert (line.amount_minor, line.currency, line.original_amount_minor) == (-3350, "EUR", None)
