"""What a caller may tell a parser that the file does not say itself."""

from __future__ import annotations

from dataclasses import dataclass

from shared.statements.mapping import Mapping


@dataclass(frozen=True, slots=True)
class Options:
    """``default_currency``: ISO 4217 code for amounts to which the file gives no currency.

    ``mapping``: how to read a table (CSV, XLSX, XLS) that does not decide it itself.
    """

    default_currency: str | None = None
    mapping: Mapping | None = None


NO_OPTIONS = Options()
