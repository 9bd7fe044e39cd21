"""QIF register entries to canonical lines: by column, or one by one with care.

An entry is a few lines, each a letter and a text, and ends with ``^``. Programs write the letters
in one order and leave some out; the order is learned from entries read one by one, with every
check, and becomes a regular expression that reads whole blocks several times faster. Whatever goes
wrong there is thrown away and read again one by one, so that errors have one wording and name their
line, and both ways give equal lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import accumulate, repeat
from typing import TYPE_CHECKING, TypeVar

from shared.errors import UnreadableStatement
from shared.money import format_minor
from shared.statements.common_order import common_order
from shared.statements.learned_form import LearnedForm
from shared.statements.model import Break, Detail, Line
from shared.statements.one_line import (
    described,
    none_where_empty,
    one_line,
    one_line_all,
    without_repetition,
)
from shared.statements.text import FIELD_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from shared.statements.model import Extra
    from shared.statements.qif_conventions import Conventions

_Found = TypeVar("_Found")

END = "^"

ONE_BY_ONE_MAX = 32
"""Entries read one by one before the form is tried again."""

CODES_MAX = 20
"""Most letters of a form; Quicken's bank registers have twelve."""

ENTRY_CHARS_MAX = 1_000_000
"""Longest entry read: a salary of thirty splits takes 3,000 characters."""

BLOCK_CHARS = 36 * 1024
"""How much becomes one list of lines: about 500, which CPython's youngest garbage collection
(every 700 new objects) hardly ever looks at."""

SPLITS_MAX = 5_000
"""Most splits of one entry."""

BREAKS_MAX = 100
"""Most entries of one register whose splits do not add up that are named one by one."""

_ADDRESS, _SPLIT = "A", "S"
_OF_SPLITS = "SE$%D"
"""What belongs to a split once the first one began; ``D`` is a date of its own."""

_FIELDS = frozenset("DTPMN")
_ACTIONS = frozenset(
    """
    ATM DEP DEPOSIT EFT TXFR TRANSFER PRINT SEND DEBIT CHECK POS XFER WITHDRAWAL INT DIV FEE
    """.split()  # noqa: SIM905 - words read better as words
)
"""What Quicken and its like write in place of a check number (``N``)."""


