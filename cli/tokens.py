"""``tieout token``: create a business where there is none yet, and mint a token."""

from __future__ import annotations

import datetime as dt
import json
import sys
from typing import TYPE_CHECKING

from shared.access.model import SCOPES, TOKEN_DAYS_MAX
from shared.errors import TieoutError

if TYPE_CHECKING:
    import argparse

USAGE_ERROR = 64
DEFAULT_SCOPES = ("read", "write", "approve")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument(
        "--business", action="append", metavar="ID", help="the token is for it; may be repeated"
    )
    whose.add_argument("--new-business", metavar="NAME", help="create a business and use it")
    whose.add_argument("--revoke", metavar="TOKEN_ID", help="end a token's life")
    parser.add_argument("--currency", default="USD", help="of a new business (USD)")
    parser.add_argument(
        "--scope", action="append", choices=SCOPES, help="may be repeated (read write approve)"
    )
    parser.add_argument("--days", type=int, default=90, help=f"1 to {TOKEN_DAYS_MAX} (90)")
    parser.add_argument("--first-name", default="Tieout", help="of the person it stands for")
    parser.add_argument("--last-name", default="User", help="of the person it stands for")
    parser.add_argument("--stack", help="a deployed stack's name; else the local stack")


def run(arguments: argparse.Namespace) -> int:
    """Mint or revoke a token; print what it is for, and the token, this once, as JSON."""
    from cli.connection import NotConnected, stores_of_deployment  # noqa: PLC0415 - loads AWS
    from shared.application.businesses import create_business  # noqa: PLC0415 - as above
    from shared.application.tokens import check_token, mint_token  # noqa: PLC0415 - as above

    now = dt.datetime.now(dt.UTC)
    try:
        stores = stores_of_deployment(arguments.stack)
        if arguments.revoke is not None:
            stores.tokens.revoke(arguments.revoke, now)
            print(json.dumps({"token_id": arguments.revoke, "revoked_at": now.isoformat()}))
            return 0
        scopes = arguments.scope or DEFAULT_SCOPES
        check_token(scopes, arguments.days)
        if arguments.new_business is not None:
            name, currency = arguments.new_business, arguments.currency
            businesses = [create_business(stores, name, currency, now)]
        else:
            businesses = [stores.books.business(one) for one in arguments.business]
        record, token = mint_token(
            stores,
            business_ids=[one.id for one in businesses],
            scopes=scopes,
            first_name=arguments.first_name,
            last_name=arguments.last_name,
            days=arguments.days,
            now=now,
        )
    except (TieoutError, NotConnected) as error:
        print(f"tieout token: {error}", file=sys.stderr)
        return USAGE_ERROR
    print(
        json.dumps(
            {
                "token": token,
                "token_id": record.id,
                "expires_at": record.expires_at.isoformat(timespec="seconds"),
                "scopes": record.scopes,
                "businesses": [
                    {"business_id": one.id, "business_number": one.number, "name": one.name}
                    for one in businesses
                ],
            },
            indent=2,
        )
    )
    return 0
