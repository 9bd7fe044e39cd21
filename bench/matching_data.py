"""Two kinds of books with their truth, by two different rules of making them.

``trading_month`` speaks card and SEPA; ``corporate_ledger`` speaks checks, wires and payroll.
Nothing is shared between the two but the record of the truth, so that weights tuned on one can
be verified on the other. Truth names which lines and entries belong together and of what class
each pair is; items in no pair belong nowhere.

Usage: ``python -m bench.matching_data trading 1000 7`` prints how the engine does on it.
"""

# ruff: noqa: C901, PLR0912, PLR0915, PLR2004 - a generator is one long list of cases and odds

from __future__ import annotations

import datetime as dt
import random
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal

from shared.matching import Item, MatchResult, Rates, match

START = dt.date(2024, 1, 1)
RATES = Rates({"USD": Decimal("0.9217"), "GBP": Decimal("1.1683")}, {})


@dataclass
class Books:
    """Lines and entries with the truth about them."""

    lines: list[Item] = field(default_factory=list)
    entries: list[Item] = field(default_factory=list)
    truth: list[tuple[tuple[str, ...], tuple[str, ...], str]] = field(default_factory=list)
    rates: Rates | None = None

    def line(self, **values: object) -> str:
        """Add a bank line and return its id."""
        self.lines.append(Item(id=f"L{len(self.lines):06}", **values))  # type: ignore[arg-type]
        return self.lines[-1].id

    def entry(self, **values: object) -> str:
        """Add a book entry and return its id."""
        self.entries.append(Item(id=f"E{len(self.entries):06}", **values))  # type: ignore[arg-type]
        return self.entries[-1].id

    def shuffled(self, chance: random.Random) -> Books:
        """Return the books with rows in random order and ids that tell nothing."""
        names = {}
        for items, prefix in ((self.lines, "L"), (self.entries, "E")):
            numbers = list(range(len(items)))
            chance.shuffle(numbers)
            names.update({i.id: f"{prefix}{n:06}" for i, n in zip(items, numbers, strict=True)})
            chance.shuffle(items)
        return Books(
            [replace(item, id=names[item.id]) for item in self.lines],
            [replace(item, id=names[item.id]) for item in self.entries],
            [
                (tuple(names[i] for i in ls), tuple(names[i] for i in es), kind)
                for ls, es, kind in self.truth
            ],
            self.rates,
        )


_SYLLABLES = [
    "ba",
    "ko",
    "mar",
    "len",
    "tis",
    "ron",
    "vel",
    "ha",
    "du",
    "pri",
    "sol",
    "gar",
    "nex",
    "tri",
    "fa",
    "lo",
    "mi",
    "qua",
    "zen",
    "bel",
    "or",
    "cas",
]
_TRADES = [
    "Bakery",
    "Logistics",
    "Foods",
    "Media",
    "Software",
    "Consulting",
    "Trading",
    "Hotels",
    "Motors",
    "Textiles",
    "Energy",
    "Studio",
    "Market",
    "Books",
    "Garden",
    "Coffee",
    "Pharma",
    "Metals",
    "Design",
    "Travel",
]
_FORMS = ("GmbH", "Ltd", "Inc", "LLC", "AG", "BV", "SA", "")
_CITIES = [
    "BERLIN",
    "MUNICH",
    "LONDON",
    "PARIS",
    "LYON",
    "MILANO",
    "AUSTIN",
    "DENVER",
    "DUBLIN",
    "GENT",
]


def _names(chance: random.Random, count: int) -> list[str]:
    names: set[str] = set()
    while len(names) < count:
        stem = "".join(chance.choice(_SYLLABLES) for _ in range(chance.choice((2, 2, 3))))
        name = f"{stem.title()} {chance.choice(_TRADES)}"
        if chance.random() < 0.15:
            name = stem.title()
        names.add(f"{name} {chance.choice(_FORMS)}".strip())
    return sorted(names)


def _typos(chance: random.Random, text: str) -> str:
    letters = list(text)
    for _ in range(chance.choice((1, 1, 2))):
        spot = chance.randrange(len(letters))
        action = chance.random()
        if action < 0.4:
            letters[spot] = chance.choice("abcdefghijklmnopqrstuvwxyz")
        elif action < 0.7 and len(letters) > 4:
            del letters[spot]
        else:
            letters.insert(spot, chance.choice("aeinrst"))
    return "".join(letters)


