"""Words on pages to the rows of a transaction table.

A PDF has no table, only words at places. The header row is found by its words (``csv_words``), its
cells give the columns, and every line below is cut where the columns begin. What a line is follows
from what stands in which column: a movement, more of its description, a balance, a total, the
header again on the next page. Nothing here is trusted: ``pdf`` refuses the document unless the
balances prove every row.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from shared.errors import UnreadableStatement
from shared.statements.amounts import AmountText, split_amount
from shared.statements.csv_columns import EMPTY_MARKS
from shared.statements.csv_table import Row, header_score
from shared.statements.csv_words import (
    DATE_ROLES,
    Role,
    balance_named,
    fold,
    names_a_sum,
    roles_of,
    side_of,
)
from shared.statements.dates import date_readings
from shared.statements.pdf_dates import short_date
from shared.statements.pdf_words import Word
from shared.statements.text import FIELD_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from shared.statements.pdf_words import Page

_SAME_LINE = 0.35
"""How far apart baselines of one line may be, as a share of the height: bold print, small print."""

_PHRASE_GAPS = (1.0, 0.7, 0.45)
"""Gaps, as shares of the height, at which cells may be apart: the widest that gives a header."""

_ALIGNED = 0.3
"""How exactly a cell begins or ends where its column does, likewise."""

_CONTINUED_PITCH = 1.9
"""Largest step down, in heights, to a line that continues a description."""

_TITLE_LINES = 4
"""How far above its header the title of a section stands."""

_TITLE_WORDS_MAX = 8
"""A longer line is a sentence."""

ROWS_MAX = 50_000
"""Most movements of one document: a hundred on each of the most pages."""

_MONEY_ROLES = frozenset({Role.AMOUNT, Role.DEBIT, Role.CREDIT, Role.FEE, Role.BALANCE})
_DECIMALS = re.compile(r"[.,]\d{2}(?!\d)")
_GROUP = re.compile(r"[-+(]?\d{1,3}")
_GROUPED = re.compile(r"\d{3}(?:\Z|[^\d])")
"""The parts of ``1 234,50``, where a space groups thousands."""

_DATE_LED = re.compile(r"\A\d{1,2}[./-]\d{1,2}(?:[./-](?:\d{4}|\d{2})?)?\Z|\A\d{4}-\d\d-\d\d\Z")

_OUT_WORDS = frozenset(
    """
    withdrawal withdrawals debit debits checks cheques fees charges payments purchases paid out
    belastungen lastschriften ausgaben retraits debits paiements retiros cargos pagos uitgaven
    addebiti uscite debitos saidas obciazenia
    """.split()  # noqa: SIM905 - words read better as words
)
_IN_WORDS = frozenset(
    """
    deposit deposits credit credits additions received gutschriften einnahmen eingange
    versements depots abonos depositos ingresos inkomsten accrediti entrate creditos entradas
    uznania
    """.split()  # noqa: SIM905 - words read better as words
)
_BALANCE_WORDS = frozenset({"balance", "balances", "saldo", "saldi", "salden", "solde", "soldes"})


_TOTAL_WORDS = frozenset(
    {"total", "totals", "subtotal", "summe", "summen", "gesamt", "totaux", "totaal", "totale"}
    | {"totali", "suma", "sumy", "razem", "totais", "summa", "sum"}
)
"""How an undated line that adds up begins. Were it a movement after all, nothing would tie."""


class Phrase(NamedTuple):
    """Words that stand together."""

    text: str
    left: float
    right: float


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """One printed line: its number over the document from 1, its page and its words."""

    number: int
    page: int
    words: tuple[Word, ...]
    baseline: float
    height: float

    @property
    def text(self) -> str:
        """The line as a reader sees it."""
        return " ".join(word.text for word in self.words)

    def phrases(self, gap: float = _PHRASE_GAPS[0]) -> list[Phrase]:
        """Return the words in groups that are further apart than a share of the height."""
        return [
            _phrase(group)
            for group in _split(
                self.words, lambda one, next_: next_.left - one.right > gap * self.height
            )
        ]


def _phrase(words: Sequence[Word]) -> Phrase:
    return Phrase(" ".join(word.text for word in words), words[0].left, words[-1].right)


def _split(words: Sequence[Word], is_apart: Callable[[Word, Word], bool]) -> Iterator[list[Word]]:
    group: list[Word] = []
    for word in words:
        if group and is_apart(group[-1], word):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def lines_of(pages: Sequence[Page]) -> list[PrintedLine]:
    """Return the printed lines of every page, from top to bottom and left to right."""
    found: list[PrintedLine] = []
    for number, page in enumerate(pages, start=1):
        held: list[Word] = []
        for word in sorted(page, key=lambda one: (one.baseline, one.left)):
            if held and word.baseline - held[0].baseline > _SAME_LINE * held[0].height:
                found.append(_line(held, len(found) + 1, number))
                held = []
            held.append(word)
        if held:
            found.append(_line(held, len(found) + 1, number))
    return found


def _line(words: list[Word], number: int, page: int) -> PrintedLine:
    ordered = tuple(sorted(words, key=lambda one: one.left))
    height = max(word.height for word in ordered)
    return PrintedLine(number, page, ordered, ordered[0].baseline, height)


class Stated(NamedTuple):
    """A balance that a line states: which, after how many rows, and where."""

    which: str
    amount: AmountText
    rows_before: int | None
    """``None`` where it stands outside the table, so is of the whole statement."""

    line: int


@dataclass(slots=True)
class PrintedRow:
    """A movement: its cells by column, and where it begins."""

    line: int
    page: int
    cells: dict[int, str]


@dataclass(slots=True)
class PrintedTable:
    """All transaction tables of a document as one."""

    header: list[str] = field(default_factory=list)
    header_line: int = 0
    rows: list[PrintedRow] = field(default_factory=list)
    stated: list[Stated] = field(default_factory=list)
    notes: list[PrintedLine] = field(default_factory=list)
    """Lines outside the tables: account, period, and everything a bank has to say."""

    def column(self, role: Role) -> int | None:
        """Return the column of a role, if there is exactly one."""
        found = [index for index, name in enumerate(self.header) if role in roles_of(name)]
        return found[0] if len(found) == 1 else None

    def name_description(self) -> None:
        """Call the first column of text a description where no header does."""
        roles = [roles_of(name) for name in self.header]
        if not any(Role.DESCRIPTION in found for found in roles) and () in roles:
            self.header[roles.index(())] = "Description"


@dataclass(frozen=True, slots=True)
class _Column:
    """A column where it stands on the page; ``index`` is its place in the whole table."""

    index: int
    left: float
    right: float
    is_date: bool
    is_money: bool


def header_of(line: PrintedLine) -> list[Phrase] | None:
    """Return the cells of a header row, or ``None``."""
    best: tuple[int, list[Phrase]] | None = None
    for gap in _PHRASE_GAPS:
        phrases = line.phrases(gap)
        score = header_score(Row(line.number, tuple(one.text for one in phrases)))
        if score and (best is None or score > best[0]):
            best = score, phrases
    if best is None or any(_DECIMALS.search(one.text) for one in best[1]):
        return None
    return best[1]


def _header_of_two(first: PrintedLine, second: PrintedLine) -> list[Phrase] | None:
    """Return the cells of a header whose words stand on two lines."""
    if first.page != second.page or second.baseline - first.baseline > 2 * first.height:
        return None
    cells = first.phrases(_PHRASE_GAPS[1])
    for phrase in second.phrases(_PHRASE_GAPS[1]):
        over = [n for n, one in enumerate(cells) if _overlap(one, phrase.left, phrase.right) > 0]
        if len(over) > 1:
            return None
        if over:
            upper = cells[over[0]]
            cells[over[0]] = Phrase(
                f"{upper.text} {phrase.text}",
                min(upper.left, phrase.left),
                max(upper.right, phrase.right),
            )
        else:
            cells.append(phrase)
    cells.sort(key=lambda one: one.left)
    texts = tuple(one.text for one in cells)
    if not header_score(Row(first.number, texts)) or any(map(_DECIMALS.search, texts)):
        return None
    return cells


def _kinds(cell: Phrase, cells: Sequence[Phrase]) -> tuple[bool, bool]:
    """Return whether a column holds dates, and whether amounts.

    ``Wert`` and ``Valor`` can be either: they are what no other column is for certain.
    """
    kinds = [_kinds_named(one.text) for one in cells]
    is_date, is_money = _kinds_named(cell.text)
    if is_date and is_money:
        is_date = (False, True) in kinds
        return is_date, not is_date
    return is_date, is_money


def _kinds_named(text: str) -> tuple[bool, bool]:
    roles = set(roles_of(text))
    return bool(roles.intersection(DATE_ROLES)), bool(roles & _MONEY_ROLES)


def _overlap(one: Phrase | _Column, left: float, right: float) -> float:
    return min(one.right, right) - max(one.left, left)


@dataclass(slots=True)
class _Reader:
    """The state of reading lines from top to bottom."""

    table: PrintedTable = field(default_factory=PrintedTable)
    columns: list[_Column] = field(default_factory=list)
    """Of the table that is being read; empty outside of tables."""

    side: int = 0
    """-1 or 1 in a section of withdrawals or deposits, whose amounts carry no sign."""

    is_listing: bool = False
    """In a section that lists balances by day, whose rows are no movements."""

    above: list[PrintedLine] = field(default_factory=list)
    """The last lines that belong to no row, among which a section's title is."""

    begun: PrintedRow | None = None
    """A row of which the amount is still to come."""

    last: PrintedLine | None = None
    """The last line that belonged to a row."""

    date: str = ""
    amounts_first: bool = True
    page: int = 0

    def header(self, cells: list[Phrase], line: PrintedLine) -> None:
        """Begin a table, or go on with one on the next page."""
        self._title()
        table = self.table
        known = {fold(name): index for index, name in enumerate(table.header)}
        self.columns = []
        taken: set[int] = set()
        for cell in cells:
            index = known.get(fold(cell.text))
            if index is None or index in taken:
                index = self._by_role(cell.text, taken)
            if index is None:
                index = len(table.header)
                table.header.append(cell.text)
            taken.add(index)
            self.columns.append(_Column(index, cell.left, cell.right, *_kinds(cell, cells)))
        table.header_line = table.header_line or line.number
        self.above.clear()
        self.begun, self.last = None, None

    def _by_role(self, text: str, taken: set[int]) -> int | None:
        """Return the column of another section's table that holds the same."""
        roles = set(roles_of(text))
        for index, name in enumerate(self.table.header):
            if index not in taken and roles and roles & set(roles_of(name)):
                return index
        return None

    def _title(self) -> None:
        """Take the side of the account from the section's title, if there is one."""
        for line in reversed(self.above):
            words = fold(line.text).split()
            if len(words) > _TITLE_WORDS_MAX or _DECIMALS.search(line.text):
                continue
            is_out, is_in = _OUT_WORDS.intersection(words), _IN_WORDS.intersection(words)
            is_balance = _BALANCE_WORDS.intersection(words)
            if is_out or is_in or is_balance:
                self.side = (-1 if is_out else 1) if bool(is_out) != bool(is_in) else 0
                self.is_listing = bool(is_balance) and not (is_out or is_in)
                return

    def take(self, line: PrintedLine) -> None:
        """Take one line below a header."""
        if line.page != self.page:
            self.page = line.page
            self.begun = None
        cells = self.cells(line)
        stated = [] if self.is_listing else list(_stated_in(line))
        if stated:
            self._balance(line, cells, stated)
            return
        is_money = self.has_amount(cells)
        first = line.phrases()[0].text
        date = self.date_in(cells)
        if names_a_sum(first) or (not date and _TOTAL_WORDS.intersection(fold(first).split()[:1])):
            self._outside(line)
            return
        if self.is_listing or not (date or is_money or self._continues(line, cells)):
            self._outside(line)
        elif self.amounts_first:
            self._with_amounts_first(line, cells, date, is_money)
        else:
            self._with_amounts_last(line, cells, date, is_money)

    def date_in(self, cells: dict[int, str]) -> str:
        """Return the text of the date, empty where the line has none."""
        dates = [c for c in self.columns if c.is_date]
        text = cells.get(dates[0].index, "") if dates else ""
        return text if text and (date_readings(text) or short_date(text)) else ""

    def has_amount(self, cells: dict[int, str]) -> bool:
        """Return whether an amount stands in a column of amounts."""
        return any(c.is_money and _is_money(cells.get(c.index, "")) for c in self.columns)

    def _with_amounts_first(
        self, line: PrintedLine, cells: dict[int, str], date: str, is_money: bool
    ) -> None:
        if is_money and (date or self.date):
            self._row(line, cells, date)
        elif self.table.rows and not is_money and not date:
            self._append(self.table.rows[-1], cells)
            self.last = line
        else:
            self._outside(line)

    def _with_amounts_last(
        self, line: PrintedLine, cells: dict[int, str], date: str, is_money: bool
    ) -> None:
        if date and self.begun is not None and not is_money:
            self.begun = None
        if self.begun is None:
            if not (date or self.date):
                self._outside(line)
                return
            self.begun = PrintedRow(line.number, line.page, {})
        self.date = date or self.date
        self._append(self.begun, cells)
        self.last = line
        if is_money:
            begun, self.begun = self.begun, None
            self._add(begun)

    def _row(self, line: PrintedLine, cells: dict[int, str], date: str) -> None:
        self.date = date or self.date
        self.last = line
        self._add(PrintedRow(line.number, line.page, cells))

    def _add(self, row: PrintedRow) -> None:
        dates = [c.index for c in self.columns if c.is_date]
        if not row.cells.get(dates[0]):
            row.cells[dates[0]] = self.date
        amounts = [c.index for c in self.columns if c.is_money and row.cells.get(c.index)]
        if self.side < 0 and len(amounts) == 1:
            amount = split_amount(row.cells[amounts[0]])
            if amount is not None and amount.negative is None and amount.side is None:
                row.cells[amounts[0]] = f"-{row.cells[amounts[0]]}"
        self.table.rows.append(row)
        if len(self.table.rows) > ROWS_MAX:
            raise UnreadableStatement(
                f"the PDF has more than {ROWS_MAX:,} movements", line=row.line
            )

    def _append(self, row: PrintedRow, cells: dict[int, str]) -> None:
        for index, text in cells.items():
            joined = f"{row.cells[index]} {text}" if row.cells.get(index) else text
            if len(joined) > FIELD_CHARS_MAX:
                raise UnreadableStatement(
                    f"a description is longer than {FIELD_CHARS_MAX:,} characters", line=row.line
                )
            row.cells[index] = joined

    def _continues(self, line: PrintedLine, cells: dict[int, str]) -> bool:
        """Return whether a line without date and amount is more of a row's description."""
        texts = [c for c in self.columns if not c.is_date and not c.is_money]
        if not texts or any(index not in {c.index for c in texts} for index in cells):
            return False
        if line.words[0].left < texts[0].left - line.height:
            return False
        last = self.last
        return (
            last is not None
            and last.page == line.page
            and line.baseline - last.baseline <= _CONTINUED_PITCH * line.height
        )

    def _balance(
        self, line: PrintedLine, cells: dict[int, str], stated: list[tuple[str, AmountText]]
    ) -> None:
        """Take a line that states balances; the last one may end the table."""
        is_inside = len(stated) == 1 and self.has_amount(cells)
        rows = len(self.table.rows) if is_inside and not self.side else None
        self.table.stated += [Stated(which, amount, rows, line.number) for which, amount in stated]
        self.begun, self.last = None, None
        date = self.date_in(cells)
        self.date = date or self.date

    def _outside(self, line: PrintedLine) -> None:
        self.above = [*self.above[1 - _TITLE_LINES :], line]
        self.last = None
        self.table.notes.append(line)

    def before(self, line: PrintedLine) -> None:
        """Take a line above the first header, or of a page without one."""
        stated = [Stated(which, amount, None, line.number) for which, amount in _stated_in(line)]
        self.table.stated += stated
        if not stated:
            self._outside(line)

    def cells(self, line: PrintedLine) -> dict[int, str]:
        """Return the texts of a line by column."""
        cells: dict[int, str] = {}
        for phrase in self._cut(line):
            column = self._column_of(phrase)
            held = cells.get(column.index)
            cells[column.index] = f"{held} {phrase.text}" if held else phrase.text
        return cells

    def _cut(self, line: PrintedLine) -> list[Phrase]:
        """Return the line's phrases, also cut where a column begins or a column of money ends."""
        near = _ALIGNED * line.height
        dates = [c for c in self.columns if c.is_date]

        def is_apart(one: Word, following: Word) -> bool:
            if following.left - one.right > _PHRASE_GAPS[0] * line.height:
                return True
            if any(
                abs(following.left - c.left) <= near and one.right < c.left for c in self.columns
            ):
                return True
            if (
                dates
                and _DATE_LED.match(one.text)
                and _overlap(dates[0], one.left, one.right) > 0
                and not _DATE_LED.match(following.text)
            ):
                return True
            if _GROUP.fullmatch(one.text) and _GROUPED.match(following.text):
                return False
            return _DECIMALS.search(following.text) is not None and any(
                c.is_money and abs(following.right - c.right) <= near for c in self.columns
            )

        return [_phrase(group) for group in _split(line.words, is_apart)]

    def _column_of(self, phrase: Phrase) -> _Column:
        is_money = _is_money(phrase.text)
        is_date = bool(date_readings(phrase.text) or short_date(phrase.text))

        def fits(column: _Column) -> bool:
            if column.is_money:
                return is_money or bool(side_of(phrase.text)) or phrase.text in EMPTY_MARKS
            return is_date or not column.is_date

        fitting = [c for c in self.columns if fits(c)] or self.columns
        best = max(fitting, key=lambda c: _overlap(c, phrase.left, phrase.right))
        if _overlap(best, phrase.left, phrase.right) > 0:
            return best
        if is_money or side_of(phrase.text):
            money = [c for c in fitting if c.is_money] or fitting
            return min(money, key=lambda c: _distance(c, phrase))
        # A text begins in its column or, wide as it is, after the beginning of its column.
        begun = [c for c in fitting if c.left <= phrase.left + 1]
        return max(begun, key=lambda c: c.left) if begun else fitting[0]


