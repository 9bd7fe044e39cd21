"""Quicken Interchange Format."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement

if TYPE_CHECKING:
    from shared.statements.head import Head
    from shared.statements.model import Events
    from shared.statements.options import Options
    from shared.statements.source import Source


def recognises(_head: Head) -> bool:
    """Return whether a file that begins like this is of this format."""
    return False


def read(_source: Source, _options: Options) -> Events:
    """Yield the statements of the file."""
    raise UnreadableStatement("not read yet")
