"""Pass: amounts that differ by two swapped neighbouring digits. Review only.

The clerk's classic slip, and the reason a difference divisible by 9 is looked at first: 54.90
keyed as 45.90. Swaps collide with honest amounts, so another witness is required: the text or
an identifier.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shared.matching.candidates import swapped_digit_pairs
from shared.matching.columns import Vocabulary, build_side
from shared.matching.decisions import Outcome, Proposal, decide
from shared.matching.evidence import gather
from shared.matching.model import Residue
from shared.matching.scoring import calibrate, combine, items_per_amount, pool_days
from shared.money import format_minor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.matching.passes import Run

SIMILARITY_MIN = 65
SWAPS_OF_AN_AMOUNT = 4


def match_transposed(run: Run) -> list[Outcome]:
    """Return proposals per currency for pairs whose amounts have two digits swapped."""
    return run.per_currency(_match_currency)


def _match_currency(
    run: Run, line_positions: Sequence[int], entry_positions: Sequence[int]
) -> Outcome:
    words, identifiers = Vocabulary(), Vocabulary()
    lines = build_side(run.lines, line_positions, run.reader, words, identifiers, of_bank=True)
    entries = build_side(
        run.entries, entry_positions, run.reader, words, identifiers, of_bank=False
    )
    pairs = swapped_digit_pairs(lines, entries, window_days=run.settings.date_window_days)
    evidence = gather(pairs, lines, entries, identifiers, run.weights)
    expected = items_per_amount(lines.amount, entries.amount, entries.size)
    background = np.maximum(
        SWAPS_OF_AN_AMOUNT * expected / pool_days(lines, entries),
        run.weights.background_per_day_min,
    )[pairs.line]
    calibration = calibrate(pairs, evidence, lines, entries, background, run.weights)
    odds_log = combine(evidence, background, calibration, run.weights)
    odds_log += np.log(run.weights.transposition_share)
    alike = (evidence.similarity >= SIMILARITY_MIN) & (evidence.shared_words > 0)
    witnessed = (evidence.agreement > 0) | (alike & ~evidence.other_party)
    odds_log[~witnessed] = -np.inf

    def account_for(line: int, entry: int) -> tuple[tuple[str, ...], tuple[Residue, ...]]:
        line_item, entry_item = run.lines[line], run.entries[entry]
        residue_minor = line_item.amount_minor - entry_item.amount_minor
        said = (
            f"Two digits of the amount are swapped: the bank says "
            f"{format_minor(line_item.amount_minor, line_item.currency or None)}, the books "
            f"{format_minor(entry_item.amount_minor, entry_item.currency or None)}"
        )
        return (said,), (Residue("transposition", residue_minor),)

    proposal = Proposal(
        lines, entries, pairs, evidence, odds_log, method="transposition", review_only=True
    )
    return decide(
        proposal,
        run.lines,
        run.entries,
        reader=run.reader,
        account=account_for,
        settings=run.settings,
    )
