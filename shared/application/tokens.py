"""Minting tokens and telling who sends one."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from shared.access.model import (
    SCOPES,
    TOKEN_DAYS_MAX,
    Principal,
    TokenRecord,
    authenticate,
    split_bearer,
)
from shared.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.application.stores import Stores


def identify(stores: Stores, authorization_header: str | None, now: dt.datetime) -> Principal:
    """Return who sent a request.

    Raises:
        Unauthenticated: No usable token in the header.
    """
    token_id, secret = split_bearer(authorization_header)
    return authenticate(stores.tokens.find(token_id), secret, now)


def check_token(scopes: Sequence[str], days: int) -> None:
    """Raise unless a token may have these scopes and live that long.

    Raises:
        InvalidInput: An unknown scope, none, or a life of 0 or over ``TOKEN_DAYS_MAX`` days.
    """
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown or not scopes:
        raise InvalidInput(
            f"Scopes are some of {', '.join(SCOPES)}; found {', '.join(unknown) or 'none'}.",
            loc=("scopes",),
            kind="unknown_scope",
        )
    if not 0 < days <= TOKEN_DAYS_MAX:
        raise InvalidInput(
            f"A token lives 1 to {TOKEN_DAYS_MAX} days, not {days}.", loc=("days",), value=days
        )


def mint_token(
    stores: Stores,
    *,
    business_ids: Sequence[str],
    scopes: Sequence[str],
    first_name: str,
    last_name: str,
    days: int,
    now: dt.datetime,
) -> tuple[TokenRecord, str]:
    """Create a token for a new user and return it with its text, shown this once.

    Raises:
        InvalidInput: An unknown scope, no business, or a life of 0 or over ``TOKEN_DAYS_MAX`` days.
        NotFound: An unknown business.
    """
    check_token(scopes, days)
    if not business_ids:
        raise InvalidInput("A token is for at least one business.", loc=("business_ids",))
    for business_id in business_ids:
        stores.books.business(business_id)
    return stores.tokens.mint(
        user=stores.books.next_user(),
        first_name=first_name,
        last_name=last_name,
        business_ids=tuple(business_ids),
        scopes=tuple(scopes),
        now=now,
        expires_at=now + dt.timedelta(days=days),
    )
