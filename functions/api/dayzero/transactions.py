"""Day Zero's transactions."""

import hashlib
from typing import Annotated, Literal, TypeVar

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query

from functions.api.answers import READ_ERRORS, answer, documented
from functions.api.calls import Call, call_of
from functions.api.cursors import read_cursor, sign_cursor
from functions.api.dayzero.parameters import (
    LIMIT_DEFAULT,
    BusinessId,
    Cursor,
    Id,
    LedgerFilter,
    Limit,
)
from functions.api.dayzero.schemas import (
    BulkResponse,
    TransactionBulkRequest,
    TransactionCreateRequest,
    TransactionFields,
    TransactionList,
    TransactionResponse,
)
from functions.api.dayzero.views import enveloped, view_transaction
from functions.api.errors import MissingValue
from functions.api.fields import Day
from functions.api.routing import new_router
from shared.application.stores import Stores
from shared.application.transactions import (
    NewTransaction,
    TransactionQuery,
    create_transaction,
    import_transactions,
    list_transactions,
)
from shared.ids import read_id

router = new_router()

T = TypeVar("T")

TAGS = ["transactions"]


@router.post(
    "/transactions",
    summary="Create transaction",
    description="Manually create a transaction record (not synced from bank).",
    operation_id="create_transaction_api_v1_transactions_post",
    tags=TAGS,
    status_code=201,
    responses=documented(201, TransactionResponse, 400, *READ_ERRORS, 409),
)
def create(
    business_id: BusinessId, request: Annotated[TransactionCreateRequest, Body()]
) -> Response[str]:
    """Record one transaction by hand."""
    call = call_of(router)
    business = call.act_for(str(business_id), "write")
    ledger_id = (
        str(request.source_account_id)
        if request.source_account_id
        else _only_bank_ledger(call.stores, business)
    )
    new = _new_transaction(request, ledger_id, "")
    one = create_transaction(call.stores, business, new, call.now)
    return answer(201, view_transaction(one, call.stores.books.ledger(business, one.ledger_id)))


@router.post(
    "/transactions/bulk",
    summary="Import transactions",
    description="Records up to 1,000 transactions of one ledger; all of them or none.",
    tags=TAGS,
    status_code=201,
    responses=documented(201, BulkResponse, 400, *READ_ERRORS, 409, 413),
)
def create_many(
    business_id: BusinessId, request: Annotated[TransactionBulkRequest, Body()]
) -> Response[str]:
    """Record many transactions of one ledger."""
    call = call_of(router)
    business = call.act_for(str(business_id), "write")
    ledger_id = str(request.ledger_id)
    made = import_transactions(
        call.stores,
        business,
        ledger_id,
        [
            _new_transaction(one, ledger_id, f"transactions[{row}].")
            for row, one in enumerate(request.transactions)
        ],
        _import_key(call),
        call.now,
    )
    result = {"count": len(made), "ids": [one.id for one in made]}
    return answer(201, enveloped(201, f"{len(made)} transactions recorded.", result))


@router.get(
    "/transactions",
    summary="List transactions",
    description="Ledger by ledger, newest first.",
    tags=TAGS,
    responses=documented(200, TransactionList, *READ_ERRORS),
)
def find(
    business_id: BusinessId,
    *,
    ledger_id: LedgerFilter = None,
    start_date: Annotated[Day | None, Query(description="From this day on")] = None,
    end_date: Annotated[Day | None, Query(description="Up to and with this day")] = None,
    reconciled: Annotated[bool | None, Query()] = None,
    review_status: Annotated[Literal["unreviewed", "reviewed", "flagged"] | None, Query()] = None,
    amount_direction: Annotated[Literal["inflow", "outflow"] | None, Query()] = None,
    search: Annotated[str | None, Query(max_length=200, description="In any of the texts")] = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
) -> Response[str]:
    """List transactions."""
    call = call_of(router)
    business = call.act_for(str(business_id), "read")
    query = TransactionQuery(
        ledger_id=str(ledger_id) if ledger_id else None,
        start=start_date,
        end=end_date,
        reconciled=reconciled,
        direction=amount_direction,
        search=search,
    )
    bound_to = ("transactions", business, query, review_status)
    after = read_cursor(cursor, bound_to)
    if review_status not in (None, "unreviewed"):
        return answer(200, {"data": [], "next_cursor": None})
    page = list_transactions(call.stores, business, query, limit, after)
    ledgers = {one.id: one for one in call.stores.books.ledgers(business)}
    return answer(
        200,
        {
            "data": [view_transaction(one, ledgers[one.ledger_id]) for one in page.items],
            "next_cursor": sign_cursor(page.next, bound_to) if page.next else None,
        },
    )


@router.get(
    "/transactions/<transaction_id>",
    summary="Get transaction",
    tags=TAGS,
    responses=documented(200, TransactionResponse, *READ_ERRORS),
)
def get(business_id: BusinessId, transaction_id: Id) -> Response[str]:
    """Return one transaction."""
    call = call_of(router)
    business = call.act_for(str(business_id), "read")
    one = call.stores.books.transaction(business, read_id(transaction_id, "transaction", ""))
    return answer(200, view_transaction(one, call.stores.books.ledger(business, one.ledger_id)))


def _new_transaction(request: TransactionFields, ledger_id: str, where: str) -> NewTransaction:
    amount = _given(request.amount, f"{where}amount")
    date = _given(request.datetime, f"{where}datetime")
    return NewTransaction(
        ledger_id=ledger_id,
        date=date,
        amount_minor=amount,
        currency=request.currency,
        description=request.description or "",
        counterparty=request.counterparty,
        reference=request.reference,
        reconciled=request.reconciled,
        meta=request.meta,
    )


def _import_key(call: Call) -> str | None:
    """Return the key under which this very import, repeated, gets the same numbers again.

    The body is part of it: another list under a key whose first response has expired must not
    be written over the first one's rows.
    """
    if call.idempotency_key is None:
        return None
    body = str(router.current_event.body).encode()
    return f"{call.principal.token_id}/{call.idempotency_key}/{hashlib.sha256(body).hexdigest()}"


def _given(value: T | None, name: str) -> T:
    if value is None:
        raise MissingValue(f"{name} is missing: a transaction needs it.")
    return value


def _only_bank_ledger(stores: Stores, business_id: str) -> str:
    bank_ledgers = [
        one for one in stores.books.ledgers(business_id) if one.type in ("asset", "liability")
    ]
    if len(bank_ledgers) != 1:
        raise MissingValue(
            f"source_account_id is missing: this business has {len(bank_ledgers)} bank ledgers, "
            f"so name the one meant."
        )
    return bank_ledgers[0].id
