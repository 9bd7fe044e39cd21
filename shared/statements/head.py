"""The beginning of a file, by which its format is told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Head:
    """A file's first bytes, and the same as text, decoded for looking only."""

    data: bytes
    text: str
