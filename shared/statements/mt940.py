"""SWIFT MT940 (customer statement) and MT942 (interim report), as banks put them into files.

SWIFT User Handbook, Category 9. A message is a list of fields ``:tag:``; its lines end it with
``-`` (in block 4 of a SWIFT message with ``-}``). Files hold many messages, often without the SWIFT
envelope, sometimes without an end mark: then the next ``:20:`` ends one.

=====  ==================================================================================
20     begins a message, 21 a related reference, 25 the account, 28C statement/page
60F    opening balance, 60M that of a further page; 34F the floor limits of MT942, 13D its time
61     a movement and 86 beside it (``mt940_columns``, ``mt940_details``)
62F    closing balance, 62M that of a page with more to come; 64 available, 65 forward
90D    number and sum of the debits of MT942, 90C of the credits
86     after the closing balance: about the statement
=====  ==================================================================================

Pages of one statement (same account and number, 62M followed by 60M) become one statement; a page
that does not go on from the one before is a break. What is missing at the end is a break as well:
a file without its ``:62F:`` was cut off.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.money import is_currency
from shared.statements.dates import YEAR_MAX, YEAR_MIN
from shared.statements.model import Account, Break, Summary
from shared.statements.mt940_columns import read_entries
from shared.statements.mt940_details import cleaned
from shared.statements.mt940_entries import Book, amount_of, date_of
from shared.statements.text import FIELD_CHARS_MAX, record_blocks
from shared.statements.totals import closing_break, count_break, missing_end, sum_break

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from shared.statements.head import Head
    from shared.statements.model import Event, Events
    from shared.statements.options import Options
    from shared.statements.source import Source

_TAGS = "20|21|25P?|28C?|60[FM]|61|62[FM]|64|65|86|90[CD]|34F|13D?|NS"
_TAG = re.compile(f":({_TAGS}):")
_END = re.compile(r"-[ \t]*(?:\n|\Z)|-\}")
_FIELD_END = re.compile(rf"\n(?=:(?:{_TAGS}):|-[ \t]*(?:\n|\Z)|-\}}|\{{\d:)")
_RUN_END = re.compile(rf"\n(?=[:{{-])(?=:(?!61:|86:|NS:)(?:{_TAGS}):|-[ \t]*(?:\n|\Z)|-\}}|\{{\d:)")
_BEGINNING = re.compile(rf"^(?:\{{1:|[ \t]*:(?:{_TAGS}):)", re.MULTILINE)
_ENVELOPE = re.compile(r"[A-Z0-9 .:/]{1,60}|\{.*")
"""What banks write between messages: ``ABNANL2A``, ``940``, ``0000 01INGBNL2AXXXX00001``."""

ENVELOPE_LINES_MAX = 12
"""Lines before the first field of a file, by which it is still recognised."""

HELD_CHARS_MAX = 400_000
"""Longest movement with everything beside it: fields are bounded, a movement has a few."""

EXTRA_MAX = 200
"""Pairs kept of one statement beside its lines: a longer list is no statement's head."""

_BALANCE = re.compile(r"(C|D|RC|RD)(\d{6})([A-Z]{3})?(\d+(?:[.,]\d*)?)", re.ASCII)
_FLOOR = re.compile(r"([A-Z]{3})([CD]?)(\d+(?:[.,]\d*)?)", re.ASCII)
_COUNTED = re.compile(r"(\d{1,5})([A-Z]{3})(\d+(?:[.,]\d*)?)", re.ASCII)
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_WITH_CURRENCY = re.compile(r"(.*[0-9])([A-Z]{3})")
_TRAILERS = ("{5:", "{S:")
"""Blocks of the SWIFT envelope that follow a message."""

_HEAD_TAGS = {"25", "25P", "28", "28C", "60F", "60M"}
_CLOSING = "62"


def recognises(head: Head) -> bool:
    """Return whether a file that begins like this is MT940 or MT942."""
    text = head.text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff \t\n")
    begin = _BEGINNING.search(text)
    if not begin:
        return False
    before = text[: begin.start()].split("\n")[:-1]
    return len(before) <= ENVELOPE_LINES_MAX and all(
        not one.strip() or _ENVELOPE.fullmatch(one.strip()) for one in before
    )


