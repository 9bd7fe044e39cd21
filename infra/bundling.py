"""Code assets for the functions, built without Docker.

An asset is a folder: third-party packages as ``uv`` installs them for the target platform,
with ``shared/`` and ``functions/`` beside them. Three dependency sets keep the numeric packages
out of every function but the matching one, since they would triple its size and slow each cold
start, and the readers of spreadsheets and PDF (11 MB unzipped, 5 MB zipped) out of every function
that reads no statements.

Packages are installed once into a cache folder named after what determines its content, so a
second synthesis needs neither network nor time; assembling copies them and the code into a
folder named after the content, so asset hashes change only when content does. Both appear by
renaming, so two syntheses at once cannot see each other's half-built folder.

On the local emulator functions run on this project's own interpreter, whose virtual
environment holds the very packages the lock names. Its assets are code only, which saves every
worker process unpacking and compiling 30 MB; ``tests/infra/test_bundling.py`` proves that the
complete bundles are complete.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

UNZIPPED_BYTES_MAX = 250 * 1024 * 1024
"""Lambda's limit on a function and its layers, unzipped (Lambda quotas, deployment package)."""

PRUNING_VERSION = 1
"""Part of the cache key: raise it when what :func:`prune` removes changes."""

UNUSED_SECONDS_MAX = 24 * 60 * 60

_BOTOCORE_SERVICES_KEPT = frozenset(
    {"dynamodb", "events", "s3", "sqs", "ssm", "stepfunctions", "sts"}
)
_CODE_FOLDERS = ("functions", "shared")


class DependencySet(Enum):
    """Which third-party packages a function gets; the value is the lock file's name."""

    BASE = "requirements.txt"
    STATEMENTS = "requirements-statements.txt"
    MATCHING = "requirements-matching.txt"


class Platform(Enum):
    """Where a bundle runs."""

    LAMBDA = "lambda-python3.13-arm64"
    HOST = "host"
    EMULATOR = "emulator"


class BundleTooLarge(RuntimeError):
    """A bundle is over Lambda's limit; the message says by how much."""


@dataclass(frozen=True, slots=True)
class BundleSize:
    """What a bundle weighs, in bytes, as a folder and as the zip that is uploaded."""

    unzipped_bytes: int
    zipped_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.zipped_bytes / 1e6:.1f} MB zipped, {self.unzipped_bytes / 1e6:.1f} MB unzipped"
        )


def install_command(lock: Path, target: Path, platform: Platform) -> list[str]:
    """Return the ``uv`` command that installs a lock file's packages into a folder.

    Wheels only: nothing is compiled, so the bundle for arm64 can be built on any host.
    """
    command = [str(Path(sys.executable).parent / "uv"), "pip", "install", "--quiet"]
    if platform is Platform.LAMBDA:
        command += ["--python-platform", "aarch64-manylinux_2_28", "--python-version", "3.13"]
    else:
        command += ["--python", sys.executable]
    return [
        *command,
        "--only-binary",
        ":all:",
        "--require-hashes",
        "--no-deps",
        "--link-mode",
        "copy",
        "--requirement",
        str(lock),
        "--target",
        str(target),
    ]


def prune(packages: Path) -> None:
    """Remove what no function of ours can use.

    botocore describes more than 400 services, of which seven are called here. Bytecode is
    left out because its timestamps would change the asset's hash. numpy's wheel is kept whole:
    its testing helpers import from its tests.
    """
    services = packages / "botocore" / "data"
    if services.is_dir():
        for service in services.iterdir():
            if service.is_dir() and service.name not in _BOTOCORE_SERVICES_KEPT:
                shutil.rmtree(service)
    for name in ("bin", "boto3/examples"):
        shutil.rmtree(packages / name, ignore_errors=True)
    for cache in list(packages.rglob("__pycache__")):
        shutil.rmtree(cache)
    for tests in [*packages.glob("*/tests"), *packages.glob("*/test")]:
        if tests.parent.name != "numpy":
            shutil.rmtree(tests)
    (packages / ".lock").unlink(missing_ok=True)


