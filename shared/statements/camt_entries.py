"""What the values of an entry mean: ``Ntry`` to a line, ``TxDtls`` to its members.

Paths are those of the ISO 20022 messages camt.052, .053 and .054, versions 001.01 to 001.13.
Between versions names moved (``Dbtr/Nm`` became ``Dbtr/Pty/Nm``, ``Sts`` became ``Sts/Cd``,
``TxDtls`` went below ``NtryDtls``) but never changed their meaning: one table reads all versions.

``CdtDbtInd`` is the direction in which the entry was booked, also for a reversal. The message
definition says of ``RvslInd``: if the credit debit indicator is CRDT and the reversal indicator is
true, the original operation was a debit entry. So a reversal changes no sign, but whose name stands
where: the parties keep the roles they had in the original payment.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, cast

from shared.errors import InvalidInput
from shared.money import decimals_of, format_minor, is_currency, parse_minor
from shared.statements.camt_markup import unescape
from shared.statements.camt_shapes import Shape, Values, getter
from shared.statements.dates import YEAR_MAX, YEAR_MIN
from shared.statements.model import Break, Detail, Extra, Line, LineStatus
from shared.statements.totals import count_break, sum_break

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

PLANS_MAX = 256
"""How many combinations of currency, direction and status are remembered for one shape."""

DATES_MAX = 20_000
"""How many date texts are remembered: more than the days of fifty years."""

BREAKS_MAX = 100
"""How many breaks of one statement are listed; a file with more is wrong as a whole."""

_NOTHING = frozenset(
    {"", "NOTPROVIDED", "NOT PROVIDED", "NONREF", "notprovided", "NotProvided", "nonref"}
)
"""Texts with which banks fill an element that must not be missing."""

_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:T\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?)? ?(?:Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_EASY_DIGITS = 15
_STATUSES: dict[str, LineStatus] = {
    "BOOK": "booked",
    "PDNG": "pending",
    "INFO": "information",
    "FUTR": "pending",
}
_SIGNS = {"CRDT": 1, "DBIT": -1}
_REVERSALS = {"true": True, "1": True, "false": False, "0": False}
_DETAILS_PATH = re.compile(r"(?:NtryDtls/)?TxDtls/")
_OTHER_SIDE = {"Dbtr": "Cdtr", "Cdtr": "Dbtr"}
_BATCH = re.compile(r"(?:NtryDtls/)?Btch/")
_EDGES = frozenset({"", " ", "\0"})
_SHARED = ("counterparty", "counterparty_account", "mandate_id", "remittance_reference")


class BadValue(Exception):
    """A value that cannot be used: which one of the element, and why."""

    def __init__(self, index: int | None, reason: str) -> None:
        super().__init__(reason)
        self.index = index
        self.reason = reason


@dataclass(slots=True)
class Context:
    """What the statement around an entry says, and what its entries found out."""

    own_account: str | None = None
    fallback_date: dt.date | None = None
    undated: int = 0
    undated_line: int = 0
    unknown_statuses: set[str] = field(default_factory=set)
    breaks: list[Break] = field(default_factory=list)
    dates: dict[str, dt.date] = field(default_factory=dict)

    def note(self, found: Break | None) -> None:
        """Keep a break."""
        if found is not None and len(self.breaks) < BREAKS_MAX:
            self.breaks.append(found)

    def date(self, text: str, index: int | None, path: str) -> dt.date:
        """Return the day of an ISO 8601 date, or date and time, as the bank's clock has it."""
        found = self.dates.get(text)
        if found is None:
            found = day_of(text)
            if found is None:
                raise BadValue(index, f"{path} {text[:40]!r} is no date that exists")
            if len(self.dates) >= DATES_MAX:
                self.dates.clear()
            self.dates[text] = found
        return found


