"""One OFX transaction's elements, and the form that most transactions of a file share.

A bank's program writes every transaction in the same order of tags and leaves some out. The order
is learned from transactions read one by one, with every check, and becomes a regular expression
that reads whole blocks of them several times faster; what it does not match is read one by one
again. So the form can never accept what the checks refuse, and no bank's order is presumed.

Sections cited are the same in OFX 1.6 and 2.2: 2.3 markup, 11.4.4 transactions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.statements.common_order import common_order
from shared.statements.learned_form import LearnedForm
from shared.statements.text import FIELD_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Sequence

FORM_LEAVES_MAX = 40
"""Most leaves of a form; the standard knows about that many, banks use ten."""

NESTING_MAX = 40
"""Deepest nesting read. The deepest path the standard defines has about 12 levels."""

TOKEN = re.compile(r"<(/?)([A-Z][A-Z0-9._-]*+)>([^<]*+)")
_CLOSED = re.compile(r"</([A-Z][A-Z0-9._-]*+)>")

# Aggregates of a transaction (11.4.4.1); any other element there is a leaf unless it is closed
# after other elements.
_INNER = frozenset(
    """
    PAYEE BANKACCTTO CCACCTTO CURRENCY ORIGCURRENCY EXTDPAYEE IMAGEDATA LOANPMTINFO
    """.split()  # noqa: SIM905 - words read better as words
)
LEAVES = frozenset(
    """
    CODE SEVERITY MESSAGE DTSERVER LANGUAGE ORG FID TRNUID CLTCOOKIE CURDEF BANKID BRANCHID ACCTID
    ACCTTYPE ACCTKEY DTSTART DTEND BALAMT DTASOF TRNTYPE DTPOSTED DTUSER DTAVAIL TRNAMT FITID
    CORRECTFITID CORRECTACTION SRVRTID CHECKNUM REFNUM SIC PAYEEID NAME EXTDNAME MEMO DTTRAN
    DTEXPIRE ADDR1 ADDR2 ADDR3 CITY STATE POSTALCODE COUNTRY PHONE CURRATE CURSYM MKTGINFO DESC
    BALTYPE VALUE DTPROFUP DTACCTUP ACCESSKEY SESSCOOKIE USERKEY INV401KSOURCE
    INTU.BID INTU.USERID INTU.ORG
    """.split()  # noqa: SIM905 - words read better as words
)

Shape = tuple[tuple[str, "Shape | None"], ...]
"""The elements of a transaction in order: a leaf has no shape, an aggregate that of its parts."""


@dataclass(frozen=True, slots=True)
class Elements:
    """One transaction's leaves: the path below the transaction to text and line.

    ``repeated`` holds further values of leaves that the standard does not know.
    """

    values: dict[str, tuple[str, int]]
    repeated: tuple[tuple[str, str], ...]
    shape: Shape


def stray_text(text: str, line: int) -> UnreadableStatement:
    """Return the error for text that stands in no element."""
    line += text[: len(text) - len(text.lstrip())].count("\n")
    second = text.lstrip()[:40].upper().startswith(("OFXHEADER", "DATA:"))
    return UnreadableStatement(
        "a second OFX document follows the first; split the file"
        if second
        else "text stands outside every element, so the file is damaged or not escaped",
        line=line,
    )


def too_long(name: str, line: int) -> UnreadableStatement:
    """Return the error for a leaf over the limit."""
    return UnreadableStatement(f"{name} is longer than {FIELD_CHARS_MAX} characters", line=line)


def elements_of(text: str, line: int, name: str) -> Elements:
    """Return the elements between a transaction's tags.

    Args:
        text: Markup with plain tags.
        line: The line on which it begins.
        name: ``STMTTRN`` or ``STMTTRNP``.

    Raises:
        UnreadableStatement: Tags that cross or stay open, text outside of elements, a leaf that
            is given twice or too long.

    Examples:
        >>> elements_of("<FITID>1<PAYEE><NAME>A</NAME></PAYEE>", 1, "STMTTRN").shape
        (('FITID', None), ('PAYEE', (('NAME', None),)))
    """
    return _Walk(text, line, name).elements()


class _Walk:
    """Walks the tags of one transaction."""

    def __init__(self, text: str, line: int, name: str) -> None:
        self._text, self._line, self._name = text, line, name
        self._open: list[str] = []
        self._shapes: list[list[tuple[str, Shape | None]]] = [[]]
        self._last_leaf: str | None = None
        self._closed: frozenset[str] | None = None
        self._values: dict[str, tuple[str, int]] = {}
        self._repeated: list[tuple[str, str]] = []

    def elements(self) -> Elements:
        text = self._text
        before = text[: max(text.find("<"), 0)] if "<" in text else text
        if before.strip():
            raise stray_text(before, self._line)
        self._line += before.count("\n")
        for match in TOKEN.finditer(text):
            slash, name, value = match.groups()
            if slash:
                self._close(name, value)
            elif value.strip() or not self._is_aggregate(name, match.end()):
                self._leaf(name, value)
            else:
                self._push(name)
            self._line += value.count("\n")
        if self._open:
            raise self._refuse(f"<{self._open[-1]}> is not closed before </{self._name}>")
        return Elements(self._values, tuple(self._repeated), tuple(self._shapes[0]))

    def _refuse(self, reason: str) -> UnreadableStatement:
        return UnreadableStatement(reason, line=self._line)

    def _is_aggregate(self, name: str, position: int) -> bool:
        """Return whether a tag without a value is no leaf (2.3.1 lets SGML leave out its end)."""
        if name in _INNER:
            return True
        if name in LEAVES or self._text.startswith(f"</{name}>", position):
            return False
        if self._closed is None:
            self._closed = frozenset(_CLOSED.findall(self._text))
        return name in self._closed

    def _push(self, name: str) -> None:
        if name in _INNER and name in self._open:
            raise self._refuse(f"<{name}> begins again before it was closed")
        if len(self._open) >= NESTING_MAX:
            raise self._refuse(f"elements are nested more than {NESTING_MAX} deep")
        self._open.append(name)
        self._shapes.append([])
        self._last_leaf = None

    def _close(self, name: str, after: str) -> None:
        if self._open and self._open[-1] == name:
            self._open.pop()
            parts = tuple(self._shapes.pop())
            self._shapes[-1].append((name, parts))
        elif name in self._open:
            raise self._refuse(f"<{self._open[-1]}> is not closed before </{name}>")
        elif name != self._last_leaf and self._last_leaf is not None and name in LEAVES:
            raise self._refuse(f"<{self._last_leaf}> is closed by </{name}>")
        elif name != self._last_leaf:
            raise self._refuse(f"</{name}> closes an element that is not open")
        self._last_leaf = None
        if after.strip():
            raise stray_text(after, self._line)

    def _leaf(self, name: str, value: str) -> None:
        if len(value) > FIELD_CHARS_MAX:
            raise too_long(name, self._line)
        self._last_leaf = name
        self._shapes[-1].append((name, None))
        path = "/".join([*self._open, name]) if self._open else name
        known = self._values.get(path, ("", 0))[0].strip()
        if not known:
            self._values[path] = (value, self._line)
        elif value.strip() and value.strip() != known:
            if name in LEAVES:
                raise self._refuse(f"a transaction ({self._name}) has two different {name}")
            self._repeated.append((path, value))


@dataclass(frozen=True, slots=True)
class _Part:
    """One element of a form; a leaf where ``parts`` is ``None``."""

    name: str
    parts: tuple[_Part, ...] | None
    optional: bool = False


def _names_each_once(shape: Shape) -> bool:
    names = [name for name, _ in shape]
    inner = (parts for _, parts in shape if parts is not None)
    return len(set(names)) == len(names) and all(map(_names_each_once, inner))


def _parts_of(shapes: Sequence[Shape]) -> tuple[_Part, ...] | None:
    """Return parts that match all shapes, ``None`` where their orders contradict each other."""
    order = common_order([name for name, _ in shape] for shape in shapes)
    if order is None:
        return None
    found = []
    for name in order:
        inner = [dict(shape)[name] for shape in shapes if name in dict(shape)]
        leaves = inner.count(None)
        parts = _parts_of([one for one in inner if one is not None]) if not leaves else None
        if 0 < leaves < len(inner) or (not leaves and parts is None):
            return None
        found.append(_Part(name, parts, optional=len(inner) < len(shapes)))
    return tuple(found)


def _pattern(parts: tuple[_Part, ...]) -> str:
    return "".join(map(_part_pattern, parts))


def _part_pattern(part: _Part) -> str:
    name = re.escape(part.name)
    if part.parts is None:
        text = rf"<{name}>([^<]{{0,{FIELD_CHARS_MAX}}}+)(?:</{name}>\s*+)?+"
    else:
        text = rf"<{name}>\s*+{_pattern(part.parts)}</{name}>\s*+"
    return f"(?:{text})?+" if part.optional else text


def _paths(parts: tuple[_Part, ...], above: str = "") -> list[str]:
    found = []
    for part in parts:
        path = above + part.name
        found += [path] if part.parts is None else _paths(part.parts, path + "/")
    return found


class Form(LearnedForm[Shape, tuple[_Part, ...]]):
    """The order of elements that a file's transactions have shown so far."""

    @staticmethod
    def merged(shapes: Sequence[Shape]) -> tuple[_Part, ...] | None:
        """Return the parts of all shapes, as ``LearnedForm`` wants them."""
        parts = _parts_of(shapes)
        return None if parts is None or len(_paths(parts)) > FORM_LEAVES_MAX else parts

    def compiled(self, merged: tuple[_Part, ...]) -> tuple[tuple[str, ...], str]:
        """Return the paths of the leaves and the pattern of one transaction."""
        return tuple(_paths(merged)), rf"<STMTTRN>\s*+{_pattern(merged)}</STMTTRN>\s*+"

    @staticmethod
    def is_usable(_shape: Shape) -> bool:
        """Return whether a transaction names each element once."""
        return _names_each_once(_shape)
