"""OFX statements: 1.x SGML (also QFX and QBO) and 2.x XML, read by one scanner.

Both carry the same elements, and banks send SGML bodies under XML headers, so the header only
names the format. Leaves need no end tag in SGML; aggregates always do (2.3.1), which is how a
file that was cut off is told from a whole one.

Sections cited are the same in OFX 1.6 and 2.2: 3.1.4 status, 3.2.8 dates, 3.2.9 amounts,
5.2 currency, 11.3 accounts, 11.4.2 statements, 11.4.4 transactions.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shared.errors import InvalidInput, UnreadableStatement
from shared.money import decimals_of, is_currency, parse_minor
from shared.statements.amounts import DecimalMark, is_ambiguous, plain, split_amount
from shared.statements.dates import YEAR_MAX, YEAR_MIN
from shared.statements.model import Account, Events, Line, Statement, summary_of
from shared.statements.ofx_markup import clean_markup, recognises, unescape
from shared.statements.text import FIELD_CHARS_MAX, line_of

if TYPE_CHECKING:
    from shared.statements.options import Options
    from shared.statements.source import Source

__all__ = ["read", "recognises"]

NESTING_MAX = 40
"""Deepest nesting read. The deepest path the standard defines has about 12 levels."""

ENTRIES_MAX = 2_000_000
"""Most transactions of one file: beyond it a parser's memory, not the bank, is the limit."""

WHOLE_BYTES_MAX = 128 * 1024 * 1024

REASON_CHARS_MAX = 200
"""How much of a lower error is passed on, since it may repeat a field of any length."""

_TOKEN = re.compile(r"<(/?)([A-Z][A-Z0-9._-]*)>([^<]*)")
_OPENED = re.compile(r"<([A-Z][A-Z0-9._-]*)>([^<]*)")
_CLOSED = re.compile(r"</([A-Z][A-Z0-9._-]*)>")
_CLOSED_BY_OTHER = re.compile(r"<([A-Z][A-Z0-9._-]*+)>[^<]++</(?!\1>)([A-Z][A-Z0-9._-]*)>")
_DATE = re.compile(
    r"(\d{4})(-?)(\d\d)\2(\d\d)(?:[T ]?\d\d(?::?\d\d(?::?\d\d)?)?(?:[.:,]\d{1,6})?)?"
    r"\s{0,3}(?:\[[^\[\]]*\]|Z)?",
    re.ASCII,
)
_SIMPLE_AMOUNT = re.compile(r"[+-]?\d+(?:\.\d{1,2})?", re.ASCII)

_STATEMENTS = {"STMTRS": None, "CCSTMTRS": "creditcard"}
# Aggregates of a transaction (11.4.4.1); any other element there is a leaf.
_INNER = frozenset(
    """
    PAYEE BANKACCTTO CCACCTTO CURRENCY ORIGCURRENCY EXTDPAYEE IMAGEDATA LOANPMTINFO
    """.split()  # noqa: SIM905 - words read better as words
)
# Aggregates that must be closed even when empty, whatever their vendor's other tags do.
_AGGREGATES = frozenset(
    """
    OFX SIGNONMSGSRSV1 SONRS STATUS FI BANKMSGSRSV1 CREDITCARDMSGSRSV1 STMTTRNRS
    CCSTMTTRNRS STMTRS CCSTMTRS BANKACCTFROM CCACCTFROM BANKTRANLIST STMTTRN LEDGERBAL
    AVAILBAL BALLIST BAL INVSTMTMSGSRSV1 INVSTMTTRNRS INVSTMTRS LOANSTMTRS PROFRS
    ACCTINFORS
    """.split()  # noqa: SIM905 - words read better as words
)
_LEAVES = frozenset(
    """
    CODE SEVERITY MESSAGE DTSERVER LANGUAGE ORG FID TRNUID CLTCOOKIE CURDEF BANKID
    BRANCHID ACCTID ACCTTYPE ACCTKEY DTSTART DTEND BALAMT DTASOF TRNTYPE DTPOSTED DTUSER
    DTAVAIL TRNAMT FITID CHECKNUM REFNUM SIC PAYEEID NAME MEMO CURRATE CURSYM MKTGINFO
    DTPROFUP DTACCTUP ACCESSKEY SESSCOOKIE USERKEY INTU.BID INTU.USERID INTU.ORG
    """.split()  # noqa: SIM905 - words read better as words
)
_OTHER_CONTENTS = {
    "INVSTMTRS": "an investment statement (INVSTMTRS)",
    "LOANSTMTRS": "a loan statement (LOANSTMTRS)",
    "PROFRS": "a server profile (PROFRS)",
    "ACCTINFORS": "a list of accounts (ACCTINFORS)",
    "STMTRQ": "a request for a statement (STMTRQ)",
    "CCSTMTRQ": "a request for a statement (CCSTMTRQ)",
    "SONRS": "a sign-on response (SONRS)",
}
_READ_TODAY = "bank (STMTRS) and credit card (CCSTMTRS) statements are read"


