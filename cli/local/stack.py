"""Start the emulator, deploy the stack into it, and leave nothing behind.

Each run has a folder of its own under ``.tieout/runs`` for everything the emulator and the
deployment write, and a port of its own, so runs do not meet. A run belongs to the process that
started it and ends with it, unless it was started detached; whatever a crash left is
recognised by the identities in ``run.json`` and removed by the next start.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.local.processes import ENDS_WITH_PARENT_VARIABLE, ProcessIdentity, end_group
from cli.local.synthesis import synthesize
from cli.toolchain import Toolchain, ToolFailed, neutral_environment, run_tool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

ACCOUNT = "000000000000"
REGION = "us-east-1"
STACK_NAME = "Tieout"

HEALTH_SECONDS_MAX = 60.0
PORT_ATTEMPTS_MAX = 5
UNFINISHED_RUN_SECONDS_MAX = 60.0

_RUN_FILE = "run.json"

_started: dict[int, subprocess.Popen[bytes]] = {}
"""Emulators of this process by id; Python complains about a child that nobody holds."""


class EmulatorDidNotStart(RuntimeError):
    """The emulator ended or stayed silent; the message holds the end of its log."""


@dataclass(frozen=True, slots=True)
class LocalStack:
    """A deployed stack on this machine.

    Args:
        base_url: Where the HTTP API answers, without a slash at the end.
        host_header: The Host header requests need, or None when they need none.
        endpoint_url: Where AWS clients connect.
        region: The region they name.
        outputs: The stack's outputs: ``StatementsBucket``, ``BooksTable``, ``WorkflowArn``, …
        folder: The run's own folder, with ``emulator.log`` and ``deploy.log``.
        emulator: The emulator's process.
        seconds: How long each part of starting took.
    """

    base_url: str
    host_header: str | None
    endpoint_url: str
    region: str
    outputs: dict[str, str]
    folder: Path
    emulator: ProcessIdentity
    seconds: dict[str, float]

    def client_options(self) -> dict[str, str]:
        """Return what ``boto3.client`` needs beside the service's name."""
        return {
            "endpoint_url": self.endpoint_url,
            "region_name": self.region,
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
        }

    def facts(self) -> dict[str, Any]:
        """Return what ``.tieout/local.json`` says about the stack."""
        return {
            "base_url": self.base_url,
            "host_header": self.host_header,
            "aws_endpoint_url": self.endpoint_url,
            "region": self.region,
            "statements_bucket": self.outputs["StatementsBucket"],
            "stack": {
                "records_bucket": self.outputs["RecordsBucket"],
                "books_table": self.outputs["BooksTable"],
                "reconciliations_table": self.outputs["ReconciliationsTable"],
                "idempotency_table": self.outputs["IdempotencyTable"],
                "tokens_table": self.outputs["TokensTable"],
                "workflow_arn": self.outputs["WorkflowArn"],
                "folder": str(self.folder),
                "emulator": asdict(self.emulator),
            },
        }

    def worker_pids(self, function: str) -> list[int]:
        """Return the processes that run one function now, such as ``match_lines``.

        For tests that kill them. Linux only: it reads ``/proc``.
        """
        wanted = f"POWERTOOLS_SERVICE_NAME={function}\0".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if os.getpgid(int(process.name)) != self.emulator.pid:
                    continue
                if wanted in (process / "environ").read_bytes() + b"\0":
                    found.append(int(process.name))
        return found


@contextmanager
def local_stack(
    toolchain: Toolchain | None = None, *, progress: Callable[[str], None] = lambda _: None
) -> Iterator[LocalStack]:
    """Start and deploy a stack of one's own, and remove it at the end, however that comes.

    Args:
        toolchain: Where project and tools are, if not where this module is.
        progress: Told what is being done now, for a person to read.

    Raises:
        EmulatorDidNotStart: The emulator ended or stayed silent.
        ToolFailed: Synthesis, bootstrap or deployment failed.
    """
    with _termination_as_exit():
        stack = start(toolchain or Toolchain.find(), detached=False, progress=progress)
        try:
            yield stack
        finally:
            stop(stack.folder, stack.emulator)


