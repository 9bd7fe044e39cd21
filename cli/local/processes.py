"""Processes that outlive the command that started them, and how to be sure which is which.

A process id alone is no identity: after a crash the number may belong to somebody else. Each
one is remembered with the moment it started, and only a process that matches both is ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_STAT_START_TIME = 21
"""Index of ``starttime`` in ``/proc/[pid]/stat``, counted from 0 (proc(5))."""

STOPPING_SECONDS_MAX = 5.0

ENDS_WITH_PARENT_VARIABLE = "TIEOUT_ENDS_WITH_PARENT"
"""Set for an emulator that must not outlive the process that started it."""


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process id together with when that process started."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> ProcessIdentity:
        """Identify a process that runs now.

        Raises:
            ProcessLookupError: None has this id.
        """
        started = _start_time(pid)
        if started is None:
            raise ProcessLookupError(pid)
        return cls(pid, started)

    def is_running(self) -> bool:
        """Whether this very process still runs."""
        return _start_time(self.pid) == self.started


def end_group(leader: ProcessIdentity) -> None:
    """End a process and everything in the group it leads, gently first.

    Does nothing when the process is gone or its id belongs to another by now.
    """
    if not leader.is_running():
        return
    for wish in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(leader.pid, wish)
        deadline = time.monotonic() + STOPPING_SECONDS_MAX
        while _group_exists(leader.pid):
            with suppress(ChildProcessError):
                os.waitpid(leader.pid, os.WNOHANG)
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)
        else:
            return


def _group_exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def _start_time(pid: int) -> str | None:
    """Return when a process started in the system's own words, or None for no such process."""
    stat = Path("/proc") / str(pid) / "stat"
    if Path("/proc/self/stat").exists():
        try:
            # The name in parentheses may hold spaces; fields are counted after it.
            fields = stat.read_text("utf-8", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] in ("Z", "X") else fields[_STAT_START_TIME - 2]
    found = subprocess.run(  # noqa: S603 - built from constants and our own paths
        ["ps", "-o", "lstart=", "-p", str(pid)],  # noqa: S607 - where there is no /proc
        check=False,
        capture_output=True,
        text=True,
    )
    return found.stdout.strip() or None
