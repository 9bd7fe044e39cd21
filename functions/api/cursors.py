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
from typing import TYPE_CHECKING

from shared.errors import InvalidInput
from shared.runtime.wiring import wire

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
    """Return the deployment's own key, so that a cursor of one is nothing to another."""
    return wire().books.cursor_key().encode()
