"""Drives the api and authorizer functions in process, as API Gateway would call them."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from functions.api.app import respond
from functions.authorizer.handler import handler as authorize
from shared.application.stores import Stores

STATEMENT = b"""Date,Description,Amount,Balance
2026-01-05,ACME GMBH INVOICE 1042,1250.00,2250.00
2026-01-09,CITY OFFICE RENT JANUARY,-800.00,1450.00
2026-01-20,COFFEE CORNER,-4.50,1445.50
2026-01-28,MONTHLY ACCOUNT FEE,-12.00,1433.50
"""


class FakeWorkflow:
    """Remembers what was started and answered; a test runs the steps itself."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str, int]] = []
        self.answers: list[tuple[str, str]] = []

    def start(self, business_id: str, reconciliation_id: str, attempt: int) -> None:
        self.started.append((business_id, reconciliation_id, attempt))

    def answer(self, task_token: str, decision: Literal["complete", "cancel"]) -> bool:
        self.answers.append((task_token, decision))
        return False


class FakeContext:
    """Lambda's context, as far as Powertools looks at it."""

    function_name = "api"
    function_version = "$LATEST"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-central-1:123456789012:function:api"
    aws_request_id = "6c2f1a0e-0000-4000-8000-000000000000"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 29_000


@dataclass(frozen=True)
class Answer:
    """A response of the API."""

    status: int
    headers: dict[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Api:
    """A client with a token and headers of its own."""

    find_stores: Callable[[], Stores]
    token: str | None
    headers: dict[str, str] = field(default_factory=dict)

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        raw: str | bytes | None = None,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        form: dict[str, Any] | None = None,
    ) -> Answer:
        sent = {name.lower(): value for name, value in (self.headers | (headers or {})).items()}
        if self.token is not None:
            sent.setdefault("authorization", f"Bearer {self.token}")
        if form is not None:
            raw, sent["content-type"] = encode_form(form)
        elif body is not None:
            raw = json.dumps(body)
        if raw is not None:
            sent.setdefault("content-type", "application/json")
        event = make_event(method, path, raw, query or {}, sent)
        event["requestContext"]["authorizer"] = {"lambda": authorize(event, None)["context"]}
        answer = respond(event, FakeContext(), self.find_stores)
        assert isinstance(answer["body"], str)
        return Answer(answer["statusCode"], answer["headers"], answer["body"])

    def get(self, path: str, **query: Any) -> Answer:
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.call("POST", path, body=body, headers=named)


def make_event(
    method: str,
    path: str,
    raw: str | bytes | None,
    query: dict[str, Any],
    headers: dict[str, str],
) -> dict[str, Any]:
    """Return an HTTP API event, payload 2.0."""
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "ANY /{proxy+}",
        "rawPath": path,
        "rawQueryString": urlencode(query, doseq=True),
        "headers": headers,
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
            "requestId": uuid.uuid4().hex,
            "stage": "$default",
        },
        "isBase64Encoded": isinstance(raw, bytes),
    }
    if query:
        event["queryStringParameters"] = {
            name: ",".join(map(str, value)) if isinstance(value, list) else str(value)
            for name, value in query.items()
        }
    if raw is not None:
        event["body"] = base64.b64encode(raw).decode() if isinstance(raw, bytes) else raw
    return event


def encode_form(parts: dict[str, Any]) -> tuple[bytes, str]:
    """Return a multipart body and its content type; a tuple is a file's name and content."""
    boundary = uuid.uuid4().hex
    body = b""
    for name, value in parts.items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if isinstance(value, tuple):
            body += f'; filename="{value[0]}"\r\nContent-Type: text/csv'.encode()
            value = value[1]  # noqa: PLW2901 - the file's content from here on
        content = value if isinstance(value, bytes) else str(value).encode()
        body += b"\r\n\r\n" + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def check_envelope(answer: Answer, status: int) -> dict[str, Any]:
    """Check that the object's fields are at the top and in ``data``; return them."""
    assert answer.status == status
    body: dict[str, Any] = answer.json()
    assert (body["success"], body["code"]) == (True, status)
    assert isinstance(body["message"], str)
    data: dict[str, Any] = body["data"]
    assert {name: body[name] for name in data} == data
    return data