def _distance(column: _Column, phrase: Phrase) -> float:
    return max(column.left - phrase.right, phrase.left - column.right, 0.0)


def _is_money(text: str) -> bool:
    return bool(text) and _DECIMALS.search(text) is not None and split_amount(text) is not None


def _stated_in(line: PrintedLine) -> Iterator[tuple[str, AmountText]]:
    """Yield the opening and closing balances that a line names, each before its amount."""
    label: list[str] = []
    for phrase in line.phrases():
        words = phrase.text.split()
        for length in (3, 2, 1):
            amount = _amount_at_end(words, length)
            if amount is not None:
                label += words[:-length]
                which = balance_named(" ".join(label))
                if which is not None:
                    yield which, amount
                label = []
                break
        else:
            label.append(phrase.text)


def _amount_at_end(words: list[str], length: int) -> AmountText | None:
    if len(words) < length:
        return None
    text = " ".join(words[-length:])
    if not _DECIMALS.search(text) or date_readings(text):
        return None
    return split_amount(text)


def table_of(lines: Sequence[PrintedLine]) -> PrintedTable:
    """Return the transaction table of a document.

    Raises:
        UnreadableStatement: No header row, or a line in the table that can be neither a movement
            nor part of one.
    """
    headers = _headers(lines)
    if not headers:
        raise UnreadableStatement(
            "no header row of a transaction table (date, description, amount or balance) was "
            "found in the PDF"
        )
    tops = _first_headers(lines, headers)
    reader = _Reader(amounts_first=_amounts_first(lines, headers, tops))
    skipped: int | None = None
    for number, line in enumerate(lines):
        if number == skipped:
            continue
        if number in headers:
            cells, is_double = headers[number]
            skipped = number + 1 if is_double else None
            reader.header(cells, line)
        elif reader.columns and number >= tops.get(line.page, 0):
            reader.take(line)
        else:
            reader.before(line)
    reader.table.name_description()
    return reader.table


