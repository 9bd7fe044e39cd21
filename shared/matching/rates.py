"""Exchange rates as a person would hand them over: per day, or one for the whole period."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from shared.money import decimals_of


@dataclass(frozen=True, slots=True)
class Rates:
    """Units of the bank account's currency per unit of another.

    Args:
        static: One rate per currency, used where no dated one is known.
        dated: Per currency the dated rates, sorted by date.
    """

    static: Mapping[str, Decimal]
    dated: Mapping[str, tuple[tuple[dt.date, Decimal], ...]]

    def on(self, currency: str, day: dt.date) -> Decimal | None:
        """Return the rate of that day, or of the last day before it that has one.

        Markets close: a weekend carries Friday's rate. A day before the first known one has
        the static rate, if any, and otherwise the first.
        """
        quotes = self.dated.get(currency, ())
        position = bisect_right(quotes, day, key=lambda quote: quote[0])
        if position:
            return quotes[position - 1][1]
        return self.static.get(currency) or (quotes[0][1] if quotes else None)


def convert_minor(amount_minor: int, currency: str, rate: Decimal, account_currency: str) -> int:
    """Return an amount in the account's minor units, rounded half to even (banker's rounding).

    Half to even keeps long sums unbiased; the difference to a bank that rounds half up is one
    minor unit and lands in the named residue.

    Examples:
        >>> convert_minor(10_000, "USD", Decimal("0.92"), "EUR")
        9200
        >>> convert_minor(1_000, "JPY", Decimal("0.0062"), "EUR")
        620
    """
    shift = decimals_of(account_currency) - decimals_of(currency)
    exact = Decimal(amount_minor) * rate * Decimal(1).scaleb(shift)
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))
