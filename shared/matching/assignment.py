"""The best overall pairing, and how sure each pair of it is.

Three steps, from cheap and sure to dear and exact:

1. *Settle*: a pair that outweighs every combination of what its two sides could do instead is
   certain at a glance. With ``w`` its odds and ``R`` and ``C`` the summed odds of the other
   pairs of its line and of its entry, its probability is at least ``w / (w + (1 + R)(1 + C))``:
   any pairing without it becomes one with it by dropping at most one other pair on each side.
   Settled pairs leave, which settles others.
2. *Solve*: what is left falls into small components. Each is solved as an assignment problem
   (Jonker and Volgenant 1987, through ``lap``). How sure a pair is follows from its *regrets*:
   how much worse the best overall pairing gets when its line goes elsewhere, a shortest cycle
   in the residual graph. A swap that is about as good has regret near 0, so the belief is shared,
   and a pair is only reported if it is well ahead of the next best for its line and its entry.
3. *Bound*: components too large for step 2 keep the lower bound of step 1, which can be too
   modest but never too sure.

Twins (classes of indistinguishable items) are no alternatives to each other; each of them has
as many chances of finding one of the other class as the smaller class has items.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from lap import lapjv

if TYPE_CHECKING:
    from shared.matching.columns import Flags, Floats, Ints

SETTLED_PROBABILITY = 0.995
ODDS_LOG_MIN = -3.0
"""Pairs twenty times likelier to be wrong than right are no alternatives worth keeping."""

RUNNER_UP_ODDS_MIN = 10.0
"""A pair is reported only if it is this many times likelier than the next best one.

Anything closer is a guess, whoever is ahead: a person is shown the candidates instead.
"""

BOUND_SURE_FROM = RUNNER_UP_ODDS_MIN / (1 + RUNNER_UP_ODDS_MIN)
"""Where only a lower bound is known: nothing else can be closer than that."""

DOMINATED_LOG = 8.0
"""A pair this much worse than the best pair of its line and of its entry is dropped."""

EXACT_ITEMS_MAX = 1000
"""Items of a component whose regrets are computed: shortest paths cost the cube of it."""

EXACT_WORK_MAX = 4_000_000_000
"""Sum of those cubes over a run, smallest components first: about four seconds."""

SOLVED_ITEMS_MAX = 2400
"""Items of a component that is solved as a dense assignment at all."""

_NO_PAIR = 1e6
_ROUNDS_MAX = 30


@dataclass(frozen=True, slots=True)
class Belief:
    """What one item of a line class that got no sure partner believes, best first."""

    line: int
    shares: tuple[tuple[int, float], ...]

    @property
    def matched_share(self) -> float:
        """Return the probability that any of the candidates is right."""
        return sum(share for _, share in self.shares)


@dataclass(slots=True)
class Assignment:
    """Sure pairs as ``(pair, items, probability)``, and the beliefs of lines without one."""

    pairs: list[tuple[int, int, float]] = field(default_factory=list)
    beliefs: list[Belief] = field(default_factory=list)
    too_large: int = 0
    work: int = 0


def assign(
    line: Ints, entry: Ints, odds_log: Floats, line_size: Ints, entry_size: Ints, sure_from: float
) -> Assignment:
    """Return the best overall pairing of classes.

    Args:
        line: Line class per candidate pair.
        entry: Entry class per candidate pair.
        odds_log: Log odds per candidate pair, against both sides standing alone.
        line_size: Items per line class; ``entry_size`` likewise.
        entry_size: Items per entry class.
        sure_from: Least probability of a pair that is reported as such.
    """
    result = Assignment()
    line_left, entry_left = line_size.copy(), entry_size.copy()
    odds = np.exp(odds_log)
    odds_log = odds_log + np.log(np.minimum(line_size[line], entry_size[entry]))
    open_pair = _worth_keeping(line, entry, odds_log)
    for _ in range(_ROUNDS_MAX):
        open_pair &= (line_left[line] > 0) & (entry_left[entry] > 0)
        rows = np.flatnonzero(open_pair)
        if not len(rows):
            return result
        bound = _lower_bound(line[rows], entry[rows], odds[rows], line_left, entry_left)
        settled = rows[bound >= SETTLED_PROBABILITY]
        if not len(settled):
            break
        items = np.minimum(line_left[line[settled]], entry_left[entry[settled]])
        line_left[line[settled]] -= items
        entry_left[entry[settled]] -= items
        sure = bound[bound >= SETTLED_PROBABILITY]
        result.pairs += zip(settled.tolist(), items.tolist(), sure.tolist(), strict=True)

    rows = np.flatnonzero(open_pair)
    lonely = (np.bincount(line[rows])[line[rows]] == 1) & (
        np.bincount(entry[rows])[entry[rows]] == 1
    )
    for pair in rows[lonely].tolist():
        a, b = int(line[pair]), int(entry[pair])
        both = int(min(line_left[a], entry_left[b]))
        probability = float(1 / (1 + np.exp(-odds_log[pair])))
        if probability >= sure_from:
            result.pairs.append((pair, both, probability))
        else:
            result.beliefs += [Belief(a, ((b, probability),))] * both
    for component in sorted(_components(line, entry, rows[~lonely]), key=len):
        _solve(component, line, entry, odds, odds_log, line_left, entry_left, sure_from, result)
    return result


def _worth_keeping(line: Ints, entry: Ints, odds_log: Floats) -> Flags:
    if not len(line):
        return np.empty(0, np.bool_)
    line_best = np.full(int(line.max()) + 1, -np.inf)
    entry_best = np.full(int(entry.max()) + 1, -np.inf)
    np.maximum.at(line_best, line, odds_log)
    np.maximum.at(entry_best, entry, odds_log)
    close = odds_log > np.minimum(line_best[line], entry_best[entry]) - DOMINATED_LOG
    return np.asarray(close & (odds_log > ODDS_LOG_MIN), dtype=np.bool_)


def _lower_bound(
    line: Ints, entry: Ints, odds: Floats, line_left: Ints, entry_left: Ints
) -> Floats:
    """Return a lower bound of each pair's probability; see step 1 of the module."""
    by_line, by_entry = odds * entry_left[entry], odds * line_left[line]
    own = odds * np.minimum(line_left[line], entry_left[entry])
    others_of_line = np.bincount(line, weights=by_line)[line] - by_line
    others_of_entry = np.bincount(entry, weights=by_entry)[entry] - by_entry
    instead = (1 + np.maximum(others_of_line, 0)) * (1 + np.maximum(others_of_entry, 0))
    return np.asarray(own / (own + instead), dtype=np.float64)


