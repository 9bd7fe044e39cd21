"""Lock a reconciliation whose entries are cleared, and roll its ledger forward."""

from __future__ import annotations

from typing import Any

from shared.application.review import lock
from shared.runtime.clock import now
from shared.runtime.wiring import wire


def handler(event: dict[str, Any], _context: Any) -> None:
    """Lock it."""
    lock(wire(), event["business_id"], event["reconciliation_id"], now(), event["attempt"])
