"""CSV files of the corpus: refused with a part of the reason, or counted by hand, and why."""

from __future__ import annotations

REFUSED = {
    "bankstatementparser/tests/test_data/pain_file.csv": "no header row",
    # No header row, and two columns of amounts of which nothing says which one counts.
    "bank-statement-import/account_statement_import_sheet_file/tests/fixtures/"
    "original_currency_no_header.csv": "no header row",
    # 01/04/20 to 02/04/20: two days of April, or one day in January and one in February.
    "bank-statement-import/account_statement_import_sheet_file/tests/fixtures/"
    "meta_data_separated_credit_debit.csv": "could be 1 April 2020 (day first)",
}

PINS = {
    # CSV files have no count in the manifest; these were counted by hand.
    "bank-statement-import/account_statement_import_sheet_file/tests/fixtures/debit_credit.csv": (
        # The second amount's sign contradicts its C; the running balance proves it is money in.
        2,
        "1500.00",
    ),
    "bank-statement-import/account_statement_import_sheet_file/tests/fixtures/"
    "empty_statement_en.csv": (0, "0"),
    "bank-statement-import/account_statement_import_sheet_file/tests/fixtures/"
    "original_currency_empty.csv": (1, "1525.00"),
    "bankstatementparser/tests/test_data/sample_statement.csv": (2, "1300.00"),
    "bankstatementparser/tests/test_data/golden/csv_spanish_headers.csv": (3, "2260.94"),
}