def day_of(text: str) -> dt.date | None:
    """Return the local day of a date or date and time, ``None`` where it is none.

    Examples:
        >>> day_of("2024-01-31T23:59:00-05:00"), day_of("2024-02-30")
        (datetime.date(2024, 1, 31), None)
    """
    match = _DATE.fullmatch(text.strip())
    if match is None or not YEAR_MIN <= int(match[1]) <= YEAR_MAX:
        return None
    try:
        return dt.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def minor_of(text: str, currency: str | None, decimals: int, index: int | None, path: str) -> int:
    """Return an unsigned amount in minor units.

    Raises:
        BadValue: It is none, negative (``CdtDbtInd`` gives the direction), too exact or too large.
    """
    if decimals == 2 and text[-3:-2] == ".":  # noqa: PLR2004 - nearly every amount there is
        digits = text[:-3] + text[-2:]
        if len(digits) <= _EASY_DIGITS and digits.isascii() and digits.isdecimal():
            return int(digits)
    try:
        minor = parse_minor(text, currency)
    except InvalidInput as error:
        raise BadValue(index, f"{path}: {error}") from None
    if minor < 0:
        raise BadValue(
            index, f"{path} {text!r} is negative, where CdtDbtInd alone gives the direction"
        )
    return minor


def _parties(side: str) -> tuple[str, ...]:
    return (
        f"RltdPties/{side}/Nm",
        f"RltdPties/{side}/Pty/Nm",
        f"RltdPties/{side}/Agt/FinInstnId/Nm",
        f"RltdPties/{side}Acct/Nm",
        f"RltdPties/Ultmt{side}/Nm",
        f"RltdPties/Ultmt{side}/Pty/Nm",
    )


def _accounts(side: str) -> tuple[str, ...]:
    return tuple(
        f"RltdPties/{side}Acct/Id/{kind}"
        for kind in ("IBAN", "Othr/Id", "PrtryAcct/Id", "BBAN", "UPIC")
    )


_NAMES = {side: _parties(side) for side in _OTHER_SIDE}
_ACCOUNTS = {side: _accounts(side) for side in _OTHER_SIDE}
_END_TO_END = ("Refs/EndToEndId",)
_MANDATE = ("Refs/MndtId",)
_CHECK = ("Refs/ChqNb",)
_CUSTOMER = ("Refs/InstrId", "Refs/PmtInfId")
_CREDITOR_REFERENCE = ("RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/CdtrRefInf/CdtrRef")
_REMITTANCE = "RmtInf/Ustrd"
_FURTHER = "AddtlTxInf"
_STRUCTURED_TEXT = "RmtInf/Strd/AddtlRmtInf"
_BANK_REFERENCE = ("Refs/AcctSvcrRef",)
_DOMAIN = ("BkTxCd/Domn/Cd", "BkTxCd/Domn/Fmly/Cd", "BkTxCd/Domn/Fmly/SubFmlyCd")
_PROPRIETARY = ("BkTxCd/Prtry/Cd",)
_STATUS = ("Sts", "Sts/Cd", "Sts/Prtry")
_BOOKED = ("BookgDt/Dt", "BookgDt/DtTm")
_VALUED = ("ValDt/Dt", "ValDt/DtTm")
_ORIGINALS = ("AmtDtls/InstdAmt/Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt", "Amt")
_RATES = tuple(f"AmtDtls/{kind}/CcyXchg/XchgRate" for kind in ("InstdAmt", "TxAmt", "CntrValAmt"))
_SINGLE = frozenset({"Amt", "CdtDbtInd", "RvslInd", *_STATUS, *_BOOKED, *_VALUED})


class Paths:
    """The values of one shape by their path: of the entry itself and of its single member."""

    __slots__ = ("count", "currencies", "detail", "entry", "written")

    def __init__(self, paths: Sequence[str], *, is_detail: bool) -> None:
        self.count = len(paths)
        self.written = tuple(paths)
        self.currencies = {index for index, path in enumerate(paths) if path.endswith("Amt@Ccy")}
        self.entry: dict[str, list[int]] = {}
        self.detail: dict[str, list[int]] = {}
        for index, path in enumerate(paths):
            inside = None if is_detail else _DETAILS_PATH.match(path)
            if is_detail:
                self.detail.setdefault(path, []).append(index)
            elif inside:
                self.detail.setdefault(path[inside.end() :], []).append(index)
            else:
                self.entry.setdefault(path, []).append(index)

    def first(self, where: dict[str, list[int]], wanted: Iterable[str]) -> int:
        """Return the index of the first path there is, else that of the value behind the last."""
        for path in wanted:
            found = where.get(path)
            if found:
                return found[0]
        return self.count

    def rest(self, used: set[int]) -> tuple[tuple[str, ...], Callable[[Values], Values]]:
        """Return the names of the values that no field takes, and what picks them."""
        left = [index for index in range(self.count) if index not in used]
        return tuple(self.written[index] for index in left), getter(left)


