"""Request bodies as text that is safe to parse.

What API Gateway passes may be absent, base64 of anything, or JSON that Python reads and JSON
does not know (``NaN``). Every refusal here is a 422 of the dialect, never a failure of ours.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NoReturn

from functions.api.multipart import body_bytes
from shared.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

_JSON_NOTHING = "null"


def normalise(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event with lower-case header names and, unless it is a form, its body as text.

    A body that is absent becomes JSON's null, so that a route whose body is optional and one
    whose body is missing are told apart by their schemas alone.

    Raises:
        InvalidInput: The body is not UTF-8 text.
    """
    headers = {name.lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    changed = {**event, "headers": headers}
    if headers.get("content-type", "").lower().startswith("multipart/"):
        return changed
    try:
        text = body_bytes(event).decode()
    except UnicodeDecodeError:
        raise InvalidInput(
            "The body is not UTF-8 text.", loc=("body",), kind="json_invalid"
        ) from None
    return {**changed, "body": text if text.strip() else _JSON_NOTHING, "isBase64Encoded": False}


def parse_json(text: str) -> Any:
    """Return the value of JSON text.

    Raises:
        json.JSONDecodeError: It is not JSON, too deep, or holds what JSON cannot: infinities,
            halves of surrogate pairs.
    """
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_parse_finite)
        if "\\ud" in text.lower():
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError:
        raise
    except UnicodeEncodeError:
        raise json.JSONDecodeError("Half of a surrogate pair is no text", text, 0) from None
    except (ValueError, RecursionError):
        raise json.JSONDecodeError("A value is too large or nested too deeply", text, 0) from None
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _parse_finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(text)
    return value
