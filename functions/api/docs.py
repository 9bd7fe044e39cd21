"""Pages that need no token: the documentation, its OpenAPI source, and a sign of life."""

import functools
import json
from typing import Literal

from aws_lambda_powertools.event_handler import Response
from typing_extensions import TypedDict

from functions.api.answers import answer, documented
from functions.api.routing import new_router

router = new_router()

ROUTERS = (router,)


class Health(TypedDict):
    """A sign of life."""

    status: Literal["ok"]


@router.get("/health", summary="Sign of life", tags=["public"], responses=documented(200, Health))
def health() -> Response[str]:
    """Say that the function runs; it asks nothing of any store."""
    return answer(200, {"status": "ok"})


@router.get("/openapi.json", summary="This document", tags=["public"], include_in_schema=False)
def openapi() -> Response[str]:
    """Return the OpenAPI document."""
    return Response(status_code=200, content_type="application/json", body=_openapi_text())


@router.get("/docs", summary="Documentation", tags=["public"], include_in_schema=False)
def docs() -> Response[str]:
    """Return the documentation as one page that loads nothing else."""
    return Response(
        status_code=200,
        content_type="text/html; charset=utf-8",
        body=_page(),
        headers={"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"},
    )


@functools.cache
def _openapi_text() -> str:
    from functions.api.openapi import document  # noqa: PLC0415 - only these pages need it

    return json.dumps(document(), separators=(",", ":"))


@functools.cache
def _page() -> str:
    from functions.api.docs_page import render_page  # noqa: PLC0415 - only this page needs it
    from functions.api.openapi import document  # noqa: PLC0415 - only these pages need it

    return render_page(document())