def trading_month(count: int, seed: int, days: int = 90) -> Books:
    """Return card and SEPA trade: names in the text, references rare, fees, splits, batches."""
    chance = random.Random(f"trading {seed}")
    books = Books(rates=RATES)
    names = _names(chance, max(40, count // 12))
    popular = [499, 999, 1299, 1999, 2500, 4999, 5000, 9900, 10000]
    kinds = {
        "exact": 22,
        "shifted": 20,
        "noisy": 12,
        "truncated": 10,
        "identical twins": 4,
        "named twins": 5,
        "reference": 6,
        "foreign": 4,
        "transposed": 2,
        "fee": 4,
        "combined": 3,
        "split": 2,
        "batch": 1,
        "line only": 3,
        "entry only": 3,
        "decoy": 1,
    }

    def amount() -> int:
        if chance.random() < 0.2:
            size = chance.choice(popular)
        else:
            size = int(chance.lognormvariate(8.6, 1.2)) + 100
        return size if chance.random() < 0.55 else -size

    def day() -> dt.date:
        return START + dt.timedelta(days=chance.randrange(days))

    def later(date: dt.date, most: int) -> dt.date:
        moved = date + dt.timedelta(days=chance.randint(0, most))
        while moved.weekday() > 4:
            moved += dt.timedelta(days=1)
        return moved

    def bank(name: str) -> str:
        return chance.choice(
            (
                f"CARD PAYMENT {name.upper()} {chance.choice(_CITIES)}",
                f"SEPA CREDIT {name.upper()}",
                f"POS {chance.randrange(1000, 9999)} {name.upper()}",
                f"SQ *{name.upper()}",
                name.upper(),
            )
        )

    def book(name: str) -> dict[str, object]:
        kind = chance.random()
        if kind < 0.4:
            return {"description": name}
        if kind < 0.7:
            return {"description": f"Invoice {chance.randrange(1000, 9999)}", "counterparty": name}
        return {
            "description": f"{name} {chance.choice(('order', 'sale', 'January'))}",
            "counterparty": name,
        }

    choices, odds = list(kinds), list(kinds.values())
    while len(books.lines) < count:
        kind = chance.choices(choices, odds)[0]
        name, size, date = chance.choice(names), amount(), day()
        common = {"currency": "EUR"}
        if kind in {
            "exact",
            "shifted",
            "noisy",
            "truncated",
            "reference",
            "transposed",
            "foreign",
            "fee",
        }:
            text, reference = bank(name), None
            on = date if kind == "exact" else later(date, 4 if kind == "shifted" else 2)
            line_size = size
            entry = {"date": date, "amount_minor": size, **common, **book(name)}
            if kind == "noisy":
                text = bank(_typos(chance, name))
            elif kind == "truncated":
                text = name.upper()[: chance.choice((7, 9, 11))]
            elif kind == "reference":
                reference = f"RF{chance.randrange(10**6, 10**7)}"
                entry["reference"] = reference
                text = f"SEPA CREDIT {reference}"
                reference = None
            elif kind == "transposed":
                digits = list(str(abs(size)))
                spots = [i for i in range(len(digits) - 1) if digits[i] != digits[i + 1]]
                if not spots or len(digits) < 3:
                    continue
                spot = chance.choice(spots)
                digits[spot], digits[spot + 1] = digits[spot + 1], digits[spot]
                if digits[0] == "0":
                    continue
                entry["amount_minor"] = int("".join(digits)) * (1 if size > 0 else -1)
            elif kind == "foreign":
                currency = chance.choice(("USD", "GBP"))
                entry["currency"] = currency
                spread = Decimal(1) + Decimal(chance.randint(-40, 40)) / 10_000
                line_size = round(Decimal(size) * RATES.static[currency] * spread)
            elif kind == "fee":
                size = abs(size)
                entry["amount_minor"] = size
                line_size = size - size * 29 // 1000 - 30
            line = books.line(date=on, amount_minor=line_size, description=text, **common)
            books.truth.append(((line,), (books.entry(**entry),), kind))
        elif kind == "identical twins":
            text, booked, on = bank(name), book(name), later(date, 2)
            for _ in range(chance.choice((2, 2, 3))):
                line = books.line(date=on, amount_minor=size, description=text, **common)
                entry_id = books.entry(date=date, amount_minor=size, **booked, **common)
                books.truth.append(((line,), (entry_id,), kind))
        elif kind == "named twins":
            for party in chance.sample(names, 2):
                line = books.line(
                    date=later(date, 1), amount_minor=size, description=bank(party), **common
                )
                entry_id = books.entry(date=date, amount_minor=size, **book(party), **common)
                books.truth.append(((line,), (entry_id,), kind))
        elif kind in {"combined", "batch"}:
            parts = [
                abs(amount()) for _ in range(chance.randint(2, 4 if kind == "combined" else 8))
            ]
            ids = [
                books.entry(
                    date=date,
                    amount_minor=part,
                    **common,
                    **book(name if kind == "combined" else chance.choice(names)),
                )
                for part in parts
            ]
            text = bank(name) if kind == "combined" else "DEPOSIT"
            line = books.line(
                date=later(date, 2), amount_minor=sum(parts), description=text, **common
            )
            books.truth.append(((line,), tuple(ids), kind))
        elif kind == "split":
            first = size * chance.randint(20, 80) // 100
            ids = [
                books.line(date=later(date, 3), amount_minor=part, description=bank(name), **common)
                for part in (first, size - first)
            ]
            entry_id = books.entry(date=date, amount_minor=size, **book(name), **common)
            books.truth.append((tuple(ids), (entry_id,), kind))
        elif kind == "line only":
            books.line(date=date, amount_minor=size, description=bank(name), **common)
        elif kind == "entry only":
            books.entry(date=date, amount_minor=size, **book(name), **common)
        else:
            other = chance.choice([party for party in names if party != name])
            books.line(date=later(date, 2), amount_minor=size, description=bank(name), **common)
            books.entry(date=date, amount_minor=size, **book(other), **common)
    return books.shuffled(chance)


_FIRST = [
    "James",
    "Mary",
    "Wei",
    "Fatima",
    "Jose",
    "Anna",
    "Piotr",
    "Aisha",
    "Lars",
    "Chloe",
    "Ivan",
    "Mei",
    "Omar",
    "Ruth",
    "Sven",
    "Lucia",
]
_LAST = [
    "Smith",
    "Garcia",
    "Chen",
    "Novak",
    "Okafor",
    "Berg",
    "Rossi",
    "Dubois",
    "Khan",
    "Silva",
    "Mueller",
    "Tanaka",
    "Brown",
    "Ali",
]
_VENDORS = [
    "Consolidated Edison",
    "Pacific Gas & Electric",
    "United Parcel Service",
    "Staples",
    "Home Depot",
    "Verizon Wireless",
    "Delta Air Lines",
    "Hilton Hotels",
    "Grainger",
    "Sysco",
    "Iron Mountain",
    "ADP",
    "Aetna",
    "Xerox",
    "Cintas",
    "Waste Management",
    "Comcast Business",
    "Dell Technologies",
    "FedEx",
    "Marriott",
    "Shell Oil",
    "Oracle America",
]


_TAILS = ("Partners", "Supply", "Labs", "Freight")


def corporate_ledger(count: int, seed: int, days: int = 90) -> Books:
    """Return checks, wires, payroll, rent, tax and reversals, in US bank and ERP style."""
    chance = random.Random(f"corporate {seed}")
    books = Books()
    check_number = chance.randrange(2000, 60000)
    voucher = chance.randrange(100000, 200000)
    firms = _VENDORS + [
        f"{chance.choice(_LAST)} {chance.choice(_LAST)} {chance.choice(_TAILS)}"
        for _ in range(max(30, count // 15))
    ]
    people = [f"{a} {b}" for a in _FIRST for b in _LAST]
    chance.shuffle(people)
    wages = {person: chance.randrange(180_000, 520_000) for person in people}

    def day() -> dt.date:
        date = START + dt.timedelta(days=chance.randrange(days))
        return date - dt.timedelta(days=max(0, date.weekday() - 4))

    def business(date: dt.date, move: int) -> dt.date:
        while move > 0:
            date += dt.timedelta(days=1)
            move -= date.weekday() < 5
        return date

    while len(books.lines) < count:
        kind = chance.choices(
            (
                "check",
                "ach",
                "wire in",
                "payroll",
                "rent",
                "tax",
                "reversal",
                "card",
                "fee only",
                "uncashed",
                "noise line",
                "same price",
            ),
            (22, 22, 14, 12, 3, 2, 2, 12, 2, 3, 2, 4),
        )[0]
        voucher += 1
        date, firm = day(), chance.choice(firms)
        usd = {"currency": "USD"}
        size = chance.randrange(2_000, 900_000)
        if chance.random() < 0.25:
            size = size // 5000 * 5000 + 5000
        if kind == "check":
            check_number += 1
            line = books.line(
                date=business(date, chance.choice((1, 2, 3, 4, 5, 6, 8, 12, 17))),
                amount_minor=-size,
                description=f"CHECK {check_number}" if chance.random() < 0.7 else "CHECK",
                reference=str(check_number),
                **usd,
            )
            entry = books.entry(
                date=date,
                amount_minor=-size,
                description=f"Check to {firm}",
                counterparty=firm,
                reference=f"CHK-{check_number:06}",
                **usd,
            )
        elif kind == "ach":
            line = books.line(
                date=business(date, chance.choice((0, 1, 1, 2))),
                amount_minor=-size,
                **usd,
                description=f"ORIG CO NAME:{firm.upper()[:16]} "
                f"ORIG ID:{chance.randrange(10**9, 10**10)} "
                f"DESC DATE:{date:%y%m%d} TRACE#:{chance.randrange(10**14, 10**15)}",
            )
            entry = books.entry(
                date=date,
                amount_minor=-size,
                description=f"AP payment {firm}",
                counterparty=firm,
                reference=f"V{voucher}",
                **usd,
            )
        elif kind == "wire in":
            invoice = chance.randrange(10000, 99999)
            told = chance.random() < 0.6
            line = books.line(
                date=business(date, chance.choice((0, 0, 1, 3))),
                amount_minor=size,
                **usd,
                description=f"FEDWIRE CREDIT VIA: CHASE/021000021 B/O: {firm.upper()} "
                + (f"REF: INV {invoice}" if told else "RFB=O/B BANK"),
            )
            entry = books.entry(
                date=date,
                amount_minor=size,
                description=f"Receipt INV-{invoice}",
                counterparty=firm,
                reference=f"INV-{invoice}",
                **usd,
            )
        elif kind == "payroll":
            person = chance.choice(people)
            line = books.line(
                date=business(date, chance.choice((0, 1))),
                amount_minor=-wages[person],
                description=f"PAYROLL {person.split()[1].upper()} {person[0]}",
                **usd,
            )
            entry = books.entry(
                date=date,
                amount_minor=-wages[person],
                description=f"Salary {person}",
                counterparty=person,
                reference=f"V{voucher}",
                **usd,
            )
        elif kind == "rent":
            line = books.line(
                date=business(date, chance.choice((0, 1))),
                amount_minor=-350_000,
                description="STANDING ORDER OAKWOOD PROPERTIES",
                **usd,
            )
            entry = books.entry(
                date=date,
                amount_minor=-350_000,
                description="Office rent",
                counterparty="Oakwood Properties LLC",
                **usd,
            )
        elif kind == "tax":
            line = books.line(
                date=business(date, chance.choice((0, 1, 2))),
                amount_minor=-size,
                description="IRS USATAXPYMT",
                reference=str(chance.randrange(10**14, 10**15)),
                **usd,
            )
            entry = books.entry(
                date=date, amount_minor=-size, description="Payroll tax deposit 941", **usd
            )
        elif kind == "reversal":
            for sign in (-1, 1):
                line = books.line(
                    date=business(date, 2 if sign > 0 else 0),
                    amount_minor=sign * size,
                    **usd,
                    description=f"{firm.upper()} {'RETURN R01' if sign > 0 else ''}",
                )
                entry = books.entry(
                    date=business(date, 2 if sign > 0 else 0),
                    amount_minor=sign * size,
                    **usd,
                    description=f"{'Reversal' if sign > 0 else 'Payment'} {firm}",
                    reference=f"V{voucher}",
                )
                books.truth.append(((line,), (entry,), kind))
            continue
        elif kind in {"card", "same price"}:
            small = (
                chance.randrange(500, 30_000)
                if kind == "card"
                else chance.choice((1500, 2999, 4500))
            )
            line = books.line(
                date=business(date, chance.choice((1, 2, 3))),
                amount_minor=-small,
                **usd,
                description=f"PURCHASE AUTHORIZED ON {date:%m/%d} {firm.upper()[:20]} CARD 4417",
            )
            entry = books.entry(
                date=date,
                amount_minor=-small,
                description=f"Expense: {firm}",
                reference=f"V{voucher}",
                **usd,
            )
        elif kind == "uncashed":
            check_number += 1
            books.entry(
                date=date,
                amount_minor=-size,
                description=f"Check to {firm}",
                counterparty=firm,
                reference=f"CHK-{check_number:06}",
                **usd,
            )
            continue
        else:
            books.line(
                date=date,
                amount_minor=-chance.choice((1500, 2500, 3500, size)),
                **usd,
                description="MONTHLY SERVICE FEE" if kind == "fee only" else firm.upper(),
            )
            continue
        books.truth.append(((line,), (entry,), kind))
    return books.shuffled(chance)


GENERATORS = {"trading": trading_month, "corporate": corporate_ledger}


def report(books: Books, result: MatchResult, shown: int) -> None:
    """Print precision and recall per class; pairs of indistinguishable items may be swapped."""
    line_of, entry_of = {i.id: i for i in books.lines}, {i.id: i for i in books.entries}

    def bare(item: Item) -> Item:
        return replace(item, id="")

    true_ids = {(tuple(sorted(ls)), tuple(sorted(es))): kind for ls, es, kind in books.truth}
    true_twins = {
        (bare(line_of[ls[0]]), bare(entry_of[es[0]]))
        for ls, es, _ in books.truth
        if len(ls) == len(es) == 1
    }
    right: dict[str, dict[str, int]] = defaultdict(lambda: {"auto": 0, "review": 0, "all": 0})
    wrong: dict[str, list[str]] = {"auto": [], "review": []}
    proposed = {"auto": 0, "review": 0}
    class_of_line = {i: kind for ls, _, kind in books.truth for i in ls}
    for kind in true_ids.values():
        right[kind]["all"] += 1
    bins: dict[float, list[int]] = defaultdict(lambda: [0, 0])
    for found in result.matches:
        proposed[found.status] += 1
        good = (found.lines, found.entries) in true_ids
        if not good and len(found.lines) == len(found.entries) == 1:
            a, b = bare(line_of[found.lines[0]]), bare(entry_of[found.entries[0]])
            good = (a, b) in true_twins
        edge = next(e for e in (0.999, 0.99, 0.95, 0.9, 0.8, 0.7, 0) if found.confidence >= e)
        bins[edge][0] += 1
        bins[edge][1] += good
        if good:
            right[class_of_line.get(found.lines[0], "?")][found.status] += 1
        else:
            wrong[found.status].append(
                f"  {class_of_line.get(found.lines[0])} {found.method} {found.confidence}"
                f"\n    {[line_of[i] for i in found.lines]}"
                f"\n    {[entry_of[i] for i in found.entries]}"
                f"\n    {found.reasons}"
            )
    for kind, n in sorted(right.items()):
        print(
            f"{kind:18} {n['all']:7} auto {n['auto'] / max(1, n['all']):.4f} "
            f"found {(n['auto'] + n['review']) / max(1, n['all']):.4f}"
        )
    for status in ("auto", "review"):
        total = proposed[status]
        print(
            f"{status}: {total} proposed, {len(wrong[status])} wrong, "
            f"precision {1 - len(wrong[status]) / max(1, total):.5f}"
        )
        for text in wrong[status][:shown]:
            print(text)
    print("reliability", {e: (n, round(g / n, 4)) for e, (n, g) in sorted(bins.items())})
    print(f"ambiguous {len(result.ambiguous)} warnings {result.warnings}")


def main() -> None:
    """Run one workload: kind, lines, seed, and how many wrong matches to show."""
    kind, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    books = GENERATORS[kind](count, seed)
    begun = time.perf_counter()
    result = match(books.lines, books.entries, rates=books.rates)
    print(
        f"{kind} {count} lines, {len(books.entries)} entries, seed {seed}: "
        f"{time.perf_counter() - begun:.2f} s"
    )
    report(books, result, int(sys.argv[4]) if len(sys.argv) > 4 else 0)


if __name__ == "__main__":
    main()
