"""What every parser returns: one canonical shape for every bank's file."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Account:
    """Whose account a statement is about; ``None`` where the file does not say."""

    id: str | None
    bank_id: str | None
    type: str | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class Line:
    """One movement as the bank reports it.

    ``amount_minor`` is signed as the account holder sees it: money in is positive. ``index``
    counts from 0 in file order. ``kind`` is the format's own transaction type in lower case.
    """

    index: int
    date: dt.date
    value_date: dt.date | None
    amount_minor: int
    currency: str | None
    description: str
    counterparty: str | None
    reference: str | None
    bank_reference: str | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class Statement:
    """One account's lines over one period, with its balances in minor units."""

    account: Account
    period_start: dt.date | None
    period_end: dt.date | None
    opening_balance_minor: int | None
    closing_balance_minor: int | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class StatementFile:
    """What one file holds. ``format`` is ``ofx-sgml``, ``ofx-xml`` or ``csv``."""

    format: str
    statements: tuple[Statement, ...]
    warnings: tuple[str, ...]
