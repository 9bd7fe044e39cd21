"""PDF statements: text documents with a transaction table, proven by their own balances.

What a PDF prints is laid out for the eye, and which words make a row is inferred. So nothing is
read that the document does not prove: opening balance plus lines must be the closing balance, or
the printed running balance must follow on every line that has one. A document that states neither,
or whose balances do not tie, is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING

from shared.errors import InvalidInput, UnreadableStatement
from shared.money import format_minor, parse_minor
from shared.statements.amounts import DecimalMark, Side, plain, split_amount
from shared.statements.csv_words import DATE_ROLES, Role, roles_of
from shared.statements.model import Line, Summary
from shared.statements.pdf_dates import full_dates, nearest, resolve, short_date, stated_period
from shared.statements.pdf_rows import PrintedLine, PrintedTable, Stated, lines_of, table_of
from shared.statements.pdf_words import MAGIC_BYTES, pages_of
from shared.statements.tabular import RowBlock, read_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shared.statements.amounts import AmountText
    from shared.statements.head import Head
    from shared.statements.model import Events
    from shared.statements.options import Options
    from shared.statements.source import Source

FORMAT = "pdf"

NOTES_MAX = 40
"""Lines outside the table that are searched for account and currency: the top of the first page.
The others are kept as they are, each once: footers are on every page."""

ROWS_IN_BLOCK = 500

_TIES = "opening + lines = closing"
_RUNS = "running balance"


def recognises(head: Head) -> bool:
    """Return whether a file begins like a PDF, perhaps after something else."""
    return b"%PDF-" in head.data[:MAGIC_BYTES]


def read(source: Source, options: Options) -> Events:
    """Yield the statement of a PDF document.

    Raises:
        UnreadableStatement: It is no text document with a transaction table, or its balances do
            not prove every line.
    """
    printed = lines_of(pages_of(source))
    table = table_of(printed)
    notes = _dated_notes(table, printed)
    _give_years(table, notes)
    found = _read(table, options)
    balances = _prove(table, found.lines, found.summary.account.currency)
    for at in range(0, len(found.lines), ROWS_IN_BLOCK):
        yield found.lines[at : at + ROWS_IN_BLOCK]
    summary = found.summary
    if summary.period_start is None and summary.period_end is None:
        start, end = stated_period(notes) or (None, None)
        summary = replace(summary, period_start=start, period_end=end)
    yield replace(
        summary,
        opening_balance_minor=balances.opening_minor,
        closing_balance_minor=balances.closing_minor,
        checked=balances.checked,
    )


def _dated_notes(table: PrintedTable, printed: Sequence[PrintedLine]) -> list[str]:
    """Return the lines outside the table that hold dates with a year."""
    outside = {line.number for line in table.notes}
    return [line.text for line in printed if line.number in outside and full_dates(line.text)]


def _give_years(table: PrintedTable, notes: Sequence[str]) -> None:
    """Replace dates without a year, in place, by dates with one."""
    columns = [
        index
        for index, name in enumerate(table.header)
        if set(roles_of(name)).intersection(DATE_ROLES)
    ]
    first = next(
        (i for i in columns if any(short_date(row.cells.get(i, "")) for row in table.rows)), None
    )
    if first is None:
        return
    short = [row for row in table.rows if short_date(row.cells.get(first, ""))]
    dates, order = resolve([(row.line, row.cells[first]) for row in short], notes)
    for row, date in zip(short, dates, strict=True):
        row.cells[first] = date.isoformat()
        for index in columns:
            text = row.cells.get(index, "")
            if index != first and short_date(text):
                other = nearest(text, order, date)
                if other is None:
                    raise UnreadableStatement(
                        f"{text} is no date that exists near {date}", line=row.line
                    )
                row.cells[index] = other.isoformat()


@dataclass(frozen=True, slots=True)
class _Found:
    lines: list[Line]
    summary: Summary


def _read(table: PrintedTable, options: Options) -> _Found:
    """Return what the tables' common core makes of the rows."""
    width = len(table.header)
    notes = table.notes[:NOTES_MAX]
    rows = [[phrase.text for phrase in line.phrases()] for line in notes]
    rows.append(table.header)
    first = len(rows) + 1
    rows += [[row.cells.get(index, "") for index in range(width)] for row in table.rows]
    numbers = (
        [line.number for line in notes] + [table.header_line] + [row.line for row in table.rows]
    )

    def blocks() -> Iterator[RowBlock]:
        for at in range(0, len(rows), ROWS_IN_BLOCK):
            yield RowBlock(at + 1, rows[at : at + ROWS_IN_BLOCK])

    warnings: list[str] = []
    lines: list[Line] = []
    summaries: list[Summary] = []
    try:
        for event in read_table(blocks, options, format=FORMAT, warnings=warnings):
            if isinstance(event, Summary):
                summaries.append(event)
            else:
                lines += event
    except UnreadableStatement as error:
        number = numbers[error.line - 1] if error.line else None
        raise UnreadableStatement(error.reason, line=number, column=error.column) from None
    if len(summaries) != 1:
        raise UnreadableStatement(
            "the table lists several accounts or currencies, whose balances cannot be told apart"
        )
    rest = dict.fromkeys(("printed", line.text) for line in table.notes[NOTES_MAX:])
    summary = replace(summaries[0], extra=(*summaries[0].extra, *rest))
    return _Found([_placed(line, table, first) for line in lines], summary)


def _placed(line: Line, table: PrintedTable, first: int) -> Line:
    row = table.rows[line.position - first]
    return line._replace(position=row.line, extra=(*line.extra, ("page", str(row.page))))


