"""Deploy the stack into the AWS account that this shell has credentials for."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from cli.toolchain import Toolchain, ToolMissing

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

BOOTSTRAP_VERSION_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
"""Where ``cdk bootstrap`` records what it created (CDK guide, bootstrapping)."""


FAILED = 1


@dataclass(frozen=True, slots=True)
class DeploymentOptions:
    """What the person deploying chooses; absent choices are the app's own.

    Args:
        stage: ``development`` or ``production``; production keeps data.
        stack_name: CloudFormation's name for the stack.
        kms_key_arn: A customer key for tables and buckets.
        alarm_email: Where alarms are mailed.
        ask: Whether to show changes of permissions and wait for a yes.
    """

    stage: str = "development"
    stack_name: str = "Tieout"
    kms_key_arn: str | None = None
    alarm_email: str | None = None
    ask: bool = True

    def context_arguments(self) -> list[str]:
        """Return the choices as arguments of the CDK command line."""
        chosen = {
            "stage": self.stage,
            "stack_name": self.stack_name,
            "kms_key_arn": self.kms_key_arn,
            "alarm_email": self.alarm_email,
        }
        return [
            argument
            for name, value in chosen.items()
            if value is not None
            for argument in ("--context", f"{name}={value}")
        ]


class ParameterStore(Protocol):
    """The one call of SSM's that is made."""

    exceptions: Any

    def get_parameter(self, *, Name: str) -> dict[str, Any]:  # noqa: N803 - SSM's own name
        """Read a parameter."""


def is_bootstrapped(parameters: ParameterStore) -> bool:
    """Whether the account has what the CDK needs in this region."""
    try:
        parameters.get_parameter(Name=BOOTSTRAP_VERSION_PARAMETER)
    except parameters.exceptions.ParameterNotFound:
        return False
    return True


def deployment_commands(
    toolchain: Toolchain, options: DeploymentOptions, *, bootstrapped: bool
) -> list[list[str]]:
    """Return the commands to run, in order."""
    context = options.context_arguments()
    commands = [] if bootstrapped else [toolchain.cdk_command("bootstrap", *context)]
    commands.append(
        toolchain.cdk_command(
            "deploy",
            options.stack_name,
            *context,
            "--require-approval",
            "broadening" if options.ask else "never",
        )
    )
    return commands


def deploy(
    options: DeploymentOptions,
    *,
    toolchain: Toolchain | None = None,
    parameters: ParameterStore | None = None,
    run: Callable[..., Any] = subprocess.run,
) -> None:
    """Bootstrap if needed, then deploy; CDK prints the outputs at the end.

    Raises:
        CalledProcessError: A command failed; CDK has said why.
    """
    toolchain = toolchain or Toolchain.find()
    if parameters is None:
        import boto3  # noqa: PLC0415 - slow, and only this command needs it

        parameters = boto3.client("ssm")
    for command in deployment_commands(
        toolchain, options, bootstrapped=is_bootstrapped(parameters)
    ):
        run(
            command,
            cwd=toolchain.project,
            env=toolchain.environment(os.environ),
            check=True,
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--stage",
        choices=("development", "production"),
        default="development",
        help="production keeps data when the stack is deleted (development)",
    )
    parser.add_argument("--stack-name", default="Tieout", help="CloudFormation's name for it")
    parser.add_argument("--kms-key-arn", help="a customer key for tables and buckets")
    parser.add_argument("--alarm-email", help="where alarms are mailed")
    parser.add_argument(
        "--yes", action="store_true", help="do not ask before permissions are broadened"
    )


def run(arguments: argparse.Namespace) -> int:
    """Deploy with the credentials of this shell."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as in deploy

    options = DeploymentOptions(
        stage=arguments.stage,
        stack_name=arguments.stack_name,
        kms_key_arn=arguments.kms_key_arn,
        alarm_email=arguments.alarm_email,
        ask=not arguments.yes,
    )
    try:
        deploy(options)
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    except (BotoCoreError, ClientError, ToolMissing) as error:
        print(f"tieout deploy: {error}", file=sys.stderr)
        return FAILED
    return 0
