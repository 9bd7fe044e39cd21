"""Opening, starting, undoing and failing reconciliations."""

from __future__ import annotations

import dataclasses
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from shared.access.model import SYSTEM, Principal
from shared.application.matching import (
    in_progress,
    of_ledger,
    release_matches,
    with_balance_before,
)
from shared.application.statement_files import (
    UPLOAD_BYTES_MAX,
    UPLOAD_LINES_MAX,
    check_size,
    read_for_ledger,
)
from shared.application.statements import (
    bind_account,
    check_key,
    register,
    split_key,
    take_in,
)
from shared.errors import (
    ChangedMeanwhile,
    Conflict,
    InvalidInput,
    Locked,
    NotFound,
    PeriodTaken,
    TooLarge,
)
from shared.reconciliation.balance import previous_closing
from shared.reconciliation.facts import StatementFacts, Tally
from shared.reconciliation.model import (
    ENGINE,
    PERIOD_HOLDING,
    RELEASING,
    RETRYABLE,
    Progress,
    Reconciliation,
    Span,
    StatementLine,
    StatementRecord,
    Terms,
)
from shared.reconciliation.terms import Settled, check_period, settle
from shared.statements.model import Account
from shared.statements.source import Source
from shared.storage.books import new_id
from shared.storage.reconciliations import shards_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from shared.application.stores import Stores
    from shared.books.model import Ledger

OPENING_TRIES = 5
"""Tries to open a reconciliation while others of the same ledger are being opened."""


def get(stores: Stores, business_id: str, reconciliation_id: str) -> Reconciliation:
    """Return a reconciliation.

    Raises:
        NotFound: The business has none of that id, or it was deleted.
    """
    found = stores.reconciliations.reconciliation(business_id, reconciliation_id)
    if found.status == "cancelled":
        raise NotFound("reconciliation", reconciliation_id)
    return found


def look_up(stores: Stores, business_id: str, reconciliation_id: str) -> Reconciliation:
    """Return a reconciliation to be shown, held to where the one before it closed by now.

    Raises:
        NotFound: The business has none of that id, or it was deleted.
    """
    return with_balance_before(stores, get(stores, business_id, reconciliation_id))


def list_reconciliations(
    stores: Stores, business_id: str, ledger_id: str | None = None
) -> list[Reconciliation]:
    """Return the reconciliations of a business or one of its ledgers, newest first."""
    last = stores.books.last_number(business_id, "reconciliations")
    return [
        one
        for one in stores.reconciliations.reconciliations(business_id, last)
        if one.status != "cancelled" and (ledger_id is None or one.ledger_id == ledger_id)
    ]


def reconcile_statement_key(
    stores: Stores,
    principal: Principal,
    business_id: str,
    ledger_id: str,
    s3_key: str,
    filename: str | None,
    terms: Terms,
    now: dt.datetime,
) -> Reconciliation:
    """Open a reconciliation of a statement that is in the bucket already.

    Files up to ``UPLOAD_BYTES_MAX`` and ``UPLOAD_LINES_MAX`` are read at once, so that what is
    wrong is said at once; larger ones are read by the workflow. A file that a drop already made
    into a reconciliation is that reconciliation.

    Raises:
        NotFound: The business has no such ledger.
        Forbidden: The key is in another business's prefix.
        InvalidInput: No such file, refused content, or terms that do not fit it.
        PeriodTaken: Another reconciliation covers some of these days.
    """
    check_period(terms.period_start, terms.period_end)
    ledger = stores.books.ledger(business_id, ledger_id)
    check_key(business_id, ledger_id, s3_key)
    filename = filename or split_key(s3_key)[2]
    source = stores.objects.open_statement(s3_key)
    if source is None:
        raise InvalidInput(
            f"There is no file {s3_key!r} in the statements bucket: upload it first.",
            loc=("body", "statement_s3_key"),
            kind="missing_object",
            value=s3_key,
        )
    known = stores.reconciliations.statement_by_key(business_id, s3_key)
    content = read = None
    if (source.size or 0) <= UPLOAD_BYTES_MAX:
        # Few bytes may unpack to more lines than can be read while the caller waits.
        with suppress(TooLarge):
            read = read_for_ledger(ledger, filename, source, UPLOAD_LINES_MAX)
    if read is None:
        settled = _unread(terms)
    else:
        settled = settle(read.facts, ledger, terms, of_ledger(stores, business_id, ledger_id))
        same = stores.reconciliations.statement_by_content(business_id, ledger_id, read.sha256)
        if same is None and known is not None and known.status == "parsed":
            # The file under this key was replaced: it is a statement of its own.
            content = read.sha256
        known = same or (known if content is None else None)
    opened, _statement = _open_received(
        stores, principal, ledger, settled, known, terms, now, (s3_key, filename, content)
    )
    return start(stores, opened, now) if terms.auto_start and opened.attempt == 0 else opened


