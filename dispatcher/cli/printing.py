"""Printing sections: in a terminal as wide as it is, elsewhere plain and never cut."""

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from dispatcher.reports.sections import Section
from storage.printable import printable, printable_lines

if TYPE_CHECKING:
    from rich.console import Console

#: Columns where nobody says how wide the page is.
_PAGE = 100


def print_sections(sections: Iterable[Section]) -> None:
    """Print sections with a line between them; empty ones are left out."""
    from rich.console import Console

    if sys.stdout.isatty():
        _print_all(Console(highlight=False), sections)
        return
    # No colour even where the environment asks for it: what is piped is read by programs and editors.
    plain = Console(width=_PAGE, highlight=False, force_terminal=False, color_system=None)
    with plain.capture() as captured:
        _print_all(plain, sections)
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


def _print_all(console: "Console", sections: Iterable[Section]) -> None:
    for number, section in enumerate(s for s in sections if s.rows):
        if number:
            console.print()
        _print(console, section)


def _print(console: "Console", section: Section) -> None:
    from rich.table import Table
    from rich.text import Text

    # Everything goes in as Text: brackets in the name of a recording are no markup.
    if section.title:
        console.print(Text(printable(section.title), style="bold"))
    table = Table(box=None, pad_edge=False, show_header=any(section.columns), header_style="dim", padding=(0, 2, 0, 0))
    for column in section.columns:
        is_number = column in section.numbers
        table.add_column(Text(column), justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    for row in section.rows:
        table.add_row(*(Text(printable_lines(cell)) for cell in row))
    console.print(table)
