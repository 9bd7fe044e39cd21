"""Movements of BAI2: records 16 with their continuations, one by one and many at once.

``read_movement`` reads one record and words the refusals. ``read_movements`` takes those of a run
of a few hundred that have a usual shape by columns, in which every step runs in C, and leaves each
in which anything is unusual to the other; both give the same lines
(``tests/unit/statements/test_bai2.py`` compares them).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, repeat
from operator import add, mul
from typing import TYPE_CHECKING, NamedTuple

from shared.errors import UnreadableStatement
from shared.money import AMOUNT_MINOR_MAX
from shared.statements.bai2_types import CHECK_PAID, NOTICE, SIGNS, sign_of
from shared.statements.dates import date_readings
from shared.statements.model import Break, Extra, Line
from shared.statements.text import FIELD_CHARS_MAX
from shared.statements.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_AMOUNT = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_KEYED = re.compile(r"\n[^\S\n]*([A-Z]{4}):[ ]?([^\n]*)")

_BEGIN = "\x02"
"""Stands before each record of a block; ``text_chunks`` lets no control character of a file
through."""

_GOES_ON = "\x03"
"""Stands for the line end and the ``88,`` of a continuation, which begins a new field too."""

_NEXT = f"[,{_GOES_ON}]"
_FIELD = f"[^,\n{_BEGIN}{_GOES_ON}]*"
_SPREAD = f"{_NEXT}[0-9+-]*"
_DETAIL = re.compile(
    f"{_BEGIN}([0-9]{{3}}),([+-]?0{{0,3}}[0-9]{{1,15}}),"
    f"([012Z]?|V{_NEXT}[0-9]*{_NEXT}[0-9]*|S{_SPREAD}{_SPREAD}{_SPREAD}"
    f"|D{_NEXT}(?:1(?:{_SPREAD}){{2}}|2(?:{_SPREAD}){{4}}|3(?:{_SPREAD}){{6}}))"
    f"{_NEXT}({_FIELD}){_NEXT}({_FIELD})(?:{_NEXT}([^\n{_BEGIN}]*))?(?![^{_BEGIN}])"
    f"|{_BEGIN}[^{_BEGIN}]*"
)
"""A record 16 with its continuations by parts, or nothing of one that is unusual."""

_BLANKS_AT_END = re.compile(r"(?<! ) +\n")
_OTHER_SPACE = re.compile(
    "[\t\f\x1c-\x1f\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]"
)

COLUMNS_MIN = 4
"""Fewer movements are read faster one by one (measured)."""


def date_of(text: str, what: str) -> dt.date:
    """Return a date YYMMDD, in version 3 also YYYYMMDD."""
    if text.isascii() and text.isdecimal() and len(text) in {6, 8}:
        century = "" if len(text) == len("20240131") else ("19" if text >= "70" else "20")
        found = set(
            date_readings(f"{century}{text}"[:4] + "-" + text[-4:-2] + "-" + text[-2:]).values()
        )
        if len(found) == 1:
            return found.pop()
    raise UnreadableStatement(
        f"the {what} {text[:20]!r} is no day that exists; YYMMDD was expected"
    )


def minor_of(text: str, what: str) -> int:
    """Return an amount, which is written in whole minor units."""
    if not _AMOUNT.fullmatch(text) or abs(int(text)) > AMOUNT_MINOR_MAX:
        raise UnreadableStatement(
            f"the amount {text[:40]!r} of {what} is not readable; up to 16 digits without a "
            "decimal mark were expected"
        )
    return int(text)


def count_of(text: str, what: str) -> int:
    """Return a number of items, records, accounts or groups."""
    if not (text.isascii() and text.isdecimal() and len(text) <= len("999999999999")):
        raise UnreadableStatement(f"the number {text[:40]!r} of {what} is not readable")
    return int(text)


@dataclass(slots=True)
class Record:
    """A record with its continuations: the lines' contents, without their ends."""

    code: str
    line: int
    parts: list[str]
    chars: int = 0

    def fields(self) -> list[str]:
        """Return the fields after the record code; a continuation begins a new one."""
        return [one.strip() for one in ",".join(self.parts).split(",")]


@dataclass(slots=True)
class Level:
    """What an account, a group or the file comes to, for its trailer."""

    line: int
    control: int = 0
    records: int = 0
    members: int = 0


