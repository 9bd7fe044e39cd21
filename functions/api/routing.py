"""Routers, typed: Powertools' own constructor carries no annotations."""

from __future__ import annotations

from aws_lambda_powertools.event_handler.api_gateway import Router


def new_router() -> Router:
    """Return an empty router."""
    return Router()  # type: ignore[no-untyped-call]
