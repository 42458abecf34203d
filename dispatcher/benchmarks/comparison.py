"""Devices side by side: each figure of one beside those of the others, and what a device brings over its own host."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workers.measuring.figure import Better, Figure
from workers.measuring.measurement import SCHEMA_VERSION, Measurement, Stage

#: What devices are compared by at first glance: the usual quality, at the longest length that all of them have, if that
#: is not longer than this. Longer ones say no more, and shorter ones are told in the table.
_SUITE, _QUALITY, _SECONDS = "conversion", "balanced", 30.0
_SPEED = re.compile(rf"{_QUALITY}, (\d+(?:\.\d+)?) s")


@dataclass(frozen=True, slots=True)
class Compared:
    """One device in a comparison."""

    name: str
    device: str
    host: str
    capability: str
    realtime: float | None
    """How many seconds of audio it converts in a second, in the usual quality; None if it has no nets."""
    over_processor: float | None
    """How many times as fast that is as the processor of the same host, if that was measured."""
    is_noisy: bool
    is_short: bool
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A figure by device."""

    suite: str
    name: str
    unit: str
    better: Better
    medians: Mapping[str, float]
    spreads: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """All devices and all figures."""

    devices: tuple[Compared, ...]
    rows: tuple[Row, ...]
    schema_version: int = field(default=SCHEMA_VERSION)


def comparison_of(measured: Mapping[str, Measurement]) -> Comparison:
    """Devices by the names of their folders, the fastest first."""
    seconds = shared_length(list(measured.values()))
    devices = [_compared(name, one, list(measured.values()), seconds) for name, one in measured.items()]
    devices.sort(key=lambda one: (-(one.realtime or 0.0), one.name))
    return Comparison(tuple(devices), tuple(_rows({one.name: measured[one.name] for one in devices})))


def shared_length(measured: Sequence[Measurement]) -> float | None:
    """The seconds of the recording that devices are compared by; None if they have none in common."""
    lengths = [set(_speeds(one)) for one in measured if _speeds(one)]
    common = set.intersection(*lengths) if lengths else set()
    return max((length for length in common if length <= _SECONDS), default=None)


def headline(measured: Measurement, seconds: float | None) -> Figure | None:
    """The figure that devices are compared by."""
    return None if seconds is None else _speeds(measured).get(seconds)


def _speeds(measured: Measurement) -> dict[float, Figure]:
    """How fast it converts in the usual quality, by the length of the recording."""
    names = ((one, _SPEED.fullmatch(one.name)) for one in measured.figures if one.suite == _SUITE and one.unit == "x")
    return {float(found[1]): one for one, found in names if found}


def _compared(name: str, measured: Measurement, every: Sequence[Measurement], seconds: float | None) -> Compared:
    facts, own = measured.facts, headline(measured, seconds)
    processors = (
        found
        for one in every
        if one.facts.host == facts.host and one.facts.capability == "cpu" and (found := headline(one, seconds))
    )
    processor = next(processors, None)
    over = own.median / processor.median if own and processor and facts.capability != "cpu" else None
    return Compared(
        name, facts.device, facts.host, facts.capability, own.median if own else None, over,
        bool(measured.conditions.noise), measured.is_short, measured.stages,
    )  # fmt: skip


def _rows(measured: Mapping[str, Measurement]) -> list[Row]:
    found: dict[tuple[str, str, str], dict[str, Figure]] = {}
    for device, one in measured.items():
        for figure in one.figures:
            found.setdefault((figure.suite, figure.name, figure.unit), {})[device] = figure
    suites = list(dict.fromkeys(suite for suite, _, _ in found))
    rows = [
        Row(
            suite, name, unit, next(iter(by.values())).better,
            {device: figure.median for device, figure in by.items()},
            {device: figure.spread for device, figure in by.items()},
        )
        for (suite, name, unit), by in found.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda row: suites.index(row.suite))
