"""From scored candidate pairs to matches, ambiguities and what stays open.

Every pass hands its candidates here, so the rules of who may be matched without a person are
written once: enough probability, odds against everything else, something besides amount and
date that speaks for the pair, and nothing that speaks against it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from shared.matching.assignment import RUNNER_UP_ODDS_MIN, Assignment, Belief, assign
from shared.matching.candidates import Pairs
from shared.matching.columns import Floats, Side
from shared.matching.evidence import NO_TEXT_AT_ALL, Evidence
from shared.matching.explain import (
    date_reason,
    identifier_reason,
    item_name,
    rarity_reason,
    rivals_reason,
    text_reason,
)
from shared.matching.model import Ambiguity, Candidate, Match, MatchSettings, Residue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.matching.columns import Flags
    from shared.matching.model import Item
    from shared.matching.text import Reader

AUTO_PROBABILITY_MIN = 0.995
"""The margin: an ``auto`` match outweighs everything else together about 200 to 1."""

AUTO_SIMILARITY_MIN = 65
"""Least similarity of an ``auto`` match that no shared identifier vouches for."""

AUTO_SHARED_WORDS_MIN = 2.0
"""Least rarity, as a log, of the words it shares: about one item in seven, or rarer."""

AUTO_SIMILARITY_ALONE_MIN = 85
"""The same where no whole word is shared: a typo, or a name cut short."""

AUTO_DAYS_WITHOUT_TEXT_MAX = 3
"""Business days apart, at most, of an ``auto`` match with no text on either side."""

AUTO_DAYS_MAX = 5
"""The same, business days, for text that agrees: regular customers repeat their amounts."""

CROWDED_SIMILARITY_MIN = 90
"""Least similarity of an ``auto`` match whose amount was too frequent to compare everything."""

RIVAL_LOG = 5.3
"""A candidate 200 times less likely than the chosen one is not worth a word: e**5.3."""

AMBIGUOUS_FROM = 0.45
"""Least belief that any candidate is right; below it the line counts as unmatched."""

CONFIDENCE_MAX = 0.9999
CONFIDENCE_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one pass says; positions are those of the caller's lists."""

    matches: tuple[Match, ...]
    ambiguous: tuple[Ambiguity, ...]
    lines_taken: frozenset[int]
    entries_taken: frozenset[int]
    warnings: tuple[str, ...] = ()


class Account(Protocol):
    """How a pass accounts for the difference between a line and an entry."""

    def __call__(self, line: int, entry: int) -> tuple[tuple[str, ...], tuple[Residue, ...]]:
        """Return the reasons about the amount, and the residues."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """The candidates of one pass.

    Args:
        lines: The classes of each side; ``entries`` likewise.
        method: The match method, or ``None`` to name it after the evidence.
        review_only: No match of this pass may be ``auto``.
    """

    lines: Side
    entries: Side
    pairs: Pairs
    evidence: Evidence
    odds_log: Floats
    method: str | None
    review_only: bool


def decide(
    proposal: Proposal,
    line_items: Sequence[Item],
    entry_items: Sequence[Item],
    *,
    reader: Reader,
    account: Account,
    settings: MatchSettings,
) -> Outcome:
    """Return the matches and ambiguities that follow from a pass's candidates."""
    pairs = proposal.pairs
    assigned = assign(
        pairs.line,
        pairs.entry,
        proposal.odds_log,
        proposal.lines.size,
        proposal.entries.size,
        settings.review_threshold,
    )
    return _Decider(
        proposal, assigned, line_items, entry_items, reader, account, settings
    ).outcome()


