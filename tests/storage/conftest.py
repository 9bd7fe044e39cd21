"""Stores on moto, and a workflow that runs its steps at once, in order, in this process."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Literal

import boto3
import pytest
from moto import mock_aws

from shared.access.model import Principal
from shared.application.ledgers import NewLedger, create_ledger
from shared.application.stores import Stores
from shared.storage import objects
from shared.storage.books import Books
from shared.storage.models import name_tables
from shared.storage.objects import Objects
from shared.storage.reconciliations import Reconciliations
from shared.storage.tokens import Tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.books.model import Business, Ledger

NOW = dt.datetime(2026, 2, 3, 9, 30, tzinfo=dt.UTC)
REGION = "eu-central-1"


class FakeWorkflow:
    """Remembers what was started; a test runs the steps itself."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str, int]] = []
        self.waiting: set[str] = set()
        self.answers: list[tuple[str, str]] = []

    def start(self, business_id: str, reconciliation_id: str, attempt: int) -> None:
        if (business_id, reconciliation_id, attempt) not in self.started:
            self.started.append((business_id, reconciliation_id, attempt))

    def answer(self, task_token: str, decision: Literal["complete", "cancel"]) -> bool:
        self.answers.append((task_token, decision))
        return task_token in self.waiting


@pytest.fixture(scope="module")
def deployment(tables_of_the_template: dict[str, Any]) -> Iterator[None]:
    """Tables and buckets for one module: every test has a business of its own in them."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            environment.setenv(name, "testing")
        environment.setenv("AWS_DEFAULT_REGION", REGION)
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        client = boto3.client("dynamodb", region_name=REGION)
        for name in ("books", "reconciliations", "tokens"):
            client.create_table(TableName=name, **tables_of_the_template[name])
        s3 = boto3.client("s3", region_name=REGION)
        for bucket in ("statements", "records"):
            s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        name_tables(books="books", reconciliations="reconciliations", tokens="tokens")
        objects._s3.cache_clear()
        yield
        objects._s3.cache_clear()


@pytest.fixture
def stores(deployment: None) -> Stores:
    return Stores(
        books=Books(),
        reconciliations=Reconciliations(),
        tokens=Tokens(),
        objects=Objects("statements", "records"),
        workflow=FakeWorkflow(),  # type: ignore[arg-type]
    )


@pytest.fixture
def business(stores: Stores) -> Business:
    return stores.books.create_business("Harbour Books Ltd", "USD", NOW)


@pytest.fixture
def ledger(stores: Stores, business: Business) -> Ledger:
    return create_ledger(stores, business.id, NewLedger("Operating account"), NOW)


@pytest.fixture
def principal(business: Business) -> Principal:
    return Principal("t1", 7, "Ada", "Moreau", (business.id,), ("read", "write", "approve"))
