"""Coverage-guided fuzzing of every statement parser with atheris (libFuzzer).

Usage::

    python tests/fuzz/run.py [--seconds 600] [--format OFX] [--corpus FOLDER] [--seed N]

Each format runs in a process of its own, because libFuzzer takes a process over: one golden file
after the other is mutated towards code that was not reached before. A run fails on

* anything but ``UnreadableStatement`` (and on every law of ``statement_laws``),
* an input that takes longer than ``INPUT_SECONDS_MAX``,
* a process that grows beyond ``RSS_MB_MAX``.

What made it fail is written to the findings folder and printed. The number of executions is printed
for each format. With ``--corpus`` what was found to reach new code is kept between runs.

The package ``tests`` cannot be imported by that name (two of our dependencies install one), so this
is a script; its neighbours are importable because Python puts a script's folder first.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

INPUT_SECONDS_MAX = 10
"""Longest time for one input of at most ``INPUT_BYTES_MAX``; all golden files take milliseconds."""

INPUT_BYTES_MAX = 16 * 1024
"""Longest input: several statements, and short enough for thousands of runs a second."""

RSS_MB_MAX = 512
"""Instrumented parsers, the corpus and libFuzzer's tables take about 100."""

START_SECONDS_MAX = 120
"""Importing with instrumentation and reading the seeds, before the time counts."""

PACKAGE = "shared.statements"

_EXECUTED = re.compile(r"stat::number_of_executed_units:\s*(\d+)")
_COVERAGE = re.compile(r"cov: (\d+) ft: (\d+)")


@dataclass(frozen=True)
class Fuzzed:
    """What one process came to."""

    target: str
    executions: int
    edges: int
    seeds: int
    failure: str | None
    """The end of what the process printed, with the traceback and the input."""


def fuzz(
    target: str,
    seconds: int,
    *,
    seed: int = 1,
    corpus: Path | None = None,
    input_seconds_max: int = INPUT_SECONDS_MAX,
) -> Fuzzed:
    """Fuzz one format, or one planted fault, for some seconds in a process of its own."""
    from statement_laws import TARGETS  # noqa: PLC0415 - the child must instrument first
    from statement_seeds import TOKENS, seeds_of  # noqa: PLC0415 - as above

    seeds = seeds_of(target) if target in TARGETS else ()
    with tempfile.TemporaryDirectory(prefix="tieout-fuzz-") as name:
        folder = Path(name)
        found = corpus / target if corpus else folder / "corpus"
        found.mkdir(parents=True, exist_ok=True)
        given = folder / "seeds"
        given.mkdir()
        for number, data in enumerate(seeds):
            (given / f"{number:03}").write_bytes(data[:INPUT_BYTES_MAX])
        dictionary = folder / "tokens.dict"
        dictionary.write_text("".join(_dictionary_entry(token) for token in TOKENS), "ascii")
        findings = folder / "findings"
        findings.mkdir()
        command = [
            sys.executable, __file__, "--child", target, str(found), str(given),
            f"-max_total_time={seconds}", f"-timeout={input_seconds_max}",
            f"-rss_limit_mb={RSS_MB_MAX}", f"-max_len={INPUT_BYTES_MAX}", f"-seed={seed}",
            f"-dict={dictionary}", f"-artifact_prefix={findings}/", "-print_final_stats=1",
            "-len_control=0",
        ]  # fmt: skip
        # A child begins with the peak memory of the process that starts it, and libFuzzer counts
        # that as its own: the shell, which is small, starts it instead of a large test run.
        done = subprocess.run(
            ["/bin/sh", "-c", '"$@"; exit "$?"', "sh", *command],
            capture_output=True,
            timeout=seconds + START_SECONDS_MAX,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        told = done.stderr.decode("utf-8", "replace")
        failure = None
        if done.returncode:
            raised = done.stdout.decode("utf-8", "replace")
            failure = _failure(target, raised, told, sorted(findings.iterdir()))
    executed = _EXECUTED.search(told)
    edges = _COVERAGE.findall(told)
    if failure is None and not (executed and edges):
        failure = f"{target}: libFuzzer told no numbers:\n{told[-2_000:]}"
    return Fuzzed(
        target,
        int(executed[1]) if executed else 0,
        int(edges[-1][0]) if edges else 0,
        len(seeds),
        failure,
    )


def _failure(target: str, raised: str, told: str, artifacts: list[Path]) -> str:
    """Return the traceback (which atheris prints) or libFuzzer's verdict, and the input."""
    verdict = told[max(told.find("ERROR: libFuzzer"), 0) :][:1_000]
    inputs = "".join(f"\n{path.name}: {path.read_bytes()!r}" for path in artifacts[:1])
    return f"{target}: {raised.strip()[-4_000:]}\n{verdict}{inputs}"


def _dictionary_entry(token: bytes) -> str:
    return '"' + "".join(f"\\x{one:02x}" for one in token) + '"\n'


def child(target: str, arguments: list[str]) -> None:
    """Instrument the parsers and hand the process to libFuzzer."""
    import atheris  # noqa: PLC0415 - only the child is taken over

    with atheris.instrument_imports(include=[PACKAGE, "planted_faults"]):
        faults = importlib.import_module("planted_faults").FAULTS
        registry = importlib.import_module(f"{PACKAGE}.registry")
        # The modules are imported when first tried; later would be without instrumentation.
        for known in registry.FORMATS:
            _ = known.parser
    laws = importlib.import_module("statement_laws")

    def one_input(data: bytes) -> None:
        laws.outcome_of(target, data)

    atheris.Setup([sys.argv[0], *arguments], faults.get(target, one_input))
    atheris.Fuzz()


def main() -> int:
    """Fuzz the formats asked for and print what each came to."""
    from statement_laws import TARGETS  # noqa: PLC0415 - as in `fuzz`

    parser = argparse.ArgumentParser(description="Fuzz the statement parsers with atheris.")
    parser.add_argument("--seconds", type=int, default=600, help="for each format")
    parser.add_argument("--format", choices=TARGETS, action="append")
    parser.add_argument("--seed", type=int, default=1, help="0: another one each time")
    parser.add_argument("--corpus", type=Path, help="keep what reaches new code in this folder")
    arguments = parser.parse_args()
    failed = False
    print(f"{'format':<10} {'seeds':>6} {'executions':>12} {'edges':>7}", flush=True)
    for target in arguments.format or TARGETS:
        done = fuzz(target, arguments.seconds, seed=arguments.seed, corpus=arguments.corpus)
        print(
            f"{target:<10} {done.seeds:>6} {done.executions:>12,} {done.edges:>7}"
            + ("  FAILED" if done.failure else ""),
            flush=True,
        )
        if done.failure:
            failed = True
            print(done.failure, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3:])
    else:
        raise SystemExit(main())
