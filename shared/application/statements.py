"""Taking statements in: by drop, by upload, by presigned upload. One file is one statement."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shared.access.model import SYSTEM
from shared.application.statement_files import (
    IMPORT_LINES_MAX,
    STATEMENT_BYTES_MAX,
    UPLOAD_BYTES_MAX,
    check_size,
    read_for_ledger,
    sha256_of,
)
from shared.errors import (
    Forbidden,
    IncompleteData,
    InvalidInput,
    NotFound,
    TooLarge,
    UnreadableStatement,
)
from shared.ids import ENTROPY_BITS, make_id, short_of
from shared.reconciliation.model import Span, StatementLine, StatementRecord, Terms
from shared.reconciliation.terms import check_period
from shared.statements.source import Source
from shared.storage.books import new_id
from shared.storage.objects import LINES_PREFIX, PRESIGNED_SECONDS, STATEMENTS_PREFIX

if TYPE_CHECKING:
    from shared.access.model import Principal
    from shared.application.statement_files import ReadFile
    from shared.application.stores import Stores
    from shared.books.model import Ledger
    from shared.statements.model import Detail, Line

FILENAME_CHARS_MAX = 200
"""S3 keys end at 1,024 bytes; this leaves room for the prefix and four-byte characters."""

INLINE_CHARS_MAX = 40_000
"""Most text of details and extra that is stored with a line, about 200 of a batch's members: under
240 kB as stored, where DynamoDB's items end at 400 kB. What is longer goes to S3 whole."""

DETAIL_CHARS = 80
"""What the array of one detail takes beside its texts, in the same count."""

_SAFE_NAME = re.compile(r"[^A-Za-z0-9._ -]+")


@dataclass(frozen=True, slots=True)
class PresignedUpload:
    """Where a client may PUT a file that is too large for the API."""

    statement: StatementRecord
    url: str
    method: Literal["PUT"]
    headers: dict[str, str]
    expires_at: dt.datetime
    max_bytes: int


def statement_key(ledger: Ledger, statement_id: str, filename: str) -> str:
    """Return a fresh S3 key under the ledger's prefix that keeps the file's name readable."""
    name = _SAFE_NAME.sub("_", filename.rpartition("/")[2]).strip() or "statement"
    return (
        f"{STATEMENTS_PREFIX}{ledger.business_id}/{ledger.id}/"
        f"{short_of(statement_id)}/{name[-FILENAME_CHARS_MAX:]}"
    )


def split_key(s3_key: str) -> tuple[str, str, str]:
    """Return the business id, ledger id and file name in a statement's S3 key.

    Raises:
        InvalidInput: The key is not ``statements/{business}/{ledger}/{name}``.
    """
    parts = s3_key.split("/", 3)
    if len(parts) != 4 or f"{parts[0]}/" != STATEMENTS_PREFIX or not parts[3].strip("/"):  # noqa: PLR2004 - the four parts named in the docstring
        raise InvalidInput(
            f"{s3_key!r} is not statements/<business id>/<ledger id>/<file name>.",
            loc=("body", "statement_s3_key"),
            kind="malformed_key",
            value=s3_key,
        )
    return parts[1], parts[2], parts[3].rpartition("/")[2]


def check_key(business_id: str, ledger_id: str, s3_key: str) -> None:
    """Raise unless a statement's S3 key is this ledger's.

    Raises:
        InvalidInput: Malformed, or of another ledger.
        Forbidden: In another business's prefix.
    """
    key_business, key_ledger, _name = split_key(s3_key)
    if key_business != business_id:
        raise Forbidden("That statement_s3_key is not in this business's prefix.")
    if key_ledger != ledger_id:
        raise InvalidInput(
            f"The key is in the prefix of ledger {key_ledger}, not of {ledger_id}.",
            loc=("body", "statement_s3_key"),
            kind="other_ledger",
            value=s3_key,
        )


