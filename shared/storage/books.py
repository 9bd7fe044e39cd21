"""Businesses, ledgers and transactions in the books table."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import TYPE_CHECKING

from pynamodb.connection import Connection
from pynamodb.transactions import TransactWrite

from shared.books.model import NUMBERS_PER_TRANSACTION, Business, Ledger, Transaction
from shared.errors import Conflict, NotFound
from shared.ids import ENTROPY_BITS, make_id, number_of
from shared.storage.items import (
    in_batches,
    in_parallel,
    put_once,
    to_attributes,
    to_record,
    update_if,
)
from shared.storage.models import (
    OPEN_SHARDS,
    BulkImportItem,
    BusinessItem,
    BusinessNumberItem,
    CountersItem,
    CursorKeyItem,
    LedgerItem,
    TransactionItem,
    block_key,
    number_key,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pynamodb.expressions.update import Action

    from shared.books.model import LedgerType

NUMBER_POOL = 20
"""Numbers a process takes at once for single records; what it does not use stays a gap."""

GETS_PER_BATCH = 100
"""BatchGetItem's own limit."""


def new_id(number: int, now: dt.datetime) -> str:
    """Return a fresh id for a record of that number."""
    return make_id(number, int(now.timestamp() * 1000), secrets.randbits(ENTROPY_BITS))