class Form(LearnedForm[tuple[str, ...], tuple[str, ...]]):
    """The order of letters that a file's entries have shown so far."""

    @staticmethod
    def merged(shapes: Sequence[tuple[str, ...]]) -> tuple[str, ...] | None:
        """Return the letters of all shapes, as ``LearnedForm`` wants them."""
        codes = common_order(shapes)
        return None if codes is None or len(codes) > CODES_MAX else codes

    def compiled(self, merged: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        """Return the letters and the pattern of one entry."""
        optional = {code for code in merged for shape in self._shapes if code not in shape}
        parts = (
            f"(?:{_code_pattern(code)})?+" if code in optional else _code_pattern(code)
            for code in merged
        )
        return merged, rf"{''.join(parts)}\^\n"


def _code_pattern(code: str) -> str:
    line = rf"[^\n]{{0,{FIELD_CHARS_MAX}}}+\n"
    if code == _ADDRESS:
        return f"((?:{code}{line})++)"
    if code == _SPLIT:
        return f"({code}{line}(?:[{_OF_SPLITS}]{line})*+)"
    return rf"{re.escape(code)}([^\n]{{0,{FIELD_CHARS_MAX}}}+)\n"


@dataclass(slots=True)
class _Entry:
    """One entry's letters: texts and lines, its address and its splits as lines of their own."""

    line: int
    texts: dict[str, tuple[str, int]] = field(default_factory=dict)
    address: list[str] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    splits_lines: list[int] = field(default_factory=list)
    repeated: list[tuple[str, str]] = field(default_factory=list)
    shape: list[str] = field(default_factory=list)

    def text(self, code: str) -> str:
        return self.texts.get(code, ("", 0))[0].strip()


class Entries:
    """Reads the entries of one register; the form is the whole file's."""

    def __init__(self, form: Form, conventions: Conventions) -> None:
        """Prepare for a register."""
        self._form = form
        self._conventions = conventions
        self.count = 0
        self.breaks: list[Break] = []
        self.splits_checked = 0

    def read(self, text: str, line: int) -> tuple[list[Line], int]:
        """Return the lines of some whole entries, and up to where they were read.

        Args:
            text: Lines of a register, the first of an entry first, each with its line end.
            line: The file's line of the first one.

        Raises:
            UnreadableStatement: An entry is damaged or cannot be read exactly.
        """
        end = text.rfind("\n^", 0, BLOCK_CHARS) + 1 or text.find("\n^") + 1
        end = text.find("\n", end) + 1 if end or text.startswith(END) else 0
        lines: list[Line] = []
        at = 0
        while at < end:
            more, read_to = self._in_form(text, at, end, line)
            if read_to == at:
                more, read_to = self._one_by_one(text, at, end, line)
            lines += more
            line += text.count("\n", at, read_to)
            at = read_to
        return lines, end

    def _in_form(self, text: str, at: int, end: int, line: int) -> tuple[list[Line], int]:
        """Return the lines of as many entries as have the usual form and nothing odd."""
        rows, read_to = self._form.rows(text, at, end)
        if not rows:
            return [], at
        breaks, checked = len(self.breaks), self.splits_checked
        try:
            lines = self._columns(rows, text[at:read_to], line)
        except UnreadableStatement:
            # Which one is wrong, and where, is found one by one.
            del self.breaks[breaks:]
            self.splits_checked = checked
            return [], at
        self.count += len(lines)
        return lines, read_to

    def _columns(self, rows: list[tuple[str, ...]], text: str, line: int) -> list[Line]:
        columns = dict(zip(self._form.names, zip(*rows, strict=True), strict=False))
        columns = {code: column for code, column in columns.items() if any(column)}
        dates, written = columns.get("D"), columns.get("T")
        if dates is None or written is None or columns.get("U", written) != written:
            raise UnreadableStatement("an entry has to be read by itself")
        count = len(rows)
        amounts = self._conventions.amounts(written, "T")
        names = _texts(columns, "P", count)
        kept, clean = described(names, _texts(columns, "M", count))
        accounts, details = self._categories(columns, amounts, text, line)
        checks, references, actions = _numbers(columns.get("N"))
        lines = map(
            tuple.__new__,
            repeat(Line),
            zip(
                range(self.count, self.count + count),
                self._conventions.dates(dates),
                repeat(None),
                amounts,
                repeat(self._conventions.currency),
                clean,
                kept,
                none_where_empty(names[1]),
                accounts,
                repeat(None),
                repeat(None),
                checks,
                references,
                repeat(None),
                repeat(None),
                actions,
                repeat(None),
                repeat(None),
                repeat(None),
                repeat(None),
                repeat("booked"),
                repeat(False),
                details,
                self._extras(columns),
                _line_numbers(text, line),
            ),
        )
        return list(lines)

    def _categories(
        self, columns: dict[str, tuple[str, ...]], amounts: list[int], text: str, line: int
    ) -> tuple[repeat[None] | list[str | None], repeat[tuple[()]] | list[tuple[Detail, ...]]]:
        categories, splits = columns.get("L"), columns.get(_SPLIT)
        if splits is None:
            accounts = map(_transfer, categories) if categories else repeat(None)
            bracketed = categories is not None and "[" in "".join(categories)
            return (list(accounts) if bracketed else repeat(None)), repeat(())
        categories = categories or ("",) * len(splits)
        return (
            [
                None if split else _transfer(category)
                for category, split in zip(categories, splits, strict=True)
            ],
            [
                self._details(_lines_of(split), amount_minor, at) if split else ()
                for split, amount_minor, at in zip(
                    splits, amounts, _line_numbers(text, line), strict=False
                )
            ],
        )

    def _extras(self, columns: dict[str, tuple[str, ...]]) -> repeat[Extra] | list[Extra]:
        pairs: list[list[Extra]] = []
        for code, column in columns.items():
            if code == _ADDRESS:
                pairs.append([_address(_lines_of(block)) for block in column])
            elif code not in _FIELDS and code not in {_SPLIT, "U"}:
                pairs.append(_pairs(code, column))
        if not pairs:
            return repeat(())
        return pairs[0] if len(pairs) == 1 else [sum(row, ()) for row in zip(*pairs, strict=True)]

    def _one_by_one(self, text: str, at: int, end: int, line: int) -> tuple[list[Line], int]:
        """Return the lines of a few entries, from which the form may learn."""
        lines: list[Line] = []
        shapes: list[tuple[str, ...]] = []
        entry = _Entry(line)
        while at < end and len(lines) < ONE_BY_ONE_MAX:
            stop = text.find("\n", at, end)
            written = text[at:stop]
            at = stop + 1
            if written.rstrip() == END:
                if entry.shape:
                    lines.append(self._line(entry))
                    shapes.append(tuple(entry.shape))
                line += 1
                entry = _Entry(line)
                continue
            if written.strip():
                _take(entry, written, line)
            elif not entry.shape:
                entry.line = line + 1
            line += 1
        self._form.learn(shapes)
        return lines, at

    def _line(self, entry: _Entry) -> Line:
        conventions = self._conventions
        if not entry.text("D") or not (entry.text("T") or entry.text("U")):
            name = "date (D)" if not entry.text("D") else "amount (T)"
            raise UnreadableStatement(f"an entry has no {name}", line=entry.line)
        code = "T" if entry.text("T") else "U"
        date = _at(entry.texts["D"][1], lambda: conventions.date(entry.texts["D"][0]))
        amount_minor = _at(
            entry.texts[code][1], lambda: conventions.amount(entry.texts[code][0], code)
        )
        name, memo = entry.text("P"), entry.text("M")
        kept = without_repetition(name, memo)
        clean = without_repetition(one_line(name), one_line(memo))
        check, reference, action = _numbered(entry.text("N"))
        details = self._details(entry.splits, amount_minor, entry.line, entry.splits_lines)
        self.count += 1
        return Line(
            self.count - 1,
            date,
            None,
            amount_minor,
            conventions.currency,
            clean,
            kept if kept != clean else clean,
            one_line(name) or None,
            None if entry.splits else _transfer(entry.text("L")),
            check_number=check,
            customer_reference=reference,
            transaction_code=action,
            details=details,
            extra=self._extra(entry, code),
            position=entry.line,
        )

    def _extra(self, entry: _Entry, amount_code: str) -> Extra:
        found: list[tuple[str, str]] = []
        for code in entry.shape:
            text = entry.text(code)
            if code == _ADDRESS:
                found += _address(entry.address)
            elif code == "U":
                if amount_code == "T" and text and text != entry.text("T"):
                    found.append((code, text))
            elif text and code not in _FIELDS:
                found.append((code, text))
        return (*found, *entry.repeated)

    def _details(
        self, splits: list[str], amount_minor: int, line: int, lines: Iterable[int] | None = None
    ) -> tuple[Detail, ...]:
        """Return the splits of an entry, which must add up to it."""
        groups: list[tuple[int, list[str]]] = []
        for written, at in zip(splits, lines or repeat(line), strict=False):
            if written[0] == _SPLIT:
                groups.append((at, []))
            groups[-1][1].append(written)
        if len(groups) > SPLITS_MAX:
            raise UnreadableStatement(f"an entry has more than {SPLITS_MAX:,} splits", line=line)
        details = tuple(self._detail(group, at) for at, group in groups)
        given = [detail.amount_minor for detail in details if detail.amount_minor is not None]
        if not details or len(given) < len(details):
            return details
        self.splits_checked += 1
        summed = sum(given)
        if summed != amount_minor and len(self.breaks) < BREAKS_MAX:
            currency = self._conventions.currency
            expected, found = format_minor(summed, currency), format_minor(amount_minor, currency)
            self.breaks.append(
                Break(
                    "sum of splits",
                    expected,
                    found,
                    f"the splits of an entry come to {expected}, but its amount is {found}",
                    line,
                )
            )
        return details

    def _detail(self, group: list[str], line: int) -> Detail:
        texts: dict[str, str] = {}
        extra: list[tuple[str, str]] = []
        for written in group:
            code, text = written[0], written[1:].strip()
            if code in texts and texts[code] != text:
                raise UnreadableStatement(f"a split has two different {code}", line=line)
            texts[code] = text
            if text and code not in {"E", "$"}:
                extra.append((code, text))
        amount = texts.get("$", "")
        return Detail(
            _at(line, lambda: self._conventions.amount(amount, "$")) if amount else None,
            self._conventions.currency,
            one_line(texts.get("E", "")),
            counterparty_account=_transfer(texts[_SPLIT]),
            extra=tuple(extra),
        )


def _at(line: int, read: Callable[[], _Found]) -> _Found:
    """Return what a reading returns; its error gets the line."""
    try:
        return read()
    except UnreadableStatement as error:
        raise UnreadableStatement(error.reason, line=error.line or line) from None


def _take(entry: _Entry, written: str, line: int) -> None:
    """Add one line to an entry."""
    code, text = written[0], written[1:]
    if len(text) > FIELD_CHARS_MAX:
        raise UnreadableStatement(f"{code} is longer than {FIELD_CHARS_MAX} characters", line=line)
    if not code.isascii() or not (code.isalpha() or code in "$%"):
        raise UnreadableStatement(
            f"a line begins with {code!r}, which is no field of an entry", line=line
        )
    of_splits = entry.splits and code in _OF_SPLITS and (code != "D" or entry.text("D"))
    if code == _SPLIT or of_splits:
        _take_split(entry, written, line)
    elif code == _ADDRESS:
        entry.shape += [] if entry.address else [code]
        entry.address.append(written)
    else:
        _take_field(entry, code, text, line)


def _take_split(entry: _Entry, written: str, line: int) -> None:
    if not entry.splits:
        entry.shape.append(_SPLIT)
    elif entry.shape[-1] != _SPLIT:
        raise UnreadableStatement(
            f"{written[0]} of a split stands apart from the other splits", line=line
        )
    entry.splits.append(written)
    entry.splits_lines.append(line)
    if len(entry.splits) > SPLITS_MAX * len(_OF_SPLITS):
        raise UnreadableStatement(f"an entry has more than {SPLITS_MAX:,} splits", line=line)


def _take_field(entry: _Entry, code: str, text: str, line: int) -> None:
    known = entry.text(code)
    if not known:
        entry.shape += [] if code in entry.texts else [code]
        entry.texts[code] = (text, line)
    elif text.strip() and text.strip() != known:
        if code in _FIELDS or code == "U":
            raise UnreadableStatement(f"an entry has two different {code}", line=line)
        entry.repeated.append((code, text.strip()))


def _numbered(text: str) -> tuple[str | None, str | None, str | None]:
    """Return ``N`` as check number, reference or kind of movement.

    Examples:
        >>> _numbered("1234"), _numbered("DEP"), _numbered("RF-9")
        (('1234', None, None), (None, None, 'DEP'), (None, 'RF-9', None))
    """
    number = one_line(text)
    if not number:
        return None, None, None
    if number.isascii() and number.isdigit():
        return number, None, None
    return (None, None, number) if number.upper() in _ACTIONS else (None, number, None)


def _numbers(
    column: tuple[str, ...] | None,
) -> tuple[Iterable[str | None], Iterable[str | None], Iterable[str | None]]:
    """Return the check numbers, references and kinds of movement of many entries."""
    if column is None:
        return repeat(None), repeat(None), repeat(None)
    nothing = (None, None, None)
    found = [_numbered(text) if text else nothing for text in column]
    checks, references, actions = zip(*found, strict=True)
    return checks, references, actions


def _transfer(category: str) -> str | None:
    """Return the account that a category in brackets names.

    Examples:
        >>> _transfer("[Savings]/Class"), _transfer("Food:Groceries")
        ('Savings', None)
    """
    text = category.strip()
    if not text.startswith("["):
        return None
    return one_line(text[1:].partition("]")[0]) or None


def _lines_of(block: str) -> list[str]:
    """Return lines that each end in a line feed; ``splitlines`` knows more line ends than QIF."""
    return block.split("\n")[:-1]


def _address(lines: list[str]) -> Extra:
    return tuple((_ADDRESS, text) for line in lines if (text := line[1:].strip()))


def _pairs(code: str, column: tuple[str, ...]) -> list[Extra]:
    """Return one pair for each text of a column; equal texts share theirs."""
    known: dict[str, Extra] = {}
    for text in set(column):
        kept = text.strip()
        known[text] = ((code, kept),) if kept else ()
    return list(map(known.__getitem__, column))


def _texts(
    columns: dict[str, tuple[str, ...]], code: str, count: int
) -> tuple[list[str], list[str]]:
    column = columns.get(code)
    if column is None:
        nothing = [""] * count
        return nothing, nothing
    return one_line_all(column)


def _line_numbers(text: str, line: int) -> accumulate[int]:
    """Return the line on which each entry of a block begins."""
    lines = (part.count("\n") + 2 for part in text.split("\n^\n"))
    return accumulate(lines, initial=line)