class _Plan(NamedTuple):
    """Where an entry of one shape, currency, direction and status has what."""

    sign: int
    currency: str | None
    decimals: int
    status: LineStatus
    is_reversal: bool
    side: str
    pick: Callable[[Values], Values]
    indices: tuple[int, ...]
    texts: Callable[[Values], Values]
    other_texts: tuple[Callable[[Values], Values], ...]
    original: int | None
    original_currency: str | None
    original_decimals: int
    names: tuple[str, ...]
    rest: Callable[[Values], Values]
    own_other: int
    has_batch: bool


class _Layout:
    """What does not depend on any value of a shape."""

    __slots__ = ("keys", "owner", "paths", "plans")

    def __init__(self, owner: EntryReader, paths: Sequence[str], *, is_detail: bool) -> None:
        self.owner = owner
        self.paths = Paths(paths, is_detail=is_detail)
        self.keys = getter(self._decisive(paths))
        self.plans: dict[tuple[object, ...], _Plan] = {}

    def _decisive(self, paths: Sequence[str]) -> list[int]:
        """Return the values that decide what the others mean: currencies, directions, status."""
        found = {index for index, path in enumerate(paths) if path.endswith("@Ccy")}
        for where in (self.paths.entry, self.paths.detail):
            for path in ("CdtDbtInd", "RvslInd", *_STATUS):
                found.update(where.get(path, ()))
        return sorted(found)


def _prepared(values: Values) -> tuple[Values, Values]:
    """Return values with references resolved, and the same on one line with single spaces.

    They are one object where there was nothing to clean, which is nearly always: one look at all
    values together tells. Behind the last stands an empty one, for what an element does not have.
    """
    joined = "\0".join(values)
    if "&" in joined:
        values = tuple(
            [
                _unescaped(index, value) if "&" in value else value
                for index, value in enumerate(values)
            ]
        )
        joined = "\0".join(values)
    raw = (*values, "")
    if (
        "  " in joined
        or "\0\0" in joined
        or "\0 " in joined
        or " \0" in joined
        or "\n" in joined
        or "\r" in joined
        or "\t" in joined
        or joined[:1] in _EDGES
        or joined[-1:] in _EDGES
        or not (joined.isascii() or " ".join(joined.split()) == joined)
    ):
        return raw, (*[" ".join(value.split()) for value in values], "")
    return raw, raw


def _unescaped(index: int, value: str) -> str:
    try:
        return unescape(value)
    except ValueError as error:
        raise BadValue(index, str(error)) from None


