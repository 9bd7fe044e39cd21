"""Pass: entries in another currency, converted at the given rate, within a band. Review only.

The bank's own rate and margin are not known, so a line may miss the converted amount a little;
what it misses is the residue ``fx``. How near it comes is evidence, as are day and text.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from shared.matching.candidates import Pairs, near_amount_pairs
from shared.matching.columns import Vocabulary, build_side
from shared.matching.decisions import Outcome, Proposal, decide
from shared.matching.evidence import gather
from shared.matching.model import Item, Residue
from shared.matching.rates import Rates, convert_minor
from shared.matching.scoring import calibrate, combine, items_per_amount, pool_days
from shared.money import format_minor

if TYPE_CHECKING:
    from decimal import Decimal

    from shared.matching.columns import Floats, Side
    from shared.matching.passes import Run

NEAR_SHARE = 0.004
"""Typical miss of a rate of the same day: daily closing rates against the bank's fixing."""


def match_foreign(run: Run) -> list[Outcome]:
    """Return proposals for lines and entries of different currencies."""
    if run.rates is None or not run.open_lines:
        return []
    currencies = sorted({line.currency for line in run.lines})
    if len(currencies) > 1:
        run.warnings.append(
            "Exchange rates were not used: the lines have more than one currency "
            f"({', '.join(currencies)}), so it is not known which one the rates are in."
        )
        return []
    account = currencies[0]
    if not account:
        run.warnings.append("Exchange rates were not used: the lines have no currency.")
        return []
    converted, rate_of = _convert(run, run.rates, account)
    if not rate_of:
        return []

    words, identifiers = Vocabulary(), Vocabulary()
    lines = build_side(run.lines, run.open_lines, run.reader, words, identifiers, of_bank=True)
    entries = build_side(converted, sorted(rate_of), run.reader, words, identifiers, of_bank=False)
    pairs = near_amount_pairs(
        lines, entries, band=run.settings.fx_band, window_days=run.settings.date_window_days
    )
    evidence = gather(pairs, lines, entries, identifiers, run.weights)
    background = _in_band(lines, entries, run.settings.fx_band)[pairs.line]
    background = np.maximum(background, run.weights.background_per_day_min)
    calibration = calibrate(pairs, evidence, lines, entries, background, run.weights)
    odds_log = combine(evidence, background, calibration, run.weights)
    odds_log += _nearness(pairs, lines, entries, run.settings.fx_band)

    def account_for(line: int, entry: int) -> tuple[tuple[str, ...], tuple[Residue, ...]]:
        booked = run.entries[entry]
        residue_minor = run.lines[line].amount_minor - converted[entry].amount_minor
        said = (
            f"{format_minor(booked.amount_minor, booked.currency)} {booked.currency} at the rate "
            f"{rate_of[entry].normalize():f} is "
            f"{format_minor(converted[entry].amount_minor, account)} {account}"
        )
        if residue_minor:
            said += f"; {format_minor(residue_minor, account)} {account} is the rate's difference"
        return (said,), (Residue("fx", residue_minor),)

    proposal = Proposal(lines, entries, pairs, evidence, odds_log, method="fx", review_only=True)
    return [
        decide(
            proposal,
            run.lines,
            run.entries,
            reader=run.reader,
            account=account_for,
            settings=run.settings,
        )
    ]


def _convert(run: Run, rates: Rates, account: str) -> tuple[list[Item], dict[int, Decimal]]:
    """Return the entries with open foreign ones converted, and the rate each of those had."""
    converted = list(run.entries)
    rate_of: dict[int, Decimal] = {}
    missing: set[str] = set()
    for position in run.open_entries:
        entry = run.entries[position]
        if entry.currency == account:
            continue
        rate = rates.on(entry.currency, entry.date)
        if rate is None:
            missing.add(entry.currency or "entries without a currency")
            continue
        rate_of[position] = rate
        amount_minor = convert_minor(entry.amount_minor, entry.currency, rate, account)
        converted[position] = replace(entry, amount_minor=amount_minor, currency=account)
    if missing:
        run.warnings.append(f"No exchange rate was given for {', '.join(sorted(missing))}.")
    return converted, rate_of


def _in_band(lines: Side, entries: Side, band: float) -> Floats:
    """Return per line class how many unrelated entries a day brings within the band."""
    values = np.maximum(np.abs(lines.amount) * 2 * band, 1)
    density = items_per_amount(lines.amount, entries.amount, entries.size)
    return np.asarray(density * values / pool_days(lines, entries), dtype=np.float64)


def _nearness(pairs: Pairs, lines: Side, entries: Side, band: float) -> Floats:
    """Return the log of how much likelier a true pair misses by so little than a stranger."""
    size = np.maximum(np.abs(lines.amount[pairs.line]), 1)
    missed = np.abs(lines.amount[pairs.line] - entries.amount[pairs.entry])
    share = np.maximum(missed - 1, 0) / size
    near = 0.8 * np.exp(-share / NEAR_SHARE) / (2 * NEAR_SHARE) + 0.2 / (2 * band)
    return np.asarray(np.log(near * 2 * band), dtype=np.float64)
