"""What several suites share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.template import synthesize_template, table_definitions

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def tables_of_the_template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What ``create_table`` takes for each table, as the stack deploys them."""
    folder: Path = tmp_path_factory.mktemp("assembly")
    return table_definitions(synthesize_template(folder))