_Headers = dict[int, tuple[list[Phrase], bool]]


def _first_headers(lines: Sequence[PrintedLine], headers: _Headers) -> dict[int, int]:
    """Return the first header of each page that has one: above it stands no table."""
    found: dict[int, int] = {}
    for number in headers:
        found.setdefault(lines[number].page, number)
    return found


def _headers(lines: Sequence[PrintedLine]) -> _Headers:
    """Return the header rows by index of their line, and whether each takes two lines."""
    found: _Headers = {}
    for number, line in enumerate(lines):
        cells = header_of(line)
        if cells is not None:
            found[number] = cells, False
        elif number and number - 1 not in found:
            both = _header_of_two(lines[number - 1], line)
            if both is not None:
                found[number - 1] = both, True
    return found


def _amounts_first(lines: Sequence[PrintedLine], headers: _Headers, tops: dict[int, int]) -> bool:
    """Return whether amounts stand on the line of the date, not on the last of a movement."""
    reader = _Reader()
    beside = later = 0
    for number, line in enumerate(lines):
        if number in headers:
            reader.header(headers[number][0], line)
        elif reader.columns and number >= tops.get(line.page, 0) and not any(_stated_in(line)):
            cells = reader.cells(line)
            if reader.date_in(cells):
                beside += reader.has_amount(cells)
                later += not reader.has_amount(cells)
    return beside >= later
