"""Control totals: what a file announces about itself, checked against its lines.

Formats that declare their structure report a break with the statement (``Summary.breaks``):
``tieout parse`` shows it beside the lines, an import refuses it. Formats whose columns are inferred
(CSV, spreadsheets, PDF) refuse instead, since there the totals are what proves the inference.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from shared.money import format_minor
from shared.statements.model import Break, Line

if TYPE_CHECKING:
    from collections.abc import Sequence

_AMOUNT = itemgetter(Line._fields.index("amount_minor"))


@dataclass(slots=True)
class Totals:
    """What the lines of one statement come to, counted while they pass."""

    count: int = 0
    net_minor: int = 0
    debits_count: int = 0
    debits_minor: int = 0
    """Sum of the negative amounts, so never positive."""

    def add(self, lines: Sequence[Line]) -> None:
        """Count lines."""
        amounts = list(map(_AMOUNT, lines))
        debits = [amount for amount in amounts if amount < 0]
        self.count += len(amounts)
        self.net_minor += sum(amounts)
        self.debits_count += len(debits)
        self.debits_minor += sum(debits)

    @property
    def credits_count(self) -> int:
        """How many amounts are not negative."""
        return self.count - self.debits_count

    @property
    def credits_minor(self) -> int:
        """Sum of the positive amounts."""
        return self.net_minor - self.debits_minor


def closing_break(
    opening_minor: int | None,
    net_minor: int,
    closing_minor: int | None,
    currency: str | None,
    *,
    total: str = "closing balance",
    position: int | None = None,
) -> Break | None:
    """Return the break where opening plus lines is not closing, ``None`` where that is unknown.

    Examples:
        >>> closing_break(100, 50, 150, "EUR") is None
        True
        >>> closing_break(100, 50, 140, "EUR").found
        '1.40'
    """
    if opening_minor is None or closing_minor is None or opening_minor + net_minor == closing_minor:
        return None
    expected, found = opening_minor + net_minor, closing_minor

    def shown(minor: int) -> str:
        return format_minor(minor, currency)

    return Break(
        total,
        shown(expected),
        shown(found),
        f"opening {shown(opening_minor)} and lines of {shown(net_minor)} come to {shown(expected)} "
        f"{currency or ''}".rstrip()
        + f", but the {total} is {shown(found)}: {shown(found - expected)} apart",
        position,
    )


def count_break(
    total: str, counted: int, announced: int, position: int | None = None
) -> Break | None:
    """Return the break where a file announces another number of something than it holds.

    Examples:
        >>> print(count_break("number of entries", 2, 3).reason)
        the file announces 3 as number of entries and holds 2: it is cut off or was edited
    """
    if counted == announced:
        return None
    return Break(
        total,
        str(counted),
        str(announced),
        f"the file announces {announced} as {total} and holds {counted}: it is cut off or was "
        "edited",
        position,
    )


def sum_break(
    total: str,
    summed_minor: int,
    announced_minor: int,
    currency: str | None,
    position: int | None = None,
) -> Break | None:
    """Return the break where a file announces another sum than its lines come to."""
    if summed_minor == announced_minor:
        return None
    summed = format_minor(summed_minor, currency)
    announced = format_minor(announced_minor, currency)
    return Break(
        total,
        summed,
        announced,
        f"the file announces {announced} {currency or ''}".rstrip()
        + f" as {total} and its lines come to {summed}",
        position,
    )


def missing_end(what: str, position: int | None = None) -> Break:
    """Return the break of a statement whose announced or mandatory end is not there."""
    return Break(
        "end of statement", what, "nothing", f"{what} is missing: the file may be cut off", position
    )
