"""Passes: one line pays several entries of one party, or several lines settle one entry.

Review only. A sum is proposed if it is exact, if all its parts are of one party (or named by the
line), and if no other parts add up as well: ten invoices have a thousand sums, and one of them
always fits something. So the search stays small, and how many sums were tried lowers the
confidence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING

from shared.matching.decisions import Outcome
from shared.matching.evidence import compare_texts
from shared.matching.explain import days_reason
from shared.matching.model import Ambiguity, Candidate, Item, Match
from shared.matching.text import CORE_MARK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shared.matching.passes import Run

PARTS_MAX = 6
"""Items of one sum, at most: beyond it too many sums fit by chance."""

POOL_MAX = 12
"""Open items of one party around a date, at most: about 2,500 sums to try."""

PARTY_ITEMS_MAX = 200
"""Open items of one party, at most, before the dates narrow them down."""

PARTIES_OF_A_WORD_MAX = 50
"""A word that begins the names of more parties than this says nothing about any."""

SUMS_NAMED_MAX = 4
SIMILARITY_MIN = 80
BEGINNING_LETTERS = 4

GROUP_CONFIDENCE = 0.9
"""Confidence of a sum that could not be chance. A guess, set below what a person must see."""

_ROUND_UNITS = (1_000, 100)


@dataclass(frozen=True, slots=True)
class Sum:
    """Parts that add up to one item; positions are those of the caller's lists."""

    whole: int
    parts: tuple[int, ...]
    confidence: float
    reasons: tuple[str, ...]


def match_combined(run: Run) -> list[Outcome]:
    """Return proposals for lines that pay several entries; ambiguities where two sums fit."""
    sums = _sums(run, run.lines, run.open_lines, run.entries, run.open_entries, of_bank=False)
    claims = Counter(part for found in sums for part in {p for s in found for p in s.parts})
    matches, ambiguous = [], []
    lines_taken: set[int] = set()
    entries_taken: set[int] = set()
    for found in sums:
        line = run.lines[found[0].whole]
        lines_taken.add(found[0].whole)
        entries_taken.update(part for one in found for part in one.parts)
        if len(found) == 1 and all(claims[part] == 1 for part in found[0].parts):
            matches.append(_match((line,), [run.entries[p] for p in found[0].parts], found[0]))
            continue
        why = "Other open items add up to this amount as well"
        if len(found) == 1:
            why = "Another bank line would fit some of these items as well"
        candidates = [
            Candidate(
                tuple(sorted(run.entries[p].id for p in one.parts)),
                round(one.confidence / max(len(found), 2), 4),
                (*one.reasons, why),
            )
            for one in found
        ]
        ambiguous.append(Ambiguity(line.id, tuple(candidates)))
    return [
        Outcome(tuple(matches), tuple(ambiguous), frozenset(lines_taken), frozenset(entries_taken))
    ]


def match_instalments(run: Run) -> list[Outcome]:
    """Return proposals for entries that several lines settle, where only one sum fits."""
    sums = _sums(run, run.entries, run.open_entries, run.lines, run.open_lines, of_bank=True)
    claims = Counter(part for found in sums for part in {p for s in found for p in s.parts})
    sure = [
        found[0]
        for found in sums
        if len(found) == 1 and all(claims[part] == 1 for part in found[0].parts)
    ]
    matches = [_match([run.lines[p] for p in s.parts], (run.entries[s.whole],), s) for s in sure]
    return [
        Outcome(
            tuple(matches),
            (),
            frozenset(part for one in sure for part in one.parts),
            frozenset(one.whole for one in sure),
        )
    ]


def _match(lines: Sequence[Item], entries: Sequence[Item], found: Sum) -> Match:
    return Match(
        lines=tuple(sorted(line.id for line in lines)),
        entries=tuple(sorted(entry.id for entry in entries)),
        method="group",
        confidence=found.confidence,
        status="review",
        reasons=found.reasons,
    )


