"""Elements by their shape: what one entry proves about its nesting holds for every like one.

A bank's program writes entries of a few dozen shapes: the same tags in the same order around other
values. The nesting of a shape is checked once; the shapes seen most become one regular expression
each, which proves and takes apart a further entry of a kilobyte in about 3 us (measured). Anything
rarer is split into tags and looked up by them; comments, CDATA and the like never come here, since
``camt_markup`` has rewritten them before.

Values are raw: references are not resolved yet (attributes' are written anew), because few
values have any and the reader looks for them in all values of an entry at once.
"""

from __future__ import annotations

import re
from operator import itemgetter
from typing import TYPE_CHECKING

from shared.statements.camt_markup import (
    DEPTH_MAX,
    TAG_CHARS_MAX,
    attributes_of,
    end_tag,
    local,
    start_tag,
)
from shared.statements.text import FIELD_CHARS_MAX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Values = tuple[str, ...]

SHAPES_MAX = 512
"""How many shapes are remembered by their tags; from there on all are forgotten and met again."""

PATTERNS_MAX = 64
"""How many shapes become a regular expression: compiling one takes about a millisecond, and a
hostile file may have no two entries alike."""

COMMONEST_MAX = 8
"""How many expressions are tried before the end of an entry is looked for: each that does not
match costs about 1 us."""

SIGHTINGS_MIN = 3
"""A shape is compiled when it is met for the third time."""

TAGS_MAX = 600
"""Elements with more tags are not remembered: the next one will hardly be alike."""

_TAG = re.compile(r"<([^<>]*)>")
_BLANK = " \t\r\n"
_GAP = r"[ \t\r\n]*+"
_LEAF = rf"([^<>\r]{{0,{FIELD_CHARS_MAX}}}+)"
_VALUE = r'"([^"<&\t\r\n]{0,200}+)"'
_QUOTED_VALUE = re.compile(r"=[ \t\r\n]*(?:\"[^\"]*\"|'[^']*')")


def getter(indices: Iterable[int]) -> Callable[[Values], Values]:
    """Return what picks some values out of many, always as a tuple.

    Examples:
        >>> getter([2, 0])(("a", "b", "c")), getter([1])(("a", "b")), getter([])(("a",))
        (('c', 'a'), ('b',), ())
    """
    wanted = tuple(indices)
    if not wanted:
        return lambda _values: ()
    if len(wanted) == 1:
        only = wanted[0]
        return lambda values: (values[only],)
    return itemgetter(*wanted)


class Shape:
    """One sequence of tags: the paths of its values, and how to get at them."""

    __slots__ = ("_constants", "_gaps", "_leaves", "_source", "layout", "paths", "pattern", "seen")

    def __init__(
        self,
        paths: tuple[str, ...],
        leaves: tuple[int, ...],
        gaps: tuple[int, ...],
        constants: tuple[str, ...],
        source: str,
    ) -> None:
        self.paths = paths
        self.pattern: re.Pattern[str] | None = None
        self.layout: object = None
        self.seen = 0
        self._leaves = getter(leaves)
        self._gaps = getter(gaps)
        self._constants = constants
        self._source = source

    def values(self, parts: list[str]) -> Values | None:
        """Return the values of a split element, ``None`` where text stands between elements."""
        if "".join(self._gaps(parts)).strip(_BLANK):  # type: ignore[arg-type] # indexed alike
            return None
        return self._leaves((*parts, *self._constants))

    def compile(self) -> re.Pattern[str]:
        """Return the expression that matches every element of this shape, and the gap behind it."""
        self.pattern = re.compile(self._source)
        return self.pattern


def shape_of(  # noqa: C901, PLR0911, PLR0912, PLR0915 - one walk over the tags; each return is one doubt
    parts: list[str],
) -> Shape | None:
    """Return the shape of an element split into text, tag, text, tag, …; ``None`` where it is none.

    ``None`` says that the tags do not nest, repeat the element that is to be cut out, or are in any
    way unusual: then the careful reader must look.
    """
    paths: list[str] = []
    wanted: list[int] = []
    gaps: list[int] = [0]
    constants: list[str] = []
    source: list[str] = []
    open_names: list[str] = []
    open_paths: list[str] = []
    single = 0
    count = len(parts)
    for at in range(1, count, 2):
        tag = parts[at]
        if len(tag) > TAG_CHARS_MAX:
            return None
        if tag.startswith("/"):
            name = end_tag(tag)
            if not open_names or name != open_names.pop():
                return None
            open_paths.pop()
            source += [re.escape(f"<{tag}>"), _GAP]
            gaps.append(at + 1)
            if not open_names and at + 2 != count:
                return None
            continue
        try:
            found = start_tag(tag)
        except ValueError:
            return None
        if found is None or len(open_names) >= DEPTH_MAX or (at > 1 and not open_names):
            return None
        name, attributes, is_empty = found
        inside = open_paths[-1] if open_paths else ""
        path = local(name) if not inside else f"{inside}/{local(name)}"
        if at == 1:
            path = ""
        if at > 1 and local(name) == "Ntry":
            return None
        single += local(name) == "TxDtls"
        if attributes:
            source.append(_start_source(tag))
            for attribute, value in attributes:
                paths.append(f"{path}@{local(attribute)}")
                wanted.append(count + len(constants))
                constants.append(value.replace("&", "&amp;"))
        else:
            source.append(re.escape(f"<{tag}>"))
        if is_empty:
            paths.append(path)
            wanted.append(count + len(constants))
            constants.append("")
            source += ["()", _GAP]
            gaps.append(at + 1)
            continue
        open_names.append(name)
        open_paths.append(path)
        if at + 2 < count and parts[at + 2].startswith("/"):
            paths.append(path)
            wanted.append(at + 1)
            source.append(_LEAF)
            # The end tag's own text is a gap; this one is the value.
            continue
        source.append(_GAP)
        gaps.append(at + 1)
    if open_names or single > 1:
        return None
    return Shape(tuple(paths), tuple(wanted), tuple(gaps), tuple(constants), "".join(source))


