"""Attribute types that store our values readably: dates, moments and small nested values."""

from __future__ import annotations

import datetime as dt
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pynamodb.attributes import Attribute
from pynamodb.constants import STRING

T = TypeVar("T")


class DateAttribute(Attribute[dt.date]):
    """A calendar day as ``YYYY-MM-DD``, which sorts as it reads."""

    attr_type = STRING

    def serialize(self, value: dt.date) -> str:
        """Return the stored text."""
        return value.isoformat()

    def deserialize(self, value: str) -> dt.date:
        """Return the day."""
        return dt.date.fromisoformat(value)


class MomentAttribute(Attribute[dt.datetime]):
    """A moment in UTC as ISO 8601 with microseconds."""

    attr_type = STRING

    def serialize(self, value: dt.datetime) -> str:
        """Return the stored text."""
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")

    def deserialize(self, value: str) -> dt.datetime:
        """Return the moment, aware and in UTC."""
        return dt.datetime.fromisoformat(value)


class JsonAttribute(Attribute[Any]):
    """A small nested value as JSON text, checked against its type when read.

    Used for what is always read and written whole; whatever a condition or an update names has
    an attribute of its own.
    """

    attr_type = STRING

    def __init__(self, kind: Any, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def serialize(self, value: Any) -> str:
        """Return the stored text."""
        return self._adapter.dump_json(value).decode()

    def deserialize(self, value: str) -> Any:
        """Return the value.

        Raises:
            pydantic.ValidationError: What is stored is not of the type.
        """
        return self._adapter.validate_json(value)
