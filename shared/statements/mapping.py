r"""A mapping: how to read a table that does not decide its own columns, dates or signs.

A small JSON document that a user keeps beside a bank's exports. What it states is settled, and the
file is refused where it does not fit (the bank changed its layout); what it leaves out is inferred
as without it. ``tieout parse --inspect`` proposes one. The document, every key optional::

    {
      "tieout_mapping": 1,
      "encoding": "cp1252",
      "delimiter": ";",
      "quote": "\"",
      "header_row": 5,
      "skip_first": 4,
      "skip_last": 1,
      "columns": {"date": "Buchungstag", "amount": 5, "description": ["Text", "Zweck"]},
      "date_order": "day first",
      "date_format": "DD.MM.YYYY",
      "decimal_mark": ",",
      "signs": "as written",
      "debit_marks": ["S"],
      "credit_marks": ["H"],
      "currency": "EUR",
      "account": "DE89370400440532013000"
    }
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from shared.errors import InvalidInput
from shared.money import is_currency
from shared.statements.amounts import DecimalMark
from shared.statements.csv_words import Role
from shared.statements.dates import DateOrder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Mapping as Dictionary

VERSION = 1
VERSION_KEY = "tieout_mapping"

DOCUMENT_CHARS_MAX = 64 * 1024
"""Longest document read: a mapping has about twenty short values."""

NAME_CHARS_MAX = 200
COLUMNS_LISTED_MAX = 40
COLUMNS_MAX = 200
ROWS_MAX = 1_000_000
"""Furthest down that a header is; no file has a longer preamble."""

ENCODINGS = (
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "latin-1", "cp1250", "iso8859_2",
    "iso8859_15", "cp1251", "gb18030", "euc_jp", "cp932", "cp949", "big5",
)  # fmt: skip
"""The codecs a mapping may name: of the languages whose banks' exports we know."""

DELIMITERS = (",", ";", "\t", "|", ":", "^", "~")

ROLES = {
    "date": Role.BOOKING_DATE,
    "value_date": Role.VALUE_DATE,
    "amount": Role.AMOUNT,
    "debit": Role.DEBIT,
    "credit": Role.CREDIT,
    "mark": Role.INDICATOR,
    "fee": Role.FEE,
    "balance": Role.BALANCE,
    "currency": Role.CURRENCY,
    "status": Role.STATUS,
    "account": Role.ACCOUNT,
    "counterparty": Role.COUNTERPARTY,
    "counterparty_account": Role.COUNTERPARTY_ACCOUNT,
    "payer": Role.PAYER,
    "payee": Role.PAYEE,
    "description": Role.DESCRIPTION,
    "customer_reference": Role.REFERENCE,
    "end_to_end_id": Role.END_TO_END,
    "mandate_id": Role.MANDATE,
    "check_number": Role.CHECK,
    "remittance_reference": Role.REMITTANCE,
    "bank_reference": Role.BANK_REFERENCE,
    "transaction_code": Role.KIND,
    "original_amount": Role.ORIGINAL_AMOUNT,
    "original_currency": Role.ORIGINAL_CURRENCY,
    "exchange_rate": Role.RATE,
    "ignored": Role.IGNORED,
}
"""What a mapping may call a column: the canonical line's own words; an ignored one is only kept."""

NAMES = {role: name for name, role in ROLES.items()} | {
    Role.DATE: "date",
    Role.TRANSACTION_DATE: "date",
    Role.UNNAMED_INDICATOR: "mark",
}

SIGNS = ("as written", "turned", "by mark", "by column")
"""``turned``: money out is written as positive, as on many card accounts."""

_FORMAT_PARTS = re.compile(
    r"(D{1,2}|M{1,4}|Y{2,4})[^DMY]+(D{1,2}|M{1,4}|Y{2,4})[^DMY]+(D{1,2}|M{1,4}|Y{2,4})"
    r"|(YYYYMMDD|DDMMYYYY|MMDDYYYY)"
)


class InvalidMapping(InvalidInput):
    """A mapping's document cannot be used; ``loc`` names the key."""

    def __init__(self, message: str, *key: str) -> None:
        super().__init__(
            f"The mapping cannot be used: {message}",
            loc=("body", "mapping", *key),
            kind="invalid_mapping",
        )


