"""The second pass over a table: rows become lines, a whole column at a time.

A column in its usual shape (two decimals, known dates, clean text) is converted without a Python
step per cell; a column with anything unusual goes text by text, each distinct text once. Both give
the same values, since the short way is taken only where a pattern proves that it does.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice, repeat
from operator import mul, neg
from typing import TYPE_CHECKING, TypeVar

from shared.errors import InvalidInput, UnreadableStatement
from shared.money import decimals_of, is_currency, parse_minor
from shared.statements.amounts import DecimalMark, Side, plain, split_amount
from shared.statements.csv_amounts import Signs, amount_cell, side_in
from shared.statements.csv_columns import EMPTY_MARKS
from shared.statements.csv_inference import Inference
from shared.statements.csv_table import Row
from shared.statements.csv_words import Role, currency_in_cell
from shared.statements.dates import date_readings
from shared.statements.model import Line

if TYPE_CHECKING:
    from shared.statements.csv_tokens import Chunk

REMEMBERED_MAX = 50_000
"""Most texts remembered of one column; then it starts over."""

LINES_TOGETHER = 300
"""How many lines are handed on at once: while two such lists live, one being made and one being
used, they stay below the 700 new objects at which CPython's garbage collector wakes."""

WHOLE_DIGITS_MAX = 13
"""Digits before the decimal mark in the short way: with two decimals far below
``money.AMOUNT_MINOR_MAX``, which the long way checks."""

_NONE = dict.fromkeys([*EMPTY_MARKS, "", "NOTPROVIDED", "NONREF", "NOT PROVIDED"])
_SPACES = "\t\r\x0b\x0c\x1c\x1d\x1e\x1f"
_SPACES_BEYOND_ASCII = "\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_BLANK = dict.fromkeys([*EMPTY_MARKS, "0", "0.00", "0,00"], "")
"""What stands in the debit or credit column of the side that does not apply."""

_new = tuple.__new__
Value = TypeVar("Value")


def _simple_pattern(mark: DecimalMark, decimals: int) -> re.Pattern[str]:
    behind = rf"{re.escape(mark.value)}[0-9]{{{decimals}}}" if decimals else ""
    return re.compile(rf"(?:-?[0-9]{{1,{WHOLE_DIGITS_MAX}}}{behind}\n)++")


def _grouped_pattern(mark: DecimalMark, decimals: int) -> re.Pattern[str]:
    group = re.escape("," if mark is DecimalMark.POINT else ".")
    behind = rf"{re.escape(mark.value)}[0-9]{{{decimals}}}" if decimals else ""
    return re.compile(
        rf"(?:-?(?:[1-9][0-9]{{0,2}}(?:{group}[0-9]{{3}}){{1,3}}|[0-9]{{1,{WHOLE_DIGITS_MAX}}})"
        rf"{behind}\n)++"
    )


@dataclass(slots=True)
class Minor:
    """Amount texts to minor units of one currency under one decimal mark."""

    mark: DecimalMark
    currency: str | None
    _simple: re.Pattern[str] = field(init=False)
    _grouped: re.Pattern[str] = field(init=False)
    _group: str = field(init=False)

    def __post_init__(self) -> None:
        decimals = decimals_of(self.currency)
        self._simple = _simple_pattern(self.mark, decimals)
        self._grouped = _grouped_pattern(self.mark, decimals)
        self._group = "," if self.mark is DecimalMark.POINT else "."

    def column(self, cells: Sequence[str]) -> list[int] | None:
        """Return the amounts of cells in their usual shape, ``None`` where one is not."""
        joined = "\n".join(cells)
        ended = joined + "\n"
        if not self._simple.fullmatch(ended):
            if not self._grouped.fullmatch(ended):
                return None
            joined = joined.replace(self._group, "")
        digits = joined.replace(self.mark.value, "").split("\n")
        # A cell with a line end in it can look like two.
        return list(map(int, digits)) if len(digits) == len(cells) else None

    @property
    def zero(self) -> str:
        """Return zero in the usual shape."""
        decimals = decimals_of(self.currency)
        return f"0{self.mark.value}{'0' * decimals}" if decimals else "0"

    def exact(self, core: str) -> int:
        """Return one amount's digits in minor units.

        Raises:
            InvalidInput: It has more decimals than the currency, or is too large.
        """
        return parse_minor(plain(core, self.mark) or "", self.currency)


