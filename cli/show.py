"""``tieout show``: everything there is to know of a reconciliation."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("reconciliation", metavar="RECONCILIATION_ID")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")


def run(arguments: argparse.Namespace) -> int:
    """Print the reconciliation."""
    from rich.console import Console  # noqa: PLC0415 - only commands that draw load it

    from cli.client import Client, Refused  # noqa: PLC0415 - as above
    from cli.connection import Connection, NotConnected  # noqa: PLC0415 - as above
    from cli.display import show  # noqa: PLC0415 - as above

    try:
        with Client(Connection.find()) as client:
            path = f"/reconciliations/{arguments.reconciliation}"
            found = client.get(path)
            whole = client.matches(arguments.reconciliation)
            balance = client.get(f"{path}/balance")
    except (Refused, NotConnected) as error:
        print(f"tieout show: {error}", file=sys.stderr)
        return FAILED
    if arguments.json:
        print(json.dumps({"reconciliation": found, "review": whole, "balance": balance}))
    else:
        show(Console(), found, whole, balance)
    return 0
