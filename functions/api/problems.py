"""One renderer per dialect: a problem as that product's clients expect it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import Response

from functions.api.dialects import Dialect
from functions.api.numbers import to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from functions.api.errors import Detail, Problem

UNPROCESSABLE = 422

_AQNT_TYPES = {
    400: "validation_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    409: "conflict_error",
    413: "request_too_large",
    415: "invalid_request_error",
    422: "validation_error",
}


def render_problem(
    dialect: Dialect, problem: Problem, request_id: str, now: dt.datetime
) -> Response[str]:
    """Return the response that tells a client of the dialect what went wrong."""
    status = problem.status
    if dialect is Dialect.DAYZERO and problem.code == "idempotency_key_reused":
        status = UNPROCESSABLE
    body = _RENDERERS[dialect](problem, status, request_id, now)
    return Response(
        status_code=status,
        content_type="application/json",
        body=to_json(body),
        headers=dict(problem.headers),
    )


def _fastapi(problem: Problem, status: int, _request_id: str, _now: dt.datetime) -> dict[str, Any]:
    """Day Zero's and Teal's: a sentence, or for 422 the list of what is wrong with which value."""
    if status != UNPROCESSABLE:
        return {"detail": problem.message}
    return {"detail": [_validation_error(one) for one in problem.details]}


def _validation_error(detail: Detail) -> dict[str, Any]:
    rendered = {
        "loc": list(detail.loc),
        "msg": detail.message,
        "type": detail.kind,
        "input": detail.value,
    }
    if detail.context:
        rendered["ctx"] = detail.context
    return rendered


def _snapbooks(
    problem: Problem, _status: int, _request_id: str, _now: dt.datetime
) -> dict[str, Any]:
    body: dict[str, Any] = {"message": problem.message}
    if problem.details:
        errors: dict[str, list[str]] = {}
        for one in problem.details:
            errors.setdefault(_field_of(one), []).append(one.message)
        body["errors"] = errors
    return body


def _aqnt(problem: Problem, status: int, request_id: str, now: dt.datetime) -> dict[str, Any]:
    return {
        "error": {
            "type": _AQNT_TYPES.get(status, "api_error"),
            "code": problem.code,
            "message": problem.message,
            "details": [
                {
                    "field": _field_of(one),
                    "message": one.message,
                    "code": one.kind,
                    "value": one.value,
                }
                for one in problem.details
            ],
            "request_id": request_id,
            "timestamp": f"{now.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        }
    }


def _field_of(detail: Detail) -> str:
    return ".".join(str(part) for part in detail.loc[1:]) or str(detail.loc[0])


_RENDERERS: dict[Dialect, Callable[[Problem, int, str, dt.datetime], dict[str, Any]]] = {
    Dialect.DAYZERO: _fastapi,
    Dialect.SNAPBOOKS: _snapbooks,
    Dialect.TEAL: _fastapi,
    Dialect.AQNT: _aqnt,
    Dialect.PUBLIC: _fastapi,
}