@dataclass(slots=True)
class Group:
    """A record 02 and what its accounts share."""

    level: Level
    originator: str | None
    date: dt.date
    currency: str
    extra: list[tuple[str, str]]
    warnings: list[str]


@dataclass(slots=True)
class Balances:
    """A record 03 and what is counted while its movements pass."""

    level: Level
    group: Group
    id: str
    currency: str
    totals: Totals = field(default_factory=Totals)
    states: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    notices: int = 0
    extra: list[tuple[str, str]] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)
    breaks: list[Break] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def lines_count(self) -> int:
        """Lines so far, with the notices that carry no money."""
        return self.totals.count


def spread_of(
    funds: str, fields: list[str], at: int, what: str
) -> tuple[list[tuple[str, str]], int]:
    """Return when an amount becomes available, and where the fields that say so end.

    Funds type S has three amounts, V a date and a time, D a number of pairs of days and amount.
    """
    if funds in {"", "0", "1", "2", "Z"}:
        return ([("funds type", funds)] if funds else []), at
    if funds == "S":
        values = [*fields[at : at + 3], "", "", ""]
        when = ("immediate", "in one day", "in two days or more")
        return [pair for pair in zip(when, values, strict=False) if pair[1]], at + 3
    if funds == "V":
        values = [*fields[at : at + 2], "", ""]
        names = ("value date", "value time")
        return [pair for pair in zip(names, values, strict=False) if pair[1]], at + 2
    if funds == "D":
        count = count_of(fields[at] if at < len(fields) else "", f"the funds type D of {what}")
        end = at + 1 + 2 * count
        if end > len(fields):
            raise UnreadableStatement(f"the funds type D of {what} announces {count} amounts")
        pairs = zip(fields[at + 1 : end : 2], fields[at + 2 : end : 2], strict=True)
        return [(f"in {days} days", amount) for days, amount in pairs], end
    raise UnreadableStatement(
        f"{what} has the funds type {funds[:20]!r} where 0, 1, 2, S, V, D, Z or nothing was "
        "expected"
    )


def read_movement(record: Record, account: Balances) -> Line:
    """Return a record 16 as a line."""
    try:
        return _line_of(record, account)
    except UnreadableStatement as error:
        raise UnreadableStatement(error.reason, line=record.line) from None


def _line_of(record: Record, account: Balances) -> Line:
    # A continuation goes on with the next field or, once the text has begun, with its next line.
    whole = "\n".join(record.parts)
    fields = re.split(r"[,\n]", whole, maxsplit=_FIELDS_MAX)
    if len(fields) < len(("type", "amount")):
        raise UnreadableStatement(
            f"record 16 holds {whole[:40]!r} where type code and amount were expected"
        )
    code, amount, funds, *_ = [*(one.strip() for one in fields[:3]), ""]
    spread, at = spread_of(funds, [one.strip() for one in fields], 3, "record 16")
    value_date = None
    extra: list[tuple[str, str]] = []
    for name, value in spread:
        if name == "value date" and value.strip("0"):
            value_date = date_of(value, "value date of record 16")
        elif name != "value date":
            extra.append((name, value))
    bank, own, *_ = [*(one.strip() for one in fields[at : at + 2]), "", ""]
    text = re.split(r"[,\n]", whole, maxsplit=at + 2)[at + 2 :]
    if code == NOTICE:
        minor = minor_of(amount, "record 16") if amount else 0
        account.level.control += minor
        signed = 0
        if minor:
            extra.append(("amount", amount))
    else:
        sign = sign_of(code)
        if not amount:
            raise UnreadableStatement("record 16 has no amount")
        minor = minor_of(amount, "record 16")
        account.level.control += minor
        signed = sign * minor
    details = _text_of(text[0] if text else "", signed)
    totals = account.totals
    index = account.lines_count
    line = Line(
        index=index,
        date=account.group.date,
        value_date=value_date,
        amount_minor=signed,
        currency=account.currency,
        description=details.description,
        description_received=details.received,
        counterparty=details.counterparty,
        counterparty_account=details.account,
        end_to_end_id=details.end_to_end_id,
        check_number=details.check_number or _check_number(code, own),
        customer_reference=own or None,
        bank_reference=bank or None,
        transaction_code=code,
        status="information" if code == NOTICE else "booked",
        extra=(*extra, *details.extra),
        position=record.line,
    )
    totals.add([line])
    account.notices += code == NOTICE
    return line


_FIELDS_MAX = 2_000
"""Fields of a movement that are looked at: a funds type D has two for each amount."""


