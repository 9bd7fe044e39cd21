"""From an object in the statements bucket to the parse_statement function.

EventBridge delivers at least once and retries for a day; what it cannot deliver, and what the
function fails on after Lambda's own two retries, lands in a queue that an alarm watches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda_destinations as destinations
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.acknowledgements import accept_finding
from infra.constructs.storage import STATEMENTS_PREFIX

if TYPE_CHECKING:
    from infra.constructs.function import PythonFunction
    from infra.constructs.storage import Storage


class Ingestion(Construct):
    """The rule that starts parsing, and the queues for what could not be parsed."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        storage: Storage,
        parse_statement: PythonFunction,
    ) -> None:
        super().__init__(scope, construct_id)
        self.undelivered = _dead_letter_queue(self, "Undelivered")
        self.unparsed = _dead_letter_queue(self, "Unparsed")
        parse_statement.function.configure_async_invoke(
            retry_attempts=2,
            max_event_age=Duration.hours(6),
            on_failure=destinations.SqsDestination(self.unparsed),
        )
        events.Rule(
            self,
            "StatementArrived",
            description="A bank statement was put into the statements bucket.",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [storage.statements_bucket.bucket_name]},
                    "object": {"key": [{"prefix": STATEMENTS_PREFIX}]},
                },
            ),
            targets=[
                targets.LambdaFunction(
                    parse_statement.function,
                    dead_letter_queue=self.undelivered,
                    max_event_age=Duration.hours(24),
                    retry_attempts=185,
                )
            ],
        )


def _dead_letter_queue(scope: Construct, construct_id: str) -> sqs.Queue:
    queue = sqs.Queue(
        scope,
        construct_id,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(14),
    )
    accept_finding(queue, "AwsSolutions-SQS3", "This is itself a dead-letter queue.")
    return queue
