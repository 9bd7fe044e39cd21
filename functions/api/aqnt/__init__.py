"""AQNT's contract, ``/v1/bank-reconciliation``: envelopes, prefixed ids, exact JSON numbers."""

from functions.api.aqnt import reconcile, statements

ROUTERS = (reconcile.router, statements.router)
