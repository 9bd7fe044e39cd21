from __future__ import annotations

import datetime as dt
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import UnreadableStatement
from shared.statements import qif as qif_module
from shared.statements.amounts import DecimalMark
from shared.statements.dates import DateOrder
from shared.statements.head import Head
from shared.statements.mapping import Mapping
from shared.statements.model import Summary
from shared.statements.options import NO_OPTIONS
from shared.statements.qif_entries import Form
from shared.statements.registry import read_statement_file
from shared.statements.source import Source

if TYPE_CHECKING:
    from shared.statements.model import Line, Statement, StatementFile

GOLDEN = Path(__file__).parents[2] / "golden" / "qif"


def entry(**fields: str) -> str:
    lines = {"D": "2024-01-31", "T": "-12.50"} | fields
    return "".join(f"{code}{text}\n" for code, text in lines.items()) + "^\n"


def register(*entries: str, header: str = "!Type:Bank\n") -> str:
    return header + "".join(entries)


def read(text: str, currency: str | None = "EUR", mapping: Mapping | None = None) -> StatementFile:
    return read_statement_file(text.encode(), default_currency=currency, mapping=mapping)


def only(found: StatementFile) -> Statement:
    assert len(found.statements) == 1
    return found.statements[0]


def line(**fields: str) -> Line:
    (found,) = only(read(register(entry(**fields)))).lines
    return found


def refusal(text: str, currency: str | None = "EUR") -> UnreadableStatement:
    with pytest.raises(UnreadableStatement) as caught:
        read(text, currency)
    return caught.value


def dates_of(*written: str) -> list[dt.date]:
    found = only(read(register(*(entry(D=text) for text in written))))
    return [one.date for one in found.lines]


def amounts_of(*written: str, currency: str = "EUR") -> list[int]:
    found = only(read(register(*(entry(T=text) for text in written)), currency))
    return [one.amount_minor for one in found.lines]


@pytest.mark.parametrize(
    "text",
    [
        "!Type:Bank\n",
        "!account\r\nNx\r\n",
        "# note\n\n^\n!Type:Cat\n",
        "\ufeff!Option:AutoSwitch\n",
    ],
)
def test_qif_is_told_by_its_first_header(text: str) -> None:
    assert qif_module.recognises(Head(text.encode(), text))


@pytest.mark.parametrize("text", ["", "!important\n", "Date,Amount\n!Type:Bank\n", "D1/1/24\n"])
def test_other_files_are_not_taken_for_qif(text: str) -> None:
    assert not qif_module.recognises(Head(text.encode(), text))


@pytest.mark.parametrize(
    "written",
    ["1/31'04", "1/31' 4", "1/31/2004", "01.31.04", "1/31/ 4", "1/31/04", " 1/31/4", "1-31-2004",
     "1/31'2004", "01/31-'04"],
)  # fmt: skip
def test_month_first_dates_in_every_habit(written: str) -> None:
    assert dates_of(written) == [dt.date(2004, 1, 31)]


@pytest.mark.parametrize(
    "written", ["31/01/2004", "31.1.04", "31/ 1' 4", "2004-01-31", "2004/1/31"]
)
def test_day_first_and_iso_dates(written: str) -> None:
    assert dates_of(written) == [dt.date(2004, 1, 31)]


def test_two_digit_years_after_a_slash_may_be_of_both_centuries() -> None:
    assert dates_of("1/31/98", "1/31/04") == [dt.date(1998, 1, 31), dt.date(2004, 1, 31)]


def test_one_date_decides_for_the_whole_file_even_the_last() -> None:
    found = dates_of(*["01/02/2024"] * 3_000, "13/02/2024")
    assert set(found[:3_000]) == {dt.date(2024, 2, 1)}


def test_open_dates_are_refused_with_both_readings() -> None:
    error = refusal(register(entry(D="05/05/2024"), entry(D="01/02/2024")))
    assert "1 February 2024 (day first) or 2 January 2024 (month first)" in error.reason
    assert error.line == 5


def test_dates_that_mean_the_same_either_way_are_no_question() -> None:
    assert dates_of("05/05/2024") == [dt.date(2024, 5, 5)]


def test_points_mean_day_first_unless_a_date_says_otherwise() -> None:
    assert dates_of("01.02.2024") == [dt.date(2024, 2, 1)]
    assert dates_of("01.02.2024", "01.31.2024")[0] == dt.date(2024, 1, 2)


