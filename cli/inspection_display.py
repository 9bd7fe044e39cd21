"""What was inferred of a table, from which rows, in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.syntax import Syntax
from rich.table import Table

from cli.statement_display import amount_cell, short

if TYPE_CHECKING:
    from rich.console import Console

    from shared.statements.inspection import Inspection

REASON_CHARS_MAX = 400
"""Longest reason shown: one that names two readings is about 150 characters."""


def show(console: Console, found: Inspection, name: str) -> None:
    """Print how a table is read, part by part, and a mapping that states it.

    Args:
        console: Where to print.
        found: What the file says.
        name: What to call the file.
    """
    console.rule(f"[bold]{escape(name)}[/]  {escape(found.format)}", align="left")
    console.print(_findings(found))
    if found.columns:
        console.print(_columns(found))
    if found.lines:
        console.print(_lines(found))
    for text in found.warnings:
        console.print(f"[yellow]{escape(text)}[/]")
    if found.refused is not None:
        places = {"line": found.line, "column": found.column}
        where = ", ".join(f"{place} {at}" for place, at in places.items() if at is not None)
        console.print(
            f"[bold red]Refused:[/] {escape(found.refused)}" + (f" ({where})" if where else "")
        )
    if found.unsettled:
        console.print(
            f"[yellow]To settle in a mapping: {escape(', '.join(found.unsettled))}.[/] Save the "
            "one below, add what is missing, and give it with --mapping."
        )
    else:
        console.print("A mapping that states all of this, for --mapping:")
    console.print(Syntax(found.mapping.to_json(), "json", background_color="default"))


def _findings(found: Inspection) -> Table:
    table = Table(title="What was inferred", title_justify="left", expand=True, pad_edge=False)
    table.add_column("Part", no_wrap=True)
    table.add_column("Read as", ratio=3)
    table.add_column("Because", ratio=5)
    table.add_column("Also considered", ratio=3)
    for one in found.findings:
        value = escape(one.value) if one.settled else f"[yellow]{escape(one.value)}[/]"
        table.add_row(
            one.part if one.settled else f"[yellow]{one.part}?[/]",
            value,
            "\n".join(short(text, REASON_CHARS_MAX) for text in one.evidence),
            "\n".join(short(text) for text in one.others),
        )
    return table


def _columns(found: Inspection) -> Table:
    table = Table(title="Columns", title_justify="left", pad_edge=False)
    table.add_column("#", justify="right", style="dim")
    table.add_column("Header")
    table.add_column("Read as")
    table.add_column("For example")
    for one in found.columns:
        role = one.role or "[dim]kept as extra[/]"
        example = short(one.example) + (f" [dim](line {one.line})[/]" if one.line else "")
        table.add_row(str(one.number), short(one.name), role, example)
    return table


def _lines(found: Inspection) -> Table:
    table = Table(title="First lines as read", title_justify="left", pad_edge=False)
    table.add_column("Line", justify="right", style="dim")
    table.add_column("Booked")
    table.add_column("Amount", justify="right")
    table.add_column("Counterparty")
    table.add_column("Description")
    for line in found.lines:
        table.add_row(
            str(line.position),
            str(line.date),
            amount_cell(line, None),
            short(line.counterparty),
            short(line.description),
        )
    return table
