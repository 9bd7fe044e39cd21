"""What holds for every file, whatever its bytes are: the laws that all hostile suites check.

A parser may refuse with ``UnreadableStatement``, or yield lines and summaries that keep the
contract of ``shared.statements.model``. Anything else, an endless loop included, is a defect.
"""

from __future__ import annotations

import datetime as dt
import signal
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import printed_words

from shared.errors import UnreadableStatement
from shared.money import AMOUNT_MINOR_MAX, is_currency
from shared.statements.dates import YEAR_MAX, YEAR_MIN
from shared.statements.model import Line, LineStatus, Summary
from shared.statements.options import Options
from shared.statements.registry import FORMATS, read_events
from shared.statements.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import FrameType

    from shared.statements.model import Event

REGISTRY = "registry"
"""The target that is no format: a file as it is handed in, with wrappers and recognition."""

TARGETS = (*(known.name for known in FORMATS), printed_words.TARGET, REGISTRY)

CPU_SECONDS_MAX = 20
"""For one small input, in processor time: a thousand times what the slowest golden file takes, on
a machine ten times slower."""

REASON_CHARS_MAX = 2_000
"""A reason quotes what was found; it does not hold the file."""

_STATUSES = frozenset(get_args(LineStatus))
_TEXTS = tuple(
    Line._fields.index(name)
    for name in (
        "counterparty", "counterparty_account", "end_to_end_id", "mandate_id", "check_number",
        "customer_reference", "remittance_reference", "bank_reference", "transaction_code",
        "exchange_rate",
    )
)  # fmt: skip


class LawBroken(AssertionError):
    """A parser did something that no file may make it do."""


class Hang(LawBroken):
    """A parser took longer than any file justifies."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one input: a refusal, or events that keep every law.

    ``lines`` and ``summaries`` are the first ``kept`` of each, so that reading a hostile file takes
    the parser's memory and not the test's.
    """

    refusal: UnreadableStatement | None
    lines: tuple[Line, ...]
    summaries: tuple[Summary, ...]

    @property
    def tells(self) -> list[str]:
        """Every break and warning."""
        return [
            text
            for one in self.summaries
            for text in (*(known.reason for known in one.breaks), *one.warnings)
        ]


@contextmanager
def cpu_limit(seconds: int = CPU_SECONDS_MAX) -> Iterator[None]:
    """Turn an endless loop into a named failure; processor time is fair on a busy machine."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Hang(f"not done after {seconds} s of processor time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def events_of(target: str, source: Source) -> Iterable[Event]:
    """Read a source with one format's parser, recognised or not, or through the registry."""
    if target == REGISTRY:
        return read_events(source)
    if target == printed_words.TARGET:
        return printed_words.events_of(source)
    known = next(one for one in FORMATS if one.name == target)
    return known.parser.read(source, Options())


def outcome_of(target: str, data: bytes | Source, *, kept: int = 100_000) -> Outcome:
    """Read an input and hold every law against what comes of it."""
    source = Source.of_bytes(data) if isinstance(data, bytes) else data
    lines: list[Line] = []
    summaries: list[Summary] = []
    totals = _Totals()
    done = False
    try:
        for event in events_of(target, source):
            if isinstance(event, Summary):
                check_summary(event, totals)
                if len(summaries) < kept:
                    summaries.append(event)
                totals, done = _Totals(), True
            else:
                totals.take(event)
                lines += event[: kept - len(lines)]
    except UnreadableStatement as error:
        check_refusal(error)
        return Outcome(error, tuple(lines), tuple(summaries))
    if totals.count:
        raise LawBroken(f"{totals.count} lines after the last summary belong to no statement")
    if not done:
        raise LawBroken("a file without any statement was not refused")
    return Outcome(None, tuple(lines), tuple(summaries))


@dataclass(slots=True)
class _Totals:
    """What the lines of one statement come to, counted here and not by the parser."""

    count: int = 0
    booked_minor: int = 0

    def take(self, lines: list[Line]) -> None:
        for line in lines:
            _hold(line.index == self.count, f"line {self.count} has index {line.index}")
            check_line(line)
            self.count += 1
            if line.status == "booked":
                self.booked_minor += line.amount_minor


def check_refusal(error: UnreadableStatement) -> None:
    """A refusal says what was found, in a sentence, and where, from 1."""
    _hold(bool(error.reason.strip()), "a refusal without a reason")
    _hold(len(error.reason) <= REASON_CHARS_MAX, f"a reason of {len(error.reason)} characters")
    for name in ("line", "column", "statement"):
        place = getattr(error, name)
        _hold(place is None or place >= 1, f"a refusal at {name} {place}")


def check_summary(summary: Summary, totals: _Totals) -> None:
    """A statement's summary keeps the contract of the model and agrees with its lines."""
    _hold(
        summary.lines_count == totals.count,
        f"lines_count {summary.lines_count} of {totals.count} lines",
    )
    _hold(
        summary.net_minor == totals.booked_minor,
        f"net_minor {summary.net_minor} where the booked lines come to {totals.booked_minor}",
    )
    for texts in (summary.warnings, [one.reason for one in summary.breaks]):
        for text in texts:
            _hold(0 < len(text) <= REASON_CHARS_MAX, f"a finding of {len(text)} characters")
    _hold(bool(summary.format), "a statement without a format")
    _check_extra(summary.extra)


def check_line(line: Line) -> None:
    """Exact money, real dates, texts on one line."""
    for date in (line.date, line.value_date):
        if date is not None:
            _hold(type(date) is dt.date, f"a date of type {type(date).__name__}")
            _hold(YEAR_MIN <= date.year <= YEAR_MAX, f"a date in {date.year}")
    for amount in (line.amount_minor, line.original_amount_minor, line.running_balance_minor):
        if amount is not None:
            _hold(type(amount) is int, f"an amount of type {type(amount).__name__}")
            _hold(abs(amount) <= AMOUNT_MINOR_MAX, f"an amount of {amount}")
    for currency in (line.currency, line.original_currency):
        _hold(currency is None or is_currency(currency), f"a currency {currency!r}")
    _hold(line.status in _STATUSES, f"a status {line.status!r}")
    _hold(line.position >= 1, f"a position of {line.position}")
    text = line.description
    _hold(
        text == text.strip() and not any(mark in text for mark in ("\n", "\r", "\t", "  ")),
        f"a description that is not clean: {text[:80]!r}",
    )
    for at in _TEXTS:
        one = line[at]
        _hold(
            one is None or (type(one) is str and one != ""),
            f"{Line._fields[at]} is {one!r} where it should be absent",
        )
    for detail in line.details:
        _hold(
            detail.amount_minor is None or abs(detail.amount_minor) <= AMOUNT_MINOR_MAX,
            f"a detail's amount of {detail.amount_minor}",
        )
        _check_extra(detail.extra)
    _check_extra(line.extra)


def _check_extra(extra: tuple[tuple[str, str], ...]) -> None:
    _hold(type(extra) is tuple, f"extra of type {type(extra).__name__}")
    for pair in extra:
        _hold(
            len(pair) == 2 and type(pair[0]) is str and type(pair[1]) is str,
            f"extra holds {pair!r}",
        )


def is_prefix(lines: tuple[Line, ...], whole: tuple[Line, ...]) -> bool:
    """Return whether lines are the first ones of a whole file's, equal in every field."""
    return lines == whole[: len(lines)]


def _hold(condition: bool, message: str) -> None:
    if not condition:
        raise LawBroken(message)
