"""The command line as a person mistypes it."""

from __future__ import annotations

import importlib

import pytest
from botocore.exceptions import NoCredentialsError

from cli.deploy import DeploymentOptions
from cli.main import COMMANDS, _module, main


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_how_it_is_used(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"usage: tieout {command}" in capsys.readouterr().out
    assert callable(_module(command).run)


def test_deploy_passes_what_was_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    deploy = importlib.import_module("cli.deploy")
    chosen: list[DeploymentOptions] = []
    monkeypatch.setattr(deploy, "deploy", chosen.append)
    given = ["deploy", "--stage", "production", "--alarm-email", "a@example.com", "--yes"]
    assert main(given) == 0
    assert chosen == [DeploymentOptions(stage="production", alarm_email="a@example.com", ask=False)]


def test_deploy_without_credentials_says_so_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy = importlib.import_module("cli.deploy")

    def refuse(_options: DeploymentOptions) -> None:
        raise NoCredentialsError

    monkeypatch.setattr(deploy, "deploy", refuse)
    assert main(["deploy"]) == 1
    assert "credentials" in capsys.readouterr().err


def test_an_unknown_command_is_refused() -> None:
    with pytest.raises(SystemExit) as ended:
        main(["nonsense"])
    assert ended.value.code == 2