def _sums(
    run: Run,
    wholes: Sequence[Item],
    open_wholes: Sequence[int],
    parts: Sequence[Item],
    open_parts: Sequence[int],
    *,
    of_bank: bool,
) -> list[list[Sum]]:
    """Return per whole that has any the sums that fit it, in an order rows do not change.

    Args:
        run: The run, for readings and settings.
        wholes: Items one of which is the sum.
        open_wholes: Positions among them.
        parts: Items that are summed.
        open_parts: Positions among them.
        of_bank: The parts are bank lines.
    """
    whole_at = sorted(open_wholes, key=lambda position: wholes[position].id)
    part_at = sorted(open_parts, key=lambda position: parts[position].id)
    named = {} if of_bank else _named_by(run, whole_at, part_at)
    by_party: dict[str, list[int]] = defaultdict(list)
    for position in part_at:
        reading = run.reader.read(parts[position])
        party = reading.words if of_bank else reading.party or reading.words
        if party:
            by_party[party].append(position)
    names = {}
    for position in whole_at:
        reading = run.reader.read(wholes[position])
        names[position] = (reading.party or reading.words) if of_bank else reading.words
    result = []
    for position, pools in _pools(names, by_party, join=of_bank):
        whole = wholes[position]
        found = _named_sum(whole, named.get(position, []), parts, position)
        if not found:
            for pool, similarity in pools:
                near = [p for p in pool if _may_be_part(run, whole, parts[p])]
                found += _of_party(run, position, whole, near, parts, similarity, of_bank=of_bank)
        if found:
            result.append(found[:SUMS_NAMED_MAX])
    return result


def _pools(
    names: dict[int, str], by_party: dict[str, list[int]], *, join: bool
) -> Iterator[tuple[int, list[tuple[list[int], float]]]]:
    """Yield per whole the items of each party that its name agrees with, and how well.

    Args:
        names: The name of each whole.
        by_party: The items of each party.
        join: Treat all parties that agree as one: banks spell a name in many ways.
    """
    asked = _same_beginning(names, by_party)
    similarities = compare_texts([names[position] for position, _ in asked], [p for _, p in asked])
    agreeing: dict[int, list[tuple[list[int], float]]] = {position: [] for position in names}
    for (position, party), alike in zip(asked, similarities.tolist(), strict=True):
        if alike >= SIMILARITY_MIN:
            agreeing[position].append((by_party[party], alike))
    for position, pools in agreeing.items():
        if join and pools:
            together = sorted({item for pool, _ in pools for item in pool})
            yield position, [(together, min(alike for _, alike in pools))]
        else:
            yield position, pools


def _same_beginning(names: dict[int, str], by_party: dict[str, list[int]]) -> list[tuple[int, str]]:
    """Return which parties are worth comparing with which whole: some word begins alike."""
    beginning: dict[str, list[str]] = defaultdict(list)
    for party, items in by_party.items():
        if len(items) <= PARTY_ITEMS_MAX:
            for begins in dict.fromkeys(word[:BEGINNING_LETTERS] for word in party.split()):
                beginning[begins].append(party)
    asked: list[tuple[int, str]] = []
    for position, name in names.items():
        parties: dict[str, None] = {}
        for word in name.split():
            sharing = beginning.get(word[:BEGINNING_LETTERS], ())
            if len(sharing) <= PARTIES_OF_A_WORD_MAX:
                parties.update(dict.fromkeys(sharing))
        asked += [(position, party) for party in parties]
    return asked