def test_six_days_in_order_under_one_reading_only_decide() -> None:
    written = ["01/05/2024", "01/09/2024", "02/03/2024", "02/10/2024", "03/02/2024", "04/01/2024"]
    assert dates_of(*written)[-1] == dt.date(2024, 4, 1)
    assert "could be" in refusal(register(*(entry(D=text) for text in written[:5]))).reason


def test_dates_that_contradict_each_other_are_refused() -> None:
    error = refusal(register(entry(D="31/01/2024"), entry(D="01/31/2024")))
    assert "'01/31/2024'" in error.reason
    assert error.line == 5


def test_two_digit_years_that_may_stand_first_are_refused() -> None:
    assert "year first" in refusal(register(entry(D="24-01-15"), entry(D="24-01-16"))).reason


@pytest.mark.parametrize(
    "written", ["02/30/2024", "2024-02-30", "13/13/2024", "yesterday", "1/31'"]
)
def test_days_that_do_not_exist_are_refused_with_their_line(written: str) -> None:
    assert refusal(register(entry(), entry(D=written))).line == 5


@pytest.mark.parametrize(
    ("written", "minor"),
    [
        (["1,234.56", "1,000"], [123_456, 100_000]),
        (["1.234,56", "1.000", "-7"], [123_456, 100_000, -700]),
        (["-12,5", "+3"], [-1_250, 300]),
        (["1 234,50", "12"], [123_450, 1_200]),
        (["12", "-7"], [1_200, -700]),
        (["12.5000"], [1_250]),
        ([".5", "-0.00"], [50, 0]),
    ],
)
def test_amounts_are_read_exactly(written: list[str], minor: list[int]) -> None:
    assert amounts_of(*written) == minor


def test_open_amounts_are_refused_with_both_readings() -> None:
    error = refusal(register(entry(T="5"), entry(T="1,234")))
    assert "'1,234' could be 1234 or 1.234" in error.reason
    assert error.line == 6


def test_amounts_with_both_marks_as_decimals_are_refused() -> None:
    error = refusal(register(entry(T="12.50"), entry(T="12,50")))
    assert "T '12,50' cannot be read with a decimal point" in error.reason
    assert error.line == 6


@pytest.mark.parametrize("written", ["1.2.3", "NaN", "12-", "$12.00", "1e3", "1" * 40, "12.345"])
def test_amounts_that_need_a_guess_are_refused(written: str) -> None:
    error = refusal(register(entry(), entry(T=written)))
    assert (error.line, error.reason[:1]) == (6, "T")


def test_yen_have_no_decimals_and_dinars_three() -> None:
    assert amounts_of("1200", "-1,200,000", currency="JPY") == [1200, -1_200_000]
    assert amounts_of("1.234", "0.5000", currency="KWD") == [1234, 500]


def test_a_mapping_settles_what_the_file_leaves_open() -> None:
    text = register(entry(D="01/02/2024", T="1,234"))
    mapping = Mapping(date_order=DateOrder.MONTH_FIRST, decimal_mark=DecimalMark.POINT)
    (found,) = only(read(text, mapping=mapping)).lines
    assert (found.date, found.amount_minor) == (dt.date(2024, 1, 2), 123_400)


def test_texts_and_references_are_kept_apart() -> None:
    found = line(N="1201", P="Corner  Shop", M="weekly", C="X", A="Main St", L="Food", F="X", Z="z")
    assert (found.check_number, found.counterparty) == ("1201", "Corner Shop")
    assert found.description == "Corner Shop weekly"
    assert found.description_received == "Corner  Shop weekly"
    assert found.extra == (("C", "X"), ("A", "Main St"), ("L", "Food"), ("F", "X"), ("Z", "z"))


@pytest.mark.parametrize(
    ("number", "check", "reference", "code"),
    [("12", "12", None, None), ("DEP", None, None, "DEP"), ("RF 7", None, "RF 7", None),
     ("", None, None, None)],
)  # fmt: skip
def test_a_number_is_a_check_a_kind_or_a_reference(
    number: str, check: str | None, reference: str | None, code: str | None
) -> None:
    found = line(N=number)
    assert (found.check_number, found.customer_reference, found.transaction_code) == (
        check,
        reference,
        code,
    )


def test_a_transfer_names_the_other_account() -> None:
    found = line(L="[Savings]/Home")
    assert (found.counterparty_account, found.extra) == ("Savings", (("L", "[Savings]/Home"),))


def test_an_amount_may_stand_under_u_alone_or_differ_there() -> None:
    assert only(read(register("D2024-01-31\nU5.00\n^\n"))).lines[0].amount_minor == 500
    assert line(U="-12.5").extra == (("U", "-12.5"),)
    assert line(U="-12.50").extra == ()


