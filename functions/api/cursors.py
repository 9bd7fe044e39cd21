"""Opaque, signed positions in a listing, bound to the business and to the query.

A position is a storage key. Unsigned, a client could write one and page where it likes; not
bound to its query, one listing's position could be continued in another.
"""

from __future__ import annotations

import base64
import binascii
import functools
import hashlib
import hmac
import os
from typing import TYPE_CHECKING

from shared.errors import InvalidInput
from shared.runtime.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAC_BYTES = 16
"""128 bits cannot be guessed, and a forged cursor must be tried against the live API."""


def sign_cursor(position: str, bound_to: Iterable[object]) -> str:
    """Return a position as a cursor that only the same query of the same business accepts."""
    raw = position.encode()
    return base64.urlsafe_b64encode(_mac(raw, bound_to) + raw).decode().rstrip("=")


def read_cursor(cursor: str | None, bound_to: Iterable[object]) -> str | None:
    """Return the position in a cursor; None where the client sent none.

    Raises:
        InvalidInput: Not a cursor of ours, altered, or of another query or business.
    """
    if cursor is None:
        return None
    try:
        signed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        mac, raw = signed[:_MAC_BYTES], signed[_MAC_BYTES:]
        if hmac.compare_digest(mac, _mac(raw, bound_to)):
            return raw.decode()
    except (binascii.Error, ValueError):
        pass
    raise InvalidInput(
        "The cursor is not one of this listing with these filters: start again without it.",
        loc=("query", "cursor"),
        kind="invalid_cursor",
        value=cursor,
    )


def _mac(raw: bytes, bound_to: Iterable[object]) -> bytes:
    scope = "\x1f".join("" if one is None else str(one) for one in bound_to).encode()
    digest = hmac.new(_key(), len(scope).to_bytes(4, "big") + scope + raw, hashlib.sha256)
    return digest.digest()[:_MAC_BYTES]


@functools.cache
def _key() -> bytes:
    """The deployment's own key, so that a cursor of one is nothing to another.

    Without ``TIEOUT_CURSOR_KEY`` it is derived from the table names, which nobody outside the
    account knows: CloudFormation ends them with random characters.
    """
    given = os.environ.get("TIEOUT_CURSOR_KEY")
    if given:
        return given.encode()
    settings = Settings.from_environment()
    names = (settings.books_table, settings.reconciliations_table, settings.idempotency_table)
    return hashlib.sha256("\x1f".join(("tieout cursors", *names)).encode()).digest()