class _Decider:
    """Hands out the members of classes and words the answer."""

    def __init__(
        self,
        proposal: Proposal,
        assigned: Assignment,
        line_items: Sequence[Item],
        entry_items: Sequence[Item],
        reader: Reader,
        account: Account,
        settings: MatchSettings,
    ) -> None:
        self._proposal = proposal
        self._assigned = assigned
        self._line_items, self._entry_items = line_items, entry_items
        self._reader, self._account, self._settings = reader, account, settings
        self._line_next = proposal.lines.start[:-1].copy()
        self._entry_next = proposal.entries.start[:-1].copy()
        self._entry_free = np.ones(len(proposal.entries), dtype=np.bool_)
        self._auto_able = self._may_be_auto()
        self._same_lines = _same_amount(proposal.lines)
        self._same_entries = _same_amount(proposal.entries)

    def outcome(self) -> Outcome:
        """Return the matches, then the ambiguities among what they leave."""
        lines, entries = self._proposal.lines, self._proposal.entries
        pairs = self._proposal.pairs
        found = sorted(self._assigned.pairs)
        line_used = np.zeros(len(lines), dtype=np.int64)
        entry_used = np.zeros(len(entries), dtype=np.int64)
        for pair, items, _ in found:
            line_used[pairs.line[pair]] += items
            entry_used[pairs.entry[pair]] += items
        line_whole, entry_whole = line_used == lines.size, entry_used == entries.size
        self._entry_free = ~entry_whole
        matches: list[Match] = []
        lines_taken: set[int] = set()
        entries_taken: set[int] = set()
        for pair, items, probability in found:
            a, b = int(pairs.line[pair]), int(pairs.entry[pair])
            one_kind = items == lines.size[a]
            whole = bool(line_whole[a] and entry_whole[b] and one_kind)
            for _ in range(items):
                line = int(lines.members[self._line_next[a]])
                entry = int(entries.members[self._entry_next[b]])
                self._line_next[a] += 1
                self._entry_next[b] += 1
                lines_taken.add(line)
                entries_taken.add(entry)
                matches.append(self._match(pair, line, entry, probability, whole=whole))
        ambiguous = self._ambiguities(lines_taken, entries_taken)
        too_large = self._assigned.too_large
        warning = (
            f"{too_large} lines of one amount compete for too many entries to compare every "
            "pairing; only the sure ones were matched."
        )
        return Outcome(
            tuple(matches),
            ambiguous,
            frozenset(lines_taken),
            frozenset(entries_taken),
            (warning,) if too_large else (),
        )

    def _may_be_auto(self) -> Flags:
        """Return per pair whether its evidence allows a match without a person."""
        pairs, evidence = self._proposal.pairs, self._proposal.evidence
        if self._proposal.review_only:
            return np.zeros(len(pairs), dtype=np.bool_)
        agrees = evidence.agreement > 0
        alike = (evidence.similarity >= AUTO_SIMILARITY_MIN) & (
            evidence.shared_words >= AUTO_SHARED_WORDS_MIN
        )
        alike |= evidence.similarity >= AUTO_SIMILARITY_ALONE_MIN
        alike &= ~pairs.crowded | (evidence.similarity >= CROWDED_SIMILARITY_MIN)
        alike &= np.abs(evidence.days) <= AUTO_DAYS_MAX
        only = (np.bincount(pairs.line, minlength=1)[pairs.line] == 1) & (
            np.bincount(pairs.entry, minlength=1)[pairs.entry] == 1
        )
        textless = (
            (evidence.similarity == NO_TEXT_AT_ALL)
            & only
            & (np.abs(evidence.days) <= AUTO_DAYS_WITHOUT_TEXT_MAX)
        )
        allowed = (agrees | alike | textless) & ~evidence.contradiction & ~evidence.other_party
        return np.asarray(allowed, dtype=np.bool_)

    def _match(self, pair: int, line: int, entry: int, probability: float, *, whole: bool) -> Match:
        threshold = max(AUTO_PROBABILITY_MIN, self._settings.auto_threshold)
        sure = probability >= threshold
        auto = bool(sure and whole and self._auto_able[pair])
        reasons, residues = self._reasons(pair, line, entry)
        a, b = int(self._proposal.pairs.line[pair]), int(self._proposal.pairs.entry[pair])
        if whole and max(self._proposal.lines.size[a], self._proposal.entries.size[b]) > 1:
            reasons.append("These items are identical, so any pairing of them is right")
        if not auto:
            reasons += self._doubts(pair, sure=sure, whole=whole)
        return Match(
            lines=(self._line_items[line].id,),
            entries=(self._entry_items[entry].id,),
            method=self._method(pair, line, entry),
            confidence=_shown(probability),
            status="auto" if auto else "review",
            reasons=tuple(reasons),
            residues=residues,
        )

    def _method(self, pair: int, line: int, entry: int) -> str:
        if self._proposal.method is not None:
            return self._proposal.method
        if self._proposal.evidence.agreement[pair] > 0:
            return "identifier"
        same_day = self._line_items[line].date == self._entry_items[entry].date
        return "exact" if same_day and self._auto_able[pair] else "scored"

    def _reasons(self, pair: int, line: int, entry: int) -> tuple[list[str], tuple[Residue, ...]]:
        evidence = self._proposal.evidence
        line_item, entry_item = self._line_items[line], self._entry_items[entry]
        of_amount, residues = self._account(line, entry)
        reasons = [*of_amount, date_reason(line_item, entry_item)]
        if evidence.agreement[pair] > 0:
            read = self._reader.read
            reasons.append(
                identifier_reason(line_item, entry_item, read(line_item), read(entry_item))
            )
        similarity, aligned = float(evidence.similarity[pair]), bool(evidence.aligned[pair])
        if evidence.agreement[pair] <= 0 or similarity > 0:
            reasons.append(text_reason(similarity, aligned=aligned))
        a, b = int(self._proposal.pairs.line[pair]), int(self._proposal.pairs.entry[pair])
        reasons.append(rarity_reason(self._same_lines[a], self._same_entries[b]))
        return reasons, residues

    def _doubts(self, pair: int, *, sure: bool, whole: bool) -> list[str]:
        """Return why a person should look, beside what the reasons say already."""
        evidence = self._proposal.evidence
        doubts = []
        if evidence.contradiction[pair]:
            doubts.append("The line names a reference that belongs to another open item")
        if evidence.other_party[pair]:
            doubts.append("The bank and the books name different parties")
        if not whole:
            doubts.append("Not every one of these identical items finds a partner")
        if abs(evidence.days[pair]) > AUTO_DAYS_MAX:
            doubts.append("The dates are further apart than usual")
        rival = None if sure else self._rival(pair)
        if rival is not None:
            doubts.append(f"{item_name(rival)} is possible too, but less likely")
        if not doubts and not self._proposal.review_only:
            doubts.append("Please check: little besides amount and date speaks for it")
        return doubts

    def _rival(self, pair: int) -> Item | None:
        """Return the next best open entry of the pair's line, if it is worth a word."""
        pairs, odds_log = self._proposal.pairs, self._proposal.odds_log
        begin, end = np.searchsorted(pairs.line, [pairs.line[pair], pairs.line[pair] + 1])
        others = [
            other
            for other in range(int(begin), int(end))
            if other != pair
            and self._entry_free[pairs.entry[other]]
            and odds_log[other] > odds_log[pair] - RIVAL_LOG
        ]
        if not others:
            return None
        best = int(pairs.entry[max(others, key=lambda other: (odds_log[other], -other))])
        return self._entry_items[int(self._proposal.entries.members[self._entry_next[best]])]

    def _ambiguities(self, lines_taken: set[int], entries_taken: set[int]) -> tuple[Ambiguity, ...]:
        """Return the lines that several pairings explain about equally well.

        Only entries still open are named: one that another line surely holds is no tie. Nor is a
        single weak candidate that no other line wants: that line is unmatched.
        """
        beliefs = [(belief, self._open_shares(belief)) for belief in self._assigned.beliefs]
        best_share: dict[int, float] = {}
        for _, shares in beliefs:
            if sum(share for _, share in shares) >= AMBIGUOUS_FROM:
                for b, share in shares:
                    best_share[b] = max(share, best_share.get(b, 0.0))
        tied = [(belief, _close(shares, best_share)) for belief, shares in beliefs]
        wanted = Counter(b for _, shares in tied for b, _ in shares)
        result = []
        for belief, shares in tied:
            items = sum(self._entries_left(b) for b, _ in shares)
            if not items or (items == 1 and wanted[shares[0][0]] == 1):
                continue
            if self._line_next[belief.line] == self._proposal.lines.start[belief.line + 1]:
                continue
            line = int(self._proposal.lines.members[self._line_next[belief.line]])
            self._line_next[belief.line] += 1
            lines_taken.add(line)
            named = self._named(shares)
            entries_taken.update(entry for _, entry, _ in named)
            candidates = tuple(
                self._candidate(belief.line, b, line, entry, share, named, wanted[b] > 1)
                for b, entry, share in named
            )
            result.append(Ambiguity(self._line_items[line].id, candidates))
        return tuple(result)

    def _named(self, shares: list[tuple[int, float]]) -> list[tuple[int, int, float]]:
        """Return class, entry and share of the candidates to name, best first."""
        named = []
        for b, share in shares:
            begin, end = int(self._entry_next[b]), int(self._proposal.entries.start[b + 1])
            twins = self._proposal.entries.members[begin:end].tolist()
            named += [(b, entry, share / len(twins)) for entry in twins]
        return named[: self._settings.candidates_named_max]

    def _candidate(
        self,
        line_class: int,
        entry_class: int,
        line: int,
        entry: int,
        share: float,
        named: list[tuple[int, int, float]],
        contested: bool,
    ) -> Candidate:
        reasons, _ = self._reasons(self._pair_number(line_class, entry_class), line, entry)
        rivals = [self._entry_items[other] for _, other, _ in named if other != entry]
        if rivals:
            reasons.append(rivals_reason(self._entry_items[entry], rivals))
        elif contested:
            reasons.append("Another bank line would fit it as well")
        return Candidate((self._entry_items[entry].id,), _shown(share), tuple(reasons))

    def _open_shares(self, belief: Belief) -> list[tuple[int, float]]:
        return [(b, share) for b, share in belief.shares if self._entries_left(b)]

    def _entries_left(self, entry: int) -> int:
        return int(self._proposal.entries.start[entry + 1] - self._entry_next[entry])

    def _pair_number(self, line: int, entry: int) -> int:
        """Return the position of a pair; pairs are ordered by line, then entry."""
        pairs = self._proposal.pairs
        begin, end = np.searchsorted(pairs.line, [line, line + 1])
        return int(begin + np.searchsorted(pairs.entry[begin:end], entry))


def _close(
    shares: list[tuple[int, float]], best_share: dict[int, float]
) -> list[tuple[int, float]]:
    """Return the entry classes of a line that are about as likely as its best one.

    A line that is probably not in the books is still in the contest for an entry which another
    line of this kind wants: whoever decides there has to see both.
    """
    if sum(share for _, share in shares) >= AMBIGUOUS_FROM:
        return [(b, s) for b, s in shares if s * RUNNER_UP_ODDS_MIN >= shares[0][1]]
    return [(b, s) for b, s in shares if s * RUNNER_UP_ODDS_MIN >= best_share.get(b, np.inf)]


def _same_amount(side: Side) -> list[int]:
    """Return per class how many items of the side have its amount."""
    _, where = np.unique(side.amount, return_inverse=True)
    if not len(where):
        return []
    counts = np.bincount(where, weights=side.size)[where]
    return [int(count) for count in counts]


def _shown(probability: float) -> float:
    return round(min(probability, CONFIDENCE_MAX), CONFIDENCE_DECIMALS)