class Bundler:
    """Build code assets for one project folder and one platform.

    Args:
        project: The folder that holds ``shared/``, ``functions/`` and the lock files.
        platform: Where the bundles will run.
    """

    def __init__(self, project: Path, platform: Platform) -> None:
        self._project = project
        self._platform = platform
        self._cache = project / ".tieout" / "bundles"

    def bundle(self, dependencies: DependencySet) -> Path:
        """Return the folder to hand to ``Code.from_asset`` for one dependency set.

        Raises:
            BundleTooLarge: The folder is over Lambda's limit.
        """
        packages = None if self._platform is Platform.EMULATOR else self.packages(dependencies)
        digest = hashlib.sha256(b"" if packages is None else packages.name.encode())
        for relative, source in self._code():
            digest.update(f"\0{relative}\0".encode())
            digest.update(source.read_bytes())
        final = self._cache / f"bundle-{digest.hexdigest()[:32]}"
        with suppress(FileNotFoundError):
            os.utime(final)
            return final
        with self._unfinished() as folder:
            if packages is not None:
                shutil.copytree(packages, folder, dirs_exist_ok=True)
            for relative, source in self._code():
                target = folder / relative
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
            _publish(folder, final)
        if packages is not None:
            self._report(dependencies, final)
        return final

    def packages(self, dependencies: DependencySet) -> Path:
        """Return the folder with one dependency set's packages, installing them once."""
        lock = self._project / dependencies.value
        key = [str(PRUNING_VERSION), self._platform.value, lock.read_text("utf-8")]
        if self._platform is Platform.HOST:
            key += [sys.version, sys.platform, os.uname().machine]
        digest = hashlib.sha256("\0".join(key).encode()).hexdigest()[:32]
        final = self._cache / f"packages-{digest}"
        if final.is_dir():
            return final
        with self._unfinished() as folder:
            _install(install_command(lock, folder, self._platform))
            prune(folder)
            _publish(folder, final)
        return final

    def _code(self) -> Iterator[tuple[Path, Path]]:
        """Yield the project's own files as (path in the bundle, path here), in one order."""
        for name in _CODE_FOLDERS:
            root = self._project / name
            for source in sorted(root.rglob("*")):
                if source.is_file() and "__pycache__" not in source.parts:
                    yield source.relative_to(self._project), source

    @contextmanager
    def _unfinished(self) -> Iterator[Path]:
        """Give a folder on the cache's own disk, gone afterwards unless it was published."""
        self._cache.mkdir(parents=True, exist_ok=True)
        self._remove_unused()
        folder = Path(tempfile.mkdtemp(prefix="unfinished-", dir=self._cache))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _remove_unused(self) -> None:
        """Remove what nobody bundled lately; a day is longer than any synthesis takes."""
        for folder in [*self._cache.glob("bundle-*"), *self._cache.glob("unfinished-*")]:
            with suppress(FileNotFoundError):
                if time.time() - folder.stat().st_mtime > UNUSED_SECONDS_MAX:
                    shutil.rmtree(folder, ignore_errors=True)

    def _report(self, dependencies: DependencySet, bundle: Path) -> None:
        size = measure(bundle)
        print(f"bundle {dependencies.name.lower()}: {size}", file=sys.stderr)  # noqa: T201 - the deployer is told
        if size.unzipped_bytes > UNZIPPED_BYTES_MAX:
            raise BundleTooLarge(
                f"The {dependencies.name.lower()} bundle has {size.unzipped_bytes:,} bytes; "
                f"Lambda takes at most {UNZIPPED_BYTES_MAX:,}."
            )


def _install(command: list[str]) -> None:
    """Install from uv's own cache if that is enough, else from the package index.

    Left to itself uv asks the index even for what it has, so nothing would install offline.
    """
    offline = subprocess.run([*command, "--offline"], check=False, capture_output=True)  # noqa: S603 - built from constants and our own paths
    if offline.returncode != 0:
        subprocess.run(command, check=True)  # noqa: S603 - built from constants and our own paths


def measure(bundle: Path) -> BundleSize:
    """Weigh a bundle, zipped the way the CDK CLI zips it."""
    files = [path for path in bundle.rglob("*") if path.is_file()]
    with tempfile.TemporaryFile() as archive:
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zipped:
            for path in files:
                zipped.write(path, path.relative_to(bundle))
        zipped_bytes = archive.seek(0, os.SEEK_END)
    return BundleSize(sum(path.stat().st_size for path in files), zipped_bytes)


def _publish(folder: Path, final: Path) -> None:
    """Give a finished folder its name, unless another process was first with the same one."""
    folder.chmod(0o755)
    try:
        folder.rename(final)
    except OSError:
        if not final.is_dir():
            raise
