"""JSON and JSON Lines of our own line shape: what ``tieout parse`` prints, read back exactly.

There are two ways to write it, told apart by the first key:

- a document, ``{"format": …, "statements": [STATEMENT…], "warnings": [TEXT…]}``, where each
  statement has its lines in ``"lines": [LINE…]``;
- JSON Lines (or one array): objects one after the other, each a LINE, or a STATEMENT without
  ``lines`` to begin a statement whose lines follow. Without one, the lines are one statement.

LINE: ``date`` (``2024-01-31``) and ``amount_minor`` (an integer) or ``amount`` (decimal text such
as ``"-12.50"``) are required; everything else of ``model.Line`` may follow under its own name,
absent or ``null`` where there is nothing. ``index``, where given, counts from 0 without a gap.
``details`` are objects of ``model.Detail``; ``extra`` is a list of pairs of text.

STATEMENT: ``account`` (``id``, ``bank_id``, ``type``, ``currency``, ``holder``),
``identification``, ``period`` (``start``, ``end``), ``opening_balance_minor``,
``closing_balance_minor``,
``available_balance_minor``, ``lines_count`` (how many lines follow, so that a missing one shows),
``checked``, ``breaks``, ``extra``.

Strict, since a program wrote it: unknown and repeated keys, wrong types, numbers with decimals
(RFC 8259, section 6: they may not survive the next reader), ``NaN``, half surrogates and control
characters are refused, each with its path and line. ``checked`` is computed again and not believed;
``breaks`` are kept, since what another reader found broken does not heal by being written down.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NoReturn

from shared.errors import InvalidInput, UnreadableStatement
from shared.money import (
    AMOUNT_MINOR_MAX,
    DECIMALS_DEFAULT,
    decimals_of,
    is_currency,
    parse_minor,
)
from shared.statements.amounts import AMOUNT_CHARS_MAX
from shared.statements.dates import YEAR_MAX, YEAR_MIN
from shared.statements.model import Account, Break, Detail, Line, Summary
from shared.statements.options import Options
from shared.statements.text import FIELD_CHARS_MAX, text_chunks
from shared.statements.totals import Totals, closing_break, count_break

if TYPE_CHECKING:
    from shared.statements.head import Head
    from shared.statements.model import Events, Extra
    from shared.statements.source import Source

FORMAT = "json"

VALUE_CHARS_MAX = 4_000_000
"""Longest object read at once: a batch of ten thousand payments on one line, and 130 MB of memory
where it is made of nothing but brackets."""

FINDING_CHARS_MAX = 2_000
"""Longest warning or reason of a break that is taken over."""

LINES_IN_BLOCK = 500

DATES_KEPT_MAX = 4_096
"""Ten years of days: dates repeat, and making one from text costs more than finding it."""

_DOCUMENT = re.compile(r'\{\s{0,100}"(?:format|statements|warnings)"')
_DOCUMENT_CHARS = 200
_SPACE = re.compile(r"[ \t\r\n]*")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0e-\x1f\ud800-\udfff]")
_SHAPE = "it is not of Tieout's line shape (docs/formats.md)"

_DOCUMENT_KEYS = frozenset({"format", "statements", "warnings"})
_STATEMENT_KEYS = frozenset(
    {"account", "identification", "period", "opening_balance_minor", "closing_balance_minor"}
    | {"available_balance_minor", "lines_count", "checked", "breaks", "extra"}
)
_ACCOUNT_KEYS = frozenset({"id", "bank_id", "type", "currency", "holder"})
_PERIOD_KEYS = frozenset({"start", "end"})
_BREAK_TEXTS = ("total", "expected", "found", "reason")
_BREAK_KEYS = frozenset({*_BREAK_TEXTS, "position"})
_OF_A_LINE = frozenset({"date", "amount_minor", "amount"})
"""A statement has none of these keys and a line two of them."""

_TIES = "opening + lines = closing"


def recognises(head: Head) -> bool:
    """Return whether a file begins as a JSON object or an array of objects does."""
    return (
        re.match(r"\ufeff?\s{0,1000}(?:\[\s{0,1000})?\{\s{0,1000}[\"}]", _plain(head)) is not None
    )


def _plain(head: Head) -> str:
    return head.text.removeprefix("\u00ef\u00bb\u00bf")


class _Wrong(ValueError):
    """A value that does not fit; ``path`` grows on the way out."""

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path

    def within(self, outer: str) -> _Wrong:
        """Return the same seen from the value that holds this one."""
        joint = "." if self.path and not self.path.startswith("[") else ""
        return _Wrong(self.reason, f"{outer}{joint}{self.path}")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Wrong(f"the key {twice[:40]!r} is there twice")
    return found


def _refuse_float(text: str) -> NoReturn:
    raise _Wrong(
        f"{text[:40]} is a number with decimals; amounts are integers of minor units "
        "(amount_minor) or text (amount)"
    )


def _refuse_constant(text: str) -> NoReturn:
    raise _Wrong(f"{text} is no value of JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_refuse_float, parse_constant=_refuse_constant
)


@dataclass(slots=True)
class _Reader:
    """JSON read value by value from pieces of text, of which little more than one is held."""

    chunks: Iterator[str]
    text: str = ""
    at: int = 0
    counted: int = 0
    """How far the lines of ``text`` were counted; counting anew would take quadratic time."""

    counted_line: int = 1
    ended: bool = False

    @property
    def line(self) -> int:
        """The line on which the reader stands."""
        self.counted_line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        return self.counted_line

    def wrong(self, reason: str) -> UnreadableStatement:
        """Return the error for what stands here."""
        return UnreadableStatement(reason, line=self.line)

    def more(self) -> bool:
        """Read as much again as is held, so that a long value is not tried too often."""
        self.counted_line, self.counted = self.line, 0
        pieces = [self.text[self.at :]]
        self.at = 0
        wanted = len(pieces[0]) or 1
        while wanted > 0:
            piece = next(self.chunks, None)
            if piece is None:
                self.ended = True
                break
            pieces.append(piece)
            wanted -= len(piece)
        self.text = "".join(pieces)
        return len(pieces) > 1

    def peek(self) -> str:
        """Return the next character that is no white space; none at the end of the file."""
        while True:
            found = _SPACE.match(self.text, self.at)
            self.at = found.end() if found else self.at
            if self.at < len(self.text):
                return self.text[self.at]
            if not self.more():
                return ""

    def looking_at(self, pattern: re.Pattern[str], chars: int) -> bool:
        """Return whether a pattern of that length at most follows."""
        self.peek()
        while len(self.text) - self.at < chars and self.more():
            pass
        return pattern.match(self.text, self.at) is not None

    def take(self, character: str) -> None:
        """Pass one mark."""
        found = self.peek()
        if found != character:
            shown = repr(found) if found else "the file's end, so it is cut off,"
            raise self.wrong(f"{shown} stands where {character!r} is expected")
        self.at += 1

    def value(self) -> Any:
        """Return the next value, whole."""
        if not self.peek():
            raise self.wrong("the file ends where a value is expected: it is cut off")
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                if len(self.text) - self.at <= VALUE_CHARS_MAX and self.more():
                    continue
                raise self._broken(error) from None
            except _Wrong as error:
                raise self.wrong(error.reason) from None
            except ValueError:
                raise self.wrong("a number has thousands of digits") from None
            except RecursionError:
                raise self.wrong("values are nested too deeply") from None
            # A number or a word at the end of a piece may go on in the next one.
            if end == len(self.text) and not self.ended and self.more():
                continue
            self.at = end
            return value

    def _broken(self, error: json.JSONDecodeError) -> UnreadableStatement:
        line = self.line + self.text.count("\n", self.at, error.pos)
        if len(self.text) - self.at > VALUE_CHARS_MAX:
            return UnreadableStatement(
                f"an object is longer than {VALUE_CHARS_MAX:,} characters or is never closed "
                f"({error.msg})",
                line=line,
            )
        is_cut = error.pos >= len(self.text.rstrip()) or error.msg.startswith("Unterminated")
        end = ": it may be cut off" if is_cut else ""
        return UnreadableStatement(f"the JSON is broken ({error.msg}){end}", line=line)

    def elements(self) -> Iterator[None]:
        """Stand at each element of an array; the caller takes it."""
        self.take("[")
        if self.peek() == "]":
            self.at += 1
            return
        while True:
            yield
            if self.peek() != ",":
                break
            self.at += 1
        self.take("]")

    def members(self, allowed: frozenset[str], what: str) -> Iterator[str]:
        """Stand at each value of an object, under the key that is yielded; the caller takes it."""
        self.take("{")
        seen: set[str] = set()
        if self.peek() == "}":
            self.at += 1
            return
        while True:
            key = self.value()
            if not isinstance(key, str):
                raise self.wrong("a key must be text")
            if key in seen:
                raise self.wrong(f"the key {key[:40]!r} is there twice")
            if key not in allowed:
                raise self.wrong(f"{key[:40]!r} is no field of {what}: {_SHAPE}")
            seen.add(key)
            self.take(":")
            yield key
            if self.peek() != ",":
                break
            self.at += 1
        self.take("}")


def _shown(value: object) -> str:
    return json.dumps(value)[:40]


def _text(value: Any) -> str:
    if type(value) is not str:
        raise _Wrong(f"{_shown(value)} is not text")
    if not value.isprintable():
        found = _FORBIDDEN.search(value)
        if found:
            raise _Wrong(f"the text holds the character U+{ord(found[0]):04X}, which is no text")
    if len(value) > FIELD_CHARS_MAX:
        raise _Wrong(f"the text is longer than {FIELD_CHARS_MAX:,} characters")
    return value


def _filled(value: Any) -> str | None:
    """Return a text, ``None`` where it is empty: nothing was said."""
    return _text(value) or None


def _finding(value: Any) -> str:
    text = _text(value)
    if not 0 < len(text) <= FINDING_CHARS_MAX:
        raise _Wrong(f"a finding has 1 to {FINDING_CHARS_MAX:,} characters, not {len(text):,}")
    return text


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise _Wrong(f"{_shown(value)} is not a whole number")
    if not -AMOUNT_MINOR_MAX <= value <= AMOUNT_MINOR_MAX:
        raise _Wrong(f"{str(value)[:40]} is over the {AMOUNT_MINOR_MAX} that an amount may have")
    return value


def _count(value: Any) -> int:
    if _whole(value) < 0:
        raise _Wrong(f"{value} is no number of anything")
    return int(value)


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise _Wrong(f"{_shown(value)} is neither true nor false")
    return value


def _currency(value: Any) -> str:
    if type(value) is not str or not is_currency(value):
        raise _Wrong(f"{_shown(value)} is not an ISO 4217 currency code, such as EUR")
    return value


_dates: dict[str, dt.date] = {}


def _date(value: Any) -> dt.date:
    known = _dates.get(value) if type(value) is str else None
    if known is not None:
        return known
    if type(value) is not str or not _DATE.fullmatch(value):
        raise _Wrong(f"{_shown(value)} is not a date, such as 2024-01-31")
    try:
        found = dt.date.fromisoformat(value)
    except ValueError:
        raise _Wrong(f"{value} is no day that exists") from None
    if not YEAR_MIN <= found.year <= YEAR_MAX:
        raise _Wrong(f"{value} is outside the years {YEAR_MIN} to {YEAR_MAX}")
    if len(_dates) < DATES_KEPT_MAX:
        _dates[value] = found
    return found


def _status(value: Any) -> str:
    if value not in {"booked", "pending", "information"}:
        raise _Wrong(f"{_shown(value)} is none of booked, pending and information")
    return str(value)


def _list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise _Wrong(f"{_shown(value)} is not a list")
    return value


def _dictionary(value: Any, allowed: frozenset[str], what: str) -> dict[str, Any]:
    if type(value) is not dict:
        raise _Wrong(f"{_shown(value)} is not an object")
    unknown = value.keys() - allowed
    if unknown:
        raise _Wrong(f"{min(unknown)[:40]!r} is no field of {what}")
    return value


def _given(values: dict[str, Any], name: str, convert: Callable[[Any], Any]) -> Any:
    """Return a field of an object, converted; ``None`` where it is absent or ``null``."""
    value = values.get(name)
    if value is None:
        return None
    try:
        return convert(value)
    except _Wrong as error:
        raise error.within(name) from None


def _extra(value: Any) -> Extra:
    found = []
    for number, pair in enumerate(_list(value)):
        if type(pair) is not list or len(pair) != len(("name", "text")):
            raise _Wrong(f"{_shown(pair)} is not a pair of name and text", f"[{number}]")
        try:
            found.append((_text(pair[0]), _text(pair[1])))
        except _Wrong as error:
            raise error.within(f"[{number}]") from None
    return tuple(found)


_DETAIL_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "amount_minor": _whole,
    "currency": _currency,
    "description": _text,
    "extra": _extra,
}
_DETAIL_FIELDS: dict[str, tuple[int, Callable[[Any], Any]]] = {
    name: (slot, _DETAIL_CONVERTERS.get(name, _filled)) for slot, name in enumerate(Detail._fields)
}
_DETAIL_DEFAULTS = list(Detail())


def _details(value: Any) -> tuple[Detail, ...]:
    found = []
    for number, member in enumerate(_list(value)):
        if type(member) is not dict:
            raise _Wrong(f"{_shown(member)} is not an object", f"[{number}]")
        try:
            found.append(Detail._make(_slots(member, _DETAIL_FIELDS, _DETAIL_DEFAULTS)))
        except _Wrong as error:
            raise error.within(f"[{number}]") from None
    return tuple(found)


def _slots(
    values: dict[str, Any],
    fields: dict[str, tuple[int, Callable[[Any], Any]]],
    defaults: list[Any],
) -> list[Any]:
    """Return an object's values in the order of a named tuple's fields."""
    slots = defaults.copy()
    for name, value in values.items():
        known = fields.get(name)
        if known is None:
            raise _Wrong(f"{name[:40]!r} is no field here: {_SHAPE}")
        if value is None:
            continue
        slot, convert = known
        try:
            slots[slot] = convert(value)
        except _Wrong as error:
            raise error.within(name) from None
    return slots


_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "index": _count,
    "date": _date,
    "value_date": _date,
    "amount_minor": _whole,
    "currency": _currency,
    "original_amount_minor": _whole,
    "original_currency": _currency,
    "running_balance_minor": _whole,
    "status": _status,
    "is_reversal": _flag,
    "details": _details,
    "extra": _extra,
    "position": _count,
}
_DEFAULTS_BY_NAME = Line._field_defaults
_LINE_DEFAULTS = [_DEFAULTS_BY_NAME.get(name) for name in Line._fields]
_SLOT = {name: slot for slot, name in enumerate(Line._fields)}
_INDEX, _DAY, _AMOUNT, _CURRENCY = (
    _SLOT[name] for name in ("index", "date", "amount_minor", "currency")
)
_DESCRIPTION, _RECEIVED, _POSITION = (
    _SLOT[name] for name in ("description", "description_received", "position")
)
_DECIMAL = len(Line._fields)
"""The slot of ``amount``, behind those of a line: its currency may come after it."""

_LINE_FIELDS: dict[str, tuple[int, Callable[[Any], Any]]] = {
    **{name: (slot, _CONVERTERS.get(name, _filled)) for name, slot in _SLOT.items()},
    "amount": (_DECIMAL, _text),
}
_LINE_SLOTS = [*_LINE_DEFAULTS, None]
_UNCLEAN = re.compile(r"\s\s|[\r\n\t]|\A\s|\s\Z")


@dataclass(slots=True)
class _Statement:
    """One statement while its lines pass."""

    number: int
    options: Options
    facts: dict[str, Any] = field(default_factory=dict)
    is_stated: bool = True
    account: Account = field(default_factory=lambda: Account(None))
    booked: Totals = field(default_factory=Totals)
    held: list[Line] = field(default_factory=list)
    count: int = 0
    currencies: set[str | None] = field(default_factory=set)

    def state(self, facts: dict[str, Any]) -> None:
        """Take what the statement says of itself, which comes before or after its lines."""
        self.facts |= facts
        if "account" in facts and facts["account"] is not None:
            if self.count:
                raise _Wrong("it must stand before the lines, whose currency it gives", "account")
            self.account = _account(facts["account"], self.options.default_currency)

    def line(self, value: Any, at_line: int) -> None:
        """Take one line."""
        try:
            self.held.append(self._converted(value, at_line))
        except _Wrong as error:
            inner = error.within(f"lines[{self.count}]")
            raise UnreadableStatement(f"{inner.path}: {inner.reason}", line=at_line) from None
        self.count += 1

    def _converted(self, value: Any, at_line: int) -> Line:
        if type(value) is not dict:
            raise _Wrong(f"{_shown(value)} is not an object")
        slots = _slots(value, _LINE_FIELDS, _LINE_SLOTS)
        decimal = slots.pop()
        if slots[_DAY] is None:
            raise _Wrong("the date is missing")
        currency = slots[_CURRENCY]
        if currency is None:
            currency = slots[_CURRENCY] = self._currency("currency" in value)
        self.currencies.add(currency)
        if decimal is not None:
            slots[_AMOUNT] = _minor(decimal, currency, slots[_AMOUNT])
        elif slots[_AMOUNT] is None:
            raise _Wrong("the amount is missing: amount_minor or amount")
        if slots[_INDEX] is None:
            slots[_INDEX] = self.count
        elif slots[_INDEX] != self.count:
            raise _Wrong(
                f"{slots[_INDEX]} where {self.count} follows: a line is missing or moved", "index"
            )
        _clean_description(slots)
        slots[_POSITION] = slots[_POSITION] or at_line
        return Line._make(slots)

    def _currency(self, is_null: bool) -> str | None:
        default = self.options.default_currency
        found = default if is_null else self.account.currency or default
        if found is not None and found == default and decimals_of(found) != DECIMALS_DEFAULT:
            raise _Wrong(
                f"the amount has no currency, so two decimals, and cannot become {found}",
                "currency",
            )
        return found

    def block(self) -> list[Line]:
        """Return the lines held, and hold none."""
        block, self.held = self.held, []
        # What is pending or told for information has not moved the balance.
        self.booked.add([line for line in block if line.status == "booked"])
        return block

    def summary(self, line: int, warnings: tuple[str, ...]) -> Summary:
        """Return the statement's summary, with its control totals checked."""
        try:
            return self._summary(warnings)
        except _Wrong as error:
            raise UnreadableStatement(
                f"{error.path}: {error.reason}" if error.path else error.reason, line=line
            ) from None

    def _summary(self, warnings: tuple[str, ...]) -> Summary:
        facts = self.facts
        opening = _given(facts, "opening_balance_minor", _whole)
        closing = _given(facts, "closing_balance_minor", _whole)
        announced = _given(facts, "lines_count", _count)
        _given(facts, "checked", _texts)
        period = _given(facts, "period", _period) or (None, None)
        account = self.account
        if account.currency is None and not self.is_stated and len(self.currencies) == 1:
            account = Account(account.id, currency=next(iter(self.currencies)))
        found = list(_given(facts, "breaks", _breaks) or ())
        ties = closing_break(opening, self.booked.net_minor, closing, account.currency)
        if ties and not found:
            # A statement that is broken already says where, and this would be its consequence.
            found.append(ties)
        checked = [_TIES] if None not in {opening, closing} and ties is None else []
        if announced is not None:
            short = count_break("number of lines", self.count, announced)
            found += [short] if short else []
            checked += [] if short else ["number of lines"]
        return Summary(
            format=FORMAT,
            account=account,
            identification=_given(facts, "identification", _filled),
            period_start=period[0],
            period_end=period[1],
            opening_balance_minor=opening,
            closing_balance_minor=closing,
            available_balance_minor=_given(facts, "available_balance_minor", _whole),
            lines_count=self.count,
            net_minor=self.booked.net_minor,
            checked=tuple(checked),
            breaks=tuple(found),
            warnings=warnings,
            extra=_given(facts, "extra", _extra) or (),
        )


