"""Files made to hang, exhaust or deceive a reader: each ends, in bounded memory, with a reason.

Limits are generous: they tell an endless loop or a file held whole from a careful reader, on any
machine, and measure nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hostile_sources import (
    SHELLS,
    Shell,
    entity_bomb,
    external_entity,
    gzip_bomb,
    gzip_of,
    source_of,
    zip_bomb,
)
from statement_laws import REGISTRY, Outcome, cpu_limit, outcome_of

from bench.statement_files import WRITERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from shared.statements.source import Source

ROOT = Path(__file__).resolve().parents[3]

CPU_SECONDS_MAX = 60
"""For one hostile file of up to 50 MB, in processor time."""

GROWTH_MB_MAX = 64
"""For one hostile file: less than a 50 MB file takes as text, more than any block of lines."""

KEPT = 100
"""How many lines and summaries are looked at: what a test holds is no parser's memory."""

MANY = 1_000_000
RECORDS = 200_000
LONG_BYTES = 50 * 1024 * 1024
_CLEAR_REFS = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")
_RESET_PEAK = "5"
"""What Linux takes to forget a process's high-water mark: proc(5), clear_refs."""


def status_kilobytes(name: str) -> int:
    line = next(one for one in _STATUS.read_text("ascii").splitlines() if one.startswith(name))
    return int(line.split()[1])


def outcome_in_bounds(target: str, data: bytes | Source) -> Outcome:
    """Read a hostile file; fail where it takes too long or too much memory."""
    with cpu_limit(CPU_SECONDS_MAX):
        if not _CLEAR_REFS.exists():
            tracemalloc.start()
            try:
                found = outcome_of(target, data, kept=KEPT)
                grown = tracemalloc.get_traced_memory()[1] / 1024**2
            finally:
                tracemalloc.stop()
        else:
            _CLEAR_REFS.write_text(_RESET_PEAK, "ascii")
            before = status_kilobytes("VmRSS:")
            found = outcome_of(target, data, kept=KEPT)
            grown = (status_kilobytes("VmHWM:") - before) / 1024
    assert grown < GROWTH_MB_MAX, f"{grown:.0f} MB more memory"
    return found


def refused(target: str, data: bytes | Source, *, names: Iterable[str] = ()) -> None:
    """The file is refused in bounds; the reason names one of the things found in it."""
    found = outcome_in_bounds(target, data)
    assert found.refusal is not None, f"read as {len(found.lines)} lines: {found.tells}"
    reason = found.refusal.reason.lower()
    wanted = [name.lower() for name in names]
    assert not wanted or any(name in reason for name in wanted), reason