def _components(line: Ints, entry: Ints, rows: Ints) -> list[list[int]]:
    """Return the pairs of each connected component, in order of their first pair."""
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    pairs = rows.tolist()
    ends = [(a, ~b) for a, b in zip(line[rows].tolist(), entry[rows].tolist(), strict=True)]
    for a, b in ends:
        parent.setdefault(a, a)
        parent.setdefault(b, b)
        parent[root(b)] = root(a)
    components: dict[int, list[int]] = {}
    for pair, (a, _) in zip(pairs, ends, strict=True):
        components.setdefault(root(a), []).append(pair)
    return list(components.values())


def _solve(
    component: list[int],
    line: Ints,
    entry: Ints,
    odds: Floats,
    odds_log: Floats,
    line_left: Ints,
    entry_left: Ints,
    sure_from: float,
    result: Assignment,
) -> None:
    """Solve one component and add what it says to the result."""
    pairs = np.array(component)
    lines, line_at = np.unique(line[pairs], return_inverse=True)
    entries, entry_at = np.unique(entry[pairs], return_inverse=True)
    useful_lines = np.minimum(line_left[lines], entry_left[entries].sum())
    useful_entries = np.minimum(entry_left[entries], line_left[lines].sum())
    items = int(useful_lines.sum() + useful_entries.sum())
    if items > SOLVED_ITEMS_MAX:
        result.too_large += int(useful_lines.sum())
        _take_in_order(component, line, entry, odds, line_left, entry_left, sure_from, result)
        return
    row_class = np.repeat(np.arange(len(lines)), useful_lines)
    column_class = np.repeat(np.arange(len(entries)), useful_entries)
    by_class = np.full((len(lines), len(entries)), _NO_PAIR)
    by_class[line_at, entry_at] = -odds_log[pairs]
    pair_of = {(a, b): p for a, b, p in zip(line_at, entry_at, component, strict=True)}
    rows, columns = len(row_class), len(column_class)
    cost = np.zeros((rows + columns, rows + columns))
    cost[:rows, :columns] = by_class[row_class[:, None], column_class[None, :]]
    _, taken, _ = lapjv(cost)
    result.work += items**3
    mine = np.where(taken < columns, np.append(column_class, -1)[np.minimum(taken, columns)], -1)
    if items <= EXACT_ITEMS_MAX and result.work <= EXACT_WORK_MAX:
        shares = _shares(cost, taken, mine, row_class)
        contested = _contested(shares, mine)
    else:
        sure_from = max(sure_from, BOUND_SURE_FROM)
        contested = set()
        shares = _modest_shares(
            line[pairs],
            entry[pairs],
            odds[pairs],
            line_left,
            entry_left,
            line_at,
            entry_at,
            row_class,
        )
    found: dict[tuple[int, int], list[float]] = {}
    for row, share in enumerate(shares):
        best = int(mine[row])
        runner_up = max((s for b, s in share.items() if b not in {best, -1}), default=0.0)
        clear = share.get(best, 0.0) >= max(sure_from, runner_up * RUNNER_UP_ODDS_MIN)
        if best >= 0 and clear and best not in contested:
            found.setdefault((int(row_class[row]), best), []).append(share[best])
        else:
            candidates = sorted(
                ((int(entries[b]), s) for b, s in share.items() if b >= 0),
                key=lambda c: (-c[1], c[0]),
            )
            result.beliefs.append(Belief(int(lines[row_class[row]]), tuple(candidates)))
    for key, probabilities in found.items():
        result.pairs.append((pair_of[key], len(probabilities), min(probabilities)))


