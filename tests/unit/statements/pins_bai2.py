"""BAI2 files of the corpus: refused with a part of the reason, or counted by hand, and why."""

from __future__ import annotations

REFUSED: dict[str, str] = {}

PINS: dict[str, tuple[int, str]] = {}
