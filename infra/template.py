"""The synthesized template as data, for tests and whatever else must agree with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aws_cdk import App

from infra.configuration import Configuration
from infra.stack import TieoutStack

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
    settings = json.loads((PROJECT / "cdk.json").read_text("utf-8"))["context"]
    app = App(outdir=str(folder), context={**settings, "local": "true", **context})
    configuration = Configuration.from_context(app.node)
    stack = TieoutStack(app, configuration, PROJECT)
    template: dict[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template
    return template


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
