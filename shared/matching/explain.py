"""Why a pair was proposed, in the words a person would use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.matching.evidence import NO_TEXT_AT_ALL
from shared.matching.text import CORE_MARK, identifiers_of, normal_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.matching.model import Item
    from shared.matching.text import Reading

SIMILARITY_SAID_FROM = 50
"""Similarity worth a number; below it, it is said in words what agrees."""

NAME_LENGTH_MAX = 60
_NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")


def date_reason(line: Item, entry: Item) -> str:
    """Return how far apart the two dates are, in calendar days."""
    return days_reason(abs((line.date - entry.date).days))


def days_reason(days: int) -> str:
    """Return how far apart dates are.

    Examples:
        >>> days_reason(0), days_reason(1), days_reason(3)
        ('Same date', 'Date within 1 day', 'Date within 3 days')
    """
    return f"Date within {days} day{'s' if days > 1 else ''}" if days else "Same date"


def text_reason(similarity: float, *, aligned: bool) -> str:
    """Return what the two texts say about each other; below 0 one of them says nothing."""
    if similarity >= SIMILARITY_SAID_FROM:
        return f"Description similarity: {int(similarity)}%"
    if aligned:
        return "The name looks shortened or misspelt"
    if similarity == NO_TEXT_AT_ALL:
        return "Neither side has a description"
    return "Part of the text agrees" if similarity > 0 else "Nothing in the text confirms the party"


def identifier_reason(line: Item, entry: Item, line_read: Reading, entry_read: Reading) -> str:
    """Return which reference both sides carry, spelled as the books spell it."""
    line_tokens = {token.removesuffix(CORE_MARK) for token in line_read.identifiers}
    entry_tokens = {token.removesuffix(CORE_MARK) for token in entry_read.identifiers}
    shared = line_tokens & entry_tokens
    token = max(shared, key=lambda text: (len(text), text))
    spelled = token
    for text in (entry.reference, line.reference):
        if text and (
            normal_reference(text) == token
            or {token, token + CORE_MARK} & set(identifiers_of(text))
        ):
            spelled = text.strip()
            break
    return f"Reference {spelled} appears on both sides"


def rarity_reason(open_lines: int, open_entries: int) -> str:
    """Return how many open items share the amount.

    Examples:
        >>> rarity_reason(1, 2)
        'Two open items have this amount'
        >>> rarity_reason(2, 14)
        'Two bank lines and 14 open items have this amount'
    """
    if open_lines == open_entries == 1:
        return "Only open item of this amount"
    if open_lines == 1:
        return f"{counted(open_entries, 'open item')} have this amount"
    if open_entries == 1:
        return f"{counted(open_lines, 'bank line')} have this amount, only one open item"
    lines, entries = counted(open_lines, "bank line"), counted(open_entries, "open item")
    return f"{lines} and {entries.lower()} have this amount"


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, as a sentence begins.

    Examples:
        >>> counted(1, "open item"), counted(2, "bank line"), counted(12, "open item")
        ('One open item', 'Two bank lines', '12 open items')
    """
    said = _NUMBERS[number] if number < len(_NUMBERS) else str(number)
    return f"{said} {noun}{'' if number == 1 else 's'}"


def item_name(item: Item) -> str:
    """Return what a person calls an item: its text, and whom it is with.

    Examples:
        Invoice INV-1051 (Redwing Cafe); CHK-001042 (Mill Works); the item of 2026-01-14
    """
    called = item.description.strip() or (item.reference or "").strip()
    party = (item.counterparty or "").strip()
    if not called:
        return party[:NAME_LENGTH_MAX] or f"the item of {item.date.isoformat()}"
    reference = (item.reference or "").strip()
    if reference and normal_reference(reference) not in normal_reference(called):
        called = f"{called}, {reference}"
    if party and party.casefold() not in called.casefold():
        called = f"{called} ({party})"
    return called if len(called) <= NAME_LENGTH_MAX else called[: NAME_LENGTH_MAX - 1] + "…"


def rivals_reason(entry: Item, rivals: Sequence[Item]) -> str:
    """Return which other open items explain a line as well as this entry does."""
    if len(rivals) > 1:
        return f"{counted(len(rivals), 'other open item')} would fit as well"
    (rival,) = rivals
    name = item_name(rival)
    if name != item_name(entry):
        return f"{name} would fit as well"
    if rival.date == entry.date:
        return f"A second {name} of the same date would fit as well"
    return f"{name} of {rival.date.isoformat()} would fit as well"
