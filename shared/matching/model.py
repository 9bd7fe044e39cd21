"""What goes into the engine and what comes out of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

ENGINE_VERSION = "2"
"""Raised whenever the same input may give another answer for a reason other than weights."""

Status = Literal["auto", "review"]


@dataclass(frozen=True, slots=True)
class Item:
    """A bank line or a book entry.

    ``amount_minor`` is signed as the account holder sees it: money in is positive. An empty
    ``currency`` is a currency of its own: it matches nothing but itself.
    """

    id: str
    date: dt.date
    amount_minor: int
    currency: str
    description: str = ""
    reference: str | None = None
    counterparty: str | None = None


@dataclass(frozen=True, slots=True)
class Residue:
    """What keeps the two sides of a match apart: ``fx``, ``transposition``, ``fee``, ….

    Signed like the lines: lines = entries in the account's currency + residues.
    """

    kind: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Match:
    """Lines and entries that explain each other, and how sure of it the engine is.

    ``method`` is ``identifier``, ``exact``, ``scored``, ``fx``, ``transposition`` or ``group``.
    Members are ordered by id. ``confidence`` is a probability in [0, 1].
    """

    lines: tuple[str, ...]
    entries: tuple[str, ...]
    method: str
    confidence: float
    status: Status
    reasons: tuple[str, ...]
    residues: tuple[Residue, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Entries that could explain an ambiguous line, and the share of belief they hold."""

    entries: tuple[str, ...]
    confidence: float
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A line that several pairings explain about equally well: a person decides."""

    line: str
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class MatchResult:
    """Everything one run says, in an order that does not depend on the order of rows.

    Every line is in exactly one of ``matches``, ``ambiguous`` and ``unmatched_lines``. Every
    entry is in ``matches`` or in ``unmatched_entries``; the candidates of ambiguous lines are
    still open, so they are listed there too. ``warnings`` say what a limit made us leave out.
    """

    matches: tuple[Match, ...]
    ambiguous: tuple[Ambiguity, ...]
    unmatched_lines: tuple[str, ...]
    unmatched_entries: tuple[str, ...]
    engine_version: str
    weights_version: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MatchSettings:
    """What a business may choose.

    Args:
        date_window_days: Calendar days a line and its entry may lie apart.
        identifier_window_days: The same where both sides carry one rare identifier: checks
            are cashed weeks after they are booked.
        auto_threshold: Least confidence of an ``auto`` match (a margin is required besides).
        review_threshold: Least confidence of a ``review`` proposal.
        fx_band: Largest share by which a converted amount may miss the line.
        candidates_named_max: Most candidates listed for one ambiguous line.
    """

    date_window_days: int = 10
    identifier_window_days: int = 60
    auto_threshold: float = 0.9
    review_threshold: float = 0.7
    fx_band: float = 0.03
    candidates_named_max: int = 20
