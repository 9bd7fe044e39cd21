"""Whether a statement may be reconciled against a ledger, and on which period and balances."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from typing import TYPE_CHECKING

from shared.books.model import check_day
from shared.errors import InvalidInput
from shared.money import format_minor
from shared.reconciliation.balance import previous_closing
from shared.reconciliation.facts import join

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.books.model import Ledger
    from shared.reconciliation.facts import StatementFacts
    from shared.reconciliation.model import Reconciliation, Terms

NO_CLOSING_BALANCE = (
    "The statement states no closing balance: it was taken as the opening balance plus the lines, "
    "so a line missing from the file would not show."
)

ACCOUNTS_SHOWN_MAX = 5
"""Accounts named in one message: a company's file may hold hundreds."""

MASKED_DIGITS_MIN = 4
"""Digits that must agree where a statement shows only the end of an account number."""


@dataclasses.dataclass(frozen=True, slots=True)
class Settled:
    """The period and balances a reconciliation runs on, with what is weak about them.

    Balances are ``None`` only where the file is too large to be read before the workflow does.
    """

    period_start: dt.date
    period_end: dt.date
    opening_balance_minor: int | None
    closing_balance_minor: int | None
    warnings: tuple[str, ...]


def statement_for_ledger(statements: Sequence[StatementFacts], ledger: Ledger) -> StatementFacts:
    """Return the one statement of a file that is the ledger's.

    Consecutive statements of its account are one.

    Args:
        statements: All that the file holds; at least one.
        ledger: The ledger.

    Raises:
        InvalidInput: It is of another account or currency, or several could be meant.
    """
    mine = [one for one in statements if same_account(ledger.account_id, one.account.id)]
    if not mine:
        found = _listed({one.account.id or "unnamed" for one in statements})
        raise InvalidInput(
            f"The statement is of account {found}, the ledger {ledger.name!r} of account "
            f"{ledger.account_id}: choose the ledger of that account.",
            loc=("body", "ledger_id"),
            kind="other_account",
            value=found,
        )
    statement = join(mine)
    if statement is None:
        found = _listed({f"{one.account.id} ({one.account.currency})" for one in mine})
        raise InvalidInput(
            f"The file holds {len(mine)} statements that could be this ledger's, of accounts "
            f"{found}, and they do not follow each other (each opening where the one before "
            f"closed): send one statement a file, or use a ledger created with its account_id.",
            loc=("body", "file"),
            kind="several_statements",
        )
    currencies = {statement.account.currency, *statement.currencies}
    other = sorted(one for one in currencies if one is not None and one != ledger.currency)
    if other:
        raise InvalidInput(
            f"The statement is in {other[0]}, the ledger {ledger.name!r} in {ledger.currency}: "
            f"choose a ledger of that currency.",
            loc=("body", "ledger_id"),
            kind="other_currency",
            value=other[0],
        )
    return statement


def _listed(found: set[str]) -> str:
    shown = ", ".join(sorted(found)[:ACCOUNTS_SHOWN_MAX])
    more = len(found) - ACCOUNTS_SHOWN_MAX
    return f"{shown} and {more} more" if more > 0 else shown


def same_account(known: str | None, found: str | None) -> bool:
    """Return whether a statement's account may be the ledger's.

    An account that one side does not name excludes nothing. Spaces and punctuation do not
    count; a number masked to its end agrees when at least ``MASKED_DIGITS_MIN`` digits do.

    Examples:
        >>> same_account("DE89 3704 0044", "de8937040044"), same_account("1234567", "***4567")
        (True, True)
        >>> same_account("1234567", "7654321")
        False
    """
    if known is None or found is None:
        return True
    left, right = (re.sub(r"[^0-9A-Z*]", "", one.upper()) for one in (known, found))
    for masked, whole in ((left, right), (right, left)):
        visible = masked.rpartition("*")[2]
        if "*" in masked and len(visible) >= MASKED_DIGITS_MIN and whole.endswith(visible):
            return True
    return left == right


