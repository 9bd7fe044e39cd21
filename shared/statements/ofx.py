"""OFX statements: 1.x SGML (also QFX and QBO) and 2.x XML, read by one scanner while they arrive.

Both carry the same elements, and banks send SGML bodies under XML headers, so the header only
names the format. Leaves need no end tag in SGML; aggregates always do (2.3.1), which is how a
file that was cut off is told from a whole one.

This module walks what stands around the transactions; ``ofx_transactions`` reads those. Sections
cited are the same in OFX 1.6 and 2.2: 3.1.4 status, 11.3 accounts, 11.4.2 statements.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.money import format_minor
from shared.statements.model import Account, Line, Summary
from shared.statements.ofx_elements import (
    LEAVES,
    NESTING_MAX,
    TOKEN,
    Form,
    stray_text,
    too_long,
)
from shared.statements.ofx_markup import Markup, plain_tags, recognises, unescape
from shared.statements.ofx_transactions import (
    BEGIN,
    END,
    PENDING_BEGIN,
    PENDING_END,
    Transactions,
    not_closed,
)
from shared.statements.ofx_values import Days, amount, currency_code, received, states_day, tidy
from shared.statements.text import FIELD_CHARS_MAX

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from shared.statements.model import Event, Events, Extra
    from shared.statements.options import Options
    from shared.statements.source import Source

__all__ = ["read", "recognises"]

TRANSACTION_CHARS_MAX = 200_000
"""Longest transaction read: twenty of the longest fields. A longer one was never closed."""

LEAVES_MAX = 1_000
"""Most elements of a statement beside its transactions; real ones have about thirty."""

REFERENCES_MAX = 2**21
"""Bank references (FITID) of one statement that are compared with each other, by hashes of eight
bytes each. Two references are mistaken for each other in one of eight million such statements."""

WARNINGS_MAX = 50
"""Most warnings of one kind that a file may make us repeat."""

_TRANSACTIONS = frozenset({BEGIN[1:-1], PENDING_BEGIN[1:-1]})
_STATEMENTS = {"STMTRS": None, "CCSTMTRS": "creditcard"}
# Aggregates that must be closed even when empty, whatever their vendor's other tags do.
_AGGREGATES = frozenset(
    """
    OFX SIGNONMSGSRSV1 SONRS STATUS FI BANKMSGSRSV1 CREDITCARDMSGSRSV1 STMTTRNRS
    CCSTMTTRNRS STMTRS CCSTMTRS BANKACCTFROM CCACCTFROM BANKTRANLIST BANKTRANLISTP STMTTRN
    STMTTRNP LEDGERBAL AVAILBAL BALLIST BAL INVSTMTMSGSRSV1 INVSTMTTRNRS INVSTMTRS LOANSTMTRS
    PROFRS ACCTINFORS
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
_FIELDS = frozenset(
    """
    CURDEF BANKACCTFROM/BANKID BANKACCTFROM/ACCTID BANKACCTFROM/ACCTTYPE CCACCTFROM/ACCTID
    LEDGERBAL/BALAMT AVAILBAL/BALAMT
    """.split()  # noqa: SIM905 - words read better as words
)

_BEGIN = re.compile("<STMTTRNP?>")
_CURRENCY_OF_STATEMENT = re.compile(
    r"<(/?)(?:[\w-]{1,40}:)?((?:CC)?STMTRS|CURDEF)(?:\s[^<>]*)?>([^<]*)", re.IGNORECASE
)

_COMPARED_AT_ONCE = 2**16
_NO_REFERENCE = hash(None)

_DATE = itemgetter(Line._fields.index("date"))
_AMOUNT = itemgetter(Line._fields.index("amount_minor"))
_CURRENCY = itemgetter(Line._fields.index("currency"))
_REFERENCE = itemgetter(Line._fields.index("bank_reference"))
_CODE = itemgetter(Line._fields.index("transaction_code"))


