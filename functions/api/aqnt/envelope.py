"""AQNT's ids, its envelope around every answer, and the business a token stands for."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any

from aws_lambda_powertools.event_handler.openapi.params import Header

from functions.api.answers import answer
from shared.errors import InvalidInput, NotFound
from shared.ids import read_id

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response

    from functions.api.calls import Call
    from shared.access.model import Scope

API_VERSION = "v1"

ACCOUNT = "acc_"
RUN = "rec_"
ITEM = "txn_"
STATEMENT = "stm_"

BusinessHeader = Annotated[
    str | None,
    Header(
        alias="x-business-id",
        description="Needed only where the token is for several businesses",
    ),
]


def business_of(call: Call, header: str | None, scope: Scope) -> str:
    """Return the business the token stands for.

    Raises:
        InvalidInput: It stands for several, and the header names none.
        Forbidden: It may not do this, or not for the business named.
    """
    if header is not None:
        try:
            return call.act_for(read_id(header, "business", ""), scope)
        except NotFound:
            raise InvalidInput(
                "Give the business's UUID.",
                loc=("header", "x-business-id"),
                kind="id_parsing",
                value=header,
            ) from None
    business_ids = call.principal.business_ids
    if len(business_ids) != 1:
        raise InvalidInput(
            f"The token is for {len(business_ids)} businesses: name one in the header "
            f"x-business-id.",
            loc=("header", "x-business-id"),
            kind="missing",
        )
    return call.act_for(business_ids[0], scope)


def read_account(text: str, where: str) -> str:
    """Return the ledger id behind an account id.

    Raises:
        InvalidInput: The text is no id of an account.
    """
    try:
        return read_id(text, "account", ACCOUNT)
    except NotFound:
        raise InvalidInput(
            "Give an account id, acc_ and the ledger's UUID, or the UUID alone.",
            loc=(where, "account_id"),
            kind="id_parsing",
            value=text,
        ) from None


def stamp(value: dt.datetime) -> str:
    """Return a moment as ISO 8601 in UTC, to the second."""
    return f"{value.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"


def enveloped(
    call: Call,
    status: int,
    data: Any,
    links: dict[str, str | None],
    pagination: dict[str, Any] | None = None,
) -> Response[str]:
    """Return an answer in AQNT's envelope."""
    meta: dict[str, Any] = {
        "request_id": call.request_id,
        "timestamp": stamp(call.now),
        "version": API_VERSION,
    }
    if pagination is not None:
        meta["pagination"] = pagination
    return answer(status, {"data": data, "meta": meta, "links": links})


def paginate(page: int, per_page: int, total: int) -> dict[str, Any]:
    """Return where a page stands, from 1.

    Examples:
        >>> paginate(2, 10, 21)["has_next"], paginate(3, 10, 21)["has_next"]
        (True, False)
    """
    total_pages = -(-total // per_page)
    return {
        "page": page,
        "per_page": per_page,
        "total": total,
        "total_pages": total_pages,
        "has_next": page < total_pages,
        "has_previous": page > 1,
    }
