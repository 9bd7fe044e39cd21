"""BAI2 cash management files (BAI 2005; ASC X9 since 2009; version 3 is X9.121, BTRS).

A file is lines of comma-separated fields, each ended by ``/`` or by the end of the line::

    01 file header          02 group: whose bank, as of which day, in which currency
    03 account and totals   16 one movement          88 continues the record before it
    49 account trailer      98 group trailer         99 file trailer

Movements have no date of their own: the group's as-of date is the booking date, a funds type V
gives the value date. Amounts are whole minor units of the currency; the type code says on which
side they stand (``bai2_types``). The text of a movement goes to the end of its line and may hold
commas and slashes; one slash at the very end of a line is the record's end, not text.

Trailers announce sums and numbers: 49 the sum of all amounts of the 03 and its 16 as written
("algebraic sum", so without the sides of the type codes) and the physical records, 98 and 99 the
same over accounts and groups with their numbers. A trailer that does not hold, or is not there,
is a break of the last account before it.
"""

from __future__ import annotations

import re
from itertools import repeat
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.money import is_currency
from shared.statements.bai2_movements import (
    Balances,
    Group,
    Level,
    Record,
    count_of,
    date_of,
    minor_of,
    read_movement,
    read_movements,
    spread_of,
)
from shared.statements.bai2_types import (
    AVAILABLE,
    CLOSING_LEDGER,
    OPENING_LEDGER,
    TOTAL_CREDITS,
    TOTAL_DEBITS,
)
from shared.statements.model import Account, Summary
from shared.statements.text import FIELD_CHARS_MAX, record_blocks
from shared.statements.totals import closing_break, count_break, missing_end, sum_break

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shared.statements.head import Head
    from shared.statements.model import Event, Events, Line
    from shared.statements.options import Options
    from shared.statements.source import Source

CURRENCY_DEFAULT = "USD"
"""Of a group that names none (BAI2, record 02)."""

RECORD_CHARS_MAX = 20 * FIELD_CHARS_MAX
"""Longest logical record with its continuations; real ones are below 2,000 characters."""

_BEGINNING = re.compile(
    r"\A01,[^\n]*\n(?:[ \t]*\n|88,[^\n]*\n)*02,"
    r"|\A01,[^,\n]*,[^,\n]*,\d{6,8},\d{0,4},[^\n]*/[ \t]*(?:\n|\Z)"
)
_RECORD = re.compile(r"(01|02|03|16|49|98|99)(?:,|/|[ \t]*\Z)")
_CONTINUATION = re.compile(r"88(?:[,:/]|[ \t]*\Z)")


def recognises(head: Head) -> bool:
    """Return whether a file that begins like this is BAI2."""
    text = head.text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff \t\n")
    return _BEGINNING.search(text) is not None


def read(source: Source, options: Options) -> Events:
    """Yield the accounts of the file, one statement each.

    Raises:
        UnreadableStatement: A record is not readable or stands where it cannot.
    """
    warnings: list[str] = []
    reader = _Reader(options.default_currency or CURRENCY_DEFAULT, warnings)
    blocks = record_blocks(
        source, warnings, _last_record, what="a record", chars_max=RECORD_CHARS_MAX
    )
    for block in blocks:
        yield from reader.take(block.text, block.first_line)
    yield from reader.finish()


def _last_record(text: str) -> int:
    """Return where the last record begins, whose continuations may be in the next block."""
    at = len(text)
    while True:
        at = text.rfind("\n", 0, at)
        if at < 0:
            return 0
        if _RECORD.match(text, at + 1):
            return at + 1


