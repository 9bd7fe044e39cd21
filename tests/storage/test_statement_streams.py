"""Statement files read as streams, and the lines of every format as they are stored."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from shared.access.model import SYSTEM
from shared.application.reconciliations import (
    reconcile_drop,
    reconcile_statement_key,
    reconcile_upload,
)
from shared.application.review import review
from shared.application.statement_files import ReadFile
from shared.application.statements import register, store_lines, take_in_drop, upload_statement
from shared.errors import BrokenTotal, IncompleteData, InvalidInput, TooLarge, UnreadableStatement
from shared.reconciliation.facts import StatementFacts
from shared.reconciliation.model import StatementLine, Terms
from shared.statements import registry
from shared.statements.model import Account, Break, Detail, Line, Summary
from shared.statements.options import Options
from shared.statements.registry import read_events
from shared.statements.source import Source
from shared.storage import objects, reconciliations
from tests.storage.conftest import NOW, REGION
from tests.storage.test_main_job import run_to_review

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared.access.model import Principal
    from shared.application.stores import Stores
    from shared.books.model import Business, Ledger
    from shared.statements.model import Event

GOLDEN = Path(__file__).parents[1] / "golden"
READ = sorted(
    path
    for path in GOLDEN.glob("*/*")
    if path.suffix not in (".json", ".pyc") and not path.name.startswith("refused_")
)
DAY = dt.date(2026, 1, 5)


def line(amount_minor: int, **values: Any) -> Line:
    return Line(0, DAY, None, amount_minor, None, "PAYMENT", "PAYMENT")._replace(**values)


@pytest.fixture
def holds(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let every file hold the given events."""

    def parsed_as(*events: Event) -> None:
        monkeypatch.setattr(registry, "read_events", lambda _source, _options: iter(events))

    return parsed_as


def summary(opening_minor: int | None, closing_minor: int | None, **values: Any) -> Summary:
    return Summary(
        format="mt940",
        account=Account("12345678", currency="USD"),
        opening_balance_minor=opening_minor,
        closing_balance_minor=closing_minor,
        **values,
    )


def drop(stores: Stores, ledger: Ledger, data: bytes = b"a statement") -> str:
    key = f"statements/{ledger.business_id}/{ledger.id}/january"
    stores.objects.write_statement(key, data)
    return key


def lines_of(stores: Stores, ledger: Ledger) -> list[StatementLine]:
    last = stores.books.last_number(ledger.business_id, "lines")
    return list(stores.reconciliations.lines_between(ledger.business_id, 0, last + 1000))


class Breaking(io.BytesIO):
    """A connection that is lost after so many bytes."""

    def __init__(self, data: bytes, breaks_at: int) -> None:
        super().__init__(data)
        self._breaks_at = breaks_at

    def read(self, size: int | None = -1) -> bytes:
        if self.tell() >= self._breaks_at:
            raise ReadTimeoutError(endpoint_url="s3")
        return super().read(min(size or 0, self._breaks_at - self.tell()))


@pytest.fixture
def unreliable(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str | None]]:
    """Let every connection to S3 break after so many bytes; the ranges asked for are noted."""

    def breaking(after: int) -> list[str | None]:
        ranges: list[str | None] = []
        client = objects._s3()

        class Client:
            def __getattr__(self, name: str) -> Any:
                return getattr(client, name)

            def get_object(self, **request: str) -> dict[str, Any]:
                ranges.append(request.get("Range"))
                found = client.get_object(**request)
                return {"Body": Breaking(found["Body"].read(), after)}

        monkeypatch.setattr(objects, "_s3", Client)
        monkeypatch.setattr(objects, "READ_PAUSE_SECONDS", 0)
        return ranges

    return breaking


def test_a_lost_connection_is_taken_up_where_it_broke_off(
    stores: Stores, ledger: Ledger, unreliable: Callable[[int], list[str | None]]
) -> None:
    data = bytes(range(256)) * 4000
    source = stores.objects.open_statement(drop(stores, ledger, data))
    assert source is not None
    ranges = unreliable(300_000)
    assert b"".join(source.chunks()) == data
    assert ranges == [None, "bytes=300000-", "bytes=600000-", "bytes=900000-"]
    assert source.head(10) == data[:10]


