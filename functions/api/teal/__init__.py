"""Teal's contract, ``/v0``: exact JSON numbers, 22-character ids, ``{"detail": ...}`` errors."""

from functions.api.teal import reconciliations

ROUTERS = (reconciliations.router,)