class _Reader:
    """Takes whole records in file order."""

    def __init__(self, default_currency: str, warnings: list[str]) -> None:
        self._default_currency = default_currency
        self._warnings = warnings
        self._file: Level | None = None
        self._file_extra: list[tuple[str, str]] = []
        self._group: Group | None = None
        self._account: Balances | None = None
        self._done: Balances | None = None
        """The last account whose trailer was read: later trailers may still break it."""

        self._record: Record | None = None
        self._line = 1
        self._ended = False

    def take(self, text: str, first_line: int) -> Iterator[Event]:
        """Read whole records."""
        at, line = 0, first_line
        while at < len(text):
            if text.startswith("16,", at):
                yield from self._flush()
                end = _run_end(text, at)
                account = self._open_account(line)
                yield read_movements(text[at:end], line, account, self._run)
            else:
                end = text.find("\n", at) + 1
                yield from self._one(text[at : end - 1], line)
            line += text.count("\n", at, end)
            at = end
            self._line = line - 1

    def _run(self, run: str, line: int) -> list[Line]:
        """Read movements one by one."""
        account = self._open_account(line)
        found: list[Line] = []
        record: Record | None = None
        for number, text in enumerate(run.split("\n")[:-1], line):
            if not text.strip():
                continue
            account.level.records += 1
            if text.startswith("16"):
                if record:
                    found.append(read_movement(record, account))
                record = Record("16", number, [_content(text, number)])
            elif record:
                self._continue(record, text, number)
        if record:
            found.append(read_movement(record, account))
        return found

    def _one(self, text: str, line: int) -> Iterator[Event]:
        """Take one physical record that is no movement."""
        if not text.strip():
            return
        if _CONTINUATION.match(text):
            if self._record is None:
                raise UnreadableStatement(
                    "record 88 continues a record, but none stands before it", line=line
                )
            self._continue(self._record, text, line)
            return
        match = _RECORD.match(text)
        if not match:
            raise UnreadableStatement(
                f"the record begins with {text[:20]!r} where 01, 02, 03, 16, 49, 88, 98 or 99 and "
                "a comma were expected",
                line=line,
            )
        yield from self._flush()
        self._record = Record(match[1], line, [_content(text, line)])
        if match[1] == "99" and not text.rstrip().endswith("/"):
            self._warnings.append(
                f"Line {line}: the file trailer is not ended by '/': it may be cut off."
            )

    def _continue(self, record: Record, text: str, line: int) -> None:
        if text[2:3] == ":":
            self._warnings.append(
                f"Line {line}: the record begins with '88:' where '88,' was expected."
            )
        content = _content(text, line)
        record.chars += len(content)
        if record.chars > RECORD_CHARS_MAX:
            raise UnreadableStatement(
                f"a record has more than {RECORD_CHARS_MAX:,} characters", line=record.line
            )
        record.parts.append(content)

    def _flush(self) -> Iterator[Event]:
        """Read the record whose continuations have ended."""
        record, self._record = self._record, None
        if record is None:
            return
        try:
            if record.code == "01":
                self._file_header(record)
            elif record.code == "02":
                self._group_header(record)
            elif record.code == "03":
                yield from self._account_header(record)
            elif record.code == "49":
                self._account_trailer(record)
            elif record.code == "98":
                self._group_trailer(record)
            elif record.code == "99":
                self._file_trailer(record)
            else:
                yield [read_movement(record, self._open_account(record.line))]
        except UnreadableStatement as error:
            if error.line is not None:
                raise
            raise UnreadableStatement(error.reason, line=record.line) from None

    def _open_account(self, line: int) -> Balances:
        if self._account is None:
            raise UnreadableStatement(
                "record 16 stands outside an account: record 03 was expected before it", line=line
            )
        return self._account

    def _file_header(self, record: Record) -> None:
        if self._file is not None and not self._ended:
            raise UnreadableStatement("a second record 01 stands before the file trailer 99")
        sender, receiver, day, time, number, length, block, version, *_ = [
            *record.fields(), *repeat("", 8),
        ]  # fmt: skip
        if version not in {"2", "3"}:
            raise UnreadableStatement(
                f"record 01 announces version {version[:10]!r} where 2 or 3 was expected"
            )
        if day:
            date_of(day, "creation date of record 01")
        self._ended = False
        self._file = Level(record.line, records=len(record.parts))
        names = (
            "sender", "receiver", "creation date", "creation time", "file", "record length",
            "block size", "version",
        )  # fmt: skip
        values = (sender, receiver, day, time, number, length, block, version)
        self._file_extra = [pair for pair in zip(names, values, strict=True) if pair[1]]

    def _group_header(self, record: Record) -> None:
        if self._file is None or self._ended:
            raise UnreadableStatement("record 02 stands outside a file: record 01 was expected")
        if self._group is not None:
            self._end_account("the group trailer (record 98)", record.line)
            self._end_group("the group trailer (record 98)", record.line)
        receiver, originator, status, day, time, currency, modifier, *_ = [
            *record.fields(), *repeat("", 7),
        ]  # fmt: skip
        currency = currency or self._default_currency
        if not is_currency(currency):
            raise UnreadableStatement(
                f"record 02 is in {currency[:10]!r}, which is no active ISO 4217 currency"
            )
        if status == "2":
            raise UnreadableStatement(
                "record 02 has group status 2: it withdraws a group sent before and is no statement"
            )
        warnings = {
            "3": f"Line {record.line}: the group corrects one that was sent before (status 3).",
            "4": f"Line {record.line}: the group is a test (status 4).",
        }
        names = ("ultimate receiver", "group status", "as-of time", "as-of-date modifier")
        values = (receiver, status, time, modifier)
        self._group = Group(
            Level(record.line, records=len(record.parts)),
            originator or None,
            date_of(day, "as-of date of record 02"),
            currency,
            [pair for pair in zip(names, values, strict=True) if pair[1]],
            [warnings[status]] if status in warnings else [],
        )

    def _account_header(self, record: Record) -> Iterator[Event]:
        group = self._group
        if group is None:
            raise UnreadableStatement("record 03 stands outside a group: record 02 was expected")
        self._end_account("the account trailer (record 49)", record.line)
        yield from self._finish_account()
        account, currency, *rest = [*record.fields(), "", ""]
        if not account:
            raise UnreadableStatement("record 03 names no account")
        currency = currency or group.currency
        if not is_currency(currency):
            raise UnreadableStatement(
                f"record 03 is in {currency[:10]!r}, which is no active ISO 4217 currency"
            )
        found = Balances(Level(record.line, records=len(record.parts)), group, account, currency)
        _read_states(rest, found)
        self._account = found

    def _account_trailer(self, record: Record) -> None:
        account = self._account
        if account is None:
            raise UnreadableStatement("record 49 stands outside an account: record 03 was expected")
        account.level.records += len(record.parts)
        control, records = _trailer(record, 2)
        self._check(
            account, "account", (("control total", account.level.control, control, True),
            ("number of records", account.level.records, records, False)), record.line,
        )  # fmt: skip
        self._close_account(control)

    def _group_trailer(self, record: Record) -> None:
        group = self._group
        if group is None:
            raise UnreadableStatement("record 98 stands outside a group: record 02 was expected")
        self._end_account("the account trailer (record 49)", record.line)
        group.level.records += len(record.parts)
        control, accounts, records = _trailer(record, 3)
        self._check(
            self._done, "group", (("control total", group.level.control, control, True),
            ("number of accounts", group.level.members, accounts, False),
            ("number of records", group.level.records, records, False)), record.line,
        )  # fmt: skip
        self._close_group(control)

    def _file_trailer(self, record: Record) -> None:
        file = self._file
        if file is None or self._ended:
            raise UnreadableStatement("record 99 stands outside a file: record 01 was expected")
        if self._group is not None:
            self._end_account("the account trailer (record 49)", record.line)
            self._end_group("the group trailer (record 98)", record.line)
        file.records += len(record.parts)
        control, groups, records = _trailer(record, 3)
        self._check(
            self._done, "file", (("control total", file.control, control, True),
            ("number of groups", file.members, groups, False),
            ("number of records", file.records, records, False)), record.line,
        )  # fmt: skip
        self._ended = True

    @staticmethod
    def _check(
        account: Balances | None,
        level: str,
        totals: Sequence[tuple[str, int, int, bool]],
        line: int,
    ) -> None:
        """Compare what a trailer announces; a break belongs to the last account before it."""
        if account is None:
            raise UnreadableStatement(f"the {level} trailer stands before any account", line=line)
        for what, own, announced, is_money in totals:
            name = f"{level} {what}"
            found = (
                sum_break(name, own, announced, account.currency, line)
                if is_money
                else count_break(name, own, announced, line)
            )
            if found is None:
                account.checked.append(name)
            else:
                account.breaks.append(found)

    def _end_account(self, missing: str, line: int) -> None:
        """Close an account that has no trailer."""
        if self._account is not None:
            self._account.breaks.append(missing_end(missing, line))
            self._close_account(self._account.level.control)

    def _end_group(self, missing: str, line: int) -> None:
        """Close a group that has no trailer."""
        if self._group is not None:
            if self._done is not None:
                self._done.breaks.append(missing_end(missing, line))
            self._close_group(self._group.level.control)

    def _close_account(self, control: int) -> None:
        account, self._account = self._account, None
        if account is None:  # pragma: no cover - callers have one
            raise AssertionError
        level = account.group.level
        level.control += control
        level.records += account.level.records
        level.members += 1
        self._done = account

    def _close_group(self, control: int) -> None:
        group, self._group = self._group, None
        if group is None or self._file is None:  # pragma: no cover - callers have one
            raise AssertionError
        self._file.control += control
        self._file.records += group.level.records
        self._file.members += 1

    def _finish_account(self) -> Iterator[Event]:
        account, self._done = self._done, None
        if account is None:
            return
        _check_balances(account)
        group, states = account.group, account.states
        known = next((code for code in AVAILABLE if code in states), None)
        yield Summary(
            format="bai2",
            account=Account(account.id, group.originator, currency=account.currency),
            period_start=group.date,
            period_end=group.date,
            opening_balance_minor=states.get(OPENING_LEDGER),
            closing_balance_minor=states.get(CLOSING_LEDGER),
            available_balance_minor=states[known] if known else None,
            lines_count=account.lines_count,
            net_minor=account.totals.net_minor,
            checked=tuple(account.checked),
            breaks=tuple(account.breaks),
            warnings=(*self._warnings, *group.warnings, *account.warnings),
            extra=(*self._file_extra, *group.extra, *account.extra),
        )
        self._warnings.clear()
        group.warnings.clear()

    def finish(self) -> Iterator[Event]:
        """Take the end of the file."""
        yield from self._flush()
        self._end_account("the account trailer (record 49)", self._line)
        self._end_group("the group trailer (record 98)", self._line)
        if self._done is None:
            raise UnreadableStatement("the file holds no account: record 03 was expected")
        if not self._ended:
            self._done.breaks.append(missing_end("the file trailer (record 99)", self._line))
        yield from self._finish_account()


