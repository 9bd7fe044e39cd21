"""Multipart form bodies, as browsers and ``curl -F`` send files."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.errors import InvalidInput, TooLarge

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELD_BYTES_MAX = 10_000
FIELDS_MAX = 50


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the form carried it."""

    filename: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """A form's text fields, and its files by field name."""

    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)


def read_form(event: Mapping[str, Any]) -> Form:
    """Return the form in an API Gateway event.

    Raises:
        InvalidInput: The body is no multipart form, or is cut off.
        TooLarge: It has more or larger fields than any form of ours.
    """
    # Imported here: most requests carry no form.
    from python_multipart.exceptions import FormParserError  # noqa: PLC0415
    from python_multipart.multipart import MultipartParser, parse_options_header  # noqa: PLC0415

    media_type, options = parse_options_header(event["headers"].get("content-type", ""))
    boundary = options.get(b"boundary")
    if media_type != b"multipart/form-data" or not boundary:
        raise _malformed("send it as multipart/form-data with a field 'file'")
    collected = _Collected()
    try:
        parser = MultipartParser(boundary, collected.callbacks())
        parser.write(body_bytes(event))
        parser.finalize()
    except FormParserError:
        raise _malformed("its parts cannot be told apart") from None
    if not collected.ended:
        raise _malformed("it ends before its closing boundary")
    return collected.form


def body_bytes(event: Mapping[str, Any]) -> bytes:
    """Return the body as the client sent it.

    Raises:
        InvalidInput: It is said to be base64 and is not.
    """
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(body).encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        raise _malformed("it is not the base64 it is said to be") from None


def _malformed(what: str) -> InvalidInput:
    return InvalidInput(f"The form cannot be read: {what}.", loc=("body",), kind="invalid_form")


class _Collected:
    """Gathers what the parser finds; one part at a time is open."""

    def __init__(self) -> None:
        self.form = Form()
        self.ended = False
        self._header_name = b""
        self._header_value = b""
        self._disposition = b""
        self._content = bytearray()

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._add_name,
            "on_header_value": self._add_value,
            "on_header_end": self._end_header,
            "on_part_data": self._add_content,
            "on_part_end": self._end_part,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        self._disposition = b""
        self._content = bytearray()

    def _add_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        self._header_name = self._header_value = b""

    def _add_content(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def _end_part(self) -> None:
        from python_multipart.multipart import parse_options_header  # noqa: PLC0415

        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode(errors="replace")
        filename = options.get(b"filename")
        if filename is not None:
            self.form.files[name] = Upload(filename.decode(errors="replace"), bytes(self._content))
            return
        if len(self._content) > FIELD_BYTES_MAX or len(self.form.fields) >= FIELDS_MAX:
            raise TooLarge(f"A form has at most {FIELDS_MAX} fields of {FIELD_BYTES_MAX} bytes.")
        self.form.fields[name] = self._content.decode(errors="replace")

    def _end(self) -> None:
        self.ended = True


def require_file(form: Form) -> Upload:
    """Return the form's ``file``.

    Raises:
        InvalidInput: There is none.
    """
    upload = form.files.get("file")
    if upload is None:
        raise InvalidInput(
            "The form has no file: add it as the field 'file'.",
            loc=("body", "file"),
            kind="missing",
        )
    return upload
