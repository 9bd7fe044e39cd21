"""Hand a matched reconciliation to people; the workflow waits for their decision."""

from __future__ import annotations

from typing import Any

from shared.application.matching import await_review
from shared.runtime.clock import now
from shared.runtime.wiring import wire


def handler(event: dict[str, Any], _context: Any) -> None:
    """Keep the task token with which the decision is given."""
    await_review(
        wire(),
        event["business_id"],
        event["reconciliation_id"],
        event["task_token"],
        now(),
        event["attempt"],
    )
