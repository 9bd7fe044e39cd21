"""Belgian CODA: coded statements of account, versions 1 and 2.

Source: Febelfin, "Coded statement of account (CODA)", version 2.6; version 1 where it differs
(account and name of the counterparty, account of the holder). Records of 128 characters: 0 header,
1 old balance, 2.1 to 2.3 movement, 3.1 to 3.3 information about it, 8 new balance, 4 free
communication, 9 trailer. A file may hold several statements, one after the other.

Totals and their details (sections 3.1, 5.4 and 6): a movement has a sequence number and the detail
number 0000; records of the same sequence number with other detail numbers take its amount apart
(transaction types 5 to 9 under 1 to 3). The trailer says so too: its debit and credit movements are
the "sum of the amounts in type 2 records with detail number 0000". So only those are lines, and the
others are their ``details``; the globalisation code, which brackets each level, is kept as text.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shared.errors import InvalidInput, UnreadableStatement
from shared.money import AMOUNT_MINOR_MAX, decimals_of, format_minor
from shared.statements.coda_structured import TYPE_CHARS, Communication, understood
from shared.statements.dates import CENTURY_PIVOT
from shared.statements.model import Account, Break, Detail, Line, Summary
from shared.statements.text import line_blocks
from shared.statements.totals import (
    Totals,
    closing_break,
    count_break,
    missing_end,
    sum_break,
)

if TYPE_CHECKING:
    from shared.statements.head import Head
    from shared.statements.model import Events
    from shared.statements.options import Options
    from shared.statements.source import Source

RECORD_CHARS = 128
LINES_PER_BLOCK = 500
"""Fewer than the 700 new objects after which CPython looks for garbage among the youngest."""

MOVEMENT_RECORDS_MAX = 100_000
"""How many records one movement may have: its details are held until it ends."""

COMMUNICATIONS_MAX = 10_000
"""How many free communications a statement may have."""

BREAKS_MAX = 100

_HEADER = re.compile(r"00000\d{6}[\d ]{3}05[D ]", re.ASCII)
_AMOUNT_DECIMALS = 3
_LAST_DETAIL = "9999"
_SUBDIVISIONS = frozenset("56")
"""Transaction types whose amounts come to the total's: details of a total made by customer (5) or
bank (6). Details of an amount with charges (8, 9) may state gross amounts and costs for
information."""

_PARTS = frozenset("89")
"""Transaction types that are parts of another record even in a separate application."""

_NOTHING = frozenset({"", "NOTPROVIDED", "NOT PROVIDED", "NONREF"})
_RETURNS = {"1": "reject", "2": "return", "3": "refund", "4": "reversal", "5": "cancellation"}
_NAMED = {
    "0": "header",
    "1": "old balance",
    "2": "movement",
    "3": "information",
    "4": "free communication",
    "8": "new balance",
    "9": "trailer",
}


def recognises(head: Head) -> bool:
    """Return whether a file that begins like this is of this format."""
    return _HEADER.match(head.text.lstrip("\ufeff\u00ef\u00bb\u00bf\r\n")) is not None


def _encoding(_data: bytes) -> str:
    """Return what a file is that is no UTF-8: the standard allows Latin letters of one byte."""
    return "cp1252"


def read(source: Source, _options: Options) -> Events:
    """Yield the statements of the file.

    Raises:
        UnreadableStatement: A record of another length or out of place, or a value that cannot be
            used.
    """
    warnings: list[str] = []
    file = _File(warnings)
    number = 0
    for block in line_blocks(source, warnings, declared=_encoding):
        records = block.text.split("\n")
        if not records[-1]:
            records.pop()
        for number, record in enumerate(records, block.first_line):
            if len(record) != RECORD_CHARS:
                record = _of_full_length(record, number)  # noqa: PLW2901 - the same, cleaned
                if not record:
                    continue
            statement = file.statement
            kind = record[0]
            if statement is not None and (kind == "2" or kind == "3"):  # noqa: PLR1714 - nearly all
                statement.movement(record, number)
                if len(statement.lines) >= LINES_PER_BLOCK:
                    yield statement.taken()
            else:
                yield from file.take(record, number)
    yield from file.end(number)


class _File:
    """The statements of a file, one after the other."""

    def __init__(self, warnings: list[str]) -> None:
        self.statement: _Statement | None = None
        self._warnings = warnings
        self._ended: Summary | None = None
        self._follows = False

    def take(self, record: str, number: int) -> Events:
        """Take a record that is no movement, and yield what it brings to an end."""
        kind, statement = record[0], self.statement
        if kind == "0":
            if self._ended is not None:
                yield self._ended
            if statement is not None:
                yield from statement.unfinished(number)
            self._ended, self._follows = None, False
            self.statement = _Statement(record, number, self._warnings)
        elif statement is None:
            raise _misplaced(record, number)
        elif kind == "9":
            statement.trailer(record, number)
            if statement.lines:
                yield statement.taken()
            # Held until it is known whether the statement announced next is there.
            self._ended, self._follows = statement.summary(), record[127] == "1"
            self.statement = None
        else:
            statement.other(record, number)

    def end(self, number: int) -> Events:
        """Yield what the end of the file leaves open."""
        if self.statement is not None:
            yield from self.statement.unfinished(number)
        elif self._ended is None:
            raise UnreadableStatement("the file holds no CODA record")
        elif self._follows:
            note = (
                "The trailer announces another statement, but the file ends before it: it may be "
                "cut off."
            )
            yield _with_warning(self._ended, note)
        else:
            yield self._ended


def _with_warning(summary: Summary, note: str) -> Summary:
    return replace(summary, warnings=(*summary.warnings, note))


def _of_full_length(record: str, number: int) -> str:
    """Return a record of 128 characters, empty for a blank line.

    Only blanks may be missing at the end, and only the old balance can end in any: every other
    record ends in a code.
    """
    bare = record.rstrip(" ")
    if not bare:
        return ""
    if len(bare) <= RECORD_CHARS and (
        len(record) > RECORD_CHARS or (bare[0] == "1" and len(bare) > len("1") + 63)
    ):
        return bare.ljust(RECORD_CHARS)
    name = _NAMED.get(bare[0], "unknown")
    raise UnreadableStatement(
        f"the {name} record has {len(record)} characters where CODA has {RECORD_CHARS}: the file "
        "is cut off or was edited",
        line=number,
    )


def _misplaced(record: str, number: int) -> UnreadableStatement:
    name = _NAMED.get(record[0])
    if name is None:
        return UnreadableStatement(
            f"{record[:2]!r} begins no CODA record (0, 1, 2, 3, 4, 8 or 9)", line=number
        )
    return UnreadableStatement(
        f"a record {record[0]} ({name}) stands where a header (0) must come first", line=number
    )


@dataclass(slots=True)
class _Unit:
    """One movement or detail: its record 2.1 and what continues it."""

    record: str
    position: int
    second: str = ""
    third: str = ""
    information: list[str] = field(default_factory=list)


class _Statement:
    """One statement, from its header to its trailer."""

    def __init__(self, header: str, number: int, warnings: list[str]) -> None:
        self.lines: list[Line] = []
        self._header = header
        self._file_warnings = warnings
        self._version = header[127]
        if self._version not in {"1", "2"}:
            raise UnreadableStatement(
                f"the header's version code is {header[127]!r}, where 1 or 2 was expected",
                line=number,
                column=RECORD_CHARS,
            )
        self._created = _date(header[5:11], "creation date", number)
        self._dates: dict[str, dt.date] = {}
        self._units: list[_Unit] = []
        self._unit_records = 0
        self._records = 0
        self._communications: list[str] = []
        self._joined = False
        self._free_records = 0
        self._old: str = ""
        self._old_position = 0
        self._new: str = ""
        self._new_position = 0
        self._is_separate = header[83:88].strip("0 ") != ""
        self._currency: str | None = None
        self._divisor = 10
        self._factor = 1
        self._totals = Totals()
        self._done = 0
        self._breaks: list[Break] = []
        self._checked: list[str] = []
        self._trailer_position: int | None = None

    def taken(self) -> list[Line]:
        """Return the lines so far, and count them."""
        lines = self.lines
        self._totals.add(lines)
        self._done += len(lines)
        self.lines = []
        return lines

    def movement(self, record: str, number: int) -> None:
        """Take a record 2 or 3."""
        if not self._old or self._new:
            self._wrong_place(record, number)
        self._records += 1
        self._unit_records += 1
        article = record[:2]
        if article == "21":
            self._begin(record, number)
        elif not self._units or record[2:6] != self._units[0].record[2:6]:
            raise UnreadableStatement(
                f"the record {article} continues the movement {record[2:6]}, which does not come "
                "before it",
                line=number,
            )
        else:
            self._continue(self._units[-1], article, record, number)
        if self._unit_records > MOVEMENT_RECORDS_MAX:
            raise UnreadableStatement(
                f"a movement has more than {MOVEMENT_RECORDS_MAX:,} records", line=number
            )

    def _begin(self, record: str, number: int) -> None:
        """Take a record 2.1: a movement, or a detail of the one before.

        A file of a separate application (5.1) holds the details a bank left out of the statement;
        there every record 2.1 that is not itself taken apart counts, whatever its detail number.
        """
        units = self._units
        detail = record[6:10]
        if units:
            begins = detail == "0000" and units[-1].record[6:10] != _LAST_DETAIL
            if self._is_separate:
                begins = record[53] not in _PARTS
            if begins or record[2:6] != units[0].record[2:6]:
                self._flush()
                units = self._units
        if not units and detail != "0000" and not self._is_separate:
            raise UnreadableStatement(
                f"the detail {record[2:10]} belongs to no movement: no record 2.1 with detail "
                "number 0000 comes before it",
                line=number,
            )
        if not units:
            self._unit_records = 1
        units.append(_Unit(record, number))

    @staticmethod
    def _continue(unit: _Unit, article: str, record: str, number: int) -> None:
        """Take a record that continues a movement or tells about it."""
        if article == "22" and not unit.second:
            unit.second = record
        elif article == "23" and not unit.third:
            unit.third = record
        elif article in {"31", "32", "33"}:
            unit.information.append(record)
        else:
            raise UnreadableStatement(
                f"a record {article!r} stands here, where the movement {record[2:6]} has one "
                "already or CODA has none",
                line=number,
            )

    def _wrong_place(self, record: str, number: int) -> None:
        name = _NAMED[record[0]]
        where = "after the new balance (8)" if self._new else "before the old balance (1)"
        raise UnreadableStatement(f"a record {record[0]} ({name}) stands {where}", line=number)

    def other(self, record: str, number: int) -> None:
        """Take a record 1, 4 or 8."""
        kind = record[0]
        if kind == "1" and not self._old:
            self._records += 1
            self._old, self._old_position = record, number
            self._take_account(record, number)
            self._minor(record[43:58], record[42], "old balance", number)
        elif kind == "8" and self._old and not self._new:
            self._records += 1
            self._flush()
            self._new, self._new_position = record, number
            self._minor(record[42:57], record[41], "new balance", number)
        elif kind == "4":
            self._free_records += 1
            self._flush()
            if self._joined and self._communications:
                self._communications[-1] += record[32:112]
            else:
                self._communications.append(record[32:112])
            self._joined = record[127] == "1"
            if self._free_records > COMMUNICATIONS_MAX:
                raise UnreadableStatement(
                    f"a statement has more than {COMMUNICATIONS_MAX:,} free communications",
                    line=number,
                )
        elif kind in _NAMED:
            self._wrong_place(record, number)
        else:
            raise _misplaced(record, number)

    def _take_account(self, record: str, number: int) -> None:
        _, currency = self._account(record)
        self._currency = currency
        try:
            decimals = decimals_of(currency)
        except InvalidInput as error:
            raise UnreadableStatement(f"the old balance: {error}", line=number) from None
        self._divisor = 10 ** max(_AMOUNT_DECIMALS - decimals, 0)
        self._factor = 10 ** max(decimals - _AMOUNT_DECIMALS, 0)

    def _account(self, record: str) -> tuple[str | None, str | None]:
        """Return number and currency of the holder's account (7.5)."""
        structure = record[1]
        if self._version == "1" or structure == "0":
            return record[5:17].strip() or None, record[18:21].strip() or None
        end = 36 if structure == "2" else 39
        return "".join(record[5:end].split()) or None, record[39:42].strip() or None

    def _minor(self, digits: str, sign: str, what: str, number: int) -> int:
        """Return an amount of twelve digits and three decimals in minor units."""
        if not (digits.isascii() and digits.isdecimal()):
            raise UnreadableStatement(
                f"the amount {digits!r} of the {what} is not fifteen digits", line=number
            )
        if sign not in {"0", "1"}:
            raise UnreadableStatement(
                f"the sign of the {what} is {sign!r}, where 0 (credit) or 1 (debit) was expected",
                line=number,
            )
        minor, cut = divmod(int(digits), self._divisor)
        if cut:
            raise UnreadableStatement(
                f"the amount {digits[:-3]}.{digits[-3:]} of the {what} has more decimals than "
                f"{self._currency or 'the currency'} has",
                line=number,
            )
        minor *= self._factor
        if minor > AMOUNT_MINOR_MAX:
            raise UnreadableStatement(
                f"the amount of the {what} is larger than the {AMOUNT_MINOR_MAX} minor units an "
                "amount may have",
                line=number,
            )
        return -minor if sign == "1" else minor

    def _day(self, text: str, what: str, number: int) -> dt.date:
        found = self._dates.get(text)
        if found is None:
            found = self._dates[text] = _date(text, what, number)
        return found

    def _flush(self) -> None:
        """Make a line of the movement that has ended."""
        units = self._units
        if not units:
            return
        self._units = []
        line = self._line(units[0])
        if len(units) > 1:
            line = self._with_details(line, units)
        self.lines.append(line)

    def _with_details(self, line: Line, units: list[_Unit]) -> Line:
        parts = [self._line(unit) for unit in units[1:]]
        details = tuple(
            [
                Detail(
                    part.amount_minor,
                    part.currency,
                    part.description,
                    part.counterparty,
                    part.counterparty_account,
                    None,
                    part.mandate_id,
                    part.remittance_reference,
                    part.bank_reference,
                    _detail_extra(part, unit, line),
                )
                for part, unit in zip(parts, units[1:], strict=True)
            ]
        )
        if all(unit.record[53] in _SUBDIVISIONS for unit in units[1:]):
            total = sum(part.amount_minor for part in parts)
            if total != line.amount_minor:
                expected = format_minor(total, self._currency)
                found = format_minor(line.amount_minor, self._currency)
                self._note(
                    Break(
                        "sum of details",
                        expected,
                        found,
                        f"the {len(parts)} details of the movement come to {expected} and the "
                        f"movement to {found}",
                        line.position,
                    )
                )
        return line._replace(details=details)

    def _note(self, found: Break | None) -> None:
        if found is not None and len(self._breaks) < BREAKS_MAX:
            self._breaks.append(found)

    def _line(self, unit: _Unit) -> Line:
        record, second, third, number = unit.record, unit.second, unit.third, unit.position
        minor = self._minor(record[32:47], record[31], "movement", number)
        valued, booked = record[47:53], record[115:121]
        value_date = None if valued == "000000" else self._day(valued, "value date", number)
        if booked == "000000" and value_date is not None:
            date = value_date
        else:
            date = self._day(booked, "entry date", number)
        content = record[62:115]
        customer = mark = ""
        extra: list[tuple[str, str]] = []
        if second:
            content += second[10:63]
            customer = second[63:98].strip()
            mark = second[112]
            _keep(extra, "BIC", second[98:109])
            _keep(extra, "R-transaction", _RETURNS.get(mark, mark))
            _keep(extra, "return reason", second[113:117])
            _keep(extra, "category purpose", second[117:121])
            _keep(extra, "purpose", second[121:125])
        name = account = None
        if third:
            name, account, further = self._counterparty(third, extra)
            content += further
        received = content.rstrip()
        said = Communication("")
        description = " ".join(received.split())
        if record[61] == "1":
            said = understood(content[:TYPE_CHARS], content[TYPE_CHARS:])
            description = said.text
            extra += said.extra
        if record[124] not in {"0", " "}:
            extra.append(("globalisation code", record[124]))
        if record[121:124] != self._old[2:5] and record[121:124].strip("0 "):
            extra.append(("paper statement", record[121:124]))
        if unit.information:
            told, holder = _information(unit.information)
            name = name or holder
            if not description and told and told[0][0] == "information":
                description = received = told[0][1]
                told = told[1:]
            extra += told
        return Line(
            self._done + len(self.lines),
            date,
            value_date,
            minor,
            self._currency,
            description,
            description if received == description else received,
            name,
            account,
            None,
            said.mandate,
            None,
            None if customer in _NOTHING else customer,
            said.reference,
            record[10:31].strip() or None,
            record[53:61].strip() or None,
            None
            if said.original_amount_minor is None
            else (-said.original_amount_minor if minor < 0 else said.original_amount_minor),
            said.original_currency,
            said.exchange_rate,
            None,
            "booked",
            mark in _RETURNS,
            (),
            tuple(extra),
            number,
        )

    def _counterparty(
        self, third: str, extra: list[tuple[str, str]]
    ) -> tuple[str | None, str | None, str]:
        """Return name, account and the rest of the communication from a record 2.3."""
        if self._version == "1":
            number = third[10:22].strip()
            _keep(extra, "counterparty address", third[73:125])
            return third[47:73].strip() or None, number if number.strip("0") else None, ""
        if third[22] == " " and third[10:22].strip().isdecimal():
            number, currency = third[10:22].strip(), third[23:26]
        else:
            number, currency = "".join(third[10:44].split()), third[44:47]
        _keep(extra, "counterparty currency", currency)
        return (
            " ".join(third[47:82].split()) or None,
            number if number.strip("0") else None,
            third[82:125],
        )

    def trailer(self, record: str, number: int) -> None:
        """Take the record 9 and check what it announces."""
        self._flush()
        self._trailer_position = number
        counted = record[16:22]
        if not (counted.isascii() and counted.isdecimal()):
            raise UnreadableStatement(
                f"the trailer's number of records is {counted!r}, where six digits belong",
                line=number,
            )
        self._finish()
        # The standard counts records 1, 2, 3 and 8; some banks count the free communications too.
        exact = int(counted) == self._records + self._free_records
        self._settle(
            "number of records",
            None
            if exact
            else count_break("number of records", self._records, int(counted), number),
        )
        totals = self._totals
        debits = self._minor(record[22:37], "0", "trailer's debit movement", number)
        credits_ = self._minor(record[37:52], "0", "trailer's credit movement", number)
        pending = Totals(totals.count, totals.net_minor, totals.debits_count, totals.debits_minor)
        pending.add(self.lines)
        self._settle(
            "debit movement",
            sum_break("debit movement", -pending.debits_minor, debits, self._currency, number),
        )
        self._settle(
            "credit movement",
            sum_break("credit movement", pending.credits_minor, credits_, self._currency, number),
        )

    def _settle(self, total: str, found: Break | None) -> None:
        """Keep a total that holds by its name, and a break as such."""
        if found is None:
            self._checked.append(total)
        self._note(found)

    def _finish(self) -> None:
        if not self._old:
            raise UnreadableStatement(
                "the statement has no old balance (record 1)", line=self._trailer_position
            )

    def unfinished(self, number: int) -> Events:
        """Yield what there is of a statement whose trailer never came."""
        self._flush()
        self._trailer_position = number
        self._finish()
        if self.lines:
            yield self.taken()
        self._note(missing_end("the trailer record (9)", number))
        yield self.summary()

    def summary(self) -> Summary:
        """Return what the records around the movements say, and every total that does not tie."""
        old, new, header = self._old, self._new, self._header
        opening = self._minor(old[43:58], old[42], "old balance", self._old_position)
        closing = None
        period_end = None
        if new:
            closing = self._minor(new[42:57], new[41], "new balance", self._new_position)
            self._settle(
                "opening + lines = closing",
                closing_break(
                    opening,
                    self._totals.net_minor,
                    closing,
                    self._currency,
                    total="new balance",
                    position=self._new_position,
                ),
            )
            if new[57:63] != "000000":
                period_end = _date(new[57:63], "new balance date", self._new_position)
        else:
            self._note(missing_end("the new balance record (8)", self._trailer_position))
        number, currency = self._account(old)
        warnings = list(self._file_warnings)
        if header[16] == "D":
            warnings.append("The bank marks this file as a duplicate of one sent before.")
        if not self._totals.count:
            warnings.append("The statement has no movements.")
        coded = old[125:128].strip()
        return Summary(
            format=f"coda-{self._version}",
            account=Account(
                id=number,
                bank_id=header[60:71].strip() or None,
                type=" ".join(old[90:125].split()).lower() or None,
                currency=currency,
                holder=" ".join(old[64:90].split()) or None,
            ),
            identification=coded if coded.strip("0") else old[2:5].strip() or None,
            period_end=period_end,
            opening_balance_minor=opening,
            closing_balance_minor=closing,
            lines_count=self._totals.count,
            net_minor=self._totals.net_minor,
            checked=tuple(self._checked),
            breaks=tuple(self._breaks),
            warnings=tuple(warnings),
            extra=self._extra(),
        )

    def _extra(self) -> tuple[tuple[str, str], ...]:
        header, old = self._header, self._old
        found: list[tuple[str, str]] = []
        found.append(("creation date", self._created.isoformat()))
        _keep(found, "bank", header[11:14])
        _keep(found, "file reference", header[24:34])
        _keep(found, "addressee", header[34:60])
        _keep(found, "company number", header[71:82])
        if header[83:88].strip("0 "):
            _keep(found, "separate application", header[83:88])
        _keep(found, "transaction reference", header[88:104])
        _keep(found, "related reference", header[104:120])
        if old[58:64].strip("0 "):
            date = _date(old[58:64], "old balance date", self._old_position)
            found.append(("old balance date", date.isoformat()))
        if old[2:5].strip("0 "):
            found.append(("paper statement", old[2:5]))
        for text in self._communications:
            _keep(found, "free communication", text)
        return tuple(found)