@dataclass(slots=True)
class Texts:
    """Which columns become which text of a line."""

    description: tuple[int, ...]
    counterparty: tuple[int, ...]
    payer: tuple[int, ...]
    payee: tuple[int, ...]
    single: dict[str, tuple[int, ...]]
    extra: tuple[tuple[int, str], ...]


_FIELD_ROLES = {
    "counterparty_account": Role.COUNTERPARTY_ACCOUNT,
    "end_to_end_id": Role.END_TO_END,
    "mandate_id": Role.MANDATE,
    "check_number": Role.CHECK,
    "customer_reference": Role.REFERENCE,
    "remittance_reference": Role.REMITTANCE,
    "bank_reference": Role.BANK_REFERENCE,
    "transaction_code": Role.KIND,
}


def texts_of(inference: Inference) -> Texts:
    """Return where the texts of a line come from, and the columns that no field holds."""
    columns, header = inference.columns, inference.header
    described = list(columns.all(Role.DESCRIPTION))
    described += [i for i in range(len(header.cells)) if not header.cell(i) and described]
    single = {name: tuple(columns.all(role)) for name, role in _FIELD_ROLES.items()}
    payer, payee = tuple(columns.all(Role.PAYER)), tuple(columns.all(Role.PAYEE))
    held = {columns.date, columns.value_date, columns.first(Role.BALANCE)}
    # A fee that was taken off is kept, so that what was paid can be told from the amount.
    held |= {*inference.reading.columns, inference.reading.indicator}
    held |= {inference.currency_column, inference.account_column, *described}
    held |= {*columns.all(Role.COUNTERPARTY)[:1], *columns.all(Role.ORIGINAL_CURRENCY)[:1]}
    held |= {*columns.all(Role.ORIGINAL_AMOUNT)[:1], *columns.all(Role.RATE)[:1]}
    held |= {listed[0] for listed in single.values() if listed}
    if not (payer and payee):
        # Of both, one is the account's own holder, who is no counterparty.
        held |= {*payer[:1], *payee[:1]}
    extra = [
        (index, name or f"column {index + 1}")
        for index, name in enumerate(header.cells)
        if index not in held
    ]
    return Texts(
        tuple(dict.fromkeys(described)),
        tuple(columns.all(Role.COUNTERPARTY)),
        payer,
        payee,
        single,
        tuple(extra),
    )


@dataclass(slots=True)
class Converted:
    """Lines, and what the proof of their balances needs."""

    lines: Iterator[list[Line]]
    """A few at a time, each made when it is asked for."""

    amounts: list[int]
    balances: Sequence[int | None] | None
    dates: list[dt.date]


