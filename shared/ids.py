"""Identifiers: UUIDv7 strings that carry their own integer number.

Four products' clients name the same record in four ways: a UUIDv7 (Day Zero), an integer
(Snapbooks), a 22-character opaque string (Teal), a prefixed string (AQNT). All four are views
of one id: the low 40 bits of the UUID's random part hold the record's number within its
business, so a record is found by UUID or by number with the same key and no index, and no row
costs a second write. Numbers are reserved in ranges (``shared/storage``).

Layout (RFC 9562 section 5.7): 48 bits of Unix milliseconds, version, 12 random bits, variant,
22 random bits, 40 bits of number.
"""

from __future__ import annotations

import re
import uuid

from shared.errors import NotFound

NUMBER_BITS = 40
"""A trillion records of one kind a business; leaves 34 random bits beside the milliseconds."""

NUMBER_MAX = 2**NUMBER_BITS - 1
ENTROPY_BITS = 34

# Teal's own example ids (`FYQxHfWNCMnUuXr6iQhjgG`) are 22 characters of this alphabet.
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_SHORT_LENGTH = 22
_VALUE_OF = {character: value for value, character in enumerate(_ALPHABET)}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def make_id(number: int, now_ms: int, entropy: int) -> str:
    """Return the UUIDv7 of a record.

    Args:
        number: The record's integer number in its business, from 1 to ``NUMBER_MAX``.
        now_ms: Unix time in milliseconds.
        entropy: ``ENTROPY_BITS`` random bits.

    Raises:
        ValueError: A part does not fit its field.
    """
    if not 0 < number <= NUMBER_MAX or entropy >> ENTROPY_BITS or now_ms >> 48:
        raise ValueError("number, entropy or time does not fit its field of the id")
    value = now_ms << 80 | 0x7 << 76 | (entropy >> 22) << 64
    value |= 0b10 << 62 | (entropy & (1 << 22) - 1) << NUMBER_BITS | number
    return str(uuid.UUID(int=value))


def number_of(id: str) -> int:  # noqa: A002 - the field's own name
    """Return the integer number an id carries.

    Examples:
        >>> number_of(make_id(42, 1_700_000_000_000, 7))
        42
    """
    return int(uuid.UUID(id).int & NUMBER_MAX)


def short_of(id: str) -> str:  # noqa: A002 - the field's own name
    """Return an id as 22 characters without look-alikes.

    Examples:
        >>> read_id(short_of(make_id(42, 1_700_000_000_000, 7)), "x", "") == make_id(
        ...     42, 1_700_000_000_000, 7
        ... )
        True
    """
    value = uuid.UUID(id).int
    characters = []
    for _ in range(_SHORT_LENGTH):
        value, rest = divmod(value, len(_ALPHABET))
        characters.append(_ALPHABET[rest])
    return "".join(reversed(characters))


def read_id(text: str, kind: str, prefix: str) -> str:
    """Return the UUID behind any view of an id: a UUID, a short id, or either with a prefix.

    Args:
        text: What the client sent.
        kind: What is looked for, for the error: ``ledger``.
        prefix: The dialect's prefix, such as ``acc_``; empty where it has none.

    Raises:
        NotFound: The text is no id of ours, so nothing can have it.
    """
    bare = text.removeprefix(prefix) if prefix else text
    lowered = bare.lower()
    if _UUID.fullmatch(lowered):
        return lowered
    if len(bare) == _SHORT_LENGTH and all(character in _VALUE_OF for character in bare):
        value = 0
        for character in bare:
            value = value * len(_ALPHABET) + _VALUE_OF[character]
        if value < 1 << 128:
            return str(uuid.UUID(int=value))
    raise NotFound(kind, text)
