"""Quicken Interchange Format: the bank, cash, card, asset and liability registers of a file.

A file is a sequence of sections, each begun by a line with ``!``: account descriptions
(``!Account``), registers (``!Type:Bank`` and its like), and lists of categories, securities, prices
and more that are no statement. Records are lines of a letter and a text and end with ``^``.

QIF announces neither counts nor sums nor its own end, so a file cut off between two entries cannot
be told from a whole one; an entry without its ``^`` can, and is refused.

Source: Intuit's "QIF Specification" of Quicken, and the dialects in ``docs/formats.md``.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.statements.model import Account, Line, Summary
from shared.statements.one_line import one_line
from shared.statements.qif_conventions import Conventions, Survey
from shared.statements.qif_entries import END, ENTRY_CHARS_MAX, Entries, Form
from shared.statements.text import FIELD_CHARS_MAX, encoding_of, line_blocks
from shared.statements.totals import closing_break

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.statements.head import Head
    from shared.statements.model import Event, Events, Extra
    from shared.statements.options import Options
    from shared.statements.source import Source

WARNINGS_MAX = 50
"""Most sections that are named as not read."""

REGISTERS_MAX = 1_000
"""Most registers of one file, empty ones included; people have a few dozen accounts."""

ACCOUNT_FIELDS_MAX = 50
"""Most fields of an account's description; Quicken writes six."""

_HEADER = re.compile(r"!(?:type:|account\b|option:|clear:)", re.IGNORECASE)
_BEFORE = re.compile(r"(?:[ \t]*+(?:#[^\n]*+|\^[ \t]*+)?\n)*+")
_HEADERS = re.compile(r"^![^\n]*+", re.MULTILINE)
_REGISTERS = {
    "type:bank": "bank",
    "type:cash": "cash",
    "type:ccard": "ccard",
    "type:oth a": "oth a",
    "type:oth l": "oth l",
}
_OTHER_SECTIONS = {
    "type:invst": "investment entries (!Type:Invst)",
    "type:cat": "a list of categories (!Type:Cat)",
    "type:class": "a list of classes (!Type:Class)",
    "type:memorized": "memorized entries (!Type:Memorized)",
    "type:security": "a list of securities (!Type:Security)",
    "type:prices": "prices of securities (!Type:Prices)",
}
_ACCOUNT = "account"
_SETTINGS = ("option:", "clear:")
_LIST_END = "clear:autoswitch"
_SHOWN_CHARS_MAX = 40
_NAME_CHARS_MAX = 60
_NO_RECORD = re.compile(r"(?:[ \t]*+\^?[ \t]*+\n)*+")
_RECORD_END = re.compile(r"^\^[^\n]*+\n", re.MULTILINE)
_DATE = itemgetter(Line._fields.index("date"))
_AMOUNT = itemgetter(Line._fields.index("amount_minor"))
_READ_TODAY = "bank, cash, card, asset and liability registers are read"
_OPENING_TEXTS = frozenset(
    {
        "opening balance", "starting balance", "initial balance", "solde initial",
        "solde d'ouverture", "anfangssaldo", "anfangsbestand", "eröffnungssaldo", "saldo inicial",
        "saldo iniziale", "saldo di apertura", "beginsaldo", "openingssaldo", "åpningssaldo",
        "saldo początkowe",
    }
)  # fmt: skip
"""What Quicken and its like call the first entry of a register in their languages."""


def recognises(head: Head) -> bool:
    r"""Return whether a file that begins like this is QIF: by its first section's header.

    Examples:
        >>> from shared.statements.head import Head
        >>> recognises(Head(b"", "# exported\n!Type:Bank\n"))
        True
    """
    text = head.text.lstrip("\ufeff\u00ef\u00bb\u00bf").replace("\r\n", "\n").replace("\r", "\n")
    return _HEADER.match(text, _BEFORE.match(text).end()) is not None  # type: ignore[union-attr] # the pattern matches nothing, too


