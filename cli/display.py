"""Reconciliations in a terminal: progress while they run, and everything in them after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.panel import Panel
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from shared.money import to_decimal

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

STAGES = {
    "pending": (0, "waiting"),
    "processing": (1, "matching"),
    "ai_matched": (3, "matched"),
    "in_review": (3, "in review"),
    "completed": (4, "completed"),
    "failed": (4, "failed"),
}
STAGES_TOTAL = 4

STYLES = {"approved": "green", "proposed": "yellow"}


def progress_bars(console: Console) -> Progress:
    """Return a progress display with one bar a reconciliation."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description:<26}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[stage]:<10}"),
        TimeElapsedColumn(),
        console=console,
    )


def stage_of(reconciliation: dict[str, Any]) -> tuple[int, str]:
    """Return how far a reconciliation is, of ``STAGES_TOTAL``, and in words."""
    return STAGES[reconciliation["status"]]


def money(amount_minor: int, currency: str) -> str:
    """Return an amount with thousands marks and its currency's decimals."""
    return f"{to_decimal(amount_minor, currency):,f}"


def matches_table(whole: dict[str, list[Any]], currency: str) -> Table:
    """Return the matches of a reconciliation with their reasons."""
    table = Table(title="Matches", title_justify="left", expand=True, pad_edge=False)
    table.add_column("Bank", no_wrap=True)
    table.add_column("Statement line", ratio=3)
    table.add_column("Amount", justify="right", no_wrap=True)
    table.add_column("Book entry", ratio=3)
    table.add_column("Conf.", justify="right", no_wrap=True)
    table.add_column("Status", no_wrap=True)
    table.add_column("Because", ratio=4)
    for match in whole["matches"]:
        lines = match["statement_txns"]
        table.add_row(
            lines[0]["datetime"][5:],
            "\n".join(_text(line) for line in lines),
            money(match["amount"], currency),
            "\n".join(f"{one['datetime'][5:]} {_text(one)}" for one in match["ledger_txns"]),
            f"{match['confidence']:.2f}",
            f"[{STYLES[match['status']]}]{match['status']}[/]",
            "; ".join(match["reasons"]),
        )
    return table


def open_table(whole: dict[str, list[Any]], currency: str) -> Table:
    """Return what is left: ties with every candidate, lines without match, outstanding entries."""
    table = Table(title="Left for a person", title_justify="left", expand=True, pad_edge=False)
    table.add_column("What", no_wrap=True)
    table.add_column("Date", no_wrap=True)
    table.add_column("Text", ratio=3)
    table.add_column("Amount", justify="right", no_wrap=True)
    table.add_column("Candidates, equally good", ratio=4)
    for tie in whole["ambiguous"]:
        line = tie["statement_txn"]
        named = [
            " + ".join(_text(entry) for entry in candidate["ledger_txns"])
            + f" ({candidate['confidence']:.2f})"
            for candidate in tie["candidates"]
        ]
        table.add_row(
            "[yellow]tie[/]", line["datetime"], _text(line), money(line["amount"], currency),
            "\n".join(named),
        )  # fmt: skip
    for line in whole["unmatched_statement_txns"]:
        table.add_row(
            "[red]not in the books[/]", line["datetime"], _text(line),
            money(line["amount"], currency), "",
        )  # fmt: skip
    for entry in whole["unmatched_ledger_txns"]:
        table.add_row(
            "outstanding", entry["datetime"], _text(entry), money(entry["amount"], currency), ""
        )
    return table


def proof_panel(balance: dict[str, Any], currency: str) -> RenderableType:
    """Return the balance proof as an accountant writes it."""
    grid = Table.grid(padding=(0, 3))
    grid.add_column()
    grid.add_column(justify="right")
    for label, name in (
        ("Opening balance", "opening_balance"),
        ("Cleared movements", "net_matched"),
        ("Closing balance of the bank", "closing_balance"),
        ("Difference", "difference"),
        ("Outstanding in the books", "outstanding"),
        ("Balance of the books", "book_balance"),
        ("Bank's closing with the outstanding", "adjusted_bank_balance"),
    ):
        grid.add_row(label, money(balance[name], currency))
    proven = balance["is_balanced"]
    return Panel(
        grid,
        title="Balance proof: " + ("[green]proven[/]" if proven else "[yellow]not proven yet[/]"),
        title_align="left",
        expand=False,
    )


def show(
    console: Console,
    reconciliation: dict[str, Any],
    whole: dict[str, list[Any]],
    balance: dict[str, Any],
) -> None:
    """Print everything there is to know of a reconciliation."""
    currency = reconciliation["currency"]
    summary = reconciliation["summary"]
    console.rule(
        f"Reconciliation {reconciliation['sequence_number']}  "
        f"{reconciliation['start_date'][:10]} to {reconciliation['end_date'][:10]}  "
        f"{currency}  {stage_of(reconciliation)[1]}",
        align="left",
    )
    console.print(
        f"{summary['total']} lines: {summary['machine_matched']} matched by machine, "
        f"{summary['proposed']} proposed, {summary['ambiguous']} tied, "
        f"{summary['unmatched']} without match"
    )
    for warning in reconciliation["warnings"]:
        console.print(f"[yellow]{warning}[/]")
    console.print(matches_table(whole, currency))
    if any(whole[name] for name in whole if name != "matches"):
        console.print(open_table(whole, currency))
    console.print(proof_panel(balance, currency))
    for finding in balance["findings"]:
        console.print(f"[yellow]{finding}[/]")


def _text(one: dict[str, Any]) -> str:
    counterparty, description = one["counterparty"] or "", one["description"] or ""
    if counterparty.casefold() in description.casefold():
        return description
    return ", ".join(part for part in (counterparty, description) if part)
