from __future__ import annotations

import datetime as dt
import json
import time
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cli.parse import file_as_json
from shared.errors import UnreadableStatement
from shared.money import AMOUNT_MINOR_MAX
from shared.statements.dates import YEAR_MAX, YEAR_MIN
from shared.statements.model import (
    Account,
    Detail,
    Line,
    Statement,
    StatementFile,
    Summary,
    summary_of,
)
from shared.statements.registry import read_events, read_statement_file
from shared.statements.source import Source

GOLDEN = Path(__file__).parents[2] / "golden"
READ = sorted(
    path
    for path in GOLDEN.glob("*/*")
    if path.is_file()
    and not path.name.startswith("refused_")
    and not path.name.endswith((".expected.json", ".py", ".pyc"))
)
LINE = {"date": "2024-03-01", "amount_minor": -1250}


def read(*values: Any, **options: Any) -> StatementFile:
    return read_statement_file(lines_of(*values), **options)


def lines_of(*values: Any) -> bytes:
    return "\n".join(json.dumps(value) for value in values).encode()


def refusal(data: bytes, **options: Any) -> UnreadableStatement:
    with pytest.raises(UnreadableStatement) as caught:
        read_statement_file(data, **options)
    return caught.value


def told(*values: Any) -> str:
    return refusal(lines_of(*values)).reason


def comparable(statement: Statement) -> tuple[Summary, tuple[Line, ...]]:
    """Without what the reader finds out anew: the format, the totals that hold, file warnings.

    The net is that of booked lines: formats differ in whether pending ones are part of it.
    """
    net = sum(line.amount_minor for line in statement.lines if line.status == "booked")
    extra = tuple(pair for pair in statement.extra if pair[0] != "source_format")
    lines = tuple(
        line._replace(description_received=line.description_received or line.description)
        for line in statement.lines
    )
    kept = replace(statement, format="", checked=(), warnings=(), extra=extra, net_minor=net)
    return summary_of(kept), lines


@pytest.mark.parametrize("path", READ, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_parse_prints_of_any_file_reads_back_the_same(path: Path) -> None:
    whole = read_statement_file(path.read_bytes())
    for indent in (None, 2):
        printed = json.dumps(file_as_json(whole), indent=indent, ensure_ascii=indent is None)
        back = read_statement_file(printed.encode())
        assert list(map(comparable, back.statements)) == list(map(comparable, whole.statements))
        assert back.warnings == whole.warnings
        again = read_statement_file(json.dumps(file_as_json(back)).encode())
        assert again == back


texts = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30
)
words = st.lists(
    st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=8),
    min_size=1,
    max_size=4,
).map(" ".join)
minor = st.integers(-AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX)
dates = st.dates(dt.date(YEAR_MIN, 1, 1), dt.date(YEAR_MAX, 12, 31))
currencies = st.sampled_from(["EUR", "JPY", "KWD", "USD"])
extras = st.lists(st.tuples(texts, texts), max_size=2).map(tuple)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


details = st.builds(
    Detail,
    amount_minor=maybe(minor),
    currency=maybe(currencies),
    description=words,
    counterparty=maybe(texts),
    counterparty_account=maybe(texts),
    end_to_end_id=maybe(texts),
    mandate_id=maybe(texts),
    remittance_reference=maybe(texts),
    bank_reference=maybe(texts),
    extra=extras,
)
lines = st.builds(
    Line,
    index=st.just(0),
    date=dates,
    value_date=maybe(dates),
    amount_minor=minor,
    currency=maybe(currencies),
    description=words,
    description_received=texts,
    counterparty=maybe(texts),
    counterparty_account=maybe(texts),
    end_to_end_id=maybe(texts),
    mandate_id=maybe(texts),
    check_number=maybe(texts),
    customer_reference=maybe(texts),
    remittance_reference=maybe(texts),
    bank_reference=maybe(texts),
    transaction_code=maybe(texts),
    original_amount_minor=maybe(minor),
    original_currency=maybe(currencies),
    exchange_rate=maybe(texts),
    running_balance_minor=maybe(minor),
    status=st.sampled_from(["booked", "pending", "information"]),
    is_reversal=st.booleans(),
    details=st.lists(details, max_size=2).map(tuple),
    extra=extras,
    position=st.integers(1, 10**9),
)


@st.composite
def statements(draw: st.DrawFn) -> Statement:
    found = tuple(
        line._replace(index=number) for number, line in enumerate(draw(st.lists(lines, max_size=4)))
    )
    start = draw(maybe(dates))
    net = sum(line.amount_minor for line in found if line.status == "booked")
    return Statement(
        format="camt.053.001.08",
        account=Account(*(draw(maybe(texts)) for _ in range(3)), draw(maybe(currencies)), None),
        identification=draw(maybe(texts)),
        period_start=start,
        period_end=start,
        opening_balance_minor=draw(maybe(st.just(0))),
        closing_balance_minor=net if abs(net) <= AMOUNT_MINOR_MAX else None,
        available_balance_minor=draw(maybe(minor)),
        lines_count=len(found),
        net_minor=net,
        extra=draw(extras),
        lines=found,
    )