def _minor(decimal: str, currency: str | None, amount_minor: int | None) -> int:
    if amount_minor is not None:
        raise _Wrong("the line has amount_minor too; give one of them", "amount")
    try:
        if len(decimal) > AMOUNT_CHARS_MAX:
            raise _Wrong(f"an amount of {len(decimal)} characters", "amount")
        return parse_minor(decimal, currency)
    except InvalidInput as error:
        raise _Wrong(error.message, "amount") from None


def _clean_description(slots: list[Any]) -> None:
    description = slots[_DESCRIPTION] = slots[_DESCRIPTION] or ""
    if _UNCLEAN.search(description):
        slots[_RECEIVED] = slots[_RECEIVED] or description
        slots[_DESCRIPTION] = " ".join(description.split())
    elif not slots[_RECEIVED]:
        slots[_RECEIVED] = description


def _account(value: Any, default_currency: str | None) -> Account:
    try:
        found = _dictionary(value, _ACCOUNT_KEYS, "an account")
        return Account(
            id=_given(found, "id", _filled),
            bank_id=_given(found, "bank_id", _filled),
            type=_given(found, "type", _filled),
            currency=_given(found, "currency", _currency) or default_currency,
            holder=_given(found, "holder", _filled),
        )
    except _Wrong as error:
        raise error.within("account") from None


