"""JSON files of the corpus: refused with a part of the reason, or counted by hand, and why."""

from __future__ import annotations

_EVAL = "bankstatementparser/tests/test_data/eval"

REFUSED: dict[str, str] = {
    # Cases of an evaluation: the text of a statement beside what a model should find in it. The
    # shape is that suite's own, not that of any bank.
    f"{_EVAL}/european_format.json": "it is not of Tieout's line shape",
    f"{_EVAL}/same_day_duplicates.json": "it is not of Tieout's line shape",
    f"{_EVAL}/single_currency_checking.json": "it is not of Tieout's line shape",
}

PINS: dict[str, tuple[int, str]] = {}
