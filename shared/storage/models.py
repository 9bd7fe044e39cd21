"""What an item looks like in each table, and the keys it is found by.

Keys (``b`` a business id, ``l`` a ledger id, ``n`` a record's integer number, ``k`` = n // 1000)::

    books            pk                    sk
      business       B#b                   BUSINESS
      counters       B#b or DEPLOYMENT     COUNTERS
      cursor key     DEPLOYMENT            CURSOR_KEY
      number         NUMBER#n              BUSINESS          (business number -> id)
      ledger         B#b                   LEDGER#l
      bulk import    B#b#IMPORT            <sha256 of key>   (numbers reserved for a bulk import)
      transaction    B#b#T#k               n
                     by_month:   B#b#L#l#M#yyyy-mm / date#n
                     open_items: B#b#L#l#O#shard   / date#n   (only while not reconciled)
    reconciliations
      statement      B#b#S#k               n
      file name      B#b#KEY               <S3 key>          (key -> statement)
      file content   B#b#L#l#SHA           <sha256>          (content -> statement)
      line           B#b#N#k               n
      reconciliation B#b#R#k               n
      match          B#b#R#n#M#shard       M#<match id>
      ambiguity      B#b#R#n#M#shard       A#<line number>
    tokens           TOKEN#id              TOKEN

A record's number is inside its id (``shared/ids.py``), so an id or a number is a key and no
table needs an index for either. Blocks of 1,000 numbers spread a business over partitions.
"""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model

from shared.reconciliation.model import (
    CandidateRecord,
    Completion,
    Decision,
    MatchRules,
    Progress,
    Residue,
    Span,
    Terms,
)
from shared.statements.model import Detail, Extra
from shared.storage.attributes import DateAttribute, JsonAttribute, MomentAttribute

BLOCK = 1000
"""Numbers in one partition key: about 1 MB of items, read in one page."""

OPEN_SHARDS = 4
"""Partitions of the open items of a ledger: 4,000 writes/s, and four queries to read them."""


class _Keyed(Model):
    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)


class BooksMeta:
    """Table of the book side; the name is set when the process is wired."""

    table_name = "unset"


class ReconciliationsMeta:
    """Table of statements, reconciliations and matches; named when the process is wired."""

    table_name = "unset"


class TokensMeta:
    """Table of tokens; named when the process is wired."""

    table_name = "unset"


class CountersItem(_Keyed):
    """Next free numbers, one attribute a kind of record."""

    class Meta(BooksMeta):
        """Books table."""

    businesses = NumberAttribute(null=True)
    users = NumberAttribute(null=True)
    ledgers = NumberAttribute(null=True)
    transactions = NumberAttribute(null=True)
    statements = NumberAttribute(null=True)
    lines = NumberAttribute(null=True)
    reconciliations = NumberAttribute(null=True)


class CursorKeyItem(_Keyed):
    """The deployment's key for signing cursors; deleting it ends every cursor in flight."""

    class Meta(BooksMeta):
        """Books table."""

    secret = UnicodeAttribute()


class BusinessItem(_Keyed):
    """A business."""

    class Meta(BooksMeta):
        """Books table."""

    id = UnicodeAttribute()
    number = NumberAttribute()
    name = UnicodeAttribute()
    currency = UnicodeAttribute()
    created_at = MomentAttribute()


class BusinessNumberItem(_Keyed):
    """From a business's integer number to its id."""

    class Meta(BooksMeta):
        """Books table."""

    business_id = UnicodeAttribute()


class BulkImportItem(_Keyed):
    """Numbers reserved for one bulk import, so that repeating it writes the same rows."""

    class Meta(BooksMeta):
        """Books table."""

    first = NumberAttribute()
    rows = NumberAttribute()
    created_at = MomentAttribute()


class LedgerItem(_Keyed):
    """A ledger."""

    class Meta(BooksMeta):
        """Books table."""

    id = UnicodeAttribute()
    number = NumberAttribute()
    business_id = UnicodeAttribute()
    name = UnicodeAttribute()
    type = UnicodeAttribute()
    account_code = UnicodeAttribute()
    currency = UnicodeAttribute()
    account_id = UnicodeAttribute(null=True)
    bank_id = UnicodeAttribute(null=True)
    opening_balance_minor = NumberAttribute(null=True)
    created_at = MomentAttribute()
    sequence = NumberAttribute()
    version = NumberAttribute()
    first_month = UnicodeAttribute(null=True)
    last_month = UnicodeAttribute(null=True)
    reconciled_through = DateAttribute(null=True)
    closing_minor = NumberAttribute(null=True)


