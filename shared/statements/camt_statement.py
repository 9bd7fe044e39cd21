"""What stands around the entries of a CAMT statement: account, balances, announced totals."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING

from shared.errors import InvalidInput, UnreadableStatement
from shared.money import parse_minor
from shared.statements.camt_entries import Context, day_of
from shared.statements.camt_markup import LEAVES_MAX
from shared.statements.model import Account, Break, Extra, Line, Summary
from shared.statements.totals import Totals, closing_break, count_break, sum_break

if TYPE_CHECKING:
    from collections.abc import Sequence

    Leaf = tuple[str, str, int]

_IDENTIFICATIONS = ("ElctrncSeqNb", "LglSeqNb", "Id")
_ACCOUNT_IDS = tuple(
    f"Acct/Id/{kind}" for kind in ("IBAN", "Othr/Id", "PrtryAcct/Id", "BBAN", "UPIC")
)
_BANK_IDS = tuple(
    f"Acct/Svcr/{kind}"
    for kind in ("FinInstnId/BICFI", "FinInstnId/BIC", "FinInstnId/CmbndId/BIC", "CmbndId/BIC")
)
_HOLDERS = ("Acct/Ownr/Nm", "Acct/Ownr/Pty/Nm", "Acct/Nm")
_TYPES = ("Acct/Tp/Cd", "Acct/Tp/Prtry")
_STARTS = ("FrToDt/FrDt", "FrToDt/FrDtTm")
_ENDS = ("FrToDt/ToDt", "FrToDt/ToDtTm")
_PAGES = ("StmtPgntn", "RptPgntn", "NtfctnPgntn")
_BALANCE_TYPES = ("Bal/Tp/CdOrPrtry/Cd", "Bal/Tp/CdOrPrtry/Prtry", "Bal/Tp/Cd", "Bal/Tp/Prtry")
_BALANCE_DATES = ("Bal/Dt/Dt", "Bal/Dt/DtTm")
_CURRENCY = itemgetter(Line._fields.index("currency"))
_STATUS = itemgetter(Line._fields.index("status"))
_SIGNS = {"CRDT": 1, "DBIT": -1}


@dataclass(frozen=True, slots=True)
class Balance:
    """One balance: ``code`` is OPBD, CLBD and so on, ``amount_minor`` signed."""

    code: str
    amount_minor: int
    currency: str | None
    date: dt.date | None
    line: int


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the statements of a message, looked through once for all of them."""

    created: dt.date | None
    continues: bool
    extra: Extra

    @classmethod
    def of(cls, leaves: Sequence[Leaf]) -> Header:
        """Return what the values of a group header and an envelope say."""
        created = _first(leaves, ("GrpHdr/CreDtTm",))
        last = _first(leaves, ("GrpHdr/MsgPgntn/LastPgInd",))
        return cls(
            day_of(created) if created else None,
            last in {"false", "0"},
            tuple((path, text) for path, text, _ in leaves if text.strip()),
        )


