from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import UnreadableStatement
from shared.statements import mapping as module
from shared.statements.amounts import DecimalMark
from shared.statements.dates import DateOrder
from shared.statements.inspection import inspect
from shared.statements.mapping import InvalidMapping, Mapping
from shared.statements.registry import read_statement_file
from shared.statements.source import Source

if TYPE_CHECKING:
    from shared.statements.model import Statement

GOLDEN = Path(__file__).parents[2] / "golden" / "csv"
TEXTS = sorted(path for path in GOLDEN.iterdir() if path.suffix in {".csv", ".tsv", ".txt"})


def read(text: str, **keys: object) -> Statement:
    mapping = Mapping.from_json(json.dumps(keys))
    return read_statement_file(text.encode(), mapping=mapping).statements[0]


def refusal(text: str, **keys: object) -> str:
    with pytest.raises(UnreadableStatement) as caught:
        read(text, **keys)
    return caught.value.reason


def amounts(text: str, **keys: object) -> list[int]:
    return [line.amount_minor for line in read(text, **keys).lines]


NAMES = st.text("abcäß 1;", min_size=1, max_size=8).filter(str.strip)
COLUMNS = st.dictionaries(
    st.sampled_from(["date", "value_date", "amount", "balance", "description", "mark"]),
    st.lists(st.one_of(NAMES, st.integers(1, 200)), min_size=1, max_size=3).map(tuple),
)


@st.composite
def mappings(draw: st.DrawFn) -> Mapping:
    def maybe(values: st.SearchStrategy[object]) -> object:
        return draw(st.one_of(st.none(), values))

    columns = draw(COLUMNS)
    signs = ["as written", "turned"] + (["by mark"] if "mark" in columns else [])
    return Mapping(
        encoding=maybe(st.sampled_from(module.ENCODINGS)),  # type: ignore[arg-type] # a text or None
        delimiter=maybe(st.sampled_from(module.DELIMITERS)),  # type: ignore[arg-type] # a text or None
        quote=maybe(st.sampled_from(["'", '"'])),  # type: ignore[arg-type] # a text or None
        header_row=maybe(st.integers(10, 50)),  # type: ignore[arg-type] # a number or None
        skip_first=draw(st.integers(0, 9)),
        skip_last=draw(st.integers(0, 9)),
        columns=tuple(columns.items()),
        date_order=maybe(st.sampled_from(DateOrder)),  # type: ignore[arg-type] # an order or None
        decimal_mark=maybe(st.sampled_from(DecimalMark)),  # type: ignore[arg-type] # a mark or None
        signs=maybe(st.sampled_from(signs)),  # type: ignore[arg-type] # a text or None
        debit_marks=draw(st.sampled_from([(), ("S",), ("Ab", "-")])),
        credit_marks=draw(st.sampled_from([(), ("H",), ("Zu", "+")])),
        currency=maybe(st.sampled_from(["EUR", "JPY"])),  # type: ignore[arg-type] # a code or None
        account=maybe(NAMES),  # type: ignore[arg-type] # a text or None
    )


@given(mapping=mappings())
def test_a_mapping_survives_its_document(mapping: Mapping) -> None:
    assert Mapping.from_json(mapping.to_json()) == mapping


@pytest.mark.parametrize(
    ("document", "key"),
    [
        ("[]", None),
        ("{", None),
        ('{"tieout_mapping": 2}', "tieout_mapping"),
        ('{"colums": {}}', "colums"),
        ('{"columns": []}', "columns"),
        ('{"columns": {"data": 1}}', "data"),
        ('{"columns": {"date": 0}}', "date"),
        ('{"columns": {"date": true}}', "date"),
        ('{"columns": {"debit": 1}}', "columns"),
        ('{"encoding": "rot13"}', "encoding"),
        ('{"encoding": "\\u0000"}', "encoding"),
        ('{"delimiter": ""}', "delimiter"),
        ('{"decimal_mark": ";"}', "decimal_mark"),
        ('{"date_format": "MM/YYYY"}', "date_format"),
        ('{"date_format": "DD/MM/YYYY", "date_order": "month first"}', "date_format"),
        ('{"signs": "inverted"}', "signs"),
        ('{"signs": "by mark", "columns": {"amount": 1}}', "columns"),
        ('{"currency": "Euro"}', "currency"),
        ('{"header_row": -1}', "header_row"),
        ('{"header_row": 2, "skip_first": 2}', "header_row"),
        ('{"header_row": 0, "columns": {"date": 1}}', "columns"),
        ('{"header_row": 0, "columns": {"date": "When", "amount": 2}}', "columns"),
        ('{"debit_marks": ["x"], "credit_marks": ["X"]}', "debit_marks"),
        ('{"account": " "}', "account"),
    ],
)
def test_a_wrong_document_is_refused_with_its_key(document: str, key: str | None) -> None:
    with pytest.raises(InvalidMapping) as caught:
        Mapping.from_json(document)
    assert (key is None) or caught.value.loc[-1] == key


