"""The resolver with every dialect's routes, and the way of one request through it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from functions.api import aqnt, dayzero, docs, snapbooks, teal
from functions.api.bodies import normalise, parse_json
from functions.api.calls import (
    CALL,
    Call,
    dialect_of_event,
    read_idempotency_key,
    read_principal,
    request_id_of,
)
from functions.api.dialects import Dialect
from functions.api.errors import UnknownPath, WrongMethod, problem_of
from functions.api.idempotency import METHODS, SERVER_ERROR, answer_once
from functions.api.problems import render_problem
from shared.runtime.logging import logger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.event_handler.exceptions import NotFoundError

    from shared.application.stores import Stores

app = APIGatewayHttpResolver(enable_validation=True, debug=False, json_body_deserializer=parse_json)
for dialect, routers in (
    (Dialect.DAYZERO, dayzero.ROUTERS),
    (Dialect.SNAPBOOKS, snapbooks.ROUTERS),
    (Dialect.TEAL, teal.ROUTERS),
    (Dialect.AQNT, aqnt.ROUTERS),
    (Dialect.PUBLIC, docs.ROUTERS),
):
    for router in routers:
        app.include_router(router, prefix=dialect.value)


def respond(
    event: Mapping[str, Any], context: Any, find_stores: Callable[[], Stores]
) -> dict[str, Any]:
    """Return API Gateway's response to an event; nothing that goes wrong gets past here.

    Args:
        event: An HTTP API event, payload 2.0.
        context: Lambda's context.
        find_stores: Gives the stores, when a route first needs them.
    """
    call = Call(
        request_id=request_id_of(event),
        dialect=dialect_of_event(event),
        now=dt.datetime.now(dt.UTC),
        find_stores=find_stores,
    )
    try:
        response = _respond(call, event, context)
    except Exception as error:  # noqa: BLE001 - the outermost edge
        response = _build(_explain(call, error))
    response["headers"]["x-request-id"] = call.request_id
    return response


def _respond(call: Call, event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    if call.dialect is Dialect.PUBLIC:
        return _resolve(call, {**event, "headers": event.get("headers") or {}}, context)
    caller = read_principal(event)
    normal = normalise(event)
    method = normal["requestContext"]["http"]["method"]
    known = Call(
        request_id=call.request_id,
        dialect=call.dialect,
        now=call.now,
        find_stores=call.find_stores,
        caller=caller,
        idempotency_key=read_idempotency_key(normal["headers"]) if method in METHODS else None,
    )
    if known.idempotency_key is None:
        return _resolve(known, normal, context)
    return answer_once(known, normal, context, lambda: _resolve(known, normal, context))


def _resolve(call: Call, event: dict[str, Any], context: Any) -> dict[str, Any]:
    app.append_context(**{CALL: call})  # type: ignore[no-untyped-call]
    return app.resolve(event, context)


def _explain(call: Call, error: Exception) -> Response[str]:
    problem = problem_of(error)
    if problem.status >= SERVER_ERROR:
        logger().error("A request failed.", exc_info=error, extra={"request_id": call.request_id})
    return render_problem(call.dialect, problem, call.request_id, call.now)


def _build(response: Response[str]) -> dict[str, Any]:
    return {
        "statusCode": response.status_code,
        "headers": dict(response.headers),
        "cookies": [],
        "body": response.body,
        "isBase64Encoded": False,
    }


def _explain_error(error: Exception) -> Response[str]:
    """Render whatever a route raised in the caller's dialect."""
    call: Call = app.context[CALL]
    return _explain(call, error)


def _explain_unknown_path(_error: NotFoundError) -> Response[str]:
    """Tell a path that nobody serves from one that is served with other methods."""
    event = app.current_event
    routes = app._static_routes + app._dynamic_routes  # noqa: SLF001 - no public list of routes
    allowed = {route.method for route in routes if route.rule.match(event.path)}
    if allowed:
        return _explain_error(WrongMethod(event.http_method, tuple(sorted(allowed))))
    return _explain_error(UnknownPath(f"Nothing is served at {event.path}; see /docs."))


app.exception_handler(Exception)(_explain_error)
app.not_found(_explain_unknown_path)
