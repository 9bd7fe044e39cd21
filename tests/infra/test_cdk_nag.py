"""The stack is clean by cdk-nag's AwsSolutions rules, and nothing is accepted wholesale."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from aws_cdk import Stack

from infra import acknowledgements
from infra.app import build_app
from infra.constructs import ingestion
from infra.template import PROJECT, local_context

if TYPE_CHECKING:
    from pathlib import Path

    from aws_cdk import App

EVERYTHING = {
    "stage": "production",
    "kms_key_arn": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "alarm_email": "books@example.com",
}


def checked_app(folder: Path, context: dict[str, str]) -> App:
    return build_app(PROJECT, context=local_context(**context), folder=folder, checked=True)


def violations(folder: Path) -> list[str]:
    report = json.loads((folder / "validation-report.json").read_text("utf-8"))
    return [
        f"{violation['ruleName']} at {construct['constructPath']}"
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for construct in violation["violatingConstructs"]
    ]


@pytest.mark.parametrize("context", [{}, EVERYTHING], ids=["development", "production"])
def test_no_finding_is_left(tmp_path: Path, context: dict[str, str]) -> None:
    checked_app(tmp_path, context).synth()
    assert violations(tmp_path) == []


def test_a_finding_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingestion, "accept_finding", lambda *_: None)
    app = checked_app(tmp_path, {})
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    assert violations(tmp_path)
    assert all("SQS3" in violation for violation in violations(tmp_path))


def test_every_finding_is_accepted_on_a_resource_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted: list[tuple[object, str, str]] = []
    original = acknowledgements.accept_finding

    def remember(resource: object, rule: str, reason: str) -> None:
        accepted.append((resource, rule, reason))
        original(resource, rule, reason)  # type: ignore[arg-type]

    for name, module in list(sys.modules.items()):
        if name.startswith("infra.constructs.") and hasattr(module, "accept_finding"):
            monkeypatch.setattr(module, "accept_finding", remember)
    checked_app(tmp_path, EVERYTHING)
    assert accepted
    for resource, rule, reason in accepted:
        assert not isinstance(resource, Stack), rule
        assert len(reason) > 30, rule