AMBIGUOUS = "Date;Text;Amount\n02/01/2024;x;1,234\n"


def test_a_mapping_settles_what_the_file_leaves_open() -> None:
    day = read(AMBIGUOUS, date_order="day first", decimal_mark=".", currency="EUR").lines[0]
    assert (day.date.month, day.amount_minor, day.currency) == (1, 123_400, "EUR")
    month = read(AMBIGUOUS, date_format="MM/DD/YYYY", decimal_mark=",", currency="KWD").lines[0]
    assert (month.date.month, month.amount_minor) == (2, 1234)


def test_columns_are_named_or_numbered() -> None:
    text = "When,What,How much,Left\n2024-01-15,x,1.50,11.50\n2024-01-16,y,-0.50,11.00\n"
    named = {"date": "When", "amount": "How much", "description": "What", "balance": "Left"}
    numbered = {"date": 1, "amount": 3, "description": 2, "balance": 4}
    for columns in (named, numbered | {"date": "when"}):
        found = read(text, columns=columns)
        assert [line.amount_minor for line in found.lines] == [150, -50]
        assert found.closing_balance_minor == 1100
        assert found.lines[0].description == "x"


def test_a_table_without_a_header_is_read_by_numbers() -> None:
    text = "x,2024-01-15,1.50,2\n"
    found = read(text, header_row=0, columns={"date": 2, "amount": 3, "description": 1})
    assert [(line.amount_minor, line.description) for line in found.lines] == [(150, "x")]
    assert found.lines[0].extra == (("column 4", "2"),)


def test_signs_may_be_turned_or_given_by_marks() -> None:
    text = "Date,Text,Amount,Way\n2024-01-15,x,1.50,weg\n2024-01-16,y,2.50,her\n"
    assert amounts(text, signs="turned") == [-150, -250]
    columns = {"mark": "Way"}
    assert amounts(text, columns=columns, debit_marks=["weg"], credit_marks=["her"]) == [-150, 250]
    assert "neither debit nor credit" in refusal(text, columns=columns, debit_marks=["weg"])


def test_signs_by_column_hold_whatever_signs_are_written() -> None:
    text = "Date,Text,Debit,Credit\n2024-01-15,x,1.50,\n2024-01-16,y,,-2.50\n"
    assert " could be " in refusal(text)
    assert amounts(text, signs="by column") == [-150, 250]


def test_an_ignored_column_has_no_part_in_anything_and_is_kept() -> None:
    text = "Date;Text;Amount;Balance\n2024-01-15;x;-1,50;987.50\n"
    assert "decimal" in refusal(text)
    found = read(text, columns={"ignored": "Balance"})
    assert (found.lines[0].amount_minor, found.lines[0].extra) == (-150, (("Balance", "987.50"),))


def test_rows_are_skipped_at_both_ends() -> None:
    text = "Date,Text,Amount\nDate,Text,Amount\n2024-01-15,x,1.00\nend,2024,9.00\nmore,1,2.00\n"
    assert amounts(text, skip_first=1, skip_last=2) == [100]


def test_encoding_delimiter_and_quote_are_taken_as_stated() -> None:
    text = "Datum:Text:Betrag\n15.01.2024:'a:b \u0105':1,00\n"
    mapping = Mapping(encoding="iso8859_2", delimiter=":", quote="'")
    found = read_statement_file(text.encode("iso8859_2"), mapping=mapping).statements[0]
    assert found.lines[0].description == "a:b \u0105"
    with pytest.raises(UnreadableStatement, match="do not fit the encoding"):
        read_statement_file(b"Date,Text,Amount\n\xff", mapping=Mapping(encoding="utf-8"))


