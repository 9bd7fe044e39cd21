"""QIF files of the corpus: refused with a part of the reason, or counted by hand, and why."""

from __future__ import annotations

REFUSED = {
    # No account register: lists of categories and securities, and investment entries, whose
    # amounts also move with trades that are no bank lines.
    "quiffen/tests/test_files/empty.qif": "the file is empty",
    "quiffen/tests/test_files/test_category_inherit.qif": "a list of categories (!Type:Cat)",
    "quiffen/tests/test_files/test_clear_autoswitch.qif": "account descriptions (!Account)",
    "quiffen/tests/test_files/test_nosymbol.qif": "a list of securities (!Type:Security)",
    "quiffen/tests/test_files/test_unknown_account_type.qif": "investment entries (!Type:Invst)",
}

PINS = {
    # The manifest counts the first entry, "Opening Balance" of 0.00 in the account itself: Quicken
    # carries the balance with it. It is the opening balance here, and no line.
    "quiffen/tests/test_files/test_oth_a.qif": (5, "-35.50"),
}
