"""Tokens in their own table, which only the authorizer and the command line touch."""

from __future__ import annotations

import datetime as dt
import secrets

from pynamodb.exceptions import UpdateError

from shared.access.model import SECRET_BYTES, TokenRecord, hash_secret, render_token
from shared.errors import NotFound
from shared.storage.items import is_condition_failure, to_attributes, to_record
from shared.storage.models import TokenItem

KEPT_AFTER_EXPIRY = dt.timedelta(days=30)
"""An expired token is told so for a month; then the table forgets it and it is unknown."""


class Tokens:
    """Mint, find and revoke tokens."""

    def mint(
        self,
        *,
        user: int,
        first_name: str,
        last_name: str,
        business_ids: tuple[str, ...],
        scopes: tuple[str, ...],
        now: dt.datetime,
        expires_at: dt.datetime,
    ) -> tuple[TokenRecord, str]:
        """Create a token; its text is returned once and stored nowhere."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        record = TokenRecord(
            id=secrets.token_hex(8),
            secret_sha256=hash_secret(secret),
            user=user,
            first_name=first_name,
            last_name=last_name,
            business_ids=business_ids,
            scopes=scopes,
            created_at=now,
            expires_at=expires_at,
        )
        TokenItem(
            f"TOKEN#{record.id}",
            "TOKEN",
            expires_at_epoch=int((expires_at + KEPT_AFTER_EXPIRY).timestamp()),
            **to_attributes(record),
        ).save()
        return record, render_token(record.id, secret)

    def find(self, token_id: str) -> TokenRecord | None:
        """Return a token by the id in its text."""
        try:
            item = TokenItem.get(f"TOKEN#{token_id}", "TOKEN", consistent_read=True)
        except TokenItem.DoesNotExist:
            return None
        return to_record(item, TokenRecord)

    def revoke(self, token_id: str, now: dt.datetime) -> None:
        """End a token's life; revoking it again keeps the first moment.

        Raises:
            NotFound: There is no such token.
        """
        try:
            TokenItem(f"TOKEN#{token_id}", "TOKEN").update(
                actions=[TokenItem.revoked_at.set(TokenItem.revoked_at | now)],
                condition=TokenItem.pk.exists(),
            )
        except UpdateError as error:
            if not is_condition_failure(error):
                raise
            raise NotFound("token", token_id) from None