@dataclass(slots=True)
class _Aggregate:
    """An open aggregate: its name, where it began and the leaves seen in it so far."""

    name: str
    position: int
    leaves: dict[str, tuple[str, int]] = field(default_factory=dict)


@dataclass(slots=True)
class _Draft:
    """A statement while its parts arrive, in whatever order the bank sends them."""

    type: str | None
    position: int
    currency: tuple[str, int] | None = None
    account: dict[str, tuple[str, int]] = field(default_factory=dict)
    periods: list[dict[str, tuple[str, int]]] = field(default_factory=list)
    balance: dict[str, tuple[str, int]] | None = None
    entries: list[tuple[int, int]] = field(default_factory=list)


def read(source: Source, options: Options) -> Events:
    """Return every bank and credit card statement in an OFX file.

    The opening balance is not part of OFX; it is the closing balance (LEDGERBAL) less the sum
    of the lines, and ``None`` where a line is in another currency or no list was sent.

    Raises:
        UnreadableStatement: Cut off, damaged, no statement, refused by the bank's own status,
            or a value that cannot be read exactly.
    """
    warnings: list[str] = []
    text_format, text = clean_markup(source.read(WHOLE_BYTES_MAX), warnings)
    drafts = _Scanner(text, warnings).scan()
    reader = _Reader(text, text_format, options.default_currency, warnings)
    for draft in drafts:
        statement = reader.statement(draft)
        yield list(statement.lines)
        yield summary_of(statement)


