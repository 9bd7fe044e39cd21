"""Who may do what: tokens, scopes, businesses; the same in every dialect, each in its shape."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from api_client import Answer, Api, FakeContext, make_event

from functions.api.app import respond
from functions.authorizer import handler as authorizer
from functions.authorizer.handler import handler as authorize

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger
    from shared.reconciliation.model import Reconciliation

ONE_CALL_PER_DIALECT = [
    ("dayzero", "/api/v1/ledgers"),
    ("snapbooks", "/api/v2/reconciliations"),
    ("teal", "/v0/reconciliations/0198b1a2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"),
    ("aqnt", "/v1/bank-reconciliation/reconcile"),
]

AQNT_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    409: "conflict_error",
    422: "validation_error",
    500: "api_error",
}


def check_shape(dialect: str, answer: Answer, status: int) -> dict[str, Any]:
    """Check that an error is in the dialect's own shape, with a request id, and return it."""
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["x-request-id"]
    body: dict[str, Any] = answer.json()
    if dialect == "aqnt":
        assert set(body) == {"error"}
        assert set(body["error"]) == {
            "type", "code", "message", "details", "request_id", "timestamp",
        }  # fmt: skip
        assert body["error"]["type"] == AQNT_TYPES[status]
        assert body["error"]["request_id"] == answer.headers["x-request-id"]
        dt.datetime.fromisoformat(body["error"]["timestamp"])
    elif dialect == "snapbooks":
        assert set(body) <= {"message", "errors"}
        assert isinstance(body["message"], str)
    elif status == 422:
        assert set(body) == {"detail"}
        for one in body["detail"]:
            assert {"loc", "msg", "type", "input"} <= set(one) <= {
                "loc", "msg", "type", "input", "ctx",
            }  # fmt: skip
    else:
        assert set(body) == {"detail"}
        assert isinstance(body["detail"], str)
    return body


@pytest.mark.parametrize(("dialect", "path"), ONE_CALL_PER_DIALECT)
@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "missing_api_key"),
        ("Bearer nonsense", "invalid_api_key"),
        ("Basic abc", "invalid_api_key"),
        ("Bearer tieout_0123456789abcdef_" + "a" * 43, "invalid_api_key"),
    ],
)
def test_without_a_known_token_every_dialect_answers_its_own_401(
    stores: Stores, dialect: str, path: str, header: str | None, code: str
) -> None:
    anonymous = Api(lambda: stores, None)
    headers = {} if header is None else {"authorization": header}
    answer = anonymous.call("GET", path, headers=headers)
    body = check_shape(dialect, answer, 401)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    if dialect == "aqnt":
        assert body["error"]["code"] == code


@pytest.mark.parametrize(("dialect", "path"), ONE_CALL_PER_DIALECT)
def test_an_expired_token_is_401(
    stores: Stores, mint: Callable[..., str], dialect: str, path: str
) -> None:
    old = mint(days=1, now=dt.datetime.now(dt.UTC) - dt.timedelta(days=2))
    body = check_shape(dialect, Api(lambda: stores, old).get(path), 401)
    assert "expired" in str(body)


def test_a_revoked_token_is_401(stores: Stores, mint: Callable[..., str]) -> None:
    token = mint()
    stores.tokens.revoke(token.split("_")[1], dt.datetime.now(dt.UTC))
    answer = Api(lambda: stores, token).get("/v1/bank-reconciliation/reconcile")
    assert answer.json()["error"]["code"] == "key_revoked"


def test_the_authorizer_always_lets_pass_and_says_who_calls(
    stores: Stores, mint: Callable[..., str], business: Business
) -> None:
    assert stores
    answer = authorize({"headers": {"Authorization": f"Bearer {mint('read')}"}}, None)
    assert answer["isAuthorized"] is True
    context = answer["context"]
    assert all(isinstance(value, str) for value in context.values())
    assert json.loads(context["business_ids"]) == [business.id]
    assert json.loads(context["scopes"]) == ["read"]
    nobody = authorize({}, None)
    assert nobody["isAuthorized"] is True
    assert nobody["context"]["error"] == "missing_api_key"
    assert "token_id" not in nobody["context"]


def test_a_failing_token_store_lets_nobody_in(
    stores: Stores, mint: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    token = mint()

    def broken() -> Stores:
        raise ConnectionError("arn:aws:dynamodb is down")

    monkeypatch.setattr(authorizer, "wire", broken)
    answer = authorize({"headers": {"authorization": f"Bearer {token}"}}, None)
    assert answer == {
        "isAuthorized": True,
        "context": {
            "error": "authorizer_unavailable",
            "message": "The token could not be looked up.",
        },
    }
    response = Api(lambda: stores, token).get("/api/v1/ledgers")
    assert response.status == 503
    assert "arn:" not in response.text


def test_a_route_without_authorizer_serves_nobody(stores: Stores, business: Business) -> None:
    event = make_event("GET", "/api/v1/ledgers", None, {}, {"x-business-id": business.id})
    assert respond(event, FakeContext(), lambda: stores)["statusCode"] == 401


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("write", "GET", "/api/v1/ledgers"),
        ("read", "POST", "/api/v1/ledgers"),
        ("write", "POST", "/api/v1/reconciliations/x/matches/approve"),
        ("write", "POST", "/api/v1/reconciliations/x/matches/reject"),
        ("write", "POST", "/api/v1/reconciliations/x/complete"),
        ("read", "POST", "/api/v1/reconciliations/x/retry"),
        ("write", "DELETE", "/api/v1/reconciliations/x"),
        ("write", "DELETE", "/api/v2/reconciliations/1"),
        ("write", "GET", "/v0/reconciliations/x"),
        ("write", "GET", "/v1/bank-reconciliation/reconcile"),
        ("read", "POST", "/v1/bank-reconciliation/reconcile"),
        ("read", "POST", "/v1/bank-reconciliation/import"),
    ],
)
def test_a_token_without_the_scope_is_403(
    client: Callable[..., Api], business: Business, scope: str, method: str, path: str
) -> None:
    api = client(scope)
    id_ = "0198b1a2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"
    bodies = {
        "ledgers": {"name": "x"},
        "approve": {"statement_txn_id": id_, "ledger_txn_ids": [id_]},
        "reject": {"statement_txn_id": id_},
        "reconcile": {"account_id": id_, "start_date": "2026-01-01", "end_date": "2026-01-31"},
    }
    answer = api.call(
        method,
        path,
        body=bodies.get(path.rpartition("/")[2]) if method == "POST" else None,
        headers={"x-business-id": business.id, "teal-instance-id": business.id},
    )
    assert answer.status == 403
    assert scope in answer.text


