"""Structured logs, one JSON object a line."""

from __future__ import annotations

import functools

from aws_lambda_powertools import Logger


@functools.cache
def logger() -> Logger:
    """Return this process's logger; level and service come from Powertools' own variables."""
    return Logger()
