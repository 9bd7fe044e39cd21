"""Movements of MT940 and MT942 in blocks of a few hundred, by columns.

The movements of a block mostly have a few shapes. Here one search takes the fields 61 of a block
apart, each column is converted by steps that run in C, and the lines are put together from the
columns. A movement in which anything is unusual, and no other, is left to ``mt940_entries``, which
gives the same lines one by one (``tests/unit/statements/test_mt940.py`` compares the two) and words
the refusals. ``mt940_text_columns`` does the same for the texts of fields 86.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate, repeat
from operator import add, mul
from typing import TYPE_CHECKING, Any, NamedTuple

from shared.errors import UnreadableStatement
from shared.money import decimals_of
from shared.statements.model import Extra, Line, LineStatus
from shared.statements.mt940_details import POINTERS, cleaned
from shared.statements.mt940_entries import (
    BOOKED,
    DISPLACED,
    MARKS,
    VALUED,
    Book,
    forget_dates,
    original_of,
    read_one_by_one,
    remember_dates,
)
from shared.statements.mt940_text_columns import BEGIN, details_of
from shared.statements.text import FIELD_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COLUMNS_MIN = 4
"""Fewer movements are read faster one by one (measured)."""

_OTHER_FIELD = re.compile(DISPLACED.pattern.replace("(?:", "(?=[: \t6])(?::(?:86|NS):|", 1))
"""A further field of a movement, or a line that looks like a damaged one; its first character is
looked at before all else."""

_MOVEMENT = re.compile(
    f"{BEGIN}([0-9]{{6}}(?:[0-9]{{4}})?)([CDRE]+[A-Z]?)([0-9]{{1,11}}),([0-9]{{0,4}})"
    f"([A-Z][A-Z0-9]{{3}})([^\n{BEGIN}]*)(?:\n([^{BEGIN}]*))?(?![^{BEGIN}])|{BEGIN}[^{BEGIN}]*"
)
"""A field 61 by parts, or nothing of one that is unusual. No amount of so many digits is too large:
11 and the 4 decimals that a currency has at most are below ``AMOUNT_MINOR_MAX``."""


def read_entries(run: str, first_line: int, book: Book) -> list[Line]:
    """Return the movements of a run, as many of them by columns as have a usual shape.

    Args, Raises:
        As ``read_one_by_one``.
    """
    forget_dates()
    pieces = ("\n" + run[:-1]).split("\n:61:")[1:]
    if len(pieces) < COLUMNS_MIN or book.currency is None:
        return read_one_by_one(run, first_line, book)
    heads, _, received = zip(*map(str.partition, pieces, repeat("\n:86:")), strict=True)
    rows: list[tuple[str, ...]] = _MOVEMENT.findall(BEGIN + BEGIN.join(heads))
    begun = accumulate(map(str.count, pieces, repeat("\n")), initial=first_line)
    positions = list(map(add, begun, range(len(pieces))))
    odd = _odd(pieces, heads, received, rows, book.currency)
    if not odd:
        return _by_columns(
            range(book.count, book.count + len(rows)), rows, received, positions, book
        )
    return _mixed(pieces, rows, received, positions, odd, book)


def _mixed(
    pieces: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    received: Sequence[str],
    positions: Sequence[int],
    odd: set[int],
    book: Book,
) -> list[Line]:
    """Return the movements of a run in which some are read on their own."""
    begun = book.count
    found: dict[int, Line] = {}
    for index in sorted(odd):
        book.count = begun + index
        (found[index],) = read_one_by_one(f":61:{pieces[index]}\n", positions[index], book)
    usual = [index for index in range(len(pieces)) if index not in odd]
    if usual:
        lines = _by_columns(
            [begun + index for index in usual],
            [rows[index] for index in usual],
            [received[index] for index in usual],
            [positions[index] for index in usual],
            book,
        )
        found |= zip(usual, lines, strict=True)
    book.count = begun + len(pieces)
    return [found[index] for index in range(len(pieces))]


def _odd(
    pieces: Sequence[str],
    heads: Sequence[str],
    received: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    currency: str,
) -> set[int]:
    """Return which movements of a run need a closer look."""
    keys, marks, _, decimals, *_ = zip(*rows, strict=True)
    odd: set[int] = set()
    unknown = {key for key in set(keys) - BOOKED.keys() if not _is_remembered(key)}
    unknown |= set(marks) - _marks(currency).keys()
    digits = decimals_of(currency)
    if unknown or max(map(len, decimals)) > digits:
        odd |= {
            index
            for index, (key, mark, _, decimal, *_) in enumerate(rows)
            if key in unknown or mark in unknown or len(decimal) > digits
        }
    if max(map(len, pieces)) > FIELD_CHARS_MAX:
        odd |= {index for index, one in enumerate(pieces) if len(one) > FIELD_CHARS_MAX}
    for texts in (heads, received):
        joined = BEGIN.join(texts)
        if "\n" in joined and _OTHER_FIELD.search(joined):
            odd |= {index for index, text in enumerate(texts) if _OTHER_FIELD.search(text)}
    return odd


def _is_remembered(key: str) -> bool:
    """Return whether the dates of a field 61 exist; then ``BOOKED`` and ``VALUED`` hold them."""
    try:
        if key:
            remember_dates(key)
    except UnreadableStatement:
        return False
    return bool(key)


class _Mark(NamedTuple):
    """What the mark of a field 61 says."""

    sign: int
    is_reversal: bool
    status: LineStatus
    extra: Extra


@lru_cache(maxsize=64)
def _marks(currency: str) -> dict[str, _Mark]:
    """Return the marks, alone and with the third letter of a currency (or another funds code)."""
    found: dict[str, _Mark] = {}
    for mark, (sign, is_reversal, is_expected) in MARKS.items():
        for letter in ("", *"ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
            extra: Extra = () if currency.endswith(letter) else (("funds code", letter),)
            status: LineStatus = "pending" if is_expected else "booked"
            found[mark + letter] = _Mark(sign, is_reversal, status, extra)
    return found


def _by_columns(
    indexes: Sequence[int],
    rows: Sequence[tuple[str, ...]],
    received: Sequence[str],
    positions: Iterable[int],
    book: Book,
) -> list[Line]:
    """Return movements of usual shape."""
    keys, marks, wholes, decimals, types, references, supplements = zip(*rows, strict=True)
    known = _marks(book.currency or "")
    signs = {one: known[one].sign for one in set(marks)}
    reversals: Iterable[bool] = repeat(False)
    statuses: Iterable[LineStatus] = repeat("booked")
    if any(known[one].is_reversal or known[one].status != "booked" for one in signs):
        reversals = [known[one].is_reversal for one in marks]
        statuses = [known[one].status for one in marks]
    digits = decimals_of(book.currency)
    if min(map(len, decimals)) < digits:
        decimals = tuple(map(str.ljust, decimals, repeat(digits), repeat("0")))
    amounts = list(map(mul, map(int, map(add, wholes, decimals)), map(signs.__getitem__, marks)))
    owns, _, banks = zip(*map(str.partition, references, repeat("//")), strict=True)
    own, bank = list(map(str.strip, owns)), list(map(str.strip, banks))
    received = list(map(str.rstrip, received))
    details = details_of(received)
    descriptions = details.descriptions
    extras = details.extras
    bank_references, extras = _beside(bank, details.bank_references, "bank reference", extras)
    own_references, extras = _beside(own, details.customer_references, "KREF", extras)
    originals: Sequence[Iterable[Any]] = [repeat(None)] * 3
    if any(supplements):
        shown = list(map(cleaned, supplements))
        more: Iterable[Extra] = [(("supplementary details", one),) if one else () for one in shown]
        extras = list(map(add, more, extras or repeat(())))
        joined = BEGIN.join(shown)
        if "/OCMT/" in joined or "/EXCH/" in joined:
            of_all = map(original_of, shown, map(signs.__getitem__, marks))
            originals = list(zip(*of_all, strict=True))
        if "" in descriptions:
            descriptions = [one or two for one, two in zip(descriptions, shown, strict=True)]
    if any(known[one].extra for one in signs):
        funds = [known[one].extra for one in marks]
        extras = list(map(add, funds, extras or repeat(())))
    codes: Iterable[str] = types
    if details.codes:
        codes = [
            f"{one}/{two}" if two else one for one, two in zip(types, details.codes, strict=True)
        ]
    book.count += len(rows)
    debits = [amount for amount in amounts if amount < 0]
    totals = book.totals
    totals.count += len(rows)
    totals.net_minor += sum(amounts)
    totals.debits_count += len(debits)
    totals.debits_minor += sum(debits)
    if any(known[one].status == "pending" for one in signs):
        pairs = zip(amounts, marks, strict=True)
        book.expected_minor += sum(one for one, mark in pairs if known[mark].status == "pending")
    return list(
        map(
            tuple.__new__,
            repeat(Line),
            zip(
                indexes,
                map(BOOKED.__getitem__, keys),
                map(VALUED.__getitem__, keys),
                amounts,
                repeat(book.currency),
                descriptions,
                received,
                details.counterparties or repeat(None),
                details.accounts or repeat(None),
                details.end_to_end_ids or repeat(None),
                details.mandates or repeat(None),
                repeat(None),
                own_references,
                details.remittance_references or repeat(None),
                bank_references,
                codes,
                *originals,
                repeat(None),
                statuses,
                reversals,
                repeat(()),
                extras or repeat(()),
                positions,
                strict=False,
            ),
        )
    )


def _beside(
    stated: Sequence[str],
    found: Sequence[str | None] | None,
    name: str,
    extras: Sequence[Extra] | None,
) -> tuple[Iterable[str | None], Sequence[Extra] | None]:
    """Return references of field 61, or where it has none those of field 86, and what is left.

    Where both have one and they differ, that of field 86 is kept under its name.
    """
    first = map(POINTERS.get, stated, stated)
    if found is None:
        return first, extras
    pairs = list(zip(first, found, strict=True))
    if any(one and two and one != two for one, two in pairs):
        left: list[Extra] = [
            ((name, two),) if one and two and one != two else () for one, two in pairs
        ]
        extras = list(map(add, left, extras or repeat(())))
    return [one or two for one, two in pairs], extras
