"""Which of the four contracts a path belongs to."""

from __future__ import annotations

from enum import Enum


class Dialect(Enum):
    """A product's contract; the value is the base path of its calls."""

    DAYZERO = "/api/v1"
    SNAPBOOKS = "/api/v2"
    TEAL = "/v0"
    AQNT = "/v1/bank-reconciliation"
    PUBLIC = ""
    """The pages that need no token, and paths that are nobody's."""


def dialect_of(path: str) -> Dialect:
    """Return whose path it is.

    Examples:
        >>> dialect_of("/api/v1/ledgers").name, dialect_of("/health").name
        ('DAYZERO', 'PUBLIC')
    """
    for dialect in (Dialect.DAYZERO, Dialect.SNAPBOOKS, Dialect.TEAL, Dialect.AQNT):
        if path == dialect.value or path.startswith(f"{dialect.value}/"):
            return dialect
    return Dialect.AQNT if path.startswith("/v1/") else Dialect.PUBLIC
