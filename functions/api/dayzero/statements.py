"""Day Zero's statements: every file received, refused ones with where and why."""

from aws_lambda_powertools.event_handler import Response

from functions.api.answers import READ_ERRORS, answer, documented
from functions.api.calls import call_of
from functions.api.dayzero.parameters import (
    LIMIT_DEFAULT,
    BusinessId,
    Cursor,
    LedgerFilter,
    Limit,
)
from functions.api.dayzero.review_schemas import StatementList
from functions.api.dayzero.views import view_statement
from functions.api.paging import page_by_cursor
from functions.api.routing import new_router
from shared.application.statements import list_statements

router = new_router()


@router.get(
    "/statements",
    summary="List statements",
    description="Every file received, newest first; a refused one says where and why.",
    tags=["statements"],
    responses=documented(200, StatementList, *READ_ERRORS),
)
def find(
    business_id: BusinessId,
    ledger_id: LedgerFilter = None,
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
) -> Response[str]:
    """List statements."""
    call = call_of(router)
    business = call.act_for(str(business_id), "read")
    only = str(ledger_id) if ledger_id else None
    page, next_cursor = page_by_cursor(
        list_statements(call.stores, business, only),
        lambda one: one.number,
        limit,
        cursor,
        ("statements", business, only),
        newest_first=True,
    )
    return answer(200, {"data": [view_statement(one) for one in page], "next_cursor": next_cursor})
