"""A statement line as Day Zero shows it, with everything its format said."""

from __future__ import annotations

import datetime as dt

from pydantic import TypeAdapter

from functions.api.dayzero.review_schemas import StatementTxn
from functions.api.dayzero.views import DETAILS_SHOWN_MAX, view_line
from shared.reconciliation.model import StatementLine
from shared.statements.model import Detail


def stored(**values: object) -> StatementLine:
    fields = {
        "id": "i",
        "number": 1,
        "business_id": "b",
        "ledger_id": "l",
        "statement_id": "s",
        "index": 0,
        "date": dt.date(2026, 1, 5),
        "value_date": None,
        "amount_minor": -5000,
        "currency": "CHF",
        "description": "SALARIES JANUARY",
    }
    return StatementLine(**(fields | values))  # type: ignore[arg-type]


def test_a_line_of_which_the_bank_said_little_has_every_field_and_no_guesses() -> None:
    shown = view_line(stored())
    TypeAdapter(StatementTxn).validate_python(shown, strict=True)
    assert set(shown) == set(StatementTxn.__annotations__)
    assert shown["description_received"] == "SALARIES JANUARY"
    assert (shown["details"], shown["details_count"], shown["extra"]) == ([], 0, [])
    assert (shown["reference"], shown["kind"], shown["position"]) == (None, None, None)


def test_a_large_batch_shows_its_first_members_and_how_many_there_are() -> None:
    details = tuple(
        Detail(-10, "CHF", f"Salary {number}", extra=(("Purp", "SALA"),)) for number in range(400)
    )
    line = stored(
        details=details,
        details_count=500,
        extra=(("BtchBookg", "true"),),
        description_received="SALARIES\nJANUARY",
        original_amount_minor=-4600,
        original_currency="EUR",
        exchange_rate="1.08696",
        position=12,
    )
    shown = view_line(line)
    TypeAdapter(StatementTxn).validate_python(shown, strict=True)
    assert (len(shown["details"]), shown["details_count"]) == (DETAILS_SHOWN_MAX, 500)
    assert shown["details"][0]["extra"] == [{"name": "Purp", "text": "SALA"}]
    assert shown["extra"] == [{"name": "BtchBookg", "text": "true"}]
    assert shown["description_received"] == "SALARIES\nJANUARY"
    assert (shown["original_amount"], shown["original_currency"]) == (-4600, "EUR")
