"""A statement file in a terminal: what the bank says, and whether it adds up."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from shared.money import to_decimal
from shared.statements.model import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rich.console import Console, RenderableType

    from shared.statements.model import Event, Summary

RIGHT = frozenset({"Amount", "Balance"})

TEXT_CHARS_MAX = 120
"""Longest text shown of a cell: a terminal shows a table, the JSON output shows everything."""


@dataclass(slots=True)
class Shown:
    """The first and last lines of a statement, and how many stand between them."""

    rows_max: int
    first: list[Line] = field(default_factory=list)
    last: deque[Line] = field(default_factory=deque)
    left_out: int = 0

    def add(self, line: Line) -> None:
        """Take the next line, keeping three quarters of the rows for the beginning."""
        if len(self.first) < self.rows_max - self.rows_max // 4:
            self.first.append(line)
            return
        self.last.append(line)
        if len(self.last) > self.rows_max // 4:
            self.last.popleft()
            self.left_out += 1


def show(console: Console, events: Iterable[Event], name: str, rows_max: int) -> bool:
    """Print each statement of a file; return whether every control total holds.

    Args:
        console: Where to print.
        events: The file, as ``read_events`` yields it; holds no more than ``rows_max`` lines.
        name: What to call the file.
        rows_max: Lines shown of one statement.
    """
    holds = True
    warnings: dict[str, None] = {}
    for number, (summary, shown) in enumerate(_statements(events, rows_max), start=1):
        currency = summary.account.currency
        title = f"{name}" if number == 1 else f"{name}, statement {number}"
        console.rule(f"[bold]{escape(title)}[/]  {escape(summary.format)}", align="left")
        console.print(_facts(summary))
        console.print(_table(shown, currency))
        for one in summary.breaks:
            where = f" (line {one.position})" if one.position else ""
            console.print(f"[bold red]Does not tie:[/] {escape(one.reason)}{where}")
        holds = holds and not summary.breaks
        warnings.update(dict.fromkeys(summary.warnings))
    for text in warnings:
        console.print(f"[yellow]{escape(text)}[/]")
    return holds


def _statements(events: Iterable[Event], rows_max: int) -> Iterator[tuple[Summary, Shown]]:
    shown = Shown(rows_max)
    for event in events:
        if isinstance(event, list):
            for line in event:
                shown.add(line)
        else:
            yield event, shown
            shown = Shown(rows_max)


def _money(amount_minor: int | None, currency: str | None) -> str:
    return "" if amount_minor is None else f"{to_decimal(amount_minor, currency):,f}"


def _facts(summary: Summary) -> RenderableType:
    account, currency = summary.account, summary.account.currency
    grid = Table.grid(padding=(0, 3))
    grid.add_column(style="dim")
    grid.add_column()
    grid.add_column(style="dim")
    grid.add_column(justify="right")
    period = [str(day) for day in (summary.period_start, summary.period_end) if day]
    named = " ".join(filter(None, (account.id, account.bank_id and f"({account.bank_id})")))
    left = [
        ("Account", named),
        ("Holder", account.holder),
        ("Statement", summary.identification),
        ("Period", " to ".join(dict.fromkeys(period))),
    ]
    right = [
        ("Opening balance", _money(summary.opening_balance_minor, currency)),
        (f"{summary.lines_count:,} lines", _money(summary.net_minor, currency)),
        ("Closing balance", _money(summary.closing_balance_minor, currency)),
        ("Currency", currency or "not named"),
    ]
    for (label, value), (other, amount) in zip(left, right, strict=True):
        grid.add_row(label, escape(value or "not named"), other, amount or "not named")
    return Panel(grid, title=_verdict(summary), title_align="left", expand=False)


def _verdict(summary: Summary) -> str:
    if summary.breaks:
        return "[bold red]does not tie[/]"
    if summary.checked:
        return f"[green]ties out:[/] {escape(', '.join(summary.checked))}"
    return "[yellow]the file states nothing its lines could be checked against[/]"


def _table(shown: Shown, currency: str | None) -> Table:
    lines = [*shown.first, *shown.last]
    columns: list[tuple[str, int | None, Callable[[Line], str]]] = [
        ("Booked", None, lambda line: str(line.date)),
        ("Value", None, _value_date),
        ("Amount", None, lambda line: amount_cell(line, currency)),
        ("Balance", None, lambda line: _money(line.running_balance_minor, line.currency)),
        ("Counterparty", 2, lambda line: short(line.counterparty)),
        ("Description", 4, lambda line: short(line.description) + _marks(line)),
        ("Reference", 2, lambda line: short(line.reference or line.bank_reference)),
        ("Code", None, lambda line: short(line.transaction_code)),
    ]
    table = Table(expand=True, pad_edge=False)
    table.add_column("#", justify="right", style="dim", no_wrap=True)
    filled: list[list[str]] = []
    for name, ratio, cell in columns:
        cells = [cell(line) for line in lines]
        if any(cells) or name == "Amount":
            justify: Literal["left", "right"] = "right" if name in RIGHT else "left"
            table.add_column(name, ratio=ratio, no_wrap=ratio is None, justify=justify)
            filled.append(cells)
    for position, line in enumerate(lines):
        if shown.left_out and position == len(shown.first):
            table.add_row("", f"[dim]… {shown.left_out:,} more[/]")
        table.add_row(f"{line.index + 1:,}", *(cells[position] for cells in filled))
    return table


def _value_date(line: Line) -> str:
    return str(line.value_date) if line.value_date and line.value_date != line.date else ""


def amount_cell(line: Line, currency: str | None) -> str:
    """Return a line's amount, with its currency where it is not the statement's own."""
    text = _money(line.amount_minor, line.currency)
    if line.currency and line.currency != currency:
        text += f" {line.currency}"
    return f"[red]{text}[/]" if line.amount_minor < 0 else f"[green]{text}[/]"


def _marks(line: Line) -> str:
    marks: list[str] = []
    if line.status != "booked":
        marks.append(line.status)
    if line.is_reversal:
        marks.append("reversal")
    if line.details:
        marks.append(f"{len(line.details)} details")
    if line.original_currency:
        original = _money(line.original_amount_minor, line.original_currency)
        marks.append(f"{original} {line.original_currency}".strip())
    return f" [dim]({escape(', '.join(marks))})[/]" if marks else ""


def short(text: str | None, chars_max: int = TEXT_CHARS_MAX) -> str:
    """Return a text for one cell, without markup of its own."""
    text = text or ""
    return escape(text if len(text) <= chars_max else text[: chars_max - 1] + "…")