def read(source: Source, options: Options) -> Events:
    """Yield the lines and the summary of every bank and credit card statement of an OFX file.

    The opening balance is not part of OFX; it is the closing balance (LEDGERBAL) less the sum
    of the booked lines, and ``None`` where a line is in another currency or no list was sent.

    Raises:
        UnreadableStatement: Cut off, damaged, no statement, refused by the bank's own status,
            or a value that cannot be read exactly.
    """
    warnings: list[str] = []
    yield from _Scanner(source, options, warnings).events()


Field = tuple[str, int]
"""The text of an element and the line on which it stands."""


@dataclass(slots=True)
class _Aggregate:
    """An open aggregate: its name, where it began and the leaves seen in it so far.

    ``certain`` is false for a name without a value that the standard does not know: an empty leaf
    without an end tag until its own end tag shows that it is an aggregate (2.3.1).
    """

    name: str
    line: int
    certain: bool
    leaves: dict[str, Field] = field(default_factory=dict)
    repeated: list[tuple[str, str]] = field(default_factory=list)

    def take(self, inner: _Aggregate, prefix: str) -> None:
        """Take over the leaves of an aggregate that ended within this one."""
        for inner_path, found in inner.leaves.items():
            path = prefix + inner_path
            known = self.leaves.setdefault(path, found)
            if not known[0]:
                self.leaves[path] = found
            elif found[0] and found[0] != known[0] and path in _FIELDS:
                raise UnreadableStatement(
                    f"{path} is given twice with different values", line=found[1]
                )
            elif known is not found:
                self.repeated.append((path, found[0]))
        self.repeated += [(prefix + path, text) for path, text in inner.repeated]
        if len(self.leaves) + len(self.repeated) > LEAVES_MAX:
            raise UnreadableStatement(
                f"<{self.name}> holds more than {LEAVES_MAX} elements", line=self.line
            )


class _Statement:
    """What a statement's transactions come to, counted while they pass."""

    def __init__(self) -> None:
        self.transactions: Transactions | None = None
        self.currency: str | None = None
        self.has_list = False
        self.period_start: dt.date | None = None
        self.period_end: dt.date | None = None
        self.net_minor = 0
        self.pending_count = 0
        self.pending_minor = 0
        self._dates: Counter[dt.date] = Counter()
        self._flipped_count = 0
        self._currencies: set[str | None] = set()
        self._references = array("q")

    @property
    def is_in_one_currency(self) -> bool:
        """Return whether every line can be added to the balance."""
        return self._currencies <= {self.currency}

    def add(self, lines: list[Line]) -> None:
        """Count booked lines."""
        amounts = list(map(_AMOUNT, lines))
        self.net_minor += sum(amounts)
        self._dates.update(map(_DATE, lines))
        self._currencies.update(map(_CURRENCY, lines))
        flipped = [
            code
            for code, amount_minor in zip(map(_CODE, lines), amounts, strict=True)
            if (amount_minor > 0 and code == "DEBIT") or (amount_minor < 0 and code == "CREDIT")
        ]
        self._flipped_count += len(flipped)
        if len(self._references) < REFERENCES_MAX:
            self._references.extend(map(hash, map(_REFERENCE, lines)))

    def add_pending(self, line: Line) -> None:
        """Count a line that is not booked."""
        self.pending_count += 1
        self.pending_minor += line.amount_minor

    def warnings(
        self, start: dt.date | None, end: dt.date | None, balance_date: dt.date | None
    ) -> Iterator[str]:
        """Yield what is odd about the lines."""
        yield from _repeated_references(self._references)
        outside = sum(
            count
            for date, count in self._dates.items()
            if (start and date < start) or (end and date > end)
        )
        if outside:
            yield f"{outside} line(s) are dated outside the stated period."
        if balance_date and any(date > balance_date for date in self._dates):
            later = sum(count for date, count in self._dates.items() if date > balance_date)
            yield (
                f"{later} line(s) are dated after the closing balance (LEDGERBAL of "
                f"{balance_date}), which is taken to include them."
            )
        if self._flipped_count:
            yield (
                f"{self._flipped_count} line(s) have a type (TRNTYPE) that contradicts the sign "
                "of the amount; the sign is kept."
            )
        if self.pending_count:
            yield (
                f"{self.pending_count} pending line(s) (STMTTRNP) of "
                f"{format_minor(self.pending_minor, self.currency)} in all are part of neither the "
                "net nor the balances."
            )