def _detail_extra(part: Line, unit: _Unit, line: Line) -> tuple[tuple[str, str], ...]:
    """Return what a line has fields for and a detail has not."""
    extra = [("detail", unit.record[6:10]), ("transaction code", part.transaction_code or "")]
    if part.date != line.date:
        extra.append(("entry date", part.date.isoformat()))
    if part.value_date is not None and part.value_date != line.value_date:
        extra.append(("value date", part.value_date.isoformat()))
    if part.customer_reference:
        extra.append(("customer reference", part.customer_reference))
    if part.original_amount_minor is not None:
        shown = format_minor(part.original_amount_minor, part.original_currency)
        extra.append(("original amount", f"{shown} {part.original_currency}"))
    if part.exchange_rate:
        extra.append(("exchange rate", part.exchange_rate))
    return (*extra, *part.extra)


def _keep(extra: list[tuple[str, str]], name: str, column: str) -> None:
    text = " ".join(column.split())
    if text:
        extra.append((name, text))


def _information(records: list[str]) -> tuple[list[tuple[str, str]], str | None]:
    """Return what information records say, and the counterparty's name where they give it.

    Type 001 (enclosure III) is about the counterparty: its name has the first 70 characters.
    """
    texts: list[list[str]] = []
    for record in records:
        if record[1] == "1":
            texts.append([record[39], record[40:113]])
        elif texts:
            texts[-1].append(record[10:115] if record[1] == "2" else record[10:100])
        else:
            texts.append(["0", record[10:115] if record[1] == "2" else record[10:100]])
    told: list[tuple[str, str]] = []
    holder = None
    for is_structured, *pieces in texts:
        content = "".join(pieces)
        if is_structured == "1":
            kind, content = content[:TYPE_CHARS], content[TYPE_CHARS:]
            if kind == "001":
                holder = holder or " ".join(content[:70].split()) or None
            _keep(told, f"information {kind}", content)
        else:
            _keep(told, "information", content)
    told.sort(key=lambda pair: pair[0] != "information")
    return told, holder


def _date(text: str, what: str, number: int) -> dt.date:
    """Return a day written DDMMYY."""
    if text.isascii() and text.isdecimal():
        year = int(text[4:])
        try:
            return dt.date(
                year + (1900 if year >= CENTURY_PIVOT else 2000), int(text[2:4]), int(text[:2])
            )
        except ValueError:
            pass
    raise UnreadableStatement(f"the {what} {text!r} is no date that exists (DDMMYY)", line=number)