def _check_number(code: str, own: str) -> str | None:
    return own if code == CHECK_PAID and own.isdecimal() and own.strip("0") else None


class _Text(NamedTuple):
    """What the text of a movement says."""

    description: str
    received: str
    counterparty: str | None = None
    account: str | None = None
    end_to_end_id: str | None = None
    check_number: str | None = None
    extra: Extra = ()


def _text_of(text: str, signed: int) -> _Text:
    """Return what a text says: free text, and below it perhaps lines such as ``EREF: 123``.

    The words are Goldman Sachs' and others': DBNM and CRNM name debtor and creditor, DACT and CACT
    their accounts; the other party is the debtor of a credit and the creditor of a debit.
    """
    received = text.strip()
    parts = _KEYED.split(received)
    values: dict[str, str] = {}
    extra: list[tuple[str, str]] = []
    party, number = ("DBNM", "DACT") if signed >= 0 else ("CRNM", "CACT")
    for key, value in zip(parts[1::3], map(_one_line, parts[2::3]), strict=True):
        if (
            key in {party, number, "EREF", "CHKN"}
            and key not in values
            and value
            and (key != "CHKN" or value.isdecimal())
        ):
            values[key] = value
        elif value:
            extra.append((key, value))
    description = _one_line(" ".join(parts[::3]))
    return _Text(
        description,
        description if description == received else received,
        values.get(party),
        values.get(number),
        values.get("EREF"),
        values.get("CHKN"),
        tuple(extra),
    )


@lru_cache(maxsize=1024)
def _funds(text: str) -> tuple[dt.date | None, Extra]:
    """Return value date and the rest of what a funds type of one line says."""
    kind, *rest = text.replace(_GOES_ON, ",").split(",")
    spread, _ = spread_of(kind, rest, 0, "record 16")
    value = next((value for name, value in spread if name == "value date"), "")
    extra = tuple(pair for pair in spread if pair[0] != "value date")
    return (date_of(value, "value date of record 16") if value.strip("0") else None), extra


def _one_line(text: str) -> str:
    return " ".join(text.split())


def read_movements(
    run: str, first_line: int, account: Balances, read_run: Callable[[str, int], list[Line]]
) -> list[Line]:
    """Return the movements of a run, as many of them by columns as have a usual shape.

    Args:
        run: Whole lines, of records 16 and 88.
        first_line: The number of its first line in the file.
        account: Whose movements they are; its counts go on.
        read_run: Reads movements one by one.
    """
    # Blanks and a slash that end a line are no text.
    text = _BLANKS_AT_END.sub("\n", run) if " \n" in run else run
    if "/\n" in text:
        text = text.replace("/\n", "\n")
        text = _BLANKS_AT_END.sub("\n", text) if " \n" in text else text
    text = ("\n" + text[:-1]).replace("\n88,", _GOES_ON)
    pieces = text.split("\n16,")[1:]
    if len(pieces) < COLUMNS_MIN or "\n16" in _BEGIN.join(pieces):
        return read_run(run, first_line)
    rows = _DETAIL.findall(_BEGIN + _BEGIN.join(pieces))
    sizes = [1 + piece.count(_GOES_ON) for piece in pieces]
    odd = _odd(pieces, rows)
    if any("\n" in pieces[index] for index in odd):
        sizes = [size + piece.count("\n") for size, piece in zip(sizes, pieces, strict=True)]
    begun = account.totals.count
    positions = list(accumulate(sizes, initial=first_line))
    if not odd:
        account.level.records += sum(sizes)
        return _by_columns(range(begun, begun + len(rows)), rows, positions, account)
    rest = run.split("\n")
    found: dict[int, Line] = {}
    for index in odd:
        at, end = positions[index] - first_line, positions[index + 1] - first_line
        (line,) = read_run("\n".join([*rest[at:end], ""]), positions[index])
        found[index] = line._replace(index=begun + index)
    usual = [index for index in range(len(rows)) if index not in found]
    if usual:
        account.level.records += sum(sizes[index] for index in usual)
        lines = _by_columns(
            [begun + index for index in usual],
            [rows[index] for index in usual],
            [positions[index] for index in usual],
            account,
        )
        found |= zip(usual, lines, strict=True)
    return [found[index] for index in range(len(rows))]


