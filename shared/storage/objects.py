"""Files in S3: statements as received, work in progress, reports."""

from __future__ import annotations

import functools
import json
from typing import Any

STATEMENTS_PREFIX = "statements/"
PRESIGNED_SECONDS = 900
"""Long enough to begin a large upload, short enough that a leaked address is soon worthless."""

_NOT_THERE = frozenset({"404", "NoSuchKey", "NotFound"})


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
        records_bucket: ``work/`` and ``reports/``.
    """

    def __init__(self, statements_bucket: str, records_bucket: str) -> None:
        self._statements = statements_bucket
        self._records = records_bucket

    def statement_size(self, key: str) -> int | None:
        """Return the size of a statement file in bytes, ``None`` where there is no such file."""
        from botocore.exceptions import ClientError  # noqa: PLC0415 - as in _s3

        try:
            return int(_s3().head_object(Bucket=self._statements, Key=key)["ContentLength"])
        except ClientError as error:
            if error.response["Error"]["Code"] in _NOT_THERE:
                return None
            raise

    def read_statement(self, key: str) -> bytes:
        """Return a statement file whole."""
        return bytes(_s3().get_object(Bucket=self._statements, Key=key)["Body"].read())

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
        """Store a JSON document under ``work/`` or ``reports/``."""
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