def start(
    toolchain: Toolchain, *, detached: bool, progress: Callable[[str], None] = lambda _: None
) -> LocalStack:
    """Start the emulator and deploy the stack; a detached one runs until :func:`stop`."""
    runs = toolchain.project / ".tieout" / "runs"
    remove_stale_runs(runs)
    runs.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="run-", dir=runs))
    emulator: ProcessIdentity | None = None
    seconds: dict[str, float] = {}
    try:
        _write_run(folder, detached=detached, emulator=None)
        with _timed(seconds, "emulator"):
            progress("Starting the emulator")
            emulator, endpoint_url = _start_emulator(toolchain, folder, detached=detached)
        outputs = _deploy(toolchain, folder, endpoint_url, seconds, progress)
    except BaseException:
        if emulator is None:
            emulator = _read_run(folder).emulator
        stop(folder, emulator)
        raise
    return LocalStack(
        base_url=endpoint_url,
        host_header=None,
        endpoint_url=endpoint_url,
        region=REGION,
        outputs=outputs,
        folder=folder,
        emulator=emulator,
        seconds=seconds,
    )


def stop(folder: Path, emulator: ProcessIdentity | None) -> None:
    """End the emulator with its workers and remove the run's folder."""
    if emulator is not None:
        end_group(emulator)
        if (process := _started.pop(emulator.pid, None)) is not None:
            process.poll()
    shutil.rmtree(folder, ignore_errors=True)


def up(
    toolchain: Toolchain | None = None, *, progress: Callable[[str], None] = lambda _: None
) -> LocalStack:
    """Start a stack that keeps running and write ``.tieout/local.json``.

    One that runs already is stopped first, so there is never a second one that ``down`` would
    not find.
    """
    toolchain = toolchain or Toolchain.find()
    down(toolchain.project)
    with _termination_as_exit():
        stack = start(toolchain, detached=True, progress=progress)
    write_facts(toolchain.project, stack.facts())
    return stack


def down(project: Path) -> bool:
    """Stop what :func:`up` started; say whether anything ran."""
    path = facts_file(project)
    try:
        facts = json.loads(path.read_text("utf-8"))["stack"]
        emulator = ProcessIdentity(**facts["emulator"])
        folder = Path(facts["folder"])
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        path.unlink(missing_ok=True)
        return False
    ran = emulator.is_running()
    stop(folder, emulator)
    path.unlink(missing_ok=True)
    return ran


def facts_file(project: Path) -> Path:
    """Return the path of ``.tieout/local.json``."""
    return project / ".tieout" / "local.json"


def write_facts(project: Path, facts: dict[str, Any]) -> None:
    """Write ``.tieout/local.json`` whole or not at all; the token in it is for this user only."""
    path = facts_file(project)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(facts, indent=2) + "\n", "utf-8")
    unfinished.replace(path)


def remove_stale_runs(runs: Path) -> None:
    """End and remove every run whose owner, or whose detached emulator, is gone."""
    for folder in runs.glob("run-*"):
        try:
            run = _read_run(folder)
        except (FileNotFoundError, ValueError):
            with suppress(FileNotFoundError):
                if time.time() - folder.stat().st_mtime > UNFINISHED_RUN_SECONDS_MAX:
                    shutil.rmtree(folder, ignore_errors=True)
            continue
        keeper = run.emulator if run.detached and run.emulator is not None else run.owner
        if not keeper.is_running():
            stop(folder, run.emulator)


@dataclass(frozen=True, slots=True)
class _Run:
    """What ``run.json`` says: whose run it is, and which emulator belongs to it."""

    owner: ProcessIdentity
    detached: bool
    emulator: ProcessIdentity | None


def _write_run(folder: Path, *, detached: bool, emulator: ProcessIdentity | None) -> None:
    run = _Run(ProcessIdentity.of(os.getpid()), detached, emulator)
    unfinished = folder / f"{_RUN_FILE}.unfinished"
    unfinished.write_text(json.dumps(asdict(run)), "utf-8")
    unfinished.replace(folder / _RUN_FILE)