SPLIT = "D2024-01-31\nT-10.00\nPShop\nL--Split--\nSFood\nEbread\n$-9.00\nS[Savings]\n$-1.00\n^\n"


def test_splits_are_details_and_are_added_up() -> None:
    found = only(read(register(SPLIT)))
    (one,) = found.lines
    assert [(part.amount_minor, part.description) for part in one.details] == [
        (-900, "bread"),
        (-100, ""),
    ]
    assert one.details[0].extra == (("S", "Food"),)
    assert one.details[1].counterparty_account == "Savings"
    assert one.counterparty_account is None
    assert (found.checked, found.breaks) == (("sum of splits",), ())


def test_splits_that_do_not_add_up_are_a_break_where_they_stand() -> None:
    found = only(read(register(entry(), SPLIT.replace("$-1.00", "$-2.00"))))
    (broken,) = found.breaks
    assert (broken.total, broken.expected, broken.found) == ("sum of splits", "-11.00", "-10.00")
    assert (broken.position, found.checked) == (5, ())


def test_splits_without_amounts_prove_nothing() -> None:
    found = only(read(register("D2024-01-31\nT-10.00\nSFood\n%60%\nSFun\n%40%\n^\n")))
    assert [part.amount_minor for part in found.lines[0].details] == [None, None]
    assert (found.checked, found.breaks) == ((), ())


def test_an_opening_balance_is_no_line() -> None:
    opening = entry(T="100.00", P="Opening Balance", L="[Checking]")
    found = only(read(register(opening, entry())))
    assert [(one.index, one.amount_minor) for one in found.lines] == [(0, -1250)]
    assert (found.opening_balance_minor, found.closing_balance_minor) == (10_000, 8_750)
    assert ("opening balance", "2024-01-31") in found.extra


@pytest.mark.parametrize(
    "entries",
    [
        (entry(), entry(P="Opening Balance", L="[Checking]")),
        (entry(P="Opening Balance", L="Food"), entry()),
        (entry(P="Opening Balance of the shop", L="[Checking]"), entry()),
    ],
    ids=["not the first", "no account", "another payee"],
)
def test_what_only_resembles_an_opening_balance_is_a_line(entries: tuple[str, ...]) -> None:
    found = only(read(register(*entries)))
    assert (len(found.lines), found.opening_balance_minor) == (2, None)


def account(balance: str, day: str) -> str:
    return f"!Account\nNChecking\nTBank\n/{day}\n${balance}\n^\n!Type:Bank\n"


def test_a_statement_balance_of_the_last_day_is_the_closing_balance() -> None:
    found = only(read(register(entry(), header=account("87.50", "2024-01-31"))))
    assert (found.opening_balance_minor, found.closing_balance_minor) == (10_000, 8_750)
    assert found.checked == ()


def test_a_statement_balance_of_an_earlier_day_is_only_kept() -> None:
    found = only(read(register(entry(), header=account("87.50", "2024-01-30"))))
    assert found.closing_balance_minor is None
    assert ("$", "87.50") in found.extra


def test_a_statement_balance_that_the_lines_do_not_meet_is_a_break() -> None:
    opening = entry(T="100.00", P="Opening Balance", L="[Checking]")
    met = only(read(register(opening, entry(), header=account("87.50", "2024-01-31"))))
    assert (met.checked, met.breaks) == (("opening + lines = closing",), ())
    missed = only(read(register(opening, entry(), header=account("88.50", "2024-01-31"))))
    assert [one.total for one in missed.breaks] == ["closing balance"]


def test_each_register_is_a_statement_of_its_account() -> None:
    text = "!Account\nNOne\nTBank\n^\n!Type:Bank\n" + entry() * 2
    text += "!Account\nNTwo\nTCCard\n^\n!Type:CCard\n" + entry(T="7")
    found = read(text).statements
    assert [(one.account.id, one.account.type, len(one.lines)) for one in found] == [
        ("One", "bank", 2),
        ("Two", "ccard", 1),
    ]
    assert found[1].lines[0].index == 0


def test_the_list_of_all_accounts_names_none_of_them() -> None:
    text = "!Option:AutoSwitch\n!Account\nNOne\n^\nNTwo\n^\n!Clear:AutoSwitch\n!Account\nNOne\n^\n"
    assert only(read(text + register(entry()))).account.id == "One"


