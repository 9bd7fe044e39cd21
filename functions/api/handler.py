"""Lambda entry point of the HTTP API."""

from __future__ import annotations

from typing import Any

from functions.api.app import respond
from shared.runtime.wiring import wire


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API event, payload 2.0."""
    return respond(event, context, wire)
