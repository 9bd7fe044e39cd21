"""``tieout up``: a local stack that keeps running, with a business to try it on."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from cli.connection import Connection, stores_of_local
from cli.local.stack import EmulatorDidNotStart, up, write_facts
from cli.provision import bank_ledger, provision, read_books
from cli.toolchain import PROJECT, ToolFailed, ToolMissing

if TYPE_CHECKING:
    import argparse

    from cli.local.stack import LocalStack

EXAMPLES = PROJECT / "examples"
FAILED = 1


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments: none."""


def run(_arguments: argparse.Namespace) -> int:
    """Deploy, provision, write ``.tieout/local.json`` and print how to call the API."""
    try:
        stack = up(progress=lambda what: print(f"{what} …", flush=True))
    except (EmulatorDidNotStart, ToolFailed, ToolMissing) as error:
        print(f"tieout up: {error}", file=sys.stderr)
        return FAILED
    facts, samples = prepare(stack)
    write_facts(PROJECT, facts)
    for name in ("base_url", "token", "business_id", "business_number", "ledger_id"):
        print(f"{name:<16} {facts[name]}")
    print("\nThe samples of the four products' documents, to paste:")
    for title, command in curl_lines(facts, samples):
        print(f"\n# {title}\n{command}")
    print("\nAll of this is in .tieout/local.json. `tieout down` stops the stack.")
    return 0


def prepare(stack: LocalStack) -> tuple[dict[str, Any], dict[str, Any]]:
    """Create a business to try the stack on.

    ``ledger_id`` is a bank ledger that nothing was done with yet. The samples run on ledgers of
    their own, so that pasting them leaves it so.

    Returns:
        What goes into ``.tieout/local.json``, and the ids that the samples name.
    """
    stores = stores_of_local(stack)
    made = provision(stores, "Harbour Coffee Roasters", "USD")
    business = made.business
    ledger = bank_ledger(stores, business, "Operating account", "USD")
    sample = bank_ledger(stores, business, "Sample account", "USD")
    imported = bank_ledger(stores, business, "Sample reserve account", "EUR")
    uploaded = bank_ledger(stores, business, "Sample upload account", "EUR")
    facts = {
        **stack.facts(),
        "token": made.token,
        "business_id": business.id,
        "business_number": business.number,
        "ledger_id": ledger.id,
    }
    from cli.client import Client  # noqa: PLC0415 - loaded once the stack is there

    connection = Connection(stack.base_url, stack.host_header, made.token, business.id)
    with Client(connection) as client:
        for one, name in ((sample, "operating"), (imported, "reserve"), (uploaded, "reserve")):
            books = read_books(EXAMPLES / f"{name}-books-2026-01.csv")
            client.post("/transactions/bulk", {"ledger_id": one.id, "transactions": books})
        key = f"statements/{business.id}/{sample.id}/january.ofx"
        stores.objects.write_statement(
            key, (EXAMPLES / "operating-statement-2026-01.ofx").read_bytes()
        )
        opened = client.post(
            "/reconciliations",
            {
                "ledger_id": sample.id,
                "statement_s3_key": key,
                "start_date": "2026-01-01T00:00:00Z",
                "end_date": "2026-01-31T00:00:00Z",
            },
        )
        client.import_statement(imported.id, EXAMPLES / "reserve-statement-2026-01.csv")
    samples = {
        "ledger_id": sample.id,
        "statement_s3_key": key,
        "reconciliation_id": opened["id"],
        "reconciliation_number": opened["number"],
        "imported_ledger_id": imported.id,
        "upload_ledger_id": uploaded.id,
    }
    return facts, samples


def curl_lines(facts: dict[str, Any], samples: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the documents' own curl samples, filled in."""
    base = facts["base_url"]
    auth = [f"-H 'Authorization: Bearer {facts['token']}'"]
    if facts["host_header"]:
        auth.append(f"-H 'Host: {facts['host_header']}'")
    business = f"-H 'x-business-id: {facts['business_id']}'"

    def call(method: str, path: str, *parts: str, body: Any = None) -> str:
        lines = [f"curl -sS -X {method} '{base}{path}'", *auth, *parts]
        if body is not None:
            lines += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(body)}'"]
        return " \\\n  ".join(lines)

    return [
        (
            "Day Zero: create transaction",
            call(
                "POST",
                "/api/v1/transactions",
                business,
                body={
                    "amount": -1800,
                    "currency": "USD",
                    "datetime": "2026-01-30",
                    "description": "Monthly service fee",
                    "source_account_id": samples["ledger_id"],
                    "reconciled": False,
                },
            ),
        ),
        (
            "Day Zero: create reconciliation of a statement in S3",
            call(
                "POST",
                "/api/v1/reconciliations",
                business,
                body={
                    "ledger_id": samples["ledger_id"],
                    "statement_s3_key": samples["statement_s3_key"],
                    "start_date": "2026-01-01T00:00:00Z",
                    "end_date": "2026-01-31T00:00:00Z",
                },
            ),
        ),
        (
            "Day Zero: upload a statement",
            call(
                "POST",
                "/api/v1/reconciliations/upload",
                business,
                f"-F 'ledger_id={samples['upload_ledger_id']}'",
                f"-F 'file=@{EXAMPLES / 'reserve-statement-2026-01.csv'}'",
            ),
        ),
        (
            "Snapbooks: list reconciliations",
            call(
                "GET",
                f"/api/v2/reconciliations?client_account_id={facts['business_number']}"
                "&with=entries,entries.journal_entry_line,created_by",
            ),
        ),
        (
            "Teal: fetch a reconciliation",
            call(
                "GET",
                f"/v0/reconciliations/{samples['reconciliation_id']}",
                f"-H 'teal-instance-id: {facts['business_id']}'",
            ),
        ),
        (
            "AQNT: start reconciliation",
            call(
                "POST",
                "/v1/bank-reconciliation/reconcile",
                body={
                    "account_id": samples["imported_ledger_id"],
                    "start_date": "2026-01-01",
                    "end_date": "2026-01-31",
                },
            ),
        ),
        (
            "Snapbooks: delete a reconciliation (last, since the ones above name it)",
            call("DELETE", f"/api/v2/reconciliations/{samples['reconciliation_number']}"),
        ),
    ]
