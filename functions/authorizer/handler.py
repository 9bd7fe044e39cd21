"""HTTP API Lambda authorizer, payload 2.0, simple response, no identity source.

API Gateway answers a refusal, and a missing identity source, with one fixed body of its own,
while each dialect has its own 401. So everybody passes here, and the context says who is
calling or why nobody is; the api function serves nothing to nobody.

Imported at the top although a request without a token would not need the database: Lambda
gives the whole processor to a function while it loads, and a fraction of it afterwards.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from shared.application.tokens import identify
from shared.errors import Unauthenticated
from shared.runtime.wiring import wire

if TYPE_CHECKING:
    from shared.access.model import Principal

UNAVAILABLE = "authorizer_unavailable"
"""The error code in the context when a token could not be looked up."""


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Return who is calling in the context, or the reason why nobody is."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return {"isAuthorized": True, "context": _context(headers.get("authorization"))}


def _context(authorization: str | None) -> dict[str, str]:
    try:
        return _describe(identify(wire(), authorization, dt.datetime.now(dt.UTC)))
    except Unauthenticated as error:
        return {"error": error.code, "message": str(error)}
    except Exception:  # noqa: BLE001 - the outermost edge: whatever broke, nobody gets in
        from shared.runtime.logging import logger  # noqa: PLC0415 - only what fails needs it

        logger().exception("The token could not be looked up.")
        return {"error": UNAVAILABLE, "message": "The token could not be looked up."}


def _describe(principal: Principal) -> dict[str, str]:
    return {
        "token_id": principal.token_id,
        "user": str(principal.user),
        "first_name": principal.first_name,
        "last_name": principal.last_name,
        "business_ids": json.dumps(principal.business_ids),
        "scopes": json.dumps(principal.scopes),
    }