def pieces_of(piece: bytes, size: int = LONG_BYTES) -> Callable[[], Iterator[bytes]]:
    """Return a middle that repeats a piece up to a size, in blocks of a megabyte."""
    block = piece * max(1, 1024 * 1024 // len(piece))
    return lambda: repeat(block, size // len(block))


def times(piece: bytes, count: int = MANY) -> Callable[[], Iterator[bytes]]:
    """Return a middle that repeats a piece a number of times."""
    block = piece * 1_000
    return lambda: repeat(block, count // 1_000)


FORMATS = pytest.mark.parametrize("name", SHELLS)
MARKUP = pytest.mark.parametrize("name", ["CAMT", "OFX"])


def shell_of(name: str) -> Shell:
    return SHELLS[name]


# The shells themselves: what is refused below is refused for what was put in, not for its wrapper.


@FORMATS
def test_each_shell_is_a_good_statement(name: str) -> None:
    shell = shell_of(name)
    found = outcome_of(REGISTRY, shell.render())
    assert found.refusal is None, found.refusal
    assert [one.breaks for one in found.summaries] == [()]
    assert len(found.lines) == 1 + 2 * shell.neighbours
    assert {abs(line.amount_minor) for line in found.lines} == {1250}
    assert found.lines[0].description == "Rent May"


# Values that look like dates and amounts.


@FORMATS
def test_february_30_is_refused_with_its_place(name: str) -> None:
    shell = shell_of(name)
    found = outcome_in_bounds(REGISTRY, shell.render(date=shell.february_30))
    assert found.refusal is not None, found.lines
    assert shell.february_30 in found.refusal.reason
    assert found.refusal.line is not None


BAD_AMOUNTS = ("1.2.3", "NaN", "Infinity", "1e5", "--5", "5-5", "0x10", "9" * 40, "\u0661\u0662")


def bad_amounts() -> Iterator[tuple[str, str]]:
    """Yield formats with what stands where their amount should; CODA has fifteen columns for it."""
    for name, shell in SHELLS.items():
        for amount in BAD_AMOUNTS:
            written = amount.replace(".", shell.point)
            if name != "CODA":
                yield name, written
            elif len(amount) < 15:
                yield name, f"{written:>15}"


@pytest.mark.parametrize(("name", "written"), list(bad_amounts()))
def test_what_is_no_amount_is_refused_with_its_place(name: str, written: str) -> None:
    shell = shell_of(name)
    found = outcome_in_bounds(REGISTRY, shell.render(amount=written))
    assert found.refusal is not None, found.lines
    assert found.refusal.line is not None, found.refusal.reason
    shown = written.strip()[:12]
    assert shown in found.refusal.reason or ascii(shown)[1:-1] in found.refusal.reason, (
        found.refusal.reason
    )


@pytest.mark.parametrize(
    "amount", ["NaN", "Infinity", "1e5", "12.5", "true", "null", '["1"]', "1" * 40]
)
def test_a_json_amount_that_is_no_integer_is_refused(amount: str) -> None:
    shell = shell_of("JSON")
    data = shell.render().replace(b'"amount": "12.50"', f'"amount_minor": {amount}'.encode())
    found = outcome_in_bounds(REGISTRY, data)
    assert found.refusal is not None, found.lines
    assert found.refusal.line == 1


@FORMATS
def test_an_empty_amount_is_never_zero(name: str) -> None:
    shell = shell_of(name)
    written = " " * 15 if name == "CODA" else ""
    found = outcome_in_bounds(REGISTRY, shell.render(amount=written))
    assert all(line.amount_minor != 0 for line in found.lines)
    assert found.refusal is not None or found.tells, found.lines


@pytest.mark.parametrize("name", [name for name in SHELLS if "2024" in SHELLS[name].date])
def test_years_outside_any_statement_are_refused(name: str) -> None:
    shell = shell_of(name)
    for year in ("0000", "0001", "1492", "9999"):
        found = outcome_in_bounds(REGISTRY, shell.render(date=shell.date.replace("2024", year)))
        assert found.refusal is not None, (year, found.lines)


# Bytes and lines.


@FORMATS
def test_a_nul_byte_is_refused_with_its_line(name: str) -> None:
    found = outcome_in_bounds(REGISTRY, shell_of(name).render(text="Rent\x00May"))
    assert found.refusal is not None
    assert "NUL" in found.refusal.reason or "U+0000" in found.refusal.reason
    assert found.refusal.line is not None


@FORMATS
def test_other_control_characters_are_refused(name: str) -> None:
    refused(
        REGISTRY, shell_of(name).render(text="Rent\x01May"), names=["U+0001", "control", "\\x01"]
    )


@FORMATS
def test_mixed_line_ends_change_nothing(name: str) -> None:
    data = shell_of(name).render().replace(b"\r\n", b"\n")
    whole = outcome_of(REGISTRY, data)
    lines = data.split(b"\n")
    mixed = b"".join(
        line + (b"\r\n", b"\n", b"\r")[number % 3] for number, line in enumerate(lines[:-1])
    )
    for other in (data.replace(b"\n", b"\r\n"), data.replace(b"\n", b"\r"), mixed):
        found = outcome_in_bounds(REGISTRY, other)
        assert found.refusal is None, found.refusal
        assert found.lines == whole.lines


@FORMATS
def test_a_megabyte_in_one_field_is_refused_with_its_place(name: str) -> None:
    if name == "CODA":
        data = shell_of(name).render().replace(b"Rent May", b"x" * 5_000_000)
    else:
        data = shell_of(name).render(text="x" * 5_000_000)
    found = outcome_in_bounds(REGISTRY, data)
    assert found.refusal is not None
    assert found.refusal.line is not None, found.refusal.reason


@FORMATS
def test_one_line_of_fifty_megabytes_is_refused(name: str) -> None:
    refused(REGISTRY, shell_of(name).around(pieces_of(b"x")))


@FORMATS
def test_a_million_empty_lines_end(name: str) -> None:
    outcome_in_bounds(REGISTRY, shell_of(name).around(times(b"\n")))
    outcome_in_bounds(REGISTRY, shell_of(name).around(times(b"\r\n")))
    outcome_in_bounds(REGISTRY, source_of(times(b"\n", 10 * MANY)))


@FORMATS
def test_a_million_lines_of_nothing_are_refused(name: str) -> None:
    refused(name, shell_of(name).around(times(b"nothing at all\n")))


# Markup.


@MARKUP
def test_a_million_tags_never_closed_are_refused(name: str) -> None:
    refused(REGISTRY, shell_of(name).around(times(b"<A>")))
    refused(REGISTRY, shell_of(name).around(times(b"<A")))
    refused(REGISTRY, shell_of(name).around(times(b"</A>")))


@MARKUP
def test_a_million_entries_never_closed_are_refused(name: str) -> None:
    entry = b"<STMTTRN>" if name == "OFX" else b"<Ntry>"
    refused(REGISTRY, shell_of(name).around(times(entry)))


@MARKUP
def test_nesting_of_a_hundred_thousand_levels_is_refused(name: str) -> None:
    levels = 100_000

    def middle() -> Iterator[bytes]:
        yield b"<A>" * levels
        yield b"</A>" * levels

    refused(REGISTRY, shell_of(name).around(middle))


@MARKUP
@pytest.mark.parametrize(
    "opened", [b"<!--", b"<![CDATA[", b"<?x ", b"<A b='", b"<", b"&", b"&#", b"<!DOCTYPE x ["]
)
def test_what_is_opened_and_never_closed_is_refused(name: str, opened: bytes) -> None:
    def middle() -> Iterator[bytes]:
        yield opened
        yield from pieces_of(b"x ")()

    refused(REGISTRY, shell_of(name).around(middle))


@MARKUP
def test_a_tag_with_a_hundred_thousand_attributes_is_refused(name: str) -> None:
    def middle() -> Iterator[bytes]:
        yield b"<A"
        yield from (f" a{number}='x'".encode() for number in range(100_000))
        yield b"/>"

    refused(REGISTRY, shell_of(name).around(middle))


def with_document_type(name: str, declared: str, used: str) -> bytes:
    data = shell_of(name).render(text=used).decode()
    if name == "CAMT":
        head, mark, rest = data.partition("?>\n")
        return f"{head}{mark}{declared}{rest}".encode()
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<?OFX OFXHEADER="200" VERSION="211" '
        f'SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>\n{declared}'
        + data[data.index("<OFX>") :]
    ).encode()


@MARKUP
def test_an_entity_bomb_is_refused_by_its_name(name: str) -> None:
    data = with_document_type(name, entity_bomb(), "&e29;")
    refused(REGISTRY, data, names=["doctype", "document type", "entit", "<!"])


@MARKUP
def test_a_quadratic_entity_bomb_is_refused(name: str) -> None:
    declared = f'<!DOCTYPE Document [<!ENTITY a "{"x" * 100_000}">]>'
    refused(REGISTRY, with_document_type(name, declared, "&a;" * 3_000))


@MARKUP
def test_an_external_entity_is_never_opened(name: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("do-not-read-me")
    for uri in (secret.as_uri(), "http://127.0.0.1:9/x"):
        data = with_document_type(name, external_entity(uri), "&secret;")
        found = outcome_in_bounds(REGISTRY, data)
        assert found.refusal is not None
        assert "do-not-read-me" not in found.refusal.reason


def test_parameter_entities_are_refused() -> None:
    declared = "<!DOCTYPE Document [<!ENTITY % a \"<!ENTITY b 'x'>\"> %a;]>"
    refused(
        REGISTRY,
        with_document_type("CAMT", declared, "&b;"),
        names=["doctype", "document", "entit"],
    )


# Records of one format, repeated without an end.

NEVER_ENDING: dict[str, tuple[str, bytes]] = {
    "MT940 information that goes on": ("MT940", b":86:x\r\n"),
    "MT940 entries without amount": ("MT940", b":61:\r\n"),
    "MT940 statements never closed": ("MT940", b":20:X\r\n"),
    "MT940 balances": ("MT940", b":60F:C240501EUR1,00\r\n"),
    "MT940 details that go on": ("MT940", b"?20x?21y\r\n"),
    "BAI2 continuations of nothing": ("BAI2", b"88,x\n"),
    "BAI2 groups never closed": ("BAI2", b"02,T,1,1,240531,2359,USD,2/\n"),
    "BAI2 accounts never closed": ("BAI2", b"03,1,USD,,,,/\n"),
    "BAI2 trailers": ("BAI2", b"99,0,0,0/\n"),
    "CODA information without a movement": ("CODA", b"3100010001" + b" " * 115 + b"0 0\n"),
    "CODA headers": ("CODA", b"00000" + b"310524539" + b"05" + b" " * 112 + b"\n"),
    "QIF splits never ended": ("QIF", b"SFood\n$1.00\n"),
    "QIF addresses never ended": ("QIF", b"Ax\n"),
    "QIF headers": ("QIF", b"!Type:Bank\n"),
    "JSON open brackets": ("JSON", b"["),
    "JSON open objects": ("JSON", b'{"a":'),
    "JSON numbers": ("JSON", b"1"),
    "JSON lines of nothing": ("JSON", b"{}\n"),
    "CSV quotes": ("CSV", b'"'),
    "CSV quoted line ends": ("CSV", b'"\n'),
    "CSV delimiters": ("CSV", b","),
    "CSV rows of other widths": ("CSV", b"1,2\n1,2,3,4,5\n"),
    "CSV dates without amounts": ("CSV", b"2024-05-02,,EUR,x\n"),
}


@pytest.mark.parametrize("case", NEVER_ENDING)
def test_records_that_never_end_are_refused(case: str) -> None:
    name, piece = NEVER_ENDING[case]
    found = outcome_in_bounds(REGISTRY, shell_of(name).around(times(piece, RECORDS)))
    # BAI2 accounts and MT940 statements may each be read and called broken; none is clean.
    assert found.refusal is not None or found.tells
    found = outcome_in_bounds(REGISTRY, source_of(times(piece, RECORDS)))
    assert found.refusal is not None or found.tells


@FORMATS
def test_one_hundred_thousand_columns_are_refused(name: str) -> None:
    mark = b"," if name in {"CSV", "BAI2", "JSON"} else b"/"
    row = mark.join(b"x%d" % number for number in range(100_000)) + b"\n"
    refused(name, shell_of(name).around(lambda: repeat(row, 20)))


def test_a_table_of_ten_thousand_columns_is_refused() -> None:
    row = b",".join(repeat(b"1", 10_000)) + b"\n"
    header = b",".join(b"Column %d" % number for number in range(10_000)) + b"\n"

    def pieces() -> Iterator[bytes]:
        yield header
        yield from repeat(row, 500)

    refused(REGISTRY, source_of(pieces))


# Wrappers.


def test_a_gigabyte_in_a_gzip_file_is_refused() -> None:
    refused(REGISTRY, gzip_bomb())


def test_gzip_within_gzip_within_gzip_is_refused() -> None:
    data = shell_of("CSV").render()
    for _ in range(20):
        data = gzip_of(data)
    refused(REGISTRY, data)


@pytest.mark.parametrize("name", ["statement.csv", "statement.ofx", "xl/worksheets/sheet1.xml"])
def test_a_gigabyte_in_a_zip_archive_is_refused(name: str) -> None:
    head = shell_of("CSV").render() if name.endswith("csv") else b""
    refused(REGISTRY, zip_bomb(name, head=head))


# Memory over length.

LENGTHS = (150_000, 300_000)
"""From the first on every bounded store is full: the largest is a table's first 750,000 cells, here
of six columns (``tabular.CELLS_HELD_MAX``)."""

STREAMED = [kind for kind in WRITERS if kind != "xlsx"]
"""Every text format; a workbook is an archive that must be read out of order."""

RSS_MB_MAX = 100
"""Interpreter, parsers and one block of lines come to 30 to 60."""

RSS_GROWTH_MB_MAX = 6
"""Between the two lengths: 42 bytes an entry kept would be noticed, less than any object takes; the
files grow by 13 to 109 MB."""


@pytest.mark.parametrize("kind", STREAMED)
def test_memory_does_not_grow_with_the_file(kind: str, tmp_path: Path) -> None:
    peaks = []
    suffix, write = WRITERS[kind]
    for length in LENGTHS:
        path = tmp_path / f"{length}{suffix}"
        truth = write(path, length, 1)
        done = subprocess.run(
            [sys.executable, "-m", "bench.statement_readers", "ours", str(path)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=600,
            check=True,
        )
        path.unlink()
        found = json.loads(done.stdout)
        assert "entries" in found, found
        assert (found["entries"], found["net_minor"]) == (truth.entries, truth.net_minor)
        peaks.append(found["peak_kb"] / 1024)
    assert peaks[1] < RSS_MB_MAX, peaks
    assert peaks[1] - peaks[0] < RSS_GROWTH_MB_MAX, peaks
