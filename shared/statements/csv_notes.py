"""What the rows around the movements say: account, currency, period and balances.

Only what is labelled clearly is carried; a sentence that merely holds a number is not a fact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.money import is_currency
from shared.statements.amounts import AmountText, split_amount
from shared.statements.csv_words import balance_named, fold, label_of
from shared.statements.dates import date_readings, dates_within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from shared.statements.csv_table import Row

_IBAN = re.compile(
    r"(?<![A-Z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Z0-9])"
)
_ACCOUNT_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9 ./*Xx-]{2,40}")
_CURRENCY_ALONE = re.compile(r":?\s*([A-Z]{3})")
IBAN_CHECK = 97

_STARTS = frozenset(
    {"from", "from date", "start date", "period start", "von", "du", "date de debut", "desde"}
    | {"fecha inicio", "van", "dal", "da", "de", "od", "fra", "fra dato", "data inicio"}
)
_ENDS = frozenset(
    {"to", "to date", "end date", "period end", "bis", "au", "date de fin", "hasta", "fecha fin"}
    | {"until", "tot", "al", "a", "ate", "do", "til", "til dato", "data fim"}
)


@dataclass(slots=True)
class Stated:
    """A balance that a labelled row states, and where."""

    amount: AmountText
    text: str
    line: int
    column: int


@dataclass(slots=True)
class Notes:
    """Facts from the rows before and after the table."""

    account: str | None = None
    bank: str | None = None
    currencies: set[str] = field(default_factory=set)
    opening: Stated | None = None
    closing: Stated | None = None
    period: tuple[str | None, str | None] = (None, None)
    date_texts: list[tuple[int, str]] = field(default_factory=list)
    conflicting: set[str] = field(default_factory=set)


def is_iban(text: str) -> bool:
    """Return whether a text is an IBAN with correct check digits (ISO 13616, mod 97).

    Examples:
        >>> is_iban("DE89 3704 0044 0532 0130 00"), is_iban("DE89370400440532013001")
        (True, False)
    """
    compact = text.replace(" ", "")
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", compact, re.ASCII):
        return False
    turned = compact[4:] + compact[:4]
    return int("".join(str(int(character, 36)) for character in turned)) % IBAN_CHECK == 1


def read_notes(rows: Iterable[Row]) -> Notes:
    """Return what the rows say; a fact stated twice differently is left out."""
    notes = Notes()
    ibans: set[str] = set()
    accounts: set[str] = set()
    for row in rows:
        ibans |= {
            found.replace(" ", "")
            for cell in row.filled
            for found in _IBAN.findall(cell[:500])
            if is_iban(found)
        }
        _read_balance(row, notes)
        for label, value in _pairs(row):
            _read_pair(label, value, notes, accounts)
        _read_period(row, notes)
        for cell in row.filled:
            alone = _CURRENCY_ALONE.fullmatch(cell)
            if alone and is_currency(alone[1]):
                notes.currencies.add(alone[1])
            notes.date_texts += [(row.line, found) for found in dates_within(cell)]
    if len(ibans) == 1:
        notes.account = next(iter(ibans))
    elif len(accounts) == 1 and not ibans:
        notes.account = next(iter(accounts))
    return notes


def _pairs(row: Row) -> Iterator[tuple[str, str]]:
    """Yield label and value, in one cell with a colon or in two neighbouring cells."""
    cells = row.filled
    for index, cell in enumerate(cells):
        label, colon, value = cell.replace("\uff1a", ":").partition(":")
        if colon and value.strip():
            yield label, value.strip()
        elif index + 1 < len(cells):
            yield cell.rstrip(": \uff1a"), cells[index + 1]


def _read_pair(label: str, value: str, notes: Notes, accounts: set[str]) -> None:
    kind = label_of(label)
    # Excel's mark of a text that looks like a number.
    value = value.removeprefix("'")
    if kind == "account" and _ACCOUNT_NUMBER.fullmatch(value) and re.search(r"\d{3}", value):
        accounts.add(value.replace(" ", "") if is_iban(value) else value)
    elif kind == "bank" and re.fullmatch(r"[A-Z0-9 -]{4,20}", value):
        notes.bank = value
    elif kind == "currency" and is_currency(value.upper()):
        notes.currencies.add(value.upper())


def _read_period(row: Row, notes: Notes) -> None:
    text = " ".join(row.filled)
    found = [date for date in dates_within(text) if date_readings(date)]
    if len(found) == len(("start", "end")) and label_of(text) == "period":
        _note_period(notes, found[0], found[1])
        return
    for label, value in _pairs(row):
        if date_readings(value) and fold(label) in _STARTS:
            _note_period(notes, value, None)
        elif date_readings(value) and fold(label) in _ENDS:
            _note_period(notes, None, value)


def _note_period(notes: Notes, start: str | None, end: str | None) -> None:
    known_start, known_end = notes.period
    if (start and known_start not in {None, start}) or (end and known_end not in {None, end}):
        notes.conflicting.add("period")
    notes.period = (start or known_start, end or known_end)


def _read_balance(row: Row, notes: Notes) -> None:
    """Note an opening or closing balance: a label and the one amount in the row."""
    named = {balance_named(cell.partition(":")[0]) for cell in row.filled} - {None}
    if len(named) != 1:
        return
    amounts = []
    for index, cell in enumerate(row.cells):
        _, colon, value = cell.partition(":")
        text = value.strip() if colon and balance_named(cell.partition(":")[0]) else cell
        amount = split_amount(text) if text and not date_readings(text) else None
        if amount is not None:
            amounts.append(Stated(amount, text, row.line, index + 1))
    if len(amounts) != 1:
        return
    which = str(next(iter(named)))
    before = getattr(notes, which)
    if before is not None and before.amount != amounts[0].amount:
        notes.conflicting.add(which)
    setattr(notes, which, amounts[0])
    if amounts[0].amount.currency:
        notes.currencies.add(amounts[0].amount.currency)
