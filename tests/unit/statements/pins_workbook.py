"""XLSX and XLS files of the corpus: refused with a part of the reason, or counted by hand."""

from __future__ import annotations

REFUSED: dict[str, str] = {}

PINS: dict[str, tuple[int, str]] = {}
