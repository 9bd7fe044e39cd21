"""Day Zero's ledgers."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from functions.api.answers import READ_ERRORS, answer, documented
from functions.api.calls import call_of
from functions.api.dayzero.parameters import LIMIT_DEFAULT, BusinessId, Cursor, Id, Limit
from functions.api.dayzero.schemas import LedgerCreateRequest, LedgerList, LedgerResponse
from functions.api.dayzero.views import view_ledger
from functions.api.paging import page_by_cursor
from functions.api.routing import new_router
from shared.application.ledgers import NewLedger, create_ledger
from shared.ids import read_id

router = new_router()

TAGS = ["ledgers"]


@router.post(
    "/ledgers",
    summary="Create ledger",
    tags=TAGS,
    status_code=201,
    responses=documented(201, LedgerResponse, *READ_ERRORS, 409),
)
def create(
    business_id: BusinessId, request: Annotated[LedgerCreateRequest, Body()]
) -> Response[str]:
    """Create a ledger."""
    call = call_of(router)
    business = call.act_for(str(business_id), "write")
    new = NewLedger(
        name=request.name,
        type=request.type,
        currency=request.currency,
        account_code=request.account_code,
        account_id=request.account_id,
        bank_id=request.bank_id,
        opening_balance_minor=request.opening_balance,
    )
    return answer(201, view_ledger(create_ledger(call.stores, business, new, call.now)))


@router.get(
    "/ledgers",
    summary="List ledgers",
    description="Oldest first.",
    tags=TAGS,
    responses=documented(200, LedgerList, *READ_ERRORS),
)
def find(
    business_id: BusinessId, limit: Limit = LIMIT_DEFAULT, cursor: Cursor = None
) -> Response[str]:
    """List ledgers."""
    call = call_of(router)
    business = call.act_for(str(business_id), "read")
    page, next_cursor = page_by_cursor(
        call.stores.books.ledgers(business),
        lambda one: one.number,
        limit,
        cursor,
        ("ledgers", business),
        newest_first=False,
    )
    return answer(200, {"data": [view_ledger(one) for one in page], "next_cursor": next_cursor})


@router.get(
    "/ledgers/<ledger_id>",
    summary="Get ledger",
    tags=TAGS,
    responses=documented(200, LedgerResponse, *READ_ERRORS),
)
def get(business_id: BusinessId, ledger_id: Id) -> Response[str]:
    """Return one ledger."""
    call = call_of(router)
    business = call.act_for(str(business_id), "read")
    found = call.stores.books.ledger(business, read_id(ledger_id, "ledger", ""))
    return answer(200, view_ledger(found))
