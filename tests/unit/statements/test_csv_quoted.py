"""Text whose every cell is quoted is split at once, and comes out as ``csv`` reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import UnreadableStatement
from shared.statements import csv_tokens
from shared.statements.csv_tokens import Dialect, chunks_of
from shared.statements.text import Block

PIECES = st.sampled_from(['"', '";"', '"\n"', '""', ";", "\n", "a", "bc", " ", "\t", "\u00a0"])


def rows_of(text: str) -> object:
    try:
        return [
            (row.line, row.cells)
            for chunk in chunks_of([Block(text, 1)], Dialect(";"), {})
            for row in chunk.rows()
        ]
    except UnreadableStatement as error:
        return error.reason, error.line


def test_quoted_rows_are_split_at_once() -> None:
    chunk = csv_tokens._split_quoted('"a;b";"c"\n"";"d "\n', 5, Dialect(";"), {})
    assert chunk is not None
    assert (list(chunk.lines), chunk.columns) == ([5, 6], [["a;b", ""], ["c", "d"]])


@given(st.lists(PIECES, max_size=10), st.booleans())
def test_both_ways_read_the_same(pieces: list[str], is_closed: bool) -> None:
    text = "".join(pieces)
    text = f'"{text}"\n' if is_closed else text or '"'
    found = rows_of(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_tokens, "_split_quoted", lambda *_: None)
        assert rows_of(text) == found
