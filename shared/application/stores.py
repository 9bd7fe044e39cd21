"""What use cases work with: every store of one deployment."""

from __future__ import annotations

from dataclasses import dataclass

from shared.storage.books import Books
from shared.storage.objects import Objects
from shared.storage.reconciliations import Reconciliations
from shared.storage.tokens import Tokens
from shared.storage.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Stores:
    """The stores of one deployment."""

    books: Books
    reconciliations: Reconciliations
    tokens: Tokens
    objects: Objects
    workflow: Workflow
