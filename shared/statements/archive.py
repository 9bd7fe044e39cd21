"""``.gz`` and ``.zip`` around statements: opened on the way, in bounded memory and time.

What is inside is read as a stream, never unpacked whole. Every number below is a limit that no
real delivery comes near; without them a kilobyte can ask for a gigabyte (a deflate stream expands
up to 1,032 times, and directory entries may share one stream: D. Fifield, "A better zip bomb",
WOOT 2019).

Sources: RFC 1951 (deflate), RFC 1952 (gzip, several members one after the other), PKWARE
APPNOTE 6.3.10 (ZIP; 4.4.4 bit 0: encrypted; 4.4.5: compression methods).
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, cast

from shared.errors import UnreadableStatement
from shared.statements.source import CHUNK_BYTES, SEEKABLE_BYTES_MAX, Source

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from typing_extensions import Buffer

UNPACKED_BYTES_MAX = 2 * 1024 * 1024 * 1024
"""Most bytes unpacked of one archive: a million entries of the wordiest format (CAMT) are half."""

RATIO_MAX = 200
"""Most bytes that one packed byte may stand for. Real statements compress 10 to 50 times."""

RATIO_FREE_BYTES = 8 * 1024 * 1024
"""Up to here nobody is harmed, and a month of nearly equal lines may compress very well."""

MEMBERS_MAX = 1_000
"""Most files in one archive: three years of daily statements."""

DIRECTORY_BYTES_MAX = 1024 * 1024
"""Largest ZIP directory: a thousand files with very long names need a quarter."""

GZIP_MEMBERS_MAX = 50_000
"""Most members of one gzip file. ``bgzip`` writes one for each 64 kB, so this is 3 GB."""

LAYERS_MAX = 2
"""Archives within each other: files packed one by one, then together (``.csv.gz`` in ``.zip``)."""

NAME_CHARS_MAX = 80
"""How much of a member's name is shown in messages."""

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_GZIP_WBITS = 31
"""zlib's number for: a gzip header and trailer, whose checksum and length zlib compares."""

_PACKED_BYTES = 16 * 1024
"""How much packed data is taken at once: what follows a gzip member's end is copied each time."""

