"""Matches bank lines to book entries: best overall, explained, and never guessing a tie.

Pure: values in, values out; no AWS, clock, randomness, environment or logging. Read
``engine.py`` first, it is the table of contents: each pass is one module.
"""

from __future__ import annotations

from shared.matching.engine import match
from shared.matching.model import (
    Ambiguity,
    Candidate,
    Item,
    Match,
    MatchResult,
    MatchSettings,
    Residue,
)
from shared.matching.rates import Rates

__all__ = [
    "Ambiguity",
    "Candidate",
    "Item",
    "Match",
    "MatchResult",
    "MatchSettings",
    "Rates",
    "Residue",
    "match",
]
