"""A statement's file is judged in one reading that keeps sums, and handed out in a second."""

from __future__ import annotations

import datetime as dt
import hashlib
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from shared.application import statement_files
from shared.application.statement_files import read_for_ledger
from shared.books.model import Ledger
from shared.errors import BrokenTotal, InvalidInput, TooLarge, UnreadableStatement
from shared.reconciliation.facts import StatementFacts, Tally
from shared.reconciliation.model import Terms
from shared.reconciliation.terms import settle
from shared.statements import registry
from shared.statements.model import Account, Break, Line, Summary
from shared.statements.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.statements.model import Event

NOW = dt.datetime(2026, 2, 3, tzinfo=dt.UTC)
SOURCE = Source.of_bytes(b"a statement")
EUROS = Account("DE89370400440532013000", currency="EUR")


def ledger(account_id: str | None = None, currency: str = "EUR") -> Ledger:
    return Ledger(
        id="l",
        number=1,
        business_id="b",
        name="Operating",
        type="asset",
        account_code="1000",
        currency=currency,
        account_id=account_id,
        bank_id=None,
        opening_balance_minor=None,
        created_at=NOW,
    )


def line(amount_minor: int, day: int = 5, **values: Any) -> Line:
    fields = {
        "index": 0,
        "date": dt.date(2026, 1, day),
        "value_date": None,
        "amount_minor": amount_minor,
        "currency": None,
        "description": "PAYMENT",
    }
    return Line(**(fields | values))


def summary(
    opening_minor: int | None = None, closing_minor: int | None = None, **values: Any
) -> Summary:
    return Summary(
        **{
            "format": "mt940",
            "account": EUROS,
            "opening_balance_minor": opening_minor,
            "closing_balance_minor": closing_minor,
        }
        | values
    )


