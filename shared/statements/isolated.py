"""A process of its own for the third-party readers of binary formats.

PDFium and calamine do what the file says. Two kilobytes of PDF whose forms draw each other took
192 MB at six levels and about ten times as much with each further one; a workbook with one cell at
each corner of a sheet is laid out as 17 billion cells. Neither a lack of memory nor an endless loop
in compiled code can be caught, so they run in a child with a limit on processor time and memory,
and a child that dies is a refused file. It costs 0.03 to 0.08 s.

The child gets only this interpreter's path of modules; it prints what it finds and nothing else.
"""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parents[2])
"""Where ``shared`` is. An editable install finds it through an import hook, which no path tells."""

_CODE = (
    "import sys; sys.path[:] = sys.argv[3:]; "
    "import importlib, os; importlib.import_module(sys.argv[1]).main(sys.argv[2]); "
    "sys.stdout.flush(); os._exit(0)"
)
"""Ends without giving back a million cells one by one, which takes as long as reading a tenth."""


def command_of(module: str, argument: str) -> list[str]:
    """Return the command that calls ``main(argument)`` of a module in a new interpreter."""
    return [sys.executable, "-I", "-S", "-c", _CODE, module, argument, _ROOT, *sys.path]


def limit(seconds: int, memory_bytes: int, printed_bytes: int) -> None:
    """Bound the process that calls this; a system without such limits bounds nothing."""
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return
    for which, value in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_FSIZE, printed_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        try:
            resource.setrlimit(which, (value, value))
        except (ValueError, OSError):
            continue