@given(st.lists(statements(), min_size=1, max_size=3), st.sampled_from([None, 2]))
@settings(deadline=None, max_examples=150)
def test_any_statement_reads_back_the_same(found: list[Statement], indent: int | None) -> None:
    file = StatementFile(tuple(found))
    back = read_statement_file(json.dumps(file_as_json(file), indent=indent).encode())
    assert list(map(comparable, back.statements)) == list(map(comparable, file.statements))


@given(st.lists(statements(), min_size=1, max_size=3))
@settings(deadline=None, max_examples=60)
def test_lines_and_array_read_as_the_document_does(found: list[Statement]) -> None:
    document = file_as_json(StatementFile(tuple(found)))
    objects = [
        value
        for statement in document["statements"]
        for value in (
            {name: held for name, held in statement.items() if name != "lines"},
            *statement["lines"],
        )
    ]
    whole = read_statement_file(json.dumps(document).encode())
    expected = list(map(comparable, whole.statements))
    for data in (lines_of(*objects), json.dumps(objects, indent=1).encode()):
        assert list(map(comparable, read_statement_file(data).statements)) == expected


def test_lines_alone_are_one_statement() -> None:
    found = read({**LINE, "currency": "EUR"}, {"date": "2024-03-02", "amount": "3.5"})
    (one,) = found.statements
    assert [(line.amount_minor, line.position) for line in one.lines] == [(-1250, 1), (350, 2)]
    assert found.format == "json"


def test_an_amount_in_words_takes_the_currency_of_line_account_or_caller() -> None:
    amount = {"date": "2024-03-01", "amount": "12"}
    assert read({**amount, "currency": "JPY"}).statements[0].lines[0].amount_minor == 12
    account = {"account": {"id": "1", "currency": "KWD"}}
    assert read(account, amount).statements[0].lines[0].amount_minor == 12_000
    assert read(amount, default_currency="EUR").statements[0].lines[0].amount_minor == 1_200


def test_amounts_without_currency_do_not_become_yen() -> None:
    assert "cannot become JPY" in refusal(lines_of(LINE), default_currency="JPY").reason


def test_control_totals_are_checked_and_not_believed() -> None:
    account = {"opening_balance_minor": 5_000, "closing_balance_minor": 3_750, "lines_count": 1}
    assert read({**account, "checked": ["anything"]}, LINE).statements[0].checked == (
        "opening + lines = closing",
        "number of lines",
    )
    broken = read({**account, "closing_balance_minor": 3_751, "lines_count": 2}, LINE)
    assert [one.total for one in broken.statements[0].breaks] == [
        "closing balance",
        "number of lines",
    ]


