"""One way to accept a cdk-nag finding: on the resource that causes it, with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Acknowledgment, Validations

if TYPE_CHECKING:
    from constructs import IConstruct


def accept_finding(resource: IConstruct, rule: str, reason: str) -> None:
    """Accept one cdk-nag finding on one resource.

    Args:
        resource: The construct the finding is reported on, never a whole stack.
        rule: The finding, such as ``AwsSolutions-S1`` or ``AwsSolutions-IAM5[Resource::*]``.
        reason: Why it is right here; it is printed by audits.
    """
    Validations.of(resource).acknowledge(Acknowledgment(id=rule, reason=reason))
