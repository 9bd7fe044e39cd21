"""OFX bytes to clean markup: encoding, header, comments, CDATA, attributes, escapes.

What comes out holds only ``<TAG>``, ``</TAG>`` and text, in capitals, with every line still on
its own number, so that one fast scanner reads SGML and XML alike and errors can name lines.
Sections cited are the same in OFX 1.6 and 2.2: 2.2 header, 2.3.2.1 special characters.
"""

from __future__ import annotations

import codecs
import html.entities
import re
from typing import TYPE_CHECKING

from shared.errors import UnreadableStatement
from shared.statements.text import FALLBACK_ENCODING, decode, line_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.statements.head import Head

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
_ANY_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9._:-]*)(\s[^<>]*?)?(/?)>")
_PROCESSING = re.compile(r"<\?[^<>]*\?>|<!DOCTYPE[^<>\[]{0,500}>", re.IGNORECASE)
_DECLARATION = re.compile(r"<!(?:DOCTYPE[^<>]{0,500}\[|ENTITY|ELEMENT|ATTLIST)", re.IGNORECASE)
_STRAY_TEXT = re.compile(r"(</[A-Z][A-Z0-9._-]*>\s*)[^<\s]")
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([A-Za-z]{2,8}));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'", "nbsp": " "}


def recognises(found: Head) -> bool:
    r"""Return whether a file beginning like this is OFX: by its header or its root element.

    Examples:
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
    return "".join(character for character in text if character in "\r\n")


def _as_text(section: str) -> str:
    return section.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _replace_sections(
    text: str, begin: str, end: str, what: str, replacement: Callable[[str], str]
) -> str:
    """Replace every ``begin…end`` section; refuses one that is never closed.

    Plain searching, because a lazy pattern takes quadratic time on a file of unclosed openings.
    """
    parts = []
    position = 0
    while (start := text.find(begin, position)) >= 0:
        stop = text.find(end, start + len(begin))
        if stop < 0:
            raise UnreadableStatement(
                f"{what} is never closed, so the file is cut off or damaged",
                line=line_of(text, start),
            )
        parts += [text[position:start], replacement(text[start + len(begin) : stop])]
        position = stop + len(end)
    return "".join(parts) + text[position:]


def _plain_tag(match: re.Match[str]) -> str:
    name = match[2].rpartition(":")[2].upper()
    if match[4] and not match[1]:
        return f"<{name}></{name}>" + _only_line_ends(match[3] or "")
    return f"<{match[1]}{name}>" + _only_line_ends(match[3] or "")


def _refuse_declarations(text: str) -> None:
    declaration = re.search(
        r"<!(?:DOCTYPE[^<>]{0,500}\[|ENTITY|ELEMENT|ATTLIST)", text, re.IGNORECASE
    )
    if declaration:
        raise UnreadableStatement(
            "the file declares a document type or entities, which no bank's OFX needs and "
            "which can be made to explode or to read other files",
            line=line_of(text, declaration.start()),
        )


def _body(text: str) -> str:
    """Return the markup from the root element on, padded so that lines keep their numbers."""
    start = _START.search(text)
    if start is None:
        raise UnreadableStatement(
            "the file has an OFX header but no <OFX> element: it is cut off or no statement"
        )
    return _only_line_ends(text[: start.start()]) + text[start.start() :]


def _plain_markup(text: str) -> str:
    text = _replace_sections(text, "<!--", "-->", "a comment", _only_line_ends)
    text = _replace_sections(text, "<![CDATA[", "]]>", "a CDATA section", _as_text)
    text = _PROCESSING.sub(lambda match: _only_line_ends(match[0]), text)
    text = _ANY_TAG.sub(_plain_tag, text)
    wrong = _NOT_A_PLAIN_TAG.search(text)
    if wrong:
        raise UnreadableStatement(
            "a '<' starts no complete tag, so the file is cut off or a text in it is not escaped",
            line=line_of(text, wrong.start()),
        )
    return text


def clean_markup(data: bytes, warnings: list[str]) -> tuple[str, str]:
    """Return the format's name and the markup from ``<OFX>`` on.

    Raises:
        UnreadableStatement: Not decodable, no root element, declarations, broken tags, or
            text that belongs to no element.
    """
    text = decode(data, warnings, declared=declared_encoding)
    _refuse_declarations(text)
    text_format = XML if re.search(r"<\?(?:OFX|xml)\b", text[:HEADER_CHARS_MAX]) else SGML
    text = _body(text)
    if _NOT_A_PLAIN_TAG.search(text):
        text = _plain_markup(text)
    stray = _STRAY_TEXT.search(text)
    if stray:
        at = stray.start() + len(stray[1])
        second = text[at : at + 40].upper().startswith(("OFXHEADER", "DATA:"))
        raise UnreadableStatement(
            "a second OFX document follows the first; split the file"
            if second
            else "text stands outside every element, so the file is damaged or not escaped",
            line=line_of(text, at),
        )
    return text_format, text