def _start_source(tag: str) -> str:
    """Return the expression of a start tag whose attributes' values vary.

    A value that needs normalising does not match, and goes the careful way.
    """
    pieces: list[str] = []
    done = 0
    for match in _QUOTED_VALUE.finditer(tag):
        pieces.append(re.escape(tag[done : match.start()]))
        quote = match[0][-1]
        before = match[0][: match[0].index(quote)]
        pieces.append(re.escape(before) + _VALUE.replace('"', quote))
        done = match.end()
    pieces.append(re.escape(tag[done:]))
    return "<" + "".join(pieces) + ">"


def _seen(compiled: tuple[re.Pattern[str], Shape]) -> int:
    return compiled[1].seen


class Shapes:
    """The shapes met in one file, of entries or of their details."""

    __slots__ = ("_by_count", "_by_tags", "_compiled")

    def __init__(self) -> None:
        self._by_tags: dict[tuple[str, ...], Shape] = {}
        self._compiled: list[tuple[re.Pattern[str], Shape]] = []
        self._by_count: dict[int, list[Shape]] = {}

    def commonest(self) -> list[tuple[re.Pattern[str], Shape]]:
        """Return the shapes worth trying first, the one seen most in front."""
        self._compiled.sort(key=_seen, reverse=True)
        return self._compiled[:COMMONEST_MAX]

    def read(self, element: str) -> tuple[Shape, Values] | None:
        """Return the shape and the raw values of one whole element, and of nothing around it.

        ``None`` where the careful reader must look.
        """
        count = element.count("<")
        for shape in self._by_count.get(count, ()):
            match = shape.pattern.fullmatch(element) if shape.pattern else None
            if match:
                shape.seen += 1
                return shape, match.groups()
        return self._split(element, count)

    def _split(self, element: str, count: int) -> tuple[Shape, Values] | None:
        if "]]>" in element or "<!" in element or "<?" in element:
            return None
        parts = _TAG.split(element)
        tags = tuple(parts[1::2])
        if len(tags) != count:
            return None
        shape = self._by_tags.get(tags)
        if shape is None:
            shape = shape_of(parts)
            if shape is None:
                return None
            if count <= TAGS_MAX and len(element) < TAG_CHARS_MAX * 10:
                if len(self._by_tags) >= SHAPES_MAX:
                    self._by_tags.clear()
                self._by_tags[tags] = shape
        values = shape.values(parts)
        if values is None or max(map(len, values), default=0) > FIELD_CHARS_MAX:
            return None
        self._note(shape, count)
        if "\r" in element:
            values = tuple(value.replace("\r\n", "\n").replace("\r", "\n") for value in values)
        return shape, values

    def _note(self, shape: Shape, count: int) -> None:
        shape.seen += 1
        if shape.seen == SIGHTINGS_MIN and len(self._compiled) < PATTERNS_MAX and count <= TAGS_MAX:
            self._compiled.append((shape.compile(), shape))
            self._by_count.setdefault(count, []).append(shape)


def place_of(element: str, index: int) -> int:
    """Return where in a well-formed element the value with this index begins.

    For messages only: takes the element apart once more.
    """
    parts = _TAG.split(element)
    at, found = len(parts[0]), -1
    for part in range(1, len(parts), 2):
        tag = parts[part]
        if not tag.startswith("/"):
            name = re.match(r"[^ \t\r\n/]+", tag)
            try:
                attributes = len(attributes_of(tag[len(name[0]) :].rstrip("/"))) if name else 0
            except ValueError:
                attributes = 0
            found += attributes
            following = parts[part + 2] if part + 2 < len(parts) else ""
            found += tag.endswith("/") or following.startswith("/")
            if found >= index:
                return at
        at += len(tag) + 2 + len(parts[part + 1])
    return 0
