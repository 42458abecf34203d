"""Printing tables: in a terminal as wide as it is, elsewhere plain, with every column and nothing cut."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import click

from dispatcher.cli.layout import GAP, Need, fitted, fitted_above, need_of
from dispatcher.reports.sections import Section
from storage.printable import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

#: Columns of a report where nobody says how wide the page is.
_PAGE = 100


def print_sections(sections: Iterable[Section]) -> None:
    """Print the sections of a report with a line between them; empty ones are left out."""
    shown = [replace(s, rows=[tuple(map(printable, row)) for row in s.rows]) for s in sections if s.rows]
    if sys.stdout.isatty():
        _print_for_people(shown)
    else:
        _print_plainly([replace(section, dispensable=()) for section in shown], _PAGE)


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    numbers: Iterable[str] = (),
    dispensable: Sequence[str] = (),
    below: str | None = None,
    *,
    err: bool = False,
) -> None:
    """Print a list under headings; where it is piped, every row is one line, however long.

    A cell that is a tuple has a line for each of its items; no other has more than one.
    """
    for_people = (sys.stderr if err else sys.stdout).isatty()
    cells = [tuple(_cell(cell, "\n" if for_people else ", ") for cell in row) for row in rows]
    section = Section("", tuple(columns), cells, frozenset(numbers), tuple(dispensable), below)
    if for_people:
        _print_for_people([section], err=err)
    else:
        everything = replace(section, numbers=frozenset(), dispensable=(), below=None)
        _print_plainly([everything], sum(need.wanted + GAP for need in _needs(everything)), err=err)


def _cell(cell: object, between: str) -> str:
    return between.join(printable(str(item)) for item in (cell if isinstance(cell, tuple) else (cell,)))


def _print_for_people(sections: Sequence[Section], *, err: bool = False) -> None:
    from rich.console import Console

    _print_all(Console(highlight=False, stderr=err), sections)


def _print_plainly(sections: Sequence[Section], width: int, *, err: bool = False) -> None:
    """Print without colour even where the environment asks for it: what is piped is read by programs and editors."""
    from rich.console import Console

    plain = Console(width=width, highlight=False, force_terminal=False, color_system=None)
    with plain.capture() as captured:
        _print_all(plain, sections)
    for line in captured.get().splitlines():
        click.echo(line.rstrip(), err=err)


def _print_all(console: "Console", sections: Sequence[Section]) -> None:
    from rich.text import Text

    for number, section in enumerate(sections):
        if number:
            console.print()
        # Everything goes in as Text: brackets in the name of a recording are no markup.
        if section.title:
            console.print(Text(printable(section.title), style="bold"))
        widths, is_below = _widths(section, console.width)
        if widths is None:
            _print_stacked(console, section)
        else:
            _print_columns(console, section, widths, section.columns.index(section.below or "") if is_below else None)


def _widths(section: Section, room: int) -> tuple[dict[int, int] | None, bool]:
    dispensable = [section.columns.index(name) for name in section.dispensable if name in section.columns]
    if section.below is None:
        return fitted(_needs(section), dispensable, room), False
    return fitted_above(_needs(section), dispensable, section.columns.index(section.below), room)


def _print_columns(console: "Console", section: Section, widths: Mapping[int, int], below: int | None) -> None:
    from rich.padding import Padding
    from rich.text import Text

    if any(section.columns):
        console.print(_line(section, widths, section.columns, "dim"))
    for row in section.rows:
        console.print(_line(section, widths, row))
        if below is not None and row[below]:
            console.print(Padding(Text(row[below], overflow="fold"), (0, 0, 0, next(iter(widths.values())) + GAP)))


def _line(section: Section, widths: Mapping[int, int], row: Sequence[str], style: str = "") -> "Table":
    from rich.table import Table
    from rich.text import Text

    line = Table(box=None, pad_edge=False, show_header=False, padding=(0, GAP, 0, 0), style=style)
    for place, width in widths.items():
        is_number = section.columns[place] in section.numbers
        justify: Literal["right", "left"] = "right" if is_number else "left"
        line.add_column(width=width, justify=justify, no_wrap=is_number, overflow="fold", style=style)
    line.add_row(*(Text(row[place]) for place in widths))
    return line


def _print_stacked(console: "Console", section: Section) -> None:
    """Print every row as lines of its own: there is no room for columns beside each other."""
    from rich.padding import Padding
    from rich.text import Text

    for first, *others in section.rows:
        console.print(Text(first, overflow="fold"))
        for name, cell in zip(section.columns[1:], others, strict=True):
            if cell:
                console.print(Padding(Text(f"{name} {cell}".lstrip(), overflow="fold"), (0, 0, 0, GAP)))


def _needs(section: Section) -> list[Need]:
    from rich.cells import cell_len

    needs = []
    for place, name in enumerate(section.columns):
        lines = [line for row in section.rows for line in (name, *row[place].split("\n"))]
        words = [cell_len(word) for line in lines for word in line.split()]
        needs.append(need_of([cell_len(line) for line in lines], words, is_number=name in section.numbers))
    return needs
