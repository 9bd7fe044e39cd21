"""Between stored items and domain values, and between DynamoDB's refusals and ours."""

from __future__ import annotations

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from pynamodb.exceptions import (
    PutError,
    PynamoDBException,
    TransactWriteError,
    UpdateError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pynamodb.models import Model

Record = TypeVar("Record")
Given = TypeVar("Given")
Made = TypeVar("Made")

WRITERS = 8
"""Concurrent requests of one function: past this a 2-core Lambda only queues them."""

_CONDITION_FAILED = "ConditionalCheckFailedException"
_COLLISIONS = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})

CONFLICT_TRIES = 6
"""Tries of a write that meets a transaction on the same item: collisions last milliseconds."""


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


def to_attributes(record: Any, *, defaults: bool = True) -> dict[str, Any]:
    """Return a domain value's fields by name, absent ones left out.

    Args:
        record: The value.
        defaults: Whether a field that has its default is stored; what a condition or an update
            names must be.
    """
    return {
        field.name: value
        for field in dataclasses.fields(record)
        if (value := getattr(record, field.name)) is not None
        and (defaults or field.default is dataclasses.MISSING or value != field.default)
    }


def is_condition_failure(error: PynamoDBException) -> bool:
    """Return whether a single write was refused by its own condition."""
    return error.cause_response_code == _CONDITION_FAILED


def put_once(item: Model) -> bool:
    """Store an item unless one of its key is there already; return whether it was stored."""
    free = type(item).pk.does_not_exist()  # type: ignore[attr-defined]
    try:
        with_conflict_retries(lambda: item.save(free))
    except PutError as error:
        if not is_condition_failure(error):
            raise
        return False
    return True


def update_if(item: Model, actions: list[Any], condition: Any) -> bool:
    """Update an item where a condition holds; return whether it did."""
    try:
        with_conflict_retries(lambda: item.update(actions=actions, condition=condition))
    except UpdateError as error:
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


def with_conflict_retries(write: Callable[[], Made]) -> Made:
    """Run a write again while it only collides with a transaction in flight.

    Raises:
        PynamoDBException: A condition failed, or it still collides after the last try.
    """
    for attempt in range(CONFLICT_TRIES):
        try:
            return write()
        except PynamoDBException as error:
            if not _is_collision(error) or attempt == CONFLICT_TRIES - 1:
                raise
            time.sleep(0.02 * 2**attempt)
    raise AssertionError("unreachable")


def _is_collision(error: PynamoDBException) -> bool:
    if error.cause_response_code == "TransactionConflictException":
        return True
    if not isinstance(error, TransactWriteError):
        return False
    codes = {reason.code for reason in error.cancellation_reasons if reason is not None}
    return bool(codes & _COLLISIONS) and _CONDITION_FAILED.removesuffix("Exception") not in codes


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
