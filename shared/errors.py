"""Every error a user can meet, as one tree.

Each carries fields, says in its message what is wrong, where, and what to do, and maps to
one HTTP status in one place (``functions/api``)::

    TieoutError
    ├── InvalidInput            the request is understood but a value in it cannot be used
    │   └── UnreadableStatement the file is no statement we can read without guessing
    │       └── BrokenTotal     it can be read, and a total that it announces is not met
    ├── Unauthenticated         no token, or one that is unknown, expired or revoked
    ├── Forbidden               the token may not do this, or not for this business
    ├── NotFound                nothing of that id in this business
    ├── Conflict                the state of the books forbids it now
    │   ├── AlreadyMatched      the line or entry belongs to another live match
    │   ├── PeriodTaken         another reconciliation covers these days of the ledger
    │   ├── Locked              the reconciliation is completed, cancelled or being completed
    │   ├── NotReady            the step needs an earlier one to have finished
    │   ├── NotProven           opening + cleared movements do not give closing
    │   └── ChangedMeanwhile    somebody else changed it between reading and writing
    ├── TooLarge                the file or body is over a named limit
    └── IncompleteData          what a step needs was not stored: safe to run again
"""

from __future__ import annotations

from typing import Any


class TieoutError(Exception):
    """Root of the tree; ``str()`` of it is the sentence shown to the user."""


class InvalidInput(TieoutError):
    """A value in the request cannot be used.

    Args:
        message: What is wrong and what to do.
        loc: Where it is, as a path such as ``("body", "amount")``.
        kind: A stable machine-readable name, such as ``unknown_currency``.
        value: What was found there.
    """

    def __init__(
        self,
        message: str,
        *,
        loc: tuple[str | int, ...] = ("body",),
        kind: str = "value_error",
        value: Any = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.loc = loc
        self.kind = kind
        self.value = value


class UnreadableStatement(InvalidInput):
    """The file is refused: what is wrong, and the line and column where it is, from 1.

    ``column`` is a character position in text formats and a column number in tables; both
    are ``None`` when the finding concerns the whole file. ``statement`` counts from 1 and is
    ``None`` in the first statement of a file.
    """

    finding = "The statement cannot be read"

    def __init__(
        self,
        reason: str,
        *,
        line: int | None = None,
        column: int | None = None,
        statement: int | None = None,
    ) -> None:
        places = {"statement": statement, "line": line, "column": column}
        where = ", ".join(f"{name} {at}" for name, at in places.items() if at is not None)
        super().__init__(
            f"{self.finding}: {reason}" + (f" ({where})" if where else ""),
            loc=("body", "file"),
            kind="unreadable_statement",
        )
        self.reason = reason
        self.line = line
        self.column = column
        self.statement = statement

    def in_statement(self, number: int) -> UnreadableStatement:
        """Return the same finding with the statement it stands in, from 1."""
        return UnreadableStatement(
            self.reason, line=self.line, column=self.column, statement=number
        )


class BrokenTotal(UnreadableStatement):
    """A control total that the file announces is not what its lines come to.

    A line is then missing, doubled or altered, so nothing of the file is taken.

    Args:
        reason: What is apart from what, and by how much.
        total: The total's name, such as ``closing balance``.
        expected: What the lines come to.
        found: What the file says.
        line: The file's line where the two first part.
        statement: Which statement of the file, from 1; ``None`` in the first.
    """

    finding = "The statement contradicts itself"

    def __init__(
        self,
        reason: str,
        *,
        total: str,
        expected: str,
        found: str,
        line: int | None = None,
        statement: int | None = None,
    ) -> None:
        super().__init__(
            f"{total}: expected {expected}, found {found}; {reason}", line=line, statement=statement
        )
        self.kind = "broken_total"
        self.total = total
        self.expected = expected
        self.found = found


class Unauthenticated(TieoutError):
    """The request carries no usable token.

    ``code`` is one of ``missing_api_key``, ``invalid_api_key``, ``key_expired``, ``key_revoked``.
    """

    def __init__(self, message: str, *, code: str = "invalid_api_key") -> None:
        super().__init__(message)
        self.code = code


class Forbidden(TieoutError):
    """The token is good but may not do this."""


class NotFound(TieoutError):
    """Nothing of that id exists in this business.

    Args:
        kind: What was looked for, as a user calls it: ``ledger``, ``reconciliation``.
        id: The id as it was given.
    """

    def __init__(self, kind: str, id: str) -> None:  # noqa: A002 - the field's own name
        super().__init__(f"No {kind} with id {id!r} exists in this business.")
        self.kind = kind
        self.id = id


class Conflict(TieoutError):
    """The state of the books forbids it now."""

    code = "conflict"


class AlreadyMatched(Conflict):
    """A line or entry belongs to another live match."""

    code = "already_matched"


class PeriodTaken(Conflict):
    """Another reconciliation of the ledger covers some of these days."""

    code = "period_taken"


class Locked(Conflict):
    """The reconciliation no longer takes changes."""

    code = "locked"


class NotReady(Conflict):
    """An earlier step has not finished yet."""

    code = "not_ready"


class NotProven(Conflict):
    """The balance proof fails; ``difference_minor`` is closing less what was proven."""

    code = "not_proven"

    def __init__(self, message: str, *, difference_minor: int) -> None:
        super().__init__(message)
        self.difference_minor = difference_minor


class ChangedMeanwhile(Conflict):
    """Somebody else changed it between reading and writing: reading again is safe."""

    code = "changed_meanwhile"


class TooLarge(TieoutError):
    """A file or body is over a limit, which the message names."""


class IncompleteData(TieoutError):
    """A step found less than an earlier step stored; running it again is safe."""
