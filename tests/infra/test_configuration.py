from __future__ import annotations

import pytest
from aws_cdk import App

from infra.configuration import Configuration, InvalidContext


def read(**context: str) -> Configuration:
    return Configuration.from_context(App(context=context).node)


def test_without_context_it_is_a_development_stack_for_aws() -> None:
    assert read() == Configuration(
        stack_name="Tieout", stage="development", local=False, kms_key_arn=None, alarm_email=None
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("stage", "prod"),
        ("local", "yes"),
        ("stack_name", "1-starts-with-a-digit"),
        ("stack_name", "x" * 60),
        ("kms_key_arn", "alias/books"),
        ("alarm_email", "nobody"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(key: str, value: str) -> None:
    with pytest.raises(InvalidContext, match=f"{key}='{value}'"):
        read(**{key: value})


def test_empty_values_are_absent() -> None:
    assert read(kms_key_arn="", alarm_email="", stage="") == read()


def test_production_alone_keeps_data() -> None:
    assert read(stage="production").keeps_data
    assert not read(stage="development").keeps_data
