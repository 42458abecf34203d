"""A comparison as a page for people, in Markdown."""

from collections.abc import Iterator, Mapping
from itertools import groupby

from dispatcher.benchmarks.comparison import Compared, Comparison, Row
from dispatcher.benchmarks.report import shown_number
from workers.measuring.figure import Better

#: The picture beside the page.
PICTURE = "comparison.png"


def table_of(comparison: Comparison, *, has_picture: bool) -> str:
    """The whole page."""
    lines = ["# Devices compared", "", *_devices(comparison)]
    if has_picture:
        lines += ["", f"![Realtime factors and stages by device]({PICTURE})"]
    for suite, rows in groupby(comparison.rows, lambda row: row.suite):
        lines += ["", f"## {suite.capitalize()}", "", *_rows(comparison, list(rows))]
    return "\n".join(lines) + "\n"


def _devices(comparison: Comparison) -> Iterator[str]:
    yield "| device | on | converts | over its host's processor | |"
    yield "|---|---|---:|---:|---|"
    for one in comparison.devices:
        speed = f"{shown_number(one.realtime)}x" if one.realtime else "no nets"
        over = f"{shown_number(one.over_processor)}x" if one.over_processor else ""
        yield f"| {one.device} (`{one.name}`) | {one.host} | {speed} | {over} | {', '.join(_marks(one))} |"


def _marks(one: Compared) -> Iterator[str]:
    if one.is_short:
        yield "short form"
    if one.is_noisy:
        yield "**noisy**"


def _rows(comparison: Comparison, rows: list[Row]) -> Iterator[str]:
    names = [one.name for one in comparison.devices if any(one.name in row.medians for row in rows)]
    yield f"| what | {' | '.join(f'`{name}`' for name in names)} |"
    yield f"|---|{'---:|' * len(names)}"
    for row in rows:
        best = _best(row.medians, row.better) if len(row.medians) > 1 else None
        cells = [_cell(row, name, is_best=name == best) for name in names]
        yield f"| {row.name}, {row.unit} | {' | '.join(cells)} |"


def _best(medians: Mapping[str, float], better: Better) -> str:
    return (max if better is Better.MORE else min)(medians, key=lambda name: medians[name])


def _cell(row: Row, name: str, *, is_best: bool) -> str:
    if name not in row.medians:
        return ""
    shown = shown_number(row.medians[name])
    return f"**{shown}**" if is_best else shown
