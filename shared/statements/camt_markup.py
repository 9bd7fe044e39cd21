"""XML for bank messages: read forward from text chunks, checked, and with nothing dangerous in it.

Not a general XML library: what a bank message needs of XML 1.0 (elements, attributes, the five
predefined entities, character references, CDATA sections, comments, processing instructions) and
nothing else. A document type declaration is refused by name, so entity bombs and external entities
end before they begin. Everything else that is not well-formed is refused with its line. Section
numbers are those of XML 1.0 (fifth edition).

Deliberately stricter than the standard in two places: element names are ASCII (all of ISO 20022
is), and text between the children of an element is refused, because no bank message has any and
dropping it would lose what the bank said.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NoReturn

from shared.errors import UnreadableStatement
from shared.statements.text import FALLBACK_ENCODING, FIELD_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH_MAX = 64
"""Deepest nesting read: the deepest path of any camt message has about 20 elements."""

TAG_CHARS_MAX = 10_000
"""Longest tag read; the longest real one is the root with its namespaces, below 1,000."""

ASIDE_CHARS_MAX = 1_000_000
"""Longest comment, processing instruction or CDATA section read, and the longest blank gap."""

ENTRY_CHARS_MAX = 16 * 1024 * 1024
"""Largest entry read: about 10,000 payments in one collective booking."""

LEAVES_MAX = 20_000
"""How many values one element, and the parts of a message around its entries, may have; real ones
have below 500."""

KEPT_CHARS_MAX = 8 * 1024 * 1024
"""How much text of a statement is held besides its entries."""

_NAME = r"[A-Za-z_:][A-Za-z0-9_:.\-]*+"
_SPACE = r"[ \t\r\n]"
_ATTRIBUTE = rf"{_SPACE}++({_NAME}){_SPACE}*+={_SPACE}*+(?:\"([^\"<]*+)\"|'([^'<]*+)')"
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_START = re.compile(
    rf"<({_NAME})((?:{_SPACE}++{_NAME}{_SPACE}*+={_SPACE}*+(?:\"[^\"<]*+\"|'[^'<]*+'))*+)"
    rf"{_SPACE}*+(/?)>"
)
_END = re.compile(rf"</({_NAME}){_SPACE}*+>")
_INSTRUCTION = re.compile(rf"<\?({_NAME})(?:{_SPACE}[^\0]*)?\?>")
_XML_DECLARATION = re.compile(
    rf"<\?xml{_SPACE}+version{_SPACE}*={_SPACE}*(?:\"1\.[0-9]+\"|'1\.[0-9]+')"
    rf"(?:{_SPACE}+encoding{_SPACE}*={_SPACE}*"
    r"(?:\"([A-Za-z][A-Za-z0-9._\-]*)\"|'([A-Za-z][A-Za-z0-9._\-]*)'))?"
    rf"(?:{_SPACE}+standalone{_SPACE}*={_SPACE}*(?:\"(?:yes|no)\"|'(?:yes|no)'))?{_SPACE}*\?>"
)
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding[ \t\r\n]*=[ \t\r\n]*[\"']([\w.:-]{1,40})[\"']")
_REFERENCE = re.compile(r"&(?:#([0-9]{1,10});|#x([0-9A-Fa-f]{1,8});|([A-Za-z_:][\w:.\-]{0,99});)?")
_PREDEFINED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_NO_CHARACTER = re.compile("[\x0c\ufffe\uffff]")
_BLANK = " \t\r\n"
_LATIN = frozenset({"ISO-8859-1", "LATIN1", "ISO_8859-1", "L1", "US-ASCII", "ASCII"})
_ONE_BYTE = re.compile(r"iso8859-\d+|cp\d+|koi8-.|mac-.+")

_SHOWN_CHARS = 40

TokenKind = Literal["start", "end", "text", "eof"]


@dataclass(frozen=True, slots=True)
class Token:
    """One piece of markup: a start or end tag by its name as written, or text, or the end.

    An element without content (``<a/>``) is a start token with ``is_empty`` and no end token.
    ``text`` is unescaped. ``line`` is where the token begins.
    """

    kind: TokenKind
    name: str = ""
    text: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    is_empty: bool = False
    line: int = 0


def declared_encoding(data: bytes) -> str:
    """Return the Python codec that the XML declaration names for bytes that are not UTF-8 (4.3.3).

    ISO-8859-1 is read as Windows-1252, which differs only where ISO has control characters. A
    file that declares nothing, UTF-8 or UTF-16 promises letters that are not there: guessing them
    would name the wrong people.

    Raises:
        UnreadableStatement: The declaration names no encoding of single bytes, or an unknown one.
    """
    match = _DECLARED.search(data[:1000])
    name = match[1].decode("ascii", "ignore") if match else "UTF-8"
    if name.upper() in _LATIN:
        return FALLBACK_ENCODING
    found = _codec(name)
    if not _ONE_BYTE.fullmatch(found):
        declares = f"declares {name}" if match else "declares no encoding, which means UTF-8"
        raise UnreadableStatement(
            f"the file {declares}, but has bytes that are not UTF-8: it is damaged, or its first "
            "line must name its true encoding, such as ISO-8859-1",
            line=1,
        )
    return found


def _codec(name: str) -> str:
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise UnreadableStatement(
            f"the XML declaration names the unknown character set {name!r}", line=1
        ) from None


def local(name: str) -> str:
    """Return an element's name without its namespace prefix.

    Examples:
        >>> local("ns2:Ntry"), local("Ntry")
        ('Ntry', 'Ntry')
    """
    return name.rpartition(":")[2]


def unescape(text: str) -> str:
    """Return text with its references resolved once (4.1, 4.6).

    Raises:
        ValueError: An ampersand that begins no reference, an entity that XML does not predefine,
            or a character that XML does not have.

    Examples:
        >>> unescape("AT&amp;T &#8364; &#x20AC;")
        'AT&T € €'
    """
    return _REFERENCE.sub(_resolve, text)


def _resolve(match: re.Match[str]) -> str:
    decimal, hexadecimal, name = match.groups()
    if name:
        if name in _PREDEFINED:
            return _PREDEFINED[name]
        raise ValueError(f"the entity &{name[:_SHOWN_CHARS]}; is none of the five that XML defines")
    if not decimal and not hexadecimal:
        raise ValueError("an '&' begins no reference; in XML it is written &amp;")
    code = int(decimal) if decimal else int(hexadecimal, 16)
    allowed = (
        code in {0x9, 0xA, 0xD}
        or 0x20 <= code <= 0xD7FF  # noqa: PLR2004 - the ranges of production [2] Char
        or 0xE000 <= code <= 0xFFFD  # noqa: PLR2004 - likewise
        or 0x10000 <= code <= 0x10FFFF  # noqa: PLR2004 - likewise
    )
    if not allowed:
        raise ValueError(f"{match[0]} is no character of XML")
    return chr(code)


def attributes_of(written: str) -> tuple[tuple[str, str], ...]:
    """Return the attributes of a start tag, values normalised (3.3.3).

    Args:
        written: Everything between the element's name and the end of the tag, already known to be
            a sequence of attributes.

    Raises:
        ValueError: An attribute twice, or a value with a bad reference.
    """
    found: dict[str, str] = {}
    for name, double, single in _ATTRIBUTES.findall(written):
        if name in found:
            raise ValueError(f"the attribute {name[:_SHOWN_CHARS]} stands twice in one tag")
        value = (double or single).replace("\r\n", " ")
        for blank in "\t\r\n":
            value = value.replace(blank, " ")
        found[name] = unescape(value)
    return tuple(found.items())


def start_tag(inside: str) -> tuple[str, tuple[tuple[str, str], ...], bool] | None:
    """Return name, attributes and emptiness of a start tag given without its angle brackets.

    ``None`` where that is no start tag.

    Raises:
        ValueError: As ``attributes_of``.
    """
    match = _START.fullmatch(f"<{inside}>")
    if match is None:
        return None
    return match[1], attributes_of(match[2]) if match[2] else (), bool(match[3])


def end_tag(inside: str) -> str | None:
    """Return the name in an end tag given without its angle brackets, ``None`` where it is none."""
    match = _END.fullmatch(f"<{inside}>")
    return match[1] if match else None


class Markup:
    """A file's text, read once from its beginning to its end.

    ``text`` is the part in memory and ``at`` the next character in it. Readers that know what
    follows may look at ``text`` themselves and move ``at``; everybody else asks for ``token()``.
    """

    __slots__ = ("_chunks", "_counted", "_ended", "_line", "_newline", "_started", "at", "text")

    def __init__(self, chunks: Iterator[str]) -> None:
        self._chunks = chunks
        self.text = ""
        self.at = 0
        self._newline = ""
        self._line = 1
        self._counted = 0
        self._ended = False
        self._started = False

    def more(self) -> bool:
        """Read on, at least doubling what is in memory; false at the end of the file.

        Doubling keeps the copying of a long element linear. What lies before ``at`` is forgotten.
        """
        if self._ended:
            return False
        self._count(self.at)
        kept = self.text[self.at :]
        self.at = self._counted = 0
        wanted = max(len(kept), 1)
        pieces = [kept]
        while wanted > 0:
            chunk = next(self._chunks, None)
            if chunk is None:
                self._ended = True
                break
            pieces.append(chunk)
            wanted -= len(chunk)
        self.text = "".join(pieces)
        found = _NO_CHARACTER.search(self.text, len(kept)) if self._suspicious() else None
        if found:
            raise UnreadableStatement(
                f"the file holds the character U+{ord(found[0]):04X}, which XML does not allow",
                line=self.line_at(found.start()),
            )
        self._newline = self._newline or ("\n" if "\n" in self.text else "\r")
        return len(self.text) > len(kept)

    def _suspicious(self) -> bool:
        text = self.text
        return "\x0c" in text or "\ufffe" in text or "\uffff" in text

    def _count(self, position: int) -> None:
        if position > self._counted:
            self._line += self.text.count(self._newline or "\n", self._counted, position)
            self._counted = position

    def line_at(self, position: int) -> int:
        """Return the line on which a character in memory stands."""
        if position >= self._counted:
            return self._line + self.text.count(self._newline or "\n", self._counted, position)
        return self._line - self.text.count(self._newline or "\n", position, self._counted)

    @property
    def line(self) -> int:
        """The line of the next character."""
        self._count(self.at)
        return self._line

    def refuse(self, reason: str, position: int | None = None) -> NoReturn:
        """Refuse the file at a character, the next one where none is given."""
        raise UnreadableStatement(
            reason, line=self.line_at(self.at if position is None else position)
        )

    @property
    def newline(self) -> str:
        """What ends the lines, for counting them."""
        return self._newline or "\n"

    def move(self, at: int, line: int) -> None:
        """Go on behind what a reader has taken itself, on the line that it has counted."""
        self.at = self._counted = at
        self._line = line

    def skip_blank(self) -> None:
        """Move over white space, comments and instructions."""
        while True:
            rest = len(self.text)
            at = self.at
            text = self.text
            while at < rest and text[at] in _BLANK:
                at += 1
            self.at = at
            if at + 4 > rest and self.more():
                continue
            if self.text.startswith("<!--", self.at):
                self._comment()
            elif self.text.startswith("<?", self.at):
                self._instruction()
            else:
                return

    def find(self, wanted: str, offset: int, limit: int, what: str, *, end: str) -> int:
        """Return where a text next stands, reading on as needed.

        Args:
            wanted: What to look for.
            offset: How many characters after the next one to begin.
            limit: How many characters to look through.
            what: What is being read, for a refusal.
            end: What is said of it when the file ends first.

        Raises:
            UnreadableStatement: It is not there.
        """
        looked = offset
        while True:
            found = self.text.find(wanted, self.at + looked, self.at + limit)
            if found >= 0:
                return found
            held = len(self.text) - self.at
            if held >= limit:
                self.refuse(f"{what} is longer than {limit:,} characters")
            looked = max(offset, held - len(wanted) + 1)
            if not self.more():
                self.refuse(f"{what} {end}")

    def token(self) -> Token:
        """Return the next tag or run of text, passing over comments and instructions.

        Raises:
            UnreadableStatement: What follows is not well-formed, declares a document type, or is
                cut off.
        """
        while True:
            if self.at >= len(self.text) and not self.more():
                return Token("eof", line=self.line)
            text, at = self.text, self.at
            if text[at] != "<":
                return self._text()
            while len(self.text) - self.at < len("<![CDATA[") and self.more():
                pass
            text, at = self.text, self.at
            following = text[at + 1 : at + 2]
            if following == "!":
                if text.startswith("<![CDATA[", at):
                    return self._section()
                self._comment()
            elif following == "?":
                self._instruction()
            elif following == "/":
                return self._end_tag()
            else:
                return self._start_tag()
            self._started = True

    def _text(self) -> Token:
        line = self.line
        looked = 0
        while True:
            stop = self.text.find("<", self.at + looked)
            if stop >= 0:
                break
            looked = len(self.text) - self.at
            if looked > ASIDE_CHARS_MAX:
                self.refuse(f"a text is longer than {ASIDE_CHARS_MAX:,} characters")
            if not self.more():
                stop = len(self.text)
                break
        raw = self.text[self.at : stop]
        if "]]>" in raw:
            self.refuse(
                "']]>' stands outside a CDATA section", self.text.index("]]>", self.at, stop)
            )
        if "&" in raw:
            self._check_references(raw)
            raw = unescape(_normal_ends(raw))
        else:
            raw = _normal_ends(raw)
        self.at = stop
        self._started = True
        return Token("text", text=raw, line=line)

    def _check_references(self, raw: str) -> None:
        for match in _REFERENCE.finditer(raw):
            try:
                _resolve(match)
            except ValueError as error:
                self.refuse(str(error), self.at + match.start())

    def _section(self) -> Token:
        line = self.line
        stop = self.find(
            "]]>",
            9,
            ASIDE_CHARS_MAX,
            "a CDATA section",
            end="is never closed, so the file is cut off or damaged",
        )
        raw = self.text[self.at + 9 : stop]
        self.at = stop + 3
        self._started = True
        return Token("text", text=_normal_ends(raw), name="CDATA", line=line)

    def _comment(self) -> None:
        text, at = self.text, self.at
        if not text.startswith("<!--", at):
            word = re.match(r"<!\[?[A-Za-z]*", text[at : at + _SHOWN_CHARS])
            name = word[0] if word else "<!"
            if name.upper() in {"<!DOCTYPE", "<!ENTITY", "<!ELEMENT", "<!ATTLIST", "<!NOTATION"}:
                self.refuse(
                    f"the file has a {name} declaration, which no bank message needs and which can "
                    "be made to explode or to read other files"
                )
            self.refuse(f"{name!r} begins no markup that a bank message can have")
        end = "is never closed, so the file is cut off or damaged"
        stop = self.find("--", 4, ASIDE_CHARS_MAX, "a comment", end=end)
        if stop + 2 >= len(self.text) and not self.more():
            self.refuse(f"a comment {end}")
        stop = self.text.find("--", self.at + 4)
        if self.text[stop + 2] != ">":
            self.refuse("'--' stands inside a comment, which XML does not allow", stop)
        self.at = stop + 3

    def _instruction(self) -> None:
        stop = self.find(
            "?>",
            2,
            ASIDE_CHARS_MAX,
            "a processing instruction",
            end="is never closed, so the file is cut off or damaged",
        )
        written = self.text[self.at : stop + 2]
        match = _INSTRUCTION.fullmatch(written)
        if match is None:
            self.refuse(f"{written[:_SHOWN_CHARS]!r} is no processing instruction")
        if match[1].lower() == "xml":
            if self._started:
                self.refuse("an XML declaration stands inside the file: two files were joined")
            declaration = _XML_DECLARATION.fullmatch(written)
            if declaration is None:
                self.refuse(f"the XML declaration {written[:80]!r} is malformed")
            _codec(declaration[1] or declaration[2] or "UTF-8")
        self.at = stop + 2

    def _start_tag(self) -> Token:
        match = self._tag(_START)
        line = self.line
        try:
            attributes = attributes_of(match[2]) if match[2] else ()
        except ValueError as error:
            self.refuse(str(error))
        self.at = match.end()
        self._started = True
        return Token("start", match[1], "", attributes, bool(match[3]), line)

    def _end_tag(self) -> Token:
        match = self._tag(_END)
        line = self.line
        self.at = match.end()
        return Token("end", match[1], line=line)

    def _tag(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self.text, self.at)
        while match is None and len(self.text) - self.at <= TAG_CHARS_MAX and self.more():
            match = pattern.match(self.text, self.at)
        if match is None:
            self._refuse_tag()
        if match.end() - self.at > TAG_CHARS_MAX:
            self.refuse(f"a tag is longer than {TAG_CHARS_MAX:,} characters")
        return match

    def _refuse_tag(self) -> NoReturn:
        stop = self.text.find(">", self.at, self.at + TAG_CHARS_MAX)
        shown = self.text[self.at : self.at + _SHOWN_CHARS].splitlines()[0]
        if stop < 0 and len(self.text) - self.at <= TAG_CHARS_MAX:
            self.refuse(f"the tag {shown!r} is never closed: the file is cut off")
        self.refuse(
            f"{shown!r} is no complete tag: a '<' in a text is not escaped, or it is damaged"
        )


def _normal_ends(raw: str) -> str:
    """Return text with every line end as one line feed (2.11)."""
    return raw.replace("\r\n", "\n").replace("\r", "\n") if "\r" in raw else raw


class Elements:
    """The elements of a file, properly nested, one after the other.

    Keeps the open elements, so that a wrong, a missing and a second end are seen where they stand.
    """

    __slots__ = ("_done", "_run", "kept", "markup", "open")

    def __init__(self, markup: Markup) -> None:
        self.markup = markup
        self.open: list[tuple[str, int]] = []
        self.kept = 0
        self._run = 0
        self._done = False

    def keep(self, text: str, line: int) -> str:
        """Count a text that is held until its statement ends, and return it.

        Raises:
            UnreadableStatement: There is more than any statement has around its entries.
        """
        self.kept += len(text)
        if len(text) > FIELD_CHARS_MAX or self.kept > KEPT_CHARS_MAX:
            raise UnreadableStatement(
                f"a text has more than {FIELD_CHARS_MAX:,} characters, or all texts around the "
                f"entries have more than {KEPT_CHARS_MAX:,}",
                line=line,
            )
        return text

    def next(self) -> Token:
        """Return the next token; text is returned only where it says something.

        Raises:
            UnreadableStatement: Not well-formed.
        """
        token = self._token()
        self._run = self._run + len(token.text) if token.kind == "text" else 0
        if self._run > ASIDE_CHARS_MAX:
            raise UnreadableStatement(
                f"a text is longer than {ASIDE_CHARS_MAX:,} characters", line=token.line
            )
        if token.kind == "start":
            self._open(token)
        elif token.kind == "end":
            self._close(token)
        elif token.kind == "eof":
            self._end(token)
        elif not self.open and (token.name or token.text.strip(_BLANK)):
            where = "after the end of the document" if self._done else "before the first element"
            raise UnreadableStatement(
                f"text stands {where}: the file is damaged or two files were joined",
                line=token.line,
            )
        return token

    def _token(self) -> Token:
        try:
            return self.markup.token()
        except UnreadableStatement as error:
            if not self.open or not error.reason.endswith("cut off"):
                raise
            name, line = self.open[-1]
            raise UnreadableStatement(
                f"{error.reason}, inside <{name}>, opened on line {line}", line=error.line
            ) from None

    def _open(self, token: Token) -> None:
        if not self.open and self._done:
            raise UnreadableStatement(
                f"a second root element <{token.name}> follows the first: two files were "
                "joined; split them",
                line=token.line,
            )
        self._done = True
        if len(self.open) >= DEPTH_MAX:
            raise UnreadableStatement(
                f"elements are nested more than {DEPTH_MAX} deep", line=token.line
            )
        if not token.is_empty:
            self.open.append((token.name, token.line))

    def _end(self, token: Token) -> None:
        if self.open:
            name, line = self.open[-1]
            raise UnreadableStatement(
                f"the file ends before </{name}>, the element opened on line {line}: it is cut off",
                line=token.line,
            )
        if not self._done:
            raise UnreadableStatement("the file holds no element", line=token.line)

    def _close(self, token: Token) -> None:
        if not self.open:
            raise UnreadableStatement(f"</{token.name}> closes nothing", line=token.line)
        name, line = self.open[-1]
        if name != token.name:
            raise UnreadableStatement(
                f"</{token.name}> stands where </{name}> is missing, the element opened on line "
                f"{line}",
                line=token.line,
            )
        self.open.pop()

    def leaves(  # noqa: C901 - one walk over the tokens
        self, start: Token, path: str = ""
    ) -> list[tuple[str, str, int]]:
        """Return every text below an element, with its path and line, to the element's end.

        Attributes count as ``path@name``, before the text of their element. An element without
        children is a leaf, also an empty one.

        Args:
            start: The element's start tag, just returned by ``next``.
            path: What its own name is in the paths; its children's begin without it where empty.

        Raises:
            UnreadableStatement: Not well-formed, or text between elements.
        """
        found: list[tuple[str, str, int]] = []
        paths: list[str] = []
        pieces: list[str] = []
        is_leaf = True
        held_line = start.line
        token = start
        while True:
            if token.kind == "start":
                self.refuse_entry(token)
                if pieces and "".join(pieces).strip(_BLANK):
                    self._stray("".join(pieces), token.line)
                inside = paths[-1] if paths else ""
                own = (
                    f"{inside}/{local(token.name)}"
                    if inside
                    else (path if not paths else local(token.name))
                )
                found += [(f"{own}@{local(n)}", v, token.line) for n, v in token.attributes]
                pieces, is_leaf, held_line = [], True, token.line
                if token.is_empty:
                    found.append((own, "", token.line))
                    is_leaf = False
                    if not paths:
                        return found
                else:
                    paths.append(own)
            elif token.kind == "end":
                text = "".join(pieces)
                if is_leaf:
                    found.append((paths[-1], self.keep(text, held_line), held_line))
                elif text.strip(_BLANK):
                    self._stray(text, token.line)
                paths.pop()
                pieces, is_leaf = [], False
                if not paths:
                    return found
            else:
                pieces.append(token.text)
            if len(found) > LEAVES_MAX:
                raise UnreadableStatement(
                    f"an element has more than {LEAVES_MAX:,} values", line=token.line
                )
            token = self.next()

    @staticmethod
    def refuse_entry(token: Token) -> None:
        """Refuse an entry where none is read, instead of taking its values for the statement's.

        Raises:
            UnreadableStatement: The element that begins here is an entry.
        """
        if token.name.endswith("Ntry") and local(token.name) == "Ntry":
            raise UnreadableStatement(
                "an entry (Ntry) stands elsewhere than directly in Stmt, Rpt or Ntfctn",
                line=token.line,
            )

    @staticmethod
    def _stray(text: str, line: int) -> NoReturn:
        shown = " ".join(text.split())[:_SHOWN_CHARS]
        raise UnreadableStatement(
            f"the text {shown!r} stands between elements, where no bank message has any", line=line
        )
