"""Teal's reconciliations."""

import datetime as dt
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path

from functions.api.answers import READ_ERRORS, answer, documented
from functions.api.calls import call_of
from functions.api.numbers import amount_of
from functions.api.routing import new_router
from functions.api.teal.schemas import TealReconciliation
from shared.application import review
from shared.application.reconciliations import get as get_reconciliation
from shared.errors import InvalidInput, NotFound
from shared.ids import read_id, short_of
from shared.reconciliation.balance import BalanceProof
from shared.reconciliation.model import Reconciliation

router = new_router()

PROVABLE = ("matched", "in_review", "completed")
"""Before its lines are matched a reconciliation proves nothing, whatever its balances."""

InstanceId = Annotated[
    str, Header(alias="teal-instance-id", description="The Teal instance ID: the business's id")
]


@router.get(
    "/reconciliations/<reconciliation_id>",
    summary="Fetch a Reconciliation",
    tags=["teal: reconciliations"],
    responses=documented(200, TealReconciliation, *READ_ERRORS),
)
def get(
    instance_id: InstanceId,
    reconciliation_id: Annotated[str, Path(description="The reconciliation ID")],
) -> Response[str]:
    """Return one reconciliation."""
    call = call_of(router)
    business = call.act_for(_instance(instance_id), "read")
    found = get_reconciliation(
        call.stores, business, read_id(reconciliation_id, "reconciliation", "")
    )
    return answer(200, _view(found, review.proof_of(call.stores, found)))


def _instance(text: str) -> str:
    try:
        return read_id(text, "instance", "")
    except NotFound:
        raise InvalidInput(
            "Give the business's id, as a UUID or in its 22-character form.",
            loc=("header", "teal-instance-id"),
            kind="id_parsing",
            value=text,
        ) from None


def _view(one: Reconciliation, proof: BalanceProof) -> dict[str, object]:
    reconciled = proof.proven and one.status in PROVABLE
    return {
        "id": short_of(one.id),
        "start_datetime": f"{one.period_start}T00:00:00Z",
        "end_datetime": f"{one.period_end}T23:59:59Z",
        "reconciled_balance": amount_of(proof.reconciled_minor, one.currency),
        "statement_ending_balance": amount_of(proof.closing_minor, one.currency),
        "reconciliation_status": "reconciled" if reconciled else "unreconciled",
        "progress_status": "completed" if one.status == "completed" else "in_progress",
        "ledger_id": short_of(one.ledger_id),
        "statement_starting_balance": None
        if one.opening_balance_minor is None
        else amount_of(one.opening_balance_minor, one.currency),
        "completed_on_datetime": f"{one.completed_at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
        if one.completed_at
        else None,
    }
