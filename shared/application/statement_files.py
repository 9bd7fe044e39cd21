"""Reading a statement's file for one ledger: twice, in bounded memory, whatever its size.

The first reading looks at everything and keeps only sums: whose statement it is, on which days,
whether its control totals hold, how many lines there are. A file that is refused is refused by it,
before a line is stored or a number reserved. The second reading hands out the lines.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from shared.errors import BrokenTotal, TooLarge, UnreadableStatement
from shared.reconciliation.facts import StatementFacts, Tally
from shared.reconciliation.terms import statement_for_ledger
from shared.statements.model import Line, Summary
from shared.statements.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from shared.books.model import Ledger

UPLOAD_BYTES_MAX = 4 * 1024 * 1024
"""API Gateway passes 10 MB but Lambda takes 6 MB of base64, which is 4.5 MB of file."""

UPLOAD_LINES_MAX = 100_000
"""Most lines read while a client waits: two readings of the slowest format, at 30 us a line, are
6 of the api function's 29 seconds. 4 MB packed may be ten times as many."""

IMPORT_LINES_MAX = 10_000
"""Most lines stored while a client waits: at about a millisecond each, 10 of the 29 seconds."""

STATEMENT_LINES_MAX = 500_000
"""Most lines of one file: what the parse_statement function stores in its 15 minutes, at about a
millisecond each, with a third of them to spare."""

STATEMENT_BYTES_MAX = 640 * 1024 * 1024
"""Largest file: ``STATEMENT_LINES_MAX`` entries of the wordiest format, CAMT, at 1.3 kB each. The
two readings, each after one that settles the encoding, and the checksum take S3 about a minute."""

STATEMENTS_MAX = 10_000
"""Most statements in one file: one each day for 27 years."""

LINE_TEXT_CHARS_MAX = 40_000
"""Most text in one line's fields, details and extra aside: 160 kB as stored. DynamoDB's items end
at 400 kB, and the longest real line is below 2,000."""

WARNINGS_MAX = 50
"""Warnings kept of one file; each of a thousand statements in it may bring its own."""

_DATE, _AMOUNT, _CURRENCY, _STATUS = (
    itemgetter(Line._fields.index(name)) for name in ("date", "amount_minor", "currency", "status")
)
_TEXTS = itemgetter(
    *(
        Line._fields.index(name)
        for name in (
            "description",
            "description_received",
            "counterparty",
            "counterparty_account",
            "end_to_end_id",
            "mandate_id",
            "check_number",
            "customer_reference",
            "remittance_reference",
            "bank_reference",
            "transaction_code",
            "original_currency",
            "exchange_rate",
        )
    )
)


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file read once for one ledger and found good, not stored yet."""

    source: Source
    default_currency: str
    facts: StatementFacts
    format: str
    warnings: tuple[str, ...]
    sha256: str

    def lines(self) -> Iterator[list[Line]]:
        """Yield the ledger's booked lines, read again, counted anew from 0 in their order."""
        from shared.statements.options import Options  # noqa: PLC0415 - as in read_for_ledger
        from shared.statements.registry import read_events  # noqa: PLC0415 - as above

        wanted = frozenset(self.facts.ordinals)
        statement = count = 0
        for event in read_events(self.source, Options(self.default_currency)):
            if isinstance(event, Summary):
                statement += 1
            elif statement in wanted:
                booked = _booked(event)
                if booked:
                    yield [
                        line if line.index == index else line._replace(index=index)
                        for index, line in enumerate(booked, count)
                    ]
                count += len(booked)


def read_for_ledger(
    ledger: Ledger, filename: str, source: Source, lines_max: int = STATEMENT_LINES_MAX
) -> ReadFile:
    """Return the statement of this ledger that a file holds.

    Raises:
        UnreadableStatement: The file is empty, broken, misnamed or of no format we read.
        BrokenTotal: A control total of one of its statements does not hold.
        InvalidInput: It is of another account or currency than the ledger.
        TooLarge: It has more bytes, lines or statements than are read here.
    """
    # Most calls of the api function read no file: the parsers are loaded by the first that does.
    from shared.statements.options import Options  # noqa: PLC0415
    from shared.statements.registry import read_events, refuse_misnamed  # noqa: PLC0415

    check_size(source.size or 0, STATEMENT_BYTES_MAX)
    sha256 = sha256_of(source)
    found: list[StatementFacts] = []
    warnings: dict[str, None] = {}
    format_ = ""
    seen = 0
    passing = _Passing()
    for event in read_events(source, Options(ledger.currency)):
        if isinstance(event, Summary):
            if not found:
                refuse_misnamed(filename, event.format)
                format_ = event.format
            _refuse_breaks(event, len(found) + 1)
            warnings |= dict.fromkeys((*event.warnings, *passing.warnings()))
            found.append(passing.facts(event, len(found)))
            passing = _Passing()
            if len(found) > STATEMENTS_MAX:
                raise TooLarge(
                    f"The file holds more than {STATEMENTS_MAX:,} statements: split it by period."
                )
        else:
            seen += len(event)
            check_lines(seen, lines_max)
            passing.add(event)
    return ReadFile(
        source=source,
        default_currency=ledger.currency,
        facts=statement_for_ledger(found, ledger),
        format=format_,
        warnings=_limited(tuple(warnings)),
        sha256=sha256,
    )


