"""From evidence to odds: how much likelier a pair belongs together than both stand alone.

The model is that of Fellegi and Sunter (1969, "A Theory for Record Linkage") with one change:
amounts agree by construction, so what counts is how likely an unrelated item of this amount is
around (*background*): an amount seen once is worth far more than 49.99 seen forty times.

The odds of a pair are ``(1 - u) f(days) r(text) r(identifier) / (u_line u_entry background)``,
u being the unmatched shares, f the share of true pairs so many days apart and each r how much
likelier true pairs show such evidence than strangers do. Priors come from the weights file;
each run then moves f, r(text) and u towards what its own *anchors* show: pairs of an amount so
rare, and so alone in their window, that they belong together whatever their text and days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shared.matching.columns import Floats
from shared.matching.evidence import text_evidence

if TYPE_CHECKING:
    from shared.matching.candidates import Pairs
    from shared.matching.columns import Ints, Side
    from shared.matching.evidence import Evidence
    from shared.matching.weights import Weights

ODDS_LOG_MAX = 25.0
"""More would only drown the alternatives in rounding."""

_ANCHOR_BACKGROUND_MAX = 0.02
_ANCHOR_DAYS_MAX = 5
_ANCHOR_SIMILARITY_MIN = 50
_ANCHORS_COMPARED_MAX = 4000
_STRANGER_SHIFTS = (1, 7, 31, 101)
_BAND = 1.25
_SPAN_DAYS_MIN = 14
_UNMATCHED_SHARE_LOG2_RANGE = (-5, -1)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What true pairs of this run look like, in logs.

    Args:
        days: Per signed business day, offset by ``days_offset``; beyond it ``days_beyond``.
        days_alone: The same, gentler, where neither text nor identifier confirms the pair.
        text: Per similarity step.
        match: ``(1 - u) / (u_line u_entry)``.
    """

    days: Floats
    days_alone: Floats
    days_offset: int
    days_beyond: float
    text: Floats
    match: float


def log_odds(
    pairs: Pairs, evidence: Evidence, lines: Side, entries: Side, weights: Weights
) -> Floats:
    """Return the log odds of each pair against both its sides standing alone."""
    background = _background(lines, entries, weights)[pairs.line]
    calibration = calibrate(pairs, evidence, lines, entries, background, weights)
    return combine(evidence, background, calibration, weights)


def combine(
    evidence: Evidence, background: Floats, calibration: Calibration, weights: Weights
) -> Floats:
    """Return log odds from evidence, background and calibration."""
    of_amount = np.minimum(calibration.match - np.log(background), np.log(weights.amount_odds_max))
    confirmed = (evidence.agreement > 0) | (evidence.similarity > 0) | evidence.aligned
    days = np.where(
        confirmed,
        _days(evidence.days, calibration.days, calibration),
        _days(evidence.days, calibration.days_alone, calibration),
    )
    late_share = np.log(weights.identified_days_beyond)
    days = np.where(
        (evidence.agreement > 0) & (evidence.days > 0), np.maximum(days, late_share), days
    )
    odds = of_amount + days
    odds += _text(evidence, calibration, weights)
    agreement_max = np.log(weights.identifier_agreement_max)
    odds += np.where(
        evidence.agreement > 0,
        np.minimum(evidence.agreement + np.log(weights.identifier_agreement), agreement_max),
        0,
    )
    odds += np.where(evidence.contradiction, np.log(weights.identifier_contradiction), 0)
    odds += np.where(evidence.outdone, np.log(weights.text_outdone), 0)
    odds += np.where(evidence.other_party, np.log(weights.other_party), 0)
    return np.asarray(np.minimum(odds, ODDS_LOG_MAX), dtype=np.float64)


def _days(days: Ints, logs: Floats, calibration: Calibration) -> Floats:
    place = days + calibration.days_offset
    inside = (place >= 0) & (place < len(logs))
    clipped = np.clip(place, 0, len(logs) - 1)
    return np.where(inside, logs[clipped], calibration.days_beyond)


