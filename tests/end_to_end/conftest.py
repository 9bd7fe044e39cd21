"""One deployed stack on the emulator for the whole suite; each test has a ledger of its own."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import httpx
import pytest

from cli.client import Client
from cli.connection import Connection, stores_of_local
from cli.local.stack import LocalStack, local_stack
from cli.provision import Provisioned, bank_ledger, provision
from shared.application.stores import Stores

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.books.model import Ledger


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "end_to_end" in item.path.parts:
            item.add_marker(pytest.mark.end_to_end)


@dataclass(frozen=True, slots=True)
class Deployment:
    """A running stack as a client of one business meets it."""

    stack: LocalStack
    stores: Stores
    made: Provisioned
    client: Client
    s3: Any
    functions: Any

    @property
    def business_id(self) -> str:
        return self.made.business.id

    def http(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {self.made.token}"} | arguments.pop("headers", {})
        return httpx.request(
            method,
            self.stack.base_url + path,
            headers=headers,
            timeout=60,
            trust_env=False,
            **arguments,
        )

    def day_zero(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        headers = {"x-business-id": self.business_id} | arguments.pop("headers", {})
        return self.http(method, f"/api/v1{path}", headers=headers, **arguments)

    def drop(self, ledger: Ledger, name: str, data: bytes) -> str:
        key = f"statements/{self.business_id}/{ledger.id}/{name}"
        self.s3.put_object(Bucket=self.stack.outputs["StatementsBucket"], Key=key, Body=data)
        return key


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", "")
        with local_stack() as stack:
            stores = stores_of_local(stack)
            made = provision(stores, "Harbour Coffee Roasters", "USD")
            connection = Connection(stack.base_url, stack.host_header, made.token, made.business.id)
            s3, functions = (
                boto3.client(service, **stack.client_options()) for service in ("s3", "lambda")
            )
            with Client(connection) as client:
                yield Deployment(stack, stores, made, client, s3, functions)
            s3.close()
            functions.close()


_names = itertools.count(1)


@pytest.fixture
def ledger(deployment: Deployment) -> Ledger:
    return bank_ledger(
        deployment.stores, deployment.made.business, f"Account {next(_names)}", "USD"
    )


@pytest.fixture
def euro_ledger(deployment: Deployment) -> Ledger:
    return bank_ledger(
        deployment.stores, deployment.made.business, f"Account {next(_names)}", "EUR"
    )
