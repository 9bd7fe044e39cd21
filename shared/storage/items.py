"""Between stored items and domain values, and between DynamoDB's refusals and ours."""

from __future__ import annotations

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from pynamodb.exceptions import PutError, PynamoDBException, TransactWriteError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pynamodb.models import Model

Record = TypeVar("Record")
Given = TypeVar("Given")
Made = TypeVar("Made")

WRITERS = 8
"""Concurrent requests of one function: past this a 2-core Lambda only queues them."""

_CONDITION_FAILED = "ConditionalCheckFailedException"
_RETRYABLE_REASONS = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
)

TRANSACTION_TRIES = 6
"""Tries of a transaction that meets another one on the same item: conflicts last milliseconds."""


def to_record(item: Model, kind: type[Record]) -> Record:
    """Return the domain value an item holds; attributes and fields share their names.

    An absent attribute is the field's default, or ``None`` where it has none.
    """
    stored = item.attribute_values
    values = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        value = stored.get(field.name)
        if value is not None or (
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        ):
            values[field.name] = value
    return kind(**values)


def to_attributes(record: Any) -> dict[str, Any]:
    """Return a domain value's fields by name, absent ones left out."""
    return {
        field.name: value
        for field in dataclasses.fields(record)
        if (value := getattr(record, field.name)) is not None
    }


def is_condition_failure(error: PynamoDBException) -> bool:
    """Return whether a single write was refused by its own condition."""
    return error.cause_response_code == _CONDITION_FAILED


def put_once(item: Model) -> bool:
    """Store an item unless one of its key is there already; return whether it was stored."""
    try:
        item.save(type(item).pk.does_not_exist())  # type: ignore[attr-defined]
    except PutError as error:
        if not is_condition_failure(error):
            raise
        return False
    return True


def failed_conditions(error: TransactWriteError) -> tuple[int, ...]:
    """Return which operations of a transaction, from 0, were refused by their conditions."""
    return tuple(
        index
        for index, reason in enumerate(error.cancellation_reasons)
        if reason is not None and reason.code == "ConditionalCheckFailed"
    )


def with_conflict_retries(commit: Callable[[], Made]) -> Made:
    """Run a transaction again while it only collides with another in flight.

    Raises:
        TransactWriteError: A condition failed, or it still collides after the last try.
    """
    for attempt in range(TRANSACTION_TRIES):
        try:
            return commit()
        except TransactWriteError as error:
            codes = {reason.code for reason in error.cancellation_reasons if reason is not None}
            transient = error.cause_response_code == "TransactionConflictException" or (
                codes & _RETRYABLE_REASONS and "ConditionalCheckFailed" not in codes
            )
            if not transient or attempt == TRANSACTION_TRIES - 1:
                raise
            time.sleep(0.02 * 2**attempt)
    raise AssertionError("unreachable")


def in_parallel(work: Callable[[Given], Made], given: Sequence[Given]) -> list[Made]:
    """Return ``work`` of each, in order, by a few threads; the first error ends it."""
    if len(given) <= 1:
        return [work(one) for one in given]
    with ThreadPoolExecutor(min(WRITERS, len(given))) as pool:
        return list(pool.map(work, given))


def in_batches(given: Iterable[Given], size: int) -> list[list[Given]]:
    """Return the values in lists of at most ``size``, in order."""
    batches: list[list[Given]] = []
    for one in given:
        if not batches or len(batches[-1]) == size:
            batches.append([])
        batches[-1].append(one)
    return batches