def test_other_sections_are_named_and_cost_no_line() -> None:
    found = only(read(register(entry()) + "!Type:Cat\nNFood\nDfor us\nE\n^\n!Type:Tag\nNx\n^\n"))
    assert len(found.lines) == 1
    assert any("categories (!Type:Cat)" in text for text in found.warnings)
    assert any("section !type:tag" in text for text in found.warnings)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("!Type:Invst\nD1/31'04\nNBuy\n^\n", "investment entries (!Type:Invst)"),
        ("!Type:Cat\nNFood\n^\n!Type:Invst\nNBuy\n^\n", "investment entries (!Type:Invst)"),
        ("!Type:Cat\nNFood\n^\n", "a list of categories"),
        ("!Account\nNOne\n^\n", "account descriptions"),
        ("!Option:AutoSwitch\n", "no section"),
    ],
)
def test_qif_without_a_register_is_refused_by_name(text: str, named: str) -> None:
    assert named in refusal(text).reason


def test_an_empty_register_is_a_statement_without_lines() -> None:
    found = read("!Type:Bank\n")
    assert only(found).lines == ()
    assert any("no entries" in warning for warning in found.warnings)


def test_a_missing_currency_is_reported() -> None:
    found = read(register(entry()), currency=None)
    assert only(found).account.currency is None
    assert any("no currency" in warning for warning in found.warnings)


@pytest.mark.parametrize("end", ["", "P", "PShop", "PShop\n", "PShop\nMx\n"])
def test_an_entry_without_its_end_is_refused(end: str) -> None:
    error = refusal(register(entry(), "D2024-02-01\nT-5.00\n" + end))
    assert ("not ended by ^" in error.reason, error.line) == (True, 5)
    error = refusal(register(entry(), "D2024-02-01\nT-5.00\n!Type:Cat\n"))
    assert ("not ended by ^" in error.reason, error.line) == (True, 5)


def test_the_last_line_needs_no_line_end() -> None:
    assert len(only(read(register(entry(), entry())[:-1])).lines) == 2


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ("T1.00\nPx\n^\n", "no date (D)"),
        ("D2024-01-31\nPx\n^\n", "no amount (T)"),
        ("D2024-01-31\nD2024-01-30\nT1.00\n^\n", "two different D"),
        ("D2024-01-31\nT1.00\n?x\n^\n", "begins with '?'"),
        ("D2024-01-31\nT1.00\nSa\n$1.00\nPx\nSb\n$0\n^\n", "stands apart"),
        ("D2024-01-31\nT1.00\nSa\n$1.00\n$2.00\n^\n", "two different $"),
        ("D2024-01-31\nT1.00\n^garbage\n", "begins with '^'"),
    ],
)
def test_damaged_entries_are_refused(entries: str, reason: str) -> None:
    error = refusal(register(entry(), entries, entry()))
    assert reason in error.reason
    assert error.line is not None
    assert error.line >= 5


def test_entries_outside_of_a_register_are_refused() -> None:
    error = refusal("!Option:AutoSwitch\nD2024-01-31\nT1.00\n^\n" + register(entry()))
    assert ("!Type:Bank is expected" in error.reason, error.line) == (True, 2)


def test_blank_entries_and_lines_are_passed_over() -> None:
    found = only(read(register("^\n", "\n", entry(), "\n^\n", entry())))
    assert [one.position for one in found.lines] == [4, 9]


def test_blanks_after_the_last_entry_are_no_part_of_the_file() -> None:
    assert len(only(read(register(entry()) + "\n" * 2_000_000)).lines) == 1
    late = refusal(register(entry()) + "\n" * 2_000_000 + "T1\n^\n")
    assert (late.line, "no date" in late.reason) == (2_000_005, True)


def test_a_line_that_is_wrong_after_thousands_is_refused_with_its_own_line() -> None:
    entries = [entry(P=f"Shop {number}") for number in range(3_000)]
    entries[2_500] = entry(D="2024-02-30", P="x")
    assert refusal(register(*entries)).line == 2 + 2_500 * 4


def events(data: bytes, chunk: int) -> list[tuple[list[Line], Summary]]:
    """Read a file that arrives in pieces of a few bytes."""

    class Trickle(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(chunk, size or chunk))

    found: list[tuple[list[Line], Summary]] = []
    lines: list[Line] = []
    for event in qif_module.read(Source(lambda: Trickle(data)), NO_OPTIONS):
        if isinstance(event, Summary):
            found.append((lines, event))
            lines = []
        else:
            lines += event
    return found


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 16, 61, 300])
@pytest.mark.parametrize(
    "name", ["quicken_us_with_splits.qif", "several_accounts.qif", "card_iso_dates.qif"]
)
def test_how_a_file_arrives_does_not_matter(name: str, chunk: int) -> None:
    data = (GOLDEN / name).read_bytes()
    assert events(data, chunk) == events(data, len(data))


