"""The picture in docs/architecture.md is the code's own structure, arrow for arrow."""

from __future__ import annotations

import re
from pathlib import Path

import grimp

PROJECT = Path(__file__).parents[2]
ARROW = re.compile(r"^ *([a-z_.]+) --> ([a-z_.& ]+)$", re.MULTILINE)
WORKFLOW = "functions.workflow"


def room_of(module: str) -> str:
    parts = module.split(".")
    if parts[0] == "functions":
        own_room = len(parts) > 1 and parts[1] in ("api", "authorizer")
        return ".".join(parts[:2]) if own_room else WORKFLOW
    return ".".join(parts[:2]) if parts[0] == "shared" else parts[0]


def arrows_in_code() -> set[tuple[str, str]]:
    graph = grimp.build_graph("shared", "functions", "infra", "cli", cache_dir=None)
    arrows = {
        (room_of(importer), room_of(imported))
        for importer in graph.modules
        for imported in graph.find_modules_directly_imported_by(importer)
    }
    return {(a, b) for a, b in arrows if b not in (a, "shared.errors")}


def test_the_picture_in_the_documentation_has_the_arrows_of_the_code() -> None:
    text = (PROJECT / "docs" / "architecture.md").read_text("utf-8")
    drawn = {
        (importer, imported.strip())
        for importer, targets in ARROW.findall(text)
        for imported in targets.split("&")
    }
    assert drawn == arrows_in_code()