@dataclass(slots=True)
class Parts:
    """Everything of one statement but its entries, collected in the order of the file."""

    message: str
    context: Context
    header: Header
    default_currency: str | None
    leaves: list[Leaf] = field(default_factory=list)
    known: dict[str, Leaf] = field(default_factory=dict)
    """The first value of each path that says anything."""

    balances: list[Balance] = field(default_factory=list)
    extra: list[tuple[str, str]] = field(default_factory=list)
    totals: Totals = field(default_factory=Totals)
    not_booked: Totals = field(default_factory=Totals)
    currencies: set[str | None] = field(default_factory=set)
    booked_currencies: set[str | None] = field(default_factory=set)
    checked: list[str] = field(default_factory=list)
    is_in_two_currencies: bool = False

    def __post_init__(self) -> None:
        self.context.fallback_date = self.header.created

    def take(self, leaves: list[Leaf]) -> None:
        """Keep the values of one child of the statement.

        Raises:
            UnreadableStatement: A balance or date that cannot be read, or too many values.
        """
        if len(self.leaves) + len(self.extra) + len(leaves) > LEAVES_MAX:
            raise UnreadableStatement(
                f"a statement has more than {LEAVES_MAX:,} values beside its entries",
                line=leaves[0][2],
            )
        if leaves[0][0].startswith("Bal"):
            self._take_balance(leaves)
            return
        self.leaves += leaves
        for leaf in leaves:
            if leaf[1].strip():
                self.known.setdefault(leaf[0], leaf)
        account = self.first(_ACCOUNT_IDS)
        if account:
            self.context.own_account = account.replace(" ", "")
        created = self.first(("CreDtTm",))
        if created:
            self.context.fallback_date = day_of(created)

    def first(self, paths: Sequence[str]) -> str | None:
        """Return the first value there is of some paths, in their order of preference."""
        found = self.leaf(paths)
        return " ".join(found[1].split()) if found else None

    def leaf(self, paths: Sequence[str]) -> Leaf | None:
        """Return the same with its path, as written and with its line."""
        return next((self.known[path] for path in paths if path in self.known), None)

    @property
    def account_currency(self) -> str | None:
        """The account's currency as far as it is known."""
        stated = self.first(("Acct/Ccy",)) or next(
            (one.currency for one in self.balances if one.currency), None
        )
        return stated or self.default_currency

    def _take_balance(self, leaves: list[Leaf]) -> None:
        line = leaves[0][2]
        code = _first(leaves, _BALANCE_TYPES)
        amount = _leaf(leaves, ("Bal/Amt",))
        if code is None or amount is None:
            raise UnreadableStatement("Bal has no type or no Amt", line=line)
        side = _first(leaves, ("Bal/CdtDbtInd",))
        if side not in _SIGNS:
            raise UnreadableStatement(
                f"CdtDbtInd of the balance {code} is {side!r}, where CRDT or DBIT was expected",
                line=line,
            )
        currency = _first(leaves, ("Bal/Amt@Ccy",)) or self.account_currency
        minor = _minor(amount[1], currency, f"Amt of the balance {code}", amount[2])
        if minor < 0:
            raise UnreadableStatement(
                f"the Amt {amount[1]!r} of the balance {code} is negative, where CdtDbtInd alone "
                "gives the direction",
                line=amount[2],
            )
        dated = _leaf(leaves, _BALANCE_DATES)
        date = _day(dated, f"Dt of the balance {code}") if dated else None
        self.balances.append(Balance(code, _SIGNS[side] * minor, currency, date, line))
        told = (side, amount[1].strip(), currency or "", dated[1].strip() if dated else "")
        self.extra.append((f"Bal/{code}", " ".join(text for text in told if text)))
        used = {*_BALANCE_TYPES, *_BALANCE_DATES, "Bal/Amt", "Bal/Amt@Ccy", "Bal/CdtDbtInd"}
        self.extra += [
            (f"Bal/{code}{path[3:]}", text)
            for path, text, _ in leaves
            if path not in used and text.strip()
        ]

    def add(self, lines: Sequence[Line]) -> None:
        """Count entries; only booked ones move the balance."""
        self.totals.add(lines)
        currencies = set(map(_CURRENCY, lines))
        self.currencies |= currencies
        if set(map(_STATUS, lines)) == {"booked"}:
            self.booked_currencies |= currencies
            return
        self.not_booked.add([line for line in lines if line.status != "booked"])
        self.booked_currencies |= {line.currency for line in lines if line.status == "booked"}

    @property
    def booked(self) -> Totals:
        """What the booked entries come to."""
        every, others = self.totals, self.not_booked
        return Totals(
            every.count - others.count,
            every.net_minor - others.net_minor,
            every.debits_count - others.debits_count,
            every.debits_minor - others.debits_minor,
        )

    def summary(self, format_name: str, warnings: Sequence[str], line: int) -> Summary:
        """Return what the file says about the statement, with every total that does not tie.

        Raises:
            UnreadableStatement: A date or an announced number cannot be read.
        """
        if not self.leaves and not self.balances and not self.totals.count:
            raise UnreadableStatement("a statement holds nothing at all", line=line)
        notes = [*warnings, *self._warnings()]
        opening, closing = self._opening(), self._closing()
        currency = self.first(("Acct/Ccy",))
        if currency is None and opening is not None:
            currency = opening.currency
        if currency is None and len(self.currencies) == 1:
            (currency,) = self.currencies
        identified = self.leaf(_IDENTIFICATIONS)
        start, end = self.leaf(_STARTS), self.leaf(_ENDS)
        available = self._last("CLAV") or self._last("ITAV")
        self._check_totals(currency)
        if self.message == "camt.053":
            self._check_closing(opening, closing, notes)
        self._check_currency(currency, opening, closing, available)
        return Summary(
            format=format_name,
            account=Account(
                id=self.context.own_account,
                bank_id=self.first(_BANK_IDS),
                type=(self.first(_TYPES) or "").lower() or None,
                currency=currency,
                holder=self.first(_HOLDERS),
            ),
            identification=identified[1].strip() if identified else None,
            period_start=_period(start, opening if opening and opening.code == "OPBD" else None),
            period_end=_period(end, closing),
            opening_balance_minor=opening.amount_minor if opening else None,
            closing_balance_minor=closing.amount_minor if closing else None,
            available_balance_minor=available.amount_minor if available else None,
            lines_count=self.totals.count,
            net_minor=self.booked.net_minor,
            checked=tuple(self.checked),
            breaks=tuple(self.context.breaks),
            warnings=tuple(notes),
            extra=self._rest(identified),
        )

    def _rest(self, identified: Leaf | None) -> Extra:
        used = {identified[0] if identified else ""}
        for paths in (
            _ACCOUNT_IDS,
            _BANK_IDS,
            _HOLDERS,
            _TYPES,
            ("Acct/Ccy",),
            _STARTS[:1],
            _ENDS[:1],
        ):
            found = self.leaf(paths)
            used.add(found[0] if found else "")
        left = [(path, text) for path, text, _ in self.leaves if path not in used and text.strip()]
        return (*left, *self.extra, *self.header.extra)

    def _opening(self) -> Balance | None:
        """Return the booked balance before the first entry: OPBD, else the previous closing one."""
        for code in ("OPBD", "PRCD"):
            found = [one for one in self.balances if one.code == code]
            if found:
                return min(found, key=_dated)
        return None

    def _closing(self) -> Balance | None:
        found = self._last("CLBD")
        if found is None and self.message != "camt.053":
            found = self._last("ITBD")
        return found

    def _last(self, code: str) -> Balance | None:
        found = [one for one in self.balances if one.code == code]
        return max(reversed(found), key=_dated) if found else None

    def _warnings(self) -> list[str]:
        found: list[str] = []
        context = self.context
        for where in _PAGES:
            page = self.first((f"{where}/PgNb",)) or "1"
            if self.first((f"{where}/LastPgInd",)) in {"false", "0"}:
                found.append(
                    f"This is page {page} of a statement that continues in another file "
                    "(LastPgInd is false)."
                )
            elif page.strip("0") not in {"1", ""}:
                found.append(f"This is page {page} of a statement that begins in another file.")
        if self.header.continues:
            found.append("The message continues in another file (LastPgInd is false).")
        if context.undated:
            found.append(
                f"Entries without any date: {context.undated}, the first on line "
                f"{context.undated_line}. They were given the day on which the bank made the file."
            )
        found += [
            f"The status {status!r} of an entry is not known and was read as pending."
            for status in sorted(context.unknown_statuses)
        ]
        if self.totals.count == 0:
            found.append("The statement has no entries.")
        return found

    def _check_closing(
        self, opening: Balance | None, closing: Balance | None, notes: list[str]
    ) -> None:
        """Check that opening and booked entries come to closing; only camt.053 promises it."""
        if opening is None or closing is None:
            missing = "closing" if opening else "opening" if closing else "opening or closing"
            notes.append(
                f"The statement has no {missing} balance, so nothing proves that it is complete."
            )
            return
        others = sorted(
            {one or "?" for one in (*self.booked_currencies, closing.currency)}
            - {opening.currency or "?"}
        )
        if others:
            self.is_in_two_currencies = True
            self.context.note(
                Break(
                    "closing balance",
                    opening.currency or "one currency",
                    ", ".join(others),
                    f"the opening balance is in {opening.currency}, but the closing balance or "
                    f"entries are in {', '.join(others)}: they cannot be added up",
                    closing.line,
                )
            )
            return
        self._settle(
            "opening + lines = closing",
            closing_break(
                opening.amount_minor,
                self.booked.net_minor,
                closing.amount_minor,
                opening.currency,
                position=closing.line,
            ),
        )

    def _check_currency(self, currency: str | None, *balances: Balance | None) -> None:
        """Note the first balance that is not in the account's currency, in which all are given."""
        for one in balances if not self.is_in_two_currencies else ():
            if one is not None and one.currency != currency:
                self.context.note(
                    Break(
                        "currency of the balance",
                        currency or "one currency",
                        one.currency or "none",
                        f"the account is in {currency}, but its balance {one.code} in "
                        f"{one.currency}",
                        one.line,
                    )
                )
                return

    def _settle(self, total: str, found: Break | None) -> None:
        """Keep a total that holds by its name, and a break as such."""
        if found is None:
            self.checked.append(total)
        self.context.note(found)

    def _check_totals(self, currency: str | None) -> None:
        """Check ``TxsSummry``; it may count all entries or the booked ones only."""
        every, booked = self.totals, self.booked
        where = "TxsSummry/"
        self._check_count(f"{where}TtlNtries/NbOfNtries", every.count, booked.count)
        self._check_count(
            f"{where}TtlCdtNtries/NbOfNtries", every.credits_count, booked.credits_count
        )
        self._check_count(
            f"{where}TtlDbtNtries/NbOfNtries", every.debits_count, booked.debits_count
        )
        if len(self.currencies) > 1:
            return
        currency = next(iter(self.currencies), currency)
        self._check_sum(
            f"{where}TtlNtries/Sum",
            currency,
            every.credits_minor - every.debits_minor,
            booked.credits_minor - booked.debits_minor,
        )
        self._check_sum(
            f"{where}TtlCdtNtries/Sum", currency, every.credits_minor, booked.credits_minor
        )
        self._check_sum(
            f"{where}TtlDbtNtries/Sum", currency, -every.debits_minor, -booked.debits_minor
        )
        for amount, side in (
            ("TtlNtries/TtlNetNtry/Amt", "TtlNtries/TtlNetNtry/CdtDbtInd"),
            ("TtlNtries/TtlNetNtryAmt", "TtlNtries/CdtDbtInd"),
        ):
            sign = _SIGNS.get(self.first((where + side,)) or "CRDT", 1)
            self._check_sum(
                where + amount, currency, sign * every.net_minor, sign * booked.net_minor
            )

    def _check_count(self, path: str, every: int, booked: int) -> None:
        found = self.leaf((path,))
        if found is None:
            return
        text = found[1].strip()
        if not (text.isascii() and text.isdecimal() and len(text) <= len("123456789012345")):
            raise UnreadableStatement(f"{path} {text[:40]!r} is no number", line=found[2])
        announced = int(text)
        self._settle(
            path,
            None if announced == booked else count_break(path, every, announced, found[2]),
        )

    def _check_sum(self, path: str, currency: str | None, every: int, booked: int) -> None:
        found = self.leaf((path,))
        if found is None:
            return
        announced = _minor(found[1], currency, path, found[2])
        self._settle(
            path,
            None if announced == booked else sum_break(path, every, announced, currency, found[2]),
        )


def _dated(balance: Balance) -> int:
    return balance.date.toordinal() if balance.date else 0


def _leaf(leaves: Sequence[Leaf], paths: Sequence[str]) -> Leaf | None:
    """Return the first non-empty value of the most preferred path."""
    for wanted in paths:
        for leaf in leaves:
            if leaf[0] == wanted and leaf[1].strip():
                return leaf
    return None


def _first(leaves: Sequence[Leaf], paths: Sequence[str]) -> str | None:
    found = _leaf(leaves, paths)
    return " ".join(found[1].split()) if found else None


def _minor(text: str, currency: str | None, what: str, line: int) -> int:
    try:
        return parse_minor(text, currency)
    except InvalidInput as error:
        raise UnreadableStatement(f"{what}: {error}", line=line) from None


def _day(leaf: Leaf, what: str) -> dt.date:
    found = day_of(leaf[1])
    if found is None:
        raise UnreadableStatement(f"{what} {leaf[1][:40]!r} is no date that exists", line=leaf[2])
    return found


def _period(leaf: Leaf | None, balance: Balance | None) -> dt.date | None:
    if leaf is not None:
        return _day(leaf, leaf[0])
    return balance.date if balance else None
