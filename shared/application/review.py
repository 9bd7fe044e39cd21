"""The people's part of a reconciliation: approve, reject, prove, complete."""

from __future__ import annotations

import dataclasses
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from shared.application.matching import (
    check_attempt,
    count_progress,
    match_id_of,
    unmatched_entries,
    with_balance_before,
)
from shared.application.reconciliations import get
from shared.books.model import Transaction
from shared.errors import (
    AlreadyMatched,
    ChangedMeanwhile,
    IncompleteData,
    InvalidInput,
    Locked,
    NotFound,
    NotProven,
    NotReady,
)
from shared.money import format_minor
from shared.reconciliation.balance import BalanceProof, prove_balance
from shared.reconciliation.model import (
    ENGINE,
    REVIEWABLE,
    CandidateRecord,
    Completion,
    Decision,
    MatchRecord,
    Progress,
    Reconciliation,
    StatementLine,
)
from shared.storage.items import in_parallel
from shared.storage.reconciliations import shard_of, shards_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from shared.access.model import Principal
    from shared.application.stores import Stores

Made = TypeVar("Made")

ENTRIES_PER_MATCH_MAX = 45
"""A decision is one transaction of at most 100 items: two matches' members and itself."""

DECISION_TRIES = 8
"""Tries of a decision while other people decide on the same reconciliation."""

COMPLETION_WAIT_SECONDS = 18
"""How long a call waits to see the lock; a client may ask again after it."""

COMPLETION_LOOK_SECONDS = 0.2
"""Between two looks whether the workflow has locked it."""


