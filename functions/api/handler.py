"""Lambda entry point of the HTTP API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from functions.api.app import respond

if TYPE_CHECKING:
    from shared.application.stores import Stores


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one HTTP API event, payload 2.0."""
    return respond(event, context, _stores)


def _stores() -> Stores:
    # Imported here: the documentation, health checks and refused tokens need no database.
    from shared.runtime.wiring import wire  # noqa: PLC0415

    return wire()
