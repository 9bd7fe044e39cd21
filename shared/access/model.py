"""Tokens and what they allow."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Literal

from shared.errors import Forbidden, Unauthenticated

Scope = Literal["read", "write", "approve", "admin"]
SCOPES: tuple[Scope, ...] = ("read", "write", "approve", "admin")

TOKEN_DAYS_MAX = 365
"""Day Zero's tokens expire after 1 to 365 days; ours too."""

SECRET_BYTES = 32
"""256 random bits need no slow hash: SHA-256 of them cannot be searched."""

_TOKEN = re.compile(r"tieout_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")

SYSTEM_USER = 0
"""The integer user id of what Tieout does by itself, such as taking in a dropped file."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling: the person a token stands for and what it may do."""

    token_id: str
    user: int
    first_name: str
    last_name: str
    business_ids: tuple[str, ...]
    scopes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The person's full name, for the audit trail."""
        return f"{self.first_name} {self.last_name}".strip()

    def require(self, scope: Scope) -> None:
        """Raise unless the token carries the scope; ``admin`` carries all of them.

        Raises:
            Forbidden: It does not.
        """
        if scope not in self.scopes and "admin" not in self.scopes:
            raise Forbidden(f"This token may not {scope}: it has {', '.join(self.scopes)}.")

    def require_business(self, business_id: str) -> None:
        """Raise unless the token may act for the business.

        Raises:
            Forbidden: It may not; also where no such business exists, which looks the same.
        """
        if business_id not in self.business_ids:
            raise Forbidden("This token may not act for that business.")


SYSTEM = Principal("system", SYSTEM_USER, "Tieout", "", (), ("admin",))


@dataclass(frozen=True, slots=True)
class TokenRecord:
    """A token as stored: never the token itself, only the hash of its secret."""

    id: str
    secret_sha256: str
    user: int
    first_name: str
    last_name: str
    business_ids: tuple[str, ...]
    scopes: tuple[str, ...]
    created_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None = None


def hash_secret(secret: str) -> str:
    """Return what is stored of a token's secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def render_token(token_id: str, secret: str) -> str:
    """Return the text a client sends after ``Bearer``."""
    return f"tieout_{token_id}_{secret}"


def split_bearer(header: str | None) -> tuple[str, str]:
    """Return the token id and secret in an ``Authorization`` header.

    Raises:
        Unauthenticated: No bearer token of ours is in it.
    """
    if not header:
        raise Unauthenticated(
            "No token was sent: add the header 'Authorization: Bearer <token>'.",
            code="missing_api_key",
        )
    scheme, _, token = header.partition(" ")
    found = _TOKEN.fullmatch(token.strip())
    if scheme.lower() != "bearer" or not found:
        raise Unauthenticated("The Authorization header holds no token of this deployment.")
    return found[1], found[2]


def authenticate(record: TokenRecord | None, secret: str, now: dt.datetime) -> Principal:
    """Return who a token stands for.

    Raises:
        Unauthenticated: Unknown, wrong secret, expired or revoked.
    """
    if record is None or not hmac.compare_digest(record.secret_sha256, hash_secret(secret)):
        raise Unauthenticated("The token is unknown.")
    if record.revoked_at is not None:
        raise Unauthenticated("The token was revoked: ask for a new one.", code="key_revoked")
    if record.expires_at <= now:
        raise Unauthenticated(
            f"The token expired on {record.expires_at:%Y-%m-%d}: make a new one with "
            f"'tieout token'.",
            code="key_expired",
        )
    return Principal(
        token_id=record.id,
        user=record.user,
        first_name=record.first_name,
        last_name=record.last_name,
        business_ids=record.business_ids,
        scopes=record.scopes,
    )