def register(
    stores: Stores,
    principal: Principal,
    ledger: Ledger,
    *,
    s3_key: str | None,
    filename: str,
    purpose: Literal["reconcile", "import"],
    status: Literal["awaiting_upload", "received"],
    terms: Terms,
    now: dt.datetime,
    content: str | None = None,
) -> StatementRecord:
    """Make a statement known under its S3 key, or return the one that is.

    ``content`` tells a file that replaced another under the same key from that one.
    """
    number = stores.books.reserve_numbers(ledger.business_id, "statements", 1)
    id_ = new_id(number, now)
    return stores.reconciliations.add_statement(
        StatementRecord(
            id=id_,
            number=number,
            business_id=ledger.business_id,
            ledger_id=ledger.id,
            s3_key=s3_key or statement_key(ledger, id_, filename),
            filename=filename,
            status=status,
            purpose=purpose,
            created_at=now,
            created_by=principal.user,
            created_by_name=principal.name,
            terms=terms,
        ),
        content,
    )


def store_lines(
    stores: Stores, ledger: Ledger, statement: StatementRecord, read: ReadFile
) -> StatementRecord:
    """Store a statement's lines and facts; repeating it, whole or half done, changes nothing.

    Returns:
        The statement as stored: ``parsed``, or ``duplicate`` where its content already is
        another statement of the ledger.
    """
    facts = read.facts
    if statement.span is not None and statement.sha256 != read.sha256:
        # Before its content is claimed: it could not be sent under another name any more.
        raise _file_changed()
    statement = dataclasses.replace(
        statement,
        sha256=read.sha256,
        format=read.format,
        warnings=read.warnings,
        currency=facts.account.currency or ledger.currency,
        account_id=facts.account.id,
        bank_id=facts.account.bank_id,
        period_start=facts.period_start or facts.first_date,
        period_end=facts.period_end or facts.last_date,
        opening_balance_minor=facts.opening_balance_minor,
        closing_balance_minor=facts.closing_balance_minor,
        net_minor=facts.net_minor,
        first_date=facts.first_date,
        last_date=facts.last_date,
        reason=None,
        reason_line=None,
        reason_column=None,
    )
    known_id = stores.reconciliations.claim_content(statement)
    if known_id != statement.id:
        known = stores.reconciliations.statement(statement.business_id, known_id)
        # One that died between its claim and its first line may have another file's lines by now.
        if known.sha256 in {None, read.sha256}:
            if known.status == "refused":
                # It was stored in part when its file was replaced: this one has the rest.
                store_lines(stores, ledger, known, read)
            duplicate = dataclasses.replace(
                statement,
                status="duplicate",
                reason=f"The same file was received before as {known.s3_key}; nothing was changed.",
            )
            stores.reconciliations.update_statement(duplicate)
            return duplicate
    if statement.span is None:
        first = stores.books.reserve_numbers(ledger.business_id, "lines", max(1, facts.lines_count))
        begun = stores.reconciliations.set_span(statement, Span(first, facts.lines_count))
    else:
        begun = stores.reconciliations.statement(statement.business_id, statement.id)
    span = begun.span
    if span is None or begun.sha256 != read.sha256:
        raise _file_changed()
    stored_count = 0
    for block in read.lines():
        stores.reconciliations.add_lines(
            [_line_to_store(stores, ledger, statement, span.first, line) for line in block]
        )
        stored_count += len(block)
    if stored_count != span.count:
        raise IncompleteData(f"{stored_count} of {span.count} lines were stored; try again.")
    stored = dataclasses.replace(statement, status="parsed", span=span)
    stores.reconciliations.update_statement(stored)
    return stored


def _file_changed() -> InvalidInput:
    return InvalidInput(
        "The file was replaced while its lines were being stored: send the new one under "
        "another name.",
        kind="file_changed",
    )


def bind_account(stores: Stores, ledger: Ledger, statement: StatementRecord) -> None:
    """Bind a ledger to the account of its first statement, which every later one is held to.

    Raises:
        Conflict: Another statement bound it to another account meanwhile.
    """
    if ledger.account_id is None and statement.account_id is not None:
        stores.books.learn_account(ledger, statement.account_id, statement.bank_id)