class Books:
    """The book side of every business. Every read and write names its business in the key."""

    def __init__(self) -> None:
        self._pools: dict[tuple[str, str], tuple[int, int]] = {}

    # Numbers

    def reserve_numbers(self, business_id: str, counter: str, count: int) -> int:
        """Return the first of ``count`` consecutive numbers nobody else will get."""
        return _reserve(f"B#{business_id}", counter, count)

    def next_number(self, business_id: str, counter: str, step: int = 1) -> int:
        """Return one number from this process's pool, refilled by one write per ``NUMBER_POOL``."""
        first, left = self._pools.get((business_id, counter), (0, 0))
        if left < step:
            first, left = self.reserve_numbers(business_id, counter, NUMBER_POOL), NUMBER_POOL
        self._pools[business_id, counter] = (first + step, left - step)
        return first

    def next_user(self) -> int:
        """Return the integer id of a new user of the deployment."""
        return _reserve("DEPLOYMENT", "users", 1)

    def last_number(self, business_id: str, counter: str) -> int:
        """Return the highest number reserved so far; 0 where none is."""
        try:
            item = CountersItem.get(f"B#{business_id}", "COUNTERS", consistent_read=True)
        except CountersItem.DoesNotExist:
            return 0
        return int(getattr(item, counter) or 0)

    def cursor_key(self) -> str:
        """Return the deployment's own random key for signing cursors, made on first use."""
        try:
            item = CursorKeyItem.get("DEPLOYMENT", "CURSOR_KEY", consistent_read=True)
        except CursorKeyItem.DoesNotExist:
            item = CursorKeyItem("DEPLOYMENT", "CURSOR_KEY", secret=secrets.token_hex(32))
            if not put_once(item):
                item.refresh(consistent_read=True)
        return str(item.secret)

    # Businesses

    def create_business(self, name: str, currency: str, now: dt.datetime) -> Business:
        """Create a business and its integer number."""
        number = _reserve("DEPLOYMENT", "businesses", 1)
        business = Business(new_id(number, now), number, name, currency, now)
        with TransactWrite(connection=_connection()) as transaction:
            transaction.save(
                BusinessItem(f"B#{business.id}", "BUSINESS", **to_attributes(business))
            )
            transaction.save(
                BusinessNumberItem(f"NUMBER#{number}", "BUSINESS", business_id=business.id)
            )
        return business

    def business(self, business_id: str) -> Business:
        """Return a business.

        Raises:
            NotFound: There is none.
        """
        try:
            return to_record(
                BusinessItem.get(f"B#{business_id}", "BUSINESS", consistent_read=True), Business
            )
        except BusinessItem.DoesNotExist:
            raise NotFound("business", business_id) from None

    def business_id_of(self, number: int) -> str:
        """Return the id behind a business's integer number.

        Raises:
            NotFound: There is none.
        """
        try:
            return BusinessNumberItem.get(f"NUMBER#{number}", "BUSINESS").business_id
        except BusinessNumberItem.DoesNotExist:
            raise NotFound("business", str(number)) from None

    # Ledgers

    def create_ledger(
        self,
        business_id: str,
        *,
        name: str,
        type: LedgerType,  # noqa: A002 - the field's own name
        currency: str,
        account_code: str | None,
        account_id: str | None,
        bank_id: str | None,
        opening_balance_minor: int | None,
        now: dt.datetime,
    ) -> Ledger:
        """Create a ledger."""
        number = self.reserve_numbers(business_id, "ledgers", 1)
        ledger = Ledger(
            id=new_id(number, now),
            number=number,
            business_id=business_id,
            name=name,
            type=type,
            account_code=account_code or str(1000 + number),
            currency=currency,
            account_id=account_id,
            bank_id=bank_id,
            opening_balance_minor=opening_balance_minor,
            created_at=now,
        )
        LedgerItem(f"B#{business_id}", f"LEDGER#{ledger.id}", **to_attributes(ledger)).save(
            LedgerItem.pk.does_not_exist()
        )
        return ledger

    def ledger(self, business_id: str, ledger_id: str) -> Ledger:
        """Return a ledger.

        Raises:
            NotFound: The business has none of that id.
        """
        try:
            item = LedgerItem.get(f"B#{business_id}", f"LEDGER#{ledger_id}", consistent_read=True)
        except LedgerItem.DoesNotExist:
            raise NotFound("ledger", ledger_id) from None
        return to_record(item, Ledger)

    def ledgers(self, business_id: str) -> list[Ledger]:
        """Return every ledger of a business, oldest first."""
        found = LedgerItem.query(f"B#{business_id}", LedgerItem.sk.startswith("LEDGER#"))
        return sorted((to_record(item, Ledger) for item in found), key=lambda one: one.number)

    def learn_account(self, ledger: Ledger, account_id: str, bank_id: str | None) -> None:
        """Bind a ledger to the account of its first statement.

        Raises:
            Conflict: Another statement bound it to another account meanwhile.
        """
        actions: list[Action] = [LedgerItem.account_id.set(account_id)]
        if bank_id is not None:
            actions.append(LedgerItem.bank_id.set(bank_id))
        free = LedgerItem.account_id.does_not_exist() | (LedgerItem.account_id == account_id)
        if not update_if(_ledger_item(ledger), actions, free):
            raise Conflict("The ledger was bound to another bank account meanwhile.")

    # Transactions

    def reserve_bulk_import(
        self, business_id: str, count: int, key: str, now: dt.datetime
    ) -> tuple[int, dt.datetime]:
        """Reserve the numbers of a bulk import, the same ones again for the same key.

        An import that died half way is thereby completed by repeating it, never doubled.

        Raises:
            Conflict: The key was used for an import of another number of rows.

        Returns:
            The first number and the moment of the first try, from which the ids are made.
        """
        digest = hashlib.sha256(key.encode()).hexdigest()
        pk = f"B#{business_id}#IMPORT"
        try:
            known = BulkImportItem.get(pk, digest, consistent_read=True)
        except BulkImportItem.DoesNotExist:
            first = self.reserve_numbers(
                business_id, "transactions", count * NUMBERS_PER_TRANSACTION
            )
            fresh = BulkImportItem(pk, digest, first=first, rows=count, created_at=now)
            known = (
                fresh if put_once(fresh) else BulkImportItem.get(pk, digest, consistent_read=True)
            )
        if int(known.rows) != count:
            raise Conflict("The same idempotency key was used for another import: use a new one.")
        return int(known.first), known.created_at

    def add_transactions(self, ledger: Ledger, transactions: Sequence[Transaction]) -> None:
        """Store new transactions of one ledger; repeating the same ones changes nothing."""
        months = sorted({month_of(one.date) for one in transactions})
        self._extend_months(ledger, months[0], months[-1])
        in_parallel(_put_transaction, transactions)

    def _extend_months(self, ledger: Ledger, first: str, last: str) -> None:
        """Widen the range of months a listing of the ledger has to read."""
        widenings = []
        if ledger.first_month is None or first < ledger.first_month:
            widenings.append((LedgerItem.first_month, first, LedgerItem.first_month > first))
        if ledger.last_month is None or last > ledger.last_month:
            widenings.append((LedgerItem.last_month, last, LedgerItem.last_month < last))
        for attribute, month, wider in widenings:
            update_if(
                _ledger_item(ledger), [attribute.set(month)], attribute.does_not_exist() | wider
            )

    def transaction(self, business_id: str, transaction_id: str) -> Transaction:
        """Return a transaction.

        Raises:
            NotFound: The business has none of that id.
        """
        found = self.transactions(business_id, [transaction_id])
        if not found:
            raise NotFound("transaction", transaction_id)
        return found[0]

    def transactions(self, business_id: str, ids: Sequence[str]) -> list[Transaction]:
        """Return those of the transactions that exist, in the order asked for."""
        keys = [_transaction_key(business_id, number_of(one)) for one in ids]
        found = {
            item.id: to_record(item, Transaction)
            for batch in in_batches(dict.fromkeys(keys), GETS_PER_BATCH)
            for item in TransactionItem.batch_get(batch, consistent_read=True)
        }
        return [found[one] for one in ids if one in found]

    def transaction_by_line_number(self, business_id: str, number: int) -> Transaction | None:
        """Return the transaction whose journal entry has a line of that integer id."""
        for first in (number, number - 1):
            if first <= 0:
                continue
            try:
                item = TransactionItem.get(*_transaction_key(business_id, first))
            except TransactionItem.DoesNotExist:
                continue
            return to_record(item, Transaction)
        return None

    def transactions_of_ledger(
        self, ledger: Ledger, start: dt.date | None, end: dt.date | None
    ) -> Iterator[Transaction]:
        """Yield a ledger's transactions dated start to end inclusive, newest first."""
        if ledger.first_month is None or ledger.last_month is None:
            return
        first = max(ledger.first_month, month_of(start)) if start else ledger.first_month
        month = min(ledger.last_month, month_of(end)) if end else ledger.last_month
        while month >= first:
            pk = f"B#{ledger.business_id}#L#{ledger.id}#M#{month}"
            for item in TransactionItem.by_month.query(pk, scan_index_forward=False):
                if (start is None or item.date >= start) and (end is None or item.date <= end):
                    yield to_record(item, Transaction)
            month = _month_before(month)

    def open_transactions(
        self, business_id: str, ledger_id: str, until: dt.date
    ) -> list[Transaction]:
        """Return what is not reconciled and dated up to ``until``, in order of date and number."""
        condition = TransactionItem.open_sk < (until + dt.timedelta(days=1)).isoformat()

        def read(shard: int) -> list[Transaction]:
            pk = f"B#{business_id}#L#{ledger_id}#O#{shard}"
            return [
                to_record(item, Transaction)
                for item in TransactionItem.open_items.query(pk, condition)
            ]

        found = [one for shard in in_parallel(read, range(OPEN_SHARDS)) for one in shard]
        return sorted(found, key=lambda one: (one.date, one.number))

    def clear_transaction(
        self, transaction: Transaction, match_id: str, reconciliation_id: str, now: dt.datetime
    ) -> None:
        """Mark a claimed transaction reconciled; doing it again changes nothing.

        Raises:
            Conflict: Another match holds the claim: nothing was changed.
        """
        cleared = update_if(
            transaction_item(transaction.business_id, transaction.id),
            [
                TransactionItem.reconciled.set(True),
                TransactionItem.reconciliation_id.set(reconciliation_id),
                TransactionItem.updated_at.set(now),
                TransactionItem.open_pk.remove(),
                TransactionItem.open_sk.remove(),
            ],
            TransactionItem.match_id == match_id,
        )
        if not cleared:
            raise Conflict(
                f"Transaction {transaction.id} is no longer held by the match that clears it."
            )

    def reopen_transaction(self, transaction: Transaction, match_id: str, now: dt.datetime) -> None:
        """Make a transaction outstanding again, still claimed; doing it again changes nothing."""
        open_pk, open_sk = _open_keys(transaction)
        update_if(
            transaction_item(transaction.business_id, transaction.id),
            [
                TransactionItem.reconciled.set(False),
                TransactionItem.updated_at.set(now),
                TransactionItem.open_pk.set(open_pk),
                TransactionItem.open_sk.set(open_sk),
            ],
            (TransactionItem.match_id == match_id) & (TransactionItem.reconciled == True),  # noqa: E712 - an expression
        )


