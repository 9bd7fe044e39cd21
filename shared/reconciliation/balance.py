"""The proof of balance: opening + cleared movements = closing, in exact integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.money import format_minor

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from shared.books.model import Ledger
    from shared.reconciliation.model import Reconciliation


@dataclass(frozen=True, slots=True)
class BalanceProof:
    """Both sides of the period in minor units, and what keeps them apart.

    ``difference_minor`` is closing less (opening + cleared). ``book_minor`` is derived as what is
    cleared plus what is outstanding, ``adjusted_bank_minor`` as the bank's closing plus what is
    outstanding: the two sides of the statement an accountant writes, apart by the difference.
    ``findings`` says in words what stands in the way; empty means proven.
    """

    opening_minor: int
    cleared_minor: int
    closing_minor: int
    lines_minor: int
    outstanding_minor: int
    outstanding_count: int
    lines_not_cleared: int
    findings: tuple[str, ...]

    @property
    def difference_minor(self) -> int:
        """What closing has beyond opening and the cleared movements."""
        return self.closing_minor - self.opening_minor - self.cleared_minor

    @property
    def reconciled_minor(self) -> int:
        """The balance the cleared movements prove."""
        return self.opening_minor + self.cleared_minor

    @property
    def book_minor(self) -> int:
        """The books' balance at the end of the period, cleared or outstanding."""
        return self.reconciled_minor + self.outstanding_minor

    @property
    def adjusted_bank_minor(self) -> int:
        """The bank's closing balance with the outstanding items added."""
        return self.closing_minor + self.outstanding_minor

    @property
    def proven(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.findings


def previous_closing(
    others: Iterable[Reconciliation], ledger: Ledger, start: dt.date, but: str | None = None
) -> int | None:
    """Return the balance that a period of a ledger has to open at, ``None`` where unknown.

    It is where the latest completed reconciliation that ends by then closed, or the ledger's own
    opening balance before the first. Asked anew whenever it matters, since earlier months may be
    completed, undone or added after a later one was opened.

    Args:
        others: Reconciliations of the ledger.
        ledger: The ledger.
        start: The first day of the period.
        but: The reconciliation in question, which does not precede itself.
    """
    before = [
        one
        for one in others
        if one.status == "completed"
        and one.ledger_id == ledger.id
        and one.id != but
        and one.period_end <= start
    ]
    if not before:
        return ledger.opening_balance_minor
    return max(before, key=lambda one: (one.period_end, one.number)).closing_balance_minor


def prove_balance(
    reconciliation: Reconciliation, *, outstanding_minor: int = 0, outstanding_count: int = 0
) -> BalanceProof:
    """Return the proof as it stands, with every finding against it.

    A zero difference is not enough: two uncleared lines of +100 and -100 also give one, so
    every line must be cleared as well, and the opening balance must be where the previous
    reconciliation of the ledger ended. The outstanding book items take no part in the proof;
    they carry the bank's closing balance to the books' own.
    """
    currency = reconciliation.currency
    progress = reconciliation.progress
    opening = reconciliation.opening_balance_minor or 0
    closing = reconciliation.closing_balance_minor
    if closing is None:
        closing = opening + progress.lines_minor
    difference = closing - opening - progress.cleared_minor
    not_cleared = progress.lines - progress.approved
    findings = []
    if difference:
        findings.append(
            f"The closing balance {format_minor(closing, currency)} differs by "
            f"{format_minor(difference, currency)} {currency} from the opening balance plus "
            f"the cleared movements."
        )
    if not_cleared:
        net = progress.lines_minor - progress.cleared_minor
        findings.append(
            f"{not_cleared} statement line{'s are' if not_cleared > 1 else ' is'} not cleared, "
            f"{format_minor(net, currency)} {currency} in all: approve a match for each, adding "
            f"a transaction to the books where one is missing."
        )
    previous = reconciliation.previous_closing_minor
    if previous is not None and previous != opening:
        findings.append(
            f"The opening balance {format_minor(opening, currency)} is not the previous closing "
            f"balance {format_minor(previous, currency)}: a statement between them is missing "
            f"or not completed yet, or one of them is wrong."
        )
    return BalanceProof(
        opening_minor=opening,
        cleared_minor=progress.cleared_minor,
        closing_minor=closing,
        lines_minor=progress.lines_minor,
        outstanding_minor=outstanding_minor,
        outstanding_count=outstanding_count,
        lines_not_cleared=not_cleared,
        findings=tuple(findings),
    )