@pytest.mark.parametrize(
    ("keys", "part"),
    [
        ({"columns": {"date": "Datum"}}, "'Datum' is nowhere"),
        ({"columns": {"amount": 9}}, "the column 9"),
        ({"columns": {"amount": "Text"}}, "'Text' for the amount"),
        ({"columns": {"date": "Amount"}}, "'Amount' for the booking date"),
        ({"date_order": "month first"}, "month first"),
        ({"decimal_mark": ","}, "decimal mark"),
        ({"header_row": 500}, "header row 500"),
        ({"signs": "by column"}, "by column"),
        ({"signs": "by mark"}, "by mark"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_with_the_part(
    keys: dict[str, object], part: str
) -> None:
    reason = refusal("Date,Text,Amount\n15/01/2024,x,-1.50\n", **keys)
    assert "the mapping does not fit" in reason
    assert part in reason


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_the_proposed_mapping_reads_the_file_as_it_is_read_without(path: Path) -> None:
    source = Source.of_path(path)
    try:
        found = inspect(source)
    except UnreadableStatement:
        assert path.name.startswith("refused_")
        return
    assert (found.refused is not None) == path.name.startswith("refused_")
    if found.refused is not None:
        assert found.unsettled or "balance" in found.refused or "total" in found.refused
        return
    mapping = Mapping.from_json(found.mapping.to_json())
    plain, mapped = read_statement_file(source), read_statement_file(source, mapping=mapping)
    assert [one.lines for one in mapped.statements] == [one.lines for one in plain.statements]
    assert [(one.account, one.closing_balance_minor) for one in mapped.statements] == [
        (one.account, one.closing_balance_minor) for one in plain.statements
    ]


def test_an_inspection_says_from_which_rows_each_part_was_inferred() -> None:
    text = "Date;Text;Amount;Balance\n01/02/2024;x;-1,50;8,50\n13/02/2024;y;2,00;10,50\n"
    found = inspect(Source.of_bytes(text.encode()))
    parts = {one.part: one for one in found.findings}
    assert parts["delimiter"].value == ";"
    assert parts["header"].value == "line 1"
    assert parts["date order"].value == "day first"
    assert parts["date order"].evidence == ("line 3: '13/02/2024' cannot be read otherwise",)
    assert parts["date order"].others[0] == "month first: not with line 3: '13/02/2024'"
    assert parts["decimal mark"].evidence == ("line 2: '-1,50' allows no other",)
    assert parts["signs"].evidence == ("line 2: '-1,50'",)
    assert parts["balances"].value == "hold"
    assert [one.role for one in found.columns] == ["date", "description", "amount", "balance"]
    assert [line.amount_minor for line in found.lines] == [-150, 200]
    json.dumps(found.to_document())


def test_an_inspection_of_a_refused_file_shows_what_to_add() -> None:
    found = inspect(Source.of_bytes(AMBIGUOUS.encode()))
    assert found.refused is not None
    assert {"date order", "decimal mark"} <= set(found.unsettled)
    assert found.mapping.date_order is None
    assert found.mapping.decimal_mark is None
    assert [line.amount_minor for line in found.lines] == [123_400]
    keys = found.mapping.to_document() | {"date_order": "day first", "decimal_mark": "."}
    assert amounts(AMBIGUOUS, **keys) == [123_400]


def test_two_sign_conventions_are_shown_with_both_readings() -> None:
    text = "Date,Text,Debit,Credit\n2024-01-15,x,1.50,\n2024-01-16,x,-2.50,\n"
    found = inspect(Source.of_bytes(text.encode()))
    signs = next(one for one in found.findings if one.part == "signs")
    assert not signs.settled
    assert len(signs.others) == 2


def test_what_is_no_table_is_not_inspected() -> None:
    with pytest.raises(UnreadableStatement, match="nothing is inferred"):
        inspect(Source.of_bytes(b"!Type:Bank\nD1/2/2024\nT1.00\n^\n"))
