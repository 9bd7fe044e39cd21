"""OFX bytes to markup in pieces: encoding, header, comments, CDATA, attributes, escapes.

What comes out holds tags and text only, never half a tag, with every line still on its own number,
so that one scanner reads SGML and XML alike and errors can name lines. ``plain_tags`` then makes
every tag ``<TAG>`` or ``</TAG>`` in capitals; files whose tags are that already never need it.
Sections cited are the same in OFX 1.6 and 2.2: 2.2 header, 2.3.2.1 special characters.
"""

from __future__ import annotations

import codecs
import html.entities
import re
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.statements.text import FALLBACK_ENCODING, FIELD_CHARS_MAX, text_chunks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shared.statements.head import Head
    from shared.statements.source import Source

SGML, XML = "ofx-sgml", "ofx-xml"

HEADER_CHARS_MAX = 8_192
"""Where ``<OFX>`` must have begun; real headers take under 400 characters, blank lines included."""

_START = re.compile(r"<OFX(?=[\s>])[^<>]*>", re.IGNORECASE)
_HEADER_LINE = re.compile(r"[A-Z]{2,20}[ \t]*:|<[?!]|\ufeff|\u00ef\u00bb\u00bf", re.IGNORECASE)
_DECLARED = (
    re.compile(rb"CHARSET[ \t]{0,9}:[ \t]{0,9}([\w-]{1,40})", re.IGNORECASE),
    re.compile(rb"ENCODING[ \t]{0,9}:[ \t]{0,9}([\w-]{1,40})", re.IGNORECASE),
    re.compile(rb"<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}[\"']([\w.:-]{1,40})", re.IGNORECASE),
)
# Python's registry also holds transforms, escapes and codecs that raise on purpose.
_TEXT_CODEC = re.compile(
    r"cp\d+|iso8859-\d+|utf-8|koi8-[ru]|shift_jis|gb2312|gbk|gb18030|big5|euc_(?:jp|kr)|mac-roman"
)
_SAYS_NOTHING = frozenset({"NONE", "USASCII", "US-ASCII", "ASCII", "UNICODE"})
_LATIN = frozenset({"ISO-8859-1", "8859-1", "LATIN1", "LATIN-1", "1252", "WINDOWS-1252"})

_NOT_A_PLAIN_TAG = re.compile(r"<(?!/?[A-Z][A-Z0-9._-]*>)")
_ANY_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9._:-]*+)(\s[^<>]*?)?(/?)>")
_PROCESSING = re.compile(r"<\?[^<>]*\?>|<!DOCTYPE[^<>\[]{0,500}>", re.IGNORECASE)
_DECLARATION = re.compile(r"<!(?:DOCTYPE[^<>]{0,500}\[|ENTITY|ELEMENT|ATTLIST)", re.IGNORECASE)
_XML_HEADER = re.compile(r"<\?(?:OFX|xml)\b")
_OPENING = re.compile("<[!?]")
_COMMENT, _CDATA = ("<!--", "-->"), ("<![CDATA[", "]]>")
_NO_TAG = "a '<' starts no complete tag, so the file is cut off or a text in it is not escaped"
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,8}));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}


def recognises(found: Head) -> bool:
    r"""Return whether a file beginning like this is OFX: by its header or its root element.

    Examples:
        >>> from shared.statements.head import Head
        >>> recognises(Head(b"", "OFXHEADER:100\nDATA:OFXSGML"))
        True
    """
    head = found.text
    stripped = head.lstrip("\ufeff\u00ef\u00bb\u00bf \t\r\n")
    if stripped[:9].upper() == "OFXHEADER" or stripped[:12].upper() == "DATA:OFXSGML":
        return True
    start = _START.search(head)
    before = head[: start.start()] if start else head
    if re.search(r"<\?OFX\b", before):
        return True
    lines = (line.strip() for line in before.splitlines())
    return start is not None and all(not line or _HEADER_LINE.match(line) for line in lines)


