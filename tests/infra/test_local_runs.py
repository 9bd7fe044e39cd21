"""What a run leaves behind: nothing, whoever ends it and however."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from cli.local.processes import ProcessIdentity, end_group
from cli.local.stack import down, facts_file, remove_stale_runs, write_facts
from cli.toolchain import ToolFailed, neutral_environment, run_tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SLEEPER = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """Start a process that leads a group of its own, as an emulator does."""
    process = subprocess.Popen(SLEEPER, start_new_session=True)
    yield process
    process.kill()
    process.wait()


def wait_until(true: Callable[[], bool], seconds_max: float = 10.0) -> None:
    deadline = time.monotonic() + seconds_max
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def gone(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is not None


def write_run(
    folder: Path, *, owner: ProcessIdentity, emulator: ProcessIdentity | None, detached: bool
) -> None:
    folder.mkdir(parents=True)
    run = {
        "owner": asdict(owner),
        "emulator": None if emulator is None else asdict(emulator),
        "detached": detached,
    }
    (folder / "run.json").write_text(json.dumps(run), "utf-8")


def dead() -> ProcessIdentity:
    return ProcessIdentity(pid=os.getpid(), started="long ago")


def test_a_process_is_known_by_its_start_and_not_by_its_id_alone(
    sleeper: subprocess.Popen[bytes],
) -> None:
    identity = ProcessIdentity.of(sleeper.pid)
    assert identity.is_running()
    assert not ProcessIdentity(pid=sleeper.pid, started="another time").is_running()


def test_somebody_elses_process_with_the_same_id_is_left_alone(
    sleeper: subprocess.Popen[bytes],
) -> None:
    end_group(ProcessIdentity(pid=sleeper.pid, started="another time"))
    assert not gone(sleeper)


def test_ending_a_group_ends_its_leader(sleeper: subprocess.Popen[bytes]) -> None:
    identity = ProcessIdentity.of(sleeper.pid)
    end_group(identity)
    assert not identity.is_running()


def test_a_run_whose_owner_died_is_removed_with_its_emulator(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    emulator = ProcessIdentity.of(sleeper.pid)
    write_run(tmp_path / "run-1", owner=dead(), emulator=emulator, detached=False)
    remove_stale_runs(tmp_path)
    assert not (tmp_path / "run-1").exists()
    wait_until(lambda: gone(sleeper))


def test_a_run_whose_owner_lives_is_left_alone(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    emulator = ProcessIdentity.of(sleeper.pid)
    write_run(
        tmp_path / "run-1",
        owner=ProcessIdentity.of(os.getpid()),
        emulator=emulator,
        detached=False,
    )
    remove_stale_runs(tmp_path)
    assert (tmp_path / "run-1").exists()
    assert not gone(sleeper)


def test_a_detached_run_outlives_its_owner(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    emulator = ProcessIdentity.of(sleeper.pid)
    write_run(tmp_path / "run-1", owner=dead(), emulator=emulator, detached=True)
    write_run(tmp_path / "run-2", owner=dead(), emulator=dead(), detached=True)
    remove_stale_runs(tmp_path)
    assert (tmp_path / "run-1").exists()
    assert not (tmp_path / "run-2").exists()
    assert not gone(sleeper)


def test_a_run_that_is_just_being_created_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run-new").mkdir()
    (tmp_path / "run-old").mkdir()
    os.utime(tmp_path / "run-old", (0, 0))
    remove_stale_runs(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run-new"]


def test_down_stops_what_local_json_names(tmp_path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    folder = tmp_path / ".tieout" / "runs" / "run-1"
    folder.mkdir(parents=True)
    emulator = asdict(ProcessIdentity.of(sleeper.pid))
    write_facts(tmp_path, {"stack": {"folder": str(folder), "emulator": emulator}})
    assert facts_file(tmp_path).stat().st_mode & 0o777 == 0o600
    assert down(tmp_path)
    assert not facts_file(tmp_path).exists()
    assert not folder.exists()
    wait_until(lambda: gone(sleeper))


@pytest.mark.parametrize("content", [None, "", "{}", '{"stack": {"folder": 1}}'])
def test_down_finds_nothing_to_stop(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        facts_file(tmp_path).parent.mkdir()
        facts_file(tmp_path).write_text(content, "utf-8")
    assert not down(tmp_path)
    assert not facts_file(tmp_path).exists()


def test_a_tool_that_fails_says_what_it_printed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('no such stack'); raise SystemExit(3)"]
    with pytest.raises(ToolFailed, match=r"(?s)status 3.*no such stack"):
        run_tool(
            command,
            environment=neutral_environment(),
            folder=tmp_path,
            log=tmp_path / "tool.log",
        )


def test_the_emulator_never_sees_this_shells_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "books")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example.com")
    assert not [name for name in neutral_environment() if name.startswith(("AWS", "HTTP"))]
