"""CDK entry point: context in, App out, no AWS call."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks

from infra.configuration import Configuration
from infra.stack import TieoutStack


def build() -> App:
    """Return the app with its one stack, checked by cdk-nag unless it is for the emulator."""
    app = App()
    configuration = Configuration.from_context(app.node)
    TieoutStack(app, configuration, Path(__file__).resolve().parent)
    if not configuration.local:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


if __name__ == "__main__":
    build().synth()
