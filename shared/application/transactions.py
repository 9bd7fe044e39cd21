"""Recording transactions in the books, one or many, and listing them."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from shared.application.ledgers import check_amount
from shared.books.model import NUMBERS_PER_TRANSACTION, Ledger, Transaction, check_day
from shared.errors import InvalidInput, TooLarge
from shared.ids import ENTROPY_BITS, make_id, number_of
from shared.money import decimals_of
from shared.storage.books import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shared.application.stores import Stores

T = TypeVar("T")

TRANSACTIONS_PER_IMPORT_MAX = 1000
"""One call of a bulk import: well inside the 6 MB and 29 s of a synchronous Lambda."""

TEXT_CHARS_MAX = 2000
"""Longest description; keeps an item far below DynamoDB's 400 kB."""


META_CHARS_MAX = 32_000
"""As for texts: an item of DynamoDB ends at 400 kB."""


@dataclass(frozen=True, slots=True)
class NewTransaction:
    """A transaction to record; its currency is the ledger's where none is given."""

    ledger_id: str
    date: dt.date
    amount_minor: int
    currency: str | None = None
    description: str = ""
    counterparty: str | None = None
    reference: str | None = None
    reconciled: bool = False
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TransactionQuery:
    """Which transactions to list; what is ``None`` does not restrict."""

    ledger_id: str | None = None
    start: dt.date | None = None
    end: dt.date | None = None
    reconciled: bool | None = None
    direction: Literal["inflow", "outflow"] | None = None
    search: str | None = None

    def keeps(self, one: Transaction) -> bool:
        """Return whether a transaction is among those asked for, dates and ledger aside."""
        if self.reconciled is not None and one.reconciled != self.reconciled:
            return False
        if self.direction is not None and (one.amount_minor > 0) != (self.direction == "inflow"):
            return False
        if self.search:
            text = " ".join((one.description, one.counterparty or "", one.reference or ""))
            return self.search.casefold() in text.casefold()
        return True


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list, and the position after which it goes on; ``None`` at its end."""

    items: list[T]
    next: str | None


def create_transaction(
    stores: Stores, business_id: str, new: NewTransaction, now: dt.datetime
) -> Transaction:
    """Record one transaction.

    Raises:
        NotFound: The business has no such ledger.
        InvalidInput: Unknown currency, or an amount or text over its limit.
    """
    ledger = stores.books.ledger(business_id, new.ledger_id)
    number = stores.books.next_number(business_id, "transactions", NUMBERS_PER_TRANSACTION)
    transaction = _transaction(ledger, new, number, new_id(number, now), "manual", now, ())
    stores.books.add_transactions(ledger, [transaction])
    return transaction


def import_transactions(
    stores: Stores,
    business_id: str,
    ledger_id: str,
    news: Sequence[NewTransaction],
    idempotency_key: str | None,
    now: dt.datetime,
) -> list[Transaction]:
    """Record many transactions of one ledger.

    Everything is checked before anything is stored. An import that dies half way is completed by
    repeating it with the same idempotency key, which gives its rows the same numbers and ids.

    Raises:
        NotFound: The business has no such ledger.
        TooLarge: More than ``TRANSACTIONS_PER_IMPORT_MAX``.
        InvalidInput: A row cannot be used; ``loc`` names it.
    """
    ledger = stores.books.ledger(business_id, ledger_id)
    if len(news) > TRANSACTIONS_PER_IMPORT_MAX:
        raise TooLarge(
            f"One import takes {TRANSACTIONS_PER_IMPORT_MAX} transactions, not {len(news)}: "
            f"split it."
        )
    if not news:
        return []
    key = idempotency_key or secrets.token_hex(16)
    for row, new in enumerate(news):
        _check(ledger, new, ("transactions", row))
    first, begun = stores.books.reserve_bulk_import(business_id, len(news), key, now)
    transactions = []
    for row, new in enumerate(news):
        number = first + row * NUMBERS_PER_TRANSACTION
        digest = hashlib.sha256(f"{key}/{number}".encode()).digest()
        entropy = int.from_bytes(digest[:8], "big") >> (64 - ENTROPY_BITS)
        id_ = make_id(number, int(begun.timestamp() * 1000), entropy)
        transactions.append(
            _transaction(ledger, new, number, id_, "bulk_upload", now, ("transactions", row))
        )
    stores.books.add_transactions(ledger, transactions)
    return transactions


def list_transactions(
    stores: Stores,
    business_id: str,
    query: TransactionQuery,
    limit: int,
    after: str | None,
) -> Page[Transaction]:
    """Return transactions ledger by ledger, newest first, ``limit`` at a time.

    Args:
        stores: The deployment's stores.
        business_id: The business.
        query: Which ones.
        limit: How many at most.
        after: Where the page before ended, as its ``next`` said.

    Raises:
        NotFound: The business has no such ledger.
    """
    if query.ledger_id is not None:
        ledgers = [stores.books.ledger(business_id, query.ledger_id)]
    else:
        ledgers = stores.books.ledgers(business_id)
    page: list[Transaction] = []
    for one in _walk(stores, ledgers, query, after):
        if not query.keeps(one):
            continue
        if len(page) == limit:
            return Page(page, _position(page[-1]))
        page.append(one)
    return Page(page, None)


def _walk(
    stores: Stores, ledgers: Sequence[Ledger], query: TransactionQuery, after: str | None
) -> Iterator[Transaction]:
    if after is None:
        for ledger in ledgers:
            yield from stores.books.transactions_of_ledger(ledger, query.start, query.end)
        return
    ledger_number, date_text, number_text = after.split("|")
    date, number = dt.date.fromisoformat(date_text), int(number_text)
    for ledger in ledgers:
        if ledger.number < int(ledger_number):
            continue
        here = ledger.number == int(ledger_number)
        end = min(query.end or date, date) if here else query.end
        for one in stores.books.transactions_of_ledger(ledger, query.start, end):
            if not here or (one.date, one.number) < (date, number):
                yield one


def _position(one: Transaction) -> str:
    return f"{number_of(one.ledger_id)}|{one.date}|{one.number}"


def _check(ledger: Ledger, new: NewTransaction, at: tuple[str | int, ...]) -> None:
    decimals_of(new.currency or ledger.currency)
    if new.currency is not None and new.currency != ledger.currency:
        # No rate is stored yet: such an entry could never be matched nor take part in the proof.
        raise InvalidInput(
            f"The ledger {ledger.name!r} is kept in {ledger.currency}, not {new.currency}: record "
            f"the amount in {ledger.currency}.",
            loc=("body", *at, "currency"),
            kind="other_currency",
            value=new.currency,
        )
    check_amount(new.amount_minor, ("body", *at, "amount"))
    check_day(new.date, ("body", *at, "datetime"))
    if len(json.dumps(new.meta)) > META_CHARS_MAX:
        raise InvalidInput(
            f"meta is over the {META_CHARS_MAX} characters of JSON that are kept.",
            loc=("body", *at, "meta"),
            kind="meta_too_long",
        )
    for name, text in (
        ("description", new.description),
        ("counterparty", new.counterparty),
        ("reference", new.reference),
    ):
        if text is not None and len(text) > TEXT_CHARS_MAX:
            raise InvalidInput(
                f"{name} has {len(text)} characters; at most {TEXT_CHARS_MAX} are kept.",
                loc=("body", *at, name),
                kind="text_too_long",
            )


def _transaction(
    ledger: Ledger,
    new: NewTransaction,
    number: int,
    id_: str,
    source: Literal["manual", "bulk_upload"],
    now: dt.datetime,
    at: tuple[str | int, ...],
) -> Transaction:
    _check(ledger, new, at)
    return Transaction(
        id=id_,
        number=number,
        business_id=ledger.business_id,
        ledger_id=ledger.id,
        date=new.date,
        amount_minor=new.amount_minor,
        currency=new.currency or ledger.currency,
        description=new.description,
        counterparty=new.counterparty,
        reference=new.reference,
        source=source,
        created_at=now,
        updated_at=now,
        reconciled=new.reconciled,
        meta=new.meta,
    )
