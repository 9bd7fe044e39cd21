"""The stack: creates each part and says who may touch what.

Read it from top to bottom: storage, functions, workflow, doors (API and S3), alarms, outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import CfnOutput, Stack, Tags
from aws_cdk import aws_stepfunctions as sfn

from infra.bundling import Bundler, DependencySet, Platform
from infra.constructs.api import Api
from infra.constructs.function import PythonFunction
from infra.constructs.ingestion import Ingestion
from infra.constructs.monitoring import Monitoring
from infra.constructs.reconciliation_workflow import (
    ReconciliationWorkflow,
    WorkflowFunctions,
    workflow_arn,
)
from infra.constructs.storage import Storage

if TYPE_CHECKING:
    from pathlib import Path

    from constructs import Construct

    from infra.configuration import Configuration

API_SECONDS_MAX = 29
"""API Gateway gives up after 30 seconds; the function must be able to answer before."""

PARSE_SECONDS_MAX = 15 * 60
"""As long as Lambda lets a function run. Reading a file twice takes 2 minutes at most; the rest is
for storing lines, at about a millisecond each. A run that is killed is carried on by the next."""

PARSE_MEMORY_MB = 2048
"""A whole processor (1,769 MB) and a bit, for the threads that write lines. Text formats need
below 150 MB whatever their size; a workbook at the limit of what is read needs up to a gigabyte."""

PARSE_DISK_MB = 1024
"""A ZIP archive and the workbook in it must both be read out of order: 256 MB each at most."""


class TieoutStack(Stack):
    """Everything Tieout is in one AWS account and region.

    Args:
        configuration: The choices of this deployment.
        project: The folder that holds the code to deploy.
    """

    def __init__(self, scope: Construct, configuration: Configuration, project: Path) -> None:
        super().__init__(
            scope,
            configuration.stack_name,
            description="Tieout: proves that the books agree with the bank.",
            termination_protection=configuration.keeps_data,
        )
        Tags.of(self).add("application", "tieout")
        Tags.of(self).add("stage", configuration.stage)
        self._configuration = configuration
        self._bundler = Bundler(
            project, Platform.EMULATOR if configuration.local else Platform.LAMBDA
        )
        self._storage = Storage(self, "Storage", configuration)
        self._functions: list[PythonFunction] = []

        api, authorizer = self._api_functions()
        steps = self._workflow_functions()
        workflow = ReconciliationWorkflow(
            self, "Reconciliation", functions=steps, configuration=configuration
        )
        workflow.machine.grant_start_execution(api.role)
        workflow.machine.grant_task_response(api.role)
        by_name = workflow_arn(self, configuration)
        sfn.StateMachine.from_state_machine_arn(
            self, "WorkflowByName", by_name
        ).grant_start_execution(steps.parse_statement.role)
        for starter in (api, steps.parse_statement):
            starter.tell("TIEOUT_WORKFLOW_ARN", by_name)

        ingestion = Ingestion(
            self, "Ingestion", storage=self._storage, parse_statement=steps.parse_statement
        )
        http = Api(self, "Http", api=api, authorizer=authorizer, configuration=configuration)
        Monitoring(
            self,
            "Monitoring",
            api=http,
            ingestion=ingestion,
            workflow=workflow,
            functions=self._functions,
            configuration=configuration,
        )
        self._outputs(http, workflow)

    def _api_functions(self) -> tuple[PythonFunction, PythonFunction]:
        store = self._storage
        api = self._function(
            "Api",
            "api",
            purpose="Answers every HTTP request.",
            timeout_seconds=API_SECONDS_MAX,
            memory_mb=1024,
            # An uploaded workbook or PDF is refused or taken at once, as any other statement is.
            dependencies=DependencySet.STATEMENTS,
        )
        store.books.grant_read_write(api)
        store.reconciliations.grant_read_write(api)
        store.idempotency.grant_read_write(api)
        store.statements.grant_read_write(api)
        store.lines.grant_write(api)
        # A completion whose run is gone is finished by the api function itself.
        store.reports.grant_read_write(api)

        authorizer = self._function(
            "Authorizer",
            "authorizer",
            purpose="Says who a request comes from.",
            timeout_seconds=10,
            memory_mb=512,
        )
        store.tokens.grant_read(authorizer)
        return api, authorizer

    def _workflow_functions(self) -> WorkflowFunctions:
        store = self._storage
        parse_statement = self._function(
            "ParseStatement",
            "parse_statement",
            purpose="Turns a bank's file into a statement and starts its reconciliation.",
            timeout_seconds=PARSE_SECONDS_MAX,
            memory_mb=PARSE_MEMORY_MB,
            disk_mb=PARSE_DISK_MB,
            dependencies=DependencySet.STATEMENTS,
        )
        store.books.grant_read_write(parse_statement)
        store.reconciliations.grant_read_write(parse_statement)
        store.statements.grant_read(parse_statement)
        store.lines.grant_write(parse_statement)

        match_lines = self._function(
            "MatchLines",
            "match_lines",
            purpose="Finds which book entries explain each bank line.",
            timeout_seconds=10 * 60,
            memory_mb=3008,
            dependencies=DependencySet.MATCHING,
        )
        store.books.grant_read(match_lines)
        store.reconciliations.grant_read_write(match_lines)
        store.work.grant_read_write(match_lines)

        persist_matches = self._function(
            "PersistMatches", "persist_matches", purpose="Claims lines and entries for matches."
        )
        store.books.grant_read_write(persist_matches)
        store.reconciliations.grant_read_write(persist_matches)
        store.work.grant_read(persist_matches)

        prove_balance = self._function(
            "ProveBalance", "prove_balance", purpose="Proves the closing balance or says why not."
        )
        store.books.grant_read(prove_balance)
        store.reconciliations.grant_read_write(prove_balance)

        request_review = self._function(
            "RequestReview", "request_review", purpose="Keeps the token that review answers with."
        )
        store.reconciliations.grant_read_write(request_review)

        clear_entries = self._function(
            "ClearEntries", "clear_entries", purpose="Marks matched book entries as cleared."
        )
        store.books.grant_read_write(clear_entries)
        store.reconciliations.grant_read(clear_entries)

        lock_reconciliation = self._function(
            "LockReconciliation",
            "lock_reconciliation",
            purpose="Locks the period and keeps the evidence.",
        )
        store.books.grant_read_write(lock_reconciliation)
        store.reconciliations.grant_read_write(lock_reconciliation)
        store.reports.grant_write(lock_reconciliation)

        fail_reconciliation = self._function(
            "FailReconciliation",
            "fail_reconciliation",
            purpose="Writes down why a reconciliation failed.",
            timeout_seconds=15 * 60,
            memory_mb=1024,
        )
        store.reconciliations.grant_read_write(fail_reconciliation)
        store.books.grant_read_write(fail_reconciliation)

        return WorkflowFunctions(
            parse_statement=parse_statement,
            match_lines=match_lines,
            persist_matches=persist_matches,
            prove_balance=prove_balance,
            request_review=request_review,
            clear_entries=clear_entries,
            lock_reconciliation=lock_reconciliation,
            fail_reconciliation=fail_reconciliation,
        )

    def _function(
        self,
        construct_id: str,
        name: str,
        *,
        purpose: str,
        timeout_seconds: int = 5 * 60,
        memory_mb: int = 1024,
        disk_mb: int = 512,
        dependencies: DependencySet = DependencySet.BASE,
    ) -> PythonFunction:
        function = PythonFunction(
            self,
            construct_id,
            name=name,
            bundle=self._bundler.bundle(dependencies),
            timeout_seconds=timeout_seconds,
            memory_mb=memory_mb,
            disk_mb=disk_mb,
            environment={
                "TIEOUT_STAGE": self._configuration.stage,
                "POWERTOOLS_LOG_LEVEL": "INFO",
            },
            purpose=purpose,
            configuration=self._configuration,
        )
        self._functions.append(function)
        return function

    def _outputs(self, http: Api, workflow: ReconciliationWorkflow) -> None:
        store = self._storage
        for name, value in {
            "ApiUrl": http.http_api.api_endpoint,
            "ApiId": http.http_api.api_id,
            "StatementsBucket": store.statements_bucket.bucket_name,
            "RecordsBucket": store.records_bucket.bucket_name,
            "BooksTable": store.books.table.table_name,
            "ReconciliationsTable": store.reconciliations.table.table_name,
            "IdempotencyTable": store.idempotency.table.table_name,
            "TokensTable": store.tokens.table.table_name,
            "WorkflowArn": workflow.machine.state_machine_arn,
        }.items():
            CfnOutput(self, name, value=value)
