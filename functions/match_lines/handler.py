"""Match the lines of a reconciliation; the only function that carries the numeric packages."""

from __future__ import annotations

from typing import Any

from shared.application.matching import match_lines
from shared.runtime.wiring import wire


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Match, and return one descriptor for each shard of lines to persist."""
    shards = match_lines(wire(), event["business_id"], event["reconciliation_id"], event["attempt"])
    return {
        "shards": [
            {
                "business_id": event["business_id"],
                "reconciliation_id": event["reconciliation_id"],
                "attempt": event["attempt"],
                "shard": shard,
            }
            for shard in shards
        ]
    }
