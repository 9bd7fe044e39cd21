"""The OpenAPI 3.1 document of all four dialects, generated from the routes.

``python -m functions.api.openapi > docs/openapi.json`` writes the committed copy. What
Powertools cannot know is added here: each dialect's error bodies, the forms, who may call.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from functions.api.aqnt.schemas import ImportForm
from functions.api.dayzero.schemas import UploadForm
from functions.api.dialects import Dialect, dialect_of
from functions.api.idempotency import METHODS

if TYPE_CHECKING:
    from pydantic import BaseModel

TITLE = "Tieout"
VERSION = "0.1.0"
DESCRIPTION = (
    "Bank reconciliation in four dialects of one domain: Day Zero (`/api/v1`), Snapbooks "
    "(`/api/v2`), Teal (`/v0`) and AQNT (`/v1/bank-reconciliation`). A reconciliation created "
    "through any of them is readable and operable through every other."
)

_FORMS: dict[str, type[BaseModel]] = {
    f"{Dialect.DAYZERO.value}/reconciliations/upload": UploadForm,
    f"{Dialect.AQNT.value}/import": ImportForm,
}

_TEXT = {"type": "string"}

_VALIDATION_ERROR = {
    "type": "object",
    "title": "ValidationError",
    "required": ["loc", "msg", "type"],
    "properties": {
        "loc": {"type": "array", "items": {"anyOf": [_TEXT, {"type": "integer"}]}},
        "msg": _TEXT,
        "type": _TEXT,
        "input": {"description": "What was found there"},
        "ctx": {"type": "object"},
    },
}

_ERROR_SCHEMAS: dict[str, Any] = {
    "ValidationError": _VALIDATION_ERROR,
    "HTTPValidationError": {
        "type": "object",
        "title": "HTTPValidationError",
        "required": ["detail"],
        "properties": {
            "detail": {"type": "array", "items": {"$ref": "#/components/schemas/ValidationError"}}
        },
    },
    "Detail": {
        "type": "object",
        "title": "Detail",
        "required": ["detail"],
        "properties": {"detail": _TEXT},
    },
    "SnapbooksError": {
        "type": "object",
        "title": "SnapbooksError",
        "required": ["message"],
        "properties": {
            "message": _TEXT,
            "errors": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": _TEXT},
            },
        },
    },
    "AqntError": {
        "type": "object",
        "title": "AqntError",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["type", "code", "message", "details", "request_id", "timestamp"],
                "properties": {
                    "type": _TEXT,
                    "code": _TEXT,
                    "message": _TEXT,
                    "details": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["field", "message", "code", "value"],
                            "properties": {
                                "field": _TEXT,
                                "message": _TEXT,
                                "code": _TEXT,
                                "value": {},
                            },
                        },
                    },
                    "request_id": _TEXT,
                    "timestamp": {"type": "string", "format": "date-time"},
                },
            }
        },
    },
}

_UNSUPPORTED = {"415": "Unsupported Media Type - Send the body as application/json"}

_ALWAYS_POSSIBLE = {
    "500": "Internal Server Error - Ours; x-request-id names it in the logs",
    "503": "Service Unavailable - Try again",
}

_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and request again, within a day, gets the first response again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
}


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    from functions.api.app import app  # noqa: PLC0415 - the app serves this document

    text = app.get_openapi_json_schema(
        title=TITLE, version=VERSION, openapi_version="3.1.0", description=DESCRIPTION
    )
    found: dict[str, Any] = json.loads(text)
    found["servers"] = [{"url": "/"}]
    found["security"] = [{"bearer": []}]
    components = found.setdefault("components", {})
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "Made by `tieout token`"}
    }
    components["schemas"] = components.get("schemas", {}) | _ERROR_SCHEMAS
    components["schemas"].pop("ResponseValidationError", None)
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            _complete(path, method.upper(), operation)
    return found


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    dialect = dialect_of(path)
    if dialect is Dialect.PUBLIC:
        operation["security"] = []
        operation["responses"].pop("422", None)
        return
    responses = operation["responses"]
    possible = _ALWAYS_POSSIBLE | (_UNSUPPORTED if "requestBody" in operation else {})
    for status, description in possible.items():
        responses.setdefault(status, {"description": description})
    for status, response in responses.items():
        response["headers"] = {"x-request-id": {"schema": _TEXT}}
        if int(status) >= 400:  # noqa: PLR2004 - where errors begin
            schema = {"$ref": f"#/components/schemas/{_error_name(dialect, status)}"}
            response["content"] = {"application/json": {"schema": schema}}
    operation["responses"] = dict(sorted(responses.items()))
    if method in METHODS:
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
    if path in _FORMS:
        operation["requestBody"] = _form(_FORMS[path])


def _error_name(dialect: Dialect, status: str) -> str:
    if dialect is Dialect.SNAPBOOKS:
        return "SnapbooksError"
    if dialect is Dialect.AQNT:
        return "AqntError"
    return "HTTPValidationError" if status == "422" else "Detail"


def _form(model: type[BaseModel]) -> dict[str, Any]:
    file = {"type": "string", "format": "binary", "description": "The statement"}
    properties = {"file": file, **model.model_json_schema()["properties"]}
    schema = {"type": "object", "required": ["file"], "properties": properties}
    return {"required": True, "content": {"multipart/form-data": {"schema": schema}}}


def render() -> str:
    """Return the document as the committed file holds it."""
    return json.dumps(document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(render())