def _run_end(text: str, at: int) -> int:
    """Return where the records 16 and 88 that begin here end."""
    found = _OTHER_RECORD.search(text, at)
    return found.end() if found else len(text)


_OTHER_RECORD = re.compile(r"\n(?!16|88|[ \t]*\n)(?=.)")


def _content(text: str, line: int) -> str:
    """Return a physical record after its code, without the blanks and the slash that end it."""
    if text[2:3] not in {",", ":", "/", "", " "}:
        raise UnreadableStatement(
            f"the record begins with {text[:20]!r} where a record code and a comma were expected",
            line=line,
        )
    content = text[2:].rstrip()
    content = content.removesuffix("/").rstrip()
    if len(content) > FIELD_CHARS_MAX:
        raise UnreadableStatement(
            f"the record has more than {FIELD_CHARS_MAX:,} characters", line=line
        )
    return content[1:]


def _trailer(record: Record, expected: int) -> list[int]:
    fields = record.fields()
    if len(fields) < expected:
        raise UnreadableStatement(
            f"record {record.code} has {len(fields)} fields where a control total and "
            f"{expected - 1} number{'s' * (expected > 2)} were expected"  # noqa: PLR2004 - plural
        )
    control = minor_of(fields[0], f"record {record.code}")
    return [control, *(count_of(one, f"record {record.code}") for one in fields[1:expected])]


