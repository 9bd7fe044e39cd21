"""What every parser returns: one canonical shape for every bank's file.

A parser yields *events* while it reads: lists of ``Line`` in file order, and after the lines of
each statement one ``Summary`` with everything the file says about that statement as a whole. So a
file of a million lines needs no more memory than one of a thousand.
``registry.read_statement_file`` collects the events of a file that fits into memory.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Literal, NamedTuple

LineStatus = Literal["booked", "pending", "information"]
"""``information`` is CAMT's INFO: told to the customer, never booked on the account."""

Extra = tuple[tuple[str, str], ...]
"""What the bank said that no field holds: the format's own name and the text as received."""


@dataclass(frozen=True, slots=True)
class Account:
    """Whose account a statement is about; ``None`` where the file does not say.

    ``id`` is the IBAN without spaces where the format carries one, else the account number;
    ``bank_id`` the BIC, routing or sort code; ``type`` the format's own word in lower case.
    """

    id: str | None
    bank_id: str | None = None
    type: str | None = None
    currency: str | None = None
    holder: str | None = None


class Detail(NamedTuple):
    """One member of a batch that the bank booked as a single movement (CAMT ``TxDtls``).

    ``amount_minor`` is signed as the line's; ``None`` where the bank gives the parts no amount.
    """

    amount_minor: int | None = None
    currency: str | None = None
    description: str = ""
    counterparty: str | None = None
    counterparty_account: str | None = None
    end_to_end_id: str | None = None
    mandate_id: str | None = None
    remittance_reference: str | None = None
    bank_reference: str | None = None
    extra: Extra = ()


class Line(NamedTuple):
    """One movement as the bank reports it.

    A named tuple, because parsers make millions of them and a tuple is made in a third of the
    time of a frozen dataclass. The fields, format by format, are in ``docs/formats.md``.

    ``index`` counts from 0 in the order of the statement. ``amount_minor`` is signed as the account
    holder sees it: money in is positive. ``description`` is on one line with single spaces,
    ``description_received`` as the file has it (the same object where nothing was cleaned).
    ``position`` is the file's line (a spreadsheet's row) on which the movement begins, from 1.
    """

    index: int  # type: ignore[assignment] # no line is ever searched with tuple.index
    date: dt.date
    value_date: dt.date | None
    amount_minor: int
    currency: str | None
    description: str
    description_received: str = ""
    counterparty: str | None = None
    counterparty_account: str | None = None
    end_to_end_id: str | None = None
    mandate_id: str | None = None
    check_number: str | None = None
    customer_reference: str | None = None
    remittance_reference: str | None = None
    bank_reference: str | None = None
    transaction_code: str | None = None
    original_amount_minor: int | None = None
    original_currency: str | None = None
    exchange_rate: str | None = None
    running_balance_minor: int | None = None
    status: LineStatus = "booked"
    is_reversal: bool = False
    details: tuple[Detail, ...] = ()
    extra: Extra = ()
    position: int = 0

    @property
    def reference(self) -> str | None:
        """The reference that the other party or the account holder chose, most telling first."""
        return (
            self.remittance_reference
            or self.end_to_end_id
            or self.check_number
            or self.customer_reference
        )

    @property
    def kind(self) -> str | None:
        """The format's own transaction type in lower case."""
        return self.transaction_code.lower() if self.transaction_code else None


@dataclass(frozen=True, slots=True)
class Break:
    """A control total that the file announces and its lines do not meet.

    ``total`` names it (``closing balance``, ``number of entries``, ``end of statement``);
    ``expected`` is what the lines come to, ``found`` what the file says; ``position`` is the file's
    line where the two first part, ``None`` where only the whole statement shows it.
    """

    total: str
    expected: str
    found: str
    reason: str
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Everything a file says about one statement but its lines.

    ``format`` names format and version as the file announces it (``camt.053.001.08``).
    ``opening_balance_minor`` and ``closing_balance_minor`` are booked balances; ``None`` where the
    file neither states nor implies them. A statement with ``breaks`` is not to be relied on:
    ``tieout parse`` shows it and says so, an import refuses it. ``checked`` names the control
    totals that the file states and that hold (``opening + lines = closing``, ``number of
    entries``): a balance that was derived from the lines proves nothing and is not among them.

    ``lines_count`` counts all lines, ``net_minor`` sums the booked ones alone: pending and
    information lines are no part of it nor of any balance, in every format.
    """

    format: str
    account: Account
    identification: str | None = None
    period_start: dt.date | None = None
    period_end: dt.date | None = None
    opening_balance_minor: int | None = None
    closing_balance_minor: int | None = None
    available_balance_minor: int | None = None
    lines_count: int = 0
    net_minor: int = 0
    checked: tuple[str, ...] = ()
    breaks: tuple[Break, ...] = ()
    warnings: tuple[str, ...] = ()
    extra: Extra = ()


Event = list[Line] | Summary
Events = Iterator[Event]
"""Zero or more lists of lines, then their summary; as often as the file has statements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement(Summary):
    """One account's lines over one period, in memory."""

    lines: tuple[Line, ...]


def summary_of(statement: Statement) -> Summary:
    """Return a statement without its lines."""
    kept = {one.name: getattr(statement, one.name) for one in fields(Summary)}
    return Summary(**kept)


def with_lines(summary: Summary, lines: tuple[Line, ...]) -> Statement:
    """Return a summary together with its lines."""
    kept = {one.name: getattr(summary, one.name) for one in fields(Summary)}
    return Statement(**kept, lines=lines)


@dataclass(frozen=True, slots=True)
class StatementFile:
    """What one file holds, in memory; at least one statement."""

    statements: tuple[Statement, ...]

    @property
    def format(self) -> str:
        """The format of the first statement: a file holds one format."""
        return self.statements[0].format

    @property
    def warnings(self) -> tuple[str, ...]:
        """Every statement's warnings, each once."""
        found = (text for one in self.statements for text in one.warnings)
        return tuple(dict.fromkeys(found))
