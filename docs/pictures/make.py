"""Write the pictures of this folder: what `tieout parse` prints, as a terminal shows it.

Run by ``make pictures``; ``tests/unit/test_pictures.py`` holds them equal to what is printed today.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from rich.console import Console

from cli import inspection_display, statement_display
from shared.statements.inspection import inspect
from shared.statements.options import NO_OPTIONS
from shared.statements.registry import read_events
from shared.statements.source import Source

FOLDER = Path(__file__).resolve().parent
PROJECT = FOLDER.parents[1]
COLUMNS = 130


def pictures() -> dict[str, str]:
    """Return each picture's file name and its SVG text."""
    return {
        "parse-table.svg": _table(PROJECT / "tests/golden/mt940/german_sepa.sta"),
        "parse-inspect.svg": _inspect(PROJECT / "tests/golden/csv/german_savings_bank.csv"),
    }


def _table(path: Path) -> str:
    console = _console()
    events = read_events(Source.of_path(path), NO_OPTIONS)
    statement_display.show(console, events, path.name, rows_max=20)
    return _svg(console, f"tieout parse {path.name} --table")


def _inspect(path: Path) -> str:
    console = _console()
    inspection_display.show(console, inspect(Source.of_path(path), NO_OPTIONS), path.name)
    return _svg(console, f"tieout parse --inspect {path.name}")


def _console() -> Console:
    return Console(
        record=True, width=COLUMNS, file=io.StringIO(), highlight=False, color_system="truecolor"
    )


def _svg(console: Console, title: str) -> str:
    svg = console.export_svg(title=title, unique_id="tieout")
    # The picture must not fetch a font from somebody else's server.
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def main() -> int:
    """Write the pictures."""
    for name, svg in pictures().items():
        (FOLDER / name).write_text(svg, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