def settle(
    statement: StatementFacts, ledger: Ledger, terms: Terms, others: Sequence[Reconciliation]
) -> Settled:
    """Return the period and balances of a statement under the caller's terms.

    What neither says is derived: opening from closing less the lines, or from where the ledger's
    reconciliation before (among ``others``) closed; closing from opening plus the lines, with a
    warning that it proves nothing new.

    Raises:
        InvalidInput: The period ends before it starts, leaves out lines of the statement, or the
            closing balance does not follow from the opening balance and the lines.
    """
    start, end = _period(statement, terms)
    first, last = statement.first_date or start, statement.last_date or end
    if first < start or last > end:
        raise InvalidInput(
            f"The {statement.lines_count} lines are dated {first} to {last}, outside {start} to "
            f"{end}: the period must cover the whole statement.",
            loc=("body", "start_date" if first < start else "end_date"),
            kind="lines_outside_period",
            value=str(first if first < start else last),
        )
    net = statement.net_minor
    before = previous_closing(others, ledger, start)
    opening, closing, warnings = _balances(statement, ledger.currency, terms, net, before)
    if opening + net != closing:
        currency = ledger.currency
        raise InvalidInput(
            f"The closing balance does not follow: opening {format_minor(opening, currency)} plus "
            f"{statement.lines_count} lines of {format_minor(net, currency)} give "
            f"{format_minor(opening + net, currency)}, not {format_minor(closing, currency)} "
            f"{currency}. A line is missing or doubled, or a balance is wrong.",
            loc=("body", "closing_balance"),
            kind="closing_balance_does_not_follow",
            value=closing,
        )
    return Settled(start, end, opening, closing, warnings)


def check_period(start: dt.date | None, end: dt.date | None) -> None:
    """Raise when a period ends before it starts, or lies where no statement does.

    Raises:
        InvalidInput: It does.
    """
    for name, day in (("start_date", start), ("end_date", end)):
        if day is not None:
            check_day(day, ("body", name))
    if start is not None and end is not None and end < start:
        raise InvalidInput(
            f"The end date {end} is before the start date {start}.",
            loc=("body", "end_date"),
            kind="end_before_start",
            value=str(end),
        )


def _period(statement: StatementFacts, terms: Terms) -> tuple[dt.date, dt.date]:
    start = terms.period_start or statement.period_start or statement.first_date
    end = terms.period_end or statement.period_end or statement.last_date
    if start is None or end is None:
        raise InvalidInput(
            "The statement has no lines and names no period: give start_date and end_date.",
            loc=("body", "start_date"),
            kind="missing_period",
        )
    # Some banks date lines a little outside the period they announce; theirs is then widened,
    # while a period that the caller named stays as it is and is checked.
    if terms.period_start is None:
        start = min(start, statement.first_date or start)
    if terms.period_end is None:
        end = max(end, statement.last_date or end)
    check_period(start, end)
    return start, end


def _balances(
    statement: StatementFacts, currency: str, terms: Terms, net: int, before: int | None
) -> tuple[int, int, tuple[str, ...]]:
    for name, said, read in (
        ("opening_balance", terms.opening_balance_minor, statement.opening_balance_minor),
        ("closing_balance", terms.closing_balance_minor, statement.closing_balance_minor),
    ):
        if said is not None and read is not None and said != read:
            raise InvalidInput(
                f"{name} is given as {format_minor(said, currency)}, the statement says "
                f"{format_minor(read, currency)} {currency}.",
                loc=("body", name),
                kind="closing_balance_does_not_follow"
                if name == "closing_balance"
                else "opening_balance_differs",
                value=said,
            )
    opening = _first(terms.opening_balance_minor, statement.opening_balance_minor)
    closing = _first(terms.closing_balance_minor, statement.closing_balance_minor)
    if opening is None and closing is not None:
        opening = closing - net
    if opening is not None and closing is not None:
        return opening, closing, ()
    if opening is None:
        opening = before or 0
    return (
        opening,
        opening + net,
        (NO_CLOSING_BALANCE,),
    )


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)
