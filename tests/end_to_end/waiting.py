"""Waiting until something is so, instead of sleeping and hoping."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

WAIT_SECONDS_MAX = 90.0
LOOK_SECONDS = 0.2


def wait_until(look: Callable[[], T | None], what: str) -> T:
    """Return the first thing ``look`` finds; fail when it finds none in time."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(LOOK_SECONDS)
    raise AssertionError(f"Not seen within {WAIT_SECONDS_MAX:.0f} s: {what}")
