"""Day Zero's contract, ``/api/v1``: integer cents, UUIDs, ``{"detail": ...}`` errors.

Each module is one resource with its routes; ``views`` turns domain values into the schemas.
"""

from functions.api.dayzero import ledgers, matches, reconciliations, statements, transactions

ROUTERS = (
    transactions.router,
    ledgers.router,
    reconciliations.router,
    matches.router,
    statements.router,
)