def _period(value: Any) -> tuple[dt.date | None, dt.date | None]:
    found = _dictionary(value, _PERIOD_KEYS, "a period")
    start, end = _given(found, "start", _date), _given(found, "end", _date)
    if start and end and end < start:
        raise _Wrong("it ends before it starts")
    return start, end


def _findings(value: Any) -> tuple[str, ...]:
    return tuple(map(_finding, _list(value)))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, _list(value)))


def _breaks(value: Any) -> tuple[Break, ...]:
    found = []
    for number, one in enumerate(_list(value)):
        try:
            found.append(_break(one))
        except _Wrong as error:
            raise error.within(f"[{number}]") from None
    return tuple(found)


def _break(value: Any) -> Break:
    fields = _dictionary(value, _BREAK_KEYS, "a break")
    texts = {name: _given(fields, name, _finding) or "" for name in _BREAK_TEXTS}
    if not texts["reason"]:
        raise _Wrong("a break without a reason")
    return Break(**texts, position=_given(fields, "position", _count))


def read(source: Source, options: Options) -> Events:
    """Yield the statements of a document or of JSON Lines.

    Raises:
        UnreadableStatement: The JSON is broken or cut off, or is of another shape than ours.
    """
    warnings: list[str] = []
    reader = _Reader(text_chunks(source, warnings))
    if reader.looking_at(_DOCUMENT, _DOCUMENT_CHARS):
        yield from _document(reader, options, warnings)
    else:
        yield from _objects(reader, options, warnings)