def test_an_admin_token_may_do_everything(client: Callable[..., Api], business: Business) -> None:
    api = client("admin")
    api.headers["x-business-id"] = business.id
    assert api.post("/api/v1/ledgers", {"name": "Savings"}).status == 201


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 422),
        ({"x-business-id": "nonsense"}, 422),
        ({"x-business-id": "0198b1a2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"}, 403),
    ],
)
def test_the_business_header_is_required_and_must_be_the_tokens(
    api: Api, headers: dict[str, str], status: int
) -> None:
    answer = api.call("GET", "/api/v1/ledgers", headers=headers)
    body = check_shape("dayzero", answer, status)
    if status == 422:
        assert body["detail"][0]["loc"] == ["header", "x-business-id"]


def test_what_another_business_owns_is_404_everywhere(
    client: Callable[..., Api],
    other_business: Business,
    reviewed: Reconciliation,
    ledger: Ledger,
) -> None:
    stranger = client(businesses=(other_business,))
    stranger.headers |= {"x-business-id": other_business.id, "teal-instance-id": other_business.id}
    line = "0198b1a2-7c3d-7e4f-8a5b-6c7d8e9f0a1b"
    for method, path, body in [
        ("GET", f"/api/v1/ledgers/{ledger.id}", None),
        ("GET", f"/api/v1/reconciliations/{reviewed.id}", None),
        ("GET", f"/api/v1/reconciliations/{reviewed.id}/matches", None),
        ("GET", f"/api/v1/reconciliations/{reviewed.id}/balance", None),
        ("POST", f"/api/v1/reconciliations/{reviewed.id}/complete", None),
        ("POST", f"/api/v1/reconciliations/{reviewed.id}/retry", None),
        (
            "POST",
            f"/api/v1/reconciliations/{reviewed.id}/matches/reject",
            {"statement_txn_id": line},
        ),
        ("DELETE", f"/api/v1/reconciliations/{reviewed.id}", None),
        ("GET", f"/v0/reconciliations/{reviewed.id}", None),
        ("GET", f"/v1/bank-reconciliation/reconcile/{reviewed.id}", None),
        ("DELETE", f"/api/v2/reconciliations/{reviewed.number}", None),
    ]:
        answer = stranger.call(method, path, body=body)
        assert (answer.status, method, path) == (404, method, path)
        dialect = {"/v0": "teal", "/v1": "aqnt", "/api/v2": "snapbooks"}
        name = next((one for prefix, one in dialect.items() if path.startswith(prefix)), "dayzero")
        check_shape(name, answer, 404)


@pytest.mark.parametrize(
    ("dialect", "path"),
    [
        ("dayzero", "/api/v1/nothing"),
        ("dayzero", "/api/v1/ledgers/"),
        ("snapbooks", "/api/v2/nothing"),
        ("teal", "/v0/nothing"),
        ("aqnt", "/v1/bank-reconciliation/nothing"),
        ("aqnt", "/v1/elsewhere"),
    ],
)
def test_an_unknown_path_is_404_in_the_dialects_shape(api: Api, dialect: str, path: str) -> None:
    check_shape(dialect, api.get(path), 404)


@pytest.mark.parametrize(
    ("dialect", "method", "path", "allowed"),
    [
        ("dayzero", "PUT", "/api/v1/ledgers", "GET, POST"),
        ("snapbooks", "POST", "/api/v2/reconciliations", "GET"),
        ("teal", "DELETE", "/v0/reconciliations/x", "GET"),
        ("aqnt", "PATCH", "/v1/bank-reconciliation/reconcile", "GET, POST"),
    ],
)
def test_a_wrong_method_is_405_and_names_the_right_ones(
    api: Api, dialect: str, method: str, path: str, allowed: str
) -> None:
    answer = api.call(method, path)
    check_shape(dialect, answer, 405)
    assert answer.headers["Allow"] == allowed


@pytest.mark.parametrize(("dialect", "path"), ONE_CALL_PER_DIALECT)
def test_a_failure_of_ours_is_500_with_nothing_internal_in_it(
    api: Api, business: Business, dialect: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Stores:
        raise RuntimeError("An error occurred (AccessDenied) on arn:aws:dynamodb:secret-table")

    api.find_stores = broken
    answer = api.call(
        "GET",
        path,
        query={"client_account_id": business.number},
        headers={"x-business-id": business.id, "teal-instance-id": business.id},
    )
    check_shape(dialect, answer, 500)
    assert "arn:" not in answer.text
    assert "Traceback" not in answer.text
    (logged,) = caplog.records
    assert vars(logged)["request_id"] == answer.headers["x-request-id"]
    assert logged.exc_info is not None