def reconcile_upload(
    stores: Stores,
    principal: Principal,
    business_id: str,
    ledger_id: str,
    filename: str,
    data: bytes,
    terms: Terms,
    now: dt.datetime,
) -> Reconciliation:
    """Take in an uploaded statement and open its reconciliation.

    Raises:
        NotFound: The business has no such ledger.
        UnreadableStatement, InvalidInput, TooLarge: The file is refused; nothing is kept.
        PeriodTaken: Another reconciliation covers some of these days; nothing is kept.
    """
    check_period(terms.period_start, terms.period_end)
    check_size(len(data), UPLOAD_BYTES_MAX)
    ledger = stores.books.ledger(business_id, ledger_id)
    source = Source.of_bytes(data, filename)
    read = read_for_ledger(ledger, filename, source, UPLOAD_LINES_MAX)
    settled = settle(read.facts, ledger, terms, of_ledger(stores, business_id, ledger_id))
    _check_free(stores, ledger, settled.period_start, settled.period_end)
    known = stores.reconciliations.statement_by_content(business_id, ledger_id, read.sha256)
    # Opened before the file is stored, so that the event of its arrival finds the statement taken.
    opened, statement = _open_received(
        stores, principal, ledger, settled, known, terms, now, (None, filename, None)
    )
    if known is None:
        stores.objects.write_statement(statement.s3_key, data)
    return start(stores, opened, now) if terms.auto_start else opened


def _open_received(
    stores: Stores,
    principal: Principal,
    ledger: Ledger,
    settled: Settled,
    known: StatementRecord | None,
    terms: Terms,
    now: dt.datetime,
    file: tuple[str | None, str, str | None],
) -> tuple[Reconciliation, StatementRecord]:
    """Open the reconciliation of a received file, registering it first unless it is known.

    Args:
        stores: The deployment's stores.
        principal: Who asks.
        ledger: Against which ledger.
        settled: On which period and balances.
        known: The statement the file already is.
        terms: What was asked.
        now: When.
        file: Its S3 key (``None`` for one to be made), its name, and its content's SHA-256 where
            it replaced another file under the same key.

    Raises:
        PeriodTaken: Another reconciliation covers some of these days; a statement that was
            registered for this is forgotten again.
    """
    s3_key, filename, content = file
    statement = known or register(
        stores,
        principal,
        ledger,
        s3_key=s3_key,
        filename=filename,
        purpose="reconcile",
        status="received",
        terms=terms,
        now=now,
        content=content,
    )
    try:
        opened = open_reconciliation(stores, principal, ledger, settled, statement, terms, now)
    except Conflict:
        if known is None:
            stores.reconciliations.delete_statement(statement, content)
        raise
    return opened, statement


