"""The Lambda entry point wires itself from the environment; the examples in docstrings run."""

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from api_client import FakeContext, make_event

from functions.api.handler import handler
from functions.authorizer.handler import handler as authorize
from shared.statements.registry import FORMATS

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger


def test_the_handler_answers_with_the_stores_of_its_environment(
    stores: Stores, mint: Callable[..., str], business: Business, ledger: Ledger
) -> None:
    assert stores
    headers = {"Authorization": f"Bearer {mint()}", "X-Business-Id": business.id}
    event = make_event("GET", "/api/v1/ledgers", None, {}, headers)
    event["requestContext"]["authorizer"] = {"lambda": authorize(event, None)["context"]}
    answer = handler(event, FakeContext())
    assert answer["statusCode"] == 200
    assert ledger.id in answer["body"]
    assert set(answer) == {"statusCode", "headers", "cookies", "body", "isBase64Encoded"}


def test_loading_the_handler_brings_no_client_no_parser_and_no_numeric_package() -> None:
    parsers = [f"shared.statements.{known.module}" for known in FORMATS]
    heavy = [
        *("boto3", "numpy", "rapidfuzz", "lap", "python_multipart", "requests"),
        *("python_calamine", "pypdfium2", "shared.statements.registry", *parsers),
    ]
    script = (
        "import sys, functions.api.handler, functions.authorizer.handler; "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["numbers", "dialects", "dayzero.views", "aqnt.envelope"], ids=str)
def test_the_examples_in_docstrings_are_true(name: str) -> None:
    failed, tried = doctest.testmod(importlib.import_module(f"functions.api.{name}"))
    assert (failed, tried > 0) == (0, True)
