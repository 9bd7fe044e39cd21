"""The first pass over a table: which rows matter for deciding its conventions.

Conventions are decided from the whole file, but not by holding it: of a million rows nearly all say
what an earlier one already said. A row is kept as a *witness* where it shows something new: an
amount of a new shape, a mark, a currency or an account not seen before, a date that fits fewer
orders. Whatever holds for the witnesses holds for the file, so the inference looks at them alone,
and its messages name real rows. The first rows are kept in any case: small files are all witness.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import compress, pairwise
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.statements.amounts import DecimalMark, is_ambiguous, plain, sole_mark, split_amount
from shared.statements.csv_columns import AMOUNT_ROLES, EMPTY_MARKS, SAMPLE_ROWS, Columns
from shared.statements.csv_rows import Sorter, has_balance, is_unnamed_text
from shared.statements.csv_table import ROWS_MAX, Row
from shared.statements.csv_tokens import Chunk
from shared.statements.csv_words import DATE_ROLES, Role, may_be_cut_status, side_of
from shared.statements.dates import DateOrder, date_readings

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Sequence


REMEMBERED_MAX = 20_000
"""Most texts remembered of one column so that they are looked at once; then it starts over."""

GROUPS_MAX = 100
"""Most accounts and currencies in one file; each costs one more pass over it."""

UNBOOKED_MAX = 100_000
"""Most pending or failed rows of one file."""

ROWS_COMPARED_MIN = 2
"""Other rows before an empty last cell may show that a file is cut off."""

# 1 to 9 are alike, but not 0: a leading zero tells ``0,123`` from ``1,234``.
_SHAPE = str.maketrans("12345678", "99999999")
_ORDERS = tuple(DateOrder)
_MARKS = (Role.INDICATOR, Role.UNNAMED_INDICATOR, Role.KIND)


def decimals_written(text: str) -> int:
    """Return how many digits stand behind the last point or comma."""
    at = max(text.rfind("."), text.rfind(","))
    count = 0
    for character in text[at + 1 :] if at >= 0 else "":
        if not character.isdecimal():
            break
        count += 1
    return count


@dataclass(slots=True)
class Survey:
    """What one pass over the rows of a table finds; ``columns`` is what was assigned before."""

    header: Row
    columns: Columns
    sample_rows: int = SAMPLE_ROWS
    witnesses: dict[int, Row] = field(default_factory=dict)
    """Movements, by line."""

    counts: Counter[str] = field(default_factory=Counter)
    """How many rows are movements, pending, void."""

    skipped: list[int] = field(default_factory=list)
    """The lines of the rows that are no movements, in order."""

    unbooked: dict[int, str] = field(default_factory=dict)
    """The lines of pending and void rows, and which they are."""

    last: Row | None = None
    """The last row that is not blank."""

    last_movement: Row | None = None
    single_balance: bool = True
    """Whether every row shows the same balance, or none."""

    _sorter: Sorter = field(init=False)
    _dates: dict[str, object] = field(default_factory=dict)
    _texts: dict[int, set[str]] = field(default_factory=dict)
    _shapes: dict[int, dict[str, object]] = field(default_factory=dict)
    _pairs: set[tuple[object, object]] = field(default_factory=set)
    _raw_pairs: set[tuple[str, str]] = field(default_factory=set)
    _groups: set[tuple[str, ...]] = field(default_factory=set)
    _seen: set[object] = field(default_factory=set)
    _kept_first: int = 0
    _blank_ends: int = 0
    """Rows whose last cell is empty."""

    _balance: str | None = None
    _plain_columns: tuple[int, ...] = ()
    _net_fails: set[object] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._sorter = Sorter(self.header, self.columns)

    @property
    def notes(self) -> list[Row]:
        """The rows below the header that are no movements."""
        return self._sorter.notes

    def add(self, chunk: Chunk) -> None:
        """Look at the next rows below the header.

        Raises:
            UnreadableStatement: One is neither a movement nor a remark, or a limit is passed.
        """
        if not len(chunk.lines):
            return
        if not self._is_plain(chunk):
            chunk = self._with_care(chunk)
        elif self.notes:
            self._sorter.movement_follows()
        if not len(chunk.lines):
            return
        self.counts["movement"] += len(chunk.lines)
        self._blank_ends += chunk.columns[self._sorter.width - 1].count("")
        if self.counts["movement"] > ROWS_MAX:
            raise UnreadableStatement(
                f"the file has more than {ROWS_MAX:,} rows", line=chunk.lines[0]
            )
        last = self._row(chunk, len(chunk.lines) - 1)
        self.last_movement = last
        if self.last is None or self.last.line < last.line:
            self.last = last
        self._keep_first(chunk)
        self._look_at(chunk)

    def finish(self, *, ends_with_newline: bool) -> None:
        """Look at what the end leaves open."""
        self._sorter.finish(is_last=self.last, ends_with_newline=ends_with_newline)
        if not ends_with_newline:
            self._refuse_cut_end()
        if self.last_movement is not None:
            self._keep(self.last_movement)

    def _refuse_cut_end(self) -> None:
        """Refuse a file without a final line end whose last cell seems to be cut off.

        That is a last cell that is empty in no other row, or the beginning of a word that would
        say that the row is not booked.

        Raises:
            UnreadableStatement: It does.
        """
        row, end = self.last, self._sorter.width - 1
        if row is None or row.line in self.skipped[-1:]:
            return
        others = sum(self.counts[what] for what in ("movement", "pending", "void")) - 1
        lost = not row.cell(end) and self._blank_ends == 1 and others >= ROWS_COMPARED_MIN
        is_status = end in self.columns.all(Role.STATUS) and row.cell(end)
        if lost or (is_status and may_be_cut_status(row.cell(end))):
            raise UnreadableStatement(
                "the file ends without a line end inside its last row, whose last cell is not as "
                "in other rows: it is cut off",
                line=row.line,
                column=end + 1,
            )

    def movements(self, chunk: Chunk) -> Chunk:
        """Return the movements among rows below the header, pending and void ones included.

        All have as many cells as the header names columns, or more.
        """
        lines = chunk.lines
        if not len(lines):
            return chunk
        low, high = bisect_left(self.skipped, lines[0]), bisect_right(self.skipped, lines[-1])
        width = len(self.header.cells)
        if chunk.columns and len(chunk.columns) >= width:
            blank = "" in chunk.columns[self.columns.date]
            if low == high and not blank:
                return chunk
        skipped = set(self.skipped[low:high])
        rows = [row for row in chunk.rows() if row.line not in skipped]
        return self.padded(rows)

    def padded(self, rows: Sequence[Row]) -> Chunk:
        """Return rows as columns, all as long as the header at least."""
        width = max([len(self.header.cells), *(len(row.cells) for row in rows)])
        if not rows:
            return Chunk(())
        padded = [row.cells + ("",) * (width - len(row.cells)) for row in rows]
        return Chunk([row.line for row in rows], list(zip(*padded, strict=True)))

    def _is_plain(self, chunk: Chunk) -> bool:
        """Return whether all rows are surely movements, told by whole columns at once."""
        columns, width = chunk.columns, self._sorter.width
        if len(columns) < max(width, 1):
            return False
        for index in range(width, len(columns)):
            named = index < len(self.header.cells)
            if any(columns[index]) and not (named and all(map(is_unnamed_text, columns[index]))):
                return False
        if not self._dates_are_known(columns[self.columns.date]) or any(
            not self._texts.setdefault(index, set()).issuperset(columns[index])
            for index in self.columns.all(Role.STATUS)
        ):
            return False
        if not self._money_is_filled(columns):
            return False
        for index in self._text_columns():
            if index >= len(columns):
                break
            if has_balance(columns[index]):
                return False
        return True

    def _dates_are_known(self, cells: Sequence[str]) -> bool:
        new = set(cells).difference(self._dates)
        if not new:
            return True
        if len(self._dates) > REMEMBERED_MAX:
            self._dates.clear()
        for text in new:
            readings = date_readings(text)
            if not readings:
                return False
            self._dates[text] = _kind_of_date(readings)
        return True

    def _money_is_filled(self, columns: Sequence[Sequence[str]]) -> bool:
        money = self.columns.money
        if len(money) == 1:
            return EMPTY_MARKS_AND_NONE.isdisjoint(columns[money[0]])
        filled = zip(*(columns[index] for index in money), strict=True)
        return all(map(any, filled)) and all(
            EMPTY_MARKS.isdisjoint(columns[index]) for index in money
        )

    def _text_columns(self) -> tuple[int, ...]:
        """Return the columns in which a row may say that it is a balance."""
        if not self._plain_columns:
            known = {
                index
                for role in (*DATE_ROLES, *AMOUNT_ROLES, Role.CURRENCY, Role.INDICATOR)
                for index in self.columns.all(role)
            }
            width = len(self.header.cells)
            self._plain_columns = tuple(index for index in range(width) if index not in known)
        return self._plain_columns

    def _with_care(self, chunk: Chunk) -> Chunk:
        """Return the movements among rows that have to be looked at one by one."""
        rows = []
        for row in chunk.rows():
            self.last = row
            what = self._sorter.sort(row)
            if what == "movement":
                rows.append(row)
                continue
            self.counts[what] += 1
            if what == "note":
                self.skipped.append(row.line)
                continue
            self._blank_ends += not row.cell(self._sorter.width - 1)
            self.unbooked[row.line] = what
            if len(self.unbooked) > UNBOOKED_MAX:
                raise UnreadableStatement(
                    f"more than {UNBOOKED_MAX:,} rows are pending or failed", line=row.line
                )
        for index in self.columns.all(Role.STATUS):
            known = self._texts.setdefault(index, set())
            if len(known) < REMEMBERED_MAX:
                known.update(row.cell(index) for row in rows)
        return self.padded(rows)

    def _row(self, chunk: Chunk, index: int) -> Row:
        return Row(chunk.lines[index], tuple([column[index] for column in chunk.columns]))

    def _keep(self, row: Row) -> None:
        self.witnesses.setdefault(row.line, row)

    def _keep_first(self, chunk: Chunk) -> None:
        """Keep the first rows of the table."""
        count = min(self.sample_rows - self._kept_first, len(chunk.lines))
        for index in range(count):
            self._keep(self._row(chunk, index))
        self._kept_first += max(count, 0)

    def _look_at(self, chunk: Chunk) -> None:
        columns = chunk.columns
        self._look_at_dates(chunk)
        shapes: dict[int, list[str]] = {}
        for role in AMOUNT_ROLES:
            for index in self.columns.all(role):
                shapes[index] = self._look_at_amounts(chunk, index)
        for role in _MARKS:
            for index in self.columns.all(role):
                self._look_at_marks(chunk, index, role)
        for one, other in self._joint():
            cells = shapes.get(other) or columns[other]
            self._look_at_pairs(chunk, one, shapes[one], other, cells)
        self._look_at_groups(chunk)
        self._look_at_equals(chunk)
        self._look_at_net(chunk)
        balance = self.columns.first(Role.BALANCE)
        if balance is not None and self.single_balance:
            filled = set(columns[balance]) - {""}
            if self._balance is not None:
                filled.add(self._balance)
            self.single_balance = len(filled) <= 1
            self._balance = next(iter(filled), None)

    def _joint(self) -> Iterator[tuple[int, int]]:
        """Yield the columns of which the combination in one row says something."""
        found = self.columns
        if found.debit is not None and found.credit is not None:
            yield found.debit, found.credit
        for amount in found.amounts:
            for role in (Role.INDICATOR, Role.UNNAMED_INDICATOR, Role.KIND):
                for mark in found.all(role):
                    yield amount, mark

    def _look_at_dates(self, chunk: Chunk) -> None:
        indexes = [self.columns.date]
        if self.columns.value_date is not None:
            indexes.append(self.columns.value_date)
        for index in indexes:
            cells = chunk.columns[index]
            for text in set(cells):
                kind = self._dates.get(text)
                if kind is None:
                    kind = self._dates[text] = _kind_of_date(date_readings(text))
                if (index, kind) not in self._seen:
                    self._seen.add((index, kind))
                    self._keep(self._row(chunk, cells.index(text)))

    def _look_at_amounts(self, chunk: Chunk, index: int) -> list[str]:
        cells = chunk.columns[index]
        shapes = "\n".join(cells).translate(_SHAPE).split("\n")
        if len(shapes) != len(cells):
            shapes = [cell.translate(_SHAPE) for cell in cells]
        known = self._shapes.setdefault(index, {})
        new = set(shapes).difference(known)
        if len(known) > REMEMBERED_MAX:
            known.clear()
        for shape in new:
            at = shapes.index(shape)
            kind = known[shape] = _kind_of_amount(cells[at])
            if (index, kind) not in self._seen:
                self._seen.add((index, kind))
                self._keep(self._row(chunk, at))
        return shapes

    def _look_at_marks(self, chunk: Chunk, index: int, role: Role) -> None:
        cells = chunk.columns[index]
        known = self._texts.setdefault(index, set())
        new = set(cells) - known
        if len(known) < REMEMBERED_MAX:
            known |= new
        for text in new:
            if role is not Role.KIND or side_of(text) is not None:
                self._keep(self._row(chunk, cells.index(text)))

    def _look_at_pairs(
        self, chunk: Chunk, one: int, shapes: list[str], other: int, others: Sequence[str]
    ) -> None:
        new = set(zip(shapes, others, strict=True)) - self._raw_pairs
        if not new:
            return
        if len(self._raw_pairs) > REMEMBERED_MAX:
            self._raw_pairs.clear()
        self._raw_pairs |= new
        places = {pair: at for at, pair in enumerate(zip(shapes, others, strict=True))}
        for pair in new:
            kind = self._shapes[one].get(pair[0])
            beside = self._shapes[other].get(pair[1]) if other in self._shapes else pair[1]
            key = ((one, kind), (other, beside))
            if key not in self._pairs and len(self._pairs) < REMEMBERED_MAX:
                self._pairs.add(key)
                self._keep(self._row(chunk, places[pair]))

    def _look_at_groups(self, chunk: Chunk) -> None:
        indexes = [*self.columns.all(Role.ACCOUNT), *self.columns.all(Role.CURRENCY)]
        if not indexes:
            return
        cells = list(zip(*(chunk.columns[index] for index in indexes), strict=True))
        for found in set(cells) - self._groups:
            if len(self._groups) <= GROUPS_MAX or "" in found:
                self._groups.add(found)
                self._keep(self._row(chunk, cells.index(found)))

    def _look_at_equals(self, chunk: Chunk) -> None:
        """Keep the first row in which two columns of amounts or of dates differ."""
        amounts = self.columns.amounts
        for one, other in pairwise(amounts):
            if ("differ", one, other) in self._seen:
                continue
            cells, others = chunk.columns[one], chunk.columns[other]
            at = next((n for n, cell in enumerate(cells) if cell != others[n]), None)
            if at is not None:
                self._seen.add(("differ", one, other))
                self._keep(self._row(chunk, at))

    def _look_at_net(self, chunk: Chunk) -> None:
        """Keep the first rows in which net is not gross with, or without, the fee."""
        fee = self.columns.first(Role.FEE)
        if fee is None or len(self.columns.amounts) != len(("net", "gross")):
            return
        one, other = self.columns.amounts
        for mark in DecimalMark:
            for name, gross, net, sign in (
                ("a", one, other, 1), ("b", one, other, -1),
                ("c", other, one, 1), ("d", other, one, -1),
            ):  # fmt: skip
                if (mark, name) in self._net_fails:
                    continue
                for at in range(len(chunk.lines)):
                    values = [_value(chunk.columns[index][at], mark) for index in (gross, fee, net)]
                    if values[0] + sign * values[1] != values[2]:
                        self._net_fails.add((mark, name))
                        self._keep(self._row(chunk, at))
                        break


EMPTY_MARKS_AND_NONE = EMPTY_MARKS | {""}


def _value(text: str, mark: DecimalMark) -> Decimal:
    amount = split_amount(text)
    if amount is None:
        return Decimal(0)
    return Decimal(plain(amount.core, mark) or "0") * (-1 if amount.negative else 1)


def _kind_of_date(readings: dict[DateOrder, dt.date]) -> object:
    """Return what a date says about its order, alike for dates that say the same."""
    days = [readings.get(order) for order in _ORDERS]
    years = tuple(day.year if day else None for day in days)
    if len(set(days)) == 1:
        return ("any order", years[0] is not None)
    return (tuple(day is not None for day in days), days[0] == days[1], years)


def _kind_of_amount(text: str) -> object:
    """Return what an amount says about mark and sign, alike for amounts that say the same."""
    amount = split_amount(text)
    if amount is None:
        return ("no amount", text in EMPTY_MARKS or not text)
    core = amount.core
    fitting = (
        plain(core, DecimalMark.POINT) is not None,
        plain(core, DecimalMark.COMMA) is not None,
    )
    return (
        sole_mark(core),
        fitting,
        is_ambiguous(core),
        not core.strip("0.,"),
        decimals_written(text),
        amount.negative,
        amount.side,
        amount.currency,
        amount.symbol,
    )


def mask(chunk: Chunk, keep: Iterable[bool]) -> Chunk:
    """Return the rows of a chunk that a list of truths selects."""
    chosen = list(keep)
    if all(chosen):
        return chunk
    return Chunk(
        list(compress(chunk.lines, chosen)),
        [list(compress(column, chosen)) for column in chunk.columns],
    )


def rewritten(survey: Survey, chunks: Callable[[], Iterator[Chunk]]) -> Iterator[Chunk]:
    """Yield the booked movements of a table, in order, in another pass."""
    for chunk in chunks():
        found = survey.movements(chunk)
        if survey.unbooked and len(found.lines):
            found = mask(found, [line not in survey.unbooked for line in found.lines])
        if len(found.lines):
            yield found