def read(source: Source, options: Options) -> Events:
    """Yield the lines and the summary of every register.

    A first entry called opening balance is no movement but the balance before the first one:
    Quicken writes it to carry the balance, and no bank line will ever match it. Every other entry
    is a line, transfers between own accounts included.

    Raises:
        UnreadableStatement: No register, an entry that is cut off or cannot be read exactly, or
            dates or amounts that the whole file leaves open.
    """
    warnings: list[str] = []
    known = options.mapping
    currency = options.default_currency or (known.currency if known else None)
    encoding = (known.encoding if known else None) or encoding_of(source, warnings)
    survey = Survey(known.date_order if known else None, known.decimal_mark if known else None)
    for piece in _pieces(source, encoding, []):
        if piece.name in _REGISTERS:
            written = list(enumerate(piece.text.split("\n"), piece.line))
            survey.take(
                [
                    (line, text[1:])
                    for line, text in written
                    if text[:1] == "D" and text[1:].strip()
                ],
                ((line, text[1:]) for line, text in written if text[:1] in {"T", "U", "$"}),
            )
            if survey.is_decided:
                break
    if currency is None:
        warnings.append("QIF names no currency; amounts are read with two decimals.")
    yield from _Reader(survey.conventions(currency), warnings).events(
        _pieces(source, encoding, warnings)
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """Whole lines of one section.

    ``name`` is the header's text in lower case, empty before the first header; ``begins`` says
    whether the header stands before these lines.
    """

    name: str
    text: str
    line: int
    begins: bool


def _pieces(source: Source, encoding: str, warnings: list[str]) -> Iterator[_Piece]:
    name = ""
    for block in line_blocks(source, warnings, encoding=encoding):
        at, line, begins = 0, block.first_line, False
        # Searched for as a pattern only where it may be: that takes as long as reading the lines.
        has_headers = block.text.startswith("!") or ("!" in block.text and "\n!" in block.text)
        for header in _HEADERS.finditer(block.text) if has_headers else ():
            if header.start() > at or begins:
                text = block.text[at : header.start()]
                yield _Piece(name, text, line, begins)
                line += text.count("\n")
            if len(header[0]) > FIELD_CHARS_MAX:
                raise UnreadableStatement("a header is never ended", line=line)
            name, begins = one_line(header[0][1:]).lower(), True
            at = min(header.end() + 1, len(block.text))
            line += 1
        if at < len(block.text) or begins:
            yield _Piece(name, block.text[at:], line, begins)


@dataclass(slots=True)
class _Register:
    """A register while its entries arrive."""

    type: str
    line: int
    account: dict[str, str]
    entries: Entries
    opening: Line | None = None
    has_begun: bool = False
    net_minor: int = 0
    last_date: dt.date | None = None
    cleared: set[bool] = field(default_factory=set)
    """Whether lines are marked as cleared (``C``), where the account states a balance."""

    def add(self, lines: list[Line]) -> None:
        """Count lines."""
        if "$" in self.account:
            self.cleared.update(any(code == "C" for code, _ in line.extra) for line in lines)
        self.net_minor += sum(map(_AMOUNT, lines))
        latest = max(map(_DATE, lines))
        self.last_date = max(latest, self.last_date or latest)


class _Reader:
    """Goes through the sections of a file."""

    def __init__(self, conventions: Conventions, warnings: list[str]) -> None:
        self._conventions = conventions
        self._warnings = warnings
        self._form = Form()
        self._account: dict[str, str] = {}
        self._listed = 0
        self._register: _Register | None = None
        self._summary: Summary | None = None
        self._skipped: dict[str, int] = {}
        self._registers_count = 0
        self._name = ""
        self._held = ""
        self._line = 1

    def events(self, pieces: Iterator[_Piece]) -> Iterator[Event]:
        """Yield what the file holds; each summary once the next register or the end is there."""
        for piece in pieces:
            if piece.begins:
                yield from self._end_section()
                yield from self._begin_section(piece)
            self._held += piece.text
            yield from self._take()
        yield from self._end_section()
        if self._summary is None:
            raise self._without_register()
        skipped = tuple(
            f"The file also holds {_OTHER_SECTIONS.get(name, f'a section !{name}')}, "
            f"from line {line} on, which is not read."
            for name, line in self._skipped.items()
        )
        yield replace(self._summary, warnings=(*self._summary.warnings, *skipped))

    def _begin_section(self, piece: _Piece) -> Iterator[Event]:
        self._name, self._line = piece.name, piece.line
        if piece.name in _REGISTERS:
            self._registers_count += 1
            if self._registers_count > REGISTERS_MAX:
                raise UnreadableStatement(
                    f"the file holds more than {REGISTERS_MAX:,} registers", line=piece.line - 1
                )
            if self._summary is not None:
                yield self._summary
                self._summary = None
            self._register = _Register(
                _REGISTERS[piece.name],
                piece.line,
                self._account,
                Entries(self._form, self._conventions),
            )
        elif piece.name == _ACCOUNT:
            self._account, self._listed = {}, 0
        elif piece.name.startswith(_LIST_END):
            # A list of all accounts has ended: it does not say whose the next register is.
            self._account = self._account if self._listed == 1 else {}
        elif not piece.name.startswith(_SETTINGS) and len(self._skipped) < WARNINGS_MAX:
            self._skipped.setdefault(piece.name[:_NAME_CHARS_MAX], piece.line - 1)

    def _take(self) -> Iterator[Event]:
        """Read the whole records of what is held."""
        if self._held.isspace():
            self._drop(len(self._held))
        elif self._register is not None:
            yield from self._entries(self._register)
        elif self._name == _ACCOUNT:
            self._take_accounts()
        elif not self._name or self._name.startswith(_SETTINGS):
            self._refuse_records_outside()
        else:
            self._drop(len(self._held))
        if len(self._held) > ENTRY_CHARS_MAX:
            raise UnreadableStatement(
                f"a record is not ended by ^ within {ENTRY_CHARS_MAX:,} characters", line=self._line
            )

    def _drop(self, end: int) -> None:
        self._line += self._held.count("\n", 0, end)
        self._held = self._held[end:]

    def _entries(self, register: _Register) -> Iterator[Event]:
        if not register.has_begun:
            self._take_opening(register)
        while self._held:
            lines, end = register.entries.read(self._held, self._line)
            if not end:
                return
            self._drop(end)
            if lines:
                register.has_begun = True
                register.add(lines)
                yield lines

    def _take_opening(self, register: _Register) -> None:
        """Take the first entry as the opening balance where it says that it is."""
        begin = _NO_RECORD.match(self._held).end()  # type: ignore[union-attr] # it matches nothing, too
        end = _RECORD_END.search(self._held, begin)
        if end is None:
            return
        first = self._held[begin : end.end()]
        name = re.search(r"^P(.*)$", first, re.MULTILINE)
        category = re.search(r"^L\s*\[", first, re.MULTILINE)
        if name is None or category is None or one_line(name[1]).lower() not in _OPENING_TEXTS:
            return
        line = self._line + self._held.count("\n", 0, begin)
        (register.opening,), _ = register.entries.read(first, line)
        register.entries.count = 0
        register.has_begun = True
        self._drop(end.end())

    def _take_accounts(self) -> None:
        while (end := _RECORD_END.search(self._held)) is not None:
            self._take_account(self._held[: end.start()])
            self._drop(end.end())

    def _take_account(self, text: str) -> None:
        found: dict[str, str] = {}
        for written in text.split("\n"):
            if len(written) > FIELD_CHARS_MAX or len(found) > ACCOUNT_FIELDS_MAX:
                raise UnreadableStatement("an account's description never ends", line=self._line)
            if written[1:].strip():
                found.setdefault(written[0], one_line(written[1:]))
        if found:
            self._account = found
            self._listed += 1

    def _refuse_records_outside(self) -> None:
        """Refuse entries that stand in no register; notes (``#``) before the first are allowed."""
        end = self._held.rfind("\n") + 1 or len(self._held)
        for number, written in enumerate(self._held[:end].split("\n"), self._line):
            if written.strip() and written.strip() != END and not written.startswith("#"):
                after = f"!{self._name[:_NAME_CHARS_MAX]}" if self._name else "the beginning"
                raise UnreadableStatement(
                    f"after {after} a section such as !Type:Bank is expected, not "
                    f"{written[:_SHOWN_CHARS_MAX]!r}",
                    line=number,
                )
        self._drop(end)

    def _end_section(self) -> Iterator[Event]:
        """Read what the last line of a section left open, and refuse half an entry."""
        if self._held and not self._held.endswith("\n"):
            self._held += "\n"
            yield from self._take()
        if self._register is not None:
            begun = self._held.strip()
            if begun:
                line = self._line + self._held[: self._held.index(begun[0])].count("\n")
                raise UnreadableStatement(
                    f"the entry that begins here ({begun[:_SHOWN_CHARS_MAX]!r}) is not ended by ^: "
                    "the file is cut off or damaged",
                    line=line,
                )
            self._summary = self._summary_of(self._register)
            self._register = None
        elif self._name == _ACCOUNT and self._held.strip():
            self._take_account(self._held)
        self._held = ""

    def _without_register(self) -> UnreadableStatement:
        for name, line in self._skipped.items():
            if name == "type:invst":
                return UnreadableStatement(
                    f"the QIF file holds {_OTHER_SECTIONS[name]} and no account register; "
                    f"{_READ_TODAY}",
                    line=line,
                )
        held = next(iter(self._skipped), None)
        what = "account descriptions (!Account)" if self._account else "no section"
        if held is not None:
            what = _OTHER_SECTIONS.get(held, f"a section !{held}")
        return UnreadableStatement(
            f"the QIF file holds {what} and no account register; {_READ_TODAY}"
        )

    def _summary_of(self, register: _Register) -> Summary:
        """Return what the file says about a register that has ended."""
        conventions, entries = self._conventions, register.entries
        warnings = list(self._warnings)
        name = register.account.get("N")
        opening = None if register.opening is None else register.opening.amount_minor
        closing = None if opening is None else opening + register.net_minor
        checked: list[str] = []
        breaks = list(entries.breaks)
        if entries.splits_checked and not breaks:
            checked.append("sum of splits")
        stated = self._stated_balance(register)
        if stated is not None and stated != closing and len(register.cleared) > 1:
            # The last reconciliation knew nothing of checks that have not cleared yet.
            warnings.append(
                "The account's statement balance ($) was not compared: some entries are marked as "
                "cleared and some are not."
            )
        elif stated is not None and opening is None:
            closing, opening = stated, stated - register.net_minor
        elif stated is not None:
            found = closing_break(opening, register.net_minor, stated, conventions.currency)
            closing = stated
            breaks += [found] if found else []
            checked += [] if found else ["opening + lines = closing"]
        if not entries.count:
            warnings.append(
                f"The register of account {name or 'without a name'} on line {register.line} "
                "has no entries."
            )
        return Summary(
            format="qif",
            account=Account(id=name, type=register.type, currency=conventions.currency),
            opening_balance_minor=opening,
            closing_balance_minor=closing,
            lines_count=entries.count,
            net_minor=register.net_minor,
            checked=tuple(checked),
            breaks=tuple(breaks),
            warnings=tuple(warnings),
            extra=_extra(register),
        )

    def _stated_balance(self, register: _Register) -> int | None:
        """Return the account's statement balance (``$``) where its day (``/``) is not before ours.

        Quicken keeps there what the last reconciliation ended with, which may be long ago.
        """
        text, day = register.account.get("$"), register.account.get("/")
        if not text or not day or not register.last_date:
            return None
        try:
            if self._conventions.date(day) < register.last_date:
                return None
            return self._conventions.amount(text, "$")
        except UnreadableStatement as error:
            raise UnreadableStatement(
                f"in the description of the account, {error.reason}", line=register.line
            ) from None


def _extra(register: _Register) -> Extra:
    told = tuple((code, text) for code, text in register.account.items() if code != "N")
    if register.opening is None:
        return told
    opening = register.opening
    number = opening.check_number or opening.customer_reference or opening.transaction_code
    kept = (
        ("", opening.date.isoformat()),
        *((" N", text) for text in [number] if text),
        *((" text", text) for text in [opening.description] if text != opening.counterparty),
        *((" " + code, text) for code, text in opening.extra),
    )
    return (*told, *(("opening balance" + name, text) for name, text in kept))
