"""Stores wired to a deployment, once per process."""

from __future__ import annotations

import functools

from shared.application.stores import Stores
from shared.runtime.settings import Settings
from shared.storage.books import Books
from shared.storage.models import name_tables
from shared.storage.objects import Objects
from shared.storage.reconciliations import Reconciliations
from shared.storage.tokens import Tokens
from shared.storage.workflow import Workflow


def wire_to(settings: Settings) -> Stores:
    """Return the stores of the deployment that the settings name."""
    name_tables(
        books=settings.books_table,
        reconciliations=settings.reconciliations_table,
        tokens=settings.tokens_table,
    )
    return Stores(
        books=Books(),
        reconciliations=Reconciliations(),
        tokens=Tokens(),
        objects=Objects(settings.statements_bucket, settings.records_bucket),
        workflow=Workflow(settings.workflow_arn),
    )


@functools.cache
def wire() -> Stores:
    """Return the stores of this process's deployment."""
    return wire_to(Settings.from_environment())
