"""CAMT files of the corpus: refused with a part of the reason, or counted by hand, and why."""

from __future__ import annotations

REFUSED: dict[str, str] = {
    # The sample of a wrong message: a group header and no Stmt at all.
    "camt/test/data/camt053.v2.wrong.xml": "no statement",
}

PINS: dict[str, tuple[int, str]] = {}