def test_a_connection_that_gives_nothing_is_an_error_that_is_run_again(
    stores: Stores, ledger: Ledger, unreliable: Callable[[int], list[str | None]]
) -> None:
    source = stores.objects.open_statement(drop(stores, ledger, b"x" * 1000))
    assert source is not None
    ranges = unreliable(0)
    with pytest.raises(IncompleteData, match="to byte 0 of 1000"):
        source.head()
    assert len(ranges) == objects.READ_TRIES


def test_an_unreliable_connection_never_refuses_a_statement(
    stores: Stores, ledger: Ledger, unreliable: Callable[[int], list[str | None]]
) -> None:
    """Archives and parsers turn errors of their own reading into refusals; this is not theirs."""
    for data in (b"Date,Amount\n2026-01-05,1.00\n", b"\x1f\x8b\x08" + b"x" * 99, b"PK\x03\x04" * 9):
        key = drop(stores, ledger, data)
        with pytest.MonkeyPatch.context():
            unreliable(0)
            with pytest.raises(IncompleteData):
                take_in_drop(stores, key, NOW)


def test_what_was_opened_is_read_though_another_file_replaces_it(
    stores: Stores, ledger: Ledger
) -> None:
    """The statements bucket keeps versions."""
    boto3.client("s3", region_name=REGION).put_bucket_versioning(
        Bucket="statements", VersioningConfiguration={"Status": "Enabled"}
    )
    key = drop(stores, ledger, b"first")
    source = stores.objects.open_statement(key)
    drop(stores, ledger, b"second")
    assert source is not None
    assert source.read(99) == b"first"
    boto3.client("s3", region_name=REGION).put_bucket_versioning(
        Bucket="statements", VersioningConfiguration={"Status": "Suspended"}
    )


