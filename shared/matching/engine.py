"""The engine: its passes in order, each only on what the last left open.

A later pass never takes back what an earlier one said. To add one, write a function from the
run to outcomes and put it in ``PASSES``. Groups stand between the exact pairs and the residues,
since a sum that fits exactly is worth more than a pair that does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.errors import InvalidInput
from shared.matching.foreign import match_foreign
from shared.matching.groups import match_combined, match_instalments
from shared.matching.model import ENGINE_VERSION, MatchResult, MatchSettings
from shared.matching.one_to_one import match_one_to_one
from shared.matching.passes import Run
from shared.matching.transposed import match_transposed
from shared.matching.weights import default_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from shared.matching.decisions import Outcome
    from shared.matching.model import Item
    from shared.matching.rates import Rates

PASSES: tuple[Callable[[Run], list[Outcome]], ...] = (
    match_one_to_one,
    match_combined,
    match_instalments,
    match_foreign,
    match_transposed,
)


def match(
    lines: Sequence[Item],
    entries: Sequence[Item],
    *,
    settings: MatchSettings | None = None,
    rates: Rates | None = None,
) -> MatchResult:
    """Return which lines and entries explain each other, and what stays open.

    The answer does not depend on the order of the items.

    Args:
        lines: Bank lines; ids unique among them.
        entries: Open book entries; ids unique among them.
        settings: What the business chose; the defaults otherwise.
        rates: Units of the bank account's currency per unit of others; without them entries
            in another currency stay open.

    Raises:
        InvalidInput: An id is used twice on one side.
    """
    _refuse_repeated(lines, "line")
    _refuse_repeated(entries, "entry")
    run = Run(
        lines=lines,
        entries=entries,
        settings=settings or MatchSettings(),
        weights=default_weights(),
        rates=rates,
        open_lines=list(range(len(lines))),
        open_entries=list(range(len(entries))),
    )
    for one_pass in PASSES:
        for outcome in one_pass(run):
            run.take(outcome)
    matched_entries = {entry for found in run.matches for entry in found.entries}
    return MatchResult(
        matches=tuple(sorted(run.matches, key=lambda found: (found.lines, found.entries))),
        ambiguous=tuple(sorted(run.ambiguous, key=lambda tie: tie.line)),
        unmatched_lines=tuple(sorted(run.lines[position].id for position in run.open_lines)),
        unmatched_entries=tuple(
            sorted(entry.id for entry in run.entries if entry.id not in matched_entries)
        ),
        engine_version=ENGINE_VERSION,
        weights_version=run.weights.version,
        warnings=tuple(dict.fromkeys(run.warnings)),
    )


def _refuse_repeated(items: Sequence[Item], kind: str) -> None:
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise InvalidInput(
                f"The id {item.id!r} is on more than one {kind}; ids must be unique.",
                kind="repeated_id",
                value=item.id,
            )
        seen.add(item.id)
