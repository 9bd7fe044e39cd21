"""The synthesized template as data, for tests and whatever else must agree with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infra.app import build_app

PROJECT = Path(__file__).resolve().parent.parent

_CREATE_TABLE_PROPERTIES = (
    "AttributeDefinitions",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "KeySchema",
)


def synthesize_template(folder: Path, **context: str) -> dict[str, Any]:
    """Synthesize the stack for the emulator and return its template.

    Args:
        folder: Where the cloud assembly is written.
        context: Choices of :class:`infra.configuration.Configuration`.
    """
    app = build_app(PROJECT, context=local_context(**context), folder=folder)
    (stack,) = app.synth().stacks
    template: dict[str, Any] = stack.template
    return template


def local_context(**context: str) -> dict[str, Any]:
    """Return the context of ``cdk.json`` for the emulator, with some choices made."""
    settings: dict[str, Any] = json.loads((PROJECT / "cdk.json").read_text("utf-8"))["context"]
    return {**settings, "local": "true", **context}


def table_definitions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return what ``create_table`` needs beside a name, for each table of a template.

    The keys are the variables that functions read the tables' names from, without prefix and
    suffix: ``books``, ``reconciliations``, ``idempotency``, ``tokens``.
    """
    resources = template["Resources"]
    names = {
        value["Ref"]: variable.removeprefix("TIEOUT_").removesuffix("_TABLE").lower()
        for resource in resources.values()
        if resource["Type"] == "AWS::Lambda::Function"
        for variable, value in resource["Properties"]["Environment"]["Variables"].items()
        if variable.endswith("_TABLE")
    }
    return {
        names[logical_id]: {
            name: resource["Properties"][name]
            for name in _CREATE_TABLE_PROPERTIES
            if name in resource["Properties"]
        }
        for logical_id, resource in resources.items()
        if resource["Type"] == "AWS::DynamoDB::Table"
    }
