"""ISO 20022 bank-to-customer messages: camt.052, camt.053 and camt.054 in every version.

camt.052 (account report, intraday), camt.053 (statement) and camt.054 (debit credit notification)
share their parts, and so do their versions 001.01 to 001.13: one reader takes all, by the names of
the elements and whatever their namespace and prefix. Sources: the ISO 20022 message definitions
"Bank-to-Customer Cash Management", and for what banks do within them the implementation guidelines
of the Swiss (SIX), German (DK, DFÜ agreement annex 3) and Belgian (Febelfin) banks.

The file is read forward in chunks. ``camt_markup`` is the careful way through it; entries are taken
by ``camt_shapes``, which knows most of them after having seen three alike, and understood by
``camt_entries``; ``camt_statement`` holds what stands around them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from shared.errors import UnreadableStatement
from shared.statements.camt_entries import BadValue, Context, EntryReader
from shared.statements.camt_markup import (
    ENTRY_CHARS_MAX,
    LEAVES_MAX,
    Elements,
    Markup,
    Token,
    declared_encoding,
    local,
)
from shared.statements.camt_shapes import Shapes, place_of
from shared.statements.camt_statement import Header, Parts
from shared.statements.text import FIELD_CHARS_MAX, text_chunks

if TYPE_CHECKING:
    from shared.statements.head import Head
    from shared.statements.model import Detail, Events, Line
    from shared.statements.options import Options
    from shared.statements.source import Source

LINES_PER_BLOCK = 500
"""Fewer than the 700 new objects after which CPython looks for garbage among the youngest."""

_MESSAGES = {
    "BkToCstmrAcctRpt": "camt.052",
    "BkToCstmrStmt": "camt.053",
    "BkToCstmrDbtCdtNtfctn": "camt.054",
}
_STATEMENTS = frozenset({"Rpt", "Stmt", "Ntfctn"})
_VERSION = re.compile(r"V\d\d")
_ROOT = re.compile(
    r"<(?:[A-Za-z_][\w.\-]*:)?(?:BkToCstmrAcctRpt|BkToCstmrStmt|BkToCstmrDbtCdtNtfctn)"
    r"(?:V\d\d)?[\s/>]"
    r"|<[^<>]{0,2000}xmlns[^<>]{0,200}camt\.05[234]\.001\.\d\d"
)
_MESSAGE_ID = re.compile(r"camt\.05[234]\.\d{3}\.\d\d")
_ENTRY = re.compile(r"<((?:[A-Za-z_][A-Za-z0-9_.\-]*:)?Ntry)(?=[ \t\r\n/>])")
_ENTRY_START_CHARS = 200
_BLANK = " \t\r\n"


def recognises(head: Head) -> bool:
    """Return whether a file that begins like this is of this format."""
    text = head.text.lstrip("\ufeff\u00ef\u00bb\u00bf \t\r\n")
    return text.startswith("<") and _ROOT.search(text) is not None


def read(source: Source, options: Options) -> Events:
    """Yield the statements of the file.

    Raises:
        UnreadableStatement: Not well-formed, cut off, or a value that cannot be used.
    """
    warnings: list[str] = []
    chunks = text_chunks(source, warnings, declared=declared_encoding)
    yield from _Reader(Markup(chunks), options, warnings).events()


class _Reader:
    """Reads one file."""

    def __init__(self, markup: Markup, options: Options, warnings: list[str]) -> None:
        self._markup = markup
        self._elements = Elements(markup)
        self._options = options
        self._warnings = warnings
        self._format = ""
        self._envelope: list[tuple[str, str, int]] = []
        self._entries = Shapes()
        self._details = Shapes()
        self._statements = 0

    def events(self) -> Events:
        """Yield every statement of every message, passing through whatever wraps the messages."""
        elements = self._elements
        held: list[str] = []
        is_leaf = False
        while True:
            token = elements.next()
            if token.kind == "eof":
                break
            if token.kind == "text":
                held.append(token.text)
                continue
            text, held = "".join(held), []
            if token.kind == "end":
                if text.strip(_BLANK):
                    self._keep_envelope(token, text, is_leaf=is_leaf)
                is_leaf = False
                continue
            if text.strip(_BLANK):
                self._stray(token, text)
            is_leaf = True
            elements.refuse_entry(token)
            self._note_namespace(token)
            message = _MESSAGES.get(_VERSION.sub("", local(token.name)))
            if message and not token.is_empty:
                yield from self._message(message)
                is_leaf = False
        if not self._statements:
            raise UnreadableStatement(
                "the message holds no statement (no Stmt, Rpt or Ntfctn element)"
            )

    def _keep_envelope(self, token: Token, text: str, *, is_leaf: bool) -> None:
        if not is_leaf:
            self._stray(token, text)
        self._elements.keep(text, token.line)
        if len(self._envelope) >= LEAVES_MAX:
            raise UnreadableStatement(
                "what stands around the message is larger than any envelope", line=token.line
            )
        path = "/".join([*(local(name) for name, _ in self._elements.open), local(token.name)])
        self._envelope.append((path, text, token.line))

    def _note_namespace(self, token: Token) -> None:
        for name, value in token.attributes:
            if name == "xmlns" or name.startswith("xmlns:"):
                found = _MESSAGE_ID.search(value)
                self._format = found[0] if found else self._format

    @staticmethod
    def _stray(token: Token, text: str) -> NoReturn:
        raise UnreadableStatement(
            f"the text {' '.join(text.split())[:40]!r} stands between elements, where no bank "
            "message has any",
            line=token.line,
        )

    def _message(self, message: str) -> Events:
        elements = self._elements
        header = list(self._envelope)
        known: Header | None = None
        format_name = self._format if self._format.startswith(message) else message
        while True:
            token = elements.next()
            if token.kind == "end":
                return
            if token.kind == "text":
                if token.text.strip(_BLANK):
                    self._stray(token, token.text)
            elif local(token.name) in _STATEMENTS:
                known = known or Header.of(header)
                yield from self._statement(token, message, format_name, known)
            else:
                header += elements.leaves(token, local(token.name))
                known = None
                if len(header) > LEAVES_MAX:
                    raise UnreadableStatement(
                        f"a message has more than {LEAVES_MAX:,} values around its statements",
                        line=token.line,
                    )

    def _statement(self, start: Token, message: str, format_name: str, header: Header) -> Events:
        markup, elements = self._markup, self._elements
        context = Context()
        parts = Parts(message, context, header, self._options.default_currency)
        reader: EntryReader | None = None
        lines: list[Line] = []
        done = 0
        self._statements += 1
        elements.kept = 0
        while not start.is_empty:
            markup.skip_blank()
            if reader is None:
                reader = EntryReader(context, parts.account_currency)
            more = self._take(reader, lines, done)
            if len(lines) >= LINES_PER_BLOCK:
                parts.add(lines)
                done += len(lines)
                yield lines
                lines = []
            if more:
                continue
            token = elements.next()
            if token.kind == "end":
                break
            if token.kind == "text":
                if token.text.strip(_BLANK):
                    self._stray(token, token.text)
                continue
            parts.take(elements.leaves(token, local(token.name)))
            reader = None
        if lines:
            parts.add(lines)
            yield lines
        yield parts.summary(format_name, self._warnings, start.line)

    def _take(self, reader: EntryReader, lines: list[Line], done: int) -> bool:
        """Read entries until a block is full; false where something else than an entry follows."""
        while len(lines) < LINES_PER_BLOCK:
            self._markup.skip_blank()
            self._take_alike(reader, lines, done)
            if len(lines) < LINES_PER_BLOCK:
                self._markup.skip_blank()
                if not self._take_other(reader, lines, done):
                    return False
        return True

    def _take_alike(self, reader: EntryReader, lines: list[Line], done: int) -> None:
        """Read entries as long as they have one of the commonest shapes."""
        markup = self._markup
        text, at, position, newline = markup.text, markup.at, markup.line, markup.newline
        known = self._entries.commonest()
        for index in range(done + len(lines), done + LINES_PER_BLOCK):
            for pattern, shape in known:  # noqa: B007 - the one that matched is used below
                match = pattern.match(text, at)
                if match is not None:
                    break
            else:
                break
            shape.seen += 1
            try:
                lines.append(reader.line(shape, match.groups(), index, position))
            except BadValue as error:
                self._refuse(error, match[0], position)
            end = match.end()
            position += text.count(newline, at, end)
            at = end
        markup.move(at, position)

    def _take_other(self, reader: EntryReader, lines: list[Line], done: int) -> bool:
        """Read one entry that is not of the shape of the one before."""
        markup = self._markup
        if len(markup.text) - markup.at < _ENTRY_START_CHARS:
            markup.more()
        start = _ENTRY.match(markup.text, markup.at)
        if start is None:
            return False
        position = markup.line
        element = self._next_entry(start[1])
        index = done + len(lines)
        line = self._line(reader, element, index, position) if element else None
        if line is None:
            element = self._rewritten()
            line = self._line(reader, element, index, position)
            if line is None:
                raise UnreadableStatement(
                    "the entry holds an entry or a TxDtls inside another", line=position
                )
        else:
            markup.at += len(element)
        lines.append(line)
        return True

    def _next_entry(self, name: str) -> str:
        """Return the text to where the entry seems to end, empty where it does not."""
        markup = self._markup
        close = f"</{name}>"
        looked = 0
        while True:
            stop = markup.text.find(close, markup.at + looked)
            held = len(markup.text) - markup.at
            if (stop if stop >= 0 else len(markup.text)) - markup.at > ENTRY_CHARS_MAX:
                markup.refuse(f"an entry has more than {ENTRY_CHARS_MAX:,} characters")
            if stop >= 0:
                return markup.text[markup.at : stop + len(close)]
            looked = max(0, held - len(close))
            if not markup.more():
                return ""

    def _line(self, reader: EntryReader, element: str, index: int, position: int) -> Line | None:
        prefix = element[1 : element.index("Ntry")]
        opening = f"<{prefix}TxDtls>"
        if element.count(opening) > 1:
            return self._batch(reader, element, opening, index, position)
        found = self._entries.read(element)
        if found is None:
            return None
        try:
            return reader.line(found[0], found[1], index, position)
        except BadValue as error:
            self._refuse(error, element, position)

    def _batch(
        self, reader: EntryReader, element: str, opening: str, index: int, position: int
    ) -> Line | None:
        """Read an entry with several members: the entry without them, then each for itself."""
        if "<!" in element or "<?" in element:
            return None
        head, *pieces = element.split(opening)
        closing = f"</{opening[1:]}"
        remainder = [head]
        members: list[tuple[str, int]] = []
        at = len(head)
        for piece in pieces:
            stop = piece.find(closing)
            if stop < 0:
                return None
            stop += len(closing)
            members.append((opening + piece[:stop], at))
            at += len(opening) + len(piece)
            gap = piece[stop:]
            if gap.strip(_BLANK):
                remainder.append(gap)
        found = self._entries.read("".join(remainder))
        if found is None:
            return None
        try:
            line = reader.line(found[0], found[1], index, position, is_batch=True)
        except BadValue as error:
            self._refuse(error, "".join(remainder), position)
        details: list[Detail] = []
        for member, offset in members:
            shaped = self._details.read(member)
            if shaped is None:
                return None
            try:
                details.append(reader.detail(shaped[0], shaped[1], line))
            except BadValue as error:
                self._refuse(error, member, position + element.count("\n", 0, offset))
        return reader.batch(line, details, element.count(f"<{opening[1:-7]}NtryDtls>"))

    def _rewritten(self) -> str:
        """Read an entry tag by tag and return it in plain form.

        Comments and instructions are gone, CDATA sections are text, empty elements have two tags;
        lines are where they were.

        Raises:
            UnreadableStatement: The entry is not well-formed, or holds text between elements.
        """
        elements = self._elements
        depth = len(elements.open)
        pieces: list[str] = []
        held: list[str] = []
        is_leaf = False
        first_line, lines, size = self._markup.line, 0, 0
        while True:
            token = elements.next()
            if token.kind == "text":
                held.append(token.text)
                continue
            text, held = "".join(held), []
            if not (token.kind == "end" and is_leaf) and text.strip(_BLANK):
                self._stray(token, text)
            if token.kind == "start":
                gap = "\n" * (token.line - first_line - lines)
                written = f"{gap}<{token.name}{_attributes(token)}>"
                is_leaf = not token.is_empty
                if token.is_empty:
                    written += f"</{token.name}>"
            else:
                written = f"{_escaped(text) if is_leaf else ''}</{token.name}>"
                if is_leaf and len(text) > FIELD_CHARS_MAX:
                    raise UnreadableStatement(
                        f"{token.name} has more than {FIELD_CHARS_MAX:,} characters",
                        line=token.line,
                    )
                is_leaf = False
            pieces.append(written)
            lines += written.count("\n")
            size += len(written)
            if size > ENTRY_CHARS_MAX:
                raise UnreadableStatement(
                    f"an entry has more than {ENTRY_CHARS_MAX:,} characters", line=first_line
                )
            if len(elements.open) == depth:
                return "".join(pieces)

    def _refuse(self, error: BadValue, element: str, position: int) -> NoReturn:
        place = 0 if error.index is None else place_of(element, error.index)
        newline = "\n" if "\n" in element else self._markup.newline
        raise UnreadableStatement(error.reason, line=position + element.count(newline, 0, place))


def _escaped(text: str) -> str:
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("\r", "&#13;")


def _attributes(token: Token) -> str:
    pieces = []
    for name, value in token.attributes:
        written = _escaped(value).replace('"', "&quot;").replace("\n", "&#10;")
        pieces.append(f' {name}="{written}"')
    return "".join(pieces).replace("\t", "&#9;")
