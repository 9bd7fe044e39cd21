"""Mark a reconciliation failed, with a reason a user can act on."""

from __future__ import annotations

from typing import Any

from shared.application.failures import describe_failure
from shared.application.reconciliations import fail
from shared.runtime.clock import now
from shared.runtime.logging import logger
from shared.runtime.wiring import wire


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Record the failure that the workflow caught."""
    code, reason = describe_failure(str(event.get("error", "")), str(event.get("cause", "")))
    logger().error(
        "A reconciliation failed",
        extra={
            "reconciliation_id": event["reconciliation_id"],
            "error": event.get("error"),
            "cause": event.get("cause"),
        },
    )
    fail(
        wire(),
        event["business_id"],
        event["reconciliation_id"],
        code=code,
        reason=reason,
        now=now(),
        attempt=event["attempt"],
    )
    return {"code": code}
