"""Statements, their lines, reconciliations and matches in the reconciliations table."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from pynamodb.connection import Connection
from pynamodb.exceptions import DeleteError, PutError, TransactWriteError
from pynamodb.transactions import TransactWrite

from shared.errors import (
    AlreadyMatched,
    ChangedMeanwhile,
    IncompleteData,
    NotFound,
    PeriodTaken,
)
from shared.ids import number_of
from shared.reconciliation.model import (
    ENGINE,
    AmbiguityRecord,
    MatchRecord,
    Reconciliation,
    Span,
    StatementLine,
    StatementRecord,
)
from shared.storage.books import transaction_item
from shared.storage.items import (
    failed_conditions,
    in_parallel,
    is_condition_failure,
    put_once,
    to_attributes,
    to_record,
    update_if,
    with_conflict_retries,
)
from shared.storage.models import (
    BLOCK,
    AmbiguityItem,
    LedgerItem,
    LineItem,
    MatchItem,
    ReconciliationItem,
    StatementItem,
    StatementPointerItem,
    TransactionItem,
    block_key,
    match_partition,
    number_key,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from shared.books.model import Ledger

_CHANGED = "The reconciliation changed at this moment; try again."


class Reconciliations:
    """The bank side and what ties it to the books. Every key names its business."""

    # Statements

    def add_statement(
        self, statement: StatementRecord, content: str | None = None
    ) -> StatementRecord:
        """Store a statement, or return the one already known under its S3 key.

        Args:
            statement: The new statement.
            content: The SHA-256 of a file that replaced another one under the same key.
        """
        name = statement.s3_key if content is None else f"{statement.s3_key}#{content}"
        pointer = _pointer(_by_key(statement.business_id), name, statement.id)

        def commit() -> None:
            with TransactWrite(connection=Connection()) as transaction:
                transaction.save(pointer, condition=StatementPointerItem.pk.does_not_exist())
                transaction.save(_statement_item(statement))

        try:
            with_conflict_retries(commit)
        except TransactWriteError as error:
            if not failed_conditions(error):
                raise
            known = self.statement_by_key(statement.business_id, name)
            if known is None:
                raise IncompleteData("A statement's file is known but not the statement.") from None
            return known
        return statement

    def statement(self, business_id: str, statement_id: str) -> StatementRecord:
        """Return a statement.

        Raises:
            NotFound: The business has none of that id.
        """
        try:
            item = StatementItem.get(
                block_key(business_id, "S", number_of(statement_id)),
                number_key(number_of(statement_id)),
                consistent_read=True,
            )
        except StatementItem.DoesNotExist:
            raise NotFound("statement", statement_id) from None
        found = to_record(item, StatementRecord)
        if found.id != statement_id:
            raise NotFound("statement", statement_id)
        return found

    def statement_by_key(self, business_id: str, s3_key: str) -> StatementRecord | None:
        """Return the statement whose file has that S3 key."""
        return self._pointed(business_id, _by_key(business_id), s3_key)

    def statement_by_content(
        self, business_id: str, ledger_id: str, sha256: str
    ) -> StatementRecord | None:
        """Return the parsed statement of a ledger whose file has that content."""
        return self._pointed(business_id, _by_content(business_id, ledger_id), sha256)

    def _pointed(self, business_id: str, pk: str, sk: str) -> StatementRecord | None:
        try:
            pointer = StatementPointerItem.get(pk, sk, consistent_read=True)
        except StatementPointerItem.DoesNotExist:
            return None
        return self.statement(business_id, pointer.statement_id)

    def claim_content(self, statement: StatementRecord) -> str:
        """Make this the ledger's one statement of its content; return the id that is."""
        if statement.sha256 is None:
            raise IncompleteData(f"Statement {statement.id} has no content yet.")
        pk = _by_content(statement.business_id, statement.ledger_id)
        pointer = _pointer(pk, statement.sha256, statement.id)
        if not put_once(pointer):
            pointer.refresh(consistent_read=True)
        return str(pointer.statement_id)

    def update_statement(self, statement: StatementRecord) -> None:
        """Store what became of a statement, its reconciliation and span left as they are."""
        kept = {"id", "number", "business_id", "created_at", "reconciliation_id", "span"}
        actions = []
        for field in dataclasses.fields(statement):
            if field.name not in kept:
                value = getattr(statement, field.name)
                attribute = getattr(StatementItem, field.name)
                actions.append(attribute.remove() if value is None else attribute.set(value))
        update_if(_statement_item(statement), actions, StatementItem.pk.exists())

    def set_span(self, statement: StatementRecord, span: Span) -> StatementRecord:
        """Give a statement its line numbers and content once; return it as it is stored."""
        update_if(
            _statement_item(statement),
            [StatementItem.span.set(span), StatementItem.sha256.set(statement.sha256 or "")],
            StatementItem.span.does_not_exist(),
        )
        return self.statement(statement.business_id, statement.id)

    def delete_statement(self, statement: StatementRecord, content: str | None = None) -> None:
        """Forget a statement that came to nothing, and the name it was added under."""
        name = statement.s3_key if content is None else f"{statement.s3_key}#{content}"
        pointer = _pointer(_by_key(statement.business_id), name, statement.id)
        untouched = (StatementItem.status == "received") & (
            StatementItem.reconciliation_id.does_not_exist()
        )

        def commit() -> None:
            with TransactWrite(connection=Connection()) as transaction:
                transaction.delete(pointer)
                transaction.delete(_statement_item(statement), condition=untouched)

        try:
            with_conflict_retries(commit)
        except TransactWriteError as error:
            if not failed_conditions(error):
                raise

    def statements(self, business_id: str, last_number: int) -> list[StatementRecord]:
        """Return every statement of a business, newest first."""
        return [
            to_record(item, StatementRecord)
            for pk in _blocks(business_id, "S", last_number)
            for item in StatementItem.query(pk, scan_index_forward=False)
        ]

    # Lines

    def add_lines(self, lines: Sequence[StatementLine]) -> None:
        """Store consecutive lines of a statement that are not there yet.

        One that is there is never touched, nor its claim. What an earlier run stored before it
        died is asked for first: a query for a thousand lines is done in the time of one write.
        """
        if not lines:
            return
        first, last = lines[0], lines[-1]
        there = set(self._numbers_between(first.business_id, first.number, last.number))
        in_parallel(_put_line, [line for line in lines if line.number not in there])

    def _numbers_between(self, business_id: str, first: int, last: int) -> Iterator[int]:
        """Yield which of the numbers first to last inclusive are lines."""
        for block in range(first // BLOCK, last // BLOCK + 1):
            found = LineItem.query(
                block_key(business_id, "N", block * BLOCK),
                LineItem.sk.between(number_key(first), number_key(last)),
                consistent_read=True,
                attributes_to_get=["sk"],
            )
            yield from (int(item.sk) for item in found)

    def line(self, business_id: str, line_id: str) -> StatementLine:
        """Return a line.

        Raises:
            NotFound: The business has none of that id.
        """
        number = number_of(line_id)
        try:
            item = LineItem.get(
                block_key(business_id, "N", number), number_key(number), consistent_read=True
            )
        except LineItem.DoesNotExist:
            raise NotFound("statement transaction", line_id) from None
        record = to_record(item, StatementLine)
        if record.id != line_id:
            raise NotFound("statement transaction", line_id)
        return record

    def lines(self, business_id: str, spans: Sequence[Span]) -> Iterator[StatementLine]:
        """Yield the lines of the spans in order of their numbers."""
        for span in spans:
            # DynamoDB refuses a range whose end is before its beginning.
            if span.count == 0:
                continue
            yield from self.lines_between(business_id, span.first, span.first + span.count - 1)

    def lines_between(self, business_id: str, first: int, last: int) -> Iterator[StatementLine]:
        """Yield the lines numbered first to last inclusive."""
        for block in range(first // BLOCK, last // BLOCK + 1):
            found = LineItem.query(
                block_key(business_id, "N", block * BLOCK),
                LineItem.sk.between(number_key(first), number_key(last)),
                consistent_read=True,
            )
            yield from (to_record(item, StatementLine) for item in found)

    # Reconciliations

    def add_reconciliation(
        self,
        reconciliation: Reconciliation,
        ledger: Ledger,
        statement: StatementRecord | None,
    ) -> None:
        """Store a new reconciliation, provided nothing else of its ledger changed meanwhile.

        Raises:
            PeriodTaken: The ledger or the statement got another reconciliation meanwhile: look
                again.
        """

        def commit() -> None:
            with TransactWrite(connection=Connection()) as transaction:
                transaction.update(
                    LedgerItem(f"B#{ledger.business_id}", f"LEDGER#{ledger.id}"),
                    actions=[
                        LedgerItem.sequence.set(reconciliation.sequence_number),
                        LedgerItem.version.add(1),
                    ],
                    condition=LedgerItem.version == ledger.version,
                )
                transaction.save(
                    _reconciliation_item(reconciliation),
                    condition=ReconciliationItem.pk.does_not_exist(),
                )
                if statement is not None:
                    transaction.update(
                        _statement_item(statement),
                        actions=[StatementItem.reconciliation_id.set(reconciliation.id)],
                        condition=StatementItem.reconciliation_id.does_not_exist(),
                    )

        try:
            with_conflict_retries(commit)
        except TransactWriteError as error:
            if not failed_conditions(error):
                raise
            raise PeriodTaken("The ledger got another reconciliation at this moment.") from None

    def reconciliation(self, business_id: str, reconciliation_id: str) -> Reconciliation:
        """Return a reconciliation.

        Raises:
            NotFound: The business has none of that id.
        """
        found = self.reconciliation_by_number(business_id, number_of(reconciliation_id))
        if found is None or found.id != reconciliation_id:
            raise NotFound("reconciliation", reconciliation_id)
        return found

    def reconciliation_by_number(self, business_id: str, number: int) -> Reconciliation | None:
        """Return the reconciliation of that integer id."""
        try:
            item = ReconciliationItem.get(
                block_key(business_id, "R", number), number_key(number), consistent_read=True
            )
        except ReconciliationItem.DoesNotExist:
            return None
        return to_record(item, Reconciliation)

    def reconciliations(self, business_id: str, last_number: int) -> list[Reconciliation]:
        """Return every reconciliation of a business, newest first."""
        return [
            to_record(item, Reconciliation)
            for pk in _blocks(business_id, "R", last_number)
            for item in ReconciliationItem.query(pk, scan_index_forward=False, consistent_read=True)
        ]

    def save_reconciliation(self, before: Reconciliation, **changes: Any) -> Reconciliation:
        """Store changes to a reconciliation that nobody else changed since it was read.

        Raises:
            ChangedMeanwhile: It changed: read it again.
        """
        after = dataclasses.replace(before, **changes, version=before.version + 1)
        unchanged = ReconciliationItem.version == before.version
        try:
            with_conflict_retries(lambda: _reconciliation_item(after).save(unchanged))
        except PutError as error:
            if not is_condition_failure(error):
                raise
            raise ChangedMeanwhile(_CHANGED) from None
        return after

    def save_with_ledger(
        self,
        before: Reconciliation,
        ledger: Ledger,
        *,
        reconciled_through: dt.date | None,
        closing_minor: int | None,
        **changes: Any,
    ) -> Reconciliation:
        """Store changes to a reconciliation and how far its ledger is proven, both or neither.

        Raises:
            ChangedMeanwhile: One of them changed: read both again.
        """
        after = dataclasses.replace(before, **changes, version=before.version + 1)
        through, closing = LedgerItem.reconciled_through, LedgerItem.closing_minor

        def commit() -> None:
            with TransactWrite(connection=Connection()) as transaction:
                transaction.save(
                    _reconciliation_item(after),
                    condition=ReconciliationItem.version == before.version,
                )
                transaction.update(
                    LedgerItem(f"B#{ledger.business_id}", f"LEDGER#{ledger.id}"),
                    actions=[
                        LedgerItem.version.add(1),
                        through.remove()
                        if reconciled_through is None
                        else through.set(reconciled_through),
                        closing.remove() if closing_minor is None else closing.set(closing_minor),
                    ],
                    condition=LedgerItem.version == ledger.version,
                )

        try:
            with_conflict_retries(commit)
        except TransactWriteError as error:
            if not failed_conditions(error):
                raise
            raise ChangedMeanwhile(_CHANGED) from None
        return after

    def release_statement(self, statement_id: str, reconciliation: Reconciliation) -> None:
        """Let a statement be reconciled anew after its reconciliation is gone."""
        number = number_of(statement_id)
        item = StatementItem(block_key(reconciliation.business_id, "S", number), number_key(number))
        update_if(
            item,
            [StatementItem.reconciliation_id.remove()],
            StatementItem.reconciliation_id == reconciliation.id,
        )

    # Matches

    def matches(self, reconciliation: Reconciliation, shard: int) -> list[MatchRecord]:
        """Return every match of a shard of lines, rejected ones too, in order of id."""
        pk = match_partition(reconciliation.business_id, reconciliation.number, shard)
        found = MatchItem.query(pk, MatchItem.sk.startswith("M#"), consistent_read=True)
        return [to_record(item, MatchRecord) for item in found]

    def match(
        self, reconciliation: Reconciliation, shard: int, match_id: str
    ) -> MatchRecord | None:
        """Return a match by its id."""
        pk = match_partition(reconciliation.business_id, reconciliation.number, shard)
        try:
            item = MatchItem.get(pk, f"M#{match_id}", consistent_read=True)
        except MatchItem.DoesNotExist:
            return None
        return to_record(item, MatchRecord)

    def ambiguities(self, reconciliation: Reconciliation, shard: int) -> list[AmbiguityRecord]:
        """Return the lines of a shard that the engine left for a person."""
        pk = match_partition(reconciliation.business_id, reconciliation.number, shard)
        found = AmbiguityItem.query(pk, AmbiguityItem.sk.startswith("A#"), consistent_read=True)
        return [to_record(item, AmbiguityRecord) for item in found]

    def add_ambiguities(
        self, reconciliation: Reconciliation, ambiguities: Sequence[AmbiguityRecord]
    ) -> None:
        """Store the lines left for a person; storing the same ones again changes nothing."""

        def put(one: AmbiguityRecord) -> None:
            number = number_of(one.line_id)
            pk = match_partition(
                reconciliation.business_id, reconciliation.number, shard_of(one.line_id)
            )
            AmbiguityItem(pk, f"A#{number_key(number)}", **to_attributes(one)).save()

        in_parallel(put, ambiguities)

    def propose_match(self, reconciliation: Reconciliation, match: MatchRecord) -> bool:
        """Store a match of the engine and claim its members, one conditional write each.

        Every write may be repeated: the match's id says what it holds, and a claim by the same
        match succeeds again. What people decided since stands: a step that comes late, overtaken
        by its own repetition, neither revives a match that was rejected nor claims for it. Should
        a member belong to another live match, what was claimed is given back.

        Returns:
            Whether the match stands.
        """
        known = self.match(reconciliation, shard_of(match.line_ids[0]), match.id)
        if known is not None and known.attempt == match.attempt:
            if known.decided_by != ENGINE or known.status == "rejected":
                return known.status != "rejected"
        elif known is not None:
            match = dataclasses.replace(match, decisions=(*known.decisions, *match.decisions))
        item = _match_item(reconciliation, match)
        fresh = MatchItem.pk.does_not_exist() | (
            (MatchItem.status == "rejected") & (MatchItem.attempt < match.attempt)
        )
        try:
            with_conflict_retries(lambda: item.save(fresh))
        except PutError as error:
            if not is_condition_failure(error):
                raise
        claimed: list[tuple[Any, Any]] = []
        for member, model, _id in _members(match):
            if not _claim(member, model, match):
                for one, its_model in claimed:
                    _release(one, its_model, match)
                _delete_unless_decided(item)
                return False
            claimed.append((member, model))
        return True

    def release_match(
        self, reconciliation: Reconciliation, match: MatchRecord, rejected: MatchRecord
    ) -> None:
        """Give a match's members back and append its rejection; safe to repeat."""
        for member, model, _id in _members(match):
            _release(member, model, match)
        item = _match_item(reconciliation, rejected)
        with_conflict_retries(item.save)

    def decide(
        self,
        before: Reconciliation,
        after: Reconciliation,
        *,
        replaced: MatchRecord | None,
        match: MatchRecord | None,
    ) -> None:
        """Store a person's decision whole or not at all.

        Args:
            before: The reconciliation as read; it must not have changed since.
            after: The same with its new progress and status.
            replaced: A live match of the line, now rejected; its members are released.
            match: The match that now holds; its members are claimed.

        Raises:
            ChangedMeanwhile: The reconciliation changed: read again and retry.
            AlreadyMatched: A member belongs to another live match.
        """
        claims = list(_claims(match, replaced)) if match is not None else []
        kept = {*match.line_ids, *match.entry_ids} if match is not None else set()
        releases = [
            (item, _release_actions(model, replaced), model.match_id == replaced.id)
            for replaced in ((replaced,) if replaced is not None else ())
            for item, model, member in _members(replaced)
            if member not in kept
        ]
        matches = {one.id: one for one in (replaced, match) if one is not None}

        def commit() -> None:
            with TransactWrite(connection=Connection()) as transaction:
                transaction.save(
                    _reconciliation_item(after),
                    condition=ReconciliationItem.version == before.version,
                )
                for one in matches.values():
                    transaction.save(_match_item(before, one))
                for item, _model, actions, free in claims:
                    transaction.update(item, actions=actions, condition=free)
                for item, actions, still_held in releases:
                    transaction.update(item, actions=actions, condition=still_held)

        # pynamodb sends every put before every update, each in the order given here.
        first_claim = 1 + len(matches)
        try:
            with_conflict_retries(commit)
        except TransactWriteError as error:
            failed = failed_conditions(error)
            if any(first_claim <= index < first_claim + len(claims) for index in failed):
                raise AlreadyMatched(
                    "A line or transaction of this match already belongs to another match: "
                    "reject that one first, or choose another transaction."
                ) from None
            if failed:
                raise ChangedMeanwhile(_CHANGED) from None
            raise


def shard_of(line_id: str) -> int:
    """Return the shard in which the matches of a line are kept."""
    return number_of(line_id) // BLOCK


def shards_of(spans: Iterable[Span]) -> list[int]:
    """Return the shards that the lines of the spans fall into."""
    return sorted(
        {
            shard
            for span in spans
            if span.count
            for shard in range(span.first // BLOCK, (span.first + span.count - 1) // BLOCK + 1)
        }
    )


def line_item(business_id: str, line_id: str) -> LineItem:
    """Return the key of a line as an item, for updates and conditions."""
    number = number_of(line_id)
    return LineItem(block_key(business_id, "N", number), number_key(number))


def _claims(
    match: MatchRecord, replaced: MatchRecord | None
) -> Iterator[tuple[Any, Any, list[Any], Any]]:
    """Yield every member's key and model, its claim, and when it is free to be claimed."""
    for item, model, _member in _members(match):
        free = model.match_id.does_not_exist() | (model.match_id == match.id)
        if replaced is not None:
            free = free | (model.match_id == replaced.id)
        free = free & model.pk.exists()
        if model is TransactionItem:
            free = free & (TransactionItem.reconciled == False)  # noqa: E712 - an expression
        actions = [
            model.match_id.set(match.id),
            model.reconciliation_id.set(match.reconciliation_id),
        ]
        yield item, model, actions, free


def _members(match: MatchRecord) -> Iterator[tuple[Any, Any, str]]:
    for line_id in match.line_ids:
        yield line_item(match.business_id, line_id), LineItem, line_id
    for entry_id in match.entry_ids:
        yield transaction_item(match.business_id, entry_id), TransactionItem, entry_id


def _claim(item: Any, model: Any, match: MatchRecord) -> bool:
    """Claim a member for a match of the engine; return whether the match holds it now.

    A member that the same match of the same attempt gave back is not claimed again.
    """
    free = (
        model.pk.exists()
        & model.match_id.does_not_exist()
        & (model.released.does_not_exist() | (model.released != _release_mark(match)))
    )
    if model is TransactionItem:
        free = free & (TransactionItem.reconciled == False)  # noqa: E712 - an expression
    actions = [
        model.match_id.set(match.id),
        model.reconciliation_id.set(match.reconciliation_id),
    ]
    return update_if(item, actions, free | (model.match_id == match.id))


def _release(item: Any, model: Any, match: MatchRecord) -> None:
    """Give a member back, unless another match holds it by now."""
    update_if(item, _release_actions(model, match), model.match_id == match.id)


def _release_actions(model: Any, match: MatchRecord) -> list[Any]:
    return [
        model.match_id.remove(),
        model.reconciliation_id.remove(),
        model.released.set(_release_mark(match)),
    ]


def _release_mark(match: MatchRecord) -> str:
    return f"{match.id}#{match.attempt}"


def _delete_unless_decided(item: MatchItem) -> None:
    """Drop a match that lost a member before anybody saw it; a rejected one keeps its story."""
    try:
        with_conflict_retries(lambda: item.delete(MatchItem.status != "rejected"))
    except DeleteError as error:
        if not is_condition_failure(error):
            raise


def _put_line(line: StatementLine) -> None:
    put_once(
        LineItem(
            block_key(line.business_id, "N", line.number),
            number_key(line.number),
            **to_attributes(line, defaults=False),
        )
    )


def _match_item(reconciliation: Reconciliation, match: MatchRecord) -> MatchItem:
    pk = match_partition(
        reconciliation.business_id, reconciliation.number, shard_of(match.line_ids[0])
    )
    return MatchItem(pk, f"M#{match.id}", **to_attributes(match))


def _statement_item(statement: StatementRecord) -> StatementItem:
    return StatementItem(
        block_key(statement.business_id, "S", statement.number),
        number_key(statement.number),
        **to_attributes(statement),
    )


def _reconciliation_item(reconciliation: Reconciliation) -> ReconciliationItem:
    return ReconciliationItem(
        block_key(reconciliation.business_id, "R", reconciliation.number),
        number_key(reconciliation.number),
        **to_attributes(reconciliation),
    )


def _pointer(pk: str, sk: str, statement_id: str) -> StatementPointerItem:
    return StatementPointerItem(pk, sk, statement_id=statement_id)


def _by_key(business_id: str) -> str:
    return f"B#{business_id}#KEY"


def _by_content(business_id: str, ledger_id: str) -> str:
    return f"B#{business_id}#L#{ledger_id}#SHA"


def _blocks(business_id: str, kind: str, last_number: int) -> list[str]:
    return [
        block_key(business_id, kind, block * BLOCK) for block in range(last_number // BLOCK, -1, -1)
    ]