class _Scanner:
    """Walks the aggregates around transactions, which it hands on as text spans."""

    def __init__(self, text: str, warnings: list[str]) -> None:
        self._text = text
        self._warnings = warnings
        self._open: list[_Aggregate] = []
        self._drafts: list[_Draft] = []
        self._seen: set[str] = set()
        self._entries_count = 0
        self._ended = False
        self._closed_names: set[str] | None = None
        self._bank_error: tuple[str, int] | None = None

    def scan(self) -> list[_Draft]:
        """Return the drafts of all statements, once the file has proved whole."""
        position = 0
        while match := _TOKEN.search(self._text, position):
            position = match.end()
            slash, name, value = match.groups()
            if self._ended:
                self._refuse("an element follows </OFX>", match.start())
            if slash:
                self._close(name, match.start())
            elif name == "STMTTRN" and self._statement() is not None:
                position = self._entry(match.start())
            elif name in _AGGREGATES or not (value.strip() or self._is_empty_leaf(name, position)):
                self._push(name, match.start())
            else:
                self._leaf(name, value, match.start())
        if self._open:
            self._cut_off(self._open[-1].name, self._open[-1].position)
        self._refuse_crossed_tags()
        self._refuse_bank_error()
        self._refuse_other_contents()
        return self._drafts

    def _refuse(self, reason: str, position: int) -> None:
        raise UnreadableStatement(reason, line=line_of(self._text, position))

    def _cut_off(self, name: str, position: int) -> None:
        opened = line_of(self._text, position)
        raise UnreadableStatement(
            f"the file is cut off: <{name}> opened on line {opened} is never closed",
            line=line_of(self._text, len(self._text.rstrip())),
        )

    def _statement(self) -> _Draft | None:
        inside = any(aggregate.name in _STATEMENTS for aggregate in self._open)
        return self._drafts[-1] if inside else None

    def _is_empty_leaf(self, name: str, position: int) -> bool:
        """Return whether a tag without a value is a leaf (2.3.1 lets SGML leave out its end)."""
        if name in _LEAVES or self._text.startswith(f"</{name}>", position):
            return True
        if self._closed_names is None:
            self._closed_names = set(_CLOSED.findall(self._text))
        return name not in self._closed_names

    def _push(self, name: str, position: int) -> None:
        if len(self._open) >= NESTING_MAX:
            self._refuse(f"elements are nested more than {NESTING_MAX} deep", position)
        if not self._open and name != "OFX":
            self._refuse(f"<{name}> stands outside <OFX>", position)
        if name == "OFX" and self._open:
            self._refuse("a second <OFX> begins inside the first", position)
        if any(aggregate.name == name for aggregate in self._open) and name in _AGGREGATES:
            self._refuse(f"<{name}> begins again before it was closed", position)
        self._seen.add(name)
        self._open.append(_Aggregate(name, position))
        if name in _STATEMENTS:
            self._drafts.append(_Draft(_STATEMENTS[name], position))

    def _close(self, name: str, position: int) -> None:
        if self._open and self._open[-1].name == name:
            self._finish(self._open.pop())
            self._ended = name == "OFX"
        elif any(aggregate.name == name for aggregate in self._open):
            inner = self._open[-1]
            opened = line_of(self._text, inner.position)
            self._refuse(
                f"<{inner.name}> opened on line {opened} is not closed before </{name}>", position
            )
        elif name in _AGGREGATES:
            self._refuse(f"</{name}> closes an element that is not open", position)

    def _leaf(self, name: str, value: str, position: int) -> None:
        if not self._open:
            self._refuse(f"<{name}> stands outside <OFX>", position)
        leaves = self._open[-1].leaves
        text = value.strip()
        if len(text) > FIELD_CHARS_MAX:
            self._refuse(f"{name} is longer than {FIELD_CHARS_MAX} characters", position)
        if name in _LEAVES and name in leaves and leaves[name][0] != text and leaves[name][0]:
            self._refuse(f"{name} is given twice with different values", position)
        if text or name not in leaves:
            leaves[name] = (text, position)

    def _finish(self, aggregate: _Aggregate) -> None:
        if aggregate.name == "STATUS":
            self._check_status(aggregate)
        draft = self._statement()
        if aggregate.name in _STATEMENTS:
            self._drafts[-1].currency = aggregate.leaves.get("CURDEF")
        elif draft is None:
            return
        elif aggregate.name in {"BANKACCTFROM", "CCACCTFROM"}:
            draft.account = aggregate.leaves
        elif aggregate.name == "BANKTRANLIST":
            draft.periods.append(aggregate.leaves)
        elif aggregate.name == "LEDGERBAL":
            draft.balance = aggregate.leaves

    def _check_status(self, aggregate: _Aggregate) -> None:
        """Refuse what the bank itself calls an error (3.1.4)."""
        code, _ = aggregate.leaves.get("CODE", ("0", 0))
        severity = aggregate.leaves.get("SEVERITY", ("", 0))[0].upper()
        message = unescape(aggregate.leaves.get("MESSAGE", ("", 0))[0])
        if code.strip("0") == "" and severity in {"", "INFO"}:
            return
        said = f"status {code}" + (f": {message}" if message else "")
        if severity == "ERROR" or severity not in {"INFO", "WARN"}:
            self._bank_error = self._bank_error or (said, aggregate.position)
        else:
            self._warnings.append(f"The bank reports {said}.")

    def _entry(self, start: int) -> int:
        """Note a transaction's span and return where it ends."""
        text = self._text
        end = text.find("</STMTTRN>", start)
        if end < 0:
            self._cut_off("STMTTRN", start)
        inner = start + len("<STMTTRN>")
        again = text.find("<STMTTRN>", inner, end)
        if again >= 0 or text.find("</BANKTRANLIST>", inner, end) >= 0:
            self._refuse("<STMTTRN> is not closed before the next element begins", start)
        self._entries_count += 1
        if self._entries_count > ENTRIES_MAX:
            self._refuse(f"the file holds more than {ENTRIES_MAX} transactions", start)
        self._drafts[-1].entries.append((inner, end))
        return end + len("</STMTTRN>")

    def _refuse_crossed_tags(self) -> None:
        for match in _CLOSED_BY_OTHER.finditer(self._text):
            if match[2] in _LEAVES:
                self._refuse(f"<{match[1]}> is closed by </{match[2]}>", match.start())

    def _refuse_bank_error(self) -> None:
        if self._bank_error is None:
            return
        said, position = self._bank_error
        held = next((what for name, what in _OTHER_CONTENTS.items() if name in self._seen), "")
        reason = f"the bank reports an error instead of a statement, {said}"
        if held and not self._drafts:
            reason += f" (the file holds {held})"
        self._refuse(reason, position)

    def _refuse_other_contents(self) -> None:
        if self._drafts:
            skipped = [
                what
                for name, what in _OTHER_CONTENTS.items()
                if name in self._seen and name not in {"SONRS", "PROFRS", "ACCTINFORS"}
            ]
            self._warnings.extend(
                f"The file also holds {what}, which is not read." for what in skipped
            )
            return
        if not self._ended:
            raise UnreadableStatement("the file is cut off: </OFX> is missing")
        for name, what in _OTHER_CONTENTS.items():
            if name in self._seen:
                raise UnreadableStatement(
                    f"the OFX file holds {what} and no bank statement; {_READ_TODAY}"
                )
        raise UnreadableStatement(f"the OFX file holds no statement; {_READ_TODAY}")