class EntryReader:
    """Turns the values of entries into lines."""

    __slots__ = ("_currency", "context")

    def __init__(self, context: Context, currency: str | None) -> None:
        self.context = context
        self._currency = currency

    def line(
        self, shape: Shape, values: Values, index: int, position: int, *, is_batch: bool = False
    ) -> Line:
        """Return an entry with at most one member as a line.

        Args:
            shape: The entry's, which the reader annotates.
            values: As the shape has them.
            index: The line's in its statement.
            position: The file's line.
            is_batch: Whether members were cut out, which ``batch`` will bring back and check.

        Raises:
            BadValue: A value cannot be used.
        """
        raw, clean = _prepared(values)
        layout = cast("_Layout | None", shape.layout)
        if layout is None or layout.owner is not self:
            layout = shape.layout = _Layout(self, shape.paths, is_detail=False)
        plan = layout.plans.get(layout.keys(clean)) or self._plan(layout, clean, None)
        context = self.context
        # Where a bank names the account holder's own side only, or both sides in reverse.
        own = context.own_account
        if own and clean[plan.indices[13]] == own and clean[plan.own_other] not in {"", own}:
            plan = self._plan(layout, clean, _OTHER_SIDE[plan.side])
        (
            amount, booked, valued, bank_reference, domain, family, subfamily, end_to_end, mandate,
            check, customer, creditor, name, account, rate,
        ) = plan.pick(clean)  # fmt: skip
        minor = minor_of(amount, plan.currency, plan.decimals, plan.indices[0], "Amt")
        value_date = context.dates.get(valued)
        if value_date is None and valued:
            value_date = context.date(valued, plan.indices[2], "ValDt")
        date = context.dates.get(booked)
        if date is None:
            date = self._booking_date(booked, value_date, plan.indices[1], position)
        if domain and family and subfamily:
            code: str | None = f"{domain}/{family}/{subfamily}"
        else:
            code = "/".join([part for part in (domain, family, subfamily) if part]) or None
        description, received = _described(plan, raw, clean)
        original_minor = None
        if plan.original is not None:
            original_minor = plan.sign * minor_of(
                clean[plan.original],
                plan.original_currency,
                plan.original_decimals,
                plan.original,
                "the original Amt",
            )
        rest = tuple(zip(plan.names, plan.rest(raw), strict=True))
        if clean is not raw:
            rest = tuple([pair for pair in rest if pair[1].strip()])
        line = tuple.__new__(
            Line,
            (
                index,
                date,
                value_date,
                plan.sign * minor,
                plan.currency,
                description,
                received,
                None if name in _NOTHING else name,
                None if account in _NOTHING else account,
                None if end_to_end in _NOTHING else end_to_end,
                None if mandate in _NOTHING else mandate,
                None if check in _NOTHING else check,
                None if customer in _NOTHING else customer,
                None if creditor in _NOTHING else creditor,
                None if bank_reference in _NOTHING else bank_reference,
                code,
                original_minor,
                plan.original_currency,
                rate or None,
                None,
                plan.status,
                plan.is_reversal,
                (),
                rest,
                position,
            ),
        )
        if plan.has_batch and not is_batch:
            self._check_batch(line, None, 1)
        return line

    def _booking_date(
        self, booked: str, value_date: dt.date | None, index: int, position: int
    ) -> dt.date:
        context = self.context
        if booked:
            return context.date(booked, index, "BookgDt")
        if value_date is not None:
            return value_date
        if context.fallback_date is None:
            raise BadValue(None, "Ntry has neither BookgDt nor ValDt, and the message no CreDtTm")
        context.undated += 1
        context.undated_line = context.undated_line or position
        return context.fallback_date

    def _plan(
        self, layout: _Layout, clean: Values, side: str | None, sign: int = 0,
        currency: str | None = None,
    ) -> _Plan:  # fmt: skip
        key: tuple[object, ...] = layout.keys(clean)
        if side or sign:
            key = (*key, side, sign, currency)
            known = layout.plans.get(key)
            if known:
                return known
        plan = (
            self._detail_plan(layout.paths, clean, side or "Dbtr", sign, currency)
            if sign
            else self._entry_plan(layout.paths, clean, side)
        )
        if len(layout.plans) >= PLANS_MAX:
            layout.plans.clear()
        layout.plans[key] = plan
        return plan

    def _entry_plan(  # noqa: C901 - one table of what stands where
        self, paths: Paths, clean: Values, side: str | None
    ) -> _Plan:
        entry, detail = paths.entry, paths.detail
        for path in _SINGLE & entry.keys():
            if len(entry[path]) > 1:
                raise BadValue(entry[path][1], f"Ntry has more than one {path}")
        amount = paths.first(entry, ("Amt",))
        if amount == paths.count:
            raise BadValue(None, "Ntry has no Amt")
        direction = paths.first(entry, ("CdtDbtInd",))
        if direction == paths.count:
            raise BadValue(
                None, "Ntry has no CdtDbtInd, so nothing says whether money came or went"
            )
        sign = _SIGNS.get(clean[direction] or "")
        if sign is None:
            raise BadValue(
                direction,
                f"CdtDbtInd is {clean[direction]!r}, where CRDT or DBIT was expected",
            )
        currency, decimals = self._currency_of(paths, entry, clean)
        reversal = paths.first(entry, ("RvslInd",))
        is_reversal = _REVERSALS.get(clean[reversal] or "false")
        if is_reversal is None:
            raise BadValue(reversal, f"RvslInd is {clean[reversal]!r}, where true or false belongs")
        status, status_index = self._status(paths, clean)
        booked = paths.first(entry, _BOOKED)
        valued = paths.first(entry, _VALUED)
        code = self._code(paths)
        chosen = side or _side(paths, sign, is_reversal=is_reversal)
        original = _original(paths, clean, currency)
        rate = paths.first(detail, _RATES)
        if rate == paths.count:
            rate = paths.first(entry, _RATES)
        bank_reference = paths.first(entry, ("AcctSvcrRef",))
        if bank_reference == paths.count:
            bank_reference = paths.first(detail, _BANK_REFERENCE)
        indices = (
            amount,
            booked,
            valued,
            bank_reference,
            *code,
            *(
                paths.first(detail, wanted)
                for wanted in (
                    _END_TO_END,
                    _MANDATE,
                    _CHECK,
                    _CUSTOMER,
                    _CREDITOR_REFERENCE,
                    _NAMES[chosen],
                    _ACCOUNTS[chosen],
                )
            ),
            rate,
        )
        texts = [
            found
            for found in (
                detail.get(_REMITTANCE),
                detail.get(_FURTHER),
                entry.get("AddtlNtryInf"),
                detail.get(_STRUCTURED_TEXT),
            )
            if found
        ]
        used = {
            *indices,
            direction,
            reversal,
            *entry.get("Amt@Ccy", ()),
            *(texts[0] if texts else ()),
        }
        if status_index is not None:
            used.add(status_index)
        if original is not None:
            used |= {original, original - 1}
        # A time of day has no field of its own.
        for path in ("BookgDt/DtTm", "ValDt/DtTm"):
            used.difference_update(entry.get(path, ()))
        names, rest = paths.rest(used)
        original_currency = None if original is None else clean[original - 1]
        return _Plan(
            sign=sign,
            currency=currency,
            decimals=decimals,
            status=status,
            is_reversal=is_reversal,
            side=chosen,
            pick=getter(indices),
            indices=indices,
            texts=getter(texts[0] if texts else ()),
            other_texts=tuple(getter(found) for found in texts[1:]),
            original=original,
            original_currency=original_currency,
            original_decimals=decimals_of(original_currency),
            names=names,
            rest=rest,
            own_other=paths.first(detail, _ACCOUNTS[_OTHER_SIDE[chosen]]),
            has_batch=any(_BATCH.match(path) for path in entry),
        )

    def _currency_of(
        self, paths: Paths, where: dict[str, list[int]], clean: Values
    ) -> tuple[str | None, int]:
        index = paths.first(where, ("Amt@Ccy",))
        currency = clean[index] or self._currency
        try:
            return currency, decimals_of(currency)
        except InvalidInput as error:
            raise BadValue(index, f"Amt: {error}") from None

    def _status(self, paths: Paths, clean: Values) -> tuple[LineStatus, int | None]:
        index = paths.first(paths.entry, _STATUS)
        written = clean[index]
        if not written:
            return "booked", None
        status = _STATUSES.get(written)
        if status is None:
            if len(self.context.unknown_statuses) < BREAKS_MAX:
                self.context.unknown_statuses.add(written[:35])
            return "pending", None
        return status, None if written == "FUTR" else index

    @staticmethod
    def _code(paths: Paths) -> tuple[int, int, int]:
        for where in (paths.entry, paths.detail):
            found = [paths.first(where, (path,)) for path in _DOMAIN]
            if found[0] < paths.count:
                return found[0], found[1], found[2]
            proprietary = paths.first(where, _PROPRIETARY)
            if proprietary < paths.count:
                return proprietary, paths.count, paths.count
        return paths.count, paths.count, paths.count

    def detail(self, shape: Shape, values: Values, line: Line) -> Detail:
        """Return one of several members of an entry.

        Raises:
            BadValue: A value cannot be used.
        """
        raw, clean = _prepared(values)
        layout = cast("_Layout | None", shape.layout)
        if layout is None or layout.owner is not self:
            layout = shape.layout = _Layout(self, shape.paths, is_detail=True)
        sign = -1 if line.amount_minor < 0 else 1
        side = "Dbtr" if (sign > 0) != line.is_reversal else "Cdtr"
        plan = self._plan(layout, clean, side, sign, line.currency)
        own = self.context.own_account
        if own and clean[plan.indices[7]] == own and clean[plan.own_other] not in {"", own}:
            plan = self._plan(layout, clean, _OTHER_SIDE[side], sign, line.currency)
        amount, end_to_end, mandate, creditor, bank_reference, _, name, account = plan.pick(clean)
        minor = None
        if amount:
            minor = plan.sign * minor_of(
                amount, plan.currency, plan.decimals, plan.indices[0], "the Amt of TxDtls"
            )
        description, _ = _described(plan, raw, clean)
        rest = tuple(
            [pair for pair in zip(plan.names, plan.rest(raw), strict=True) if pair[1].strip()]
        )
        return Detail(
            minor,
            plan.currency if amount else None,
            description,
            None if name in _NOTHING else name,
            None if account in _NOTHING else account,
            None if end_to_end in _NOTHING else end_to_end,
            None if mandate in _NOTHING else mandate,
            None if creditor in _NOTHING else creditor,
            None if bank_reference in _NOTHING else bank_reference,
            rest,
        )

    def _detail_plan(
        self,
        paths: Paths,
        clean: Values,
        side: str,
        sign: int,
        currency: str | None,
    ) -> _Plan:
        detail = paths.detail
        candidates = [detail[path][0] for path in ("Amt", "AmtDtls/TxAmt/Amt") if path in detail]
        own = [index for index in candidates if _currency_before(paths, clean, index) == currency]
        amount = (own or candidates or [paths.count])[0]
        found = _currency_before(paths, clean, amount) if amount < paths.count else None
        found = found or currency
        try:
            decimals = decimals_of(found)
        except InvalidInput as error:
            raise BadValue(amount - 1, f"the Amt of TxDtls: {error}") from None
        direction = paths.first(detail, ("CdtDbtInd",))
        indices = (
            amount,
            *(
                paths.first(detail, wanted)
                for wanted in (
                    _END_TO_END,
                    _MANDATE,
                    _CREDITOR_REFERENCE,
                    _BANK_REFERENCE,
                    (),
                    _NAMES[side],
                    _ACCOUNTS[side],
                )
            ),
        )
        texts = [
            one
            for one in (
                detail.get(_REMITTANCE),
                detail.get(_FURTHER),
                detail.get(_STRUCTURED_TEXT),
            )
            if one
        ]
        used = {*indices, *(texts[0] if texts else ())}
        if amount < paths.count and _currency_before(paths, clean, amount):
            used.add(amount - 1)
        stated = _SIGNS.get(clean[direction] or "")
        if stated == sign:
            used.add(direction)
        names, rest = paths.rest(used)
        return _Plan(
            sign=stated or sign,
            currency=found,
            decimals=decimals,
            status="booked",
            is_reversal=False,
            side=side,
            pick=getter(indices),
            indices=indices,
            texts=getter(texts[0] if texts else ()),
            other_texts=tuple(getter(one) for one in texts[1:]),
            original=None,
            original_currency=None,
            original_decimals=0,
            names=names,
            rest=rest,
            own_other=paths.first(detail, _ACCOUNTS[_OTHER_SIDE[side]]),
            has_batch=False,
        )

    def batch(self, line: Line, details: list[Detail], groups: int) -> Line:
        """Return the line of an entry with several members, with what they have in common.

        Args:
            line: The entry without its members.
            details: The members.
            groups: In how many ``NtryDtls`` they stand; ``Btch`` is about those of its own.
        """
        self._check_batch(line, details, groups)
        first = details[0]
        shared = {
            name: getattr(first, name)
            for name in _SHARED
            if getattr(line, name) is None
            and all(getattr(one, name) == getattr(first, name) for one in details)
        }
        if not line.description and all(one.description == first.description for one in details):
            shared |= {"description": first.description, "description_received": first.description}
        return line._replace(details=tuple(details), **shared)

    def _check_batch(self, line: Line, details: list[Detail] | None, groups: int) -> None:
        """Note where a batch announces another number or sum than it holds.

        A lone ``TxDtls`` beside an announced number of many describes the batch; banks report the
        members elsewhere, and there is nothing to count. Where only some groups announce anything,
        what they announce is not about all members. Charges that the bank took out of the amount
        are allowed for; where they are in another currency, sums cannot be compared.
        """
        told = _told(line.extra)
        counts = told.get("Btch/NbOfTxs", [])
        note = self.context.note
        is_told = bool(details and counts and len(counts) >= groups)
        if details and is_told and all(text.isascii() and text.isdecimal() for text in counts):
            announced = sum(int(text[:_EASY_DIGITS]) for text in counts)
            note(count_break("NbOfTxs", len(details), announced, line.position))
        told_charges = [
            _charges(one, line.currency)
            for one in (told, *(_told(member.extra) for member in details or ()))
        ]
        if None in told_charges:
            return
        charges = sum(one or 0 for one in told_charges)
        entry = abs(line.amount_minor)
        sums = told.get("Btch/TtlAmt", [])
        if len(sums) >= groups and sums and len(sums) == max(len(counts), 1):
            currencies = set(told.get("Btch/TtlAmt@Ccy", [line.currency]))
            if currencies == {line.currency}:
                total = sum(_lenient(text, line.currency) for text in sums)
                if total not in {entry, entry + charges, entry - charges}:
                    note(sum_break("TtlAmt", entry, total, line.currency, line.position))
        if details and all(
            one.amount_minor is not None and one.currency == line.currency for one in details
        ):
            signed = abs(sum(one.amount_minor or 0 for one in details))
            plain = sum(abs(one.amount_minor or 0) for one in details)
            if not {signed, plain} & {entry, entry + charges, entry - charges}:
                note(
                    Break(
                        "sum of TxDtls",
                        format_minor(plain, line.currency),
                        format_minor(entry, line.currency),
                        f"the {len(details)} members of the entry come to "
                        f"{format_minor(plain, line.currency)} and the entry to "
                        f"{format_minor(entry, line.currency)} {line.currency or ''}".rstrip(),
                        line.position,
                    )
                )


