"""``tieout demo``: the main job on a stack of its own, from nothing to two locked reconciliations.

Two bank accounts of one business for January: an OFX statement dropped into S3, and a German CSV
posted to the API. Every step checks that it did what it says; the first that did not ends the
demo with exit code 1.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console

from cli.client import LOOK_SECONDS, Client, Refused
from cli.connection import Connection, stores_of_local
from cli.display import STAGES_TOTAL, progress_bars, show, stage_of
from cli.local.stack import EmulatorDidNotStart, LocalStack, local_stack
from cli.provision import bank_ledger, provision, read_books
from cli.toolchain import PROJECT, ToolFailed, ToolMissing

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from rich.progress import Progress, TaskID

    from shared.application.stores import Stores
    from shared.books.model import Business

EXAMPLES = PROJECT / "examples"
ARRIVAL_SECONDS_MAX = 60.0
CONSOLE_WIDTH = 120
"""Wide enough for a match and its reasons on few lines, also where there is no terminal."""

FAILED = 1
LOCKED = 409


class DemoFailed(RuntimeError):
    """A step did not do what it says."""


@dataclass(frozen=True, slots=True)
class Account:
    """One bank account of the demo: its ledger and what becomes of its statement."""

    title: str
    ledger_id: str
    reconciliation: dict[str, Any]


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: none."""


def run(_arguments: argparse.Namespace) -> int:
    """Run the demo on a stack of its own and remove the stack at the end."""
    console = Console(width=None if sys.stdout.isatty() else CONSOLE_WIDTH)
    began = time.monotonic()
    try:
        with local_stack(progress=lambda what: console.print(f"[dim]{what} …[/]")) as stack:
            deployed = time.monotonic() - began
            console.print(f"Deployed to the emulator in {deployed:.0f} s.")
            stores = stores_of_local(stack)
            made = provision(stores, "Harbour Coffee Roasters", "USD")
            connection = Connection(stack.base_url, stack.host_header, made.token, made.business.id)
            with Client(connection) as client:
                _main_job(console, stack, stores, made.business, client)
    except (DemoFailed, Refused, TimeoutError) as error:
        console.print(f"[red]The demo failed:[/] {error}")
        return FAILED
    except (EmulatorDidNotStart, ToolFailed, ToolMissing) as error:
        console.print(f"[red]The stack could not be deployed:[/] {error}")
        return FAILED
    console.print(f"[green]Every step did what it says[/], in {time.monotonic() - began:.0f} s.")
    return 0


def _main_job(
    console: Console, stack: LocalStack, stores: Stores, business: Business, client: Client
) -> None:
    operating = bank_ledger(stores, business, "Operating account", "USD")
    reserve = bank_ledger(stores, business, "Reserve account", "EUR")
    console.print(
        f"Business {business.name} (number {business.number}), a token, and two bank ledgers."
    )
    for ledger, name in ((operating, "operating"), (reserve, "reserve")):
        books = read_books(EXAMPLES / f"{name}-books-2026-01.csv")
        imported = client.post(
            "/transactions/bulk",
            {"ledger_id": ledger.id, "transactions": books},
            key=f"demo-{ledger.id}",
        )
        _expect(imported["count"] == len(books), "every book transaction is imported")
        console.print(f"Imported {len(books)} book transactions into {ledger.name}.")

    ofx = EXAMPLES / "operating-statement-2026-01.ofx"
    _drop(stack, business.id, operating.id, ofx)
    console.print(f"Dropped {ofx.name} into S3.")
    posted = client.upload(EXAMPLES / "reserve-statement-2026-01.csv", ledger_id=reserve.id)
    console.print("Posted a CSV statement of the other account to the API.")
    arrived = _await_arrival(client, operating.id)
    with progress_bars(console) as bars:
        accounts = [
            Account(title, ledger_id, _follow(client, bars, title, found))
            for title, ledger_id, found in (
                ("Operating account (OFX)", operating.id, arrived),
                ("Reserve account (CSV)", reserve.id, posted),
            )
        ]
    for account in accounts:
        console.print()
        console.print(f"[bold]{account.title}[/]")
        _expect(
            account.reconciliation["status"] == "ai_matched",
            f"{account.title} is matched ({account.reconciliation['failure_reason']})",
        )
        _show(console, client, account.reconciliation["id"])
    for account in accounts:
        console.print()
        console.print(f"[bold]{account.title}: what a person decides[/]")
        _decide(console, client, account)
        _complete(console, client, account)


