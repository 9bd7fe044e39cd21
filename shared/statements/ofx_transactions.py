"""OFX transactions (STMTTRN, STMTTRNP) to canonical lines: by column, or one by one with care.

A block of transactions in the file's usual form is converted column by column, which is several
times faster than one by one. Whatever goes wrong there is thrown away and the block is read again
one by one, so that errors have one wording and name their line, and both ways give equal lines.

Sections cited are the same in OFX 1.6 and 2.2: 5.2 currency, 11.4.4 transactions.
"""

from __future__ import annotations

from itertools import accumulate, repeat
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.statements.model import Line
from shared.statements.ofx_elements import Elements, Form, elements_of
from shared.statements.ofx_markup import plain_tags
from shared.statements.ofx_values import (
    Amounts,
    Days,
    amount,
    currency_code,
    received,
    states_day,
    tidy,
    tidy_all,
)
from shared.statements.one_line import described, none_where_empty, without_repetition

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from shared.statements.model import Extra, LineStatus

BEGIN, END = "<STMTTRN>", "</STMTTRN>"
PENDING_BEGIN, PENDING_END = "<STMTTRNP>", "</STMTTRNP>"

_VALUED = ("DTAVAIL", "DTUSER")

ONE_BY_ONE_MAX = 32
"""Transactions read one by one before the form is tried again."""

_OWN_FIELDS = frozenset(
    """
    TRNTYPE DTAVAIL TRNAMT FITID CHECKNUM REFNUM NAME MEMO CURRENCY/CURSYM ORIGCURRENCY/CURSYM
    ORIGCURRENCY/CURRATE BANKACCTTO/ACCTID
    """.split()  # noqa: SIM905 - words read better as words
)
"""Elements that always have a field; all others are kept in ``extra`` unless they fill one."""

_CURRENCIES = ("CURRENCY/CURSYM", "CURRENCY")
_CORRECTIONS = ("CORRECTACTION", "CORRECTFITID")
_ONE_BY_ONE = frozenset({*_CURRENCIES, *_CORRECTIONS, "CURSYM"})
"""Elements that change how others are read, so that columns would have to be taken apart."""

_IN_STEAD = {
    "DTUSER": "DTAVAIL",
    "PAYEE/NAME": "NAME",
    "CCACCTTO/ACCTID": "BANKACCTTO/ACCTID",
    "CURRENCY/CURRATE": "ORIGCURRENCY/CURRATE",
}
"""Elements that fill a field where the one that has it is missing, and are kept else."""