@dataclass(slots=True)
class _Balance:
    """A balance as stated, signed as the account holder sees it."""

    minor: int
    date: dt.date | None
    line: int
    is_page: bool


@dataclass(slots=True)
class _Message:
    """One message, from ``:20:`` to its end, before it is known which statement it belongs to."""

    line: int
    reference: str
    account: Account | None = None
    number: str | None = None
    kind: str = "mt940"
    currency: str | None = None
    opening: _Balance | None = None
    closing: _Balance | None = None
    net_before: int = 0
    """What the statement's lines came to when this page began."""

    begun: bool = False
    extra: list[tuple[str, str]] = field(default_factory=list)

    @property
    def statement_number(self) -> str | None:
        """The number all pages of a statement share."""
        return self.number.partition("/")[0].strip() if self.number else None


@dataclass(slots=True)
class _Statement:
    """One statement: its first message and what all its pages come to."""

    first: _Message
    book: Book
    closing: _Balance | None = None
    available_minor: int | None = None
    pages: int = 1
    breaks: list[Break] = field(default_factory=list)
    extra: list[tuple[str, str]] = field(default_factory=list)
    checked: dict[str, None] = field(default_factory=dict)


def read(source: Source, options: Options) -> Events:
    """Yield the statements of the file.

    Raises:
        UnreadableStatement: A field is not readable, or there is no statement.
    """
    warnings: list[str] = []
    reader = _Reader(options.default_currency, warnings)
    blocks = record_blocks(
        source, warnings, _last_whole, what="a movement or field", chars_max=HELD_CHARS_MAX
    )
    for block in blocks:
        yield from reader.take(block.text, block.first_line)
    yield from reader.finish()


def _last_whole(text: str) -> int:
    """Return where the last movement or field begins, whose end may be in the next block."""
    at = len(text)
    while True:
        at = text.rfind("\n:", 0, at)
        if at < 0:
            return 0
        tag = _TAG.match(text, at + 1)
        if tag is None:
            continue
        if tag[1] not in {"86", "NS"}:
            return at + 1
        # Its movement: at the beginning of the text, where no line end stands before it.
        return text.rfind("\n:61:", 0, at) + 1


