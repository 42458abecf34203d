"""Where an atom's time went."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

#: The stage in which a voice is loaded, and its programs compiled; it says nothing about how fast a machine converts.
LOAD = "load"
#: What follows the name of a stage whose outcome was known from another voice.
KNOWN = ", known"


class Clock(Protocol):
    """Tells when what was asked for so far is done: at once on a processor, later on a device that works by itself."""

    def now(self) -> Any:
        """A moment."""
        ...

    def between(self, begun: Any, ended: Any) -> float:
        """The seconds between two moments; waits for the second if it is still to come."""
        ...


class HostClock:
    """The clock of what is done when a call returns."""

    def now(self) -> float:
        """Seconds since some moment."""
        return time.perf_counter()

    def between(self, begun: float, ended: float) -> float:
        """The seconds between two moments."""
        return ended - begun


HOST = HostClock()


class Stages:
    """Adds up how long each stage took, by the clock of whatever does the work."""

    def __init__(self, clock: Clock = HOST) -> None:
        self.clock = clock
        self.spans: list[tuple[str, Any, Any, int]] = []
        """A stage's beginning and end, and how many shared it."""

    @property
    def seconds(self) -> dict[str, float]:
        """The seconds of each stage."""
        found: dict[str, float] = {}
        for stage, begun, ended, sharing in self.spans:
            found[stage] = found.get(stage, 0.0) + self.clock.between(begun, ended) / sharing
        return found

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Count the time spent on the block towards this stage."""
        with timed_together(stage, [self]):
            yield


@contextmanager
def timed_together(stage: str, all_stages: Sequence[Stages]) -> Iterator[None]:
    """Count the time spent on the block towards this stage of several, in equal parts."""
    clock = all_stages[0].clock
    begun = clock.now()
    try:
        yield
    finally:
        ended = clock.now()
        for one in all_stages:
            one.spans.append((stage, begun, ended, len(all_stages)))
