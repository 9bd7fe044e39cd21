"""Snapbooks' reconciliations."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Path, Query

from functions.api.answers import READ_ERRORS, WRITE_ERRORS, answer, documented, no_content
from functions.api.calls import Call, call_of
from functions.api.fields import Day
from functions.api.routing import new_router
from functions.api.snapbooks.schemas import Reconciliation as ReconciliationView
from functions.api.snapbooks.schemas import SnapbooksReconciliations
from functions.api.snapbooks.views import (
    view_creator,
    view_entry,
    view_line,
    view_reconciliation,
)
from shared.access.model import Scope
from shared.application import review
from shared.application.reconciliations import cancel, list_reconciliations
from shared.errors import Forbidden, InvalidInput, NotFound
from shared.reconciliation.model import Reconciliation

router = new_router()

PER_PAGE_DEFAULT = 100
PER_PAGE_MAX = 1000

NUMBER_MAX = 2**40 - 1
"""No integer id is larger (``shared/ids.py``), so none needs to be looked for."""

RELATIONS = ("entries", "entries.journal_entry_line", "created_by")

TAGS = ["snapbooks: reconciliations"]


@router.get(
    "/reconciliations",
    summary="List reconciliations",
    description="Newest first. Relations appear only when asked for in `with`.",
    tags=TAGS,
    responses=documented(200, SnapbooksReconciliations, *READ_ERRORS),
)
def find(
    client_account_id: Annotated[
        int,
        Query(
            description="Filter by client account ID. Must be one of the user's eligible client "
            "accounts"
        ),
    ],
    date_from: Annotated[Day | None, Query(description="From this date (inclusive)")] = None,
    date_to: Annotated[Day | None, Query(description="To this date (inclusive)")] = None,
    journal_entry_line_id: Annotated[
        int | None,
        Query(
            description="Filter to reconciliations whose entries reference this journal entry line"
        ),
    ] = None,
    journal_entry_id: Annotated[
        int | None,
        Query(description="Filter to reconciliations whose entries belong to this journal entry"),
    ] = None,
    page: Annotated[int, Query(ge=0, le=NUMBER_MAX)] = 0,
    per_page: Annotated[int, Query(ge=1, le=PER_PAGE_MAX)] = PER_PAGE_DEFAULT,
    relations: Annotated[
        str | None,
        Query(
            alias="with",
            description=f"Comma-separated list of relations to include: {', '.join(RELATIONS)}",
        ),
    ] = None,
) -> Response[str]:
    """List the reconciliations of a client account."""
    call = call_of(router)
    business_id = _business_of(call, client_account_id, "read")
    wanted = _relations(relations)
    found = [
        one
        for one in list_reconciliations(call.stores, business_id)
        if (date_from is None or one.period_end >= date_from)
        and (date_to is None or one.period_end <= date_to)
    ]
    for entry_number in (journal_entry_line_id, journal_entry_id):
        if entry_number is not None:
            found = _of_entry(call, business_id, found, entry_number)
    shown = found[page * per_page : (page + 1) * per_page]
    return answer(
        200,
        {
            "data": [_show(call, one, client_account_id, wanted) for one in shown],
            "meta": {
                "page": page,
                "pages": -(-len(found) // per_page),
                "per_page": per_page,
                "records": len(found),
            },
        },
    )


@router.delete(
    "/reconciliations/<id>",
    summary="Delete a reconciliation",
    description="Permanently removes a reconciliation. The journal entry lines remain in place; "
    "only the reconciliation linkage is dropped.",
    tags=TAGS,
    status_code=204,
    responses=documented(204, None, *WRITE_ERRORS),
)
def delete(
    id: Annotated[str, Path(description="The integer id")],  # noqa: A002 - the contract's name
    client_account_id: Annotated[
        int | None, Query(description="Needed only where the token is for several client accounts")
    ] = None,
) -> Response[str]:
    """Undo a reconciliation, a completed one too."""
    call = call_of(router)
    if client_account_id is not None:
        business_ids: tuple[str, ...] = (_business_of(call, client_account_id, "approve"),)
    else:
        call.principal.require("approve")
        business_ids = call.principal.business_ids
    found = _by_number(call, business_ids, id)
    cancel(
        call.stores,
        call.principal,
        found.business_id,
        found.id,
        call.now,
        allow_completed=True,
    )
    return no_content()


def _business_of(call: Call, client_account_id: int, scope: Scope) -> str:
    """Return the business of a client account; an unknown one is as forbidden as another's."""
    try:
        business_id = call.stores.books.business_id_of(client_account_id)
    except NotFound:
        raise Forbidden("This token may not act for that client account.") from None
    return call.act_for(business_id, scope)


def _relations(text: str | None) -> frozenset[str]:
    wanted = {one.strip() for one in text.split(",")} - {""} if text else set()
    unknown = sorted(wanted - set(RELATIONS))
    if unknown:
        raise InvalidInput(
            f"{unknown[0]!r} is no relation of reconciliations; use {', '.join(RELATIONS)}.",
            loc=("query", "with"),
            kind="unknown_relation",
            value=text,
        )
    if "entries.journal_entry_line" in wanted:
        wanted.add("entries")
    return frozenset(wanted)


def _of_entry(
    call: Call, business_id: str, found: list[Reconciliation], number: int
) -> list[Reconciliation]:
    """Return those that cleared the journal entry, or the line on its bank ledger, of a number."""
    if not 0 < number <= NUMBER_MAX:
        return []
    entry = call.stores.books.transaction_by_line_number(business_id, number)
    if entry is None or entry.number != number:
        return []
    return [
        one
        for one in found
        if one.id == entry.reconciliation_id
        and any(cleared.id == entry.id for cleared in review.cleared_entries(call.stores, one))
    ]


def _by_number(call: Call, business_ids: tuple[str, ...], text: str) -> Reconciliation:
    """Return the reconciliation of an integer id in the only business that has it.

    Raises:
        NotFound: None has, or the text is no integer.
        InvalidInput: Several have: numbers count per business.
    """
    number = (
        int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(NUMBER_MAX)) else 0
    )
    found = [
        one
        for business_id in business_ids
        if 0 < number <= NUMBER_MAX
        and (one := call.stores.reconciliations.reconciliation_by_number(business_id, number))
        and one.status != "cancelled"
    ]
    if not found:
        raise NotFound("reconciliation", text)
    if len(found) > 1:
        raise InvalidInput(
            f"{len(found)} of the token's client accounts have a reconciliation {number}: add "
            f"client_account_id to the query.",
            loc=("query", "client_account_id"),
            kind="ambiguous_id",
        )
    return found[0]


def _show(
    call: Call, one: Reconciliation, client_account_id: int, wanted: frozenset[str]
) -> ReconciliationView:
    view = view_reconciliation(one, client_account_id)
    if "entries" in wanted:
        cleared = review.cleared_entries(call.stores, one)
        view["entries"] = [view_entry(entry) for entry in cleared]
        if "entries.journal_entry_line" in wanted:
            ledger = call.stores.books.ledger(one.business_id, one.ledger_id)
            for shown, entry in zip(view["entries"], cleared, strict=True):
                shown["journal_entry_line"] = view_line(entry, ledger)
    if "created_by" in wanted:
        view["created_by"] = view_creator(one)
    return view
