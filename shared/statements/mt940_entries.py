"""Movements of MT940 and MT942: fields 61 with the 86 or NS beside each.

SWIFT User Handbook, Category 9, field 61: ``6!n[4!n]2a[1!a]15d1!a3!c16x[//16x]`` and on the next
line ``[34x]``: value date YYMMDD, entry date MMDD, debit or credit mark, third letter of the
currency, amount with a decimal comma, transaction type, the account owner's reference, the bank's
reference, supplementary details.

This is the careful way, one movement at a time; ``mt940_columns`` reads many at once.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field

from shared.errors import InvalidInput, UnreadableStatement
from shared.money import parse_minor
from shared.statements.dates import YEAR_MAX, YEAR_MIN
from shared.statements.model import Extra, Line
from shared.statements.mt940_details import (
    POINTERS,
    Details,
    cleaned,
    read_details,
    read_lines,
)
from shared.statements.text import FIELD_CHARS_MAX
from shared.statements.totals import Totals

CACHED_DATES_MAX = 10_000
"""Distinct date texts remembered: more than any statement has, and no file can fill memory."""

CENTURY_PIVOT = 70
"""Two-digit years from 70 are 19xx, as in ``dates``; SWIFT's own pivot is 80."""

_FEBRUARY = 2
_FEBRUARY_DAYS_OF_30_360 = {"29", "30"}

_FIELD = re.compile(r"^:(61|86|NS):", re.MULTILINE)
_MOVEMENT = re.compile(
    r"(\d{6})(\d{4})?(RC|RD|EC|ED|C|D)([A-Z])?(\d+(?:[.,]\d*)?)([A-Z][A-Z0-9]{3}|[A-Z] {3})"
    r"([^\n]*)((?:\n[^\n]*)*)",
    re.ASCII,
)
_POINT_AMOUNT = re.compile(r"\d+(?:,\d*|\.\d{1,2})?", re.ASCII)
_ORIGINAL = re.compile(r"/OCMT/([A-Z]{3})([\d,]+)/?")
_RATE = re.compile(r"/EXCH/(\d+(?:,\d+)?)/?")
DISPLACED = re.compile(
    r"\n(?:[ \t]*(?::(?:61|6[02][FM])|(?:61|6[02][FM]):):?[A-Z0-9]{6}|[ \t]+:(?:61|86):"
    r"|61[0-9]{6}(?:[0-9]{4})?(?:R?[CD]|E[CD])[A-Z]?[0-9]+[.,]|6[02][FM][CD][0-9]{6}[A-Z]{3}[0-9])"
)
"""A line of a text that begins as a movement or balance would which lost a colon or moved to the
right; without any colon only what is a whole beginning: account numbers wrap before any digit."""

MARKS = {
    "C": (1, False, False), "D": (-1, False, False),
    "RC": (-1, True, False), "RD": (1, True, False),
    "EC": (1, False, True), "ED": (-1, False, True),
}  # fmt: skip
"""Sign, whether it reverses another movement, whether it is only expected."""


def date_of(text: str, what: str) -> dt.date:
    """Return a date YYMMDD.

    Raises:
        UnreadableStatement: There is no such day.
    """
    year = int(text[:2])
    year += 1900 if year >= CENTURY_PIVOT else 2000
    try:
        return dt.date(year, int(text[2:4]), int(text[4:6]))
    except ValueError:
        raise UnreadableStatement(
            f"the {what} {text} is no day that exists; YYMMDD was expected"
        ) from None


def entry_date_of(month_and_day: str, value_year: int, value: dt.date | None) -> dt.date:
    """Return the entry date, whose year is that in which it lies nearest to the value date.

    Around new year the two are in different years (SWIFT gives the entry date no year).

    Raises:
        UnreadableStatement: There is no such day in any of the years.

    Examples:
        >>> entry_date_of("1231", 2024, dt.date(2024, 1, 2))
        datetime.date(2023, 12, 31)
    """
    month, day = int(month_and_day[:2]), int(month_and_day[2:])
    years = [value_year - 1, value_year, value_year + 1] if value else [value_year]
    found: list[dt.date] = []
    for year in years:
        try:
            found.append(dt.date(year, month, day))
        except ValueError:
            continue
    if not found:
        raise UnreadableStatement(
            f"the entry date {month_and_day} of field 61 is no day that exists; MMDD was expected"
        )
    nearest = found[0] if value is None else min(found, key=lambda one: abs(one - value))
    if value is not None and abs(nearest - value).days > DAYS_APART_MAX:
        raise UnreadableStatement(
            f"the entry date {month_and_day} of field 61 is no day that exists in {value_year}"
        )
    return nearest


