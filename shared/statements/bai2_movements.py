"""Movements of BAI2: records 16 with their continuations, one by one and many at once.

``read_movement`` reads one record and words the refusals. ``read_block`` takes a block of a few
hundred records of the usual shape by columns, in which every step runs in C, and leaves a block in
which anything is unusual to the other; both give the same lines
(``tests/unit/statements/test_bai2.py`` compares them).
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, repeat
from operator import mul
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.money import AMOUNT_MINOR_MAX
from shared.statements.bai2_types import CHECK_PAID, NOTICE, SIGNS, sign_of
from shared.statements.dates import date_readings
from shared.statements.model import Break, Extra, Line
from shared.statements.text import FIELD_CHARS_MAX
from shared.statements.totals import Totals

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_AMOUNT = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_KEYED = re.compile(r"([A-Z]{4}):[ ]?(.*)")

_DETAIL = re.compile(
    r"\n16,([0-9]{3}),([0-9]{1,15}),([012Z]?|V,[0-9]{6},[0-9]{0,4}),([^,/\n]*),([^,/\n]*)"
    r"(?:,([^\n]*)|[ ]*/[ ]*)?((?:\n88,[^\n]*)*)"
)
_OTHER_SPACE = re.compile("[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_KEYED_LINE = re.compile(r"\n[A-Z]{4}:")


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


@dataclass(frozen=True, slots=True)
class _Text:
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
    free: list[str] = []
    values: dict[str, str] = {}
    extra: list[tuple[str, str]] = []
    party, number = ("DBNM", "DACT") if signed >= 0 else ("CRNM", "CACT")
    wanted = {party, number, "EREF", "CHKN"}
    for index, line in enumerate(received.split("\n")):
        keyed = _KEYED.fullmatch(line.strip()) if index else None
        if not keyed:
            free.append(line)
        elif (
            keyed[1] in wanted
            and keyed[1] not in values
            and keyed[2].strip()
            and (keyed[1] != "CHKN" or keyed[2].strip().isdecimal())
        ):
            values[keyed[1]] = " ".join(keyed[2].split())
        elif keyed[2].strip():
            extra.append((keyed[1], " ".join(keyed[2].split())))
    description = " ".join(" ".join(free).split())
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
    kind, *rest = text.split(",")
    spread, _ = spread_of(kind, rest, 0, "record 16")
    value = next((value for name, value in spread if name == "value date"), "")
    extra = tuple(pair for pair in spread if pair[0] != "value date")
    return (date_of(value, "value date of record 16") if value.strip("0") else None), extra


def read_block(run: str, first_line: int, account: Balances) -> list[Line] | None:
    """Return the movements of a block of usual shape, ``None`` where anything is unusual."""
    text = "\n" + run[:-1]
    rows = _DETAIL.findall(text)
    continued = text.count("\n88,")
    # Each match covers whole lines, of which the first is a 16 and the others are 88.
    if not rows or len(rows) + continued != text.count("\n"):
        return None
    codes, amounts, funds, bank, own, texts, continuations = zip(*rows, strict=True)
    if sum(map(str.count, continuations, repeat("\n"))) != continued:
        return None
    try:
        signs = list(map(SIGNS.__getitem__, codes))
        kinds = {one: _funds(one) for one in set(funds)}
    except (KeyError, UnreadableStatement):
        return None
    if " " in "".join(bank) or " " in "".join(own):
        bank, own = tuple(map(str.strip, bank)), tuple(map(str.strip, own))
    received = _received(texts, continuations if continued else None)
    if received is None:
        return None
    descriptions = _descriptions(received)
    if descriptions is None:
        return None
    magnitudes = list(map(int, amounts))
    signed = list(map(mul, magnitudes, signs))
    account.level.control += sum(magnitudes)
    account.level.records += text.count("\n")
    totals = account.totals
    index, count = totals.count, len(rows)
    debits = [amount for amount in signed if amount < 0]
    totals.count += count
    totals.net_minor += sum(signed)
    totals.debits_count += len(debits)
    totals.debits_minor += sum(debits)
    checks: Iterable[str | None] = repeat(None)
    if CHECK_PAID in codes:
        checks = map(_check_number, codes, own)
    positions: Iterable[int] = range(first_line, first_line + count)
    if continued:
        steps = [1 + one.count("\n") for one in continuations]
        positions = accumulate(steps, initial=first_line)
    nothing = repeat(None)
    values, extras = {}, {}
    for one, (value, extra) in kinds.items():
        values[one], extras[one] = value, extra
    return list(
        map(
            tuple.__new__,
            repeat(Line),
            zip(
                range(index, index + count),
                repeat(account.group.date),
                map(values.__getitem__, funds),
                signed,
                repeat(account.currency),
                descriptions,
                received,
                nothing,
                nothing,
                nothing,
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
                map(extras.__getitem__, funds),
                positions,
                strict=False,
            ),
        )
    )


_MARK = "\x02"
"""Stands between texts; ``text_chunks`` lets no control character of a file through."""


def _received(texts: Sequence[str], continuations: Sequence[str] | None) -> Sequence[str] | None:
    """Return texts without the blanks and slashes that end their lines."""
    if continuations is None:
        joined = list(map(str.strip, texts))
        if any(map(str.endswith, joined, repeat("/"))):
            joined = [one.removesuffix("/").strip() for one in joined]
        return None if max(map(len, joined)) > FIELD_CHARS_MAX else joined
    if max(map(len, texts)) + max(map(len, continuations)) > FIELD_CHARS_MAX:
        return None
    return [
        "\n".join(
            [
                part.rstrip().removesuffix("/").rstrip()
                for part in (first + more.replace("\n88,", "\n")).split("\n")
            ]
        ).strip()
        for first, more in zip(texts, continuations, strict=True)
    ]


def _descriptions(received: Sequence[str]) -> Sequence[str] | None:
    """Return clean texts, the same objects where they are; ``None`` for lines with words."""
    text = _MARK + _MARK.join(received) + _MARK
    if "\n" in text and _KEYED_LINE.search(text):
        return None
    if (
        "\n" in text
        or "  " in text
        or _MARK + " " in text
        or "\t" in text
        or "\f" in text
        or (not text.isascii() and _OTHER_SPACE.search(text))
    ):
        return [" ".join(one.split()) for one in received]
    return received
