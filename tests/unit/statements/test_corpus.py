"""Real files of other projects, in place: what MANIFEST.jsonl counts, or a refusal with a reason.

The manifest's count is crude; every difference is explained where it is pinned, format by format,
in the ``pins_*.py`` files beside this one.
"""

from __future__ import annotations

import importlib.util
import json
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shared.errors import UnreadableStatement
from shared.money import decimals_of
from shared.statements.registry import read_statement_file

FOLDER = Path(__file__).parent
CORPUS = Path(os.environ.get("TIEOUT_CORPUS", FOLDER.parents[3] / "shared" / "corpus"))
MANIFEST = CORPUS / "MANIFEST.jsonl"


def pinned(name: str) -> dict[str, Any]:
    """Return one of the dictionaries that every ``pins_*.py`` has, all together."""
    found: dict[str, Any] = {}
    for path in sorted(FOLDER.glob("pins_*.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        own = getattr(module, name)
        assert found.keys().isdisjoint(own)
        found |= own
    return found


REFUSED: dict[str, str] = pinned("REFUSED")
PINS: dict[str, tuple[int, str]] = pinned("PINS")


def entries() -> list[dict[str, Any]]:
    if not MANIFEST.exists():
        return []
    return [json.loads(line) for line in MANIFEST.read_text().splitlines() if line.strip()]


@pytest.mark.skipif(
    not MANIFEST.exists(),
    reason=f"no corpus of real files at {CORPUS}; set TIEOUT_CORPUS to its folder",
)
def test_every_pin_is_of_a_file_of_the_corpus() -> None:
    known = {entry["path"] for entry in entries()}
    assert known
    assert REFUSED.keys() <= known
    assert PINS.keys() <= known


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry["path"])
def test_real_files_read_as_counted_or_are_refused(entry: dict[str, Any]) -> None:
    data = (CORPUS / entry["path"]).read_bytes()
    if entry["path"] in REFUSED:
        with pytest.raises(UnreadableStatement) as caught:
            read_statement_file(data)
        assert REFUSED[entry["path"]] in caught.value.reason
        return
    count, net = PINS.get(entry["path"], (entry["entries"], entry["net"]))
    found = read_statement_file(data)
    lines = [line for statement in found.statements for line in statement.lines]
    assert len(lines) == count
    # The manifest gives no net where it could not be counted without a parser.
    if net is not None:
        assert sum(
            (Decimal(line.amount_minor).scaleb(-decimals_of(line.currency)) for line in lines),
            Decimal(0),
        ) == Decimal(net)
    assert lines or found.warnings or any(one.breaks for one in found.statements)
