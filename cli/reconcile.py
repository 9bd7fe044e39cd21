"""``tieout reconcile``: follow a reconciliation with a progress bar, starting it where needed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    from cli.client import Client

FAILED = 1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("reconciliation", metavar="RECONCILIATION_ID")
    parser.add_argument("--retry", action="store_true", help="start it, or start a failed one anew")
    parser.add_argument("--complete", action="store_true", help="complete and lock it when proven")


def run(arguments: argparse.Namespace) -> int:
    """Follow the reconciliation until people are needed, or it is completed or failed."""
    from cli.client import Client, Refused  # noqa: PLC0415 - only commands that call out load it
    from cli.connection import Connection, NotConnected  # noqa: PLC0415 - as above

    try:
        with Client(Connection.find()) as client:
            path = f"/reconciliations/{arguments.reconciliation}"
            if arguments.retry:
                client.post(f"{path}/retry")
            found = follow_with_bar(client, client.get(path))
            if arguments.complete and found["status"] in ("ai_matched", "in_review"):
                found = client.post(f"{path}/complete")
    except (Refused, NotConnected, TimeoutError) as error:
        print(f"tieout reconcile: {error}", file=sys.stderr)
        return FAILED
    return report(found)


def follow_with_bar(client: Client, reconciliation: dict[str, Any]) -> dict[str, Any]:
    """Follow one reconciliation, drawing how far it is."""
    from rich.console import Console  # noqa: PLC0415 - only commands that draw load it

    from cli.display import STAGES_TOTAL, progress_bars, stage_of  # noqa: PLC0415 - as above

    with progress_bars(Console(stderr=True)) as bars:
        bar = bars.add_task(
            f"Reconciliation {reconciliation['sequence_number']}", total=STAGES_TOTAL, stage=""
        )

        def looked(found: dict[str, Any]) -> None:
            done, stage = stage_of(found)
            bars.update(bar, completed=done, stage=stage)

        return client.follow(reconciliation["id"], looked)


def report(found: dict[str, Any]) -> int:
    """Say in one line what became of a reconciliation; return the exit code."""
    if found["status"] == "failed":
        print(f"{found['id']} failed: {found['failure_reason']}", file=sys.stderr)
        return FAILED
    summary = found["summary"]
    print(
        f"{found['id']} {found['status']}: {summary['total']} lines, "
        f"{summary['machine_matched']} matched by machine, {summary['proposed']} proposed, "
        f"{summary['unmatched']} without match"
    )
    return 0
