"""Giving the result some of the recording's own loudness, as a stream."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dispatcher.studio.stitch.envelope import Envelope, steps
from workers.engines.samples import Samples

#: The setting of a job that asks for it: 1 keeps the loudness that the voice came out with, 0 takes the recording's.
SETTING = "loudness_mix"
#: A quieter result counts as this loud, so that silence is not amplified without end.
FAINTEST = 1e-6


@dataclass(frozen=True, slots=True)
class Stream:
    """A recording as blocks of any length, with its rate and how many samples there will be."""

    blocks: Iterator[Samples]
    rate: int
    length: int


def mixed(result: Stream, source: Stream, mix: float) -> Iterator[Samples]:
    """The result with its level moved towards the source's; both are read in parallel, a few seconds at a time."""
    ours = Envelope(result.rate, result.length, result.length)
    wanted = _Source(source, result.length)
    held: deque[Samples] = deque()
    start = 0
    for step in steps(result.blocks, result.rate):
        ours.push(step)
        held.append(step)
        while held and ours.reaches(start + len(held[0])):
            yield _turned(held.popleft(), start, ours, wanted, mix)
            start += ours.step
    ours.finish()
    for step in held:
        yield _turned(step, start, ours, wanted, mix)
        start += len(step)


def _turned(step: Samples, start: int, ours: Envelope, wanted: "_Source", mix: float) -> Samples:
    stop = start + len(step)
    level = np.maximum(ours.between(start, stop), FAINTEST)
    gain = (wanted.between(start, stop) / level) ** (1.0 - mix)
    return (step * gain).astype(np.float32)


class _Source:
    """The source's levels, read as far as needed."""

    def __init__(self, source: Stream, onto: int) -> None:
        self.levels = Envelope(source.rate, source.length, onto)
        self.steps = steps(source.blocks, source.rate)

    def between(self, start: int, stop: int) -> npt.NDArray[np.float64]:
        while not self.levels.reaches(stop):
            step = next(self.steps, None)
            if step is None:
                self.levels.finish()
                break
            self.levels.push(step)
        return self.levels.between(start, stop)
