"""Statement file -> expected JSON beside it. Regenerate with
``pytest tests/golden --regenerate-golden`` and read the diff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from statement_seeds import format_of

from cli.parse import file_as_json
from shared.errors import UnreadableStatement
from shared.statements.registry import FORMATS, read_statement_file

FOLDER = Path(__file__).parent
INPUTS = sorted(
    path
    for folder in FOLDER.iterdir()
    if folder.is_dir() and folder.name != "__pycache__"
    for path in folder.iterdir()
    if not path.name.endswith(".expected.json")
)


def outcome(data: bytes) -> dict[str, Any]:
    try:
        return file_as_json(read_statement_file(data))
    except UnreadableStatement as error:
        return {
            "error": "unreadable_statement",
            "reason": error.reason,
            "line": error.line,
            "column": error.column,
        }


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_file_reads_as_its_golden_json_says(path: Path, pytestconfig: pytest.Config) -> None:
    expected = path.with_name(path.name + ".expected.json")
    found = outcome(path.read_bytes())
    if pytestconfig.getoption("--regenerate-golden", default=False):
        text = json.dumps(found, indent=2, ensure_ascii=False)
        expected.write_text(text + "\n", encoding="utf-8")
    assert found == json.loads(expected.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", INPUTS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_only_files_named_refused_are_refused(path: Path) -> None:
    assert ("error" in outcome(path.read_bytes())) == path.name.startswith("refused_")


def test_every_golden_json_has_its_input() -> None:
    for path in FOLDER.glob("*/*.expected.json"):
        assert path.with_name(path.name.removesuffix(".expected.json")) in INPUTS


def test_every_format_has_golden_files_that_are_read_and_one_that_is_refused() -> None:
    read = {format_of(path) for path in INPUTS if not path.name.startswith("refused_")}
    assert {known.name for known in FORMATS} <= read
    for folder in {path.parent for path in INPUTS}:
        assert any(path.name.startswith("refused_") for path in folder.iterdir()), folder.name
