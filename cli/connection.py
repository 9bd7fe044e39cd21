"""Which deployment a command talks to, and how.

Commands that speak HTTP need a base URL, a token and a business; they come from the
``TIEOUT_BASE_URL``, ``TIEOUT_TOKEN`` and ``TIEOUT_BUSINESS_ID`` variables or else from
``.tieout/local.json``, which ``tieout up`` writes. Commands that mint tokens work on the tables
themselves, with AWS credentials.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.local.stack import facts_file
from cli.toolchain import PROJECT

if TYPE_CHECKING:
    from cli.local.stack import LocalStack
    from shared.application.stores import Stores

LOCAL_CREDENTIAL = "test"
"""The emulator takes any credentials; AWS none that look like these."""


class NotConnected(RuntimeError):
    """No deployment is named; the message says how to name one."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A deployment's HTTP API as one token and one business see it."""

    base_url: str
    host_header: str | None
    token: str
    business_id: str
    ledger_id: str | None = None

    @classmethod
    def find(cls) -> Connection:
        """Return the deployment that the environment or ``.tieout/local.json`` names.

        Raises:
            NotConnected: Neither does.
        """
        facts = local_facts() or {}
        base_url = os.environ.get("TIEOUT_BASE_URL") or facts.get("base_url")
        token = os.environ.get("TIEOUT_TOKEN") or facts.get("token")
        business_id = os.environ.get("TIEOUT_BUSINESS_ID") or facts.get("business_id")
        if not base_url or not token or not business_id:
            raise NotConnected(
                "No deployment to talk to: run `tieout up` for a local one, or set "
                "TIEOUT_BASE_URL, TIEOUT_TOKEN and TIEOUT_BUSINESS_ID."
            )
        return cls(base_url, facts.get("host_header"), token, business_id, facts.get("ledger_id"))


def local_facts() -> dict[str, Any] | None:
    """Return what ``.tieout/local.json`` says, ``None`` where there is none."""
    try:
        facts: dict[str, Any] = json.loads(facts_file(PROJECT).read_text("utf-8"))
    except FileNotFoundError:
        return None
    return facts


def stores_of_local(stack: LocalStack) -> Stores:
    """Return the stores of a stack on the emulator."""
    return _stores_of_emulator(stack.endpoint_url, stack.region, stack.outputs)


def stores_of_deployment(stack_name: str | None) -> Stores:
    """Return the stores of a deployment, reached with AWS credentials.

    Args:
        stack_name: A CloudFormation stack of the ambient account; ``None`` for the local one.

    Raises:
        NotConnected: There is no such stack.
    """
    if stack_name is not None:
        import boto3  # noqa: PLC0415 - only commands that touch AWS load it
        from botocore.exceptions import (  # noqa: PLC0415 - as above
            BotoCoreError,
            ClientError,
        )

        try:
            found = boto3.client("cloudformation").describe_stacks(StackName=stack_name)
        except ClientError as error:
            raise NotConnected(
                f"Stack {stack_name}: {error.response['Error']['Message']}"
            ) from None
        except BotoCoreError as error:
            raise NotConnected(str(error)) from None
        outputs = found["Stacks"][0].get("Outputs", [])
        return _stores({one["OutputKey"]: one["OutputValue"] for one in outputs})
    facts = local_facts()
    if facts is None:
        raise NotConnected("No local stack runs: run `tieout up`, or name one with --stack.")
    names = {
        "StatementsBucket": facts["statements_bucket"],
        **{
            "".join(word.capitalize() for word in name.split("_")): value
            for name, value in facts["stack"].items()
            if isinstance(value, str)
        },
    }
    return _stores_of_emulator(facts["aws_endpoint_url"], facts["region"], names)


def _stores_of_emulator(endpoint_url: str, region: str, outputs: dict[str, str]) -> Stores:
    os.environ.update(
        AWS_ENDPOINT_URL=endpoint_url,
        AWS_DEFAULT_REGION=region,
        AWS_REGION=region,
        AWS_ACCESS_KEY_ID=LOCAL_CREDENTIAL,
        AWS_SECRET_ACCESS_KEY=LOCAL_CREDENTIAL,
        AWS_EC2_METADATA_DISABLED="true",
    )
    for profile in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        os.environ.pop(profile, None)
    return _stores(outputs)


def _stores(outputs: dict[str, str]) -> Stores:
    from shared.runtime.settings import Settings  # noqa: PLC0415 - as above
    from shared.runtime.wiring import wire_to  # noqa: PLC0415 - as above

    return wire_to(
        Settings(
            books_table=outputs["BooksTable"],
            reconciliations_table=outputs["ReconciliationsTable"],
            tokens_table=outputs["TokensTable"],
            statements_bucket=outputs["StatementsBucket"],
            records_bucket=outputs["RecordsBucket"],
            workflow_arn=outputs["WorkflowArn"],
        )
    )
