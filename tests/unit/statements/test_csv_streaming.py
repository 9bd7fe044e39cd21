"""The same file gives the same statement however it is cut into pieces, and in bounded memory."""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
import tracemalloc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.errors import UnreadableStatement
from shared.statements import csv_survey, tabular
from shared.statements.csv_file import read
from shared.statements.model import Line, Summary
from shared.statements.options import Options
from shared.statements.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

EUR = Options("EUR")


class Pieces(Source):
    """A source that is read in pieces of a few bytes."""

    def chunks(self, _size: int = 0) -> Iterator[bytes]:
        yield from super().chunks(61)


def outcome(source: Source, options: Options = EUR) -> object:
    """Return lines and summaries without the division into blocks, or the refusal."""
    found: list[Line | Summary] = []
    try:
        for event in read(source, options):
            found += [event] if isinstance(event, Summary) else event
    except UnreadableStatement as error:
        return error.reason, error.line, error.column
    return found


def alike(one: object, other: object) -> bool:
    """Return whether two outcomes are equal; of a file with two faults either may be named."""
    return one == other or (isinstance(one, tuple) and isinstance(other, tuple))


def in_pieces(data: bytes, options: Options = EUR) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tabular, "SAMPLE_ROWS", 3)
        patch.setattr(tabular, "CELLS_HELD_MAX", 0)
        return outcome(Pieces.of_bytes(data), options)


def written(rows: list[list[str]], quoting: int = csv.QUOTE_MINIMAL, delimiter: str = ",") -> bytes:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerows(rows)  # type: ignore[arg-type] # one of csv's constants
    return text.getvalue().encode()


AMOUNTS = st.sampled_from(["plain", "grouped", "whole", "paren", "trailing", "marked", "odd"])
FORMATS = st.sampled_from(["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d %b %Y"])


TEXTS = [
    "Coffee", "Opening balance", 'a "b"', "x,y", "  two  spaces ", "", "a\nb", "Total",
    "Balance transfer", "Kaffee für zwei",
]  # fmt: skip


def amount_text(minor: int, style: str) -> str:
    whole, cents = divmod(abs(minor), 100)
    sign = "-" if minor < 0 else ""
    if style == "grouped":
        return f"{sign}{whole:,}.{cents:02}"
    if style == "whole":
        return f"{sign}{whole:,}"
    if style == "paren":
        return f"({whole}.{cents:02})" if minor < 0 else f"{whole}.{cents:02}"
    if style == "trailing":
        return f"{whole}.{cents:02}{sign}"
    if style == "marked":
        return f"{whole}.{cents:02} {'DR' if minor < 0 else 'CR'}"
    return f"{sign}{whole}.{cents:02}"


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:  # noqa: C901 - one table, one strategy
    """Return a table with whatever banks do to tables, and some things they do not."""
    count = draw(st.integers(1, 25))
    style, format_ = draw(AMOUNTS), draw(FORMATS)
    signs = draw(st.sampled_from(["own", "sides", "mark"]))
    shape = draw(
        st.fixed_dictionaries(
            {
                name: st.booleans()
                for name in ("balance", "status", "currency", "newest first", "blank", "footer")
            }
        )
    )
    days = sorted(draw(st.lists(st.integers(0, 40), min_size=count, max_size=count)))
    minors = draw(st.lists(st.integers(-300_000, 300_000), min_size=count, max_size=count))
    texts = draw(
        st.lists(
            st.sampled_from(TEXTS),
            min_size=count,
            max_size=count,
        )
    )
    rows = []
    running = 10_000
    for day, minor, text in zip(days, minors, texts, strict=True):
        running += minor
        own = "odd" if style == "odd" and draw(st.booleans()) else style
        date = (dt.date(2024, 1, 3) + dt.timedelta(days=day)).strftime(format_)
        row = [date, text]
        if signs == "own":
            row.append(amount_text(minor, own))
        elif signs == "sides":
            shown = amount_text(abs(minor), "plain")
            row += [shown, ""] if minor < 0 else ["", shown]
        else:
            row += [amount_text(abs(minor), "plain"), "D" if minor < 0 else "C"]
        if shape["balance"]:
            row.append(amount_text(running, "plain"))
        if shape["status"]:
            row.append(draw(st.sampled_from(["Booked", "Booked", "Pending", "Declined"])))
        if shape["currency"]:
            row.append(draw(st.sampled_from(["EUR", "EUR", "EUR", "USD", "JPY"])))
        rows.append(row)
    if shape["newest first"]:
        rows.reverse()
    header = ["Date", "Text"]
    header += {"own": ["Amount"], "sides": ["Debit", "Credit"], "mark": ["Amount", "D/C"]}[signs]
    header += ["Balance"] * shape["balance"] + ["Status"] * shape["status"]
    header += ["Currency"] * shape["currency"]
    if shape["blank"]:
        rows.insert(draw(st.integers(0, count)), [""] * len(header))
    if draw(st.integers(0, 9)) == 0:
        damaged = rows[draw(st.integers(0, len(rows) - 1))]
        damaged[draw(st.integers(0, len(damaged) - 1))] = draw(
            st.sampled_from(["?", "", "1,5", "2024-02-30", "12.345"])
        )
    if shape["footer"]:
        rows.append(["End of list"])
    return [["Some Bank"], header, *rows]


