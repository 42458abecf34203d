"""Runs something again and again: first to warm up, then to time it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

#: Runs that count for each figure at the least, however long they take: fewer have no middle.
FEWEST = 3


@dataclass(frozen=True, slots=True)
class Runs:
    """How often something is run, and for how long at the most."""

    warm_ups: int
    counted: int
    seconds: float
    """What all counted runs of one figure may take; as soon as they have, and there are enough, there are no more."""

    def when_warm(self) -> Self:
        """The same where a shorter recording has warmed all up, if there is little time."""
        return replace(self, warm_ups=0) if self.warm_ups == 1 else self


#: As the field has it: three runs to warm up, ten that count.
FULL = Runs(3, 10, 120.0)
#: For a first look.
SHORT = Runs(1, 5, 15.0)


def timed(work: Callable[[], object], runs: Runs, clock: Callable[[], float] = time.perf_counter) -> tuple[float, ...]:
    """The seconds of every run that counts.

    A machine that takes longer for one run than all may take is no quicker when it is warm: that run is the only one.
    """

    def run() -> float:
        began = clock()
        work()
        return clock() - began

    for _ in range(runs.warm_ups):
        if (seconds := run()) > runs.seconds:
            return (seconds,)
    took: list[float] = []
    while len(took) < runs.counted and (len(took) < FEWEST or sum(took) < runs.seconds):
        took.append(run())
        if took[0] > runs.seconds:
            break
    return tuple(took)
