"""``tieout down``: stop what ``tieout up`` started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.local.stack import down
from cli.toolchain import PROJECT

if TYPE_CHECKING:
    import argparse


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: none."""


def run(_arguments: argparse.Namespace) -> int:
    """Stop the local stack, if one runs."""
    print("The local stack is stopped." if down(PROJECT) else "No local stack was running.")
    return 0