def refuse(stores: Stores, statement: StatementRecord, error: InvalidInput | TooLarge) -> None:
    """Record why a statement was not taken; nothing else of it is kept."""
    stores.reconciliations.update_statement(
        dataclasses.replace(
            statement,
            status="refused",
            reason=str(error),
            reason_line=error.line if isinstance(error, UnreadableStatement) else None,
            reason_column=error.column if isinstance(error, UnreadableStatement) else None,
        )
    )


def upload_statement(
    stores: Stores,
    principal: Principal,
    business_id: str,
    ledger_id: str,
    filename: str,
    data: bytes,
    now: dt.datetime,
) -> StatementRecord:
    """Take in a statement whose lines wait for a reconciliation.

    The same file again returns the statement it already is.

    Raises:
        NotFound: The business has no such ledger.
        UnreadableStatement, InvalidInput, TooLarge: The file is refused; nothing is kept.
    """
    ledger = stores.books.ledger(business_id, ledger_id)
    check_size(len(data), UPLOAD_BYTES_MAX)
    read = read_for_ledger(ledger, filename, Source.of_bytes(data, filename), IMPORT_LINES_MAX)
    known = stores.reconciliations.statement_by_content(business_id, ledger_id, read.sha256)
    if known is not None and known.status == "parsed":
        return known
    statement = known or register(
        stores,
        principal,
        ledger,
        s3_key=None,
        filename=filename,
        purpose="import",
        status="received",
        terms=Terms(),
        now=now,
    )
    stores.objects.write_statement(statement.s3_key, data)
    stored = store_lines(stores, ledger, statement, read)
    bind_account(stores, ledger, stored)
    return stored


def request_upload(
    stores: Stores,
    principal: Principal,
    business_id: str,
    ledger_id: str,
    filename: str,
    terms: Terms,
    now: dt.datetime,
) -> PresignedUpload:
    """Announce a file that comes by presigned upload; it is reconciled when it arrives.

    Raises:
        NotFound: The business has no such ledger.
        InvalidInput: The period ends before it starts.
    """
    ledger = stores.books.ledger(business_id, ledger_id)
    check_period(terms.period_start, terms.period_end)
    statement = register(
        stores,
        principal,
        ledger,
        s3_key=None,
        filename=filename,
        purpose="reconcile",
        status="awaiting_upload",
        terms=terms,
        now=now,
    )
    return PresignedUpload(
        statement=statement,
        url=stores.objects.presign_statement(statement.s3_key),
        method="PUT",
        headers={},
        expires_at=now + dt.timedelta(seconds=PRESIGNED_SECONDS),
        max_bytes=STATEMENT_BYTES_MAX,
    )


def list_statements(
    stores: Stores, business_id: str, ledger_id: str | None
) -> list[StatementRecord]:
    """Return the statements of a business or one of its ledgers, refused ones too, newest first.

    Raises:
        NotFound: The business has no such ledger.
    """
    if ledger_id is not None:
        stores.books.ledger(business_id, ledger_id)
    last = stores.books.last_number(business_id, "statements")
    return [
        one
        for one in stores.reconciliations.statements(business_id, last)
        if ledger_id is None or one.ledger_id == ledger_id
    ]


def take_in_drop(stores: Stores, s3_key: str, now: dt.datetime) -> StatementRecord | None:
    """Take in a file that arrived in the bucket; the same event any number of times is once.

    A file that replaces one of the same key is a statement of its own: the first one's lines may be
    in use.

    Returns:
        The statement with its lines stored, or refused with its reason. ``None`` where the key
        names no ledger of ours, so that there is nobody to tell.

    Raises:
        InvalidInput: The key is malformed.
    """
    business_id, ledger_id, name = split_key(s3_key)
    try:
        stores.books.business(business_id)
        ledger = stores.books.ledger(business_id, ledger_id)
    except NotFound:
        return None
    statement = _registered_drop(stores, ledger, s3_key, name, now)
    if statement.status == "parsed":
        source = stores.objects.open_statement(s3_key)
        content = None if source is None else sha256_of(source)
        if content is None or content == statement.sha256:
            return statement
        statement = _registered_drop(stores, ledger, s3_key, name, now, content)
        if statement.status == "parsed":
            return statement
    try:
        return take_in(stores, ledger, statement)
    except (InvalidInput, TooLarge) as error:
        refuse(stores, statement, error)
        return stores.reconciliations.statement(business_id, statement.id)


