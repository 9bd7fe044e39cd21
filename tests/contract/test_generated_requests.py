"""Requests generated from the OpenAPI document: whatever is sent, the answer is documented.

In process, without network: a small WSGI application stands where API Gateway does. The ids
in paths and the business are real ones half of the time, so that routes are passed through.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
import schemathesis
from api_client import FakeContext, make_event
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from functions.api.app import respond
from functions.api.openapi import document
from functions.authorizer.handler import handler as authorize

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from schemathesis import Case

    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger
    from shared.reconciliation.model import Reconciliation

NEGATIVE = schemathesis.GenerationMode.NEGATIVE
"""Requests that break the schema on purpose; they are refused as documented."""

EXAMPLES = 12
"""Enough to meet every kind of parameter, few enough for a suite that runs on every change."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

OPERATIONS = [
    (path, method.upper())
    for path, operations in document()["paths"].items()
    for method in operations
]


def serve(stores: Stores) -> Callable[..., Iterable[bytes]]:
    """Return the API as a WSGI application."""

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {
            name.removeprefix("HTTP_").replace("_", "-").lower(): value
            for name, value in environ.items()
            if name.startswith("HTTP_") or name == "CONTENT_TYPE"
        }
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        event = make_event(environ["REQUEST_METHOD"], path, raw, query, headers)
        event["requestContext"]["authorizer"] = {"lambda": authorize(event, None)["context"]}
        answer = respond(event, FakeContext(), lambda: stores)
        status = answer["statusCode"]
        start_response(f"{status} {HTTPStatus(status).phrase}", list(answer["headers"].items()))
        return [answer["body"].encode()]

    return application


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_to_a_generated_request_is_documented(
    stores: Stores,
    mint: Callable[..., str],
    business: Business,
    ledger: Ledger,
    reviewed: Reconciliation,
    path: str,
    method: str,
) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", serve(stores))
    real_ids = {
        "ledger_id": ledger.id,
        "reconciliation_id": reviewed.id,
        "id": str(reviewed.number),
    }
    headers = {"authorization": f"Bearer {mint()}"}

    operation = schema[path][method]
    either = operation.as_strategy() | operation.as_strategy(generation_mode=NEGATIVE)

    @given(case=either, real=st.booleans())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def check(case: Case, real: bool) -> None:
        sent = dict(headers)
        if real:
            sent |= {"x-business-id": business.id, "teal-instance-id": business.id}
            for name in case.path_parameters or {}:
                case.path_parameters[name] = real_ids.get(name, case.path_parameters[name])
            if "client_account_id" in (case.query or {}):
                case.query["client_account_id"] = business.number
        response = case.call(headers=sent)
        case.validate_response(response, checks=CHECKS)

    check()
