"""One measured figure: every run's value, the middle one, and how far apart they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median, quantiles


class Better(StrEnum):
    """Which way a figure gets better."""

    MORE = "more"
    LESS = "less"


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured in which suite, with the value of every run in the order of the runs."""

    suite: str
    name: str
    unit: str
    better: Better
    values: tuple[float, ...]
    median: float
    spread: float
    """How far the middle half of the values is apart, as a share of the median."""
    remark: str = ""


def figure(
    suite: str, name: str, unit: str, values: Sequence[float], better: Better = Better.MORE, remark: str = ""
) -> Figure:
    """The figure of these values."""
    return Figure(suite, name, unit, better, tuple(values), median(values), spread_of(values), remark)


def spread_of(values: Sequence[float]) -> float:
    """How far the middle half of some values is apart, as a share of their median; 0 for one value alone."""
    middle = median(values)
    if len(values) < 2 or not middle:
        return 0.0
    low, _, high = quantiles(values, n=4, method="inclusive")
    return (high - low) / abs(middle)