def transaction_item(business_id: str, transaction_id: str) -> TransactionItem:
    """Return the key of a transaction as an item, for updates and conditions."""
    return TransactionItem(*_transaction_key(business_id, number_of(transaction_id)))


def _transaction_key(business_id: str, number: int) -> tuple[str, str]:
    return block_key(business_id, "T", number), number_key(number)


def _open_keys(one: Transaction) -> tuple[str, str]:
    shard = one.number // NUMBERS_PER_TRANSACTION % OPEN_SHARDS
    return (
        f"B#{one.business_id}#L#{one.ledger_id}#O#{shard}",
        f"{one.date.isoformat()}#{number_key(one.number)}",
    )


def _put_transaction(one: Transaction) -> None:
    """Store a transaction that is not there yet; never touches one that is, nor its claim."""
    keys = {
        "month_pk": f"B#{one.business_id}#L#{one.ledger_id}#M#{month_of(one.date)}",
        "month_sk": f"{one.date.isoformat()}#{number_key(one.number)}",
    }
    if not one.reconciled:
        keys["open_pk"], keys["open_sk"] = _open_keys(one)
    item = TransactionItem(
        *_transaction_key(one.business_id, one.number), **{**to_attributes(one), **keys}
    )
    put_once(item)


def _ledger_item(ledger: Ledger) -> LedgerItem:
    return LedgerItem(f"B#{ledger.business_id}", f"LEDGER#{ledger.id}")


def month_of(day: dt.date) -> str:
    """Return a day's month as ``YYYY-MM``."""
    return day.isoformat()[:7]


def _month_before(month: str) -> str:
    first = dt.date.fromisoformat(f"{month}-01")
    return month_of(first - dt.timedelta(days=1))


def _reserve(pk: str, counter: str, count: int) -> int:
    item = CountersItem(pk, "COUNTERS")
    item.update(actions=[getattr(CountersItem, counter).add(count)])
    return int(getattr(item, counter)) - count + 1


def _connection() -> Connection:
    return Connection()
