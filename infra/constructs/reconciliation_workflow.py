"""The reconcile workflow, from a stored statement to a locked reconciliation.

::

    Parse statement ─► Match lines ─► Persist matches ─► Prove balance ─► Await review
                                      (each shard)                             │
                                                          Decide on review ◄───┘
                                            complete │             │ cancel
                       Lock reconciliation ◄─ Clear entries        ▼
                                              (each shard)      Leave cancelled

    any error ─► Mark reconciliation failed ─► Stop as failed

States say what they need from the execution's own input and from the list of shards; results
of earlier steps are kept in the tables and buckets, not in the state, so its size does not grow
with the statement.

Every step is safe to repeat, so everything is retried except what cannot change by retrying: a
refusal by the domain. Step Functions compares the exception's own class name, not its parents,
so each one is listed; a test holds the list equal to the tree in ``shared/errors.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from infra.acknowledgements import accept_finding
from infra.constructs.function import PythonFunction, create_log_group

if TYPE_CHECKING:
    from infra.configuration import Configuration

REFUSALS = (
    "AlreadyMatched",
    "BrokenTotal",
    "Conflict",
    "Forbidden",
    "InvalidInput",
    "Locked",
    "NotFound",
    "NotProven",
    "NotReady",
    "PeriodTaken",
    "TooLarge",
    "Unauthenticated",
    "UnreadableStatement",
)
"""Names of the errors that running a step again cannot cure.

``IncompleteData`` and ``ChangedMeanwhile`` are left out: running again is their cure.
"""

SHARDS_AT_ONCE_MAX = 8
RETRIES_MAX = 4
RETRY_FIRST_SECONDS = 1
RETRY_LATEST_SECONDS = 30

REVIEW_SECONDS_MAX = 364 * 24 * 60 * 60
"""A person may take as long as an execution may live, which is a year."""

_RECONCILIATION = {
    "business_id": "{% $states.context.Execution.Input.business_id %}",
    "reconciliation_id": "{% $states.context.Execution.Input.reconciliation_id %}",
    "attempt": "{% $states.context.Execution.Input.attempt %}",
}


@dataclass(frozen=True, slots=True)
class WorkflowFunctions:
    """The functions behind the workflow's states, in the order they run."""

    parse_statement: PythonFunction
    match_lines: PythonFunction
    persist_matches: PythonFunction
    prove_balance: PythonFunction
    request_review: PythonFunction
    clear_entries: PythonFunction
    lock_reconciliation: PythonFunction
    fail_reconciliation: PythonFunction


def workflow_name(configuration: Configuration) -> str:
    """Return the workflow's name, known before it exists."""
    return f"{configuration.stack_name}-reconcile"


def workflow_arn(stack: Stack, configuration: Configuration) -> str:
    """Return the workflow's ARN without referring to the resource.

    The functions it calls also start it, and CloudFormation refuses the circle that a
    reference would close.
    """
    return stack.format_arn(
        service="states",
        resource="stateMachine",
        resource_name=workflow_name(configuration),
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )


