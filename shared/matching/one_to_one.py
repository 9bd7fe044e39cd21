"""Pass: one line, one entry, the same amount; shared identifiers reach further in time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shared.matching.candidates import equal_amount_pairs
from shared.matching.columns import Vocabulary, build_side
from shared.matching.decisions import Outcome, Proposal, decide
from shared.matching.evidence import gather
from shared.matching.scoring import log_odds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.matching.model import Residue
    from shared.matching.passes import Run


def match_one_to_one(run: Run) -> list[Outcome]:
    """Return the outcome per currency: currencies have nothing to do with each other here."""
    return run.per_currency(_match_currency)


def _match_currency(
    run: Run, line_positions: Sequence[int], entry_positions: Sequence[int]
) -> Outcome:
    words, identifiers = Vocabulary(), Vocabulary()
    lines = build_side(run.lines, line_positions, run.reader, words, identifiers, of_bank=True)
    entries = build_side(
        run.entries, entry_positions, run.reader, words, identifiers, of_bank=False
    )
    pairs = equal_amount_pairs(
        lines,
        entries,
        words=words,
        window_days=run.settings.date_window_days,
        identifier_window_days=run.settings.identifier_window_days,
    )
    evidence = gather(pairs, lines, entries, identifiers, run.weights)
    odds_log = log_odds(pairs, evidence, lines, entries, run.weights)
    outcome = decide(
        Proposal(lines, entries, pairs, evidence, odds_log, method=None, review_only=False),
        run.lines,
        run.entries,
        reader=run.reader,
        account=_nothing_left,
        settings=run.settings,
    )
    if not pairs.crowded_amounts:
        return outcome
    crowded = (
        f"{pairs.crowded_amounts} amounts are so frequent that their lines were compared only "
        "with entries that share a word or an identifier with them."
    )
    return replace(outcome, warnings=(*outcome.warnings, crowded))


def _nothing_left(line: int, entry: int) -> tuple[tuple[str, ...], tuple[Residue, ...]]:
    del line, entry
    return ("Amount matches exactly",), ()
