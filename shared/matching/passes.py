"""What passes share: the run, and what is still open in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.matching.model import Ambiguity, Item, Match, MatchSettings
from shared.matching.rates import Rates
from shared.matching.text import Reader
from shared.matching.weights import Weights

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.matching.decisions import Outcome


@dataclass(slots=True)
class Run:
    """One call of the engine: the items, what is known, and what the passes said so far."""

    lines: Sequence[Item]
    entries: Sequence[Item]
    settings: MatchSettings
    weights: Weights
    rates: Rates | None
    open_lines: list[int]
    open_entries: list[int]
    reader: Reader = field(default_factory=Reader)
    matches: list[Match] = field(default_factory=list)
    ambiguous: list[Ambiguity] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def take(self, outcome: Outcome) -> None:
        """Record what a pass said; what it took is no longer open to later passes."""
        self.matches += outcome.matches
        self.ambiguous += outcome.ambiguous
        self.warnings += outcome.warnings
        self.open_lines = [p for p in self.open_lines if p not in outcome.lines_taken]
        self.open_entries = [p for p in self.open_entries if p not in outcome.entries_taken]

    def per_currency(
        self, match_currency: Callable[[Run, Sequence[int], Sequence[int]], Outcome]
    ) -> list[Outcome]:
        """Return what a pass says of each currency's open positions: they never mix."""
        outcomes = []
        for currency in sorted({self.lines[position].currency for position in self.open_lines}):
            lines = [p for p in self.open_lines if self.lines[p].currency == currency]
            entries = [p for p in self.open_entries if self.entries[p].currency == currency]
            if lines and entries:
                outcomes.append(match_currency(self, lines, entries))
        return outcomes