def _repeated_references(hashes: array[int]) -> Iterator[str]:
    """Yield a warning where bank references occur more than once.

    Compared in small parts that surely hold all that are equal: a set of a million takes 100 MB.
    """
    parts = [array("q") for _ in range(len(hashes) // _COMPARED_AT_ONCE + 1)]
    for one in hashes:
        parts[one % len(parts)].append(one)
    repeated = {
        one
        for part in parts
        if len(set(part)) < len(part)
        for one, count in Counter(part).items()
        if count > 1 and one != _NO_REFERENCE
    }
    if repeated:
        seen: dict[int, int] = {}
        places = (
            (seen.setdefault(one, number), number)
            for number, one in enumerate(hashes, 1)
            if one in repeated
        )
        first, again = next(place for place in places if place[0] != place[1])
        yield (
            f"{len(repeated)} bank reference(s) (FITID) occur more than once, first that of "
            f"line {first} in line {again}; every line is kept."
        )
    if len(hashes) >= REFERENCES_MAX:
        yield (
            f"Only the bank references (FITID) of the first {len(hashes):,} lines were compared."
        )


class _Scanner:
    """Walks the aggregates around transactions and makes summaries of what it finds there."""

    def __init__(self, source: Source, options: Options, warnings: list[str]) -> None:
        self._source = source
        self._markup = Markup(source, warnings)
        self._default_currency = options.default_currency
        self._warnings = warnings
        self._form = Form()
        self._days = Days()
        self._text = ""
        self._at = 0
        self._line = 0
        self._is_final = False
        self._cleans = False
        self._open: list[_Aggregate] = []
        self._last_leaf: str | None = None
        self._seen: set[str] = set()
        self._sign_on: Extra = ()
        self._currencies: list[str] | None = None
        self._statements_count = 0
        self._statement: _Statement | None = None
        self._summary: Summary | None = None
        self._ended = False
        self._bank_error: Field | None = None

    def events(self) -> Iterator[Event]:
        """Yield what the file holds; each summary once the next statement or the end is there."""
        for piece in self._markup:
            self._line = self._line or self._markup.first_line
            clean = piece
            if self._cleans:
                clean = plain_tags(piece, self._line + self._text.count("\n", self._at))
            self._text = self._text[self._at :] + clean
            self._at = 0
            yield from self._advance()
        self._is_final = True
        yield from self._advance()
        if self._open:
            self._cut_off(self._open[-1].name, self._open[-1].line)
        self._refuse_bank_error()
        self._refuse_other_contents()
        if self._summary is not None:
            yield self._summary

    def _advance(self) -> Iterator[Event]:
        """Read as much of the text as can be understood without what follows it."""
        while True:
            begin = _BEGIN.search(self._text, self._at)
            limit = self._end_of_tags(begin)
            if not self._cleans and limit > self._at and self._clean(limit):
                continue
            yield from self._tags(limit)
            if begin is None:
                self._refuse_long_text()
                return
            if self._statement is None:
                limit = self._text.find("<", begin.end())
                if limit < 0 and not self._is_final:
                    return
                yield from self._tags(limit if limit >= 0 else len(self._text))
                continue
            lines = self._transactions(self._statement, begin[0])
            if lines is None:
                return
            yield lines

    def _end_of_tags(self, begin: re.Match[str] | None) -> int:
        """Return how far tags may be read: the text of a leaf that comes last may still go on."""
        if begin is not None:
            return begin.start()
        last = self._text.rfind("<", self._at)
        if last < 0 or self._is_final or self._text.startswith("</", last):
            return len(self._text)
        return last

    def _clean(self, limit: int) -> bool:
        """Put tags into capitals from here on, where the first ones that are read need it."""
        ahead = self._text[self._at : limit]
        if plain_tags(ahead, self._line) == ahead:
            return False
        self._cleans = True
        self._text, self._at = plain_tags(self._text[self._at :], self._line), 0
        return True

    def _move(self, position: int) -> None:
        self._line += self._text.count("\n", self._at, position)
        self._at = position

    def _refuse(self, reason: str) -> UnreadableStatement:
        return UnreadableStatement(reason, line=self._line)

    def _refuse_long_text(self) -> None:
        if not self._is_final and len(self._text) - self._at > 2 * FIELD_CHARS_MAX:
            match = TOKEN.match(self._text, self._at)
            raise too_long(match[2] if match else "a text", self._line)

    def _cut_off(self, name: str, opened: int) -> None:
        end = len(self._text.rstrip())
        self._move(max(end, self._at))
        raise self._refuse(f"the file is cut off: <{name}> opened on line {opened} is never closed")

    def _transactions(self, statement: _Statement, begin: str) -> list[Line] | None:
        """Return the lines of the transactions at this place, ``None`` where more must be read."""
        end = END if begin == BEGIN else PENDING_END
        if self._text.find(end, self._at) < 0:
            self._refuse_open_transaction(begin)
            return None
        if statement.transactions is None:
            statement.currency = self._read_currency()
            statement.transactions = Transactions(self._form, self._days, statement.currency)
        if begin == PENDING_BEGIN:
            line, position = statement.transactions.read_pending(self._text, self._at, self._line)
            statement.add_pending(line)
            self._move(position)
            return [line]
        if self._open[-1].name == "BANKTRANLISTP":
            raise self._refuse(
                "a list of pending transactions (BANKTRANLISTP) holds STMTTRN, not STMTTRNP"
            )
        lines, position = statement.transactions.read(self._text, self._at, self._line)
        statement.add(lines)
        self._move(position)
        return lines

    def _refuse_open_transaction(self, begin: str) -> None:
        name = begin[1:-1]
        if self._is_final:
            self._cut_off(name, self._line)
        if len(self._text) - self._at > TRANSACTION_CHARS_MAX:
            if self._text.find(begin, self._at + 1) >= 0:
                raise not_closed(self._line)
            raise self._refuse(
                f"<{name}> is not closed within {TRANSACTION_CHARS_MAX:,} characters"
            )

    def _tags(self, limit: int) -> Iterator[Event]:
        """Read tags up to a position, and what stands between them."""
        first = self._text.find("<", self._at, limit)
        before = self._text[self._at : first if first >= 0 else limit]
        if before.strip():
            raise stray_text(before, self._line)
        self._move(first if first >= 0 else limit)
        for match in TOKEN.finditer(self._text, self._at, limit):
            slash, name, value = match.groups()
            if self._ended:
                raise self._refuse("an element follows </OFX>")
            if slash:
                self._close(name)
                if value.strip():
                    raise stray_text(value, self._line)
            elif name in _AGGREGATES or not value.strip():
                if name in _STATEMENTS and self._summary is not None:
                    yield self._summary
                    self._summary = None
                self._open_or_empty(name, match.end())
            else:
                self._leaf(name, value)
            self._line += value.count("\n")
        self._at = limit

    def _open_or_empty(self, name: str, position: int) -> None:
        certain = name in _AGGREGATES
        if not certain and (name in LEAVES or self._text.startswith(f"</{name}>", position)):
            self._leaf(name, "")
            return
        if len(self._open) >= NESTING_MAX:
            raise self._refuse(f"elements are nested more than {NESTING_MAX} deep")
        if not self._open and name != "OFX":
            raise self._refuse(f"<{name}> stands outside <OFX>")
        if name == "OFX" and self._open:
            raise self._refuse("a second <OFX> begins inside the first")
        if certain and any(aggregate.name == name for aggregate in self._open):
            raise self._refuse(f"<{name}> begins again before it was closed")
        self._last_leaf = None
        if name in _TRANSACTIONS and not any(one.name in _OTHER_CONTENTS for one in self._open):
            raise self._refuse(f"a transaction ({name}) stands outside of a statement")
        if name in _OTHER_CONTENTS:
            self._seen.add(name)
        self._open.append(_Aggregate(name, self._line, certain))
        if name in _STATEMENTS:
            self._begin_statement(name)

    def _begin_statement(self, name: str) -> None:
        if self._statement is not None:
            raise self._refuse(f"<{name}> begins before the statement before it was closed")
        self._statements_count += 1
        self._statement = _Statement()

    def _read_currency(self) -> str | None:
        """Return the open statement's currency.

        Where CURDEF does not stand before the transactions, all the file is searched for it.
        """
        outer = next(one for one in reversed(self._open) if one.name in _STATEMENTS)
        text, line = outer.leaves.get("CURDEF", ("", outer.line))
        if not text:
            if self._currencies is None:
                self._currencies = _currencies_of(self._source)
            text = "".join(self._currencies[self._statements_count - 1 : self._statements_count])
        return self._code(text, line) if text else self._default_currency

    @staticmethod
    def _code(text: str, line: int) -> str:
        try:
            return currency_code(text)
        except UnreadableStatement as error:
            raise UnreadableStatement(error.reason, line=line) from None

    def _close(self, name: str) -> None:
        if any(one.name == name for one in self._open):
            while self._open[-1].name != name and not self._open[-1].certain:
                leaf = self._open.pop()
                leaf.leaves = {leaf.name: ("", leaf.line)} | leaf.leaves
                self._open[-1].take(leaf, "")
            inner = self._open[-1]
            if inner.name != name:
                raise self._refuse(
                    f"<{inner.name}> opened on line {inner.line} is not closed before </{name}>"
                )
            self._finish(self._open.pop())
            self._ended = name == "OFX"
        elif name in LEAVES and self._last_leaf not in {None, name}:
            raise self._refuse(f"<{self._last_leaf}> is closed by </{name}>")
        elif name != self._last_leaf:
            raise self._refuse(f"</{name}> closes an element that is not open")
        self._last_leaf = None

    def _leaf(self, name: str, value: str) -> None:
        if not self._open:
            raise self._refuse(f"<{name}> stands outside <OFX>")
        self._last_leaf = name
        leaves = self._open[-1].leaves
        text = value.strip()
        if len(text) > FIELD_CHARS_MAX:
            raise too_long(name, self._line)
        known = leaves.get(name, ("", 0))[0]
        if known and text and known != text:
            if name in LEAVES:
                raise self._refuse(f"{name} is given twice with different values")
            self._open[-1].repeated.append((name, text))
            if len(self._open[-1].repeated) > LEAVES_MAX:
                raise self._refuse(f"<{self._open[-1].name}> holds more than {LEAVES_MAX} elements")
        elif text or name not in leaves:
            leaves[name] = (text, self._line)
            if len(leaves) > LEAVES_MAX:
                raise self._refuse(f"<{self._open[-1].name}> holds more than {LEAVES_MAX} elements")

    def _finish(self, aggregate: _Aggregate) -> None:
        name = aggregate.name
        if name == "STATUS":
            self._check_status(aggregate)
        elif name == "SONRS":
            self._sign_on = tuple(("SONRS/" + path, text) for path, text in _pairs(aggregate))
        elif name in _STATEMENTS and self._statement is not None:
            self._summary = self._summary_of(self._statement, aggregate)
            self._statement = None
        elif self._statement is not None and name == "BANKTRANLIST":
            self._take_period(self._statement, aggregate.leaves)
            self._open[-1].take(aggregate, name + "/")
        elif self._open and (self._statement is not None or self._open[-1].name == "SONRS"):
            self._open[-1].take(aggregate, name + "/")

    def _check_status(self, aggregate: _Aggregate) -> None:
        """Refuse what the bank itself calls an error (3.1.4)."""
        code, _ = aggregate.leaves.get("CODE", ("0", 0))
        severity = aggregate.leaves.get("SEVERITY", ("", 0))[0].upper()
        message = unescape(aggregate.leaves.get("MESSAGE", ("", 0))[0])
        if code.strip("0") == "" and severity in {"", "INFO"}:
            return
        said = f"status {code}" + (f": {message}" if message else "")
        if severity == "ERROR" or severity not in {"INFO", "WARN"}:
            self._bank_error = self._bank_error or (said, aggregate.line)
        elif len(self._warnings) < WARNINGS_MAX:
            self._warnings.append(f"The bank reports {said}.")

    def _refuse_bank_error(self) -> None:
        if self._bank_error is None:
            return
        said, line = self._bank_error
        held = next((what for name, what in _OTHER_CONTENTS.items() if name in self._seen), "")
        reason = f"the bank reports an error instead of a statement, {said}"
        if held and not self._statements_count:
            reason += f" (the file holds {held})"
        raise UnreadableStatement(reason, line=line)

    def _refuse_other_contents(self) -> None:
        if self._summary is not None:
            skipped = tuple(
                f"The file also holds {what}, which is not read."
                for name, what in _OTHER_CONTENTS.items()
                if name in self._seen and name not in {"SONRS", "PROFRS", "ACCTINFORS"}
            )
            self._summary = replace(self._summary, warnings=self._summary.warnings + skipped)
            return
        if not self._ended:
            raise UnreadableStatement("the file is cut off: </OFX> is missing")
        for name, what in _OTHER_CONTENTS.items():
            if name in self._seen:
                raise UnreadableStatement(
                    f"the OFX file holds {what} and no bank statement; {_READ_TODAY}"
                )
        raise UnreadableStatement(f"the OFX file holds no statement; {_READ_TODAY}")

    def _summary_of(self, statement: _Statement, aggregate: _Aggregate) -> Summary:
        """Return what the file says about a statement that has ended."""
        leaves = aggregate.leaves
        warnings = list(self._warnings)
        transactions = statement.transactions
        currency = self._read_currency_at_end(statement, aggregate)
        if currency is None:
            warnings.append(
                "The statement names no currency (CURDEF); amounts are read with two decimals."
            )
        account = Account(
            id=_tidied(leaves, "BANKACCTFROM/ACCTID") or _tidied(leaves, "CCACCTFROM/ACCTID"),
            bank_id=_tidied(leaves, "BANKACCTFROM/BANKID"),
            type=_STATEMENTS[aggregate.name]
            or (_tidied(leaves, "BANKACCTFROM/ACCTTYPE") or "").lower()
            or None,
            currency=currency,
        )
        start, end = statement.period_start, statement.period_end
        closing = self._balance(leaves, "LEDGERBAL/BALAMT", currency)
        if closing is None and any(path.startswith("LEDGERBAL/") for path in leaves):
            warnings.append("A closing balance (LEDGERBAL) is empty and is left out.")
        if not statement.has_list:
            warnings.append(
                f"The statement of account {account.id or 'without a number'} lists no "
                "transactions (no BANKTRANLIST)."
            )
        corrections_count = transactions.corrections_count if transactions else 0
        if corrections_count:
            warnings.append(
                f"{corrections_count} line(s) replace or delete one that the bank sent before "
                "(CORRECTFITID); both are kept and counted, and no opening balance is derived."
            )
        derives = (
            closing is not None
            and statement.has_list
            and statement.is_in_one_currency
            and not corrections_count
        )
        balance_date = leaves.get("LEDGERBAL/DTASOF", ("", 0))
        warnings += statement.warnings(
            start,
            end,
            self._date(*balance_date, "DTASOF") if states_day(balance_date[0]) else None,
        )
        return Summary(
            format=self._markup.format,
            account=account,
            period_start=start,
            period_end=end,
            opening_balance_minor=(closing or 0) - statement.net_minor if derives else None,
            closing_balance_minor=closing,
            available_balance_minor=self._balance(leaves, "AVAILBAL/BALAMT", currency),
            lines_count=transactions.count if transactions else 0,
            net_minor=statement.net_minor,
            warnings=tuple(warnings),
            extra=self._extra(aggregate),
        )

    def _read_currency_at_end(self, statement: _Statement, aggregate: _Aggregate) -> str | None:
        if statement.transactions is not None:
            return statement.currency
        text, line = aggregate.leaves.get("CURDEF", ("", 0))
        return self._code(text, line) if text else self._default_currency

    def _extra(self, aggregate: _Aggregate) -> Extra:
        wrapper = self._open[-1] if self._open else aggregate
        around = (("TRNUID", text) for text in [wrapper.leaves.get("TRNUID", ("", 0))[0]] if text)
        own = (pair for pair in _pairs(aggregate) if pair[0] not in _FIELDS)
        return (*self._sign_on, *around, *own)

    def _take_period(self, statement: _Statement, leaves: dict[str, Field]) -> None:
        """Take the period of a list: of several (11.4.2.2) the earliest start and latest end."""
        statement.has_list = True
        written = [leaves.pop(name, ("", 0)) for name in ("DTSTART", "DTEND")]
        start, end = (
            self._date(*one, name) if states_day(one[0]) else None
            for one, name in zip(written, ("DTSTART", "DTEND"), strict=True)
        )
        if start and end and end < start:
            raise UnreadableStatement(
                "the period ends (DTEND) before it starts (DTSTART)", line=written[1][1]
            )
        starts = [one for one in (start, statement.period_start) if one]
        ends = [one for one in (end, statement.period_end) if one]
        statement.period_start = min(starts, default=None)
        statement.period_end = max(ends, default=None)

    def _balance(self, leaves: dict[str, Field], path: str, currency: str | None) -> int | None:
        text, line = leaves.get(path, ("", 0))
        if not text:
            return None
        try:
            return amount(text, "BALAMT", currency)
        except UnreadableStatement as error:
            raise UnreadableStatement(error.reason, line=line) from None

    def _date(self, text: str, line: int, name: str) -> dt.date:
        try:
            return self._days.read(text, name)
        except UnreadableStatement as error:
            raise UnreadableStatement(error.reason, line=line) from None


def _pairs(aggregate: _Aggregate) -> Iterator[tuple[str, str]]:
    """Yield all leaves with a value, those of inner aggregates by their path."""
    found = ((path, text) for path, (text, _) in aggregate.leaves.items())
    for path, text in chain(found, aggregate.repeated):
        if text:
            yield path, received(text)


def _tidied(leaves: dict[str, Field], path: str) -> str | None:
    return tidy(leaves.get(path, ("", 0))[0]) or None


def _currencies_of(source: Source) -> list[str]:
    """Return the text of each statement's CURDEF, empty where it has none."""
    found: list[str] = []
    inside = False
    held = ""
    for piece in chain(Markup(source, []), ["<"]):
        text = held + piece
        last = text.rfind("<")
        text, held = text[:last], text[last:][:FIELD_CHARS_MAX]
        for match in _CURRENCY_OF_STATEMENT.finditer(text):
            closes, name, value = match[1], match[2].upper(), match[3].strip()
            if name == "CURDEF":
                if inside and not closes and not found[-1]:
                    found[-1] = value
                continue
            inside = not closes
            if inside:
                found.append("")
    return found
