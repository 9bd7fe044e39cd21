"""OFX files of the corpus that are refused, with a part of the reason, and why."""

from __future__ import annotations

REFUSED = {
    # OFX: no statement, or one that cannot be read exactly.
    "ofxparse/tests/fixtures/error_message.ofx": "General Server Error",
    "ofxparse/tests/fixtures/fail_nice/decimal_error.ofx": "no day that exists",
    "bank-statement-import/account_statement_import_ofx/tests/test_ofx_file/test_ofx_wrong.ofx": (
        "no DTPOSTED"  # the second entry's date, amount and id are commented out
    ),
    # The manifest counts the cash movements of investment accounts, whose balance also moves
    # with trades that are no bank lines: such a file cannot be tied out.
    "ofxparse/tests/fixtures/investment_401k.ofx": "investment statement",
    "ofxparse/tests/fixtures/investment_medium.ofx": "investment statement",
    "ofxparse/tests/fixtures/td_ameritrade.ofx": "investment statement",
    "ofxparse/tests/fixtures/vanguard401k.ofx": "investment statement",
    "ofxtools/tests/data/invstmtrs.ofx": "investment statement",
    "ofxtools/tests/data/profrs.ofx": "server profile",
}

PINS: dict[str, tuple[int, str]] = {}