_Field = tuple[str, int]


class _Reader:
    """Turns one draft's text into values."""

    def __init__(
        self, text: str, text_format: str, default_currency: str | None, warnings: list[str]
    ) -> None:
        self._text = text
        self._format = text_format
        self._default_currency = default_currency
        self._warnings = warnings
        self._dates: dict[str, dt.date] = {}
        self._currency: str | None = None

    def _refuse(self, reason: str, position: int) -> UnreadableStatement:
        return UnreadableStatement(reason, line=line_of(self._text, position))

    def statement(self, draft: _Draft) -> Statement:
        """Return the statement behind a draft."""
        self._currency = self._account_currency(draft)
        start, end = self._period(draft)
        lines = tuple(self._lines(draft))
        closing = self._closing(draft)
        opening = None
        if closing is not None and draft.periods:
            same = all(line.currency == self._currency for line in lines)
            opening = closing - sum(line.amount_minor for line in lines) if same else None
        if not draft.periods:
            shown = self._text_of(draft.account, "ACCTID") or "without a number"
            self._warnings.append(
                f"The statement of account {shown} lists no transactions (no BANKTRANLIST)."
            )
        self._warn_about(lines, start, end)
        account = Account(
            id=self._text_of(draft.account, "ACCTID"),
            bank_id=self._text_of(draft.account, "BANKID"),
            type=draft.type or (self._text_of(draft.account, "ACCTTYPE") or "").lower() or None,
            currency=self._currency,
        )
        return Statement(
            format=self._format,
            account=account,
            period_start=start,
            period_end=end,
            opening_balance_minor=opening,
            closing_balance_minor=closing,
            lines_count=len(lines),
            net_minor=sum(line.amount_minor for line in lines),
            warnings=tuple(self._warnings),
            lines=lines,
        )

    def _text_of(self, leaves: dict[str, _Field], name: str) -> str | None:
        value, _ = leaves.get(name, ("", 0))
        return self._clean(value) or None

    @staticmethod
    def _clean(value: str) -> str:
        """Return a value as a person would read it: unescaped, on one line."""
        value = value.strip()
        if "&" in value:
            value = unescape(value).strip()
        if "\n" in value or "\r" in value:
            value = " ".join(part.strip() for part in value.splitlines() if part.strip())
        return value

    def _account_currency(self, draft: _Draft) -> str | None:
        if draft.currency is None or not draft.currency[0]:
            if self._default_currency is None:
                self._warnings.append(
                    "The statement names no currency (CURDEF); amounts are read with two decimals."
                )
            return self._default_currency
        return self._currency_code(draft.currency)

    def _currency_code(self, found: _Field) -> str:
        code = found[0].strip().upper()
        if not is_currency(code):
            raise self._refuse(f"{found[0][:20]!r} is not an ISO 4217 currency code", found[1])
        return code

    def _period(self, draft: _Draft) -> tuple[dt.date | None, dt.date | None]:
        """Return the earliest start and latest end; a list may be split (11.4.2.2)."""
        starts, ends = [], []
        for leaves in draft.periods:
            start, end = leaves.get("DTSTART", ("", 0)), leaves.get("DTEND", ("", 0))
            if start[0] and end[0] and self._date(*end, "DTEND") < self._date(*start, "DTSTART"):
                raise self._refuse("the period ends (DTEND) before it starts (DTSTART)", end[1])
            if start[0]:
                starts.append(self._date(*start, "DTSTART"))
            if end[0]:
                ends.append(self._date(*end, "DTEND"))
        return min(starts, default=None), max(ends, default=None)

    def _closing(self, draft: _Draft) -> int | None:
        if draft.balance is None:
            return None
        value, position = draft.balance.get("BALAMT", ("", draft.position))
        if not value:
            self._warnings.append("A closing balance (LEDGERBAL) is empty and is left out.")
            return None
        return self._amount(value, position, "BALAMT", self._currency)

    def _date(self, value: str, position: int, name: str) -> dt.date:
        """Return the day as the bank wrote it (3.2.8): time and zone do not move it."""
        known = self._dates.get(value)
        if known is not None:
            return known
        match = _DATE.fullmatch(value.strip())
        if match is None:
            raise self._refuse(f"{name} {value.strip()[:40]!r} is not a date", position)
        year, month, day = int(match[1]), int(match[3]), int(match[4])
        try:
            date = dt.date(year, month, day)
        except ValueError:
            raise self._refuse(
                f"{name} {value.strip()[:40]!r} is no day that exists", position
            ) from None
        if not YEAR_MIN <= year <= YEAR_MAX:
            raise self._refuse(f"{name} {value.strip()[:40]!r} is not in this era", position)
        self._dates[value] = date
        return date

    def _amount(self, value: str, position: int, name: str, currency: str | None) -> int:
        """Return minor units; a comma may be the decimal mark, but never a guess (3.2.9)."""
        value = value.strip()
        try:
            if _SIMPLE_AMOUNT.fullmatch(value):
                return parse_minor(value, currency)
            return parse_minor(self._plain_amount(value, position, name, currency), currency)
        except UnreadableStatement:
            raise
        except InvalidInput as error:
            raise self._refuse(f"{name}: {error.message[:REASON_CHARS_MAX]}", position) from None

    def _plain_amount(self, value: str, position: int, name: str, currency: str | None) -> str:
        parts = split_amount(value)
        decorated = parts is None or parts.currency or parts.symbol or parts.side
        if parts is None or decorated or value[-1] in "-+)":
            shown = value if len(value) <= len("a" * 40) else value[:40] + "…"
            raise self._refuse(f"{name} {shown!r} is not an amount", position)
        point = plain(parts.core, DecimalMark.POINT)
        comma = plain(parts.core, DecimalMark.COMMA)
        point_is_usual = "." in parts.core and decimals_of(currency) == len("000")
        if is_ambiguous(parts.core) and not point_is_usual:
            raise self._refuse(f"{name} {value!r} could be {point} or {comma}", position)
        digits = point if point is not None else comma
        return f"-{digits}" if parts.negative else str(digits)

    def _lines(self, draft: _Draft) -> list[Line]:
        return [self._line(index, start, end) for index, (start, end) in enumerate(draft.entries)]

    def _line(self, index: int, start: int, end: int) -> Line:
        body = self._text[start:end]
        found = _OPENED.findall(body)
        leaves = dict(found)
        currency = self._currency
        payee = None
        if len(leaves) != len(found) or not _INNER.isdisjoint(leaves):
            leaves, inner = self._nested(body, start)
            payee = inner.get("PAYEE", {}).get("NAME")
            symbol = inner.get("CURRENCY", {}).get("CURSYM", "").strip()
            if symbol:
                currency = self._currency_code((symbol, start))
        if len(body) > FIELD_CHARS_MAX:
            self._refuse_long(leaves, start)
        posted = leaves.get("DTPOSTED", "").strip()
        amount = leaves.get("TRNAMT", "").strip()
        if not posted or not amount:
            self._refuse_incomplete(leaves, start)
        date = self._dates.get(posted) or self._date(
            posted, self._at(start, "DTPOSTED"), "DTPOSTED"
        )
        if _SIMPLE_AMOUNT.fullmatch(amount):
            try:
                amount_minor = parse_minor(amount, currency)
            except InvalidInput as error:
                reason = f"TRNAMT: {error.message[:REASON_CHARS_MAX]}"
                raise self._refuse(reason, self._at(start, "TRNAMT")) from None
        else:
            amount_minor = self._amount(amount, self._at(start, "TRNAMT"), "TRNAMT", currency)
        clean = self._clean
        name = clean(leaves.get("NAME") or payee or "")
        memo = clean(leaves.get("MEMO", ""))
        description = _description(name, memo)
        return Line(
            index,
            date,
            self._value_date(leaves, start),
            amount_minor,
            currency,
            description,
            description,
            name or None,
            check_number=clean(leaves.get("CHECKNUM", "")) or None,
            customer_reference=clean(leaves.get("REFNUM", "")) or None,
            bank_reference=clean(leaves.get("FITID", "")) or None,
            transaction_code=leaves.get("TRNTYPE", "").strip() or None,
            position=0,
        )

    def _value_date(self, leaves: dict[str, str], start: int) -> dt.date | None:
        """Return DTAVAIL, which 11.4.4.1 calls the value date, or else DTUSER."""
        for name in ("DTAVAIL", "DTUSER"):
            value = leaves.get(name, "").strip()
            if value:
                return self._date(value, self._at(start, name), name)
        return None

    def _at(self, start: int, name: str) -> int:
        """Return where an element of the transaction at ``start`` stands, for an error."""
        found = self._text.find(f"<{name}>", start)
        return start if found < 0 else found

    def _refuse_incomplete(self, leaves: dict[str, str], start: int) -> None:
        for name in ("DTPOSTED", "TRNAMT"):
            if not leaves.get(name, "").strip():
                how = "an empty" if name in leaves else "no"
                at = self._at(start, name) if name in leaves else start
                raise self._refuse(f"a transaction (STMTTRN) has {how} {name}", at)

    def _refuse_long(self, leaves: dict[str, str], start: int) -> None:
        for name, value in leaves.items():
            if len(value) > FIELD_CHARS_MAX:
                raise self._refuse(
                    f"{name} is longer than {FIELD_CHARS_MAX} characters", self._at(start, name)
                )

    def _nested(self, body: str, start: int) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        """Return a transaction's own leaves and those of each aggregate within it."""
        own: dict[str, str] = {}
        inner: dict[str, dict[str, str]] = {}
        target, inside = own, ""
        for match in _TOKEN.finditer(body):
            slash, name, value = match.groups()
            if slash:
                if name == inside:
                    target, inside = own, ""
            elif name in _INNER and not value.strip():
                if inside:
                    raise self._refuse(f"<{inside}> is not closed", start + match.start())
                target, inside = inner.setdefault(name, {}), name
            elif name not in target or not target[name].strip():
                target[name] = value
            elif value.strip() not in {"", target[name].strip()}:
                raise self._refuse(
                    f"a transaction (STMTTRN) has two different {name}", start + match.start()
                )
        if inside:
            raise self._refuse(f"<{inside}> is not closed before </STMTTRN>", start)
        return own, inner

    def _warn_about(
        self, lines: tuple[Line, ...], start: dt.date | None, end: dt.date | None
    ) -> None:
        counts = Counter(line.bank_reference for line in lines if line.bank_reference)
        repeated = [reference for reference, count in counts.items() if count > 1]
        if repeated:
            self._warnings.append(
                f"{len(repeated)} bank reference(s) (FITID) occur more than once, "
                f"{repeated[0]!r} first; every line is kept."
            )
        outside = sum(
            1 for line in lines if (start and line.date < start) or (end and line.date > end)
        )
        if outside:
            self._warnings.append(f"{outside} line(s) are dated outside the stated period.")
        flipped = sum(1 for line in lines if line.kind == "debit" and line.amount_minor > 0)
        flipped += sum(1 for line in lines if line.kind == "credit" and line.amount_minor < 0)
        if flipped:
            self._warnings.append(
                f"{flipped} line(s) have a type (TRNTYPE) that contradicts the sign of the "
                "amount; the sign is kept."
            )


def _description(name: str, memo: str) -> str:
    """Return NAME and MEMO as one text, without saying the same twice.

    Examples:
        >>> _description("Salary", "Salary March"), _description("Cafe", "Card 1234")
        ('Salary March', 'Cafe Card 1234')
    """
    if not memo or memo in name:
        return name
    if name in memo:
        return memo
    return f"{name} {memo}"