_ENCRYPTED = 0x1
_METHODS = {0: "stored", 8: "deflate", 9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard"}
_METHODS_READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The two that every program writes. zipfile unpacks a piece of the others without any bound."""

_LITTER = frozenset({"thumbs.db", "desktop.ini"})
"""What Windows leaves in folders; macOS leaves ``__MACOSX`` and names that begin with a point."""

_DAMAGED_MEMBER = (zipfile.BadZipFile, zlib.error, struct.error, EOFError)
"""What reading a member of a damaged archive raises and no fault of our own would."""

_DAMAGE = (
    *_DAMAGED_MEMBER,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OverflowError,
    LookupError,
    OSError,
)
"""What zipfile raises on bytes that are no whole ZIP archive, found by fuzzing."""

_OFFICE = (
    ("xl/workbook.bin", "a binary Excel workbook (XLSB); save it as XLSX"),
    ("word/document.xml", "a Word document (DOCX)"),
    ("ppt/presentation.xml", "a PowerPoint presentation (PPTX)"),
    ("content.xml", "an OpenDocument file (ODS, ODT); save it as XLSX or CSV"),
    ("Index/Document.iwa", "an Apple Numbers or Pages document; export it as XLSX or CSV"),
    ("META-INF/MANIFEST.MF", "a Java archive (JAR)"),
)
"""Documents that are ZIP archives, by a member that each of them has."""

_WORKBOOK = "xl/workbook.xml"


def is_zip(data: bytes) -> bool:
    """Return whether bytes begin like a ZIP archive, which an XLSX workbook is too."""
    return data.startswith(_ZIP)


def is_gzip(data: bytes) -> bool:
    """Return whether bytes begin like a gzip archive."""
    return data.startswith(_GZIP)


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """A file out of an archive, or one that was in none.

    ``member`` is its name in the ZIP archive, for messages; ``None`` where there was none.
    """

    source: Source
    member: str | None = None

    def named(self, error: UnreadableStatement) -> UnreadableStatement:
        """Return an error about this file with the member's name in its reason."""
        if self.member is None:
            return error
        return UnreadableStatement(
            f"{self.member}: {error.reason}",
            line=error.line,
            column=error.column,
            statement=error.statement,
        )


def unwrapped(source: Source, layer: int = 0) -> Generator[Unwrapped]:
    """Yield the files within a file: itself where it is no archive.

    Each is good until the next one is asked for.

    Raises:
        UnreadableStatement: An archive is damaged, cut off, encrypted, empty or over a limit. What
            is damaged inside a member shows when that is read.
    """
    head = source.head(len(_ZIP[0]))
    if is_zip(head):
        with opened_zip(source) as archive:
            names = set(archive.namelist())
            if _WORKBOOK in names:
                yield Unwrapped(source)
                return
            _refuse_document(names)
            _refuse_layer(layer)
            for member in _members(archive):
                yield from _of_member(_member_source(archive, member), layer + 1)
    elif is_gzip(head):
        _refuse_layer(layer)
        yield from unwrapped(_gzip_source(source), layer + 1)
    else:
        yield Unwrapped(source)


def _of_member(source: Source, layer: int) -> Generator[Unwrapped]:
    here = Unwrapped(source, source.name)
    try:
        for inner in unwrapped(source, layer):
            path = source.name if inner.member is None else f"{source.name}/{inner.member}"
            yield Unwrapped(inner.source, path)
    except UnreadableStatement as error:
        raise here.named(error) from None


def _refuse_layer(layer: int) -> None:
    if layer >= LAYERS_MAX:
        raise UnreadableStatement(
            f"the file is packed more than {LAYERS_MAX} times over; unpack it first"
        )


def _refuse_document(names: set[str]) -> None:
    for member, document in _OFFICE:
        if member in names:
            raise UnreadableStatement(f"the file is {document}")


class _BoundedFile(io.RawIOBase):
    """A seekable file of which no more than ``DIRECTORY_BYTES_MAX`` are read at once.

    zipfile reads a directory whole, of whatever size the archive claims it to be.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def read(self, size: int | None = -1) -> bytes:
        wanted = DIRECTORY_BYTES_MAX + 1 if size is None or size < 0 else size
        if wanted > DIRECTORY_BYTES_MAX and size is not None and size >= 0:
            raise UnreadableStatement(
                f"the ZIP archive has a directory of {size:,} bytes, over the "
                f"{DIRECTORY_BYTES_MAX:,} that are read"
            )
        return self._file.read(wanted)


@contextmanager
def opened_zip(source: Source) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP archive, or a document that is one, with its directory checked.

    Raises:
        UnreadableStatement: It is damaged, cut off or over a limit.
    """
    with source.seekable() as file:
        size = file.seek(0, io.SEEK_END)
        if size > SEEKABLE_BYTES_MAX:
            raise UnreadableStatement(
                f"the ZIP archive has {size:,} bytes, over the {SEEKABLE_BYTES_MAX:,} that are read"
            )
        file.seek(0)
        try:
            archive = zipfile.ZipFile(_BoundedFile(file))
        except _DAMAGE as error:
            raise _damaged_zip(error) from None
        _check_directory(archive, size)
        with archive:
            try:
                yield archive
            except _DAMAGED_MEMBER as error:
                raise _damaged_zip(error) from None


def _damaged_zip(error: BaseException) -> UnreadableStatement:
    return UnreadableStatement(f"the ZIP archive is cut off or damaged ({str(error)[:80]})")


def _check_directory(archive: zipfile.ZipFile, size: int) -> None:
    """Refuse what the directory alone shows to be too much, before anything is unpacked."""
    members = archive.infolist()
    if len(members) > MEMBERS_MAX:
        raise UnreadableStatement(
            f"the ZIP archive holds {len(members):,} files, over the {MEMBERS_MAX:,} that are read"
        )
    packed = sum(member.compress_size for member in members)
    unpacked = sum(member.file_size for member in members)
    if packed > size:
        raise UnreadableStatement(
            f"the files of the ZIP archive claim {packed:,} packed bytes and it has {size:,}: "
            "they overlap, as in a zip bomb, or it is cut off"
        )
    if unpacked > UNPACKED_BYTES_MAX:
        raise UnreadableStatement(
            f"the ZIP archive unpacks to {unpacked:,} bytes, over the {UNPACKED_BYTES_MAX:,} that "
            "are read"
        )
    for member in members:
        if _is_bomb(member.compress_size, member.file_size):
            raise _bomb(member.compress_size, member.file_size)


def _is_bomb(packed: int, unpacked: int) -> bool:
    return unpacked > RATIO_FREE_BYTES and unpacked > packed * RATIO_MAX


def _bomb(packed: int, unpacked: int) -> UnreadableStatement:
    return UnreadableStatement(
        f"{packed:,} packed bytes stand for {unpacked:,}: more than {RATIO_MAX} times as many, "
        "which no statement compresses to"
    )


def _members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the files in the archive's order, without folders and litter.

    Raises:
        UnreadableStatement: None is left, or one cannot be unpacked.
    """
    found = [member for member in archive.infolist() if not _is_litter(member)]
    if not found:
        raise UnreadableStatement("the ZIP archive holds no file")
    for member in found:
        name = shown_name(member.filename)
        if member.flag_bits & _ENCRYPTED:
            raise UnreadableStatement(f"{name}: the file is encrypted; unpack it with its password")
        if member.compress_type not in _METHODS_READ:
            method = _METHODS.get(member.compress_type, f"method {member.compress_type}")
            raise UnreadableStatement(
                f"{name}: the file is packed with {method}; pack it again as an ordinary ZIP"
            )
    return found


def _is_litter(member: zipfile.ZipInfo) -> bool:
    parts = member.filename.replace("\\", "/").split("/")
    return (
        member.is_dir()
        or not parts[-1]
        or parts[-1].startswith(".")
        or parts[-1].lower() in _LITTER
        or "__MACOSX" in parts
    )


def shown_name(name: str) -> str:
    """Return a member's own name for messages: no folders, nothing unprintable, not endless.

    Examples:
        >>> shown_name("../../etc/may.sta")
        'may.sta'
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(character if character.isprintable() else "?" for character in last)
    return kept[-NAME_CHARS_MAX:]


def _member_source(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Source:
    return Source(
        lambda: cast("IO[bytes]", _Member(archive, member)),
        member.file_size,
        shown_name(member.filename),
    )


def _gzip_source(source: Source) -> Source:
    return Source(lambda: cast("IO[bytes]", _Gzip(source.open())), None, source.name)


class _Unpacked(io.RawIOBase):
    """A file that is unpacked while it is read, from its start to its end only.

    It says that it cannot seek, though zipfile's files claim to: they unpack everything again for
    each step back, so whoever must seek copies it first (``Source.seekable``).
    """

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer)
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def read(self, size: int | None = -1) -> bytes:
        """Return that many bytes, fewer only at the end of the file."""
        wanted = UNPACKED_BYTES_MAX + 1 if size is None or size < 0 else size
        pieces: list[bytes] = []
        while wanted:
            piece = self._next(min(wanted, CHUNK_BYTES))
            if not piece:
                break
            pieces.append(piece)
            wanted -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _next(self, size: int) -> bytes:
        """Return at most that many bytes; none at the end of the file."""
        raise NotImplementedError


class _Member(_Unpacked):
    """One file of a ZIP archive; its size and checksum are compared at its end."""

    def __init__(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
        try:
            self._file = archive.open(member)
        except _DAMAGE as error:
            raise _damaged_zip(error) from None
        self._size = member.file_size
        self._read = 0

    def _next(self, size: int) -> bytes:
        try:
            data = self._file.read(size)
        except _DAMAGE as error:
            raise _damaged_zip(error) from None
        self._read += len(data)
        if not data and self._read != self._size:
            raise UnreadableStatement(
                f"the file has {self._read:,} bytes where the ZIP archive says {self._size:,}: it "
                "is cut off or damaged"
            )
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


class _Gzip(_Unpacked):
    """A gzip file: its members' contents one after the other (RFC 1952, 2.2)."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._members = 0
        self._packed = 0
        self._unpacked = 0
        self._held = b""
        """Packed bytes that were read and not unpacked yet."""
        self._stream: zlib._Decompress | None = None

    def _next(self, size: int) -> bytes:
        while True:
            if not self._held:
                self._held = self._file.read(_PACKED_BYTES)
                self._packed += len(self._held)
            if self._stream is None and not self._begin():
                return b""
            data = self._unpack(size)
            if data:
                self._unpacked += len(data)
                self._check()
                return data

    def _begin(self) -> bool:
        """Begin the next member, if there is one; zeros may fill up the last block of a tape."""
        if self._members:
            self._held = self._held.lstrip(b"\0")
            while not self._held:
                self._held = self._file.read(_PACKED_BYTES)
                if not self._held:
                    return False
                self._packed += len(self._held)
                self._held = self._held.lstrip(b"\0")
        self._members += 1
        if self._members > GZIP_MEMBERS_MAX:
            raise UnreadableStatement(
                f"the gzip archive has more than {GZIP_MEMBERS_MAX:,} members"
            )
        self._stream = zlib.decompressobj(_GZIP_WBITS)
        return True

    def _unpack(self, size: int) -> bytes:
        stream = self._stream
        if stream is None:
            return b""
        is_end = not self._held
        try:
            # At the file's end too: zlib may have taken all input and not given all output yet.
            data = stream.decompress(self._held, size)
        except zlib.error as error:
            reason = str(error).rpartition(": ")[2]
            what = "its checksum is wrong" if "check" in reason and "data" in reason else reason
            raise UnreadableStatement(f"the gzip archive is damaged ({what})") from None
        if stream.eof:
            self._held, self._stream = stream.unused_data, None
        else:
            self._held = stream.unconsumed_tail
            if is_end and not data:
                raise UnreadableStatement("the gzip archive is cut off: its end is missing")
        return data

    def _check(self) -> None:
        packed = self._packed - len(self._held)
        if _is_bomb(packed, self._unpacked):
            raise _bomb(packed, self._unpacked)
        if self._unpacked > UNPACKED_BYTES_MAX:
            raise UnreadableStatement(
                f"the gzip archive unpacks to more than the {UNPACKED_BYTES_MAX:,} bytes that are "
                "read"
            )

    def close(self) -> None:
        self._file.close()
        super().close()
