"""A Lambda function of ours, with its role and its log group spelled out.

CDK's defaults would attach a managed policy that may write to every log group and would leave
the log group to be created on first use, kept for ever. Here each function may write to its
own group alone, and the group goes away with the stack unless the stage keeps data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Duration, RemovalPolicy, Size
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.acknowledgements import accept_finding

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from infra.configuration import Configuration


def create_log_group(
    scope: Construct, construct_id: str, configuration: Configuration
) -> logs.LogGroup:
    """Create a log group that is kept a month, or a year where data is kept."""
    return logs.LogGroup(
        scope,
        construct_id,
        retention=(
            logs.RetentionDays.ONE_YEAR
            if configuration.keeps_data
            else logs.RetentionDays.ONE_MONTH
        ),
        removal_policy=(
            RemovalPolicy.RETAIN if configuration.keeps_data else RemovalPolicy.DESTROY
        ),
    )


class PythonFunction(Construct):
    """One of the folders of ``functions/`` as a Lambda function.

    Args:
        name: The folder's name, such as ``parse_statement``.
        bundle: The code asset's folder, from :mod:`infra.bundling`.
        timeout_seconds: When Lambda kills an invocation.
        memory_mb: Memory, and with it the share of a processor.
        disk_mb: Room under ``/tmp``; 512 costs nothing.
        environment: Variables that say nothing of other resources; those come with the grants.
        purpose: One sentence for the console.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        bundle: Path,
        timeout_seconds: int,
        memory_mb: int,
        disk_mb: int = 512,
        environment: Mapping[str, str],
        purpose: str,
        configuration: Configuration,
    ) -> None:
        super().__init__(scope, construct_id)
        self.name = name
        self.timeout_seconds = timeout_seconds
        self.log_group = create_log_group(self, "Logs", configuration)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.log_group.grant_write(self.role)
        self.function = lambda_.Function(
            self,
            "Function",
            description=purpose,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"functions.{name}.handler.handler",
            code=lambda_.Code.from_asset(str(bundle)),
            memory_size=memory_mb,
            ephemeral_storage_size=Size.mebibytes(disk_mb),
            timeout=Duration.seconds(timeout_seconds),
            environment={**environment, "POWERTOOLS_SERVICE_NAME": name},
            role=self.role,
            log_group=self.log_group,
            logging_format=lambda_.LoggingFormat.JSON,
        )
        accept_finding(
            self.function,
            "AwsSolutions-L1",
            "python3.13 is what every dependency publishes arm64 wheels for; moving on is a "
            "change of its own, tested by the whole suite.",
        )

    def tell(self, variable: str, value: str) -> None:
        """Give the function the name of something it was granted."""
        self.function.add_environment(variable, value)