@pytest.fixture
def parsing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let every file hold the given events."""

    def holds(*events: Event) -> None:
        monkeypatch.setattr(registry, "read_events", lambda _source, _options: iter(events))

    return holds


def test_a_file_is_summed_up_without_keeping_its_lines(parsing: Callable[..., None]) -> None:
    parsing([line(500, 9), line(-200, 7)], [line(50, 8)], summary(1000, 1350))
    read = read_for_ledger(ledger(), "january.sta", SOURCE)
    facts = read.facts
    assert (facts.lines_count, facts.net_minor) == (3, 350)
    assert (facts.first_date, facts.last_date) == (dt.date(2026, 1, 7), dt.date(2026, 1, 9))
    assert (read.format, read.sha256) == ("mt940", hashlib.sha256(b"a statement").hexdigest())
    assert [one.index for block in read.lines() for one in block] == [0, 1, 2]


def test_a_broken_total_refuses_the_file_and_names_total_values_and_line(
    parsing: Callable[..., None],
) -> None:
    broken = Break("closing balance", "13.50", "13.40", "they are 0.10 apart", 17)
    parsing([line(350)], summary(1000, 1340, breaks=(broken,)))
    with pytest.raises(BrokenTotal) as caught:
        read_for_ledger(ledger(), "january", SOURCE)
    error = caught.value
    assert (error.kind, error.line) == ("broken_total", 17)
    assert (error.total, error.expected, error.found) == ("closing balance", "13.50", "13.40")
    assert str(error) == (
        "The statement contradicts itself: closing balance: expected 13.50, found 13.40; they are "
        "0.10 apart (line 17)"
    )


def test_a_break_in_any_statement_refuses_the_file_and_names_the_statement(
    parsing: Callable[..., None],
) -> None:
    broken = Break("end of statement", "trailer", "nothing", "it is cut off")
    other = Account("NL91ABNA0417164300", currency="EUR")
    parsing([line(1)], summary(0, 1), [line(2)], summary(account=other, breaks=(broken,)))
    with pytest.raises(BrokenTotal, match=r"cut off \(statement 2\)"):
        read_for_ledger(ledger(EUROS.id), "january", SOURCE)


def test_lines_that_are_not_booked_are_left_out_with_a_warning(
    parsing: Callable[..., None],
) -> None:
    parsing(
        [line(100), line(7, status="pending"), line(-30, status="booked")],
        [line(9, status="information"), line(8, 30, status="pending")],
        summary(0, 70),
    )
    read = read_for_ledger(ledger(), "january", SOURCE)
    assert (read.facts.lines_count, read.facts.net_minor) == (2, 70)
    assert read.facts.last_date == dt.date(2026, 1, 5)
    assert [(one.index, one.amount_minor) for block in read.lines() for one in block] == [
        (0, 100),
        (1, -30),
    ]
    pending, information = read.warnings
    assert pending.startswith("2 pending lines were left out: what is not booked yet comes again")
    assert information.startswith("1 information line was left out")


def test_consecutive_statements_of_one_account_are_one(parsing: Callable[..., None]) -> None:
    other = Account("NL91ABNA0417164300", currency="EUR")
    parsing(
        [line(100, 5)],
        summary(0, 100, period_start=dt.date(2026, 1, 5), period_end=dt.date(2026, 1, 5)),
        [line(4, 6)],
        summary(0, 4, account=other),
        [line(20, 6), line(-5, 6)],
        summary(100, 115, period_start=dt.date(2026, 1, 6), period_end=dt.date(2026, 1, 6)),
    )
    read = read_for_ledger(ledger(EUROS.id), "january", SOURCE)
    facts = read.facts
    assert (facts.opening_balance_minor, facts.closing_balance_minor) == (0, 115)
    assert (facts.period_start, facts.period_end) == (dt.date(2026, 1, 5), dt.date(2026, 1, 6))
    assert (facts.lines_count, facts.net_minor) == (3, 115)
    found = [(one.index, one.amount_minor) for block in read.lines() for one in block]
    assert found == [(0, 100), (1, 20), (2, -5)]


@pytest.mark.parametrize(
    ("second", "kind"),
    [
        (summary(101, 121), "several_statements"),
        (summary(None, 120), "several_statements"),
        (summary(100, 120, account=Account("GB29", currency="EUR")), "several_statements"),
        (summary(100, 120, account=Account(EUROS.id, currency="USD")), "several_statements"),
    ],
    ids=["a gap", "no opening balance", "another account", "another currency"],
)
def test_statements_that_do_not_follow_each_other_are_refused(
    parsing: Callable[..., None], second: Summary, kind: str
) -> None:
    parsing([line(100)], summary(0, 100), [line(20)], second)
    with pytest.raises(InvalidInput) as caught:
        read_for_ledger(ledger(), "january", SOURCE)
    assert caught.value.kind == kind


def test_a_currency_that_only_one_line_names_is_seen(parsing: Callable[..., None]) -> None:
    lines = [line(1)] * 400
    parsing(lines, [*lines, line(5, currency="USD")], summary(account=Account("1")))
    with pytest.raises(InvalidInput) as caught:
        read_for_ledger(ledger(), "january", SOURCE)
    assert (caught.value.kind, caught.value.value) == ("other_currency", "USD")


def test_text_that_no_item_holds_is_refused_with_its_line(parsing: Callable[..., None]) -> None:
    names = ("description", "counterparty", "mandate_id", "end_to_end_id", "check_number")
    long = dict.fromkeys(names, "x" * 9_000)
    parsing([line(1), line(2, position=41, **long)], summary())
    with pytest.raises(UnreadableStatement, match="45,000 characters") as caught:
        read_for_ledger(ledger(), "january", SOURCE)
    assert caught.value.line == 41


def test_a_file_with_too_many_lines_is_refused_as_soon_as_they_are_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = 0

    def endless(_source: Source, _options: object) -> Iterator[list[Line]]:
        nonlocal asked
        while True:
            asked += 1
            yield [line(1)] * 500

    monkeypatch.setattr(registry, "read_events", endless)
    with pytest.raises(TooLarge, match="10,000 lines"):
        read_for_ledger(ledger(), "january", SOURCE, 10_000)
    assert asked == 21


def test_a_file_over_the_limit_of_bytes_is_not_opened() -> None:
    def opened() -> Any:
        pytest.fail("the file was opened")

    source = Source(opened, statement_files.STATEMENT_BYTES_MAX + 1)
    with pytest.raises(TooLarge):
        read_for_ledger(ledger(), "january", source)


def test_memory_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def peak_of(blocks: int) -> int:
        def events(_source: Source, _options: object) -> Iterator[Event]:
            for _ in range(blocks):
                yield [line(1, index=-1) for _ in range(500)]
            yield summary()

        monkeypatch.setattr(registry, "read_events", events)
        tracemalloc.start()
        read = read_for_ledger(ledger(), "january", SOURCE)
        count = sum(len(block) for block in read.lines())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == blocks * 500
        return peak

    peak_of(2)
    assert peak_of(60) < 1.5 * peak_of(6)


def test_warnings_of_a_thousand_statements_are_kept_in_part(parsing: Callable[..., None]) -> None:
    events: list[Event] = []
    for number in range(1000):
        events += [
            [line(1)],
            summary(number, number + 1, warnings=(f"odd {number}", "the same")),
        ]
    parsing(*events)
    warnings = read_for_ledger(ledger(), "january", SOURCE).warnings
    assert len(warnings) == statement_files.WARNINGS_MAX + 1
    assert warnings[:2] == ("odd 0", "the same")
    assert "951 more warnings" in warnings[-1]


def settled_on(terms: Terms, first: int, last: int) -> Any:
    tally = Tally()
    tally.add([dt.date(2026, 1, first), dt.date(2026, 1, last)], [100, -40])
    facts = StatementFacts(
        account=EUROS,
        period_start=dt.date(2026, 1, 2),
        period_end=dt.date(2026, 1, 30),
        opening_balance_minor=0,
        closing_balance_minor=60,
        lines_count=tally.count,
        net_minor=tally.net_minor,
        first_date=tally.first_date,
        last_date=tally.last_date,
    )
    return settle(facts, ledger(), terms, [])


def test_a_period_the_bank_announces_is_widened_to_its_lines() -> None:
    settled = settled_on(Terms(), 1, 31)
    assert (settled.period_start.day, settled.period_end.day) == (1, 31)


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        (Terms(period_start=dt.date(2026, 1, 4)), "start_date"),
        (Terms(period_end=dt.date(2026, 1, 19)), "end_date"),
    ],
)
def test_a_period_the_caller_names_must_cover_every_line(terms: Terms, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        settled_on(terms, 3, 20)
    assert (caught.value.kind, caught.value.loc) == ("lines_outside_period", ("body", field))
