"""A deployment on moto, two businesses, tokens of every kind, and one reviewed reconciliation."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING

import boto3
import pytest
from api_client import STATEMENT, Api, FakeWorkflow
from moto import mock_aws

from functions.api import cursors, idempotency
from shared.application.ledgers import NewLedger, create_ledger
from shared.application.matching import (
    await_review,
    match_lines,
    persist_matches,
    record_progress,
)
from shared.application.reconciliations import get, prepare_lines, reconcile_upload
from shared.application.tokens import identify, mint_token
from shared.application.transactions import NewTransaction, create_transaction
from shared.reconciliation.model import Terms
from shared.runtime.wiring import wire
from shared.storage import objects

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger, Transaction
    from shared.reconciliation.model import Reconciliation

NOW = dt.datetime(2026, 2, 3, 9, 30, tzinfo=dt.UTC)
REGION = "eu-central-1"
CACHES = (wire, idempotency._store, cursors._key, objects._s3)


@pytest.fixture(scope="module")
def deployment() -> Iterator[Stores]:
    """Tables and buckets for one module: tests have businesses of their own in them."""
    variables = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "TIEOUT_BOOKS_TABLE": "books",
        "TIEOUT_RECONCILIATIONS_TABLE": "reconciliations",
        "TIEOUT_TOKENS_TABLE": "tokens",
        "TIEOUT_IDEMPOTENCY_TABLE": "idempotency",
        "TIEOUT_STATEMENTS_BUCKET": "statements",
        "TIEOUT_RECORDS_BUCKET": "records",
    }
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.delenv("AWS_ENDPOINT_URL", raising=False)
        for name, value in variables.items():
            environment.setenv(name, value)
        for cache in CACHES:
            cache.cache_clear()
        create_tables()
        s3 = boto3.client("s3", region_name=REGION)
        for bucket in ("statements", "records"):
            s3.create_bucket(
                Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
            )
        yield wire()
        for cache in CACHES:
            cache.cache_clear()


@pytest.fixture
def stores(deployment: Stores) -> Stores:
    return dataclasses.replace(deployment, workflow=FakeWorkflow())


@pytest.fixture
def business(stores: Stores) -> Business:
    return stores.books.create_business("Harbour Books Ltd", "USD", NOW)


@pytest.fixture
def other_business(stores: Stores, business: Business) -> Business:
    other = stores.books.create_business("Other Ltd", "USD", NOW)
    assert other.number != business.number
    return other


@pytest.fixture
def ledger(stores: Stores, business: Business) -> Ledger:
    return create_ledger(stores, business.id, NewLedger("Operating account"), NOW)


@pytest.fixture
def mint(stores: Stores, business: Business) -> Callable[..., str]:
    def make(
        *scopes: str,
        businesses: tuple[Business, ...] = (),
        days: int = 30,
        now: dt.datetime | None = None,
    ) -> str:
        _, text = mint_token(
            stores,
            business_ids=[one.id for one in businesses or (business,)],
            scopes=scopes or ("read", "write", "approve"),
            first_name="Ada",
            last_name="Moreau",
            days=days,
            now=now or dt.datetime.now(dt.UTC),
        )
        return text

    return make


@pytest.fixture
def client(stores: Stores, mint: Callable[..., str]) -> Callable[..., Api]:
    """Return a maker of clients: scopes, and businesses if not the first alone."""

    def make(*scopes: str, **options: object) -> Api:
        return Api(lambda: stores, mint(*scopes, **options))

    return make


@pytest.fixture
def dayzero(client: Callable[..., Api], business: Business) -> Api:
    api = client()
    api.headers["x-business-id"] = business.id
    return api


@pytest.fixture
def api(client: Callable[..., Api]) -> Api:
    return client()


@pytest.fixture
def books(stores: Stores, ledger: Ledger) -> list[Transaction]:
    return [
        create_transaction(
            stores,
            ledger.business_id,
            NewTransaction(ledger.id, dt.date(2026, 1, day), amount_minor, None, text),
            NOW,
        )
        for day, amount_minor, text in (
            (5, 125_000, "ACME GmbH invoice 1042"),
            (8, -80_000, "City Office rent January"),
            (20, -450, "Coffee Corner"),
            (27, -9_900, "Printer paper, not paid yet"),
        )
    ]


@pytest.fixture
def run_to_review(stores: Stores) -> Callable[[Reconciliation], Reconciliation]:
    """Return what runs the workflow's steps as the state machine orders them."""

    def run(found: Reconciliation) -> Reconciliation:
        business_id, id_ = found.business_id, found.id
        prepare_lines(stores, business_id, id_, NOW)
        for shard in match_lines(stores, business_id, id_):
            persist_matches(stores, business_id, id_, shard, NOW)
        record_progress(stores, business_id, id_, NOW)
        await_review(stores, business_id, id_, "token-1", NOW)
        return get(stores, business_id, id_)

    return run


@pytest.fixture
def reviewed(
    stores: Stores,
    ledger: Ledger,
    books: list[Transaction],
    mint: Callable[..., str],
    run_to_review: Callable[[Reconciliation], Reconciliation],
) -> Reconciliation:
    assert books
    principal = identify(stores, f"Bearer {mint()}", dt.datetime.now(dt.UTC))
    opened = reconcile_upload(
        stores, principal, ledger.business_id, ledger.id, "january.csv", STATEMENT, Terms(), NOW
    )
    return run_to_review(opened)


def create_tables() -> None:
    client = boto3.client("dynamodb", region_name=REGION)
    indexes = {"books": {"by_month": "month", "open_items": "open"}}
    for name in ("books", "reconciliations", "tokens"):
        keys = ["pk", "sk"]
        gsis = []
        for index, prefix in indexes.get(name, {}).items():
            keys += [f"{prefix}_pk", f"{prefix}_sk"]
            gsis.append(
                {
                    "IndexName": index,
                    "KeySchema": [
                        {"AttributeName": f"{prefix}_pk", "KeyType": "HASH"},
                        {"AttributeName": f"{prefix}_sk", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "ALL"},
                }
            )
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            **({"GlobalSecondaryIndexes": gsis} if gsis else {}),
        )
    client.create_table(
        TableName="idempotency",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