@dataclass(frozen=True, slots=True)
class _Anchor:
    """A balance the document prints: after how many lines, what it may be, and where."""

    lines_before: int
    values_minor: tuple[int, ...]
    line: int
    what: str
    is_after: bool = False
    """Printed beside a line, as the balance after it; so in a table that runs backwards too."""

    def backwards(self, count: int) -> _Anchor:
        """Return the same for a table of that many lines with the newest first."""
        return replace(self, lines_before=count - self.lines_before + self.is_after)


@dataclass(frozen=True, slots=True)
class _Balances:
    opening_minor: int
    closing_minor: int
    checked: tuple[str, ...]


def _prove(table: PrintedTable, lines: list[Line], currency: str | None) -> _Balances:
    """Return the balances that prove every line.

    Raises:
        UnreadableStatement: They do not tie, or leave lines unproven.
    """
    running = _running(table, lines, currency)
    stated = [_stated_anchor(one, table, lines, currency) for one in table.stated]
    forwards = [*stated, *running]
    failure = _break(forwards, lines, currency)
    if failure is not None and _is_newest_first(lines):
        turned = [
            _stated_anchor(one, table, lines, currency).backwards(len(lines))
            if one.rows_before is not None
            else _stated_anchor(one, table, lines, currency)
            for one in table.stated
        ]
        turned += [anchor.backwards(len(lines)) for anchor in running]
        oldest_first = lines[::-1]
        if _break(turned, oldest_first, currency) is None:
            return _proven(turned, oldest_first, has_running=bool(running))
    if failure is not None:
        raise failure
    return _proven(forwards, lines, has_running=bool(running))


def _is_newest_first(lines: Sequence[Line]) -> bool:
    return len(lines) > 1 and lines[0].date > lines[-1].date


def _running(table: PrintedTable, lines: Sequence[Line], currency: str | None) -> list[_Anchor]:
    column = table.column(Role.BALANCE)
    if column is None:
        return []
    by_line = {row.line: row.cells.get(column, "") for row in table.rows}
    anchors = []
    for number, line in enumerate(lines, start=1):
        text = by_line[line.position]
        amount = split_amount(text) if text else None
        if text and amount is None:
            raise UnreadableStatement(f"{text[:40]!r} is no balance", line=line.position)
        if amount is not None:
            values = _values(amount, currency)
            anchors.append(_Anchor(number, values, line.position, _RUNS, is_after=True))
    return anchors


def _stated_anchor(
    one: Stated, table: PrintedTable, lines: Sequence[Line], currency: str | None
) -> _Anchor:
    if one.rows_before is None:
        before = 0 if one.which == "opening" else len(lines)
    else:
        above = {row.line for row in table.rows[: one.rows_before]}
        before = sum(line.position in above for line in lines)
    return _Anchor(before, _values(one.amount, currency), one.line, f"{one.which} balance")


def _values(amount: AmountText, currency: str | None) -> tuple[int, ...]:
    """Return what a printed balance can be, under either decimal mark."""
    negative = amount.negative or amount.side is Side.DEBIT
    found: dict[int, None] = {}
    for mark in DecimalMark:
        digits = plain(amount.core, mark)
        if digits is None:
            continue
        try:
            found[-parse_minor(digits, currency) if negative else parse_minor(digits, currency)] = (
                None
            )
        except InvalidInput:
            continue
    return tuple(found)


def _break(
    anchors: Sequence[_Anchor], lines: Sequence[Line], currency: str | None
) -> UnreadableStatement | None:
    """Return why the balances do not tie, ``None`` where they do."""
    sums = list(accumulate((line.amount_minor for line in lines), initial=0))
    ordered = sorted(anchors, key=lambda one: one.lines_before)
    openings: set[int] | None = None
    before: _Anchor | None = None
    for anchor in ordered:
        found = {value - sums[anchor.lines_before] for value in anchor.values_minor}
        if openings is not None and not openings & found:
            expected = min(openings) + sums[anchor.lines_before]
            shown = min(anchor.values_minor, key=lambda value: abs(value - expected), default=0)
            since = f" since line {before.line}" if before else ""
            return UnreadableStatement(
                f"the {anchor.what} is {format_minor(shown, currency)} where "
                f"{format_minor(expected, currency)} follows from the lines{since}: a line is "
                "missing or was misread",
                line=anchor.line,
            )
        openings = found if openings is None else openings & found
        before = anchor
    return None


def _proven(anchors: Sequence[_Anchor], lines: Sequence[Line], *, has_running: bool) -> _Balances:
    sums = list(accumulate((line.amount_minor for line in lines), initial=0))
    places = {anchor.lines_before for anchor in anchors}
    # The first line's own amount is proven by an opening balance only, but its sign and decimals
    # are read as those of the lines that a running balance proves.
    is_covered = len(lines) in places and (
        0 in places or (1 in places and has_running and len(lines) > 1)
    )
    if not anchors or not is_covered or len(anchors) < len(("before", "after")):
        raise UnreadableStatement(
            "nothing proves the lines that were found: the PDF states no balances, or not before "
            "the first line and after the last; export CSV or another format"
        )
    openings = set.intersection(
        *({value - sums[one.lines_before] for value in one.values_minor} for one in anchors)
    )
    opening = min(openings)
    checked = [_TIES] if {0, len(lines)} <= places else []
    if has_running:
        checked.append(_RUNS)
    return _Balances(opening, opening + sums[-1], tuple(checked))