class ReconciliationWorkflow(Construct):
    """The state machine; ``machine`` is what others grant on and watch."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        functions: WorkflowFunctions,
        configuration: Configuration,
    ) -> None:
        super().__init__(scope, construct_id)
        self._failed = self._mark_failed(functions.fail_reconciliation)
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=workflow_name(configuration),
            comment="From a stored statement to a locked reconciliation.",
            definition_body=sfn.DefinitionBody.from_chainable(self._definition(functions)),
            query_language=sfn.QueryLanguage.JSONATA,
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=create_log_group(self, "Logs", configuration),
                level=sfn.LogLevel.ALL,
                include_execution_data=False,
            ),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self._accept_findings(functions)

    def _definition(self, functions: WorkflowFunctions) -> sfn.IChainable:
        complete = self._each_shard("Clear entries", functions.clear_entries).next(
            self._step("Lock reconciliation", functions.lock_reconciliation)
        )
        decide = (
            sfn.Choice.jsonata(self, "Decide on review")
            .when(sfn.Condition.jsonata('{% $states.input.decision = "complete" %}'), complete)
            .otherwise(sfn.Succeed.jsonata(self, "Leave cancelled"))
        )
        return (
            self._step("Parse statement", functions.parse_statement)
            .next(
                self._step(
                    "Match lines",
                    functions.match_lines,
                    assign={"shards": "{% $states.result.Payload.shards %}"},
                )
            )
            .next(self._each_shard("Persist matches", functions.persist_matches))
            .next(self._step("Prove balance", functions.prove_balance))
            .next(self._await_review(functions.request_review))
            .next(decide)
        )

    def _step(
        self, name: str, function: PythonFunction, *, assign: dict[str, str] | None = None
    ) -> tasks.LambdaInvoke:
        step = tasks.LambdaInvoke.jsonata(
            self,
            name,
            lambda_function=function.function,
            payload=sfn.TaskInput.from_object(_RECONCILIATION),
            retry_on_service_exceptions=False,
            assign=assign,
            outputs={},
        )
        _retry(step)
        self._catch(step)
        return step

    def _each_shard(self, name: str, function: PythonFunction) -> sfn.Map:
        shards = sfn.Map.jsonata(
            self,
            name,
            items=sfn.ProvideItems.jsonata("{% $shards %}"),
            max_concurrency=SHARDS_AT_ONCE_MAX,
            outputs={},
        )
        one_shard = tasks.LambdaInvoke.jsonata(
            self,
            f"{name} of one shard",
            lambda_function=function.function,
            payload=sfn.TaskInput.from_text("{% $states.input %}"),
            retry_on_service_exceptions=False,
            outputs={},
        )
        _retry(one_shard)
        shards.item_processor(one_shard)
        self._catch(shards)
        return shards

    def _await_review(self, request_review: PythonFunction) -> tasks.LambdaInvoke:
        review = tasks.LambdaInvoke.jsonata(
            self,
            "Await review",
            lambda_function=request_review.function,
            integration_pattern=sfn.IntegrationPattern.WAIT_FOR_TASK_TOKEN,
            payload=sfn.TaskInput.from_object(
                {**_RECONCILIATION, "task_token": "{% $states.context.Task.Token %}"}
            ),
            task_timeout=sfn.Timeout.duration(Duration.seconds(REVIEW_SECONDS_MAX)),
            retry_on_service_exceptions=False,
            outputs={"decision": "{% $states.result.decision %}"},
        )
        _retry(review)
        self._catch(review)
        return review

    def _mark_failed(self, fail_reconciliation: PythonFunction) -> sfn.IChainable:
        mark = tasks.LambdaInvoke.jsonata(
            self,
            "Mark reconciliation failed",
            lambda_function=fail_reconciliation.function,
            payload=sfn.TaskInput.from_object(
                {
                    **_RECONCILIATION,
                    "error": "{% $states.input.error %}",
                    "cause": "{% $states.input.cause %}",
                }
            ),
            retry_on_service_exceptions=False,
            outputs="{% $states.input %}",
        )
        _retry(mark)
        return mark.next(
            sfn.Fail.jsonata(
                self,
                "Stop as failed",
                error="{% $states.input.error %}",
                cause="{% $states.input.cause %}",
            )
        )

    def _catch(self, state: tasks.LambdaInvoke | sfn.Map) -> None:
        state.add_catch(
            self._failed,
            errors=["States.ALL"],
            outputs={
                "error": "{% $states.errorOutput.Error %}",
                "cause": "{% $states.errorOutput.Cause & '' %}",
            },
        )

    def _accept_findings(self, functions: WorkflowFunctions) -> None:
        role = self.machine.role
        accept_finding(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            "X-Ray and CloudWatch Logs delivery actions take no resource; CDK grants the state "
            "machine nothing else with a wildcard.",
        )
        for name in WorkflowFunctions.__slots__:
            function = getattr(functions, name).function
            logical_id = function.stack.get_logical_id(function.node.default_child)
            accept_finding(
                role,
                f"AwsSolutions-IAM5[Resource::<{logical_id}.Arn>:*]",
                "CDK lets the state machine invoke any version of the function it was given.",
            )


def _retry(state: tasks.LambdaInvoke) -> None:
    """Never repeat a refusal; repeat anything else, spread out so that retries do not collide.

    ``States.ALL`` includes ``Lambda.TooManyRequestsException`` and a worker that died.
    """
    state.add_retry(errors=list(REFUSALS), max_attempts=0)
    state.add_retry(
        errors=["States.ALL"],
        interval=Duration.seconds(RETRY_FIRST_SECONDS),
        backoff_rate=2,
        max_delay=Duration.seconds(RETRY_LATEST_SECONDS),
        max_attempts=RETRIES_MAX,
        jitter_strategy=sfn.JitterType.FULL,
    )
