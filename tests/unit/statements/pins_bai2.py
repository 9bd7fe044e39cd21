"""BAI2 files of the corpus: refused with a part of the reason, or counted by hand, and why.

The manifest counts records 16. sample2 is the specification's own example, whose accounts detail
only some movements: read, with breaks for the totals 100 and 400. sample5 was edited: read, with
breaks in its trailers.
"""

from __future__ import annotations

REFUSED: dict[str, str] = {
    # A first record 00, and slashes within fields: no BAI2 at all, and no table either.
    "bai2/test/testdata/errors/sample-parseError.txt": "no header row",
}

PINS: dict[str, tuple[int, str]] = {
    # Credits (108) and debits (409) are the same sum in both of its accounts, as 100 and 400 say.
    "bai2/test/testdata/sample1.txt": (17, "0"),
    "bai2/test/testdata/sample2.txt": (4, "309500.00"),
    "bai2/test/testdata/sample5-issue113.txt": (20, "37667896.02"),
}