def _described(plan: _Plan, raw: Values, clean: Values) -> tuple[str, str]:
    """Return the description, cleaned and as received: the first text that says anything."""
    found = plan.texts(raw)
    if clean is raw and len(found) == 1:
        return found[0], found[0]
    for texts in (plan.texts, *plan.other_texts):
        received = "\n".join(texts(raw))
        description = " ".join(received.split())
        if description:
            return description, description if received == description else received
    return "", ""


def _side(paths: Paths, sign: int, *, is_reversal: bool) -> str:
    """Return who the other party is: whoever paid what came in, or received what went out."""
    direct = "Dbtr" if sign > 0 else "Cdtr"
    if not is_reversal:
        return direct
    reverse = _OTHER_SIDE[direct]
    there = paths.first(paths.detail, (*_NAMES[reverse], *_ACCOUNTS[reverse])) < paths.count
    return reverse if there else direct


def _currency_before(paths: Paths, clean: Values, amount: int) -> str | None:
    """Return the currency of an amount: its attribute stands right before it."""
    return clean[amount - 1] if amount - 1 in paths.currencies else None


def _original(paths: Paths, clean: Values, currency: str | None) -> int | None:
    """Return the index of the amount as instructed, where it is in another currency."""
    for where, wanted in ((paths.detail, _ORIGINALS), (paths.entry, _ORIGINALS[:-1])):
        for path in wanted:
            for index in where.get(path, ())[:1]:
                found = _currency_before(paths, clean, index)
                if found and found != currency and is_currency(found):
                    return index
    return None


def _lenient(text: str, currency: str | None) -> int:
    """Return an amount that is only compared; one that cannot be read compares unequal."""
    try:
        return parse_minor(text, currency)
    except InvalidInput:
        return -1


def _told(extra: Extra) -> dict[str, list[str]]:
    """Return the texts of each path below an entry or a member."""
    told: dict[str, list[str]] = {}
    for name, text in extra:
        told.setdefault(name.removeprefix("NtryDtls/"), []).append(text.strip())
    return told


def _charges(told: dict[str, list[str]], currency: str | None) -> int | None:
    """Return the charges told in an entry, ``None`` where they are not in its currency."""
    if any(code != currency for name in told if name.endswith("@Ccy") and "Chrgs/" in name
           for code in told[name]):  # fmt: skip
        return None
    total = told.get("Chrgs/TtlChrgsAndTaxAmt")
    if total:
        return sum(max(_lenient(text, currency), 0) for text in total)
    parts = [*told.get("Chrgs/Rcrd/Amt", ()), *told.get("Chrgs/Amt", ())]
    return sum(max(_lenient(text, currency), 0) for text in parts)