class ByMonthIndex(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """All transactions of a ledger by month."""

    class Meta:
        """Name as deployed."""

        index_name = "by_month"
        projection = AllProjection()

    month_pk = UnicodeAttribute(hash_key=True)
    month_sk = UnicodeAttribute(range_key=True)


class OpenItemsIndex(GlobalSecondaryIndex[Any]):  # type: ignore[no-untyped-call]
    """Only what is not reconciled: matching reads what is outstanding, never history."""

    class Meta:
        """Name as deployed."""

        index_name = "open_items"
        projection = AllProjection()

    open_pk = UnicodeAttribute(hash_key=True)
    open_sk = UnicodeAttribute(range_key=True)


class TransactionItem(_Keyed):
    """A transaction; ``match_id`` is the claim that makes double use impossible.

    ``released`` names the match and attempt that last gave it back, so that a late step of that
    attempt cannot claim it again.
    """

    class Meta(BooksMeta):
        """Books table."""

    id = UnicodeAttribute()
    number = NumberAttribute()
    business_id = UnicodeAttribute()
    ledger_id = UnicodeAttribute()
    date = DateAttribute()
    amount_minor = NumberAttribute()
    currency = UnicodeAttribute()
    description = UnicodeAttribute()
    counterparty = UnicodeAttribute(null=True)
    reference = UnicodeAttribute(null=True)
    source = UnicodeAttribute()
    created_at = MomentAttribute()
    updated_at = MomentAttribute()
    reconciled = BooleanAttribute()
    match_id = UnicodeAttribute(null=True)
    reconciliation_id = UnicodeAttribute(null=True)
    released = UnicodeAttribute(null=True)
    meta = JsonAttribute(dict[str, Any])
    month_pk = UnicodeAttribute()
    month_sk = UnicodeAttribute()
    open_pk = UnicodeAttribute(null=True)
    open_sk = UnicodeAttribute(null=True)
    by_month = ByMonthIndex()
    open_items = OpenItemsIndex()


class StatementItem(_Keyed):
    """A statement as received."""

    class Meta(ReconciliationsMeta):
        """Reconciliations table."""

    id = UnicodeAttribute()
    number = NumberAttribute()
    business_id = UnicodeAttribute()
    ledger_id = UnicodeAttribute()
    s3_key = UnicodeAttribute()
    filename = UnicodeAttribute()
    status = UnicodeAttribute()
    purpose = UnicodeAttribute()
    created_at = MomentAttribute()
    created_by = NumberAttribute()
    created_by_name = UnicodeAttribute()
    terms = JsonAttribute(Terms)
    sha256 = UnicodeAttribute(null=True)
    format = UnicodeAttribute(null=True)
    currency = UnicodeAttribute(null=True)
    account_id = UnicodeAttribute(null=True)
    bank_id = UnicodeAttribute(null=True)
    period_start = DateAttribute(null=True)
    period_end = DateAttribute(null=True)
    opening_balance_minor = NumberAttribute(null=True)
    closing_balance_minor = NumberAttribute(null=True)
    net_minor = NumberAttribute(null=True)
    first_date = DateAttribute(null=True)
    last_date = DateAttribute(null=True)
    span = JsonAttribute(Span, null=True)
    warnings = JsonAttribute(tuple[str, ...])
    reason = UnicodeAttribute(null=True)
    reason_line = NumberAttribute(null=True)
    reason_column = NumberAttribute(null=True)
    reconciliation_id = UnicodeAttribute(null=True)


class StatementPointerItem(_Keyed):
    """From an S3 key, or from a file's content on a ledger, to its one statement."""

    class Meta(ReconciliationsMeta):
        """Reconciliations table."""

    statement_id = UnicodeAttribute()


class LineItem(_Keyed):
    """A bank line; ``match_id`` and ``released`` are those of a transaction.

    What the bank did not say has no attribute. Details and extra are arrays of arrays.
    """

    class Meta(ReconciliationsMeta):
        """Reconciliations table."""

    id = UnicodeAttribute()
    number = NumberAttribute()
    business_id = UnicodeAttribute()
    ledger_id = UnicodeAttribute()
    statement_id = UnicodeAttribute()
    index = NumberAttribute()
    date = DateAttribute()
    value_date = DateAttribute(null=True)
    amount_minor = NumberAttribute()
    currency = UnicodeAttribute()
    description = UnicodeAttribute()
    description_received = UnicodeAttribute(null=True)
    counterparty = UnicodeAttribute(null=True)
    counterparty_account = UnicodeAttribute(null=True)
    end_to_end_id = UnicodeAttribute(null=True)
    mandate_id = UnicodeAttribute(null=True)
    check_number = UnicodeAttribute(null=True)
    customer_reference = UnicodeAttribute(null=True)
    remittance_reference = UnicodeAttribute(null=True)
    bank_reference = UnicodeAttribute(null=True)
    transaction_code = UnicodeAttribute(null=True)
    original_amount_minor = NumberAttribute(null=True)
    original_currency = UnicodeAttribute(null=True)
    exchange_rate = UnicodeAttribute(null=True)
    running_balance_minor = NumberAttribute(null=True)
    is_reversal = BooleanAttribute(null=True)
    details = JsonAttribute(tuple[Detail, ...], null=True)
    details_count = NumberAttribute(null=True)
    extra = JsonAttribute(Extra, null=True)
    record_key = UnicodeAttribute(null=True)
    position = NumberAttribute(null=True)
    match_id = UnicodeAttribute(null=True)
    reconciliation_id = UnicodeAttribute(null=True)
    released = UnicodeAttribute(null=True)


class ReconciliationItem(_Keyed):
    """A reconciliation."""

    class Meta(ReconciliationsMeta):
        """Reconciliations table."""

    id = UnicodeAttribute()
    number = NumberAttribute()
    business_id = UnicodeAttribute()
    ledger_id = UnicodeAttribute()
    sequence_number = NumberAttribute()
    status = UnicodeAttribute()
    period_start = DateAttribute()
    period_end = DateAttribute()
    currency = UnicodeAttribute()
    created_at = MomentAttribute()
    created_by = NumberAttribute()
    created_by_name = UnicodeAttribute()
    updated_at = MomentAttribute()
    statement_id = UnicodeAttribute(null=True)
    statement_s3_key = UnicodeAttribute(null=True)
    statement_filename = UnicodeAttribute(null=True)
    spans = JsonAttribute(tuple[Span, ...])
    opening_balance_minor = NumberAttribute(null=True)
    closing_balance_minor = NumberAttribute(null=True)
    previous_closing_minor = NumberAttribute(null=True)
    rules = JsonAttribute(MatchRules)
    attempt = NumberAttribute()
    version = NumberAttribute()
    progress = JsonAttribute(Progress)
    warnings = JsonAttribute(tuple[str, ...])
    failure_code = UnicodeAttribute(null=True)
    failure_reason = UnicodeAttribute(null=True)
    task_token = UnicodeAttribute(null=True)
    completion = JsonAttribute(Completion, null=True)
    completed_at = MomentAttribute(null=True)


class MatchItem(_Keyed):
    """A match of one reconciliation."""

    class Meta(ReconciliationsMeta):
        """Reconciliations table."""

    id = UnicodeAttribute()
    business_id = UnicodeAttribute()
    reconciliation_id = UnicodeAttribute()
    line_ids = JsonAttribute(tuple[str, ...])
    entry_ids = JsonAttribute(tuple[str, ...])
    amount_minor = NumberAttribute()
    method = UnicodeAttribute()
    confidence = NumberAttribute()
    status = UnicodeAttribute()
    reasons = JsonAttribute(tuple[str, ...])
    residues = JsonAttribute(tuple[Residue, ...])
    decisions = JsonAttribute(tuple[Decision, ...])
    attempt = NumberAttribute()


class AmbiguityItem(_Keyed):
    """A line left for a person, with every candidate."""

    class Meta(ReconciliationsMeta):
        """Reconciliations table."""

    line_id = UnicodeAttribute()
    candidates = JsonAttribute(tuple[CandidateRecord, ...])
    attempt = NumberAttribute()


class TokenItem(_Keyed):
    """A token, without the token."""

    class Meta(TokensMeta):
        """Tokens table."""

    id = UnicodeAttribute()
    secret_sha256 = UnicodeAttribute()
    user = NumberAttribute()
    first_name = UnicodeAttribute()
    last_name = UnicodeAttribute()
    business_ids = JsonAttribute(tuple[str, ...])
    scopes = JsonAttribute(tuple[str, ...])
    created_at = MomentAttribute()
    expires_at = MomentAttribute()
    expires_at_epoch = NumberAttribute()
    revoked_at = MomentAttribute(null=True)


_BOOKS = (
    CountersItem,
    CursorKeyItem,
    BusinessItem,
    BusinessNumberItem,
    BulkImportItem,
    LedgerItem,
    TransactionItem,
)
_RECONCILIATIONS = (
    StatementItem,
    StatementPointerItem,
    LineItem,
    ReconciliationItem,
    MatchItem,
    AmbiguityItem,
)


def name_tables(*, books: str, reconciliations: str, tokens: str) -> None:
    """Point the models at the deployment's tables; call once per process, before any use."""
    for book_side in _BOOKS:
        book_side.Meta.table_name = books
    for bank_side in _RECONCILIATIONS:
        bank_side.Meta.table_name = reconciliations
    TokenItem.Meta.table_name = tokens


def block_key(business_id: str, kind: str, number: int) -> str:
    """Return the partition key of a numbered record: kind ``T``, ``S``, ``N`` or ``R``."""
    return f"B#{business_id}#{kind}#{number // BLOCK}"


def number_key(number: int) -> str:
    """Return the sort key of a numbered record; text sorts as the number does."""
    return f"{number:012d}"


def match_partition(business_id: str, reconciliation_number: int, shard: int) -> str:
    """Return the partition key of a reconciliation's matches of one shard of lines."""
    return f"B#{business_id}#R#{reconciliation_number}#M#{shard}"