class _Reader:
    """Takes whole fields in file order and keeps what the statement being read comes to."""

    def __init__(self, default_currency: str | None, warnings: list[str]) -> None:
        self._default_currency = default_currency
        self._warnings = warnings
        self._message: _Message | None = None
        self._statement: _Statement | None = None
        self._envelope: list[str] = []
        self._in_block_4 = False
        self._kind: str | None = None
        self._seen = 0
        self._ends = True
        self._line = 1
        """The last line taken."""

    def take(self, text: str, first_line: int) -> Iterator[Event]:
        """Read whole lines, of which the first begins a field or stands between messages."""
        at, line = 0, first_line
        while at < len(text):
            if text.startswith(":61:", at):
                end = yield from self._movements(text, at, line)
            else:
                tag = _TAG.match(text, at)
                if tag:
                    found = _FIELD_END.search(text, tag.end())
                    end = found.end() if found else len(text)
                    yield from self._field(tag[1], text[tag.end() : end], line)
                else:
                    end = text.find("\n", at) + 1
                    if text.startswith("{", at) and "{4::" in text[at:end]:
                        # The first field on the line of the envelope.
                        end = text.index("{4:", at) + len("{4:")
                    yield from self._other(text[at:end], line)
            line += text.count("\n", at, end)
            at = end
            self._line = line - 1

    def _movements(self, text: str, at: int, line: int) -> Generator[Event, None, int]:
        """Read movements and return where they end."""
        message = self._message
        if message is None:
            raise UnreadableStatement(
                "field 61 stands before field 20 with which a message begins: the file is a "
                "fragment or lacks its beginning",
                line=line,
            )
        if message.closing is not None:
            raise UnreadableStatement(
                "field 61 follows the closing balance of its message", line=line
            )
        yield from self._begin(line)
        book = self._open_statement().book
        found = _RUN_END.search(text, at)
        end = found.end() if found else len(text)
        yield read_entries(text[at:end], line, book)
        return end

    def _open_statement(self) -> _Statement:
        """Return the statement that ``_begin`` has opened."""
        if self._statement is None:  # pragma: no cover - callers begin one first
            raise AssertionError
        return self._statement

    def _begin(self, line: int) -> Iterator[Event]:
        """Decide which statement the message belongs to, before its first line or at its end."""
        message = self._message
        if message is None or message.begun:
            return
        if message.account is None:
            raise UnreadableStatement(
                "the message has no field 25 with the account before its lines: it is a fragment "
                "or lacks its beginning",
                line=line,
            )
        message.begun = True
        statement = self._statement
        if statement is not None and _goes_on(statement, message):
            self._chain(statement, message)
            return
        yield from self._finish_statement()
        currency = message.currency
        if currency is None:
            currency = message.account.currency or self._default_currency
        statement = _Statement(message, Book(currency))
        self._statement = statement
        if message.opening is None and message.kind == "mt940":
            statement.breaks.append(
                Break(
                    "opening balance", "field 60F", "nothing",
                    "the statement has no opening balance (field 60F): its beginning is missing",
                    message.line,
                )
            )  # fmt: skip
        elif message.opening is not None and message.opening.is_page:
            self._warnings.append(
                f"Line {message.opening.line}: the statement begins with an intermediate balance "
                "(field 60M): its earlier pages are not in this file."
            )

    def _chain(self, statement: _Statement, message: _Message) -> None:
        """Add a page to the statement whose last page announced one."""
        statement.pages += 1
        before, opening = statement.closing, message.opening
        if before is None or opening is None:  # pragma: no cover - _goes_on has looked
            raise AssertionError
        page = f"page {message.number or statement.pages}"
        found = closing_break(
            before.minor, 0, opening.minor, statement.book.currency,
            total=f"opening balance of {page}", position=opening.line,
        )  # fmt: skip
        if found:
            statement.breaks.append(found)
        message.net_before = statement.book.booked_minor
        statement.extra += [pair for pair in message.extra if pair not in statement.extra]

    def _field(self, tag: str, content: str, line: int) -> Iterator[Event]:
        text = content.rstrip()
        if len(text) > FIELD_CHARS_MAX:
            raise UnreadableStatement(
                f"field {tag} has more than {FIELD_CHARS_MAX:,} characters", line=line
            )
        if tag == "20":
            yield from self._end_message()
            self._message = _Message(line, text.strip(), kind=self._kind or "mt940")
            self._ends = False
            return
        message = self._message
        if message is None:
            raise UnreadableStatement(
                f"field {tag} stands before field 20 with which a message begins: the file is a "
                "fragment or lacks its beginning",
                line=line,
            )
        if message.begun and tag in _HEAD_TAGS:
            raise UnreadableStatement(
                f"field {tag} stands among the movements, where 61, 86 or 62F was expected",
                line=line,
            )
        if tag[:2] in {_CLOSING, "64", "65", "90"}:
            yield from self._begin(line)
        try:
            self._of_message(tag, text, line, message)
        except UnreadableStatement as error:
            if error.line is not None:
                raise
            raise UnreadableStatement(error.reason, line=line) from None

    def _of_message(self, tag: str, text: str, line: int, message: _Message) -> None:
        """Take a field that is no movement."""
        if tag in _HEAD_TAGS:
            self._of_head(tag, text, line, message)
            return
        if tag[:2] == _CLOSING:
            self._closing(tag, text, line, message)
            return
        if tag in {"64", "65"}:
            balance = self._balance(tag, text, line, message)
            if tag == "64":
                self._open_statement().available_minor = balance.minor
        elif tag == "34F":
            self._floor(text, message)
        elif tag in {"90C", "90D"}:
            self._counted(tag, text, line)
        _keep(self._extra(message), tag, text)

    def _of_head(self, tag: str, text: str, line: int, message: _Message) -> None:
        """Take a field that says which statement the message belongs to."""
        if tag in {"25", "25P"}:
            if message.account is not None:
                raise UnreadableStatement("the message has a second field 25")
            message.account = account_of(text)
        elif tag in {"28", "28C"}:
            message.number = _one_line(tag, text)
        else:
            if message.opening is not None:
                raise UnreadableStatement(f"the message has a second opening balance, field {tag}")
            message.opening = self._balance(tag, text, line, message)

    def _extra(self, message: _Message) -> list[tuple[str, str]]:
        if message.begun and self._statement is not None:
            return self._statement.extra
        return message.extra

    def _balance(self, tag: str, text: str, line: int, message: _Message) -> _Balance:
        match = _BALANCE.fullmatch(_one_line(tag, text))
        if not match:
            raise UnreadableStatement(
                f"field {tag} holds {text[:60]!r} where mark C or D, date YYMMDD, currency and "
                "amount with a decimal comma were expected"
            )
        currency = match[3] or message.currency
        if currency is not None and not is_currency(currency):
            raise UnreadableStatement(
                f"field {tag} is in {currency}, which is no active ISO 4217 currency"
            )
        if message.currency not in {None, currency}:
            raise UnreadableStatement(
                f"field {tag} is in {currency}, but the message is in {message.currency}"
            )
        message.currency = currency
        sign = 1 if match[1] in {"C", "RD"} else -1
        # Some banks write zeros where an account has no earlier balance.
        date = None if match[2] == "000000" else date_of(match[2], f"date of field {tag}")
        if date is not None and not YEAR_MIN <= date.year <= YEAR_MAX:
            raise UnreadableStatement(f"the date {match[2]} of field {tag} is out of range")
        minor = sign * amount_of(match[4], currency, f"field {tag}")
        return _Balance(minor, date, line, tag.endswith("M"))

    def _closing(self, tag: str, text: str, line: int, message: _Message) -> None:
        statement = self._open_statement()
        if message.closing is not None:
            raise UnreadableStatement(f"the message has a second closing balance, field {tag}")
        if message.currency is None:
            message.currency = statement.book.currency
        message.closing = self._balance(tag, text, line, message)
        if statement.book.count == 0 and statement.book.currency is None:
            statement.book.currency = message.currency
        elif statement.book.currency != message.currency:
            raise UnreadableStatement(
                f"field {tag} is in {message.currency}, but the statement is in "
                f"{statement.book.currency or 'no currency that field 60F states'}"
            )
        statement.closing = message.closing
        if message.opening is None:
            return
        net = statement.book.booked_minor - message.net_before
        page = f" of page {message.number or statement.pages}" if _is_page(message) else ""
        found = closing_break(
            message.opening.minor, net, message.closing.minor, message.currency,
            total="closing balance" + page, position=line,
        )  # fmt: skip
        if found:
            statement.breaks.append(found)

    def _floor(self, text: str, message: _Message) -> None:
        """Take a floor limit of MT942: it gives the currency."""
        match = _FLOOR.fullmatch(_one_line("34F", text))
        if not match or not is_currency(match[1]):
            raise UnreadableStatement(
                f"field 34F holds {text[:60]!r} where currency, mark and amount were expected"
            )
        if message.currency not in {None, match[1]}:
            raise UnreadableStatement(
                f"field 34F is in {match[1]}, but the message is in {message.currency}"
            )
        message.currency = match[1]
        message.kind = "mt942"
        amount_of(match[3], match[1], "field 34F")

    def _counted(self, tag: str, text: str, line: int) -> None:
        """Check the number and sum of debits or credits that MT942 announces."""
        match = _COUNTED.fullmatch(_one_line(tag, text))
        if not match:
            raise UnreadableStatement(
                f"field {tag} holds {text[:60]!r} where number, currency and sum were expected"
            )
        statement = self._open_statement()
        book = statement.book
        if book.count == 0 and book.currency is None and is_currency(match[2]):
            book.currency = match[2]
        if match[2] != book.currency:
            raise UnreadableStatement(
                f"field {tag} is in {match[2]}, but the message is in {book.currency}"
            )
        announced = amount_of(match[3], match[2], f"field {tag}")
        totals = book.totals
        if tag == "90D":
            what, count, minor = "debits", totals.debits_count, -totals.debits_minor
        else:
            what, count, minor = "credits", totals.credits_count, totals.credits_minor
        found = (
            count_break(f"number of {what}", count, int(match[1]), line),
            sum_break(f"sum of {what}", minor, announced, match[2], line),
        )
        for name, one in zip((f"number of {what}", f"sum of {what}"), found, strict=True):
            if one is None:
                statement.checked[name] = None
            else:
                statement.breaks.append(one)

    def _other(self, text: str, line: int) -> Iterator[Event]:
        """Take a line that is no field: an end mark, the SWIFT envelope, an empty line."""
        shown = text.strip()
        if not shown:
            return
        if _END.match(shown):
            shown = yield from self._take_end(shown, line)
            if not shown:
                return
        if self._message is not None:
            if not shown.startswith("{"):
                raise UnreadableStatement(
                    f"{shown[:40]!r} stands between fields where a field :NN: was expected",
                    line=line,
                )
            yield from self._end_message()
        if not _ENVELOPE.fullmatch(shown):
            raise UnreadableStatement(
                f"{shown[:40]!r} stands between messages, where field 20 was expected", line=line
            )
        self._kind = "mt942" if re.search(r"\{2:[IO]942", shown) else self._kind
        self._kind = "mt940" if re.search(r"\{2:[IO]940", shown) else self._kind
        if "{4:" in shown:
            self._in_block_4 = True
        if len(self._envelope) < EXTRA_MAX:
            self._envelope.append(shown)

    def _take_end(self, shown: str, line: int) -> Generator[Event, None, str]:
        """Take the mark that ends a message and return what follows it on its line."""
        if self._message is None and self._seen == 0:
            raise UnreadableStatement(
                "the file begins with the end of a message: it lacks its beginning", line=line
            )
        shown = shown[1:].lstrip("}").strip()
        if shown.startswith(_TRAILERS) and self._message is not None:
            trailer, begins, rest = shown.partition("{1:")
            if trailer.count("{") != trailer.count("}"):
                raise UnreadableStatement(
                    f"{trailer[:40]!r} is a block of the SWIFT envelope without its end: the file "
                    "is cut off",
                    line=line,
                )
            self._message.extra.append(("envelope", trailer))
            shown = begins + rest
        yield from self._end_message()
        self._ends = True
        self._in_block_4 = False
        return shown

    def _end_message(self) -> Iterator[Event]:
        """End the message being read; its statement stays open where more pages may follow."""
        message = self._message
        if message is None:
            return
        yield from self._begin(message.line)
        self._message = None
        self._seen += 1
        statement = self._open_statement()
        statement.extra += [("envelope", one) for one in self._envelope]
        self._envelope = []
        if message.closing is None and message.kind == "mt940":
            statement.breaks.append(missing_end("the closing balance (field 62F)", self._line))
        if message.closing is None or not message.closing.is_page:
            yield from self._finish_statement()

    def _finish_statement(self) -> Iterator[Event]:
        statement, self._statement = self._statement, None
        if statement is None:
            return
        first, book = statement.first, statement.book
        opening, closing = first.opening, statement.closing
        if closing is not None and closing.is_page:
            statement.breaks.append(
                missing_end("the page after an intermediate balance (field 62M)", closing.line)
            )
        if opening is not None and closing is not None and not statement.breaks:
            statement.checked["opening + lines = closing"] = None
        account = first.account or Account(None)
        pages = [("pages", str(statement.pages))] if statement.pages > 1 else []
        yield Summary(
            format=first.kind,
            account=Account(account.id, account.bank_id, account.type, book.currency),
            identification=first.number,
            period_start=opening.date if opening else None,
            period_end=closing.date if closing else None,
            opening_balance_minor=opening.minor if opening else None,
            closing_balance_minor=closing.minor if closing else None,
            available_balance_minor=statement.available_minor,
            lines_count=book.count,
            net_minor=book.booked_minor,
            checked=tuple(statement.checked),
            breaks=tuple(statement.breaks),
            warnings=(*self._warnings, *book.warnings),
            extra=(("20", first.reference), *first.extra, *statement.extra, *pages),
        )
        self._warnings.clear()

    def finish(self) -> Iterator[Event]:
        """Take the end of the file."""
        message = self._message
        if message is not None and not message.begun and message.opening is None:
            raise UnreadableStatement(
                "the message ends before its account (25), opening balance (60F) and lines: it is "
                "a fragment or cut off",
                line=message.line,
            )
        mark = "-}" if self._in_block_4 else "-"
        if not self._ends:
            self._warnings.append(
                f"The file ends without the {mark!r} that closes a message: what followed the last "
                "field may be missing."
            )
        elif self._seen and any(re.search(r"[A-Z0-9{:]", one) for one in self._envelope):
            raise UnreadableStatement(
                f"the file ends with {self._envelope[-1][:40]!r}, where another message begins: it "
                "is cut off"
            )
        if message is not None and message.kind == "mt942" and not self._ends:
            yield from self._begin(message.line)
            statement = self._open_statement()
            if not any(name in {"90C", "90D"} for name, _ in statement.extra):
                statement.breaks.append(
                    missing_end(f"the {mark!r} or the totals (fields 90D and 90C)", self._line)
                )
        yield from self._end_message()
        yield from self._finish_statement()
        if not self._seen:
            raise UnreadableStatement("the file holds no message: field 20 was expected")


