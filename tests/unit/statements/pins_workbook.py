"""XLSX and XLS files of the corpus: refused with a part of the reason, or counted by hand."""

from __future__ import annotations

_FIXTURES = "bank-statement-import/account_statement_import_sheet_file/tests/fixtures"

REFUSED: dict[str, str] = {}

PINS: dict[str, tuple[int, str]] = {
    # -33.50 with "Amount Currency" 0.00 USD, then 1525.00 with 1000.00 EUR: Odoo's columns of the
    # foreign amount and currency. The account's own currency is named nowhere.
    f"{_FIXTURES}/sample_statement_en.xlsx": (2, "1491.50"),
    # Amounts as text behind an apostrophe ('579,68 USD), with $, as a number and with a comma in
    # one file; the running balance proves all three, and the total row adds up to them.
    f"{_FIXTURES}/sample_statement_en_empty_values.xlsx": (3, "-2207.68"),
}