def reconcile_imported(
    stores: Stores,
    principal: Principal,
    business_id: str,
    ledger_id: str,
    period_start: dt.date,
    period_end: dt.date,
    terms: Terms,
    now: dt.datetime,
) -> Reconciliation:
    """Open a reconciliation of the lines that imports already brought for a period.

    Where no import covers the period it is opened all the same, as the published contract
    answers; the workflow then fails it with what to do.

    Raises:
        NotFound: The business has no such ledger.
        InvalidInput: The period ends before it starts, or its balances do not follow.
        PeriodTaken: Another reconciliation covers some of these days.
    """
    check_period(period_start, period_end)
    ledger = stores.books.ledger(business_id, ledger_id)
    statements = _imported(stores, ledger, period_start, period_end)
    spans = tuple(
        sorted((one.span for one in statements if one.span is not None), key=lambda one: one.first)
    )
    others = of_ledger(stores, business_id, ledger_id)
    holding = [one for one in others if one.status in PERIOD_HOLDING]
    inside, earlier_minor, later_minor = Tally(), 0, 0
    for line in stores.reconciliations.lines(business_id, spans):
        if line.date < period_start:
            earlier_minor += line.amount_minor * (line.statement_id == statements[0].id)
        elif line.date > period_end:
            later_minor += line.amount_minor * (line.statement_id == statements[-1].id)
        else:
            _check_line_free(holding, line)
            inside.add([line.date], [line.amount_minor])
    opening = statements[0].opening_balance_minor if statements else None
    closing = statements[-1].closing_balance_minor if statements else None
    settled = settle(
        StatementFacts(
            account=Account(ledger.account_id, None, None, ledger.currency),
            period_start=period_start,
            period_end=period_end,
            # The balances at the period's own ends, which may lie within a statement.
            opening_balance_minor=None if opening is None else opening + earlier_minor,
            closing_balance_minor=None if closing is None else closing - later_minor,
            lines_count=inside.count,
            net_minor=inside.net_minor,
            first_date=inside.first_date,
            last_date=inside.last_date,
        ),
        ledger,
        dataclasses.replace(terms, period_start=period_start, period_end=period_end),
        others,
    )
    opened = open_reconciliation(stores, principal, ledger, settled, None, terms, now, spans=spans)
    opened = stores.reconciliations.save_reconciliation(
        opened, progress=Progress(lines=inside.count, lines_minor=inside.net_minor)
    )
    return start(stores, opened, now) if terms.auto_start else opened


def reconcile_drop(
    stores: Stores, statement: StatementRecord, now: dt.datetime
) -> Reconciliation | None:
    """Open and start the reconciliation of a statement that arrived by itself.

    Returns:
        The reconciliation, or ``None`` where it cannot be opened; the statement then says why.
    """
    if statement.purpose != "reconcile" or statement.status != "parsed":
        return None
    ledger = stores.books.ledger(statement.business_id, statement.ledger_id)
    by = dataclasses.replace(
        SYSTEM, user=statement.created_by, first_name=statement.created_by_name
    )
    terms = statement.terms
    try:
        settled = _settle_stored(stores, ledger, statement)
        opened = open_reconciliation(stores, by, ledger, settled, statement, terms, now)
        bind_account(stores, ledger, statement)
    except (InvalidInput, Conflict) as error:
        stores.reconciliations.update_statement(
            dataclasses.replace(statement, reason=f"Not reconciled: {error}")
        )
        return None
    # A delivery that died between two of these writes is carried on by the next one.
    unstarted = opened.status == "pending" and opened.attempt == 0 and terms.auto_start
    if unstarted or opened.status == "processing":
        return start(stores, opened, now)
    return opened


