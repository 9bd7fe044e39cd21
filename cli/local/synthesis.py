"""Synthesize the app once per content.

Synthesis takes longer than anything else before deployment and depends on nothing but files
of this project, versions and context, so its result is kept under their hash. Renaming makes a
finished assembly appear whole; two runs at once both work, and one of their results stays.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cli.toolchain import run_tool

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cli.toolchain import Toolchain

UNUSED_SECONDS_MAX = 24 * 60 * 60

_INPUT_FOLDERS = ("functions", "infra", "shared")
_INPUT_FILES = ("app.py", "cdk.json", "requirements.txt", "requirements-matching.txt")
_INPUT_PACKAGES = ("aws-cdk-lib", "cdk-nag", "constructs", "jsii")


def synthesize(
    toolchain: Toolchain, environment: Mapping[str, str], *, log: Path, **context: str
) -> Path:
    """Return a cloud assembly for this context, synthesizing it if it was not before.

    Raises:
        ToolFailed: The app did not synthesize; the message holds what it printed.
    """
    kept = toolchain.project / ".tieout" / "synthesized"
    final = kept / f"assembly-{_digest(toolchain.project, toolchain.context(**context))}"
    kept.mkdir(parents=True, exist_ok=True)
    _remove_unused(kept)
    with suppress(FileNotFoundError):
        os.utime(final)
        return final
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=kept))
    try:
        run_tool(
            toolchain.app_command(),
            environment={
                **environment,
                "CDK_OUTDIR": str(unfinished),
                "CDK_CONTEXT_JSON": toolchain.context(**context),
            },
            folder=toolchain.project,
            log=log,
        )
        with suppress(OSError):
            unfinished.rename(final)
        if not final.is_dir():
            raise FileNotFoundError(final)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return final


def _digest(project: Path, context: str) -> str:
    digest = hashlib.sha256(f"{sys.version}\0{context}".encode())
    for package in _INPUT_PACKAGES:
        digest.update(f"\0{package}={importlib.metadata.version(package)}".encode())
    for path in _inputs(project):
        digest.update(f"\0{path.relative_to(project)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def _inputs(project: Path) -> Iterator[Path]:
    for name in _INPUT_FILES:
        if (project / name).is_file():
            yield project / name
    for name in _INPUT_FOLDERS:
        for path in sorted((project / name).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def _remove_unused(kept: Path) -> None:
    for assembly in kept.iterdir():
        with suppress(FileNotFoundError):
            if time.time() - assembly.stat().st_mtime > UNUSED_SECONDS_MAX:
                shutil.rmtree(assembly, ignore_errors=True)