DAYS_APART_MAX = 183
"""An entry date is at most half a year from the value date, else its year would be another."""


def amount_of(text: str, currency: str | None, what: str) -> int:
    """Return an amount with a decimal comma as minor units, never negative.

    A point is taken for the comma only where it cannot group thousands (BNP Paribas Poland).

    Raises:
        UnreadableStatement: It is no amount in this currency.
    """
    if not _POINT_AMOUNT.fullmatch(text):
        raise UnreadableStatement(
            f"the amount {text[:40]} of {what} is not readable; digits with a decimal comma were "
            "expected"
        )
    try:
        return parse_minor(text.replace(",", "."), currency)
    except InvalidInput as error:
        raise UnreadableStatement(f"{what}: {error.message}") from None


@dataclass(slots=True)
class Book:
    """What the movements of one statement share, and what is counted while they pass."""

    currency: str | None
    count: int = 0
    totals: Totals = field(default_factory=Totals)
    expected_minor: int = 0
    """What of the totals is only expected (marks EC and ED), and no part of any balance."""

    warnings: list[str] = field(default_factory=list)

    @property
    def booked_minor(self) -> int:
        """What the booked movements come to."""
        return self.totals.net_minor - self.expected_minor


# Keyed by the digits of a field 61; emptied when full.
BOOKED: dict[str, dt.date] = {}
VALUED: dict[str, dt.date] = {}


def forget_dates() -> None:
    """Empty ``BOOKED`` and ``VALUED`` where they are full; never amidst a block."""
    if len(BOOKED) > CACHED_DATES_MAX:
        BOOKED.clear()
        VALUED.clear()


def remember_dates(key: str) -> None:
    """Put the dates of a field 61 into ``BOOKED`` and ``VALUED``.

    Args:
        key: Value date YYMMDD, with or without entry date MMDD.

    Raises:
        UnreadableStatement: There is no such day.
    """
    value = date_of(key[:6], "value date of field 61")
    if not YEAR_MIN <= value.year <= YEAR_MAX:
        raise UnreadableStatement(f"the value date {key[:6]} of field 61 is out of range")
    entry = key[6:]
    booked = value if entry in {"", "0000"} else entry_date_of(entry, value.year, value)
    VALUED[key] = value
    BOOKED[key] = booked


def _dates_of(match: re.Match[str], book: Book, line: int) -> tuple[dt.date, dt.date | None, Extra]:
    key = match[1] + (match[2] or "")
    value_text, entry = match[1], match[2]
    if (
        value_text[2:4] == "02"
        and value_text[4:] in _FEBRUARY_DAYS_OF_30_360
        and entry not in {None, "0000", value_text[2:]}
    ):
        try:
            date_of(value_text, "")
        except UnreadableStatement:
            booked = entry_date_of(
                entry, date_of(value_text[:4] + "28", "").year, date_of(value_text[:4] + "28", "")
            )
            book.warnings.append(
                f"Line {line}: the value date {value_text} is February {int(value_text[4:])}, a "
                "day of the bank's 30/360 interest calendar; the line keeps its entry date "
                f"{booked} and no value date."
            )
            return booked, None, (("value date", value_text),)
    if key not in BOOKED:
        remember_dates(key)
    return BOOKED[key], VALUED[key], ()


def original_of(supplement: str, sign: int) -> tuple[int | None, str | None, str | None]:
    """Return original amount, currency and rate of the supplementary details."""
    rate = _RATE.search(supplement)
    original = _ORIGINAL.search(supplement)
    exchange = rate[1].replace(",", ".") if rate else None
    if original:
        try:
            minor = amount_of(original[2], original[1], "/OCMT/")
        except UnreadableStatement:
            return None, None, exchange
        return sign * minor, original[1], exchange
    return None, None, exchange