def open_reconciliation(
    stores: Stores,
    principal: Principal,
    ledger: Ledger,
    settled: Settled,
    statement: StatementRecord | None,
    terms: Terms,
    now: dt.datetime,
    *,
    spans: Sequence[Span] = (),
) -> Reconciliation:
    """Store a new reconciliation, or return the one the statement already has.

    Raises:
        PeriodTaken: Another live reconciliation of the ledger covers some of these days.
    """
    for attempt in range(OPENING_TRIES):
        ledger = stores.books.ledger(ledger.business_id, ledger.id)
        if statement is not None:
            statement = stores.reconciliations.statement(statement.business_id, statement.id)
            taken = _live_reconciliation_of(stores, statement)
            if taken is not None:
                return _adopt(taken, settled, terms)
        _check_free(stores, ledger, settled.period_start, settled.period_end)
        number = stores.books.reserve_numbers(ledger.business_id, "reconciliations", 1)
        own_spans = tuple(spans)
        if statement is not None and statement.span is not None:
            own_spans = (statement.span,)
        reconciliation = Reconciliation(
            id=new_id(number, now),
            number=number,
            business_id=ledger.business_id,
            ledger_id=ledger.id,
            sequence_number=ledger.sequence + 1,
            status="pending",
            period_start=settled.period_start,
            period_end=settled.period_end,
            currency=ledger.currency,
            created_at=now,
            created_by=principal.user,
            created_by_name=principal.name,
            updated_at=now,
            statement_id=statement.id if statement else None,
            statement_s3_key=statement.s3_key if statement else None,
            statement_filename=statement.filename if statement else None,
            spans=own_spans,
            opening_balance_minor=settled.opening_balance_minor,
            closing_balance_minor=settled.closing_balance_minor,
            previous_closing_minor=previous_closing(
                of_ledger(stores, ledger.business_id, ledger.id), ledger, settled.period_start
            ),
            rules=terms.rules,
            warnings=settled.warnings,
        )
        try:
            stores.reconciliations.add_reconciliation(reconciliation, ledger, statement)
        except PeriodTaken:
            if attempt == OPENING_TRIES - 1:
                raise
        else:
            return reconciliation
    raise AssertionError("unreachable")


def start(stores: Stores, reconciliation: Reconciliation, now: dt.datetime) -> Reconciliation:
    """Start the workflow of a reconciliation that is pending or failed.

    One that is said to be processing gets its workflow again, which changes nothing where it
    runs: a process may have died between the two.

    Raises:
        Locked: It is in another status.
        ChangedMeanwhile: It, or its ledger, changed at this moment.
        PeriodTaken: Another reconciliation took its days meanwhile.
    """
    for attempt in range(OPENING_TRIES):
        if reconciliation.status == "processing":
            stores.workflow.start(
                reconciliation.business_id, reconciliation.id, reconciliation.attempt
            )
            return reconciliation
        try:
            reconciliation = _take_up(stores, reconciliation, now)
        except ChangedMeanwhile:
            if attempt == OPENING_TRIES - 1:
                raise
            reconciliation = get(stores, reconciliation.business_id, reconciliation.id)
    raise AssertionError("unreachable")


def _take_up(stores: Stores, reconciliation: Reconciliation, now: dt.datetime) -> Reconciliation:
    """Mark a reconciliation as processing in its next attempt, its days being free."""
    if reconciliation.status not in RETRYABLE:
        raise Locked(
            f"The reconciliation is {reconciliation.status}; only a pending or failed one can be "
            f"started."
        )
    # Failed ones hold no days, so taking them again must not race with another opening.
    ledger = stores.books.ledger(reconciliation.business_id, reconciliation.ledger_id)
    if reconciliation.status == "failed":
        if reconciliation.failure_code == RELEASING:
            release_all(stores, reconciliation, by=ENGINE, now=now)
        _check_free(
            stores,
            ledger,
            reconciliation.period_start,
            reconciliation.period_end,
            but=reconciliation.id,
        )
    return stores.reconciliations.save_with_ledger(
        reconciliation,
        ledger,
        reconciled_through=ledger.reconciled_through,
        closing_minor=ledger.closing_minor,
        status="processing",
        attempt=reconciliation.attempt + 1,
        updated_at=now,
        failure_code=None,
        failure_reason=None,
        task_token=None,
        completion=None,
    )


