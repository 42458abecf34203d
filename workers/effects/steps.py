"""Gains that follow the sound: decided a thousand times a second, and drawn as straight lines between."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from storage.audio.blocks import Frames
from workers.effects.effect import Shape

Floats = npt.NDArray[np.float64]

#: Decisions a second: a millisecond is shorter than what is heard as sudden.
_A_SECOND = 1000
#: Decisions taken together: arrays are worth their cost, and little is held back.
_TOGETHER = 256


def step_length(rate: int) -> int:
    """Samples from one decision to the next."""
    return max(round(rate / _A_SECOND), 1)


class Following(ABC):
    """A stream whose gain follows it; what it follows is heard a little ahead, so that a gain is there in time."""

    def __init__(self, shape: Shape, ahead: float, columns: int = 0) -> None:
        self._step = step_length(shape.rate)
        self._ahead = max(round(ahead * shape.rate / self._step), 1)
        self._channels = shape.channels
        # What it is to hear may have more columns than what comes out.
        self._columns = columns or shape.channels
        self._block = _TOGETHER * self._step
        self._held = np.empty((0, self._columns), np.float32)
        self._gains: npt.NDArray[np.float32] = np.empty(0, np.float32)
        self._heard = 0
        """Samples whose gains are decided."""
        self._taken = self._given = 0

    @abstractmethod
    def _decide(self, frames: Frames) -> Floats:
        """The gain for each step of so many whole steps, which follow those that it was asked for before."""

    def _turn(self, frames: Frames, gains: npt.NDArray[np.float32]) -> Frames:
        """The frames with a gain for each."""
        return frames * gains[:, None]

    def push(self, frames: Frames) -> Frames:
        """Take frames, and return those whose gains are decided."""
        self._taken += len(frames)
        self._held = np.concatenate([self._held, frames])
        ready = []
        while self._taken - self._heard >= self._block:
            ready.append(self._hear())
        return self._together(ready)

    def finish(self) -> Frames:
        """Return the last frames; behind the end there is silence."""
        ready, taken = [], self._taken
        missing = taken - self._given
        while self._given < taken:
            silence = np.zeros((self._block - (self._taken - self._heard), self._columns), np.float32)
            self._held = np.concatenate([self._held, silence])
            self._taken += len(silence)
            ready.append(self._hear())
        return self._together(ready)[:missing]

    def _together(self, ready: list[Frames]) -> Frames:
        return np.concatenate(ready) if ready else np.empty((0, self._channels), np.float32)

    def _hear(self) -> Frames:
        start = self._heard - self._given
        decided = self._decide(self._held[start : start + self._block]).astype(np.float32)
        self._heard += self._block
        self._gains = np.concatenate([self._gains, decided])
        # A step's line needs the gains at both of its ends, and both lie ahead of it.
        whole = len(self._gains) - self._ahead - 1
        if whole <= 0:
            return np.empty((0, self._channels), np.float32)
        ends = self._gains[self._ahead : self._ahead + whole + 1]
        lines = _lines(ends, self._step)
        self._gains = self._gains[whole:]
        out = self._turn(self._held[: len(lines)], lines)
        self._held = self._held[len(lines) :]
        self._given += len(lines)
        return out


def _lines(ends: npt.NDArray[np.float32], step: int) -> npt.NDArray[np.float32]:
    part = (np.arange(step, dtype=np.float32) / np.float32(step))[None, :]
    lines = ends[:-1, None] + (ends[1:] - ends[:-1])[:, None] * part
    return lines.ravel()


def levels(frames: Frames, step: int) -> Floats:
    """The power of each step in decibels: of the loudest channel, so that all of them are turned alike."""
    whole = np.square(frames.reshape(len(frames) // step, step, -1), dtype=np.float64).mean(axis=1).max(axis=1)
    decibels: Floats = 10.0 * np.log10(np.maximum(whole, 1e-14))
    return decibels


def one_after_the_other(decide: Callable[[float], float], values: Floats) -> Floats:
    """Decisions that each depend on the one before."""
    return np.array([decide(value) for value in values.tolist()])


class Smoothed:
    """A level that rises in one time and falls in another."""

    def __init__(self, rise: float, fall: float, at: float) -> None:
        self._rise, self._fall = kept_a_step(rise), kept_a_step(fall)
        self.at = at

    def towards(self, value: float) -> float:
        """A step nearer."""
        kept = self._rise if value > self.at else self._fall
        self.at = value + (self.at - value) * kept
        return self.at


def kept_a_step(seconds: float) -> float:
    """What is left after a step of something that dies away to a third in so many seconds."""
    return float(np.exp(-1.0 / (max(seconds, 1e-4) * _A_SECOND)))