ColumnName = str | int
"""A column by its header's words, or by its number from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """How to read one shape of table; ``None`` or empty where it is left to the file.

    Args:
        encoding: A Python codec out of ``ENCODINGS``.
        delimiter: Between cells (CSV only).
        quote: Around cells (CSV only).
        header_row: The header's line, from 1; 0 for a table without one.
        skip_first: Lines at the start that are not looked at.
        skip_last: Rows at the end that are not looked at.
        columns: Role (a key of ``ROLES``) and its columns, in order.
        date_order: Which of day, month and year comes first.
        decimal_mark: Between units and decimals.
        signs: One of ``SIGNS``.
        debit_marks: Words of the mark column for money out.
        credit_marks: Words of the mark column for money in.
        currency: ISO 4217 code of every amount.
        account: The statement's own account.
    """

    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header_row: int | None = None
    skip_first: int = 0
    skip_last: int = 0
    columns: tuple[tuple[str, tuple[ColumnName, ...]], ...] = ()
    date_order: DateOrder | None = None
    decimal_mark: DecimalMark | None = None
    signs: str | None = None
    debit_marks: tuple[str, ...] = ()
    credit_marks: tuple[str, ...] = ()
    currency: str | None = None
    account: str | None = None

    @classmethod
    def from_json(cls, text: str) -> Mapping:
        """Return the mapping that a JSON document states.

        Raises:
            InvalidMapping: It is no such document; the message names the key.

        Examples:
            >>> Mapping.from_json('{"columns": {"date": "When"}, "currency": "EUR"}').columns
            (('date', ('When',)),)
        """
        if len(text) > DOCUMENT_CHARS_MAX:
            raise InvalidMapping(f"it has more than {DOCUMENT_CHARS_MAX:,} characters")
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InvalidMapping(f"it is no JSON ({str(error)[:80]})") from None
        return cls.from_document(document)

    @classmethod
    def from_document(cls, document: object) -> Mapping:
        """Return the mapping of a parsed JSON document; as ``from_json``."""
        if not isinstance(document, dict):
            raise InvalidMapping("it is no JSON object")
        version = document.get(VERSION_KEY, VERSION)
        if version != VERSION or isinstance(version, bool):
            raise InvalidMapping(f"only version {VERSION} is known", VERSION_KEY)
        known = {field.name for field in fields(cls)} | {VERSION_KEY, "date_format"}
        unknown = next((key for key in document if key not in known), None)
        if unknown is not None:
            raise InvalidMapping(
                f"{unknown[:40]!r} is not one of its keys: {', '.join(sorted(known))}", unknown
            )
        found = cls(
            encoding=_encoding(document),
            delimiter=_one_of(document, "delimiter", DELIMITERS),
            quote=_one_of(document, "quote", ('"', "'")),
            header_row=_count(document, "header_row"),
            skip_first=_count(document, "skip_first") or 0,
            skip_last=_count(document, "skip_last") or 0,
            columns=_columns(document),
            date_order=_date_order(document),
            decimal_mark=_decimal_mark(document),
            signs=_one_of(document, "signs", SIGNS),
            debit_marks=_words(document, "debit_marks"),
            credit_marks=_words(document, "credit_marks"),
            currency=_currency(document),
            account=_text(document, "account"),
        )
        found._check()
        return found

    def _check(self) -> None:
        named = {role for role, _ in self.columns}
        if self.header_row == 0:
            if any(isinstance(one, str) for _, listed in self.columns for one in listed):
                raise InvalidMapping(
                    "a table without a header has its columns by number, from 1", "columns"
                )
            if "date" not in named or not ("amount" in named or {"debit", "credit"} <= named):
                raise InvalidMapping(
                    "a table without a header needs at least the columns date and amount (or "
                    "debit and credit)",
                    "columns",
                )
        if self.header_row and self.header_row <= self.skip_first:
            raise InvalidMapping("the header's row is among those skipped", "header_row")
        if ("debit" in named) != ("credit" in named):
            raise InvalidMapping("debit and credit come together", "columns")
        if "amount" in named and "debit" in named:
            raise InvalidMapping("amount and debit exclude each other", "columns")
        if self.signs == "by mark" and named and "mark" not in named:
            raise InvalidMapping("signs by mark need the column mark", "columns")
        if self.signs == "by column" and "amount" in named:
            raise InvalidMapping("signs by column need the columns debit and credit", "columns")
        folded = [word.strip().casefold() for word in (*self.debit_marks, *self.credit_marks)]
        if len(set(folded)) < len(folded):
            raise InvalidMapping("a mark stands for debit and for credit", "debit_marks")

    def column(self, role: str) -> tuple[ColumnName, ...]:
        """Return the columns of a role, empty where the mapping leaves it open."""
        return dict(self.columns).get(role, ())

    def to_document(self) -> dict[str, Any]:
        """Return the mapping as a JSON document, without what it leaves open."""
        document: dict[str, Any] = {VERSION_KEY: VERSION}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None or value == () or (field.name.startswith("skip") and not value):
                continue
            if isinstance(value, (DateOrder, DecimalMark)):
                value = value.value
            elif field.name == "columns":
                value = {
                    role: listed[0] if len(listed) == 1 else list(listed) for role, listed in value
                }
            elif isinstance(value, tuple):
                value = list(value)
            document[field.name] = value
        return document

    def to_json(self) -> str:
        """Return the mapping as JSON; ``from_json`` gives the same mapping back."""
        return json.dumps(self.to_document(), indent=2, ensure_ascii=False) + "\n"


NO_MAPPING = Mapping()


def _text(document: Dictionary[str, object], key: str) -> str | None:
    value = document.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip() or len(value) > NAME_CHARS_MAX:
        raise InvalidMapping(f"{key} is no text of up to {NAME_CHARS_MAX} characters", key)
    return value


def _one_of(document: Dictionary[str, object], key: str, allowed: Iterable[str]) -> str | None:
    value = document.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or value not in allowed:
        raise InvalidMapping(f"{key} is not one of {', '.join(map(repr, allowed))}", key)
    return value


def _encoding(document: Dictionary[str, object]) -> str | None:
    value = _text(document, "encoding")
    if value is None:
        return None
    try:
        named = codecs.lookup(value).name
    except (LookupError, ValueError):
        named = ""
    found = next((one for one in ENCODINGS if codecs.lookup(one).name == named), None)
    if found is None:
        raise InvalidMapping(f"encoding is not one of {', '.join(ENCODINGS)}", "encoding")
    return found


def _count(document: Dictionary[str, object], key: str) -> int | None:
    value = document.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= ROWS_MAX:
        raise InvalidMapping(f"{key} is no number of rows", key)
    return value


def _columns(
    document: Dictionary[str, object],
) -> tuple[tuple[str, tuple[ColumnName, ...]], ...]:
    value = document.get("columns")
    if value is None:
        return ()
    if not isinstance(value, dict):
        raise InvalidMapping("columns is no object of roles and columns", "columns")
    found = []
    for role, listed in value.items():
        if role not in ROLES:
            raise InvalidMapping(
                f"{role[:40]!r} is not one of the roles {', '.join(ROLES)}", "columns", role
            )
        names = listed if isinstance(listed, list) else [listed]
        if not names or len(names) > COLUMNS_LISTED_MAX or not all(map(_is_column, names)):
            raise InvalidMapping(
                f"{role} names no column by its header or by its number from 1", "columns", role
            )
        found.append((role, tuple(names)))
    return tuple(found)


def _is_column(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip()) and len(value) <= NAME_CHARS_MAX
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= COLUMNS_MAX


def _date_order(document: Dictionary[str, object]) -> DateOrder | None:
    """Return the order of day and month, stated as such or by a format such as DD/MM/YYYY."""
    orders = {order.value: order for order in DateOrder}
    stated = _one_of(document, "date_order", orders)
    format_ = _text(document, "date_format")
    if format_ is None:
        return orders[stated] if stated else None
    match = _FORMAT_PARTS.fullmatch(format_.strip().upper())
    letters = (match[4] or f"{match[1]}{match[2]}{match[3]}") if match else ""
    by_letter = {
        "D": DateOrder.DAY_FIRST, "M": DateOrder.MONTH_FIRST, "Y": DateOrder.YEAR_FIRST,
    }  # fmt: skip
    if not letters or {*letters} != {"D", "M", "Y"}:
        raise InvalidMapping(
            "date_format has not one day, month and year, as in DD/MM/YYYY", "date_format"
        )
    order = by_letter[letters[0]]
    if stated and orders[stated] is not order:
        raise InvalidMapping("date_format and date_order contradict each other", "date_format")
    return order


def _decimal_mark(document: Dictionary[str, object]) -> DecimalMark | None:
    value = _one_of(document, "decimal_mark", (".", ","))
    return DecimalMark(value) if value else None


def _words(document: Dictionary[str, object], key: str) -> tuple[str, ...]:
    value = document.get(key)
    if value is None:
        return ()
    if (
        not isinstance(value, list)
        or len(value) > COLUMNS_LISTED_MAX
        or not all(isinstance(word, str) and len(word) <= NAME_CHARS_MAX for word in value)
    ):
        raise InvalidMapping(f"{key} is no list of texts", key)
    return tuple(value)


def _currency(document: Dictionary[str, object]) -> str | None:
    value = _text(document, "currency")
    if value is not None and not is_currency(value):
        raise InvalidMapping(f"{value[:20]!r} is not an ISO 4217 currency code", "currency")
    return value