def _goes_on(statement: _Statement, message: _Message) -> bool:
    """Return whether a message is the next page of the statement before it."""
    closing, opening = statement.closing, message.opening
    return (
        closing is not None
        and closing.is_page
        and opening is not None
        and opening.is_page
        and statement.first.account == message.account
        and statement.first.statement_number == message.statement_number
        and statement.book.currency == message.currency
    )


def _is_page(message: _Message) -> bool:
    return any(one is not None and one.is_page for one in (message.opening, message.closing))


def _one_line(tag: str, text: str) -> str:
    if "\n" in text.strip():
        after = text.strip().split("\n", 1)[1]
        raise UnreadableStatement(
            f"field {tag} has one line, but {after[:40]!r} follows it: it is damaged or cut off"
        )
    return text.strip()


def _keep(extra: list[tuple[str, str]], tag: str, text: str) -> None:
    shown = cleaned(text)
    if not shown:
        return
    if len(extra) >= EXTRA_MAX:
        raise UnreadableStatement(
            f"more than {EXTRA_MAX} fields stand beside the movements of one statement"
        )
    extra.append((tag, shown))


def account_of(text: str) -> Account:
    """Return the account that field 25 names: IBAN, bank code/account, with or without currency.

    Examples:
        >>> account_of("70011110/4005287001EUR")
        Account(id='4005287001', bank_id='70011110', type=None, currency='EUR', holder=None)
        >>> account_of("NL91ABNA0417164300EUR").id
        'NL91ABNA0417164300'
        >>> account_of("/PL07160011980002002256301011").id
        'PL07160011980002002256301011'
    """
    first, *more = text.strip().split("\n")
    compact = first.replace(" ", "").strip("/")
    bank, slash, number = compact.rpartition("/")
    bic = more[0].strip() if more else None
    if not slash:
        number = compact
    currency = None
    match = _WITH_CURRENCY.fullmatch(number)
    if match and is_currency(match[2]) and (match[1].isdecimal() or _is_iban(match[1])):
        number, currency = match[1], match[2]
    return Account(number or None, bank or bic or None, currency=currency)


def _is_iban(text: str) -> bool:
    """Return whether the check digits hold (ISO 13616, modulo 97)."""
    if not _IBAN.fullmatch(text):
        return False
    return int("".join(str(int(one, 36)) for one in text[4:] + text[:4])) % 97 == 1