def _read_run(folder: Path) -> _Run:
    run = json.loads((folder / _RUN_FILE).read_text("utf-8"))
    return _Run(
        owner=ProcessIdentity(**run["owner"]),
        detached=run["detached"],
        emulator=None if run["emulator"] is None else ProcessIdentity(**run["emulator"]),
    )


def _start_emulator(
    toolchain: Toolchain, folder: Path, *, detached: bool
) -> tuple[ProcessIdentity, str]:
    log = folder / "emulator.log"
    for _ in range(PORT_ATTEMPTS_MAX):
        port = _free_port()
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli.local.emulator"],
                cwd=toolchain.project,
                env=_emulator_environment(folder, port, detached=detached),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _started[process.pid] = process
        emulator = ProcessIdentity.of(process.pid)
        _write_run(folder, detached=detached, emulator=emulator)
        endpoint_url = f"http://127.0.0.1:{port}"
        if _answers(process, f"{endpoint_url}/_ministack/health"):
            return emulator, endpoint_url
        end_group(emulator)
        if "already in use" not in log.read_text("utf-8", errors="replace"):
            break
    tail = "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-20:])
    raise EmulatorDidNotStart(f"The emulator did not start:\n{tail}")


def _emulator_environment(folder: Path, port: int, *, detached: bool) -> dict[str, str]:
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    environment = {
        **neutral_environment(),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "S3_DATA_DIR": str(folder / "s3"),
        "STATE_DIR": str(folder / "state"),
        "TMPDIR": str(temporary),
        "PYTHONUNBUFFERED": "1",
    }
    if not detached:
        environment[ENDS_WITH_PARENT_VARIABLE] = "1"
    return environment


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    deadline = time.monotonic() + HEALTH_SECONDS_MAX
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, urllib.error.URLError), opener.open(url, timeout=5) as response:
            if response.status == 200:  # noqa: PLR2004 - HTTP's OK
                return True
        time.sleep(0.1)
    return False


def _deploy(
    toolchain: Toolchain,
    folder: Path,
    endpoint_url: str,
    seconds: dict[str, float],
    progress: Callable[[str], None],
) -> dict[str, str]:
    """Synthesize while bootstrapping, then deploy; return the stack's outputs."""
    environment = toolchain.environment(
        {
            **neutral_environment(),
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_ENDPOINT_URL": endpoint_url,
            "TMPDIR": str(folder / "tmp"),
        }
    )
    failures: list[BaseException] = []
    assemblies: list[Path] = []

    def synthesize_meanwhile() -> None:
        try:
            with _timed(seconds, "synthesis"):
                assemblies.append(
                    synthesize(toolchain, environment, log=folder / "synthesis.log", local="true")
                )
        except (ToolFailed, OSError) as failure:
            failures.append(failure)

    progress("Synthesizing the stack and bootstrapping the account")
    thread = threading.Thread(target=synthesize_meanwhile)
    thread.start()
    try:
        with _timed(seconds, "bootstrap"):
            run_tool(
                toolchain.cdk_command("bootstrap", f"aws://{ACCOUNT}/{REGION}"),
                environment=environment,
                folder=folder,
                log=folder / "bootstrap.log",
            )
    finally:
        thread.join()
    if failures:
        raise failures[0]
    outputs_file = folder / "outputs.json"
    progress("Deploying the stack")
    with _timed(seconds, "deployment"):
        run_tool(
            toolchain.cdk_command(
                "deploy",
                STACK_NAME,
                "--app",
                str(assemblies[0]),
                "--require-approval",
                "never",
                "--method",
                "direct",
                "--outputs-file",
                str(outputs_file),
            ),
            environment=environment,
            folder=folder,
            log=folder / "deploy.log",
        )
    outputs: dict[str, str] = json.loads(outputs_file.read_text("utf-8"))[STACK_NAME]
    return outputs


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _timed(seconds: dict[str, float], part: str) -> Iterator[None]:
    began = time.monotonic()
    try:
        yield
    finally:
        seconds[part] = round(time.monotonic() - began, 1)


@contextmanager
def _termination_as_exit() -> Iterator[None]:
    """Turn SIGTERM into an exception while something runs that must be stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(number: int, _frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