@dataclass(frozen=True, slots=True)
class ReviewedLine:
    """A statement line, the live match it is in, and the candidates of an undecided tie."""

    line: StatementLine
    match: MatchRecord | None
    candidates: tuple[CandidateRecord, ...]


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Some lines of a reconciliation as a person reviews them.

    ``entries`` holds every book entry that a match or candidate of the page names;
    ``outstanding`` the unmatched book entries, on the first page only.
    """

    lines: list[ReviewedLine]
    entries: dict[str, Transaction]
    outstanding: list[Transaction]
    next: str | None


def approve_match(
    stores: Stores,
    principal: Principal,
    business_id: str,
    reconciliation_id: str,
    line_id: str,
    entry_ids: Sequence[str],
    now: dt.datetime,
) -> MatchRecord:
    """Approve a proposed match, or make one by hand; approving the same again changes nothing.

    Args:
        stores: The deployment's stores.
        principal: Who decides.
        business_id: The business.
        reconciliation_id: The reconciliation.
        line_id: A statement line of it.
        entry_ids: The transactions that explain it; empty to approve what is proposed.
        now: The moment of the decision.

    Raises:
        NotFound: No such reconciliation, line or transaction.
        Locked: The reconciliation takes no changes now.
        AlreadyMatched: The line or a transaction is in another live match.
        InvalidInput: The amounts differ, or there is nothing to approve.
    """
    if len(entry_ids) > ENTRIES_PER_MATCH_MAX:
        raise InvalidInput(
            f"A match takes at most {ENTRIES_PER_MATCH_MAX} transactions, not {len(entry_ids)}.",
            loc=("body", "ledger_txn_ids"),
        )

    def decide() -> MatchRecord:
        found = _reviewable(stores, business_id, reconciliation_id)
        line = _line_of(stores, found, line_id)
        standing = _standing_match(stores, found, line)
        wanted = tuple(dict.fromkeys(entry_ids)) or (standing.entry_ids if standing else ())
        if not wanted:
            raise InvalidInput(
                "No match is proposed for this line: name the transactions that explain it.",
                loc=("body", "ledger_txn_ids"),
                kind="nothing_to_approve",
            )
        decision = Decision("approved", principal.name, now)
        if standing is not None and set(wanted) == set(standing.entry_ids):
            if standing.status == "approved" and standing.decided_by != ENGINE:
                return standing
            approved = dataclasses.replace(
                standing, status="approved", decisions=(*standing.decisions, decision)
            )
            _commit(stores, found, standing, approved, now)
            return approved
        entries = _entries_for(stores, found, line, wanted)
        match_id = match_id_of(found.id, [line.id], wanted)
        known = stores.reconciliations.match(found, shard_of(line.id), match_id)
        by_hand = MatchRecord(
            id=match_id,
            business_id=business_id,
            reconciliation_id=found.id,
            line_ids=(line.id,),
            entry_ids=tuple(entry.id for entry in entries),
            amount_minor=line.amount_minor,
            method="manual",
            confidence=1.0,
            status="approved",
            reasons=(f"Matched by {principal.name}",),
            residues=(),
            decisions=(*(known.decisions if known else ()), decision),
            attempt=found.attempt,
        )
        _commit(stores, found, standing, by_hand, now)
        return by_hand

    return _with_fresh_reads(decide)


def reject_match(
    stores: Stores,
    principal: Principal,
    business_id: str,
    reconciliation_id: str,
    line_id: str,
    now: dt.datetime,
) -> MatchRecord:
    """Undo the match a line is in: its members are free again, the match and its story stay.

    Raises:
        NotFound: No such reconciliation or line.
        Locked: The reconciliation takes no changes now.
        NotReady: The line is in no match.
    """

    def decide() -> MatchRecord:
        found = _reviewable(stores, business_id, reconciliation_id)
        line = _line_of(stores, found, line_id)
        standing = _standing_match(stores, found, line)
        if standing is None:
            raise NotReady("The statement line is in no match, so there is nothing to reject.")
        rejected = _rejected(standing, principal.name, now)
        _commit(stores, found, standing, None, now)
        return rejected

    return _with_fresh_reads(decide)


def review(
    stores: Stores, business_id: str, reconciliation_id: str, limit: int, after: str | None
) -> ReviewPage:
    """Return lines with their matches in statement order, ``limit`` at a time.

    Raises:
        NotFound: The business has no such reconciliation.
    """
    found = get(stores, business_id, reconciliation_id)
    position = int(after) if after is not None else 0
    lines: list[StatementLine] = []
    more = False
    for span in found.spans:
        first = max(span.first, position + 1)
        last = span.first + span.count - 1
        if more or first > last:
            continue
        for line in stores.reconciliations.lines_between(business_id, first, last):
            if not found.period_start <= line.date <= found.period_end:
                continue
            if len(lines) == limit:
                more = True
                break
            lines.append(line)
    here = {shard_of(line.id) for line in lines}
    matches: dict[str, MatchRecord] = {}
    wanted = {line.match_id for line in lines if line.match_id is not None}
    # A group's match is kept with the first of its lines, which may be of another shard.
    for shard in (*sorted(here), *(one for one in shards_of(found.spans) if one not in here)):
        if shard in here or wanted - matches.keys():
            matches |= {one.id: one for one in stores.reconciliations.matches(found, shard)}
    matches = {id_: one for id_, one in matches.items() if one.status != "rejected"}
    ties = {
        tie.line_id: tie.candidates
        for shard in sorted(here)
        for tie in stores.reconciliations.ambiguities(found, shard)
        if tie.attempt == found.attempt
    }
    reviewed = []
    for line in lines:
        match = matches.get(line.match_id) if line.match_id else None
        reviewed.append(ReviewedLine(line, match, () if match else ties.get(line.id, ())))
    named = {
        entry_id
        for one in reviewed
        for entry_ids in (
            one.match.entry_ids if one.match else (),
            *(candidate.entry_ids for candidate in one.candidates),
        )
        for entry_id in entry_ids
    }
    entries = {one.id: one for one in stores.books.transactions(business_id, sorted(named))}
    return ReviewPage(
        lines=reviewed,
        entries=entries,
        outstanding=unmatched_entries(stores, found)
        if after is None and found.status != "completed"
        else [],
        next=str(lines[-1].number) if more else None,
    )


def balance(stores: Stores, business_id: str, reconciliation_id: str) -> BalanceProof:
    """Return the proof of balance as it stands.

    Raises:
        NotFound: The business has no such reconciliation.
    """
    return proof_of(stores, get(stores, business_id, reconciliation_id))


def proof_of(stores: Stores, reconciliation: Reconciliation) -> BalanceProof:
    """Return a reconciliation's proof with what is outstanding in the books."""
    approved = {
        entry_id
        for shard in shards_of(reconciliation.spans)
        for match in stores.reconciliations.matches(reconciliation, shard)
        if match.status == "approved"
        for entry_id in match.entry_ids
    }
    still_open = [
        entry
        for entry in stores.books.open_transactions(
            reconciliation.business_id, reconciliation.ledger_id, reconciliation.period_end
        )
        if entry.id not in approved and entry.currency == reconciliation.currency
    ]
    return prove_balance(
        with_balance_before(stores, reconciliation),
        outstanding_minor=sum(entry.amount_minor for entry in still_open),
        outstanding_count=len(still_open),
    )


