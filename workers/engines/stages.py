"""Where an atom's time went."""

import time
from collections.abc import Iterator
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
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[stage] = self.seconds.get(stage, 0.0) + time.perf_counter() - begun
