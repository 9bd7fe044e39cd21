"""Take in a statement file: on its arrival in S3, or as the first step of a reconciliation."""

from __future__ import annotations

from typing import Any

from shared.application.reconciliations import prepare_lines, reconcile_drop
from shared.application.statements import take_in_drop
from shared.errors import InvalidInput
from shared.runtime.clock import now
from shared.runtime.logging import logger
from shared.runtime.wiring import wire


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Handle an EventBridge ``Object Created`` event or a task of the workflow.

    Both may be delivered any number of times. A refused file is recorded with its reason and is
    no error of this function: retrying cannot mend it.
    """
    if event.get("detail-type") == "Object Created":
        return _on_arrival(event["detail"]["object"]["key"])
    reconciliation = prepare_lines(
        wire(), event["business_id"], event["reconciliation_id"], now(), event["attempt"]
    )
    return {"spans": [[span.first, span.count] for span in reconciliation.spans]}


def _on_arrival(s3_key: str) -> dict[str, Any]:
    stores = wire()
    try:
        statement = take_in_drop(stores, s3_key, now())
    except InvalidInput as error:
        logger().warning("A dropped file was refused", extra={"key": s3_key, "reason": str(error)})
        return {"status": "refused", "reason": str(error)}
    if statement is None:
        logger().warning("A dropped file names no ledger of ours", extra={"key": s3_key})
        return {"status": "refused", "reason": "The key names no ledger of this deployment."}
    reconciliation = reconcile_drop(stores, statement, now())
    logger().info(
        "A statement arrived",
        extra={
            "statement_id": statement.id,
            "status": statement.status,
            "reason": statement.reason,
            "reconciliation_id": reconciliation.id if reconciliation else None,
        },
    )
    return {
        "status": statement.status,
        "reason": statement.reason,
        "reconciliation_id": reconciliation.id if reconciliation else None,
    }
