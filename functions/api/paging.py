"""Pages of lists that a use case returns whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from functions.api.cursors import read_cursor, sign_cursor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Record = TypeVar("Record")


def page_by_cursor(
    records: Sequence[Record],
    number_of: Callable[[Record], int],
    limit: int,
    cursor: str | None,
    bound_to: Sequence[object],
    *,
    newest_first: bool,
) -> tuple[list[Record], str | None]:
    """Return a page and the cursor of the next one.

    The position is the last record's number, so a record that comes or goes between two pages
    shifts nothing.

    Args:
        records: Everything, in the order of its numbers, up or down.
        number_of: A record's number.
        limit: How many at most.
        cursor: What the client sent.
        bound_to: The business and the query the cursor must be of.
        newest_first: Whether the numbers go down.

    Raises:
        InvalidInput: The cursor is not one of this listing.
    """
    position = read_cursor(cursor, bound_to)
    rest = list(records)
    if position is not None:
        last = int(position)
        rest = [
            one
            for one in rest
            if (number_of(one) < last if newest_first else number_of(one) > last)
        ]
    page = rest[:limit]
    more = len(rest) > limit
    return page, sign_cursor(str(number_of(page[-1])), bound_to) if more else None
