"""What the workflow caught, in words a user can act on."""

from __future__ import annotations

import json
import re

from shared.errors import TieoutError

INTERNAL_CODE = "internal_error"
INTERNAL_REASON = (
    "The reconciliation could not be finished because of an internal error. Nothing of the run "
    "was kept: retry it, and if it fails again look for its id in the functions' logs."
)


def describe_failure(error: str, cause: str) -> tuple[str, str]:
    """Return a stable code and a sentence for an error that Step Functions caught.

    Our own errors are written for users and are passed on; whatever else happened is no user's
    business and is only logged.

    Args:
        error: The error's name: the exception class of a Python function.
        cause: Lambda's JSON of it, with ``errorMessage``, or plain text.

    Examples:
        >>> describe_failure("NotFound", '{"errorMessage": "No ledger."}')
        ('not_found', 'No ledger.')
    """
    if error not in _names(TieoutError):
        return INTERNAL_CODE, INTERNAL_REASON
    try:
        message = json.loads(cause)["errorMessage"]
    except (ValueError, KeyError, TypeError):
        message = cause
    if not message:
        return INTERNAL_CODE, INTERNAL_REASON
    return re.sub(r"(?<!^)(?=[A-Z])", "_", error).lower(), str(message)


def _names(kind: type[TieoutError]) -> set[str]:
    return {kind.__name__}.union(*(_names(child) for child in kind.__subclasses__()))