def retry(
    stores: Stores,
    principal: Principal,  # noqa: ARG001 - every use case a person calls takes who calls
    business_id: str,
    reconciliation_id: str,
    now: dt.datetime,
) -> Reconciliation:
    """Start a pending reconciliation, or a failed one anew.

    Raises:
        NotFound: The business has none of that id.
        Locked: It is in a status from which it cannot be started.
        PeriodTaken: Another reconciliation took its days meanwhile.
    """
    return start(stores, get(stores, business_id, reconciliation_id), now)


def cancel(
    stores: Stores,
    principal: Principal,
    business_id: str,
    reconciliation_id: str,
    now: dt.datetime,
    *,
    allow_completed: bool,
) -> None:
    """Undo a reconciliation: its matches are rejected, not erased, and their members given back.

    It is taken from view first and its members are given back after, so that nobody meets one
    half undone; a call that died in between is finished by the next.

    Raises:
        NotFound: The business has none of that id, or it was deleted before.
        Locked: It is completed and may not be undone here, is being completed, or a later one
            builds on it.
        ChangedMeanwhile: It changed at this moment.
    """
    found = stores.reconciliations.reconciliation(business_id, reconciliation_id)
    if found.status == "cancelled" and found.failure_code != RELEASING:
        raise NotFound("reconciliation", reconciliation_id)
    if found.status == "completed" and not allow_completed:
        raise Locked(
            f"Reconciliation {found.sequence_number} is completed and locked; it takes no changes."
        )
    if found.status != "completed" and found.completion is not None:
        raise Locked(
            f"Reconciliation {found.sequence_number} is being completed; it takes no changes."
        )
    if found.status != "cancelled":
        token = found.task_token
        gone = {
            "status": "cancelled",
            "failure_code": RELEASING,
            "task_token": None,
            "updated_at": now,
        }
        if found.status == "completed":
            found = _roll_back(stores, found, gone)
        else:
            found = stores.reconciliations.save_reconciliation(found, **gone)
        if token is not None:
            stores.workflow.answer(token, "cancel")
    release_all(stores, found, by=principal.name, now=now)
    if found.statement_id is not None:
        stores.reconciliations.release_statement(found.statement_id, found)
    stores.reconciliations.save_reconciliation(found, failure_code=None)


def release_all(stores: Stores, reconciliation: Reconciliation, by: str, now: dt.datetime) -> None:
    """Reject every live match and give its members back; safe to repeat."""
    for shard in shards_of(reconciliation.spans):
        live = [
            one
            for one in stores.reconciliations.matches(reconciliation, shard)
            if one.status != "rejected"
        ]
        release_matches(stores, reconciliation, live, by, now)


def prepare_lines(
    stores: Stores,
    business_id: str,
    reconciliation_id: str,
    now: dt.datetime,
    attempt: int | None = None,
) -> Reconciliation:
    """Make sure that a started reconciliation has its statement's lines stored.

    Raises:
        Locked: It is not being processed.
        InvalidInput: The file is refused, or there are no lines to reconcile.
    """
    found = in_progress(stores, business_id, reconciliation_id, attempt)
    if found.statement_id is None:
        if found.progress.lines == 0:
            raise InvalidInput(
                f"No imported statement has lines from {found.period_start} to "
                f"{found.period_end} for this account: import one, then start again.",
                kind="no_statement_lines",
            )
        return found
    ledger = stores.books.ledger(business_id, found.ledger_id)
    statement = stores.reconciliations.statement(business_id, found.statement_id)
    if statement.status != "parsed":
        statement = take_in(stores, ledger, statement)
        if statement.status == "duplicate":
            raise InvalidInput(str(statement.reason), kind="duplicate_statement")
    terms = Terms(
        found.period_start,
        found.period_end,
        found.opening_balance_minor,
        found.closing_balance_minor,
    )
    settled = _settle_stored(stores, ledger, dataclasses.replace(statement, terms=terms))
    bind_account(stores, ledger, statement)
    spans = (statement.span,) if statement.span is not None else ()
    if found.spans == spans and found.closing_balance_minor is not None:
        return found
    return stores.reconciliations.save_reconciliation(
        found,
        spans=spans,
        opening_balance_minor=settled.opening_balance_minor,
        closing_balance_minor=settled.closing_balance_minor,
        warnings=settled.warnings or found.warnings,
        updated_at=now,
    )


