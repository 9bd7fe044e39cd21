"""MT940 files of the corpus: refused with a part of the reason, or counted by hand, and why.

Read as the manifest counts, with breaks: postfinance, abnamro, malformed_details, whitespace and
sepa_snippet (amounts or balances were edited), gv_codes (no closing balance), mt942 (its ``:90D:``
announces another sum). february_30 and transaction_details_wrapped: the value date is February 30,
a day of the 30/360 interest calendar of German banks; the line has a valid entry date, which is its
booking date, so it is kept without a value date, with a warning and the digits in ``extra``. A date
that does not exist is refused wherever no other date stands beside it.
"""

from __future__ import annotations

_BEFORE_20 = "before field 20 with which a message begins"

REFUSED: dict[str, str] = {
    # One or two fields cut out of a message for a parser's test: no account, no currency, no
    # balance. mt-940 reads the fields; a statement needs what they belong to.
    "mt940/mt940_tests/betterplace/amount_formats.sta": _BEFORE_20,
    "mt940/mt940_tests/betterplace/empty_86.sta": _BEFORE_20,
    "mt940/mt940_tests/betterplace/empty_entry_date.sta": _BEFORE_20,
    "mt940/mt940_tests/betterplace/empty_line.sta": "a fragment or cut off",
    "mt940/mt940_tests/cmxl/account_balance_credit.sta": _BEFORE_20,
    "mt940/mt940_tests/cmxl/account_identification_legacy.sta": _BEFORE_20,
    "mt940/mt940_tests/cmxl/reference.sta": "a fragment or cut off",
    "mt940/mt940_tests/cmxl/statement_details.sta": _BEFORE_20,
    "mt940/mt940_tests/cmxl/statement_line.sta": _BEFORE_20,
    "mt940/mt940_tests/cmxl/statement_number.sta": _BEFORE_20,
    # The same, with its lines broken inside the tags.
    "mt940/mt940_tests/self-provided/sparkassen.sta": _BEFORE_20,
    # The text of a movement is tagged :25:, as if it were a second account.
    "mt940/mt940_tests/betterplace/sepa_snippet_broken.sta": "field 25 stands among the movements",
    # The numbers 1 to 10, a line each.
    "mt940/mt940_tests/self-provided/invalid_statement.sta": "no header row",
    # Deutsche Mark: no active currency, so its decimals are not in the table.
    "mt940/mt940_tests/self-provided/raphaelm.sta": "DEM, which is no active ISO 4217 currency",
}

PINS: dict[str, tuple[int, str]] = {}
