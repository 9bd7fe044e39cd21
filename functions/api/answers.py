"""Answers of routes, and how they are documented.

Bodies are typed dictionaries: mypy checks every field of every answer, the OpenAPI document is
generated from them, and nothing is validated a second time while a client waits.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from functions.api.numbers import to_json
from shared.errors import TooLarge

JSON = "application/json"

ANSWER_BYTES_MAX = 5_900_000
"""Lambda returns at most 6 MB, and past that nothing but an error of its own."""


def answer(status: int, body: Any) -> Response[str]:
    """Return a JSON response.

    Raises:
        TooLarge: It is more than Lambda can return.
    """
    text = to_json(body)
    if len(text) > ANSWER_BYTES_MAX:
        raise TooLarge(
            f"The answer has {len(text):,} bytes, over the {ANSWER_BYTES_MAX:,} that can be "
            f"returned: ask for fewer records a page."
        )
    return Response(status_code=status, content_type=JSON, body=text)


def no_content() -> Response[str]:
    """Return 204 with an empty body."""
    return Response(status_code=204, body="")


def documented(status: int, model: Any, *errors: int, description: str = "") -> dict[int, Any]:
    """Return what a route's OpenAPI says of its answers.

    Args:
        status: The status of success.
        model: The type of its body; None for none.
        errors: Statuses of failure; their bodies are the dialect's, filled in by ``openapi.py``.
        description: What success means.
    """
    success: dict[str, Any] = {"description": description or "Successful Response"}
    success["content"] = {} if model is None else {JSON: {"model": model}}
    rest = {code: {"description": _MEANINGS[code], "content": {}} for code in sorted(errors)}
    return {status: success, **rest}


_MEANINGS = {
    400: "Bad Request - Invalid input",
    401: "Unauthorized - Authentication required",
    403: "Forbidden - Insufficient permissions",
    404: "Not Found - Nothing of that id in this business",
    409: "Conflict - The state of the books forbids it now",
    413: "Content Too Large - The file or body is over a limit",
    422: "Validation Error",
}

READ_ERRORS = (401, 403, 404, 422)
WRITE_ERRORS = (401, 403, 404, 409, 422)