def fail(
    stores: Stores,
    business_id: str,
    reconciliation_id: str,
    *,
    code: str,
    reason: str,
    now: dt.datetime,
    attempt: int | None = None,
) -> None:
    """End a run that cannot go on, with a reason.

    A run that fails before people came to it keeps nothing: the status is taken first, so that no
    step of it goes on, then its matches are given back. One that people have begun to review, or
    decided to complete, stays in review with everything they decided. Repeating it changes nothing;
    what belongs to an older attempt than the present one is over already.
    """
    found = stores.reconciliations.reconciliation(business_id, reconciliation_id)
    if attempt is not None and attempt != found.attempt:
        return
    if found.status == "cancelled":
        release_all(stores, found, by=ENGINE, now=now)
        return
    if found.status == "completed" or (
        found.status == "failed" and found.failure_code != RELEASING
    ):
        return
    if found.status == "in_review" or found.completion is not None:
        back = stores.reconciliations.save_reconciliation(
            found,
            status="in_review",
            completion=None,
            task_token=None,
            failure_code=code,
            failure_reason=reason,
            updated_at=now,
        )
        _unclear(stores, back, now)
        return
    if found.status != "failed":
        found = stores.reconciliations.save_reconciliation(
            found,
            status="failed",
            failure_code=RELEASING,
            failure_reason=reason,
            task_token=None,
            completion=None,
            updated_at=now,
        )
    release_all(stores, found, by=ENGINE, now=now)
    kept = Progress(lines=found.progress.lines, lines_minor=found.progress.lines_minor)
    stores.reconciliations.save_reconciliation(
        found, failure_code=code, failure_reason=reason, progress=kept
    )


def _unclear(stores: Stores, found: Reconciliation, now: dt.datetime) -> None:
    """Make entries outstanding again that a completion had cleared before it failed."""
    for shard in shards_of(found.spans):
        for match in stores.reconciliations.matches(found, shard):
            if match.status == "approved":
                for entry in stores.books.transactions(found.business_id, match.entry_ids):
                    stores.books.reopen_transaction(entry, match.id, now)


def _settle_stored(stores: Stores, ledger: Ledger, statement: StatementRecord) -> Settled:
    """Settle a statement whose lines are stored, from what they come to."""
    if statement.net_minor is None or statement.span is None:
        raise InvalidInput("The statement's lines are still being stored.", kind="not_ready")
    return settle(
        StatementFacts(
            account=Account(statement.account_id, None, None, statement.currency),
            period_start=statement.period_start,
            period_end=statement.period_end,
            opening_balance_minor=statement.opening_balance_minor,
            closing_balance_minor=statement.closing_balance_minor,
            lines_count=statement.span.count,
            net_minor=statement.net_minor,
            first_date=statement.first_date,
            last_date=statement.last_date,
        ),
        ledger,
        statement.terms,
        of_ledger(stores, ledger.business_id, ledger.id),
    )


def _unread(terms: Terms) -> Settled:
    """Return the caller's own terms for a file that only the workflow reads.

    Raises:
        InvalidInput: They name no period.
    """
    if terms.period_start is None or terms.period_end is None:
        raise InvalidInput(
            "A file of this size needs start_date and end_date.", loc=("body", "start_date")
        )
    return Settled(
        terms.period_start,
        terms.period_end,
        terms.opening_balance_minor,
        terms.closing_balance_minor,
        (),
    )


def _live_reconciliation_of(stores: Stores, statement: StatementRecord) -> Reconciliation | None:
    if statement.reconciliation_id is None:
        return None
    found = stores.reconciliations.reconciliation(
        statement.business_id, statement.reconciliation_id
    )
    if found.status in PERIOD_HOLDING:
        return found
    stores.reconciliations.release_statement(statement.id, found)
    return None


