"""Why a pair was proposed, in the words a person would use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.matching.text import CORE_MARK, identifiers_of, normal_reference

if TYPE_CHECKING:
    from shared.matching.model import Item
    from shared.matching.text import Reading

SIMILARITY_DIFFERS_BELOW = 50


def date_reason(line: Item, entry: Item) -> str:
    """Return how far apart the two dates are.

    Examples:
        Same date; Date within 1 day; Date within 3 days
    """
    days = abs((line.date - entry.date).days)
    if not days:
        return "Same date"
    return f"Date within {days} day{'s' if days > 1 else ''}"


def text_reason(similarity: float) -> str:
    """Return how alike the two texts are; below 0 there is no text to compare."""
    if similarity < 0:
        return "No description to compare"
    said = f"Description similarity: {int(similarity)}%"
    return said if similarity >= SIMILARITY_DIFFERS_BELOW else f"Descriptions differ ({said})"


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
    """Return how many open items share the amount."""
    if open_lines == open_entries == 1:
        return "Only open item of this amount"
    return f"Amount seen on {counted(open_lines, 'line', 'lines')} and " + counted(
        open_entries, "entry", "entries"
    )


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun.

    Examples:
        >>> counted(1, "entry", "entries"), counted(2, "entry", "entries")
        ('1 entry', '2 entries')
    """
    return f"{number} {one if number == 1 else many}"
