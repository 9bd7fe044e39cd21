from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra import bundling
from infra.bundling import (
    Bundler,
    BundleTooLarge,
    DependencySet,
    Platform,
    install_command,
    measure,
    prune,
)
from infra.template import PROJECT

SETS = {
    "api": DependencySet.STATEMENTS,
    "parse_statement": DependencySet.STATEMENTS,
    "match_lines": DependencySet.MATCHING,
}
HANDLERS = sorted(path.parent.name for path in (PROJECT / "functions").glob("*/handler.py"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a small project with the layout that bundling expects."""
    for name in ("shared/money.py", "functions/__init__.py", "functions/api/handler.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n", "utf-8")
    (tmp_path / "requirements.txt").write_text("", "utf-8")
    return tmp_path


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_emulators_bundle_is_the_code_and_nothing_else(project: Path) -> None:
    cache = project / "shared" / "__pycache__"
    cache.mkdir()
    (cache / "money.cpython-313.pyc").write_bytes(b"")
    bundle = Bundler(project, Platform.EMULATOR).bundle(DependencySet.BASE)
    assert files(bundle) == {
        "shared/money.py",
        "functions/__init__.py",
        "functions/api/handler.py",
    }


def test_a_bundle_changes_its_name_only_with_its_content(project: Path) -> None:
    first = Bundler(project, Platform.EMULATOR).bundle(DependencySet.BASE)
    assert Bundler(project, Platform.EMULATOR).bundle(DependencySet.BASE) == first
    (project / "shared" / "money.py").write_text("# changed\n", "utf-8")
    assert Bundler(project, Platform.EMULATOR).bundle(DependencySet.BASE) != first


def test_bundling_twice_at_once_gives_one_whole_bundle(project: Path) -> None:
    with ThreadPoolExecutor(max_workers=8) as threads:
        bundles = set(
            threads.map(
                lambda _: Bundler(project, Platform.EMULATOR).bundle(DependencySet.BASE), range(16)
            )
        )
    (bundle,) = bundles
    assert len(files(bundle)) == 3
    assert [path.name for path in bundle.parent.iterdir()] == [bundle.name]


def test_lambda_gets_wheels_for_arm64_checked_by_their_hashes() -> None:
    command = install_command(Path("lock.txt"), Path("target"), Platform.LAMBDA)
    text = " ".join(command)
    assert "--python-platform aarch64-manylinux_2_28 --python-version 3.13" in text
    assert "--only-binary :all: --require-hashes" in text
    assert text.endswith("--requirement lock.txt --target target")


def test_pruning_keeps_the_services_that_are_called(tmp_path: Path) -> None:
    for name in (
        "botocore/data/dynamodb/model.json",
        "botocore/data/ec2/model.json",
        "botocore/data/endpoints.json",
        "numpy/tests/test_it.py",
        "lap/tests/test_it.py",
        "pydantic/__pycache__/main.pyc",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("", "utf-8")
    prune(tmp_path)
    assert files(tmp_path) == {
        "botocore/data/dynamodb/model.json",
        "botocore/data/endpoints.json",
        "numpy/tests/test_it.py",
    }


def test_a_bundle_over_lambdas_limit_is_refused(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = project / "packages-none"
    packages.mkdir()
    monkeypatch.setattr(Bundler, "packages", lambda *_: packages)
    monkeypatch.setattr(bundling, "UNZIPPED_BYTES_MAX", 10)
    with pytest.raises(BundleTooLarge, match="Lambda takes at most 10"):
        Bundler(project, Platform.LAMBDA).bundle(DependencySet.BASE)


@pytest.fixture(scope="module")
def complete() -> dict[DependencySet, Path]:
    """Return the bundles as a Lambda would get them, for this machine's own platform."""
    bundler = Bundler(PROJECT, Platform.HOST)
    return {dependencies: bundler.bundle(dependencies) for dependencies in DependencySet}


@pytest.mark.parametrize("name", HANDLERS)
def test_every_function_imports_from_its_bundle_alone(
    complete: dict[DependencySet, Path], name: str
) -> None:
    dependencies = SETS.get(name, DependencySet.BASE)
    script = (
        "import importlib, pkgutil, sys\n"
        f"sys.path.insert(0, {str(complete[dependencies])!r})\n"
        f"import functions.{name} as package\n"
        "for module in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "    importlib.import_module(module.name)\n"
        "import shared.runtime.wiring\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", script],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_only_functions_that_read_statements_carry_their_readers(
    complete: dict[DependencySet, Path],
) -> None:
    carry = {
        dependencies
        for dependencies, bundle in complete.items()
        if (bundle / "python_calamine").is_dir() and (bundle / "pypdfium2").is_dir()
    }
    assert carry == {DependencySet.STATEMENTS}


def test_the_readers_of_statements_load_from_their_bundle_alone(
    complete: dict[DependencySet, Path],
) -> None:
    script = (
        "import sys\n"
        f"sys.path.insert(0, {str(complete[DependencySet.STATEMENTS])!r})\n"
        "from shared.statements.registry import FORMATS\n"
        "import python_calamine, pypdfium2\n"
        "print(sorted(known.parser.__name__ for known in FORMATS) != [])\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", script],
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "True\n", done.stderr


def test_complete_bundles_fit_into_lambda(complete: dict[DependencySet, Path]) -> None:
    for bundle in complete.values():
        assert measure(bundle).unzipped_bytes < bundling.UNZIPPED_BYTES_MAX