def _drop(stack: LocalStack, business_id: str, ledger_id: str, file: Path) -> str:
    import boto3  # noqa: PLC0415 - it loads while the stack deploys anyway

    key = f"statements/{business_id}/{ledger_id}/{file.name}"
    s3 = boto3.client("s3", **stack.client_options())
    s3.put_object(Bucket=stack.outputs["StatementsBucket"], Key=key, Body=file.read_bytes())
    return key


def _await_arrival(client: Client, ledger_id: str) -> dict[str, Any]:
    """Return the reconciliation that a dropped statement becomes."""
    deadline = time.monotonic() + ARRIVAL_SECONDS_MAX
    while time.monotonic() < deadline:
        found = client.get("/reconciliations", ledger_id=ledger_id)["data"]
        if found:
            return dict(found[0])
        for statement in client.get("/statements", ledger_id=ledger_id)["data"]:
            _expect(statement["reason"] is None, f"the statement is taken ({statement['reason']})")
        time.sleep(LOOK_SECONDS)
    raise TimeoutError(f"The dropped statement was not taken in within {ARRIVAL_SECONDS_MAX} s.")


def _follow(client: Client, bars: Progress, title: str, found: dict[str, Any]) -> dict[str, Any]:
    bar: TaskID = bars.add_task(title, total=STAGES_TOTAL, stage="")

    def looked(at: dict[str, Any]) -> None:
        done, stage = stage_of(at)
        bars.update(bar, completed=done, stage=stage)

    return client.follow(found["id"], looked)


def _show(console: Console, client: Client, reconciliation_id: str) -> None:
    path = f"/reconciliations/{reconciliation_id}"
    show(
        console,
        client.get(path),
        client.matches(reconciliation_id),
        client.get(f"{path}/balance"),
    )


def _decide(console: Console, client: Client, account: Account) -> None:
    """Approve what a person would: proposals, one side of a tie, and what the books lacked."""
    path = f"/reconciliations/{account.reconciliation['id']}"
    whole = client.matches(account.reconciliation["id"])

    def approve(line: dict[str, Any], entry_ids: list[str], said: str) -> None:
        made = client.post(
            f"{path}/matches/approve",
            {"statement_txn_id": line["id"], "ledger_txn_ids": entry_ids},
        )
        _expect(made["status"] == "approved", "an approved match is approved")
        console.print(f"  approved: {said}")

    for match in whole["matches"]:
        if match["status"] == "proposed":
            line = match["statement_txns"][0]
            approve(line, match["ledger_txn_ids"], f"{line['description']}, as proposed")
    used: set[str] = set()
    for tie in whole["ambiguous"]:
        line = tie["statement_txn"]
        chosen = next(
            one for one in tie["candidates"] if not used.intersection(one["ledger_txn_ids"])
        )
        used.update(chosen["ledger_txn_ids"])
        named = chosen["ledger_txns"][0]
        approve(
            line,
            chosen["ledger_txn_ids"],
            f"{line['description']} is {named['counterparty'] or named['description']}, "
            f"says the deposit slip",
        )
    for line in whole["unmatched_statement_txns"]:
        entry = client.post(
            "/transactions",
            {
                "amount": line["amount"],
                "currency": line["currency"],
                "datetime": line["datetime"],
                "description": f"Bank: {line['description'].capitalize()}",
                "source_account_id": account.ledger_id,
            },
        )
        approve(line, [entry["id"]], f"{line['description']}, recorded in the books first")


def _complete(console: Console, client: Client, account: Account) -> None:
    """Complete, and show that the locked reconciliation refuses a change."""
    id_ = account.reconciliation["id"]
    done = client.post(f"/reconciliations/{id_}/complete")
    _expect(done["status"] == "completed", "a proven reconciliation completes")
    balance = client.get(f"/reconciliations/{id_}/balance")
    _expect(balance["is_balanced"] and balance["difference"] == 0, "its balance is proven")
    whole = client.matches(id_)
    first = whole["matches"][0]
    entry = client.get(f"/transactions/{first['ledger_txn_ids'][0]}")
    _expect(entry["reconciled"] is True, "its entries are reconciled")
    try:
        client.post(
            f"/reconciliations/{id_}/matches/reject",
            {"statement_txn_id": first["statement_txn_ids"][0]},
        )
    except Refused as refused:
        _expect(refused.status == LOCKED, f"a change is refused as locked ({refused})")
        console.print(f"[green]Completed.[/] A change is refused: {refused}")
    else:
        raise DemoFailed("A locked reconciliation took a change.")


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise DemoFailed(f"It does not hold that {what}.")
