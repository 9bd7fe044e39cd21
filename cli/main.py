"""The ``tieout`` command: each subcommand is a module, loaded only when it is called."""

from __future__ import annotations

import argparse
import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = {
    "parse": "Read a statement file and print it as JSON (needs no AWS)",
    "match": "Match a bank file with a ledger file and print the result (needs no AWS)",
    "up": "Deploy to a local emulator, keep it running, print how to call it",
    "down": "Stop what `tieout up` started",
    "demo": "Deploy to a local emulator, reconcile two accounts, clean up",
    "deploy": "Deploy to AWS with the credentials of this shell",
    "token": "Create a business and mint a token for it",
    "upload": "Upload a statement and follow its reconciliation",
    "reconcile": "Follow a reconciliation, or start or retry one, with a progress bar",
    "show": "Show a reconciliation: matches with reasons, what is open, the balance proof",
}

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="tieout", description="Proves that the books agree with the bank."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in COMMANDS.items():
        command = commands.add_parser(name, help=summary, description=f"{summary}.")
        # Only the command that is called is imported: `tieout parse` must not load AWS clients.
        if name in given[:1]:
            _module(name).add_arguments(command)
    parsed = parser.parse_args(given)
    try:
        return int(_module(parsed.command).run(parsed))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def _module(command: str) -> Any:
    # A module called token would hide the standard library's from scripts in this folder.
    return importlib.import_module(f"cli.{'tokens' if command == 'token' else command}")


if __name__ == "__main__":
    sys.exit(main())