def _contested(shares: list[dict[int, float]], mine: Ints) -> set[int]:
    """Return the entry classes that an item without one could about as well have."""
    return {
        b
        for own, share in zip(mine.tolist(), shares, strict=False)
        for b, s in share.items()
        if b not in {own, -1} and s * RUNNER_UP_ODDS_MIN > share[own]
    }


def _shares(
    cost: Floats, taken: Ints, owner_class: Ints, row_class: Ints
) -> list[dict[int, float]]:
    """Return per row how belief is shared between entry classes, -1 standing for none."""
    size = len(cost)
    own = cost[np.arange(size), taken]
    step = cost[:, taken] - own[:, None]
    path = step.copy()
    np.fill_diagonal(path, 0.0)
    for middle in range(size):
        np.minimum(path, path[:, middle, None] + path[middle], out=path)
    regret = np.maximum(step + path.T, 0.0)
    line_class = np.append(row_class, np.full(size - len(row_class), -1))
    result = []
    for row in range(len(row_class)):
        mine = int(owner_class[row])
        least: dict[int, float] = {mine: 0.0}
        usable = (owner_class != mine) & (line_class != line_class[row])
        for other in np.flatnonzero(usable & (regret[row] < -np.log(1e-9))).tolist():
            theirs = int(owner_class[other])
            least[theirs] = min(least.get(theirs, np.inf), float(regret[row, other]))
        weight = {theirs: float(np.exp(-r)) for theirs, r in least.items()}
        total = sum(weight.values())
        result.append({theirs: w / total for theirs, w in weight.items()})
    return result


def _modest_shares(
    line: Ints,
    entry: Ints,
    odds: Floats,
    line_left: Ints,
    entry_left: Ints,
    line_at: Ints,
    entry_at: Ints,
    row_class: Ints,
) -> list[dict[int, float]]:
    """Return the shares of a component too large for regrets: the lower bound of step 1."""
    bound = _lower_bound(line, entry, odds, line_left, entry_left)
    best: dict[int, dict[int, float]] = {}
    for a, b, p in zip(line_at.tolist(), entry_at.tolist(), bound.tolist(), strict=True):
        best.setdefault(a, {})[b] = p
    return [best[int(a)] for a in row_class]


def _take_in_order(
    component: list[int],
    line: Ints,
    entry: Ints,
    odds: Floats,
    line_left: Ints,
    entry_left: Ints,
    sure_from: float,
    result: Assignment,
) -> None:
    """Keep only the pairs of a huge component whose lower bound is sure by itself."""
    pairs = np.array(component)
    bound = _lower_bound(
        line[pairs],
        entry[pairs],
        odds[pairs],
        line_left,
        entry_left,
    )
    candidates: dict[int, list[tuple[int, float]]] = {}
    for pair, probability in zip(component, bound.tolist(), strict=True):
        a, b = int(line[pair]), int(entry[pair])
        items = int(min(line_left[a], entry_left[b]))
        if probability >= max(sure_from, BOUND_SURE_FROM):
            result.pairs.append((pair, items, probability))
            line_left[a] -= items
            entry_left[b] -= items
        else:
            candidates.setdefault(a, []).append((b, probability))
    for a, shares in candidates.items():
        ranked = tuple(sorted(shares, key=lambda c: (-c[1], c[0])))
        result.beliefs += [Belief(a, ranked)] * int(line_left[a])
