"""A few seconds of coverage-guided fuzzing a format; ``make fuzz`` runs for as long as you like."""

from __future__ import annotations

import pytest
from run import fuzz
from statement_laws import TARGETS

SECONDS = 3
EXECUTIONS_MIN = 20
"""PDF and workbooks are read in a child each; the others reach thousands a second."""


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_but_refusals_comes_of_inputs_that_reach_new_code(
    target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    done = fuzz(target, SECONDS)
    with capsys.disabled():
        print(f" {target}: {done.executions:,} executions ", end="")  # noqa: T201 - shown in the run
    if done.failure is not None:
        pytest.fail(done.failure, pytrace=False)
    assert done.seeds > 0, f"no golden file is recognised as {target}"
    assert done.executions >= EXECUTIONS_MIN


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("planted-raises", "KeyError"),
        ("planted-hangs", "timeout after"),
        ("planted-grows", "out-of-memory"),
    ],
)
def test_a_planted_fault_is_found(fault: str, told: str) -> None:
    done = fuzz(fault, 60, input_seconds_max=2)
    assert done.failure is not None
    assert told in done.failure
