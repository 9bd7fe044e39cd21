"""Every golden file cut at every byte of its second half: refused, named, or a true beginning.

A download that stopped is the commonest damage there is, and the one that existing parsers pass
over in silence. Formats that announce their own end must notice every cut. Formats that do not (the
tables below say which, and why) may return what is there, but only lines that the whole file has
too, equal in every field: never half an amount or half a date.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from statement_laws import REGISTRY, LawBroken, Outcome, cpu_limit, is_prefix, outcome_of
from statement_seeds import format_of, golden_files

from shared.statements.registry import FORMATS

if TYPE_CHECKING:
    from pathlib import Path

    from shared.statements.model import Account, Line

CUTS_MAX = 1_200
"""Cuts of one file. Text files of the golden suite have fewer bytes in their half; a workbook or a
PDF has more, and there neighbouring bytes of compressed data tell nothing new."""

LAST_BYTES = 200
"""The end of larger files is cut at every byte all the same: formats keep their end there."""

NO_END = {
    "CSV": "a table ends where its rows end; only a total or a running balance could tell",
    "QIF": "each record ends with ^, the file with nothing",
    "JSON": "JSON Lines ends after any line; a JSON array that is cut is no JSON",
}
"""Formats whose files announce no end: a beginning of the lines is allowed, nothing else."""

SAME_ALLOWED = {
    "MT940": "after :62F: follows a dash that says nothing, and 5, is 5,00",
    "PDF": "what follows the pages is an index that PDF readers rebuild",
    "Excel": "a comment may follow the directory of an archive",
}
"""Formats in which the last bytes may be lost without loss: the result must equal the whole."""

TRAILER_ALLOWED = {
    "MT940": "after the message SWIFT's own trailer may follow, checksums that no bank must send",
}
"""Formats in which what follows a whole statement is kept as extra, and may be lost."""

ALWAYS_REFUSED = {
    "OFX": "aggregates must be closed, </OFX> last of all",
    "CAMT": "XML is not well-formed without its last end tag",
}
"""Formats in which a cut can be no statement at all: a break would be too little."""

STATEMENTS_ALLOWED = {
    "MT940": "a file is a sequence of messages, each with its own end, and says not how many",
}
"""Formats in which whole statements may be lost without a trace; those left must be unchanged."""

PADDING = b" \t\r\n\x1a\x00"

_NAMES_MISSING_END = re.compile(
    r"cut off|cut short|missing|incomplete|truncated|\bends? (?:in|within|without|before|after)\b"
    r"|(?:no|not|without)(?: an?| its| the)? (?:line )?end|does not end|did not end|never closed",
    re.IGNORECASE,
)

_NAMES_CUT = re.compile(r"cut off|cut short|truncated", re.IGNORECASE)


def readable() -> list[Path]:
    return [path for path in golden_files() if not path.name.startswith("refused_")]


def cuts_of(size: int) -> list[int]:
    stride = max(1, (size - size // 2) // CUTS_MAX)
    return sorted(
        {*range(size // 2, size, stride), *range(max(size // 2, size - LAST_BYTES), size)}
    )


def told_by(found: Outcome, whole: Outcome) -> bool:
    """Return whether a new break, or a finding that names the missing end, tells of the cut.

    That the file may be cut off is told even where the whole file, which has no end either (a table
    without a last line end, a golden file of a statement without its trailer), tells the same.
    """
    breaks = {one for statement in whole.summaries for one in statement.breaks}
    warnings = {one for statement in whole.summaries for one in statement.warnings}
    return any(_NAMES_CUT.search(text) for text in found.tells) or any(
        any(one not in breaks for one in statement.breaks)
        or any(one not in warnings and _NAMES_MISSING_END.search(one) for one in statement.warnings)
        for statement in found.summaries
    )


def fault_of(  # noqa: PLR0911 - one return for each way to be right or wrong
    name: str | None, data: bytes, cut: int, whole: Outcome
) -> str | None:
    """Return what is wrong with the outcome of one cut, ``None`` where nothing is."""
    try:
        found = outcome_of(REGISTRY, data[:cut])
    except LawBroken as broken:
        return str(broken)
    except Exception as error:  # noqa: BLE001 - any other exception is the finding
        return f"{type(error).__name__}: {error}"
    if found.refusal is not None or (name not in ALWAYS_REFUSED and told_by(found, whole)):
        return None
    if found.lines == whole.lines and found.summaries == whole.summaries:
        if name in SAME_ALLOWED or not data[cut:].strip(PADDING):
            return None
    elif (
        found.lines == whole.lines
        and name in TRAILER_ALLOWED
        and (
            [replace(one, extra=()) for one in found.summaries]
            == [replace(one, extra=()) for one in whole.summaries]
        )
    ):
        return None
    count = len(found.summaries)
    if (
        name in STATEMENTS_ALLOWED
        and is_prefix(found.lines, whole.lines)
        and found.summaries == whole.summaries[:count]
    ):
        return None
    if name in NO_END:
        return first_difference(found, whole)
    return f"{len(found.lines)} of {len(whole.lines)} lines without a word"


def statements_of(found: Outcome) -> dict[Account, tuple[Line, ...]]:
    lines = iter(found.lines)
    return {one.account: tuple(islice(lines, one.lines_count)) for one in found.summaries}


def first_difference(found: Outcome, whole: Outcome) -> str | None:
    """Return where a statement's lines are not the first of the whole file's, ``None`` if nowhere.

    A table may hold rows of several accounts in turn; each is a statement of its own.
    """
    wholes = statements_of(whole)
    for account, lines in statements_of(found).items():
        known = whole.lines if len(wholes) == 1 else wholes.get(account, ())
        for number, (one, other) in enumerate(zip(lines, known, strict=False)):
            for name, mine, theirs in zip(one._fields, one, other, strict=True):
                if mine != theirs:
                    return f"line {number} has {name} {mine!r}, in the whole file {theirs!r}"
        if len(lines) > len(known):
            return f"{len(lines)} lines, where the whole file has {len(known)}"
    return None


@pytest.mark.parametrize("path", readable(), ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_cut_file_is_refused_named_or_a_true_beginning(path: Path) -> None:
    data = path.read_bytes()
    name = format_of(path)
    whole = outcome_of(REGISTRY, data)
    assert whole.refusal is None
    faults = []
    with cpu_limit(seconds=120):
        for cut in cuts_of(len(data)):
            fault = fault_of(name, data, cut, whole)
            if fault:
                faults.append(f"cut at {cut} of {len(data)}, after {data[:cut][-40:]!r}: {fault}")
    if faults:
        pytest.fail(f"{len(faults)} cuts, such as\n" + "\n".join(faults[:4]), pytrace=False)


def test_the_tables_name_formats_that_are_read() -> None:
    names = {known.name for known in FORMATS}
    assert {*NO_END, *SAME_ALLOWED, *ALWAYS_REFUSED, *STATEMENTS_ALLOWED} <= names
    assert TRAILER_ALLOWED.keys() <= names


def test_a_clean_short_statement_would_be_noticed() -> None:
    """The law itself: a reader that loses the last line in silence is caught."""
    path = next(one for one in readable() if format_of(one) == "OFX")
    data = path.read_bytes()
    whole = outcome_of(REGISTRY, data)
    more = Outcome(None, (*whole.lines, whole.lines[-1]), whole.summaries)
    assert fault_of("OFX", data, len(data), more) == (
        f"{len(whole.lines)} of {len(more.lines)} lines without a word"
    )
    changed = Outcome(
        None, (whole.lines[0]._replace(amount_minor=1), *whole.lines[1:]), whole.summaries
    )
    assert "line 0 has amount_minor" in (fault_of("CSV", data, len(data), changed) or "")
