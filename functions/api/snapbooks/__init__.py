"""Snapbooks' contract, ``/api/v2``: integer ids, decimal strings, ``{"message": ...}`` errors."""

from functions.api.snapbooks import reconciliations

ROUTERS = (reconciliations.router,)