def declared_encoding(data: bytes) -> str | None:
    """Return the Python codec that the header names, or ``None`` where it names none (2.2.1).

    ``USASCII`` and ``NONE`` say nothing about a file that is not ASCII, so they name no codec.
    ISO-8859-1 is read as Windows-1252, which differs only where ISO has control characters.

    Raises:
        UnreadableStatement: The header names a character set that nobody knows.
    """
    head = data[:HEADER_CHARS_MAX]
    for pattern in _DECLARED:
        match = pattern.search(head)
        if match is None or match[1].decode("ascii", "ignore").upper() in _SAYS_NOTHING:
            continue
        name = match[1].decode("ascii", "ignore")
        if name.upper() in _LATIN:
            return FALLBACK_ENCODING
        try:
            codec: codecs.CodecInfo | None = codecs.lookup(f"cp{name}" if name.isdigit() else name)
        except LookupError:
            codec = None
        if codec is None or not _TEXT_CODEC.fullmatch(codec.name):
            raise UnreadableStatement(
                f"the header declares the unknown character set {name!r}",
                line=head[: match.start()].count(b"\n") + 1,
            )
        return codec.name
    return None


def unescape(value: str) -> str:
    """Return text with its character references resolved once (2.3.2.1).

    Banks write ``AT&T`` unescaped, so an ampersand that starts no known reference stays.

    Examples:
        >>> unescape("AT&T &amp; S&#246;hne &bogus;")
        'AT&T & Söhne &bogus;'
    """
    return _ENTITY.sub(_resolve, value)


