"""AQNT's reconciliation runs."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Path, Query

from functions.api.answers import READ_ERRORS, WRITE_ERRORS, documented
from functions.api.aqnt.envelope import (
    RUN,
    BusinessHeader,
    business_of,
    enveloped,
    paginate,
    read_account,
)
from functions.api.aqnt.schemas import (
    MatchRulesRequest,
    ReconcileRequest,
    RunAnswer,
    RunDetailAnswer,
    RunListAnswer,
)
from functions.api.aqnt.views import view_item, view_run, view_run_with_counts
from functions.api.calls import call_of
from functions.api.dialects import Dialect
from functions.api.fields import Day
from functions.api.routing import new_router
from shared.application import reconciliations as use_cases
from shared.application import review
from shared.errors import InvalidInput
from shared.ids import read_id
from shared.reconciliation.model import MatchRules, Terms

router = new_router()

TAGS = ["aqnt: bank reconciliation"]

PER_PAGE_DEFAULT = 100
PER_PAGE_MAX = 500

ITEMS_DEPTH_MAX = 10_000
"""Items reachable by page number: everything before a page is read to get to it."""

PageNumber = Annotated[int, Query(ge=1, le=ITEMS_DEPTH_MAX)]
PerPage = Annotated[int, Query(ge=1, le=PER_PAGE_MAX)]


@router.post(
    "/reconcile",
    summary="Start reconciliation",
    description="Matches the bank transactions imported for the period with the books.",
    tags=TAGS,
    status_code=201,
    responses=documented(201, RunAnswer, *WRITE_ERRORS),
)
def start(
    request: Annotated[ReconcileRequest, Body()], business_id: BusinessHeader = None
) -> Response[str]:
    """Start a run over the lines imported for a period."""
    call = call_of(router)
    business = business_of(call, business_id, "write")
    run = use_cases.reconcile_imported(
        call.stores,
        call.principal,
        business,
        read_account(request.account_id, "body"),
        request.start_date,
        request.end_date,
        Terms(rules=_rules(request.auto_match, request.match_rules)),
        call.now,
    )
    return enveloped(call, 201, view_run(run), {"self": _link(run.id)})


@router.get(
    "/reconcile",
    summary="List reconciliations",
    description="Newest first; dates restrict to runs whose period touches them.",
    tags=TAGS,
    responses=documented(200, RunListAnswer, *READ_ERRORS),
)
def find(
    account_id: Annotated[str | None, Query()] = None,
    start_date: Annotated[Day | None, Query()] = None,
    end_date: Annotated[Day | None, Query()] = None,
    page: PageNumber = 1,
    per_page: PerPage = PER_PAGE_DEFAULT,
    business_id: BusinessHeader = None,
) -> Response[str]:
    """List runs."""
    call = call_of(router)
    business = business_of(call, business_id, "read")
    ledger_id = read_account(account_id, "query") if account_id else None
    found = [
        one
        for one in use_cases.list_reconciliations(call.stores, business, ledger_id)
        if (start_date is None or one.period_end >= start_date)
        and (end_date is None or one.period_start <= end_date)
    ]
    shown = found[(page - 1) * per_page : page * per_page]
    return enveloped(
        call,
        200,
        [view_run_with_counts(one) for one in shown],
        {"self": f"{Dialect.AQNT.value}/reconcile"},
        paginate(page, per_page, len(found)),
    )


@router.get(
    "/reconcile/<reconciliation_id>",
    summary="Get reconciliation",
    description="With one page of its bank transactions in `items`, each with its status.",
    tags=TAGS,
    responses=documented(200, RunDetailAnswer, *READ_ERRORS),
)
def get(
    reconciliation_id: Annotated[str, Path(description="rec_ and a UUID, or the UUID alone")],
    page: PageNumber = 1,
    per_page: PerPage = PER_PAGE_DEFAULT,
    business_id: BusinessHeader = None,
) -> Response[str]:
    """Return one run with a page of its items."""
    call = call_of(router)
    business = business_of(call, business_id, "read")
    if page * per_page > ITEMS_DEPTH_MAX:
        raise InvalidInput(
            f"Pages reach the first {ITEMS_DEPTH_MAX:,} items; read further ones with "
            f"{Dialect.DAYZERO.value}/reconciliations/{{id}}/matches.",
            loc=("query", "page"),
            kind="page_too_deep",
            value=page,
        )
    found_id = read_id(reconciliation_id, "reconciliation", RUN)
    found = use_cases.look_up(call.stores, business, found_id)
    reviewed = review.review(call.stores, business, found_id, page * per_page, None)
    items = reviewed.lines[(page - 1) * per_page :]
    return enveloped(
        call,
        200,
        {**view_run_with_counts(found), "items": [view_item(one, found) for one in items]},
        {"self": _link(found.id)},
        paginate(page, per_page, found.progress.lines),
    )


def _rules(auto_match: bool, given: MatchRulesRequest | None) -> MatchRules:
    return MatchRules(
        auto_match=auto_match,
        date_window_days=given.date_tolerance_days if given else None,
    )


def _link(reconciliation_id: str) -> str:
    return f"{Dialect.AQNT.value}/reconcile/{RUN}{reconciliation_id}"
