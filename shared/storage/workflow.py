"""The Step Functions workflow: start a run, and answer it when a person has decided."""

from __future__ import annotations

import functools
import json
from typing import Any, Literal

_ALREADY_STARTED = "ExecutionAlreadyExists"
_TOKEN_GONE = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})


@functools.cache
def _states() -> Any:
    import boto3  # noqa: PLC0415 - imported where used: it is most of a cold start

    return boto3.client("stepfunctions")


class Workflow:
    """Starts and answers runs of the reconcile workflow.

    Args:
        arn: The state machine's ARN.
    """

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def start(self, business_id: str, reconciliation_id: str, attempt: int) -> None:
        """Start the run of an attempt; starting the same attempt again changes nothing."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - as in _states

        try:
            _states().start_execution(
                stateMachineArn=self._arn,
                name=f"{reconciliation_id}-{attempt}",
                input=json.dumps(
                    {
                        "business_id": business_id,
                        "reconciliation_id": reconciliation_id,
                        "attempt": attempt,
                    }
                ),
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _ALREADY_STARTED:
                raise

    def answer(self, task_token: str, decision: Literal["complete", "cancel"]) -> bool:
        """Give a waiting run its decision; return whether a run was waiting for it."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - as in _states

        try:
            _states().send_task_success(
                taskToken=task_token, output=json.dumps({"decision": decision})
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _TOKEN_GONE:
                return False
            raise
        return True
