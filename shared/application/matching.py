"""The machine's part of a reconciliation: match, persist, prove. Each step may be run again."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from typing import TYPE_CHECKING, Any

from shared.errors import IncompleteData, Locked
from shared.reconciliation.balance import previous_closing
from shared.reconciliation.model import (
    ENGINE,
    AmbiguityRecord,
    CandidateRecord,
    Decision,
    MatchRecord,
    Progress,
    Reconciliation,
    Residue,
    StatementLine,
)
from shared.storage.items import in_parallel
from shared.storage.reconciliations import shard_of, shards_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.application.stores import Stores
    from shared.books.model import Transaction


def reconciled_lines(stores: Stores, reconciliation: Reconciliation) -> list[StatementLine]:
    """Return the statement lines that a reconciliation is about."""
    return [
        line
        for line in stores.reconciliations.lines(reconciliation.business_id, reconciliation.spans)
        if reconciliation.period_start <= line.date <= reconciliation.period_end
    ]


def match_lines(
    stores: Stores, business_id: str, reconciliation_id: str, attempt: int | None = None
) -> list[int]:
    """Match what is free on both sides and keep the result in ``work/``, a file a shard.

    The engine is deterministic and the claims come later, so a run that is killed and repeated
    ends with the same matches.

    Returns:
        The shards to persist.

    Raises:
        Locked: The reconciliation is not being processed.
    """
    # The engine's numeric packages are in the bundle of this one function.
    from shared.matching.engine import match  # noqa: PLC0415
    from shared.matching.model import Item, MatchSettings  # noqa: PLC0415

    found = in_progress(stores, business_id, reconciliation_id, attempt)
    rules = found.rules
    chosen: dict[str, Any] = {
        "auto_threshold": rules.auto_threshold,
        "review_threshold": rules.review_threshold,
    }
    if rules.date_window_days is not None:
        chosen["date_window_days"] = rules.date_window_days
    settings = MatchSettings(**chosen)
    lines = {line.id: line for line in reconciled_lines(stores, found) if line.match_id is None}
    until = found.period_end + dt.timedelta(days=settings.date_window_days)
    entries = {
        entry.id: entry
        for entry in stores.books.open_transactions(business_id, found.ledger_id, until)
        if entry.match_id is None
    }

    def item_of(one: StatementLine | Transaction) -> Item:
        return Item(
            id=one.id,
            date=one.date,
            amount_minor=one.amount_minor,
            currency=one.currency,
            description=one.description,
            reference=one.reference,
            counterparty=one.counterparty,
        )

    result = match(
        [item_of(line) for line in lines.values()],
        [item_of(entry) for entry in entries.values()],
        settings=settings,
    )
    shards: dict[int, dict[str, Any]] = {
        shard: {"matches": [], "ambiguous": []} for shard in shards_of(found.spans)
    }
    for one in result.matches:
        shards[shard_of(one.lines[0])]["matches"].append(
            {
                "lines": one.lines,
                "entries": one.entries,
                "amount_minor": sum(lines[line].amount_minor for line in one.lines),
                "method": one.method,
                "confidence": one.confidence,
                "auto": one.status == "auto" and rules.auto_match,
                "reasons": one.reasons,
                "residues": [[residue.kind, residue.amount_minor] for residue in one.residues],
            }
        )
    for tie in result.ambiguous:
        shards[shard_of(tie.line)]["ambiguous"].append(
            {
                "line": tie.line,
                "candidates": [
                    [candidate.entries, candidate.confidence, candidate.reasons]
                    for candidate in tie.candidates
                ],
            }
        )
    for shard, content in shards.items():
        stores.objects.write_record(_work_key(found, shard), content)
    return sorted(shards)


def persist_matches(
    stores: Stores,
    business_id: str,
    reconciliation_id: str,
    shard: int,
    now: dt.datetime,
    attempt: int | None = None,
) -> int:
    """Claim the members of every match of a shard; return how many matches stand.

    Should the run be ended meanwhile, what was claimed is given back.

    Raises:
        Locked: The reconciliation is not being processed.
        IncompleteData: The matching left no result for the shard.
    """
    found = in_progress(stores, business_id, reconciliation_id, attempt)
    content = stores.objects.read_record(_work_key(found, shard))
    if content is None:
        raise IncompleteData("The matching left no result for a shard of lines.")
    records = [
        MatchRecord(
            id=match_id_of(found.id, one["lines"], one["entries"]),
            business_id=business_id,
            reconciliation_id=found.id,
            line_ids=tuple(one["lines"]),
            entry_ids=tuple(one["entries"]),
            amount_minor=one["amount_minor"],
            method=one["method"],
            confidence=one["confidence"],
            status="approved" if one["auto"] else "proposed",
            reasons=tuple(one["reasons"]),
            residues=tuple(Residue(kind, amount) for kind, amount in one["residues"]),
            decisions=(Decision("approved" if one["auto"] else "proposed", ENGINE, now),),
            attempt=found.attempt,
        )
        for one in content["matches"]
    ]
    stores.reconciliations.add_ambiguities(
        found,
        [
            AmbiguityRecord(
                one["line"],
                tuple(
                    CandidateRecord(tuple(entries), confidence, tuple(reasons))
                    for entries, confidence, reasons in one["candidates"]
                ),
                found.attempt,
            )
            for one in content["ambiguous"]
        ],
    )
    stand = in_parallel(lambda record: stores.reconciliations.propose_match(found, record), records)
    now_found = stores.reconciliations.reconciliation(business_id, reconciliation_id)
    if now_found.attempt != found.attempt or now_found.status in ("failed", "cancelled"):
        release_matches(stores, found, records, by=ENGINE, now=now)
        raise Locked("The run was ended while its matches were being stored.")
    return sum(stand)


def count_progress(stores: Stores, reconciliation: Reconciliation) -> Progress:
    """Return the counts as the stored lines and matches have them, counted anew."""
    lines = reconciled_lines(stores, reconciliation)
    matches = {
        match.id: match
        for shard in shards_of(reconciliation.spans)
        for match in stores.reconciliations.matches(reconciliation, shard)
        if match.status != "rejected"
    }
    ambiguous = {
        one.line_id
        for shard in shards_of(reconciliation.spans)
        for one in stores.reconciliations.ambiguities(reconciliation, shard)
        if one.attempt == reconciliation.attempt
    }
    by_engine = by_people = proposed = undecided = cleared = 0
    for line in lines:
        match = matches.get(line.match_id) if line.match_id is not None else None
        if match is None:
            undecided += line.id in ambiguous
        elif match.status == "proposed":
            proposed += 1
        else:
            cleared += line.amount_minor
            by_engine += match.decided_by == ENGINE
            by_people += match.decided_by != ENGINE
    return Progress(
        lines=len(lines),
        approved_by_engine=by_engine,
        approved_by_people=by_people,
        proposed=proposed,
        ambiguous=undecided,
        cleared_minor=cleared,
        lines_minor=sum(line.amount_minor for line in lines),
        entries_open=len(unmatched_entries(stores, reconciliation)),
    )


def unmatched_entries(stores: Stores, reconciliation: Reconciliation) -> list[Transaction]:
    """Return the book entries up to the period's end that are in no live match.

    They are not on any statement yet, and roll forward.
    """
    return [
        entry
        for entry in stores.books.open_transactions(
            reconciliation.business_id, reconciliation.ledger_id, reconciliation.period_end
        )
        if entry.match_id is None and entry.currency == reconciliation.currency
    ]


def release_matches(
    stores: Stores,
    reconciliation: Reconciliation,
    matches: Iterable[MatchRecord],
    by: str,
    now: dt.datetime,
) -> None:
    """Reject matches and give their members back; safe to repeat."""

    def release(match: MatchRecord) -> None:
        for entry in stores.books.transactions(match.business_id, match.entry_ids):
            stores.books.reopen_transaction(entry, match.id, now)
        rejected = dataclasses.replace(
            match,
            status="rejected",
            decisions=(*match.decisions, Decision("rejected", by, now)),
        )
        stores.reconciliations.release_match(reconciliation, match, rejected)

    in_parallel(release, list(matches))


def record_progress(
    stores: Stores,
    business_id: str,
    reconciliation_id: str,
    now: dt.datetime,
    attempt: int | None = None,
) -> Reconciliation:
    """Count what the run brought, for the balance proof to stand on.

    Raises:
        Locked: The reconciliation is not being processed.
    """
    found = in_progress(stores, business_id, reconciliation_id, attempt)
    return stores.reconciliations.save_reconciliation(
        found,
        progress=count_progress(stores, found),
        previous_closing_minor=balance_before(stores, found),
        updated_at=now,
    )


def balance_before(stores: Stores, reconciliation: Reconciliation) -> int | None:
    """Return the balance a reconciliation has to open at, as the ledger stands now."""
    return previous_closing(
        of_ledger(stores, reconciliation.business_id, reconciliation.ledger_id),
        stores.books.ledger(reconciliation.business_id, reconciliation.ledger_id),
        reconciliation.period_start,
        reconciliation.id,
    )


def with_balance_before(stores: Stores, reconciliation: Reconciliation) -> Reconciliation:
    """Return a reconciliation with the balance it has to open at as the ledger stands now.

    What a completed one was proven against stays as it was.
    """
    if reconciliation.status == "completed":
        return reconciliation
    return dataclasses.replace(
        reconciliation, previous_closing_minor=balance_before(stores, reconciliation)
    )


def of_ledger(stores: Stores, business_id: str, ledger_id: str) -> list[Reconciliation]:
    """Return every reconciliation of a ledger, newest first, cancelled ones too."""
    last = stores.books.last_number(business_id, "reconciliations")
    return [
        one
        for one in stores.reconciliations.reconciliations(business_id, last)
        if one.ledger_id == ledger_id
    ]


def await_review(
    stores: Stores,
    business_id: str,
    reconciliation_id: str,
    task_token: str,
    now: dt.datetime,
    attempt: int | None = None,
) -> None:
    """Hand a matched reconciliation to people; running it again only renews the token.

    Raises:
        Locked: It is in no status from which people go on.
    """
    found = stores.reconciliations.reconciliation(business_id, reconciliation_id)
    check_attempt(found, attempt)
    if found.status not in ("processing", "matched", "in_review"):
        raise Locked(f"The reconciliation is {found.status}, not being processed.")
    stores.reconciliations.save_reconciliation(
        found,
        status="matched" if found.status == "processing" else found.status,
        task_token=task_token,
        updated_at=now,
    )


def in_progress(
    stores: Stores, business_id: str, reconciliation_id: str, attempt: int | None
) -> Reconciliation:
    """Return a reconciliation that is being processed, in this attempt where one is named.

    Raises:
        Locked: It is not.
    """
    found = stores.reconciliations.reconciliation(business_id, reconciliation_id)
    check_attempt(found, attempt)
    if found.status != "processing":
        raise Locked(f"The reconciliation is {found.status}, not being processed.")
    return found


def check_attempt(found: Reconciliation, attempt: int | None) -> None:
    """Raise when a step belongs to an older run than the reconciliation is in."""
    if attempt is not None and attempt != found.attempt:
        raise Locked(f"This is run {attempt} of the reconciliation, which is in {found.attempt}.")


def match_id_of(reconciliation_id: str, lines: Iterable[str], entries: Iterable[str]) -> str:
    """Return a match's id, derived from what it holds: the same match is the same record."""
    members = "|".join((*sorted(lines), "=", *sorted(entries)))
    return hashlib.sha256(f"{reconciliation_id}|{members}".encode()).hexdigest()[:32]


def _work_key(reconciliation: Reconciliation, shard: int) -> str:
    return (
        f"work/{reconciliation.business_id}/{reconciliation.id}/"
        f"{reconciliation.attempt}/matches-{shard}.json"
    )
