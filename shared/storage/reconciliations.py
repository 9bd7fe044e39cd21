"""Statements, their lines, reconciliations and matches in the reconciliations table."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from pynamodb.connection import Connection
from pynamodb.exceptions import DeleteError, PutError, TransactWriteError, UpdateError
from pynamodb.transactions import TransactWrite

from shared.errors import AlreadyMatched, IncompleteData, Locked, NotFound, PeriodTaken
from shared.ids import number_of
from shared.reconciliation.model import (
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
    from collections.abc import Iterable, Iterator, Sequence

    from shared.books.model import Ledger


class Reconciliations:
    """The bank side and what ties it to the books. Every key names its business."""

    # Statements

    def add_statement(self, statement: StatementRecord) -> StatementRecord:
        """Store a statement, or return the one already known under its S3 key."""
        pointer = _pointer(_by_key(statement.business_id), statement.s3_key, statement.id)
        try:
            with TransactWrite(connection=Connection()) as transaction:
                transaction.save(pointer, condition=StatementPointerItem.pk.does_not_exist())
                transaction.save(_statement_item(statement))
        except TransactWriteError as error:
            if not failed_conditions(error):
                raise
            known = self.statement_by_key(statement.business_id, statement.s3_key)
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
        return to_record(item, StatementRecord)

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
        try:
            _pointer(pk, statement.sha256, statement.id).save(
                StatementPointerItem.pk.does_not_exist()
                | (StatementPointerItem.statement_id == statement.id)
            )
        except PutError as error:
            if not is_condition_failure(error):
                raise
            known = StatementPointerItem.get(pk, statement.sha256, consistent_read=True)
            return str(known.statement_id)
        return statement.id

    def update_statement(self, statement: StatementRecord) -> None:
        """Store what became of a statement, its reconciliation and span left as they are."""
        kept = {"id", "number", "business_id", "created_at", "reconciliation_id", "span"}
        actions = []
        for field in dataclasses.fields(statement):
            if field.name not in kept:
                value = getattr(statement, field.name)
                attribute = getattr(StatementItem, field.name)
                actions.append(attribute.remove() if value is None else attribute.set(value))
        _statement_item(statement).update(actions=actions, condition=StatementItem.pk.exists())

    def set_span(self, statement: StatementRecord, span: Span) -> Span:
        """Give a statement its line numbers once; return the ones it has."""
        item = _statement_item(statement)
        try:
            item.update(
                actions=[StatementItem.span.set(span)],
                condition=StatementItem.span.does_not_exist(),
            )
        except UpdateError as error:
            if not is_condition_failure(error):
                raise
            known = self.statement(statement.business_id, statement.id).span
            if known is None:
                raise IncompleteData("A statement lost its line numbers.") from None
            return known
        return span

    def delete_statement(self, statement: StatementRecord) -> None:
        """Forget a statement that came to nothing, and the name of its file."""
        pointer = _pointer(_by_key(statement.business_id), statement.s3_key, statement.id)
        with TransactWrite(connection=Connection()) as transaction:
            transaction.delete(pointer)
            transaction.delete(_statement_item(statement))

    def statements(self, business_id: str, last_number: int) -> list[StatementRecord]:
        """Return every statement of a business, newest first."""
        return [
            to_record(item, StatementRecord)
            for pk in _blocks(business_id, "S", last_number)
            for item in StatementItem.query(pk, scan_index_forward=False)
        ]

    # Lines

    def add_lines(self, lines: Sequence[StatementLine]) -> None:
        """Store lines that are not there yet; never touches one that is, nor its claim."""
        in_parallel(_put_line, lines)

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
            Locked: It changed meanwhile: read it again.
        """
        after = dataclasses.replace(before, **changes, version=before.version + 1)
        try:
            _reconciliation_item(after).save(ReconciliationItem.version == before.version)
        except PutError as error:
            if not is_condition_failure(error):
                raise
            raise Locked("The reconciliation changed at this moment; try again.") from None
        return after

    def release_statement(self, statement_id: str, reconciliation: Reconciliation) -> None:
        """Let a statement be reconciled anew after its reconciliation is gone."""
        number = number_of(statement_id)
        item = StatementItem(block_key(reconciliation.business_id, "S", number), number_key(number))
        try:
            item.update(
                actions=[StatementItem.reconciliation_id.remove()],
                condition=StatementItem.reconciliation_id == reconciliation.id,
            )
        except UpdateError as error:
            if not is_condition_failure(error):
                raise

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
        match succeeds again. Should a member belong to another live match by now, what was
        claimed is given back and the match is not kept.

        Returns:
            Whether the match stands.
        """
        item = _match_item(reconciliation, match)
        try:
            item.save(MatchItem.pk.does_not_exist() | (MatchItem.status == "rejected"))
        except PutError as error:
            if not is_condition_failure(error):
                raise
        claimed_entries: list[str] = []
        for entry_id in match.entry_ids:
            if not _claim(
                transaction_item(match.business_id, entry_id),
                TransactionItem,
                match,
                TransactionItem.reconciled == False,  # noqa: E712 - an expression, not a test
            ):
                self._give_back(item, match, claimed_entries, [])
                return False
            claimed_entries.append(entry_id)
        claimed_lines: list[str] = []
        for line_id in match.line_ids:
            if not _claim(line_item(match.business_id, line_id), LineItem, match, None):
                self._give_back(item, match, claimed_entries, claimed_lines)
                return False
            claimed_lines.append(line_id)
        return True

    def _give_back(
        self, item: MatchItem, match: MatchRecord, entries: Sequence[str], lines: Sequence[str]
    ) -> None:
        for entry_id in entries:
            _release(transaction_item(match.business_id, entry_id), TransactionItem, match.id)
        for line_id in lines:
            _release(line_item(match.business_id, line_id), LineItem, match.id)
        try:
            item.delete(MatchItem.id == match.id)
        except DeleteError as error:
            if not is_condition_failure(error):
                raise

    def release_match(
        self, reconciliation: Reconciliation, match: MatchRecord, rejected: MatchRecord
    ) -> None:
        """Give a match's members back and append its rejection; safe to repeat."""
        for entry_id in match.entry_ids:
            _release(transaction_item(match.business_id, entry_id), TransactionItem, match.id)
        for line_id in match.line_ids:
            _release(line_item(match.business_id, line_id), LineItem, match.id)
        _match_item(reconciliation, rejected).save()

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
            Locked: The reconciliation changed meanwhile: read again and retry.
            AlreadyMatched: A member belongs to another live match.
        """
        claims = list(_claims(match, replaced)) if match is not None else []
        kept = {*match.line_ids, *match.entry_ids} if match is not None else set()
        releases = [one for one in _members(replaced) if one[2] not in kept] if replaced else []
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
                for item, model, _member in releases:
                    transaction.update(
                        item,
                        actions=[model.match_id.remove(), model.reconciliation_id.remove()],
                        condition=model.match_id.exists(),
                    )

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
                raise Locked("The reconciliation changed at this moment; try again.") from None
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


def _claim(item: Any, model: Any, match: MatchRecord, also: Any) -> bool:
    condition = model.pk.exists() & (model.match_id.does_not_exist() | (model.match_id == match.id))
    if also is not None:
        condition = condition & also
    try:
        item.update(
            actions=[
                model.match_id.set(match.id),
                model.reconciliation_id.set(match.reconciliation_id),
            ],
            condition=condition,
        )
    except UpdateError as error:
        if not is_condition_failure(error):
            raise
        return False
    return True


def _release(item: Any, model: Any, match_id: str) -> None:
    try:
        item.update(
            actions=[model.match_id.remove(), model.reconciliation_id.remove()],
            condition=model.match_id == match_id,
        )
    except UpdateError as error:
        if not is_condition_failure(error):
            raise


def _put_line(line: StatementLine) -> None:
    put_once(
        LineItem(
            block_key(line.business_id, "N", line.number),
            number_key(line.number),
            **to_attributes(line),
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
