"""Types of request fields that read text strictly.

Pydantic's own dates take numbers, and text of digits, for Unix seconds: ``20260101`` would
become a day in 1970. A bank's books need the day that was written, or a refusal.
"""

import datetime as dt
import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from shared.money import AMOUNT_MINOR_MAX

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:\d{2})?"
)

_INTEGER = re.compile(r"-?\d{1,20}")


def _read_day(value: Any) -> dt.date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("date_parsing", "Give a calendar day as YYYY-MM-DD.")


def _read_moment(value: Any) -> dt.datetime:
    if isinstance(value, str):
        text = f"{value}T00:00:00" if _DAY.fullmatch(value) else value
        if _MOMENT.fullmatch(text):
            try:
                return dt.datetime.fromisoformat(text.upper())
            except ValueError:
                pass
    raise PydanticCustomError(
        "datetime_parsing", "Give a date and time in ISO 8601, such as 2026-01-31T00:00:00Z."
    )


def _read_integer(value: Any) -> int:
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    raise PydanticCustomError("int_parsing", "Give an integer of minor units, such as 12345.")


Day = Annotated[dt.date, BeforeValidator(_read_day)]
"""A calendar day, ``YYYY-MM-DD``."""

Moment = Annotated[dt.datetime, BeforeValidator(_read_moment)]
"""A date and time in ISO 8601, or a bare day; its day counts as written, in its own offset."""

AmountMinor = Annotated[int, Field(strict=True, ge=-AMOUNT_MINOR_MAX, le=AMOUNT_MINOR_MAX)]
"""An integer of minor units; no float, text or boolean is taken for one."""

AmountText = Annotated[
    int,
    BeforeValidator(_read_integer),
    Field(ge=-AMOUNT_MINOR_MAX, le=AMOUNT_MINOR_MAX),
]
"""An integer of minor units written out, as a form or a query carries it."""

Text = Annotated[str, Field(strict=True)]
"""Free text a person reads; the use cases limit its length."""

Name = Annotated[str, Field(strict=True, min_length=1, max_length=255)]
S3Key = Annotated[str, Field(strict=True, min_length=1, max_length=1024)]
"""A name or identifier that must not be empty."""