def test_breaks_that_were_found_before_stay() -> None:
    found = {"total": "x", "expected": "1", "found": "2", "reason": "y", "position": 7}
    (statement,) = read({"breaks": [found], "extra": []}, LINE).statements
    assert [(one.total, one.position) for one in statement.breaks] == [("x", 7)]


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ({**LINE, "amount_minor": True}, "lines[0].amount_minor: true is not a whole number"),
        ({**LINE, "amount_minor": "1"}, "not a whole number"),
        ({**LINE, "amount_minor": 10**39}, "over the 9007199254740992"),
        ({**LINE, "amount": "1"}, "amount_minor too"),
        ({"date": "2024-03-01", "amount": "1.2.3"}, "lines[0].amount: '1.2.3' is not an amount"),
        ({"date": "2024-03-01", "amount": "NaN"}, "is not an amount"),
        ({"date": "2024-03-01", "amount": "1.234", "currency": "EUR"}, "more decimals than EUR"),
        ({"date": "2024-03-01"}, "the amount is missing"),
        ({"amount_minor": 1}, "the date is missing"),
        ({**LINE, "date": "2024-02-30"}, "no day that exists"),
        ({**LINE, "date": "20240301"}, "is not a date"),
        ({**LINE, "date": "1024-03-01"}, "outside the years"),
        ({**LINE, "currency": "EURO"}, "not an ISO 4217"),
        ({**LINE, "counterparty": 7}, "lines[0].counterparty: 7 is not text"),
        ({**LINE, "is_reversal": 1}, "neither true nor false"),
        ({**LINE, "status": "done"}, "none of booked"),
        ({**LINE, "index": 1}, "1 where 0 follows"),
        ({**LINE, "surprise": 1}, "'surprise' is no field here"),
        ({**LINE, "extra": [["a"]]}, 'lines[0].extra[0]: ["a"] is not a pair'),
        ({**LINE, "details": [{"x": 1}]}, "lines[0].details[0]: 'x' is no field"),
        ({**LINE, "details": [{"amount_minor": "x"}]}, "lines[0].details[0].amount_minor"),
        ({**LINE, "description": "x" * 10_001}, "longer than 10,000"),
        ({**LINE, "description": "a\x00b"}, "U+0000"),
        ({**LINE, "description": "\ud800"}, "U+D800"),
        ({"account": {"iban": "x"}}, "account: 'iban' is no field"),
        ({"account": 7}, "account: 7 is not an object"),
        ({"period": {"start": "2024-03-31", "end": "2024-03-01"}}, "ends before it starts"),
        ({"opening_balance": 1}, "line shape"),
        ({}, "empty object"),
        ([], "no statement"),
        ({"statements": []}, "no statement"),
        ({"statements": [{}]}, "statements[0] has no lines"),
        ({"statements": [{"lines": 7}]}, "'7' stands where '[' is expected"),
        ({"statements": [{"lines": [], "line": []}]}, "'line' is no field of a statement"),
        ({"statements": [{"lines": [], "period": 3}]}, "period: 3 is not an object"),
        ({"format": 3, "statements": []}, "format: 3 is not text"),
        ([7, LINE], "7 is not an object"),
    ],
)
def test_what_is_not_of_the_shape_is_refused_by_path(value: Any, named: str) -> None:
    if value in ([], [7, LINE]):
        from shared.statements import json_lines  # noqa: PLC0415 - not recognised, still refused
        from shared.statements.options import Options  # noqa: PLC0415 - as above

        with pytest.raises(UnreadableStatement) as caught:
            list(json_lines.read(Source.of_bytes(json.dumps(value).encode()), Options()))
        assert named in caught.value.reason
        return
    assert named in told(value)


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b'{"date":"2024-03-01","amount_minor":12.5}', "12.5 is a number with decimals"),
        (b'{"date":"2024-03-01","amount_minor":1e5}', "1e5 is a number with decimals"),
        (b'{"date":"2024-03-01","amount_minor":NaN}', "NaN is no value of JSON"),
        (b'{"date":"2024-03-01","amount_minor":-Infinity}', "Infinity"),
        (b'{"date":"2024-03-01","amount_minor":1,"amount_minor":2}', "'amount_minor' is there"),
        (b'{"statements":[],"statements":[]}', "'statements' is there twice"),
        (b'{"date":"2024-03-01","amount_minor":' + b"1" * 5_000 + b"}", "thousands of digits"),
        (b'{"date":' + b"[" * 100_000, "nested too deeply"),
        (b'{"date":"' + b"x" * 5_000_000 + b'"}', "never closed"),
        (b'{"date":"2024-03-01","amount_minor":1', "broken"),
        (b'{"date":"2024-03-01","amount_minor":1}}', "broken"),
        (b'{"statements":[{"lines":[{"date":"2024-03-01","amount_minor":1}', "cut off"),
        (b'{"statements":[{"lines":[]}]} x', "something follows the end of the document"),
        (b'[{"date":"2024-03-01","amount_minor":1}] 7', "follows the end of the array"),
        (b'{"date":"2024-03-01",}', "broken"),
        (b"{'date':'2024-03-01'}", ""),
        (b'{"lines_count": 2}\n{"account":{"id":"1"}}\n7', "not an object"),
    ],
)
def test_broken_json_is_refused(data: bytes, named: str) -> None:
    assert named in refusal(data).reason


def test_a_finding_names_its_line() -> None:
    document = {"statements": [{"lines": [LINE, {**LINE, "amount_minor": "x"}]}]}
    error = refusal(json.dumps(document, indent=1).encode())
    assert (error.line, error.reason[:22]) == (9, "lines[1].amount_minor:")
    assert refusal(lines_of(LINE, LINE, {**LINE, "status": 3})).line == 3
    assert refusal(lines_of({"account": {}}, LINE, {"account": 3})).statement == 2


def test_text_that_was_not_cleaned_is_cleaned_and_kept() -> None:
    (line,) = read({**LINE, "description": "  two\n lines "}).statements[0].lines
    assert (line.description, line.description_received) == ("two lines", "  two\n lines ")


def test_a_cut_at_the_end_of_a_line_shows_where_the_number_of_lines_is_stated() -> None:
    data = (GOLDEN / "json" / "two_accounts.jsonl").read_bytes()
    for end in range(len(data) // 2, len(data) - 1):
        try:
            found = read_statement_file(data[:end])
        except UnreadableStatement:
            continue
        assert found.statements[-1].breaks or found == read_statement_file(data)


def test_lines_are_read_as_a_stream() -> None:
    line = json.dumps({**LINE, "description": "CARD PAYMENT", "counterparty": "Shop"}).encode()
    data = (line + b"\n") * 100_000
    document = b'{"statements":[{"lines":[' + b",".join([line] * 100_000) + b"]}]}"
    for content in (data, document):
        tracemalloc.start()
        count = 0
        for event in read_events(Source.of_bytes(content)):
            count += 0 if isinstance(event, Summary) else len(event)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert count == 100_000
        assert peak < 8 * 1024 * 1024


def test_one_endless_value_takes_bounded_time() -> None:
    started = time.process_time()
    refusal(b'[{"date":"2024-03-01","extra":[' + b'["a","b"],' * 1_000_000)
    assert time.process_time() - started < 10