class Transactions:
    """Reads the transactions of one statement; the form is the whole file's."""

    def __init__(self, form: Form, days: Days, currency: str | None) -> None:
        """Prepare for a statement in a currency."""
        self._form = form
        self._days = days
        self._currency = currency
        self._amounts = Amounts(currency)
        self.count = 0
        self.corrections_count = 0

    def read(self, text: str, start: int, line: int) -> tuple[list[Line], int]:
        """Return the lines of the transactions that follow each other, and where they end.

        Args:
            text: Markup with ``<STMTTRN>`` at ``start``.
            start: Where the first one begins.
            line: The line of ``start``.

        Raises:
            UnreadableStatement: A transaction is damaged or cannot be read exactly.
        """
        end = text.rfind(END) + len(END)
        lines: list[Line] = []
        at = start
        while at < end and text.startswith(BEGIN, at):
            more, read_to = self._in_form(text, at, end, line)
            if not more:
                more, read_to = self._one_by_one(text, at, end, line)
            lines += more
            line += text.count("\n", at, read_to) if read_to < end else 0
            at = read_to
        return lines, at

    def _in_form(self, text: str, at: int, end: int, line: int) -> tuple[list[Line], int]:
        """Return the lines of as many transactions as have the usual form and nothing odd."""
        rows, read_to = self._form.rows(text, at, end)
        if not rows:
            return [], at
        try:
            lines = self._columns(rows, text[at:read_to], line)
        except UnreadableStatement:
            # Which one is wrong, and where, is found one by one.
            return [], at
        self.count += len(lines)
        return lines, read_to

    def read_pending(self, text: str, start: int, line: int) -> tuple[Line, int]:
        """Return the line of a transaction that is not booked yet (STMTTRNP), and its end."""
        end = text.index(PENDING_END, start)
        inner = start + len(PENDING_BEGIN)
        found = elements_of(plain_tags(text[inner:end], line), line, "STMTTRNP")
        return self._line(found, line, "DTTRAN", "pending"), end + len(PENDING_END)

    def _one_by_one(self, text: str, at: int, end: int, line: int) -> tuple[list[Line], int]:
        """Return the lines of a few transactions, from which the form may learn."""
        lines: list[Line] = []
        shapes = []
        while len(lines) < ONE_BY_ONE_MAX and text.startswith(BEGIN, at, end):
            close = text.find(END, at, end)
            inner = at + len(BEGIN)
            if text.find(BEGIN, inner, close) >= 0 or text.find("</BANKTR", inner, close) >= 0:
                raise not_closed(line)
            found = elements_of(plain_tags(text[inner:close], line), line, "STMTTRN")
            lines.append(self._line(found, line, "DTPOSTED", "booked"))
            shapes.append(found.shape)
            line += text.count("\n", at, close)
            at = close + len(END)
            following = text.find("<", at)
            if following < 0 or text[at:following].strip():
                break
            line += text.count("\n", at, following)
            at = following
        self._form.learn(shapes)
        return lines, at

    def _columns(self, rows: list[tuple[str, ...]], text: str, line: int) -> list[Line]:
        columns = dict(zip(self._form.names, zip(*rows, strict=True), strict=False))
        columns = {path: column for path, column in columns.items() if any(column)}
        count = len(rows)
        if not _ONE_BY_ONE.isdisjoint(columns):
            self._refuse_unusual(columns)
        posted, written = columns.get("DTPOSTED"), columns.get("TRNAMT")
        if posted is None or written is None:
            raise UnreadableStatement("a transaction (STMTTRN) has no date or amount")
        names = _texts(columns, "NAME", "PAYEE/NAME", count)
        kept, clean = described(names, _texts(columns, "MEMO", "", count))
        original = columns.get("ORIGCURRENCY/CURSYM")
        lines = map(
            tuple.__new__,
            repeat(Line),
            zip(
                range(self.count, self.count + count),
                self._days.read_all(posted, "DTPOSTED"),
                self._value_dates(columns),
                self._amounts.read_all(written, "TRNAMT"),
                repeat(self._currency),
                clean,
                kept,
                none_where_empty(names[1]),
                _optional(columns, "BANKACCTTO/ACCTID", "CCACCTTO/ACCTID"),
                repeat(None),
                repeat(None),
                _optional(columns, "CHECKNUM"),
                _optional(columns, "REFNUM"),
                repeat(None),
                _optional(columns, "FITID"),
                _codes(columns.get("TRNTYPE")),
                repeat(None),
                [_code(text) for text in original] if original else repeat(None),
                _optional(columns, "ORIGCURRENCY/CURRATE", "CURRENCY/CURRATE"),
                repeat(None),
                repeat("booked"),
                repeat(False),
                repeat(()),
                self._extras(columns),
                _line_numbers(text, line),
            ),
        )
        return list(lines)

    def _refuse_unusual(self, columns: dict[str, tuple[str, ...]]) -> None:
        """Raise where a transaction of the block is a correction or in another currency."""
        codes = {
            text.strip().upper()
            for path in (*_CURRENCIES, "CURSYM")
            for text in columns.get(path, ())
        }
        corrects = any(any(columns.get(path, ())) for path in _CORRECTIONS)
        if corrects or codes - {self._currency, ""}:
            raise UnreadableStatement("a transaction (STMTTRN) has to be read by itself")

    def _value_dates(
        self, columns: dict[str, tuple[str, ...]]
    ) -> repeat[None] | list[dt.date | None]:
        texts = _chosen(columns, "DTAVAIL", "DTUSER")
        if texts is None:
            return repeat(None)
        if "" in texts or any(map(str.isspace, texts)):
            return [self._days.read(text, "DTAVAIL") if text.strip() else None for text in texts]
        return list(self._days.read_all(texts, "DTAVAIL"))

    def _extras(self, columns: dict[str, tuple[str, ...]]) -> repeat[Extra] | list[Extra]:
        """Return what has no field, in the order of the form."""
        pairs = []
        for path, column in columns.items():
            if path in _OWN_FIELDS or path == "DTPOSTED":
                continue
            instead = columns.get(_IN_STEAD.get(path, ""))
            if path in _IN_STEAD:
                if instead is None:
                    continue
                column = tuple(  # noqa: PLW2901 - the same column, without what filled a field
                    text if other.strip() else ""
                    for text, other in zip(column, instead, strict=True)
                )
            pairs.append([(path, kept) if kept else None for kept in map(received, column)])
        if not pairs:
            return repeat(())
        return [tuple(filter(None, row)) for row in zip(*pairs, strict=True)]

    def _line(self, found: Elements, line: int, dated: str, status: LineStatus) -> Line:
        """Return one transaction's line.

        Args:
            found: Its elements.
            line: Where it begins.
            dated: The element with its date.
            status: Whether it is booked.
        """
        values = found.values
        transaction = "STMTTRN" if status == "booked" else "STMTTRNP"
        for name in (dated, "TRNAMT"):
            if not values.get(name, ("", 0))[0].strip():
                how = "an empty" if name in values else "no"
                at = values[name][1] if name in values else line
                raise UnreadableStatement(
                    f"a transaction ({transaction}) has {how} {name}", line=at
                )

        def text_of(*names: str) -> str:
            return next(
                (text for name in names if (text := values.get(name, ("", 0))[0].strip())), ""
            )

        currency = self._currency
        for path in _CURRENCIES:
            with _located(values, path, line):
                symbol = text_of(path)
                currency = currency_code(symbol) if symbol else currency
        with _located(values, "CURSYM", line):
            if text_of("CURSYM").upper() not in {"", currency}:
                raise UnreadableStatement(
                    f"CURSYM {text_of('CURSYM')[:20]!r} stands in neither CURRENCY nor "
                    "ORIGCURRENCY, so nothing says which currency the amount is in"
                )
        with _located(values, "ORIGCURRENCY/CURSYM", line):
            original = _code(text_of("ORIGCURRENCY/CURSYM"))
        with _located(values, dated, line):
            date = self._days.read(text_of(dated), dated)
        value_name = next((name for name in _VALUED if states_day(text_of(name))), "")
        with _located(values, value_name, line):
            value_date = self._days.read(text_of(value_name), value_name) if value_name else None
        with _located(values, "TRNAMT", line):
            amount_minor = amount(text_of("TRNAMT"), "TRNAMT", currency)
        name, memo = text_of("NAME", "PAYEE/NAME"), text_of("MEMO")
        kept = without_repetition(received(name), received(memo))
        clean = without_repetition(tidy(name), tidy(memo))
        self.count += 1
        self.corrections_count += bool(text_of(*_CORRECTIONS))
        return Line(
            self.count - 1,
            date,
            value_date,
            amount_minor,
            currency,
            clean,
            kept if kept != clean else clean,
            tidy(name) or None,
            tidy(text_of("BANKACCTTO/ACCTID", "CCACCTTO/ACCTID")) or None,
            check_number=tidy(text_of("CHECKNUM")) or None,
            customer_reference=tidy(text_of("REFNUM")) or None,
            bank_reference=tidy(text_of("FITID")) or None,
            transaction_code=tidy(text_of("TRNTYPE")) or None,
            original_currency=original,
            exchange_rate=tidy(text_of("ORIGCURRENCY/CURRATE", "CURRENCY/CURRATE")) or None,
            status=status,
            is_reversal=text_of("CORRECTACTION").upper() == "DELETE",
            extra=_extra_of(found, dated),
            position=line,
        )