@dataclass(slots=True)
class Converter:
    """Rows to lines under one inference, for one currency."""

    inference: Inference
    currency: str | None
    _texts: Texts = field(init=False)
    _minor: Minor = field(init=False)
    _dates: dict[str, dt.date | None] = field(default_factory=dict)
    _amounts: dict[tuple[str, ...], int] = field(default_factory=dict)
    _balances: dict[str, int | None] = field(default_factory=dict)
    _signs: dict[str, int] = field(default_factory=dict)
    _originals: dict[tuple[str, str], tuple[int | None, str | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._texts = texts_of(self.inference)
        self._minor = Minor(self.inference.decimal_mark, self.currency)

    def convert(self, chunk: Chunk, first_index: int) -> Converted:
        """Return the lines of booked movements.

        Args:
            chunk: Movements of this currency, as columns.
            first_index: Of the first line.

        Raises:
            UnreadableStatement: An amount or a balance cannot be exact money.
        """
        columns, known = chunk.columns, self.inference.columns
        count = len(chunk.lines)
        dates: list[dt.date] = self._days(columns[known.date])  # type: ignore[assignment] # the survey refused every row without one
        value_dates: Sequence[dt.date | None] | repeat[None] = repeat(None)
        if known.value_date is not None:
            value_dates = self._days(columns[known.value_date])
        amounts = self._amounts_of(chunk)
        balances = self._balances_of(chunk)
        texts = self._texts
        fields = {name: self._first(columns, listed) for name, listed in texts.single.items()}
        parties = self._counterparties(columns, amounts)
        described, received = self._descriptions(columns, parties, fields["transaction_code"])
        original_amounts, original_currencies = self._originals_of(columns)
        rows = zip(
            range(first_index, first_index + count),
            dates,
            value_dates,
            amounts,
            repeat(self.currency),
            described,
            received,
            _or_none(parties),
            _or_none(fields["counterparty_account"]),
            _or_none(fields["end_to_end_id"]),
            _or_none(fields["mandate_id"]),
            _or_none(fields["check_number"]),
            _or_none(fields["customer_reference"]),
            _or_none(fields["remittance_reference"]),
            _or_none(fields["bank_reference"]),
            _or_none(fields["transaction_code"]),
            original_amounts,
            original_currencies,
            _or_none(self._first(columns, tuple(known.all(Role.RATE)))),
            _or_none(balances),
            repeat("booked"),
            repeat(False),
            repeat(()),
            self._extras(columns),
            chunk.lines,
            strict=False,
        )
        return Converted(_together_by(rows), amounts, balances, dates)

    def movements(self, chunk: Chunk) -> tuple[list[int], Sequence[int | None], list[dt.date]]:
        """Return only what the proof of balances needs of booked movements.

        Raises:
            UnreadableStatement: As ``convert``.
        """
        dates: list[dt.date] = self._days(chunk.columns[self.inference.columns.date])  # type: ignore[assignment] # as in convert
        return self._amounts_of(chunk), self._balances_of(chunk) or (), dates

    def _days(self, cells: Sequence[str]) -> list[dt.date | None]:
        known = self._dates
        try:
            return list(map(known.__getitem__, cells))
        except KeyError:
            if len(known) > REMEMBERED_MAX:
                known.clear()
            order = self.inference.date_order
            for text in set(cells).difference(known):
                known[text] = date_readings(text).get(order)
            return list(map(known.__getitem__, cells))

    def _amounts_of(self, chunk: Chunk) -> list[int]:
        reading = self.inference.reading
        indexes = [*reading.columns]
        indexes += [index for index in (reading.indicator, reading.fee) if index is not None]
        parts = [chunk.columns[index] for index in indexes]
        amounts = self._short_way(parts)
        return self._with_care(chunk, parts) if amounts is None else amounts

    def _short_way(self, parts: Sequence[Sequence[str]]) -> list[int] | None:
        """Return the amounts of rows in their usual shape, ``None`` where one is not.

        Args:
            parts: The columns that an amount comes from, in the order of the reading.
        """
        reading = self.inference.reading
        amounts: list[int] | None = None
        if reading.fee is not None:
            return None
        if reading.signs is Signs.OWN and not reading.marked:
            amounts = self._minor.column(parts[0])
        elif reading.signs is Signs.SIDES:
            amounts = self._of_sides(parts[0], parts[1])
        elif reading.signs is Signs.MARK:
            amounts = self._by_marks(parts[0], parts[1])
        if amounts is not None and reading.turned:
            amounts = list(map(neg, amounts))
        return amounts

    def _of_sides(self, outs: Sequence[str], ins: Sequence[str]) -> list[int] | None:
        reading = self.inference.reading
        if reading.way_in != 1:
            return None
        lead = "-" if reading.way_out < 0 else ""
        zero = self._minor.zero
        cells = [
            lead + out if out else in_ or zero
            for out, in_ in zip(map(_BLANK.get, outs, outs), map(_BLANK.get, ins, ins), strict=True)
            if not (out and in_)
        ]
        if len(cells) != len(outs):
            return None
        found = self._minor.column(cells)
        if found is None and lead and "--" not in "\n".join(outs):
            # Money out that is written negative is money in.
            found = self._minor.column([cell.removeprefix("--") for cell in cells])
        return found

    def _by_marks(self, cells: Sequence[str], marks: Sequence[str]) -> list[int] | None:
        found = self._minor.column(cells)
        if found is None or min(found, default=0) < 0:
            return None
        for text in set(marks).difference(self._signs):
            side = side_in(text, self.inference.reading.words)
            if side is None or len(self._signs) > REMEMBERED_MAX:
                return None
            self._signs[text] = side.value
        return list(map(mul, found, map(self._signs.__getitem__, marks)))

    def _with_care(self, chunk: Chunk, parts: Sequence[Sequence[str]]) -> list[int]:
        """Return the amounts text by text: what a row's amount comes from is read once."""
        known, amounts = self._amounts, []
        for at, key in enumerate(zip(*parts, strict=True)):
            minor = known.get(key)
            if minor is None:
                if len(known) > REMEMBERED_MAX:
                    known.clear()
                alone = self._short_way([[text] for text in key])
                if alone is None:
                    row = Row(chunk.lines[at], tuple([column[at] for column in chunk.columns]))
                    alone = [self.amount(row)]
                minor = known[key] = alone[0]
            amounts.append(minor)
        return amounts

    def amount(self, row: Row) -> int:
        """Return one row's amount.

        Raises:
            UnreadableStatement: It cannot be exact money.
        """
        reading = self.inference.reading
        total = 0
        for term in reading.terms(row):
            try:
                total += term.sign * self._minor.exact(term.core)
            except InvalidInput as error:
                raise UnreadableStatement(
                    error.message, line=row.line, column=reading.columns[0] + 1
                ) from None
        return total

    def _balances_of(self, chunk: Chunk) -> list[int | None] | None:
        index = self.inference.columns.first(Role.BALANCE)
        if index is None:
            return None
        cells = chunk.columns[index]
        found: list[int | None] | None = self._minor.column(cells)  # type: ignore[assignment] # a list of int is read only
        if found is None:
            known, found = self._balances, []
            for at, text in enumerate(cells):
                if text not in known:
                    if len(known) > REMEMBERED_MAX:
                        known.clear()
                    alone = self._minor.column([text])
                    if alone is None:
                        row = tuple([column[at] for column in chunk.columns])
                        known[text] = self.balance(Row(chunk.lines[at], row))
                    else:
                        known[text] = alone[0]
                found.append(known[text])
        if self.inference.balance_turned:
            return [None if one is None else -one for one in found]
        return found

    def balance(self, row: Row) -> int | None:
        """Return the running balance in a row, as it is written.

        Raises:
            UnreadableStatement: It cannot be exact money.
        """
        index = self.inference.columns.first(Role.BALANCE)
        amount = None if index is None else amount_cell(row, index)
        if amount is None:
            return None
        negative = amount.negative or amount.side is Side.DEBIT
        try:
            minor = self._minor.exact(amount.core)
        except InvalidInput as error:
            raise UnreadableStatement(f"balance: {error.message}", line=row.line) from None
        return -minor if negative else minor

    def _first(
        self, columns: Sequence[Sequence[str]], listed: tuple[int, ...]
    ) -> list[str | None] | None:
        """Return the first filled cell of each row, ``None`` where no column is listed."""
        if not listed:
            return None
        first = columns[listed[0]]
        # map(dict.get, keys, defaults): a placeholder becomes None, any other text itself.
        found: list[str | None] = list(map(_NONE.get, first, first))
        for index in listed[1:]:
            others = columns[index]
            found = [
                one if one is not None else _NONE.get(other, other)
                for one, other in zip(found, others, strict=True)
            ]
        return found

    def _counterparties(
        self, columns: Sequence[Sequence[str]], amounts: list[int]
    ) -> list[str | None] | None:
        """Return the other parties: the payee of money out, the payer of money in."""
        texts = self._texts
        named = self._first(columns, texts.counterparty)
        payers, payees = self._first(columns, texts.payer), self._first(columns, texts.payee)
        if payers is None and payees is None:
            return named
        count = len(amounts)
        blank: list[str | None] = [None] * count
        return [
            name or ((payee or payer) if amount < 0 else (payer or payee))
            for name, payer, payee, amount in zip(
                named or blank, payers or blank, payees or blank, amounts, strict=True
            )
        ]

    def _descriptions(
        self,
        columns: Sequence[Sequence[str]],
        parties: list[str | None] | None,
        kinds: list[str | None] | None,
    ) -> tuple[Sequence[str], Sequence[str]]:
        """Return the descriptions cleaned, and as received."""
        listed = self._texts.description
        count = len(columns[0])
        if len(listed) == 1:
            received = columns[listed[0]]
            joined = "\n".join(received)
            if _is_unclean(joined) or joined.count("\n") != count - 1:
                cleaned: Sequence[str] = [_clean(text) for text in received]
            else:
                cleaned = received
            if "" not in cleaned:
                return cleaned, received
        elif listed:
            parts = list(zip(*(columns[index] for index in listed), strict=True))
            received = [" ".join(filter(None, row)) for row in parts]
            cleaned = list(map(_together, parts, received))
        else:
            received = cleaned = [""] * count
        return [
            text or party or kind or ""
            for text, party, kind in zip(
                cleaned, parties or repeat(None), kinds or repeat(None), strict=False
            )
        ], received

    def _originals_of(
        self, columns: Sequence[Sequence[str]]
    ) -> tuple[Sequence[int | None] | repeat[None], Sequence[str | None] | repeat[None]]:
        """Return the original amounts and currencies; a currency alone stays, an amount may not."""
        known = self.inference.columns
        amount, currency = known.first(Role.ORIGINAL_AMOUNT), known.first(Role.ORIGINAL_CURRENCY)
        if amount is None and currency is None:
            return repeat(None), repeat(None)
        blank = [""] * len(columns[0])
        pairs = zip(
            blank if amount is None else columns[amount],
            blank if currency is None else columns[currency],
            strict=True,
        )
        found = [self._original(*pair) for pair in pairs]
        return [one for one, _ in found], [other for _, other in found]

    def _original(self, text: str, code: str) -> tuple[int | None, str | None]:
        known = self._originals.get((text, code))
        if known is None:
            if len(self._originals) > REMEMBERED_MAX:
                self._originals.clear()
            known = self._originals[text, code] = self._read_original(text, code)
        return known

    def _read_original(self, text: str, code: str) -> tuple[int | None, str | None]:
        amount = split_amount(text) if text else None
        currency = currency_in_cell(code) or (amount.currency if amount else None)
        if amount is None or currency is None or not is_currency(currency):
            return None, currency
        digits = plain(amount.core, self.inference.decimal_mark)
        try:
            minor = parse_minor(digits or "", currency)
        except InvalidInput:
            return None, currency
        return -minor if amount.negative else minor, currency

    def _extras(
        self, columns: Sequence[Sequence[str]]
    ) -> Sequence[tuple[tuple[str, str], ...]] | repeat[tuple[()]]:
        """Return the cells that no field holds, each with its column's name."""
        held = [(name, columns[index]) for index, name in self._texts.extra if any(columns[index])]
        held += self._unread_originals(columns)
        if not held:
            return repeat(())
        pairs = [list(zip(repeat(name), cells, strict=False)) for name, cells in held]
        if all("" not in cells for _, cells in held):
            return list(zip(*pairs, strict=True))
        return [tuple([pair for pair in row if pair[1]]) for row in zip(*pairs, strict=True)]

    def _unread_originals(self, columns: Sequence[Sequence[str]]) -> list[tuple[str, list[str]]]:
        """Return the original amounts and currencies that could not be read, to be kept as text."""
        known, header = self.inference.columns, self.inference.header
        amount, currency = known.first(Role.ORIGINAL_AMOUNT), known.first(Role.ORIGINAL_CURRENCY)
        if amount is None and currency is None:
            return []
        minors, codes = self._originals_of(columns)
        kept = []
        if amount is not None:
            texts = [
                "" if minor is not None else text
                for text, minor in zip(columns[amount], minors, strict=False)
            ]
            kept.append((header.cell(amount), texts))
        if currency is not None:
            texts = [
                "" if code is not None else text
                for text, code in zip(columns[currency], codes, strict=False)
            ]
            kept.append((header.cell(currency), texts))
        return [(name, texts) for name, texts in kept if any(texts)]


def _or_none(cells: Sequence[Value] | None) -> Sequence[Value] | repeat[None]:
    return repeat(None) if cells is None else cells


def _together_by(rows: Iterator[tuple[object, ...]]) -> Iterator[list[Line]]:
    while block := list(map(_new, repeat(Line), islice(rows, LINES_TOGETHER))):
        yield block


def _is_unclean(text: str) -> bool:
    """Return whether a text holds two spaces together, or a space of another kind."""
    if "  " in text or any(space in text for space in _SPACES):
        return True
    return not text.isascii() and any(space in text for space in _SPACES_BEYOND_ASCII)


def _clean(text: str) -> str:
    """Return a text on one line with single spaces; the same object where nothing changes."""
    cleaned = " ".join(text.split())
    return text if cleaned == text else cleaned


def _together(parts: Sequence[str], received: str) -> str:
    """Return the texts of several columns as one, without saying the same twice."""
    kept: list[str] = []
    for part in parts:
        text = _clean(part)
        if text and not any(text in one for one in kept):
            kept.append(text)
    joined = " ".join(kept)
    return received if joined == received else joined
