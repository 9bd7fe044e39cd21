"""Synthesis for the infrastructure tests, once per session and context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.template import synthesize_template

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., dict[str, Any]]:
    """Return a function from context to template that synthesizes each context once."""
    kept: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}

    def synthesized(**context: str) -> dict[str, Any]:
        key = tuple(sorted(context.items()))
        if key not in kept:
            kept[key] = synthesize_template(tmp_path_factory.mktemp("assembly"), **context)
        return kept[key]

    return synthesized


@pytest.fixture(scope="session")
def template(synthesize: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the template of a development stack."""
    return synthesize()


@pytest.fixture(scope="session")
def production(synthesize: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Return the template of a production stack with every option taken."""
    return synthesize(
        stage="production",
        kms_key_arn="arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        alarm_email="books@example.com",
    )
