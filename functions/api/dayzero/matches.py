"""Day Zero's review: the matches of a reconciliation, deciding on them, the balance."""

from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body

from functions.api.answers import READ_ERRORS, WRITE_ERRORS, answer, documented
from functions.api.calls import call_of
from functions.api.cursors import read_cursor, sign_cursor
from functions.api.dayzero.parameters import LIMIT_DEFAULT, BusinessId, Cursor, Id, Limit
from functions.api.dayzero.review_schemas import (
    BalanceResponse,
    MatchListFields,
    MatchListResponse,
    MatchResponse,
)
from functions.api.dayzero.schemas import MatchApproveRequest, MatchRejectRequest
from functions.api.dayzero.views import (
    enveloped,
    view_balance,
    view_entry,
    view_line,
    view_match,
)
from functions.api.routing import new_router
from shared.application import reconciliations, review
from shared.ids import read_id

router = new_router()

TAGS = ["reconciliations"]

OUTSTANDING_MAX = 1000
"""Outstanding transactions shown; the rest are in GET /transactions?reconciled=false."""


@router.get(
    "/reconciliations/<reconciliation_id>/matches",
    summary="List matches",
    description="Statement lines in their order, each matched, ambiguous or unmatched; with the "
    "first page also up to 1,000 outstanding ledger transactions.",
    tags=TAGS,
    responses=documented(200, MatchListResponse, *READ_ERRORS),
)
def find(
    business_id: BusinessId,
    reconciliation_id: Id,
    limit: Limit = LIMIT_DEFAULT,
    cursor: Cursor = None,
) -> Response[str]:
    """List a reconciliation's lines with their matches."""
    call = call_of(router)
    business = call.act_for(str(business_id), "read")
    found = _id(reconciliation_id)
    bound_to = ("matches", business, found)
    page = review.review(call.stores, business, found, limit, read_cursor(cursor, bound_to))
    fields = _group(page)
    fields["next_cursor"] = sign_cursor(page.next, bound_to) if page.next else None
    return answer(200, enveloped(200, f"{len(page.lines)} statement lines.", fields))


@router.post(
    "/reconciliations/<reconciliation_id>/matches/approve",
    summary="Approve match",
    description="Approves a suggestion or creates a manual match, one to many.",
    tags=TAGS,
    status_code=201,
    responses=documented(201, MatchResponse, *WRITE_ERRORS),
)
def approve(
    business_id: BusinessId,
    reconciliation_id: Id,
    request: Annotated[MatchApproveRequest, Body()],
) -> Response[str]:
    """Approve a match or make one by hand."""
    call = call_of(router)
    business = call.act_for(str(business_id), "approve")
    match = review.approve_match(
        call.stores,
        call.principal,
        business,
        _id(reconciliation_id),
        str(request.statement_txn_id),
        [str(one) for one in request.ledger_txn_ids],
        call.now,
    )
    return answer(201, enveloped(201, "Match approved.", view_match(match)))


@router.post(
    "/reconciliations/<reconciliation_id>/matches/reject",
    summary="Reject match",
    description="Unmatches a statement line; what it was matched to is free again.",
    tags=TAGS,
    status_code=201,
    responses=documented(201, MatchResponse, *WRITE_ERRORS),
)
def reject(
    business_id: BusinessId,
    reconciliation_id: Id,
    request: Annotated[MatchRejectRequest, Body()],
) -> Response[str]:
    """Undo the match a statement line is in."""
    call = call_of(router)
    business = call.act_for(str(business_id), "approve")
    match = review.reject_match(
        call.stores,
        call.principal,
        business,
        _id(reconciliation_id),
        str(request.statement_txn_id),
        call.now,
    )
    return answer(201, enveloped(201, "Match rejected.", view_match(match)))


@router.get(
    "/reconciliations/<reconciliation_id>/balance",
    summary="Get balance",
    description="opening + net matched = closing, and what stands in the way.",
    tags=TAGS,
    responses=documented(200, BalanceResponse, *READ_ERRORS),
)
def balance(business_id: BusinessId, reconciliation_id: Id) -> Response[str]:
    """Return the proof of balance as it stands."""
    call = call_of(router)
    business = call.act_for(str(business_id), "read")
    found = reconciliations.get(call.stores, business, _id(reconciliation_id))
    proof = review.proof_of(call.stores, found)
    message = "The balance is proven." if proof.proven else "The balance is not proven."
    return answer(200, enveloped(200, message, view_balance(proof, found.currency)))


def _id(text: str) -> str:
    return read_id(text, "reconciliation", "")


def _group(page: review.ReviewPage) -> MatchListFields:
    """Return a page's lines by what became of them; a match of several lines stands once."""
    entries = page.entries
    fields: MatchListFields = {
        "matches": [],
        "ambiguous": [],
        "unmatched_statement_txns": [],
        "unmatched_ledger_txns": [view_entry(one) for one in page.outstanding[:OUTSTANDING_MAX]],
        "unmatched_ledger_txns_count": len(page.outstanding),
        "next_cursor": None,
    }
    places: dict[str, int] = {}
    for one in page.lines:
        line = view_line(one.line)
        if one.match is not None:
            if one.match.id not in places:
                places[one.match.id] = len(fields["matches"])
                named = [view_entry(entries[id_]) for id_ in one.match.entry_ids if id_ in entries]
                fields["matches"].append(
                    {**view_match(one.match), "statement_txns": [], "ledger_txns": named}
                )
            fields["matches"][places[one.match.id]]["statement_txns"].append(line)
        elif one.candidates:
            fields["ambiguous"].append(
                {
                    "statement_txn": line,
                    "candidates": [
                        {
                            "ledger_txn_ids": list(candidate.entry_ids),
                            "ledger_txns": [
                                view_entry(entries[id_])
                                for id_ in candidate.entry_ids
                                if id_ in entries
                            ],
                            "confidence": candidate.confidence,
                            "reasons": list(candidate.reasons),
                        }
                        for candidate in one.candidates
                    ],
                }
            )
        else:
            fields["unmatched_statement_txns"].append(line)
    return fields
