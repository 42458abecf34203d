"""Who was there, and for how long."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment to another."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it lasts; nothing if it ends before it starts."""
        return max(self.end - self.start, 0.0)

    def overlap(self, other: "Span") -> float:
        """Seconds that both have in common."""
        return Span(max(self.start, other.start), min(self.end, other.end)).seconds


@dataclass(frozen=True, slots=True)
class Life:
    """One run of a worker process."""

    worker: str
    capability: str
    span: Span


def present_by_worker(lives: Iterable[Life], window: Span) -> dict[str, float]:
    """Seconds of the window for which each worker was there, all its runs together."""
    present: dict[str, float] = defaultdict(float)
    for life in lives:
        present[life.worker] += life.span.overlap(window)
    return dict(present)


def present_by_capability(lives: Iterable[Life], window: Span) -> dict[str, float]:
    """The same for capabilities: seconds of all their workers together."""
    present: dict[str, float] = defaultdict(float)
    for life in lives:
        present[life.capability] += life.span.overlap(window)
    return dict(present)
