"""Files in S3: statements as received, work in progress, reports."""

from __future__ import annotations

import functools
import io
import json
import time
from typing import TYPE_CHECKING, Any

from shared.errors import IncompleteData, InvalidInput
from shared.statements.source import Source

if TYPE_CHECKING:
    from typing import IO

    from typing_extensions import Buffer

STATEMENTS_PREFIX = "statements/"
LINES_PREFIX = "lines/"
"""What the bank said of a line beyond what an item holds: thousands of details of one batch."""

PRESIGNED_SECONDS = 900
"""Long enough to begin a large upload, short enough that a leaked address is soon worthless."""

READ_BYTES = 256 * 1024
"""How much is taken off a connection at once."""

READ_TRIES = 6
"""Tries to go on reading without one byte coming: with the pauses between them 6 seconds."""

READ_PAUSE_SECONDS = 0.2
"""Before the second try; doubled before each further one."""

_NOT_THERE = frozenset({"404", "NoSuchKey", "NotFound"})
_GONE = frozenset({*_NOT_THERE, "412", "NoSuchVersion", "PreconditionFailed"})


@functools.cache
def _s3() -> Any:
    import boto3  # noqa: PLC0415 - imported where used: it is most of a cold start
    from botocore.config import Config  # noqa: PLC0415 - as above

    return boto3.client(
        "s3", config=Config(signature_version="s3v4", s3={"addressing_style": "path"})
    )


class Objects:
    """Read and write objects of the two buckets.

    Args:
        statements_bucket: Raw statements, versioned, never overwritten.
        records_bucket: ``work/``, ``reports/`` and ``lines/``.
    """

    def __init__(self, statements_bucket: str, records_bucket: str) -> None:
        self._statements = statements_bucket
        self._records = records_bucket

    def open_statement(self, key: str) -> Source | None:
        """Return a statement file to be read as a stream, ``None`` where there is no such file.

        However often it is read, it is the version that is there now: one that replaces it
        meanwhile is never read in its place.
        """
        from botocore.exceptions import ClientError  # noqa: PLC0415 - as in _s3

        try:
            head = _s3().head_object(Bucket=self._statements, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _NOT_THERE:
                return None
            raise
        size = int(head["ContentLength"])
        request = {"Bucket": self._statements, "Key": key, "IfMatch": head["ETag"]}
        # A bucket without versions says nothing or "null".
        if head.get("VersionId", "null") != "null":
            request["VersionId"] = head["VersionId"]

        def opened() -> IO[bytes]:
            return io.BufferedReader(_ObjectStream(request, size), READ_BYTES)

        return Source(opened, size, key.rpartition("/")[2])

    def write_statement(self, key: str, data: bytes) -> None:
        """Store a statement file as received."""
        _s3().put_object(Bucket=self._statements, Key=key, Body=data)

    def presign_statement(self, key: str) -> str:
        """Return an address to which the file may be PUT for ``PRESIGNED_SECONDS``."""
        return str(
            _s3().generate_presigned_url(
                "put_object",
                Params={"Bucket": self._statements, "Key": key},
                ExpiresIn=PRESIGNED_SECONDS,
            )
        )

    def write_record(self, key: str, value: Any) -> None:
        """Store a JSON document under ``work/``, ``reports/`` or ``lines/``."""
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        _s3().put_object(Bucket=self._records, Key=key, Body=body, ContentType="application/json")

    def read_record(self, key: str) -> Any:
        """Return a JSON document; ``None`` where there is none."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - as in _s3

        try:
            return json.load(_s3().get_object(Bucket=self._records, Key=key)["Body"])
        except ClientError as error:
            if error.response["Error"]["Code"] in _NOT_THERE:
                return None
            raise


class _ObjectStream(io.RawIOBase):
    """The bytes of one version of an object; a lost connection is taken up where it broke off."""

    def __init__(self, request: dict[str, str], size: int) -> None:
        super().__init__()
        self._request = request
        self._size = size
        self._position = 0
        self._body: Any = None

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Fill the buffer with the next bytes, as many as come at once.

        Raises:
            InvalidInput: The version that was opened is gone.
            IncompleteData: The connection broke again and again: run again.
        """
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), self._size - self._position)
        if wanted <= 0:
            return 0
        data = self._next(wanted)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)

    def _next(self, wanted: int) -> bytes:
        # Only a read meets these, and then botocore is loaded already.
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - as in _s3
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - as above

        cause: Exception | None = None
        for attempt in range(READ_TRIES):
            if attempt:
                time.sleep(READ_PAUSE_SECONDS * 2 ** (attempt - 1))
            try:
                if self._body is None:
                    self._body = self._connect()
                data = bytes(self._body.read(wanted))
            except (BotoCoreError, HTTPError, OSError) as error:
                cause = error
                data = b""
            if data:
                return data
            self._disconnect()
        raise IncompleteData(
            f"{self._request['Key']} could be read to byte {self._position} of {self._size} only; "
            "try again."
        ) from cause

    def _connect(self) -> Any:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - as in _s3

        request = dict(self._request)
        if self._position:
            request["Range"] = f"bytes={self._position}-"
        try:
            return _s3().get_object(**request)["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in _GONE:
                raise
            raise InvalidInput(
                "The file was replaced or deleted while it was being read: send the new one under "
                "another name.",
                kind="file_changed",
            ) from error

    def _disconnect(self) -> None:
        if self._body is not None:
            self._body.close()
            self._body = None

    def close(self) -> None:
        """Give the connection back."""
        self._disconnect()
        super().close()