def _resolve(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name:
        return _NAMED.get(name) or html.entities.html5.get(f"{name};", match[0])
    code = int(decimal) if decimal else int(hexadecimal, 16)
    surrogate = 0xD800 <= code < 0xE000  # noqa: PLR2004 - Unicode's own bounds
    if code < ord(" ") or surrogate or code > 0x10FFFF:  # noqa: PLR2004 - likewise
        return match[0]
    return chr(code)


def _only_line_ends(text: str) -> str:
    return "\n" * text.count("\n")


def _as_text(section: str) -> str:
    return section.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain_tag(match: re.Match[str]) -> str:
    name = match[2].rpartition(":")[2].upper()
    if match[4] and not match[1]:
        return f"<{name}></{name}>" + _only_line_ends(match[3] or "")
    return f"<{match[1]}{name}>" + _only_line_ends(match[3] or "")


def plain_tags(text: str, line: int) -> str:
    """Return markup with every tag in capitals and without attributes or namespace.

    Args:
        text: Markup that neither begins nor ends within a tag.
        line: The line on which it begins.

    Raises:
        UnreadableStatement: A ``<`` starts no tag.

    Examples:
        >>> plain_tags('<ofx:Name lang="de">Bank<memo/>', 1)
        '<NAME>Bank<MEMO></MEMO>'
    """
    wrong = _NOT_A_PLAIN_TAG.search(text)
    if wrong is None:
        return text
    text = _ANY_TAG.sub(_plain_tag, text)
    wrong = _NOT_A_PLAIN_TAG.search(text)
    if wrong:
        raise UnreadableStatement(_NO_TAG, line=line + text.count("\n", 0, wrong.start()))
    return text


class Markup:
    """The markup of one file: iterate over it once, piece by piece.

    ``format`` and ``first_line`` (of the root element) are known from the first piece on.
    """

    def __init__(self, source: Source, warnings: list[str]) -> None:
        """Prepare to read a source; ``warnings`` receives what is odd about its letters."""
        self._chunks = text_chunks(source, warnings, declared=declared_encoding)
        self._section: tuple[str, str] | None = None
        self._section_line = 1
        self._line = 1
        self._held = ""
        self.format = SGML
        self.first_line = 1

    def __iter__(self) -> Iterator[str]:
        """Yield the markup from the root element on, with every line end as one line feed.

        Raises:
            UnreadableStatement: Not decodable, no root element, declarations, half a tag or an
                open section at the end.
        """
        pieces = self._pieces()
        yield self._from_root(pieces)
        yield from filter(None, pieces)

    def _pieces(self) -> Iterator[str]:
        held_return = ""
        for chunk in self._chunks:
            text = held_return + chunk
            held_return = ""
            if "\r" in text:
                if text.endswith("\r"):
                    text, held_return = text[:-1], "\r"
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            yield self._whole_tags(self._held + text)
        if self._section is not None:
            what = "a comment" if self._section is _COMMENT else "a CDATA section"
            raise UnreadableStatement(
                f"{what} is never closed, so the file is cut off or damaged",
                line=self._section_line,
            )
        if self._held:
            raise UnreadableStatement(_NO_TAG, line=self._line)
        yield "\n" if held_return else ""

    def _whole_tags(self, text: str) -> str:
        """Return text without sections, and hold back what may be half a tag at its end."""
        before = ""
        # The single characters are found ten times faster and hardly ever there.
        declares = ("!" in text and "<!" in text) or ("?" in text and "<?" in text)
        if declares or self._section is not None:
            before, text = self._without_sections(text)
            if self._section is not None:
                self._held = text
                return before
        last = text.rfind("<")
        if last >= 0 and text.find(">", last) < 0:
            if len(text) - last > FIELD_CHARS_MAX:
                line = self._line + text.count("\n", 0, last)
                raise UnreadableStatement(_NO_TAG, line=line)
            text, self._held = text[:last], text[last:]
        else:
            self._held = ""
        self._line += text.count("\n")
        return before + text

    def _without_sections(self, text: str) -> tuple[str, str]:
        """Return text up to the last section's end as it is to be read, and the text after it.

        Plain searching, because a lazy pattern takes quadratic time on a file of unclosed openings,
        and by position, because cutting off what was read does on one of many short sections.
        """
        parts: list[str] = []
        at = 0
        while at < len(text):
            if self._section is not None:
                taken, at = self._within_section(text, at, self._section)
                parts.append(taken)
                if self._section is not None:
                    break
            opening = _OPENING.search(text, at)
            if opening is None:
                break
            start = opening.start()
            parts.append(text[at:start])
            self._line += text.count("\n", at, start)
            at = start
            for section in (_COMMENT, _CDATA):
                if text.startswith(section[0], start):
                    self._section, self._section_line = section, self._line
                    at += len(section[0])
            if self._section is None:
                end = text.find(">", start) + 1
                if not end:
                    break
                parts.append(self._declaration(text[start:end]))
                at = end
        return "".join(parts), text[at:]

    def _within_section(self, text: str, at: int, section: tuple[str, str]) -> tuple[str, int]:
        end = text.find(section[1], at)
        if end >= 0:
            self._section, rest = None, end + len(section[1])
        else:
            # The end mark may itself be cut between two chunks; it has no "<" to hold it back.
            rest = end = max(len(text) - len(section[1]) + 1, at)
        content = text[at:end]
        self._line += content.count("\n")
        return (_as_text(content) if section is _CDATA else _only_line_ends(content)), rest

    def _declaration(self, text: str) -> str:
        if _DECLARATION.match(text):
            raise UnreadableStatement(
                "the file declares a document type or entities, which no bank's OFX needs and "
                "which can be made to explode or to read other files",
                line=self._line,
            )
        if not _PROCESSING.fullmatch(text):
            raise UnreadableStatement(_NO_TAG, line=self._line)
        if _XML_HEADER.match(text):
            self.format = XML
        self._line += text.count("\n")
        return _only_line_ends(text)

    def _from_root(self, pieces: Iterator[str]) -> str:
        """Return the first piece from the root element on."""
        text = ""
        for piece in pieces:
            text += piece
            start = _START.search(text)
            if start:
                self.first_line = 1 + text.count("\n", 0, start.start())
                return text[start.start() :]
            if len(text) > HEADER_CHARS_MAX:
                break
        raise UnreadableStatement(
            "the file has an OFX header but no <OFX> element: it is cut off or no statement"
        )
