"""``Idempotency-Key``: the first response again, whatever the client sends twice.

Powertools' records do the work. A record belongs to one token, business, method, path and key;
its fingerprint is the query and the body, where a form counts by its fields and files, since
its boundary differs with every try. Failures of ours (5xx) are not kept.
"""

from __future__ import annotations

import functools
import hashlib
import json
from typing import TYPE_CHECKING, Any

from functions.api.errors import IdempotencyKeyBusy, IdempotencyKeyReused
from functions.api.multipart import Form, read_form
from shared.errors import TieoutError
from shared.runtime.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_lambda_powertools.utilities.idempotency import (
        DynamoDBPersistenceLayer,
        IdempotencyConfig,
    )

    from functions.api.calls import Call

METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})

KEPT_SECONDS = 24 * 3600
"""A day: longer than any client retries, and what payment APIs have made usual."""

SERVER_ERROR = 500

_BUSINESS_HEADERS = ("x-business-id", "teal-instance-id")


class _NotKept(Exception):
    def __init__(self, response: dict[str, Any]) -> None:
        super().__init__()
        self.response = response


def answer_once(
    call: Call, event: Mapping[str, Any], context: Any, answer: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Return the response to a request with an idempotency key.

    Args:
        call: The request; its caller is known.
        event: The normalised API Gateway event.
        context: Lambda's context: a record expires with the invocation that died over it.
        answer: Makes the response, if this is the first time.

    Raises:
        IdempotencyKeyReused: The key was used with another body or query.
        IdempotencyKeyBusy: The first request is still being answered.
    """
    # Imported here: only requests with a key need it, and it brings boto3.
    from aws_lambda_powertools.utilities.idempotency import (  # noqa: PLC0415
        exceptions,
        idempotent_function,
    )

    def respond(*, request: dict[str, str]) -> dict[str, Any]:  # noqa: ARG001 - hashed by Powertools
        response = answer()
        if response["statusCode"] >= SERVER_ERROR:
            raise _NotKept(response)
        return response

    store, config = _store()
    config.register_lambda_context(context)
    once = idempotent_function(
        respond,
        data_keyword_argument="request",
        persistence_store=store,
        config=config,
        key_prefix="api",
    )
    try:
        response: dict[str, Any] = once(
            request={"scope": _scope(call, event), "fingerprint": _fingerprint(event)}
        )
    except _NotKept as not_kept:
        return not_kept.response
    except exceptions.IdempotencyValidationError:
        raise IdempotencyKeyReused(
            "This Idempotency-Key was used with another request: use a new key for a new request."
        ) from None
    except (
        exceptions.IdempotencyAlreadyInProgressError,
        exceptions.IdempotencyInconsistentStateError,
    ):
        raise IdempotencyKeyBusy(
            "The first request with this Idempotency-Key is still being answered: try again soon."
        ) from None
    return response


@functools.cache
def _store() -> tuple[DynamoDBPersistenceLayer, IdempotencyConfig]:
    from aws_lambda_powertools.utilities.idempotency import (  # noqa: PLC0415
        DynamoDBPersistenceLayer,
        IdempotencyConfig,
    )

    config = IdempotencyConfig(
        event_key_jmespath="scope",
        payload_validation_jmespath="fingerprint",
        raise_on_no_idempotency_key=True,
        expires_after_seconds=KEPT_SECONDS,
        hash_function="sha256",
    )
    return DynamoDBPersistenceLayer(Settings.from_environment().idempotency_table), config


def _scope(call: Call, event: Mapping[str, Any]) -> str:
    method = event["requestContext"]["http"]["method"]
    business = [event["headers"].get(name, "").lower() for name in _BUSINESS_HEADERS]
    business.append((event.get("queryStringParameters") or {}).get("client_account_id", ""))
    return json.dumps(
        [call.principal.token_id, *business, method, event["rawPath"], call.idempotency_key]
    )


def _fingerprint(event: Mapping[str, Any]) -> str:
    digest = hashlib.sha256((event.get("rawQueryString") or "").encode())
    try:
        parts = _form_parts(read_form(event)) if _is_form(event) else [event.get("body") or ""]
    except TieoutError:
        parts = [event.get("body") or ""]
    for part in parts:
        raw = part if isinstance(part, bytes) else part.encode()
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()


def _is_form(event: Mapping[str, Any]) -> bool:
    return str(event["headers"].get("content-type", "")).lower().startswith("multipart/")


def _form_parts(form: Form) -> list[str | bytes]:
    parts: list[str | bytes] = []
    for name, value in sorted(form.fields.items()):
        parts += [name, value]
    for name, upload in sorted(form.files.items()):
        parts += [name, upload.filename, upload.data]
    return parts
