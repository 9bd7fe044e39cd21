"""Count what the matching brought, on which the balance proof stands."""

from __future__ import annotations

from typing import Any

from shared.application.matching import record_progress
from shared.reconciliation.balance import prove_balance
from shared.runtime.clock import now
from shared.runtime.wiring import wire


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Record the counts and return the proof as it stands."""
    found = record_progress(
        wire(), event["business_id"], event["reconciliation_id"], now(), event["attempt"]
    )
    proof = prove_balance(found)
    return {
        "difference_minor": proof.difference_minor,
        "proven": proof.proven,
        "findings": list(proof.findings),
    }