def complete(
    stores: Stores,
    principal: Principal,
    business_id: str,
    reconciliation_id: str,
    skip_balance_check: bool,
    now: dt.datetime,
) -> Reconciliation:
    """Complete a proven reconciliation and lock it.

    The decision is recorded first, which already refuses every further change; the workflow then
    clears the entries and locks. Calling again while that goes on, or after it was interrupted,
    carries it on.

    Raises:
        NotFound: The business has no such reconciliation.
        Locked: It is completed already.
        NotReady: Its matching has not finished.
        NotProven: The proof fails and was not to be skipped.
    """
    deadline = time.monotonic() + COMPLETION_WAIT_SECONDS
    found = _decided(stores, principal, business_id, reconciliation_id, skip_balance_check, now)
    if found.status == "completed":
        return found
    if found.task_token is None or not stores.workflow.answer(found.task_token, "complete"):
        # The run that waited for this decision is gone: its last steps are done here.
        for shard in shards_of(found.spans):
            clear_entries(stores, business_id, found.id, shard, now)
        _with_fresh_reads(lambda: lock(stores, business_id, found.id, now))
    while time.monotonic() < deadline:
        found = get(stores, business_id, reconciliation_id)
        if found.status in ("completed", "failed"):
            break
        time.sleep(COMPLETION_LOOK_SECONDS)
    return found


def _decided(
    stores: Stores,
    principal: Principal,
    business_id: str,
    reconciliation_id: str,
    skip_balance_check: bool,
    now: dt.datetime,
) -> Reconciliation:
    """Return a reconciliation with the decision to complete it recorded, whoever was first.

    Raises:
        Locked: It was completed before this call.
        NotReady, NotProven: It cannot be completed.
        ChangedMeanwhile: People keep changing it.
    """
    for attempt in range(DECISION_TRIES):
        found = get(stores, business_id, reconciliation_id)
        if found.status == "completed" and attempt == 0:
            raise Locked(f"Reconciliation {found.sequence_number} is completed and locked already.")
        if found.status not in (*REVIEWABLE, "completed"):
            raise NotReady(
                f"The reconciliation is {found.status}: it can be completed once its lines are "
                f"matched."
            )
        if found.completion is not None:
            return found
        counted = count_progress(stores, found)
        asked = with_balance_before(stores, dataclasses.replace(found, progress=counted))
        proof = prove_balance(asked)
        if not proof.proven and not skip_balance_check:
            raise NotProven(
                " ".join(("The balance is not proven.", *proof.findings)),
                difference_minor=proof.difference_minor,
            )
        with suppress(ChangedMeanwhile):
            return stores.reconciliations.save_reconciliation(
                found,
                progress=counted,
                previous_closing_minor=asked.previous_closing_minor,
                failure_code=None,
                failure_reason=None,
                completion=Completion(
                    by=principal.name,
                    at=now,
                    skipped_balance_check=not proof.proven,
                    difference_minor=proof.difference_minor,
                ),
                updated_at=now,
            )
    raise ChangedMeanwhile("The reconciliation keeps changing; try again.")


def clear_entries(
    stores: Stores,
    business_id: str,
    reconciliation_id: str,
    shard: int,
    now: dt.datetime,
    attempt: int | None = None,
) -> int:
    """Mark the entries of a shard's approved matches reconciled; return what they clear.

    Raises:
        Conflict: An entry is no longer held by its match.
        Locked: Nobody decided to complete the reconciliation, or not this run of it.
    """
    found = _being_completed(stores, business_id, reconciliation_id, attempt)
    approved = [
        match
        for match in stores.reconciliations.matches(found, shard)
        if match.status == "approved"
    ]

    def clear(match: MatchRecord) -> int:
        for entry in stores.books.transactions(business_id, match.entry_ids):
            stores.books.clear_transaction(entry, match.id, found.id, now)
        return match.amount_minor

    return sum(in_parallel(clear, approved))


