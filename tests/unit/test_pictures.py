"""The pictures in the documents show what is printed today."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

MAKE = Path(__file__).parents[2] / "docs" / "pictures" / "make.py"


def make() -> Any:
    spec = importlib.util.spec_from_file_location("make_pictures", MAKE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["parse-table.svg", "parse-inspect.svg"])
def test_picture_is_what_the_command_prints(name: str) -> None:
    assert make().pictures()[name] == (MAKE.parent / name).read_text("utf-8"), "run make pictures"
