"""One request as the routes see it: who calls, when, and the stores to work with."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from functions.api.dialects import Dialect, dialect_of
from functions.api.errors import Unavailable
from shared.access.model import Principal
from shared.application.stores import Stores
from shared.errors import InvalidInput, Unauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_lambda_powertools.event_handler.api_gateway import Router

    from shared.access.model import Scope

CALL = "call"
"""The name under which a request's :class:`Call` is found in Powertools' context."""

IDEMPOTENCY_KEY_CHARACTERS_MAX = 255


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    ``principal`` is None only where the authorizer named nobody, and then no route of a dialect
    is reached.
    """

    request_id: str
    dialect: Dialect
    now: dt.datetime
    find_stores: Callable[[], Stores]
    caller: Principal | None = None
    idempotency_key: str | None = None

    @property
    def principal(self) -> Principal:
        """Who calls.

        Raises:
            Unauthenticated: Nobody does.
        """
        if self.caller is None:
            raise Unauthenticated("No token was checked for this call.", code="missing_api_key")
        return self.caller

    @property
    def stores(self) -> Stores:
        """The deployment's stores, wired on first use."""
        return self.find_stores()

    def act_for(self, business_id: str, scope: Scope) -> str:
        """Return the business's id once the caller may do this there.

        Raises:
            Forbidden: The token is not the business's, or lacks the scope.
        """
        self.principal.require_business(business_id)
        self.principal.require(scope)
        return business_id


def call_of(router: Router) -> Call:
    """Return the request that a router is answering."""
    call: Call = router.context[CALL]
    return call


def read_principal(event: Mapping[str, Any]) -> Principal:
    """Return who the authorizer says is calling.

    Raises:
        Unauthenticated: Nobody, with the authorizer's reason. Also where the route has no
            authorizer: what nobody vouches for is nobody's.
        Unavailable: The authorizer could not look the token up.
    """
    context = ((event.get("requestContext") or {}).get("authorizer") or {}).get("lambda") or {}
    error = context.get("error")
    if error == "authorizer_unavailable":
        raise Unavailable("The token could not be checked just now: try again.")
    if error or not context.get("token_id"):
        raise Unauthenticated(
            context.get("message") or "No token was checked for this call.",
            code=error or "missing_api_key",
        )
    return Principal(
        token_id=context["token_id"],
        user=int(context["user"]),
        first_name=context["first_name"],
        last_name=context["last_name"],
        business_ids=tuple(json.loads(context["business_ids"])),
        scopes=tuple(json.loads(context["scopes"])),
    )


def read_idempotency_key(headers: Mapping[str, str]) -> str | None:
    """Return the client's idempotency key, if it sent one.

    Raises:
        InvalidInput: It is empty or too long to be one.
    """
    key = headers.get("idempotency-key")
    if key is None:
        return None
    if not 0 < len(key) <= IDEMPOTENCY_KEY_CHARACTERS_MAX:
        raise InvalidInput(
            f"An Idempotency-Key has 1 to {IDEMPOTENCY_KEY_CHARACTERS_MAX} characters.",
            loc=("header", "idempotency-key"),
            kind="invalid_idempotency_key",
            value=key,
        )
    return key


def request_id_of(event: Mapping[str, Any]) -> str:
    """Return API Gateway's id of the request, which its access log carries too."""
    return str((event.get("requestContext") or {}).get("requestId") or "unknown")


def dialect_of_event(event: Mapping[str, Any]) -> Dialect:
    """Return the dialect an event speaks."""
    return dialect_of(str(event.get("rawPath") or ""))