def _text(evidence: Evidence, calibration: Calibration, weights: Weights) -> Floats:
    step = np.searchsorted(weights.similarity_from, evidence.similarity, side="right") - 1
    value = np.where(step >= 0, calibration.text[np.maximum(step, 0)], 0)
    value = np.where(evidence.aligned, np.maximum(value, np.log(weights.text_aligned)), value)
    vouched = np.minimum(evidence.shared_words, np.log(weights.text_odds_max))
    spelled_alike = evidence.aligned | (evidence.shared_words == 0)
    limit = np.where(spelled_alike, np.log(weights.text_aligned_max), 0)
    value = np.minimum(value, np.maximum(vouched, limit))
    return np.maximum(value, np.log(weights.text_odds_min))


def calibrate(
    pairs: Pairs,
    evidence: Evidence,
    lines: Side,
    entries: Side,
    background: Floats,
    weights: Weights,
) -> Calibration:
    """Return the priors moved towards what the run's anchors show."""
    line_degree = np.bincount(pairs.line, minlength=len(lines))
    entry_degree = np.bincount(pairs.entry, minlength=len(entries))
    alone = (
        (line_degree[pairs.line] == 1)
        & (entry_degree[pairs.entry] == 1)
        & (lines.size[pairs.line] == 1)
        & (entries.size[pairs.entry] == 1)
        & (background <= _ANCHOR_BACKGROUND_MAX)
        & ~evidence.other_party
    )
    unlike = (
        (evidence.similarity >= 0)
        & (evidence.similarity < _ANCHOR_SIMILARITY_MIN)
        & ~evidence.aligned
    )
    days, offset = _days_seen(evidence.days[alone & ~unlike], weights)
    near = alone & (np.abs(evidence.days) <= _ANCHOR_DAYS_MAX) & (evidence.similarity >= 0)
    text = _text_seen(
        pairs.line[near], pairs.entry[near], evidence.similarity[near], lines, entries, weights
    )
    line_share = _unmatched_share(lines, line_degree, weights)
    entry_share = _unmatched_share(entries, entry_degree, weights)
    return Calibration(
        days=days,
        days_alone=_gentle(days, float(np.log(weights.day_odds_max))),
        days_offset=offset,
        days_beyond=float(np.log(weights.days_beyond)),
        text=text,
        match=float(np.log((1 - max(line_share, entry_share)) / (line_share * entry_share))),
    )


def _days_seen(days: Ints, weights: Weights) -> tuple[Floats, int]:
    offset = len(weights.days_before)
    prior = np.array([*reversed(weights.days_before), *weights.days_after])
    prior = prior / prior.sum()
    inside = days[(days >= -offset) & (days < len(weights.days_after))]
    seen = np.bincount(inside + offset, minlength=len(prior))
    strength = weights.days_strength
    return np.log((prior * strength + seen) / (strength + len(inside))), offset


def _gentle(logs: Floats, step_max: float) -> Floats:
    """Return the logs with no neighbours further apart than a step, by raising the lower one.

    Where books agree to the day as a rule, one day would otherwise decide between candidates
    for which nothing else speaks.
    """
    raised = logs.copy()
    for at in range(1, len(raised)):
        raised[at] = max(raised[at], raised[at - 1] - step_max)
    for at in range(len(raised) - 2, -1, -1):
        raised[at] = max(raised[at], raised[at + 1] - step_max)
    return raised