@given(table=tables(), quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_pieces_of_any_size_give_what_the_whole_gives(table: list[list[str]], quoting: int) -> None:
    data = written(table, quoting)
    assert alike(in_pieces(data), outcome(Source.of_bytes(data)))


@given(table=tables())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_quotes_change_nothing(table: list[list[str]]) -> None:
    bare = str.maketrans({"\n": " ", '"': "", ",": ""})
    table = [[cell.translate(bare) for cell in row] for row in table]
    plain, quoted = written(table, csv.QUOTE_NONE), written(table, csv.QUOTE_ALL)
    assert b'"' not in plain
    assert alike(outcome(Source.of_bytes(plain)), outcome(Source.of_bytes(quoted)))


@given(table=tables(), delimiter=st.sampled_from([";", "\t", "|"]))
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_delimiter_changes_nothing(table: list[list[str]], delimiter: str) -> None:
    table = [[cell.replace("\n", " ") for cell in row] for row in table]
    assert alike(
        outcome(Source.of_bytes(written(table, delimiter=delimiter))),
        outcome(Source.of_bytes(written(table))),
    )


def many(count: int, *, seed: int = 1) -> Iterator[bytes]:
    numbers = random.Random(seed)  # noqa: S311 - test data
    balance = 0
    yield b"Date,Description,Amount,Balance,Reference,Other\n"
    day = dt.date(2020, 1, 1)
    for number in range(count):
        amount = numbers.randint(-500_000, 500_000)
        balance += amount
        if number % 50 == 0:
            day += dt.timedelta(days=1)
        yield (
            f"{day},Payment {number},{amount / 100:.2f},{balance / 100:.2f},R{number},x\n"
        ).encode()


def test_memory_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    # So that what is held between the passes of small files does not count.
    monkeypatch.setattr(tabular, "CELLS_HELD_MAX", 0)
    peaks = []
    counts = (20_000, 80_000)
    for count in counts:
        data = b"".join(many(count))
        tracemalloc.start()
        lines = sum(
            len(event) for event in read(Source.of_bytes(data), EUR) if isinstance(event, list)
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert lines == count
    # Holding a row takes hundreds of bytes; what is below is bounded caches that fill.
    assert peaks[1] - peaks[0] < 20 * (counts[1] - counts[0])


def test_what_appears_late_in_a_file_counts_as_what_appears_early() -> None:
    rows = [["Date", "Text", "Amount"]]
    rows += [[f"0{day % 9 + 1}/02/2024", "x", "1,000"] for day in range(3_000)]
    text, line, _ = outcome(Source.of_bytes(written(rows, delimiter=";")))  # type: ignore[misc] # a refusal
    assert "could be" in str(text)
    assert line == 2
    rows.append(["13/02/2024", "late", "1.50"])
    found = outcome(Source.of_bytes(written(rows, delimiter=";")))
    assert isinstance(found, list)
    assert (found[0].date, found[0].amount_minor) == (dt.date(2024, 2, 1), 100_000)


def test_accounts_mixed_in_any_way_are_statements_of_their_own() -> None:
    numbers = random.Random(2)  # noqa: S311 - test data
    rows = [["Account", "Date", "Text", "Amount", "Balance"]]
    balances = {"111-222": 0, "333-444": 5_000, "555-666": -100}
    for number in range(3_000):
        account = numbers.choice(list(balances))
        balances[account] += number
        shown = f"{balances[account] / 100:.2f}"
        rows.append([account, "2024-01-15", f"t{number}", f"{number / 100:.2f}", shown])
    found = outcome(Source.of_bytes(written(rows)))
    assert isinstance(found, list)
    summaries = [one for one in found if isinstance(one, Summary)]
    assert {one.account.id: one.closing_balance_minor for one in summaries} == balances
    assert sum(one.lines_count for one in summaries) == 3_000
    assert all("running balance" in one.checked for one in summaries)


def test_more_accounts_than_the_limit_are_refused() -> None:
    rows = [["Account", "Date", "Text", "Amount"]]
    rows += [[f"{n:08}", "2024-01-15", "x", "1.00"] for n in range(csv_survey.GROUPS_MAX + 1)]
    text, _, _ = outcome(Source.of_bytes(written(rows)))  # type: ignore[misc] # a refusal
    assert f"more than {csv_survey.GROUPS_MAX} accounts" in str(text)


@pytest.mark.parametrize(
    "data",
    [
        b"Date,Text,Amount\n" + b'2024-01-15,"' + b"x" * 3_000_000,
        b"Date,Text,Amount\n" + b"2024-01-15," + b"x" * 20_000 + b",1.00\n",
        b"Date,Text,Amount\n" + b"2024-01-15,x,1.00" + b"," * 5_000 + b"\n",
        b"Date,Text,Amount\n" + b"x\n" * 20_000 + b"2024-01-15,x,1.00\n",
        b"Date,Text,Amount\n" + b"\r" * 200_000,
        b"Date,Text,Amount\n" + b"2024-01-15,x," + b"1" * 40 + b"\n",
        b"Date,Text,Amount\n2024-01-15,x,NaN\n",
        b"Date,Text,Amount\n" + b'"' * 200_001,
        b"Date;Text;Amount\n" + b"2024-01-15;" * 50_000,
    ],
    ids=lambda data: f"{len(data)} bytes",
)
def test_hostile_tables_end_soon_and_in_a_named_error(data: bytes) -> None:
    found = outcome(Source.of_bytes(data))
    assert isinstance(found, tuple) or [one.lines_count for one in found] == [0]  # type: ignore[attr-defined] # a list


GOLDEN = Path(__file__).parents[2] / "golden" / "csv"
WHOLE = [
    path
    for path in sorted(GOLDEN.iterdir())
    if path.suffix in {".csv", ".tsv"} and not path.name.startswith("refused_")
]


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.name)
def test_a_file_cut_off_anywhere_is_refused_or_gives_its_first_rows(path: Path) -> None:
    data = path.read_bytes()
    whole = booked(Source.of_bytes(data))
    assert whole is not None
    for cut in range(len(data) // 2, len(data)):
        found = booked(Source.of_bytes(data[:cut]))
        if found is None:
            continue
        # The last row may lack the end of a text; no row is lost, changed or made up before it.
        for account, lines in found.items():
            if account not in whole:
                # All that is left is one row, cut before its currency: read with a warning.
                assert account[1] is None
                assert len(lines) == 1
                continue
            for line, kept in zip(lines, whole[account], strict=False):
                assert (line.date, line.amount_minor, line.status) == (
                    kept.date, kept.amount_minor, kept.status,
                )  # fmt: skip
                assert line is lines[-1] or line.description == kept.description


def booked(source: Source) -> dict[tuple[str | None, str | None], list[Line]] | None:
    """Return the lines by account and currency, ``None`` where the file is refused."""
    found: dict[tuple[str | None, str | None], list[Line]] = {}
    lines: list[Line] = []
    try:
        for event in read(source, Options()):
            if isinstance(event, Summary):
                found[event.account.id, event.account.currency] = lines
                lines = []
            else:
                lines += event
    except UnreadableStatement:
        return None
    return {account: held for account, held in found.items() if held}