def lock(
    stores: Stores,
    business_id: str,
    reconciliation_id: str,
    now: dt.datetime,
    attempt: int | None = None,
) -> None:
    """Lock a reconciliation whose entries are cleared, roll the ledger forward, keep the report.

    The lock and the ledger change together or not at all; the report is written after them and
    again when the step is repeated.

    Raises:
        Locked: It was never decided to complete it.
        IncompleteData: What is cleared is not what was decided on.
    """
    found = _being_completed(stores, business_id, reconciliation_id, attempt)
    if found.status != "completed":
        counted = count_progress(stores, found)
        shown = dataclasses.replace(counted, entries_open=found.progress.entries_open)
        if shown != found.progress:
            raise IncompleteData("What is cleared is not what was decided on.")
        ledger = stores.books.ledger(business_id, found.ledger_id)
        advances = (
            ledger.reconciled_through is None or ledger.reconciled_through <= found.period_end
        )
        found = stores.reconciliations.save_with_ledger(
            found,
            ledger,
            reconciled_through=found.period_end if advances else ledger.reconciled_through,
            closing_minor=found.closing_balance_minor if advances else ledger.closing_minor,
            status="completed",
            completed_at=now,
            task_token=None,
            updated_at=now,
        )
    stores.objects.write_record(
        f"reports/{business_id}/{found.id}/report.json", _report(found, proof_of(stores, found))
    )


def _being_completed(
    stores: Stores, business_id: str, reconciliation_id: str, attempt: int | None
) -> Reconciliation:
    found = stores.reconciliations.reconciliation(business_id, reconciliation_id)
    check_attempt(found, attempt)
    if found.completion is None or found.status not in (*REVIEWABLE, "completed"):
        raise Locked(f"The reconciliation is {found.status} and nobody decided to complete it.")
    return found


def _report(found: Reconciliation, proof: BalanceProof) -> dict[str, object]:
    """Return what is kept of a completed reconciliation for an auditor."""
    completion = found.completion
    return {
        "reconciliation_id": found.id,
        "sequence_number": found.sequence_number,
        "ledger_id": found.ledger_id,
        "period_start": str(found.period_start),
        "period_end": str(found.period_end),
        "currency": found.currency,
        "completed_by": completion.by if completion else None,
        "completed_at": completion.at.isoformat() if completion else None,
        "skipped_balance_check": bool(completion and completion.skipped_balance_check),
        "opening_minor": proof.opening_minor,
        "cleared_minor": proof.cleared_minor,
        "closing_minor": proof.closing_minor,
        "difference_minor": proof.difference_minor,
        "outstanding_minor": proof.outstanding_minor,
        "outstanding_count": proof.outstanding_count,
        "book_minor": proof.book_minor,
        "findings": list(proof.findings),
        "progress": dataclasses.asdict(found.progress),
    }


def cleared_entries(stores: Stores, reconciliation: Reconciliation) -> list[Transaction]:
    """Return the entries of a reconciliation's approved matches in order of their numbers."""
    ids = [
        entry_id
        for shard in shards_of(reconciliation.spans)
        for match in stores.reconciliations.matches(reconciliation, shard)
        if match.status == "approved"
        for entry_id in match.entry_ids
    ]
    found = stores.books.transactions(reconciliation.business_id, ids)
    return sorted(found, key=lambda one: one.number)


def _with_fresh_reads(decide: Callable[[], Made]) -> Made:
    """Run a decision again on fresh reads while others change the same reconciliation."""
    for attempt in range(DECISION_TRIES):
        try:
            return decide()
        except ChangedMeanwhile:
            if attempt == DECISION_TRIES - 1:
                raise
            time.sleep(0.02 * (attempt + 1))
    raise AssertionError("unreachable")


def _reviewable(stores: Stores, business_id: str, reconciliation_id: str) -> Reconciliation:
    found = get(stores, business_id, reconciliation_id)
    if found.status == "completed" or found.completion is not None:
        raise Locked(
            f"Reconciliation {found.sequence_number} is completed and locked; it takes no changes."
        )
    if found.status not in REVIEWABLE:
        raise NotReady(f"The reconciliation is {found.status}: it can be reviewed once matched.")
    return found