def _of_fields(movement: str, texts: list[tuple[str, str]], book: Book, line: int) -> Line:
    """Return one movement from its field 61 and the fields beside it."""
    match = _MOVEMENT.fullmatch(movement)
    if not match:
        raise UnreadableStatement(
            f"field 61 holds {movement[:60]!r} where value date YYMMDD, entry date MMDD, mark C, "
            "D, RC or RD, amount with a decimal comma, transaction type and reference were expected"
        )
    booked, value, extra_dates = _dates_of(match, book, line)
    sign, is_reversal, is_expected = MARKS[match[3]]
    minor = sign * amount_of(match[5], book.currency, "field 61")
    extra: list[tuple[str, str]] = list(extra_dates)
    if match[4] and not (book.currency or "").endswith(match[4]):
        extra.append(("funds code", match[4]))
    own, _, bank = match[7].partition("//")
    own_reference = POINTERS.get(own.strip(), own.strip())
    bank_reference = POINTERS.get(bank.strip(), bank.strip())
    supplement = cleaned(match[8])
    if supplement:
        extra.append(("supplementary details", supplement))
    original_minor, original_currency, rate = original_of(supplement, sign)
    received = "\n".join(text for _, text in texts)
    details = _details_of(texts, received)
    if own_reference is None:
        own_reference = details.customer_reference
    elif details.customer_reference not in {None, own_reference}:
        extra.append(("KREF", details.customer_reference or ""))
    if bank_reference is None:
        bank_reference = details.bank_reference
    elif details.bank_reference not in {None, bank_reference}:
        extra.append(("bank reference", details.bank_reference or ""))
    description = details.description or supplement
    return Line(
        index=0,
        date=booked,
        value_date=value,
        amount_minor=minor,
        currency=book.currency,
        description=description,
        description_received=description if received == description else received,
        counterparty=details.counterparty,
        counterparty_account=details.counterparty_account,
        end_to_end_id=details.end_to_end_id,
        mandate_id=details.mandate_id,
        customer_reference=own_reference,
        remittance_reference=details.remittance_reference,
        bank_reference=bank_reference,
        transaction_code=match[6].strip() + (f"/{details.code}" if details.code else ""),
        original_amount_minor=original_minor,
        original_currency=original_currency,
        exchange_rate=rate,
        status="pending" if is_expected else "booked",
        is_reversal=is_reversal,
        extra=(*extra, *details.extra),
        position=line,
    )


_NO_DETAILS = Details("")


def _details_of(texts: list[tuple[str, str]], received: str) -> Details:
    if not texts:
        return _NO_DETAILS
    if any(tag == "NS" for tag, _ in texts):
        return read_lines(received)
    return read_details(received)


def _without_end(text: str, line: int, tag: str) -> str:
    """Return a field without the line ends and blanks that close it."""
    text = text.rstrip()
    if len(text) > FIELD_CHARS_MAX:
        raise UnreadableStatement(
            f"field {tag} has more than {FIELD_CHARS_MAX:,} characters", line=line
        )
    return text


def read_one_by_one(run: str, first_line: int, book: Book) -> list[Line]:
    """Return the movements of a run of fields 61, 86 and NS, each read on its own.

    Args:
        run: Whole lines from a field 61 on, with no other fields.
        first_line: The number of its first line in the file.
        book: What the movements share; its counts go on.

    Raises:
        UnreadableStatement: A field 61 is not readable.
    """
    parts = _FIELD.split(run)
    lines: list[Line] = []
    line = first_line
    movement: tuple[str, int] | None = None
    texts: list[tuple[str, str]] = []

    def finish() -> None:
        if movement is None:
            return
        text, at = movement
        try:
            lines.append(_of_fields(text, texts, book, at))
        except UnreadableStatement as error:
            raise UnreadableStatement(error.reason, line=at) from None

    for tag, content in zip(parts[1::2], parts[2::2], strict=True):
        displaced = "\n" in content and DISPLACED.search(content)
        if displaced:
            raise UnreadableStatement(
                f"{displaced[0].strip()!r} begins a line of field {tag} and looks like a damaged "
                "field of its own",
                line=line + content.count("\n", 0, displaced.start()) + 1,
            )
        if tag == "61":
            finish()
            movement, texts = (_without_end(content, line, tag), line), []
        else:
            texts.append((tag, _without_end(content, line, tag)))
        line += content.count("\n")
    finish()
    return _numbered(lines, book)


def _numbered(lines: list[Line], book: Book) -> list[Line]:
    numbered = [one._replace(index=index) for index, one in enumerate(lines, book.count)]
    book.count += len(lines)
    book.totals.add(numbered)
    book.expected_minor += sum(one.amount_minor for one in lines if one.status == "pending")
    return numbered
