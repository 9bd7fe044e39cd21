"""The one place that asks what time it is."""

from __future__ import annotations

import datetime as dt


def now() -> dt.datetime:
    """Return the present moment in UTC."""
    return dt.datetime.now(dt.UTC)