FIELDS = {
    "D": ["01/31/2024", "2/ 1'24", " 02/02/24", "2024-02-03", "02/30/2024", ""],
    "T": ["-12.50", "5", "1,234.56", "+.5", " 7.25 ", "12,50", "1e3", "-0"],
    "U": ["-12.50", "5.00", ""],
    "C": ["X", "*", "", " "],
    "N": ["12", "DEP", "R 7", ""],
    "P": ["Shop", "two  words", "tab\tx", " \u00a0nbsp", "", "caret ^"],
    "M": ["Shop in town", "memo", "^ memo", ""],
    "A": ["Main St\nASalem", "\nASalem", "x\nA\nAy"],
    "L": ["Food", "[Savings]", "[]", " [A b]/c"],
    "S": [
        "Food\nEbread\n$-12.50",
        "a\n$1.00\nSb\n$4.00",
        "[Savings]\n%50%",
        "a\n$x",
        "a\nD1/1\n$5",
    ],
    "F": ["X", ""],
    "Z": ["more", ""],
}
USUAL = {code: values[:2] for code, values in FIELDS.items()}


@st.composite
def registers(draw: st.DrawFn) -> str:
    """Entries that mostly share an order of letters, and now and then do not."""
    order = draw(st.permutations(list(FIELDS)))
    written = []
    for _ in range(draw(st.integers(1, 8))):
        chosen = draw(st.sampled_from([USUAL] * 9 + [FIELDS]))
        codes = [code for code in order if code in {"D", "T"} or draw(st.booleans())]
        codes = draw(st.sampled_from([codes] * 12 + [codes[::-1], [*codes, *codes[:1]]]))
        texts = (f"{code}{draw(st.sampled_from(chosen[code]))}\n" for code in codes)
        end = draw(st.sampled_from(["^\n"] * 9 + ["^ \n", "^\n\n", "^\n^\n"]))
        written.append("".join(texts) + end)
    return "".join(written)


@given(entries=registers())
@settings(max_examples=300, deadline=None)
def test_many_at_once_and_one_by_one_give_the_same(entries: str) -> None:
    text = register("D01/31/2024\nT-1.00\n^\n", entries * 3)

    def outcome() -> object:
        try:
            return read(text).statements
        except UnreadableStatement as error:
            return (error.reason, error.line)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Form, "rows", lambda _self, _text, start, _end: ([], start))
        patched.setattr("shared.statements.qif_entries.ONE_BY_ONE_MAX", 3)
        one_by_one = outcome()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("shared.statements.qif_entries.ONE_BY_ONE_MAX", 1)
        assert outcome() == one_by_one


def test_the_usual_form_is_learned_and_used() -> None:
    """Without it the test above would compare one way of reading with itself."""
    used: list[int] = []
    rows_of = Form.rows

    def counted(self: Form, text: str, start: int, end: int) -> tuple[list[tuple[str, ...]], int]:
        rows, read_to = rows_of(self, text, start, end)
        used.append(len(rows))
        return rows, read_to

    entries = [
        entry(**({"N": "7", "S": "a\n$-12.50"} if number % 5 == 0 else {"P": "p", "M": "m"}))
        for number in range(200)
    ]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Form, "rows", counted)
        assert len(only(read(register(*entries))).lines) == 200
    assert sum(used) >= 160


@pytest.mark.parametrize(
    "text",
    [
        register("A" + "x\nA" * 500_000),
        register("D2024-01-31\nT1\n" + "Sa\n$1\n" * 300_000 + "^\n"),
        register("P" + "x" * 2_000_000),
        register("D2024-01-31\nT" + "1" * 900_000 + "\n^\n"),
        "!Type:" + "x" * 500_000 + "\n",
        "!Account\n" + "Nx\n" * 500_000,
        "!Account\n"
        + "".join(f"{chr(200 + n)}x\n" for n in range(500))
        + "^\n"
        + register(entry()),
        "#\n" * 500_000 + "x\n",
        "!Type:Bank\n" * 100_000,
    ],
    ids=[
        "address",
        "splits",
        "line",
        "digits",
        "header",
        "account",
        "fields",
        "notes",
        "registers",
    ],
)
def test_hostile_files_are_refused_in_bounded_time(text: str) -> None:
    refusal(text)
