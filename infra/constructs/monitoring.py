"""What is watched: anything here going off means that somebody's books wait for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.acknowledgements import accept_finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.configuration import Configuration
    from infra.constructs.api import Api
    from infra.constructs.function import PythonFunction
    from infra.constructs.ingestion import Ingestion
    from infra.constructs.reconciliation_workflow import ReconciliationWorkflow

_PERIOD = Duration.minutes(5)


class Monitoring(Construct):
    """Alarms on queues, workflow, functions and API, mailed when there is an address."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        api: Api,
        ingestion: Ingestion,
        workflow: ReconciliationWorkflow,
        functions: Sequence[PythonFunction],
        configuration: Configuration,
    ) -> None:
        super().__init__(scope, construct_id)
        self._topic = self._alarm_topic(configuration)
        for queue, what in (
            (ingestion.undelivered, "statement events that could not be delivered"),
            (ingestion.unparsed, "statements that could not be parsed"),
        ):
            self._alarm(
                f"{queue.node.id}Statements",
                queue.metric_approximate_number_of_messages_visible(
                    period=_PERIOD, statistic="Maximum"
                ),
                f"The queue holds {what}.",
            )
        machine = workflow.machine
        self._alarm(
            "WorkflowsFailed",
            machine.metric_failed(period=_PERIOD),
            "A reconciliation ended as failed; its page says why, and it can be retried.",
        )
        self._alarm(
            "WorkflowsTimedOut",
            machine.metric_timed_out(period=_PERIOD),
            "A reconciliation waited a year for its review.",
        )
        for function in functions:
            self._alarm(
                f"{function.node.id}Errors",
                function.function.metric_errors(period=_PERIOD),
                f"The {function.name} function failed.",
            )
            self._alarm(
                f"{function.node.id}Throttles",
                function.function.metric_throttles(period=_PERIOD),
                f"The {function.name} function was refused capacity.",
            )
        self._alarm(
            "ApiServerErrors",
            api.http_api.metric_server_error(period=_PERIOD, statistic="Sum"),
            "The API answered with a status of 500 or above.",
        )

    def _alarm_topic(self, configuration: Configuration) -> sns.Topic | None:
        if configuration.alarm_email is None:
            return None
        topic = sns.Topic(self, "Alarms", enforce_ssl=True)
        topic.add_subscription(subscriptions.EmailSubscription(configuration.alarm_email))
        accept_finding(
            topic,
            "AwsSolutions-SNS2",
            "Alarms name functions and counts, nothing of any business, and CloudWatch cannot "
            "publish to a topic encrypted with the AWS managed key.",
        )
        return topic

    def _alarm(self, construct_id: str, metric: cloudwatch.IMetric, meaning: str) -> None:
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            metric=metric,
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=meaning,
        )
        if self._topic is not None:
            alarm.add_alarm_action(actions.SnsAction(self._topic))