def _document(reader: _Reader, options: Options, warnings: list[str]) -> Events:
    statements = False
    origin: Extra = ()
    pending: Summary | None = None
    for key in reader.members(_DOCUMENT_KEYS, "a file"):
        if key == "format":
            name = _top(reader, "format", _text)
            origin = () if name in {None, FORMAT} else (("source_format", name),)
        elif key == "warnings":
            warnings += _top(reader, "warnings", _findings) or ()
        else:
            number = 0
            for _ in reader.elements():
                if pending is not None:
                    yield pending
                statement = _Statement(number, options)
                yield from _in_document(reader, statement)
                yield statement.block()
                pending = statement.summary(reader.line, ())
                number += 1
            statements = number > 0
    if reader.peek():
        raise reader.wrong("something follows the end of the document")
    if not statements or pending is None:
        raise UnreadableStatement("the document holds no statement")
    # The file's warnings stand behind its statements, so the last one carries them.
    yield _replaced(pending, tuple(warnings), origin)


def _replaced(summary: Summary, warnings: tuple[str, ...], origin: Extra) -> Summary:
    extra = summary.extra + tuple(pair for pair in origin if pair not in summary.extra)
    return replace(summary, warnings=warnings, extra=extra)


def _top(reader: _Reader, name: str, convert: Callable[[Any], Any]) -> Any:
    line = reader.line
    try:
        return _given({name: reader.value()}, name, convert)
    except _Wrong as error:
        raise UnreadableStatement(f"{error.path}: {error.reason}", line=line) from None


