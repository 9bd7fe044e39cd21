"""Other files of the corpus: refused with a part of the reason, or counted by hand, and why."""

from __future__ import annotations

REFUSED: dict[str, str] = {
    # A payment order is sent to a bank; a statement comes from it.
    "bankstatementparser/tests/test_data/pain.001.001.03.xml": "a payment message (pain.001",
}

PINS: dict[str, tuple[int, str]] = {}