def _read_states(fields: list[str], account: Balances) -> None:
    """Take the balances and totals of a record 03: type code, amount, item count, funds type."""
    at = 0
    while at < len(fields):
        code, amount, count, funds = [*fields[at : at + 4], "", "", ""][:4]
        at += 4
        spread, at = spread_of(funds, fields, at, "record 03")
        if not code and not amount:
            continue
        if not (code.isascii() and code.isdecimal() and len(code) == len("010")):
            raise UnreadableStatement(
                f"record 03 holds {code[:20]!r} where a type code of three digits was expected"
            )
        if amount:
            minor = minor_of(amount, f"type code {code} of record 03")
            account.level.control += minor
            account.states.setdefault(code, minor)
        if count:
            account.counts[code] = count_of(count, f"the items of type code {code}")
        if code in {OPENING_LEDGER, CLOSING_LEDGER} and not count and not spread:
            continue
        shown = [amount]
        shown += [f"{count} items"] if count else []
        shown += [f"{name} {value}" for name, value in spread]
        account.extra.append((code, ", ".join(shown)))


def _check_balances(account: Balances) -> None:
    """Compare the balances and totals of record 03 with the movements.

    An account without any movement is a report of balances only: its totals are not expected to be
    detailed. One with movements must have them all.
    """
    states, totals = account.states, account.totals
    monetary = totals.count - account.notices
    if monetary == 0:
        moved = [code for code in (TOTAL_CREDITS, TOTAL_DEBITS) if states.get(code)]
        if moved:
            account.warnings.append(
                f"Line {account.level.line}: the account {account.id} reports totals and no "
                "movements."
            )
            return
    for code, name, own in (
        (TOTAL_CREDITS, "total credits", totals.credits_minor),
        (TOTAL_DEBITS, "total debits", -totals.debits_minor),
    ):
        if code in states:
            found = sum_break(name, own, states[code], account.currency, account.level.line)
            if found:
                account.breaks.append(found)
            else:
                account.checked.append(name)
    opening, closing = states.get(OPENING_LEDGER), states.get(CLOSING_LEDGER)
    if opening is not None and closing is not None:
        found = closing_break(
            opening, totals.net_minor, closing, account.currency, position=account.level.line
        )
        if found:
            account.breaks.append(found)
        else:
            account.checked.append("opening + lines = closing")
