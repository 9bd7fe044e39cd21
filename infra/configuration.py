"""What a deployment may choose, read from CDK context and checked once.

Context arrives from ``cdk.json``, ``cdk deploy -c key=value`` or ``CDK_CONTEXT_JSON``, always
loosely typed; everything below this module works with :class:`Configuration` instead.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args

if TYPE_CHECKING:
    from constructs import Node

Stage = Literal["development", "production"]

_STACK_NAME = re.compile(r"^[A-Za-z][A-Za-z0-9-]{0,40}$")
_KMS_KEY_ARN = re.compile(r"^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[a-f0-9-]{36}$")


class InvalidContext(ValueError):
    """A context value cannot be used; the message names it and what is allowed."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """The choices of one deployment.

    Args:
        stack_name: CloudFormation's name for the stack; resource names that must be known
            before they exist (the workflow's) derive from it, hence the length limit.
        stage: ``production`` keeps data when the stack is deleted, and refuses to delete it.
        local: Bundle for the emulator on this host instead of for Lambda on arm64.
        kms_key_arn: A customer key for tables and buckets; AWS-owned keys when absent.
        alarm_email: Where alarms are mailed; nowhere when absent.
    """

    stack_name: str = "Tieout"
    stage: Stage = "development"
    local: bool = False
    kms_key_arn: str | None = None
    alarm_email: str | None = None

    @property
    def keeps_data(self) -> bool:
        """Whether deleting the stack must leave tables, buckets and logs behind."""
        return self.stage == "production"

    @classmethod
    def from_context(cls, node: Node) -> Configuration:
        """Read the choices from the context of a construct tree.

        Raises:
            InvalidContext: A value is none of those allowed.
        """

        def text(key: str) -> str | None:
            value = node.try_get_context(key)
            return None if value in (None, "") else str(value)

        stage = text("stage") or "development"
        if stage not in get_args(Stage):
            raise InvalidContext(
                f"Context stage={stage!r}: use one of {', '.join(get_args(Stage))}."
            )
        local = text("local") or "false"
        if local.lower() not in ("true", "false"):
            raise InvalidContext(f"Context local={local!r}: use true or false.")
        stack_name = text("stack_name") or "Tieout"
        if not _STACK_NAME.match(stack_name):
            raise InvalidContext(
                f"Context stack_name={stack_name!r}: a letter, then at most 40 letters, "
                "digits or hyphens."
            )
        kms_key_arn = text("kms_key_arn")
        if kms_key_arn is not None and not _KMS_KEY_ARN.match(kms_key_arn):
            raise InvalidContext(f"Context kms_key_arn={kms_key_arn!r}: give the ARN of a KMS key.")
        alarm_email = text("alarm_email")
        if alarm_email is not None and "@" not in alarm_email:
            raise InvalidContext(f"Context alarm_email={alarm_email!r}: give an address.")
        return cls(
            stack_name=stack_name,
            stage=cast("Stage", stage),
            local=local.lower() == "true",
            kms_key_arn=kms_key_arn,
            alarm_email=alarm_email,
        )