def _named_by(run: Run, line_at: list[int], entry_at: list[int]) -> dict[int, list[int]]:
    """Return per line the open entries whose references it names."""
    having: dict[str, list[int]] = defaultdict(list)
    for position in entry_at:
        for token in run.reader.read(run.entries[position]).identifiers:
            if not token.endswith(CORE_MARK):
                having[token].append(position)
    named = {}
    for position in line_at:
        tokens = run.reader.read(run.lines[position]).identifiers
        lists = [having[token] for token in tokens if len(having.get(token, ())) == 1]
        entries = dict.fromkeys(entry for found in lists for entry in found)
        line = run.lines[position]
        named[position] = [
            entry
            for entry in entries
            if run.entries[entry].currency == line.currency
            and abs((run.entries[entry].date - line.date).days)
            <= run.settings.identifier_window_days
        ]
    return named


def _named_sum(whole: Item, named: list[int], parts: Sequence[Item], position: int) -> list[Sum]:
    total = sum(parts[part].amount_minor for part in named)
    if not 2 <= len(named) <= PARTS_MAX or total != whole.amount_minor:  # noqa: PLR2004
        return []
    items = [parts[part] for part in named]
    said = ", ".join(sorted((item.reference or item.description).strip() for item in items))
    reasons = (
        f"Sum of {len(items)} open items that the line names: {said}",
        "Amount matches exactly",
        days_reason(max(abs((item.date - whole.date).days) for item in items)),
    )
    return [Sum(position, tuple(named), GROUP_CONFIDENCE, reasons)]


def _may_be_part(run: Run, whole: Item, part: Item) -> bool:
    return (
        part.currency == whole.currency
        and (part.amount_minor > 0) == (whole.amount_minor > 0)
        and 0 < abs(part.amount_minor) < abs(whole.amount_minor)
        and abs((part.date - whole.date).days) <= run.settings.date_window_days
    )


def _of_party(
    run: Run,
    position: int,
    whole: Item,
    pool: list[int],
    parts: Sequence[Item],
    similarity: float,
    *,
    of_bank: bool,
) -> list[Sum]:
    """Return the sums of a party's items that fit, or none if chance alone would find one."""
    if not 2 <= len(pool) <= POOL_MAX:  # noqa: PLR2004 - a sum has two parts
        return []
    amounts = [abs(parts[part].amount_minor) for part in pool]
    target = abs(whole.amount_minor)
    unit = next((u for u in _ROUND_UNITS if not any(a % u for a in amounts)), 1)
    tried = sum(comb(len(pool), size) for size in range(2, min(PARTS_MAX, len(pool)) + 1))
    confidence = round(GROUP_CONFIDENCE / (1 + tried * unit / target), 4)
    if confidence < run.settings.review_threshold:
        return []
    found = []
    for chosen in exact_sums(amounts, target):
        items = [parts[pool[index]] for index in chosen]
        party = whole if of_bank else items[0]
        kind = "bank lines" if of_bank else "open items"
        reasons = (
            f"Sum of {len(items)} {kind} of {party.counterparty or party.description}".strip(),
            "Amount matches exactly",
            days_reason(max(abs((item.date - whole.date).days) for item in items)),
            f"Description similarity: {int(similarity)}%",
        )
        found.append(Sum(position, tuple(pool[index] for index in chosen), confidence, reasons))
    return found


def exact_sums(amounts: Sequence[int], target: int) -> list[tuple[int, ...]]:
    """Return index sets of 2 to ``PARTS_MAX`` positive amounts that add up to the target.

    At most ``SUMS_NAMED_MAX`` of them: two are enough to know that a person has to choose.

    Examples:
        >>> exact_sums([100, 250, 400], 500)
        [(0, 2)]
    """
    found: list[tuple[int, ...]] = []

    def extend(chosen: tuple[int, ...], begin: int, left: int) -> None:
        for index in range(begin, len(amounts)):
            if len(found) >= SUMS_NAMED_MAX:
                return
            rest = left - amounts[index]
            if rest == 0 and chosen:
                found.append((*chosen, index))
            elif rest > 0 and len(chosen) + 1 < PARTS_MAX:
                extend((*chosen, index), index + 1, rest)

    extend((), 0, target)
    return found
