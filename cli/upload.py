"""``tieout upload``: send a statement and follow its reconciliation."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    from cli.client import Client

FAILED = 1
NO_INPUT = 66

UPLOAD_BYTES_MAX = 4 * 1024 * 1024
"""Larger files go by presigned upload, as the API asks."""

ARRIVAL_SECONDS_MAX = 600.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--ledger", help="ledger id (the local stack's own)")
    for name, what in (("start-date", "first day"), ("end-date", "last day")):
        parser.add_argument(f"--{name}", metavar="YYYY-MM-DD", help=f"{what}, else the file's own")
    for name in ("opening-balance", "closing-balance"):
        parser.add_argument(f"--{name}", type=int, metavar="CENTS", help="else the file's own")
    parser.add_argument("--no-follow", action="store_true", help="do not wait for the result")


def run(arguments: argparse.Namespace) -> int:
    """Upload, follow, and say what became of it."""
    from cli.client import Client, Refused  # noqa: PLC0415 - only commands that call out load it
    from cli.connection import Connection, NotConnected  # noqa: PLC0415 - as above
    from cli.reconcile import follow_with_bar, report  # noqa: PLC0415 - as above

    if not arguments.file.is_file():
        print(f"tieout upload: no file {arguments.file}", file=sys.stderr)
        return NO_INPUT
    try:
        connection = Connection.find()
        fields = {
            "ledger_id": arguments.ledger or connection.ledger_id,
            "start_date": arguments.start_date,
            "end_date": arguments.end_date,
            "opening_balance": arguments.opening_balance,
            "closing_balance": arguments.closing_balance,
        }
        with Client(connection) as client:
            if arguments.file.stat().st_size <= UPLOAD_BYTES_MAX:
                found = client.upload(arguments.file, **fields)
            else:
                found = _send_presigned(client, arguments.file, fields)
            if not arguments.no_follow:
                found = follow_with_bar(client, found)
    except (Refused, NotConnected, TimeoutError) as error:
        print(f"tieout upload: {error}", file=sys.stderr)
        return FAILED
    return report(found)


def _send_presigned(client: Client, file: Path, fields: dict[str, Any]) -> dict[str, Any]:
    """Send a large file to the bucket and wait until it is taken in."""
    from cli.client import LOOK_SECONDS, Refused  # noqa: PLC0415 - as above

    given = {name: value for name, value in fields.items() if value is not None}
    announced = client.post("/reconciliations/upload-url", {**given, "filename": file.name})
    client.put_presigned(announced["upload"]["url"], file)
    deadline = time.monotonic() + ARRIVAL_SECONDS_MAX
    while time.monotonic() < deadline:
        for page in client.pages("/statements", ledger_id=fields["ledger_id"]):
            for statement in page["data"]:
                if statement["id"] != announced["statement_id"]:
                    continue
                if statement["reason"]:
                    raise Refused(422, statement["reason"])
                if statement["reconciliation_id"]:
                    path = f"/reconciliations/{statement['reconciliation_id']}"
                    return dict(client.get(path))
        time.sleep(LOOK_SECONDS)
    raise TimeoutError(f"{file.name} was sent but not taken in yet; look at `tieout show` later.")
