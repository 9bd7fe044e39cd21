"""Persist one shard of a matching: claims that make double use impossible."""

from __future__ import annotations

from typing import Any

from shared.application.matching import persist_matches
from shared.runtime.clock import now
from shared.runtime.wiring import wire


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Persist the shard and return how many of its matches stand."""
    stand = persist_matches(
        wire(),
        event["business_id"],
        event["reconciliation_id"],
        event["shard"],
        now(),
        event["attempt"],
    )
    return {"matches": stand}
