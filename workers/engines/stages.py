"""Where an atom's time went."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

#: The stage in which a voice is loaded, and its programs compiled; it says nothing about how fast a machine converts.
LOAD = "load"


class Stages:
    """Adds up how long each stage took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def timed(self, stage: str) -> Iterator[None]:
        """Count the time spent in the block towards this stage."""
        with timed_together(stage, [self]):
            yield


@contextmanager
def timed_together(stage: str, all_stages: Sequence[Stages]) -> Iterator[None]:
    """Count the time spent in the block towards this stage of several, in equal parts."""
    begun = time.perf_counter()
    try:
        yield
    finally:
        share = (time.perf_counter() - begun) / len(all_stages)
        for one in all_stages:
            one.seconds[stage] = one.seconds.get(stage, 0.0) + share