def sha256_of(source: Source) -> str:
    """Return the SHA-256 of a file, read as a stream."""
    digest = hashlib.sha256()
    for chunk in source.chunks():
        digest.update(chunk)
    return digest.hexdigest()


def check_size(size: int, limit: int) -> None:
    """Raise when a file is over a limit.

    Raises:
        TooLarge: It is.
    """
    if size > limit:
        raise TooLarge(
            f"The file has {size:,} bytes, over the {limit:,} that are taken here."
            + (_OTHER_WAYS if limit == UPLOAD_BYTES_MAX else " Split it by period.")
        )


def check_lines(count: int, limit: int) -> None:
    """Raise when a file has more lines than a limit.

    Raises:
        TooLarge: It has.
    """
    if count > limit:
        raise TooLarge(
            f"The file has more than the {limit:,} lines that are taken here."
            + (_OTHER_WAYS if limit < STATEMENT_LINES_MAX else " Split it by period.")
        )


_OTHER_WAYS = (
    " Ask for a presigned upload (POST /api/v1/reconciliations/upload-url) or put the file into "
    "the statements bucket."
)


class _Passing:
    """What is known of a statement while its lines pass."""

    def __init__(self) -> None:
        self._tally = Tally()
        self._currencies: set[str] = set()
        self._left_out = {"pending": 0, "information": 0}

    def add(self, lines: Sequence[Line]) -> None:
        _refuse_overlong(lines)
        booked = _booked(lines)
        if len(booked) < len(lines):
            for status in self._left_out:
                self._left_out[status] += sum(line.status == status for line in lines)
        self._tally.add(list(map(_DATE, booked)), map(_AMOUNT, booked))
        self._currencies |= {one for one in map(_CURRENCY, booked) if one is not None}

    def facts(self, summary: Summary, ordinal: int) -> StatementFacts:
        return StatementFacts(
            account=summary.account,
            period_start=summary.period_start,
            period_end=summary.period_end,
            opening_balance_minor=summary.opening_balance_minor,
            closing_balance_minor=summary.closing_balance_minor,
            lines_count=self._tally.count,
            net_minor=self._tally.net_minor,
            first_date=self._tally.first_date,
            last_date=self._tally.last_date,
            currencies=frozenset(self._currencies),
            ordinals=(ordinal,),
        )

    def warnings(self) -> Iterator[str]:
        why = {
            "pending": "what is not booked yet comes again in a later statement once it is",
            "information": "what the bank only tells of is never booked",
        }
        for status, count in self._left_out.items():
            if count:
                were = "line was" if count == 1 else "lines were"
                yield f"{count} {status} {were} left out: {why[status]}."


def _booked(lines: Sequence[Line]) -> Sequence[Line]:
    if all(status == "booked" for status in map(_STATUS, lines)):
        return lines
    return [line for line in lines if line.status == "booked"]


def _refuse_breaks(summary: Summary, number: int) -> None:
    """Refuse a file of which one statement does not come to what it announces.

    A break in another account's statement counts as well: the parts of a file have one source,
    and most breaks mean that it was cut or edited.
    """
    for found in summary.breaks:
        more = len(summary.breaks) - 1
        raise BrokenTotal(
            found.reason + (f"; {more} more of its totals do not hold" if more else ""),
            total=found.total,
            expected=found.expected,
            found=found.found,
            line=found.position,
            statement=number if number > 1 else None,
        )


def _refuse_overlong(lines: Sequence[Line]) -> None:
    """Refuse a line that no item holds; looked at by column, since hardly any comes near."""
    columns = zip(*map(_TEXTS, lines), strict=True)
    if sum(max(map(len, filter(None, column)), default=0) for column in columns) <= (
        LINE_TEXT_CHARS_MAX
    ):
        return
    for line in lines:
        chars = sum(map(len, filter(None, _TEXTS(line))))
        if chars > LINE_TEXT_CHARS_MAX:
            raise UnreadableStatement(
                f"the line's fields hold {chars:,} characters, over the {LINE_TEXT_CHARS_MAX:,} "
                "that are stored",
                line=line.position or None,
            )


def _limited(warnings: tuple[str, ...]) -> tuple[str, ...]:
    more = len(warnings) - WARNINGS_MAX
    if more <= 0:
        return warnings
    return (*warnings[:WARNINGS_MAX], f"There are {more} more warnings; tieout parse shows them.")