def _text_seen(
    line: Ints, entry: Ints, similarity: Floats, lines: Side, entries: Side, weights: Weights
) -> Floats:
    """Return per similarity step the log of (share of true pairs / share of strangers).

    Strangers are the anchors' lines with the entries of other anchors: surely unrelated, and
    speaking this run's own boilerplate.
    """
    steps = np.array(weights.similarity_from)
    pairs_prior = np.array(weights.similarity_of_pairs)
    strangers_prior = np.array(weights.similarity_of_strangers)
    pairs_prior, strangers_prior = (
        pairs_prior / pairs_prior.sum(),
        strangers_prior / strangers_prior.sum(),
    )
    seen = np.bincount(np.searchsorted(steps, similarity, side="right") - 1, minlength=len(steps))
    strength = weights.similarity_strength_pairs
    of_pairs = (pairs_prior * strength + seen) / (strength + seen.sum())
    stride = max(1, -(-len(line) // _ANCHORS_COMPARED_MAX))
    line, entry = line[::stride], entry[::stride]
    shifts = [shift for shift in _STRANGER_SHIFTS if shift < len(line)]
    other = np.zeros(len(steps))
    if shifts:
        stranger = np.concatenate([np.roll(entry, -shift) for shift in shifts])
        text = text_evidence(np.tile(line, len(shifts)), stranger, lines, entries, weights)
        unlike = text.similarity[text.similarity >= 0]
        other += np.bincount(np.searchsorted(steps, unlike, side="right") - 1, minlength=len(steps))
    strength = weights.similarity_strength_strangers
    of_strangers = (strangers_prior * strength + other) / (strength + other.sum())
    return np.asarray(np.maximum.accumulate(np.log(of_pairs / of_strangers)), dtype=np.float64)


def _unmatched_share(side: Side, degree: Ints, weights: Weights) -> float:
    """Return the share of items without any candidate, as a power of two.

    In steps, so that one more unrelated item does not move every confidence a little.
    """
    alone = float(side.size[degree == 0].sum())
    strength = weights.unmatched_strength
    share = (weights.unmatched_share * strength + alone) / (strength + float(side.size.sum()))
    low, high = _UNMATCHED_SHARE_LOG2_RANGE
    return float(2.0 ** np.clip(np.round(np.log2(share)), low, high))


def _background(lines: Side, entries: Side, weights: Weights) -> Floats:
    """Return per line class how many unrelated items of its amount a day brings."""
    span = pool_days(lines, entries)
    amount, where = np.unique(lines.amount, return_inverse=True)
    expected = np.maximum(
        items_per_amount(amount, lines.amount, lines.size),
        items_per_amount(amount, entries.amount, entries.size),
    )
    return np.asarray(
        np.maximum(expected / span, weights.background_per_day_min)[where], dtype=np.float64
    )


def pool_days(lines: Side, entries: Side) -> int:
    """Return how many days the two sides cover together."""
    first = min(int(lines.day.min()), int(entries.day.min()))
    last = max(int(lines.day.max()), int(entries.day.max()))
    return max(last - first + 1, _SPAN_DAYS_MIN)


def items_per_amount(amount: Ints, pool_amount: Ints, pool_size: Ints) -> Floats:
    """Return how many unrelated items of exactly each amount a pool is expected to hold.

    The others of the very amount are counted; besides, items of similar size and roundness
    spread over the values there are. That density is taken in powers of two, see above.

    Args:
        amount: Distinct amounts.
        pool_amount: Sorted amounts of the pool's classes.
        pool_size: Items per class.
    """
    same = _between(amount, amount, pool_amount, pool_size)
    kind, pool_kind = _roundness(amount), _roundness(pool_amount)
    low = np.where(amount > 0, amount / _BAND, amount * _BAND)
    high = np.where(amount > 0, amount * _BAND, amount / _BAND)
    density = np.zeros(len(amount))
    for value in range(len(_ROUNDNESS_SHARES)):
        rows, pool = kind == value, pool_kind == value
        inside = _between(
            np.ceil(low[rows]).astype(np.int64),
            np.floor(high[rows]).astype(np.int64),
            pool_amount[pool],
            pool_size[pool],
        )
        values = np.maximum((high - low)[rows] * _ROUNDNESS_SHARES[value], 1)
        density[rows] = np.maximum(inside - same[rows], 0) / values
    steps = 2.0 ** np.round(np.log2(np.maximum(density, 2.0**-40)))
    return np.asarray(steps + np.maximum(same - 1, 0), dtype=np.float64)


def _between(low: Ints, high: Ints, pool_amount: Ints, pool_size: Ints) -> Floats:
    total = np.concatenate([[0], np.cumsum(pool_size)]).astype(np.float64)
    return np.asarray(
        total[np.searchsorted(pool_amount, high, side="right")]
        - total[np.searchsorted(pool_amount, low, side="left")],
        dtype=np.float64,
    )


_ROUNDNESS_SHARES = (0.95, 0.04, 0.0099, 0.0009, 0.0001)
"""Share of all values per kind: other, ending 99/95/90/50, and multiples of 100, 1000, 10000."""


def _roundness(amount: Ints) -> Ints:
    size = np.abs(amount)
    ending = size % 100
    kind = np.where(np.isin(ending, (50, 90, 95, 99)), 1, 0)
    for value, unit in ((2, 100), (3, 1_000), (4, 10_000)):
        kind = np.where(size % unit == 0, value, kind)
    return np.asarray(kind, dtype=np.int64)
