"""A report as a person reads it: sections of facts and tables, not yet printed."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Section:
    """A table under a title; columns that hold numbers stand to the right.

    Where there is too little room, the column `below` goes below its row, and columns are left out in the order in
    which they are dispensable.
    """

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]
    numbers: frozenset[str] = field(default_factory=frozenset)
    dispensable: tuple[str, ...] = ()
    below: str | None = None


def facts_section(title: str, facts: Iterable[tuple[str, str]]) -> Section:
    """Names and values, those without a value left out."""
    return Section(title, ("", ""), [fact for fact in facts if fact[1]])


def table_section(
    title: str,
    columns: tuple[str, ...],
    rows: Iterable[tuple[str, ...]],
    dispensable: tuple[str, ...] = (),
    words: int = 1,
) -> Section:
    """A table with numbers in all but its first columns; columns that are empty throughout are left out."""
    kept = list(rows)
    used = [n for n, _ in enumerate(columns) if n < words or any(row[n] for row in kept)]
    return Section(
        title,
        tuple(columns[n] for n in used),
        [tuple(row[n] for n in used) for row in kept],
        frozenset(columns[n] for n in used if n >= words),
        dispensable,
    )