def test_files_whose_storing_was_cut_short_by_a_replacement_can_both_be_sent_again(
    stores: Stores,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither is a duplicate of the refused one, which has half of the first's lines."""
    put = reconciliations._put_line
    puts = itertools.count()

    def put_or_die(one: StatementLine) -> None:
        if next(puts) >= 1:
            raise Killed
        put(one)

    first = b"Date,Description,Amount\n2026-01-05,A,1.00\n2026-01-06,B,2.00\n"
    second = first + b"2026-01-07,C,3.00\n"
    key = drop(stores, ledger, first)
    monkeypatch.setattr(reconciliations, "_put_line", put_or_die)
    with pytest.raises(Killed):
        take_in_drop(stores, key, NOW)
    monkeypatch.setattr(reconciliations, "_put_line", put)
    drop(stores, ledger, second)
    refused = take_in_drop(stores, key, NOW)
    assert refused is not None
    assert refused.status == "refused"

    def sent_as(name: str, data: bytes) -> str:
        other = f"{key}-{name}"
        stores.objects.write_statement(other, data)
        taken = take_in_drop(stores, other, NOW)
        assert taken is not None
        return taken.status

    assert sent_as("second", second) == "parsed"
    assert sent_as("first", first) == "duplicate"
    completed = stores.reconciliations.statement(ledger.business_id, refused.id)
    assert completed.status == "parsed"
    assert sorted(one.amount_minor for one in lines_of(stores, ledger)) == [100, 100, 200, 200, 300]


def test_a_file_replaced_while_it_is_read_is_refused_where_versions_are_not_kept(
    stores: Stores, ledger: Ledger
) -> None:
    key = drop(stores, ledger, b"first")
    source = stores.objects.open_statement(key)
    drop(stores, ledger, b"second")
    assert source is not None
    with pytest.raises(InvalidInput) as caught:
        source.read(99)
    assert caught.value.kind == "file_changed"


def test_an_empty_object_has_no_bytes_and_a_missing_one_is_no_source(
    stores: Stores, ledger: Ledger
) -> None:
    source = stores.objects.open_statement(drop(stores, ledger, b""))
    assert source is not None
    assert (source.size, source.head()) == (0, b"")
    assert stores.objects.open_statement("statements/b/l/none") is None


def test_a_broken_total_is_listed_with_its_line_and_leaves_no_lines(
    stores: Stores, ledger: Ledger, holds: Callable[..., None]
) -> None:
    broken = Break("closing balance", "13.50", "13.40", "they are 0.10 apart", 17)
    holds([line(350)] * 500, [line(-5)], summary(1000, 1340, breaks=(broken,)))
    refused = take_in_drop(stores, drop(stores, ledger), NOW)
    assert refused is not None
    assert (refused.status, refused.reason_line, refused.span) == ("refused", 17, None)
    for told in ("closing balance", "13.50", "13.40", "line 17"):
        assert told in str(refused.reason)
    assert lines_of(stores, ledger) == []
    assert stores.books.last_number(ledger.business_id, "lines") == 0


def test_a_file_that_proves_unreadable_at_its_end_leaves_no_lines(
    stores: Stores, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(_source: Source, _options: Options) -> Iterator[Event]:
        yield [line(350)] * 500
        raise UnreadableStatement("the file ends in the middle of an entry", line=501)

    monkeypatch.setattr(registry, "read_events", cut_off)
    refused = take_in_drop(stores, drop(stores, ledger), NOW)
    assert refused is not None
    assert (refused.status, refused.reason_line) == ("refused", 501)
    assert lines_of(stores, ledger) == []


def test_pending_lines_are_neither_stored_nor_counted(
    stores: Stores, ledger: Ledger, holds: Callable[..., None]
) -> None:
    holds([line(100), line(70, status="pending"), line(-30)], summary(0, 70))
    statement = take_in_drop(stores, drop(stores, ledger), NOW)
    assert statement is not None
    opened = reconcile_drop(stores, statement, NOW)
    assert opened is not None
    found = run_to_review(stores, opened)
    assert [one.amount_minor for one in lines_of(stores, ledger)] == [100, -30]
    assert (found.progress.lines, found.progress.lines_minor) == (2, 70)
    assert (found.opening_balance_minor, found.closing_balance_minor) == (0, 70)
    assert "1 pending line was left out" in statement.warnings[0]


def test_daily_statements_of_one_file_become_one(
    stores: Stores, ledger: Ledger, holds: Callable[..., None]
) -> None:
    holds([line(100)], summary(0, 100), [line(20), line(-5)], summary(100, 115))
    statement = take_in_drop(stores, drop(stores, ledger), NOW)
    assert statement is not None
    assert (statement.opening_balance_minor, statement.closing_balance_minor) == (0, 115)
    found = [(one.index, one.amount_minor) for one in lines_of(stores, ledger)]
    assert found == [(0, 100), (1, 20), (2, -5)]


class Killed(BaseException):
    """What ends a function in the middle: no ``except Exception`` meets it."""


def test_a_run_killed_at_any_block_is_carried_on_by_the_next(
    stores: Stores,
    ledger: Ledger,
    holds: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blocks = [[line(1 + i) for i in range(60)] for _ in range(4)]
    holds(*blocks, summary(None, None))
    key = drop(stores, ledger)
    put = reconciliations._put_line
    for dies_at in (0, 30, 61, 100):
        puts = itertools.count()

        def put_or_die(one: StatementLine, puts: Any = puts, dies_at: int = dies_at) -> None:
            if next(puts) >= dies_at:
                raise Killed
            put(one)

        monkeypatch.setattr(reconciliations, "_put_line", put_or_die)
        with pytest.raises(Killed):
            take_in_drop(stores, key, NOW)
    numbers_before = stores.books.last_number(ledger.business_id, "lines")
    there = len(lines_of(stores, ledger))
    written: list[int] = []
    monkeypatch.setattr(
        reconciliations, "_put_line", lambda one: (written.append(one.number), put(one))
    )
    statement = take_in_drop(stores, key, NOW)
    assert statement is not None
    assert statement.span is not None
    assert (statement.status, statement.span.count) == ("parsed", 240)
    assert stores.books.last_number(ledger.business_id, "lines") == numbers_before
    stored = lines_of(stores, ledger)
    assert [one.number for one in stored] == list(
        range(statement.span.first, statement.span.first + 240)
    )
    assert [one.index for one in stored] == list(range(240))
    assert there + len(written) == 240
    assert len({one.id for one in stored}) == 240


def test_storing_again_never_touches_a_claim(
    stores: Stores, ledger: Ledger, holds: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delivery that comes late finds its lines there, and writes them only if none is."""
    holds([line(1), line(2)], summary(None, None))
    key = drop(stores, ledger)
    take_in_drop(stores, key, NOW)
    stored = lines_of(stores, ledger)
    item = reconciliations.line_item(ledger.business_id, stored[0].id)
    item.update(actions=[reconciliations.LineItem.match_id.set("m1")])
    monkeypatch.setattr(
        reconciliations.Reconciliations, "_numbers_between", lambda *_given: iter(())
    )
    stores.reconciliations.add_lines(stored)
    assert [one.match_id for one in lines_of(stores, ledger)] == ["m1", None]


def test_a_batch_of_thousands_is_kept_whole_beside_its_line(
    stores: Stores, ledger: Ledger, holds: Callable[..., None]
) -> None:
    details = tuple(
        Detail(-1, "USD", f"SALARY {i}", f"Employee {i}", extra=(("Purp", "SALA"),))
        for i in range(5000)
    )
    extra = (("BtchBookg", "true"),)
    holds(
        [line(-5000, details=details, extra=extra), line(1, details=details[:3], extra=extra)],
        summary(None, None),
    )
    take_in_drop(stores, drop(stores, ledger), NOW)
    batch, small = lines_of(stores, ledger)
    assert batch.details_count == 5000
    assert 100 < len(batch.details) < 1000
    assert batch.details == details[: len(batch.details)]
    assert batch.record_key is not None
    record = stores.objects.read_record(batch.record_key)
    assert len(record["details"]) == 5000
    assert record["details"][4999][2:4] == ["SALARY 4999", "Employee 4999"]
    assert record["extra"] == [["BtchBookg", "true"]]
    assert batch.extra == extra
    assert (small.details, small.extra, small.record_key) == (details[:3], extra, None)


def test_the_longest_line_that_is_taken_fits_into_an_item(
    stores: Stores, ledger: Ledger, holds: Callable[..., None]
) -> None:
    """DynamoDB refuses items over 400 kB, and moto does as well."""
    names = ("description", "counterparty", "mandate_id", "end_to_end_id")
    widest = "\U0001f600" * 9_990
    inline = (("Note", "\U0001f600" * 9_900),) * 4
    holds([line(1, extra=inline, **dict.fromkeys(names, widest))], summary(None, None))
    statement = take_in_drop(stores, drop(stores, ledger), NOW)
    assert statement is not None
    (stored,) = lines_of(stores, ledger)
    assert (statement.status, stored.extra, stored.mandate_id) == ("parsed", inline, widest)


def test_one_member_with_very_much_text_is_kept_beside_its_line(
    stores: Stores, ledger: Ledger, holds: Callable[..., None]
) -> None:
    notes = (("Note", "\U0001f600" * 10_000),) * 40
    holds([line(1, details=(Detail(1, extra=notes),), extra=notes)], summary(None, None))
    take_in_drop(stores, drop(stores, ledger), NOW)
    (stored,) = lines_of(stores, ledger)
    assert (stored.details, stored.details_count, stored.extra) == ((), 1, ())
    record = stores.objects.read_record(str(stored.record_key))
    assert len(record["extra"]) == len(record["details"][0][-1]) == 40


def test_an_upload_takes_fewer_lines_than_a_drop(
    stores: Stores, ledger: Ledger, principal: Principal, holds: Callable[..., None]
) -> None:
    """The api function stores an import's lines while its client waits."""
    holds(*[[line(1)] * 500] * 21, summary(None, None))
    with pytest.raises(TooLarge, match="presigned upload"):
        upload_statement(stores, principal, ledger.business_id, ledger.id, "j", b"a", NOW)
    assert stores.books.last_number(ledger.business_id, "statements") == 0


def test_a_posted_key_of_few_bytes_and_many_lines_is_left_to_the_workflow(
    stores: Stores, ledger: Ledger, principal: Principal, holds: Callable[..., None]
) -> None:
    """A packed file may hold more lines than can be read while the caller waits."""
    holds(*[[line(0)] * 500] * 201, summary(None, None))
    key = drop(stores, ledger)
    terms = Terms(DAY, DAY, opening_balance_minor=0, closing_balance_minor=0)
    opened = reconcile_statement_key(
        stores, principal, ledger.business_id, ledger.id, key, None, terms, NOW
    )
    assert (opened.status, opened.spans) == ("processing", ())
    assert lines_of(stores, ledger) == []


def test_an_upload_with_a_broken_total_is_refused_at_once(
    stores: Stores, ledger: Ledger, principal: Principal, holds: Callable[..., None]
) -> None:
    broken = Break("number of entries", "2", "3", "one is missing")
    holds([line(1)], summary(0, 1, breaks=(broken,)))
    with pytest.raises(BrokenTotal):
        reconcile_upload(stores, principal, ledger.business_id, ledger.id, "j", b"a", Terms(), NOW)
    assert stores.books.last_number(ledger.business_id, "statements") == 0


def test_the_references_the_bank_gave_are_told_apart_and_matched_by(
    stores: Stores, ledger: Ledger, holds: Callable[..., None]
) -> None:
    given = line(
        12,
        end_to_end_id="INV-1",
        customer_reference="C-9",
        bank_reference="B-7",
        transaction_code="PMNT/RCDT/ESCT",
    )
    holds([given, line(5, check_number="77", customer_reference="C-10")], summary(0, 17))
    statement = take_in_drop(stores, drop(stores, ledger), NOW)
    assert statement is not None
    opened = reconcile_drop(stores, statement, NOW)
    assert opened is not None
    found = run_to_review(stores, opened)
    first, second = (one.line for one in review(stores, found.business_id, found.id, 9, None).lines)
    assert (first.reference, first.bank_reference, first.kind) == ("INV-1", "B-7", "pmnt/rcdt/esct")
    assert (second.reference, second.kind) == ("77", None)


def as_read(stored: StatementLine) -> Line:
    """Return a stored line as its parser gave it."""
    values = {
        name: getattr(stored, name) for name in Line._fields if name not in ("status", "index")
    }
    if stored.description_received is None:
        values["description_received"] = stored.description
    return Line(index=stored.index, **values)


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_every_golden_line_comes_back_from_the_store_as_it_was_read(
    stores: Stores, business: Business, ledger: Ledger, path: Path
) -> None:
    source = Source.of_path(path)
    ordinal = 0
    kept: list[Line] = []
    for event in read_events(source, Options("EUR")):
        if not isinstance(event, Summary):
            kept += [one for one in event if one.status == "booked"]
            continue
        facts = StatementFacts(
            account=event.account,
            period_start=None,
            period_end=None,
            opening_balance_minor=None,
            closing_balance_minor=None,
            lines_count=len(kept),
            net_minor=0,
            first_date=None,
            last_date=None,
            ordinals=(ordinal,),
        )
        sha256 = hashlib.sha256(f"{path}{ordinal}".encode()).hexdigest()
        statement = register(
            stores,
            SYSTEM,
            ledger,
            s3_key=f"{path}{ordinal}",
            filename=path.name,
            purpose="import",
            status="received",
            terms=Terms(),
            now=NOW,
        )
        stored = store_lines(
            stores, ledger, statement, ReadFile(source, "EUR", facts, "", (), sha256)
        )
        assert stored.span is not None
        found = [as_read(one) for one in stores.reconciliations.lines(business.id, [stored.span])]
        expected = [
            one._replace(index=index, currency=one.currency or ledger.currency)
            for index, one in enumerate(kept)
        ]
        assert found == expected
        ordinal += 1
        kept = []
    assert ordinal