class _located:  # noqa: N801 - reads as the statement it is
    """Gives an error within its block the line of an element."""

    def __init__(self, values: dict[str, tuple[str, int]], name: str, line: int) -> None:
        self._line = values.get(name, ("", line))[1]

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: object, _trace: object) -> None:
        if isinstance(error, UnreadableStatement):
            raise UnreadableStatement(error.reason, line=self._line) from None


def not_closed(line: int) -> UnreadableStatement:
    """Return the error for a transaction that runs into the next one."""
    return UnreadableStatement("<STMTTRN> is not closed before the next element begins", line=line)


def _extra_of(found: Elements, dated: str) -> Extra:
    values = found.values

    def fills_a_field(path: str) -> bool:
        if path in _IN_STEAD:
            return not values.get(_IN_STEAD[path], ("", 0))[0].strip()
        return path in _OWN_FIELDS or path == dated

    own = (
        (path, kept)
        for path, (text, _) in values.items()
        if not fills_a_field(path) and (kept := received(text))
    )
    return (*own, *((path, received(text)) for path, text in found.repeated))


def _code(text: str) -> str | None:
    return currency_code(text) if text.strip() else None


def _chosen(columns: dict[str, tuple[str, ...]], first: str, second: str) -> tuple[str, ...] | None:
    """Return one column, filled from another where it is blank."""
    one, other = columns.get(first), columns.get(second)
    if one is None or other is None:
        return one or other
    return tuple(a if a.strip() else b for a, b in zip(one, other, strict=True))


def _texts(
    columns: dict[str, tuple[str, ...]], first: str, second: str, count: int
) -> tuple[list[str], list[str]]:
    texts = _chosen(columns, first, second)
    if texts is None:
        nothing = [""] * count
        return nothing, nothing
    return tidy_all(texts)


def _optional(
    columns: dict[str, tuple[str, ...]], first: str, second: str = ""
) -> repeat[None] | Sequence[str | None]:
    texts = _chosen(columns, first, second)
    if texts is None:
        return repeat(None)
    return none_where_empty(tidy_all(texts)[1])


def _codes(column: tuple[str, ...] | None) -> repeat[None] | list[str | None]:
    """Return transaction types, of which a bank has few."""
    if column is None:
        return repeat(None)
    known = {text: tidy(text) or None for text in set(column)}
    return list(map(known.__getitem__, column))


def _line_numbers(text: str, line: int) -> repeat[int] | accumulate[int]:
    """Return the line on which each transaction of a block begins."""
    if "\n" not in text:
        return repeat(line)
    return accumulate(map(str.count, text.split(BEGIN)[1:], repeat("\n")), initial=line)
