"""The one mapping from what went wrong to an HTTP status, whatever the dialect.

How a problem looks on the wire is each dialect's own affair: see ``problems.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
)

from functions.api.numbers import to_json
from shared.errors import (
    BrokenTotal,
    Conflict,
    Forbidden,
    IncompleteData,
    InvalidInput,
    NotFound,
    TieoutError,
    TooLarge,
    Unauthenticated,
    UnreadableStatement,
)

DETAILS_MAX = 100
"""Findings named in one answer; a bulk body can have thousands of the same kind."""

INPUT_CHARACTERS_MAX = 500
"""What is echoed of a wrong value, in characters of JSON."""


class MissingValue(TieoutError):
    """A field that the schema leaves optional is needed here: Day Zero's 400."""


class UnknownPath(TieoutError):
    """Nothing is served at that path."""


class WrongMethod(TieoutError):
    """The path is served, but not with that method."""

    def __init__(self, method: str, allowed: tuple[str, ...]) -> None:
        super().__init__(f"{method} is not allowed here; use {' or '.join(allowed)}.")
        self.allowed = allowed


class IdempotencyKeyReused(TieoutError):
    """The key was used before with another request."""


class IdempotencyKeyBusy(TieoutError):
    """The first request with the key has not been answered yet."""


class Unavailable(TieoutError):
    """Something of ours failed, and trying again may help."""


# The first class that fits decides, so a subclass stands before its parent.
_STATUSES: tuple[tuple[type[TieoutError], int, str], ...] = (
    (MissingValue, 400, "missing_value"),
    (Unauthenticated, 401, "invalid_api_key"),
    (Forbidden, 403, "forbidden"),
    (NotFound, 404, "not_found"),
    (UnknownPath, 404, "unknown_path"),
    (WrongMethod, 405, "method_not_allowed"),
    (Conflict, 409, "conflict"),
    (IdempotencyKeyReused, 409, "idempotency_key_reused"),
    (IdempotencyKeyBusy, 409, "idempotency_key_in_use"),
    (TooLarge, 413, "too_large"),
    (InvalidInput, 422, "invalid_input"),
    (IncompleteData, 503, "try_again"),
    (Unavailable, 503, "unavailable"),
)


@dataclass(frozen=True, slots=True)
class Detail:
    """One finding about one value of the request."""

    loc: tuple[str | int, ...]
    message: str
    kind: str
    value: Any = None
    context: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, free of any dialect."""

    status: int
    code: str
    message: str
    details: tuple[Detail, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


def problem_of(error: Exception) -> Problem:
    """Return what to tell the client about an error; nothing internal is in it.

    Errors outside the tree are ours, not the client's, and say no more than that.
    """
    if isinstance(error, RequestValidationError):
        return _of_schema(error)
    if isinstance(error, RequestUnsupportedContentType):
        return Problem(
            415, "unsupported_content_type", "Send the body as application/json, or as documented."
        )
    for kind, status, code in _STATUSES:
        if isinstance(error, kind):
            return Problem(
                status,
                getattr(error, "code", code),
                str(error),
                _details_of(error),
                _headers_of(error),
            )
    return Problem(
        500, "internal_error", "Something failed on our side; the request id names it in the logs."
    )


def _details_of(error: TieoutError) -> tuple[Detail, ...]:
    if isinstance(error, IdempotencyKeyReused):
        return (Detail(("header", "idempotency-key"), str(error), "idempotency_key_reused"),)
    if not isinstance(error, InvalidInput):
        return ()
    context: dict[str, Any] = {}
    if isinstance(error, UnreadableStatement):
        context = {"reason": error.reason, "line": error.line, "column": error.column}
    if isinstance(error, BrokenTotal):
        context |= {"total": error.total, "expected": error.expected, "found": error.found}
    return (Detail(error.loc, error.message, error.kind, echo_of(error.value), context or None),)


def _headers_of(error: TieoutError) -> tuple[tuple[str, str], ...]:
    if isinstance(error, WrongMethod):
        return (("Allow", ", ".join(error.allowed)),)
    if isinstance(error, Unauthenticated):
        return (("WWW-Authenticate", "Bearer"),)
    return ()


def _of_schema(error: RequestValidationError) -> Problem:
    found = tuple(
        Detail(
            loc=tuple(one["loc"]),
            message=one["msg"],
            kind=one["type"],
            value=echo_of(one.get("input")),
            context=_plain(one["ctx"]) if one.get("ctx") else None,
        )
        for one in list(error.errors())[:DETAILS_MAX]
    )
    first = found[0]
    where = ".".join(str(part) for part in first.loc[1:]) or str(first.loc[0])
    return Problem(422, "invalid_input", f"{where}: {first.message}", found)


def _plain(context: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, str | int | float | bool | None) else str(value)
        for name, value in context.items()
    }


def echo_of(value: Any) -> Any:
    """Return a wrong value as it may be shown: whole where short, else its beginning."""
    try:
        text = to_json(value)
    except TypeError:
        value = text = str(value)
    if len(text) <= INPUT_CHARACTERS_MAX:
        return value
    return f"{text[:INPUT_CHARACTERS_MAX]}…"
