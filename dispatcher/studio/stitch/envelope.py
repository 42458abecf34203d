"""How loud a recording is over its length: its level over a second, every half second, as a stream."""

from collections import deque
from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from storage.audio.blocks import Mono, in_equal_blocks

#: Levels a second; each is taken over two of these steps, one on either side of its moment.
STEPS_PER_SECOND = 2


def steps(blocks: Iterable[Mono], rate: int) -> Iterator[Mono]:
    """The samples in steps, the last one possibly shorter."""
    return in_equal_blocks(blocks, rate // STEPS_PER_SECOND)


class Envelope:
    """The levels of one recording of a known length, laid evenly over the samples of another."""

    def __init__(self, rate: int, length: int, onto: int) -> None:
        self.step = rate // STEPS_PER_SECOND
        self.count = 1 + length // self.step
        self.onto = onto
        self.levels: deque[float] = deque()
        self.first = 0
        """Number of the first level that is still kept."""
        self.last_power = 0.0

    @property
    def known(self) -> int:
        """How many levels are known, those forgotten included."""
        return self.first + len(self.levels)

    def push(self, step: Mono) -> None:
        """Take in the next step of the recording; beyond both its ends there is silence."""
        exact = step.astype(np.float64)
        self._add(float(exact @ exact))

    def finish(self) -> None:
        """The recording is over."""
        if self.known < self.count:
            self._add(0.0)

    def reaches(self, stop: int) -> bool:
        """Whether the levels up to this sample are known."""
        last = int(self._places(np.array([stop - 1]))[0])
        return self.known > min(last + 1, self.count - 1)

    def between(self, start: int, stop: int) -> npt.NDArray[np.float64]:
        """The level at every sample; levels before them are forgotten."""
        places = np.clip(self._places(np.arange(start, stop)), 0.0, self.count - 1)
        while self.first < int(places[0]):
            self.levels.popleft()
            self.first += 1
        levels: npt.NDArray[np.float64] = np.interp(places, np.arange(self.first, self.known), np.array(self.levels))
        return levels

    def _add(self, power: float) -> None:
        self.levels.append(float(np.sqrt((self.last_power + power) / (2 * self.step))))
        self.last_power = power

    def _places(self, samples: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """The position of samples among the levels, stretched over a recording as the reference implementations do."""
        places: npt.NDArray[np.float64] = (samples + np.float64(0.5)) * (self.count / self.onto) - 0.5
        return places