def _adopt(taken: Reconciliation, settled: Settled, terms: Terms) -> Reconciliation:
    """Return a statement's own reconciliation, provided the caller asks for no other one."""
    asked = (settled.opening_balance_minor, settled.closing_balance_minor)
    has = (taken.opening_balance_minor, taken.closing_balance_minor)
    differ = any(one is not None and one != other for one, other in zip(asked, has, strict=True))
    covered = (terms.period_start or taken.period_start) <= taken.period_start and (
        terms.period_end or taken.period_end
    ) >= taken.period_end
    if differ or not covered or terms.rules != taken.rules:
        raise PeriodTaken(
            f"This statement is reconciliation {taken.sequence_number} of the ledger already, "
            f"{taken.period_start} to {taken.period_end}, with other balances, days or rules: "
            f"delete that one first."
        )
    return taken


def _check_free(
    stores: Stores, ledger: Ledger, start: dt.date, end: dt.date, but: str | None = None
) -> None:
    """Raise when another live reconciliation of the ledger covers some of these days.

    Periods may share their boundary day: many banks end one statement on the day the next
    begins.

    Raises:
        PeriodTaken: One does.
    """
    for other in of_ledger(stores, ledger.business_id, ledger.id):
        releasing = other.status == "cancelled" and other.failure_code == RELEASING
        if other.id == but or not (other.status in PERIOD_HOLDING or releasing):
            continue
        same = (other.period_start, other.period_end) == (start, end)
        if same or (other.period_start < end and start < other.period_end):
            state = {"completed": "completed", "cancelled": "being deleted"}.get(
                other.status, "still open"
            )
            raise PeriodTaken(
                f"Reconciliation {other.sequence_number} of this ledger covers "
                f"{other.period_start} to {other.period_end} and is {state}: complete or delete "
                f"it first, or choose other days."
            )


def _imported(
    stores: Stores, ledger: Ledger, start: dt.date, end: dt.date
) -> list[StatementRecord]:
    last = stores.books.last_number(ledger.business_id, "statements")
    found = [
        one
        for one in stores.reconciliations.statements(ledger.business_id, last)
        if one.ledger_id == ledger.id
        and one.status == "parsed"
        and one.period_start is not None
        and one.period_end is not None
        and one.period_start <= end
        and one.period_end >= start
    ]
    return sorted(found, key=lambda one: (one.period_start, one.period_end, one.number))


def _check_line_free(holding: Sequence[Reconciliation], line: StatementLine) -> None:
    """Raise when a line is part of another live reconciliation.

    Periods may share their boundary day; the lines of that day may not.

    Raises:
        PeriodTaken: It is.
    """
    for other in holding:
        if other.period_start <= line.date <= other.period_end and any(
            span.first <= line.number < span.first + span.count for span in other.spans
        ):
            raise PeriodTaken(
                f"Lines of {line.date} belong to reconciliation {other.sequence_number} of "
                f"this ledger: choose a period that begins or ends a day apart from it."
            )


def _roll_back(stores: Stores, completed: Reconciliation, gone: dict[str, Any]) -> Reconciliation:
    """Take a completed reconciliation away and its ledger back to before it, both or neither.

    Raises:
        Locked: It is not the ledger's latest, so a later one builds on its closing balance.
    """
    others = [
        one
        for one in of_ledger(stores, completed.business_id, completed.ledger_id)
        if one.status == "completed" and one.id != completed.id
    ]
    later = [one for one in others if one.period_end > completed.period_end]
    if later:
        raise Locked(
            f"Reconciliation {later[0].sequence_number} builds on the closing balance of this "
            f"one: delete that one first."
        )
    before = max(others, key=lambda one: one.period_end, default=None)
    return stores.reconciliations.save_with_ledger(
        completed,
        stores.books.ledger(completed.business_id, completed.ledger_id),
        reconciled_through=before.period_end if before else None,
        closing_minor=before.closing_balance_minor if before else None,
        **gone,
    )
