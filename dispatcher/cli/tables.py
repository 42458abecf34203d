"""Tables for people, and how numbers are shown to them."""

import time
from collections.abc import Iterable, Sequence

from dispatcher.cli.saying import say
from dispatcher.reports.wording import printable, shown_clock


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under headings; plain when piped."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        table.add_column(column, overflow="fold", no_wrap=number == 0)
    for row in rows:
        # A recording may be called "talk [final]", which rich would take for markup.
        table.add_row(*(Text(printable(str(cell))) for cell in row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    console.print(table)


def shown_seconds(seconds: float | None) -> str:
    """A length such as 1:02:03."""
    if seconds is None:
        return ""
    return shown_clock(round(seconds))


def shown_time(moment: float | None) -> str:
    """A local time."""
    return "" if moment is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


def print_facts(facts: Iterable[tuple[str, object]]) -> None:
    """Print names and values, one a line; what is empty is left out."""
    for name, value in facts:
        if value not in ("", None):
            say(f"{name:<12} {value}")
