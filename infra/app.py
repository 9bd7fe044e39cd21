"""The CDK app: one stack, checked by cdk-nag unless it is for the emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.configuration import Configuration
from infra.stack import TieoutStack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def build_app(
    project: Path,
    *,
    context: Mapping[str, Any] | None = None,
    folder: Path | None = None,
    checked: bool | None = None,
) -> App:
    """Return the app, ready to synthesize.

    Args:
        project: The folder that holds the code to deploy.
        context: Choices beside those that the CDK command line passes on.
        folder: Where the cloud assembly is written, if not where the CDK says.
        checked: Whether cdk-nag refuses what breaks its rules; by default everywhere but on
            the emulator, where it would only cost time.
    """
    app = App(context=context, outdir=None if folder is None else str(folder))
    configuration = Configuration.from_context(app.node)
    TieoutStack(app, configuration, project)
    if not configuration.local if checked is None else checked:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app
