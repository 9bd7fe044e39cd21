"""A mapping: how to read a table that does not decide its own columns, dates or signs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mapping:
    """How to read one shape of table."""