def _odd(pieces: Sequence[str], rows: Sequence[tuple[str, ...]]) -> list[int]:
    """Return which records need a closer look, in their order."""
    codes, _, funds, *_ = zip(*rows, strict=True)
    unknown = set(codes) - SIGNS.keys()
    unreadable = {one for one in set(funds) if one[:1] == "V" and not _is_readable(one)}
    odd: set[int] = set()
    if unknown or unreadable:
        odd |= {
            index
            for index, (code, _, when, *_) in enumerate(rows)
            if code in unknown or when in unreadable
        }
    if max(map(len, pieces)) > FIELD_CHARS_MAX:
        odd |= {index for index, one in enumerate(pieces) if len(one) > FIELD_CHARS_MAX}
    joined = _BEGIN.join(pieces)
    if (not joined.isascii() or "\t" in joined or "\f" in joined) and _OTHER_SPACE.search(joined):
        odd |= {index for index, one in enumerate(pieces) if _OTHER_SPACE.search(one)}
    return sorted(odd)


def _is_readable(funds: str) -> bool:
    try:
        _funds(funds)
    except UnreadableStatement:
        return False
    return True


def _by_columns(
    indexes: Iterable[int],
    rows: Sequence[tuple[str, ...]],
    positions: Iterable[int],
    account: Balances,
) -> list[Line]:
    """Return movements of usual shape."""
    codes, amounts, funds, banks, owns, texts = zip(*rows, strict=True)
    written = list(map(int, amounts))
    signed = list(map(mul, written, map(SIGNS.__getitem__, codes)))
    own, bank = list(map(str.strip, owns)), list(map(str.strip, banks))
    account.level.control += sum(written)
    totals = account.totals
    debits = [amount for amount in signed if amount < 0]
    totals.count += len(rows)
    totals.net_minor += sum(signed)
    totals.debits_count += len(debits)
    totals.debits_minor += sum(debits)
    of_funds = {one: _funds(one) for one in set(funds)}
    values = {one: value for one, (value, _) in of_funds.items()}
    extras = {one: extra for one, (_, extra) in of_funds.items()}
    received = _BEGIN.join(texts).replace(_GOES_ON, "\n").split(_BEGIN)
    received = list(map(str.strip, received))
    details = _details_of(received, signed)
    checks = details.check_numbers
    if CHECK_PAID in codes:
        paid = map(_check_number, codes, own)
        checks = [one or two for one, two in zip(checks, paid, strict=False)]
    extra: Iterable[Extra] = map(extras.__getitem__, funds)
    if details.extras:
        extra = map(add, extra, details.extras)
    nothing = repeat(None)
    return list(
        map(
            tuple.__new__,
            repeat(Line),
            zip(
                indexes,
                repeat(account.group.date),
                map(values.__getitem__, funds),
                signed,
                repeat(account.currency),
                details.descriptions,
                received,
                details.counterparties,
                details.accounts,
                details.end_to_end_ids,
                nothing,
                checks,
                [one or None for one in own],
                nothing,
                [one or None for one in bank],
                codes,
                nothing,
                nothing,
                nothing,
                nothing,
                repeat("booked"),
                repeat(False),
                repeat(()),
                extra,
                positions,
                strict=False,
            ),
        )
    )


class _TextColumns(NamedTuple):
    """What texts say, by column; each is read once."""

    descriptions: Iterable[str]
    counterparties: Iterable[str | None] = repeat(None)
    accounts: Iterable[str | None] = repeat(None)
    end_to_end_ids: Iterable[str | None] = repeat(None)
    check_numbers: Iterable[str | None] = repeat(None)
    extras: Sequence[Extra] | None = None


def _details_of(received: Sequence[str], signed: Sequence[int]) -> _TextColumns:
    """Return what texts say, of which other space than blanks and line ends is no part."""
    text = _BEGIN.join(received)
    flat = text.replace("\n", " ")
    descriptions = flat.split(_BEGIN)
    if "  " in flat:
        descriptions = list(map(_one_line, descriptions))
    if "\n" not in text or not _KEYED.search(text):
        return _TextColumns(descriptions)
    found = [
        _text_of(one, minor) if _KEYED.search(one) else _Text(description, one)
        for one, minor, description in zip(received, signed, descriptions, strict=True)
    ]
    return _TextColumns(
        [one.description for one in found],
        [one.counterparty for one in found],
        [one.account for one in found],
        [one.end_to_end_id for one in found],
        [one.check_number for one in found],
        [one.extra for one in found],
    )
