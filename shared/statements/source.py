"""Where a statement's bytes come from: something that can be read again from its start.

Parsers read in chunks, and some read twice: once to decide the encoding or the order of day and
month from the whole file, once for the lines. A source is therefore a way to open the bytes, be
they in memory, on disk, in S3 or inside an archive.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from shared.errors import UnreadableStatement

if TYPE_CHECKING:
    from pathlib import Path

CHUNK_BYTES = 32 * 1024
"""How much is read at once: at most 500 entries, which CPython's youngest garbage collection (every
700 new objects) then hardly ever looks at. 64 KiB cost a fifth more for entries of 76 bytes."""

HEAD_BYTES = 64 * 1024
"""How much of a file is looked at to tell its format: banks put pages of notes before tables."""

MEMORY_BYTES_MAX = 8 * 1024 * 1024
"""From here a file that must be read out of order goes to disk instead of memory."""

SEEKABLE_BYTES_MAX = 256 * 1024 * 1024
"""Largest file of a format that must be read out of order (XLSX, XLS, PDF, ZIP): half of the
512 MB that a Lambda has on disk."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file that can be opened any number of times.

    ``open`` returns a new binary file at its start; ``size`` is ``None`` where nobody knows it
    before reading; ``name`` is what to call the file in messages, never what decides its format.
    """

    open: Callable[[], IO[bytes]]
    size: int | None = None
    name: str = ""

    @classmethod
    def of_bytes(cls, data: bytes, name: str = "") -> Source:
        """Return a source over bytes in memory."""
        return cls(lambda: io.BytesIO(data), len(data), name)

    @classmethod
    def of_path(cls, path: Path) -> Source:
        """Return a source over a regular file."""
        return cls(lambda: path.open("rb"), path.stat().st_size, path.name)

    def head(self, size: int = HEAD_BYTES) -> bytes:
        """Return the first bytes."""
        with self.open() as file:
            return file.read(size)

    def chunks(self, size: int = CHUNK_BYTES) -> Iterator[bytes]:
        """Return the bytes from the start, in pieces."""
        with self.open() as file:
            while chunk := file.read(size):
                yield chunk

    def read(self, limit: int) -> bytes:
        """Return all bytes of a file that must be held whole.

        Raises:
            UnreadableStatement: There are more than ``limit``.
        """
        with self.open() as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise UnreadableStatement(
                f"the file has more than the {limit:,} bytes that are read of this format; export "
                "a shorter period"
            )
        return data

    @contextmanager
    def seekable(self) -> Iterator[IO[bytes]]:
        """Return the file for reading out of order, copied to a temporary one where needed.

        Raises:
            UnreadableStatement: It has more than ``SEEKABLE_BYTES_MAX``.
        """
        with self.open() as file:
            if file.seekable():
                yield file
                return
            with tempfile.SpooledTemporaryFile(MEMORY_BYTES_MAX) as copy:
                copied = 0
                while chunk := file.read(CHUNK_BYTES):
                    copied += len(chunk)
                    if copied > SEEKABLE_BYTES_MAX:
                        raise UnreadableStatement(
                            f"the file has more than the {SEEKABLE_BYTES_MAX:,} bytes that are "
                            "read of this format; export a shorter period"
                        )
                    copy.write(chunk)
                copy.seek(0)
                yield copy
