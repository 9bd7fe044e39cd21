from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cli.deploy import DeploymentOptions, deploy, deployment_commands, is_bootstrapped
from cli.toolchain import Toolchain


class Parameters:
    """Stands in for SSM: either the CDK's parameter is there or it is not."""

    class exceptions:  # noqa: N801 - boto3's own name
        class ParameterNotFound(Exception):
            pass

    def __init__(self, *, there: bool) -> None:
        self._there = there
        self.asked: list[str] = []

    def get_parameter(self, *, Name: str) -> dict[str, Any]:  # noqa: N803 - boto3's own name
        self.asked.append(Name)
        if not self._there:
            raise self.exceptions.ParameterNotFound
        return {}


@pytest.fixture
def toolchain() -> Toolchain:
    return Toolchain(project=Path("/project"), node=Path("/node"), cdk=Path("/cdk"))


def test_a_bootstrapped_account_is_only_deployed_to(toolchain: Toolchain) -> None:
    (command,) = deployment_commands(toolchain, DeploymentOptions(), bootstrapped=True)
    assert command[:4] == ["/node", "/cdk", "deploy", "Tieout"]
    assert command[command.index("--require-approval") + 1] == "broadening"


def test_a_new_account_is_bootstrapped_first(toolchain: Toolchain) -> None:
    commands = deployment_commands(toolchain, DeploymentOptions(), bootstrapped=False)
    assert [command[2] for command in commands] == ["bootstrap", "deploy"]


def test_choices_become_context(toolchain: Toolchain) -> None:
    options = DeploymentOptions(
        stage="production", stack_name="Books", alarm_email="books@example.com", ask=False
    )
    (command,) = deployment_commands(toolchain, options, bootstrapped=True)
    text = " ".join(command)
    assert "deploy Books" in text
    assert "--context stage=production" in text
    assert "--context alarm_email=books@example.com" in text
    assert "kms_key_arn" not in text
    assert "--require-approval never" in text


@pytest.mark.parametrize("there", [True, False])
def test_bootstrapping_is_looked_up(*, there: bool) -> None:
    parameters = Parameters(there=there)
    assert is_bootstrapped(parameters) is there
    assert parameters.asked == ["/cdk-bootstrap/hnb659fds/version"]


def test_deploying_runs_in_the_project_with_this_shells_credentials(
    toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "books")
    ran: list[dict[str, Any]] = []
    deploy(
        DeploymentOptions(),
        toolchain=toolchain,
        parameters=Parameters(there=True),
        run=lambda command, **options: ran.append({"command": command, **options}),
    )
    (only,) = ran
    assert only["cwd"] == Path("/project")
    assert only["env"]["AWS_PROFILE"] == "books"
    assert only["env"]["JSII_NODE"] == "/node"
    assert only["check"] is True