def _registered_drop(
    stores: Stores,
    ledger: Ledger,
    s3_key: str,
    name: str,
    now: dt.datetime,
    content: str | None = None,
) -> StatementRecord:
    return register(
        stores,
        SYSTEM,
        ledger,
        s3_key=s3_key,
        filename=name,
        purpose="reconcile",
        status="received",
        terms=Terms(),
        now=now,
        content=content,
    )


def take_in(stores: Stores, ledger: Ledger, statement: StatementRecord) -> StatementRecord:
    """Read a statement's file and store its lines.

    Raises:
        UnreadableStatement, InvalidInput, TooLarge: The file is refused.
    """
    source = stores.objects.open_statement(statement.s3_key)
    if source is None:
        raise InvalidInput(
            f"There is no file {statement.s3_key!r} in the statements bucket.",
            loc=("body", "statement_s3_key"),
            kind="missing_object",
            value=statement.s3_key,
        )
    read = read_for_ledger(ledger, statement.filename, source)
    return store_lines(stores, ledger, statement, read)


def _line_to_store(
    stores: Stores, ledger: Ledger, statement: StatementRecord, first: int, line: Line
) -> StatementLine:
    """Return a line as it is stored, what is too long for an item being in S3 already."""
    number = first + line.index
    id_ = _line_id(statement, number)
    details, extra, record_key = line.details, line.extra, None
    if _chars(details) + _chars(extra) > INLINE_CHARS_MAX:
        record_key = f"{LINES_PREFIX}{statement.business_id}/{id_}.json"
        stores.objects.write_record(record_key, {"details": details, "extra": extra})
        extra = extra if _chars(extra) <= INLINE_CHARS_MAX // 2 else ()
        details = _first_that_fit(details, INLINE_CHARS_MAX - _chars(extra))
    received = line.description_received
    return StatementLine(
        id=id_,
        number=number,
        business_id=ledger.business_id,
        ledger_id=ledger.id,
        statement_id=statement.id,
        index=line.index,
        date=line.date,
        value_date=line.value_date,
        amount_minor=line.amount_minor,
        currency=line.currency or ledger.currency,
        description=line.description,
        description_received=None if received == line.description else received,
        counterparty=line.counterparty,
        counterparty_account=line.counterparty_account,
        end_to_end_id=line.end_to_end_id,
        mandate_id=line.mandate_id,
        check_number=line.check_number,
        customer_reference=line.customer_reference,
        remittance_reference=line.remittance_reference,
        bank_reference=line.bank_reference,
        transaction_code=line.transaction_code,
        original_amount_minor=line.original_amount_minor,
        original_currency=line.original_currency,
        exchange_rate=line.exchange_rate,
        running_balance_minor=line.running_balance_minor,
        is_reversal=line.is_reversal,
        details=details,
        details_count=len(line.details),
        extra=extra,
        record_key=record_key,
        position=line.position,
    )


def _chars(members: tuple[Detail, ...] | tuple[tuple[str, str], ...]) -> int:
    """Return about how many characters details or extra take as JSON."""
    return sum(
        DETAIL_CHARS
        + sum(len(value) for value in member if isinstance(value, str))
        + (_chars(member[-1]) if isinstance(member[-1], tuple) else 0)
        for member in members
    )


def _first_that_fit(details: tuple[Detail, ...], room: int) -> tuple[Detail, ...]:
    for count, detail in enumerate(details):
        room -= _chars((detail,))
        if room < 0:
            return details[:count]
    return details


def _line_id(statement: StatementRecord, number: int) -> str:
    digest = hashlib.sha256(f"{statement.id}/{number}".encode()).digest()
    entropy = int.from_bytes(digest[:8], "big") >> (64 - ENTROPY_BITS)
    return make_id(number, int(statement.created_at.timestamp() * 1000), entropy)
