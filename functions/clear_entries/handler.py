"""Mark the entries of one shard's approved matches reconciled."""

from __future__ import annotations

from typing import Any

from shared.application.review import clear_entries
from shared.runtime.clock import now
from shared.runtime.wiring import wire


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Clear the shard and return what it clears in minor units."""
    cleared = clear_entries(
        wire(),
        event["business_id"],
        event["reconciliation_id"],
        event["shard"],
        now(),
        event["attempt"],
    )
    return {"cleared_minor": cleared}