def _line_of(stores: Stores, reconciliation: Reconciliation, line_id: str) -> StatementLine:
    line = stores.reconciliations.line(reconciliation.business_id, line_id)
    inside = any(
        span.first <= line.number < span.first + span.count for span in reconciliation.spans
    )
    if not inside or not reconciliation.period_start <= line.date <= reconciliation.period_end:
        raise NotFound("statement transaction", line_id)
    return line


def _standing_match(
    stores: Stores, reconciliation: Reconciliation, line: StatementLine
) -> MatchRecord | None:
    """Return the live match a line is in; a group's is kept with the first of its lines."""
    if line.match_id is None:
        return None
    own = shard_of(line.id)
    for shard in (own, *(one for one in shards_of(reconciliation.spans) if one != own)):
        match = stores.reconciliations.match(reconciliation, shard, line.match_id)
        if match is not None and match.status != "rejected":
            return match
    raise AlreadyMatched("The statement line belongs to a match of another reconciliation.")


def _entries_for(
    stores: Stores, reconciliation: Reconciliation, line: StatementLine, wanted: Sequence[str]
) -> list[Transaction]:
    """Return the transactions wanted for a line, provided they can explain it."""
    entries = stores.books.transactions(reconciliation.business_id, wanted)
    known = {entry.id for entry in entries if entry.ledger_id == reconciliation.ledger_id}
    for entry_id in wanted:
        if entry_id not in known:
            raise NotFound("transaction", entry_id)
    for entry in entries:
        if entry.reconciled:
            raise AlreadyMatched(f"Transaction {entry.id} is reconciled already.")
    foreign = [entry for entry in entries if entry.currency != line.currency]
    total = sum(entry.amount_minor for entry in entries)
    if foreign or total != line.amount_minor:
        currency = line.currency
        raise InvalidInput(
            f"The transactions are in {foreign[0].currency}, the line in {currency}."
            if foreign
            else f"The transactions add to {format_minor(total, currency)}, the line is "
            f"{format_minor(line.amount_minor, currency)} {currency}: "
            f"{format_minor(line.amount_minor - total, currency)} is not explained. Record it as "
            f"a transaction of its own, a fee for example, and name both.",
            loc=("body", "ledger_txn_ids"),
            kind="amounts_differ",
            value=list(wanted),
        )
    return entries


def _rejected(match: MatchRecord, by: str, now: dt.datetime) -> MatchRecord:
    return dataclasses.replace(
        match, status="rejected", decisions=(*match.decisions, Decision("rejected", by, now))
    )


def _commit(
    stores: Stores,
    before: Reconciliation,
    standing: MatchRecord | None,
    match: MatchRecord | None,
    now: dt.datetime,
) -> None:
    """Store a decision with the reconciliation's new counts, all or nothing."""
    progress = before.progress
    if standing is not None:
        progress = _counted(stores, before, progress, standing, -1)
    if match is not None:
        progress = _counted(stores, before, progress, match, 1)
    by = match.decided_by if match is not None else ""
    replaced = None
    if standing is not None and (match is None or match.id != standing.id):
        replaced = _rejected(standing, by, now)
    after = dataclasses.replace(
        before,
        status="in_review",
        progress=progress,
        updated_at=now,
        version=before.version + 1,
    )
    stores.reconciliations.decide(before, after, replaced=replaced, match=match)


def _counted(
    stores: Stores, found: Reconciliation, progress: Progress, match: MatchRecord, sign: int
) -> Progress:
    """Return the counts with a match added (``sign`` 1) or taken away (-1)."""
    lines = len(match.line_ids) * sign
    tied = {
        tie.line_id
        for shard in {shard_of(line_id) for line_id in match.line_ids}
        for tie in stores.reconciliations.ambiguities(found, shard)
        if tie.attempt == found.attempt
    }
    counted_open = [
        entry
        for entry in stores.books.transactions(found.business_id, match.entry_ids)
        if entry.date <= found.period_end and entry.currency == found.currency
    ]
    changes = {
        "ambiguous": progress.ambiguous - sign * len(tied & set(match.line_ids)),
        "entries_open": progress.entries_open - sign * len(counted_open),
    }
    if match.status == "proposed":
        changes["proposed"] = progress.proposed + lines
    else:
        name = "approved_by_engine" if match.decided_by == ENGINE else "approved_by_people"
        changes[name] = getattr(progress, name) + lines
        changes["cleared_minor"] = progress.cleared_minor + sign * match.amount_minor
    return dataclasses.replace(progress, **changes)