def _in_document(reader: _Reader, statement: _Statement) -> Iterator[list[Line]]:
    begins = reader.line
    has_lines = False
    for key in reader.members(_STATEMENT_KEYS | {"lines"}, "a statement"):
        line = reader.line
        if key == "lines":
            has_lines = True
            for _ in reader.elements():
                reader.peek()
                at_line = reader.line
                statement.line(reader.value(), at_line)
                if len(statement.held) == LINES_IN_BLOCK:
                    yield statement.block()
            continue
        try:
            statement.state({key: reader.value()})
        except _Wrong as error:
            path = error.within(f"statements[{statement.number}]").path
            raise UnreadableStatement(f"{path}: {error.reason}", line=line) from None
    if not has_lines:
        raise UnreadableStatement(f"statements[{statement.number}] has no lines", line=begins)


def _values(reader: _Reader) -> Iterator[tuple[int, Any]]:
    """Yield the objects one after the other, or those of one array, each with its line."""
    if reader.peek() == "[":
        for _ in reader.elements():
            reader.peek()
            yield reader.line, reader.value()
        if reader.peek():
            raise reader.wrong("something follows the end of the array")
        return
    while reader.peek():
        line = reader.line
        yield line, reader.value()


def _objects(reader: _Reader, options: Options, warnings: list[str]) -> Events:
    statement: _Statement | None = None
    for line, value in _values(reader):
        is_line = type(value) is not dict or not value.keys().isdisjoint(_OF_A_LINE)
        if is_line:
            if statement is None:
                statement = _Statement(0, options, is_stated=False)
            statement.line(value, line)
            if len(statement.held) == LINES_IN_BLOCK:
                yield statement.block()
            continue
        if statement is not None:
            yield statement.block()
            yield statement.summary(line, ())
        statement = _begun(value, line, options, 0 if statement is None else statement.number + 1)
    if statement is None:
        raise UnreadableStatement("the file holds no statement")
    yield statement.block()
    yield statement.summary(reader.line, tuple(warnings))


def _begun(value: dict[str, Any], line: int, options: Options, number: int) -> _Statement:
    statement = _Statement(number, options)
    if not value:
        raise UnreadableStatement("an empty object is neither statement nor line", line=line)
    unknown = sorted(value.keys() - _STATEMENT_KEYS)
    if unknown:
        raise UnreadableStatement(
            f"{unknown[0][:40]!r} is no field of a statement or a line: {_SHAPE}", line=line
        )
    try:
        statement.state(value)
    except _Wrong as error:
        raise UnreadableStatement(f"{error.path}: {error.reason}", line=line) from None
    return statement
