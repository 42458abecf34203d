"""The stretches of a long recording that are heard in place of all of it, at the same places in source and result."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from storage.audio.blocks import Frames

#: Seconds of a stretch, and how many there are at the most: two minutes, spread from the first second to the last.
STRETCH, MOST = 15.0, 8
#: Seconds over which a stretch begins and ends, so that no click is heard where two meet.
_FADE = 0.02


@dataclass(frozen=True, slots=True)
class Stretches:
    """Where they begin, in seconds."""

    begins: tuple[float, ...]
    length: float

    @property
    def seconds(self) -> float:
        """How much is heard."""
        return len(self.begins) * self.length

    def place(self, seconds: float) -> float:
        """Where in the whole recording something is that was heard at a moment of the stretches."""
        number = min(int(max(seconds, 0.0) // self.length), len(self.begins) - 1)
        return self.begins[number] + seconds - number * self.length


def stretches_of(seconds: float) -> Stretches:
    """Those of a recording of this length; a short one is heard from beginning to end."""
    if seconds <= STRETCH * MOST:
        return Stretches((0.0,), seconds)
    last = seconds - STRETCH
    return Stretches(tuple(last * n / (MOST - 1) for n in range(MOST)), STRETCH)


@dataclass(slots=True)
class Chooser:
    """Lets through what of a stream is in the stretches."""

    stretches: Stretches
    rate: int
    spans: list[tuple[int, int]] = field(init=False)
    position: int = 0

    def __post_init__(self) -> None:
        length = round(self.stretches.length * self.rate)
        starts = [round(begin * self.rate) for begin in self.stretches.begins]
        self.spans = [(start, start + length) for start in starts]

    def chosen(self, frames: Frames) -> Iterator[Frames]:
        """The chosen parts of the next piece of the stream."""
        begin, end = self.position, self.position + len(frames)
        self.position = end
        for start, stop in self.spans:
            first, last = max(begin, start), min(end, stop)
            if first < last:
                part = frames[first - begin : last - begin]
                yield part if len(self.spans) == 1 else _faded(part, first - start, stop - first, self.rate)


def _faded(part: Frames, done: int, left: int, rate: int) -> Frames:
    """A part of a stretch of which so many samples are over, and so many are left with it."""
    at = np.arange(len(part))
    ramp = np.minimum(done + at, left - 1 - at) / (_FADE * rate)
    faded: Frames = part * np.clip(ramp, 0.0, 1.0).astype(np.float32)[:, None]
    return faded
