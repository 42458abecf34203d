"""Where a voice stands between two loudspeakers."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from storage.audio.blocks import Frames
from storage.audio.mix import mean_of_channels
from storage.errors import InputError
from workers.effects.effect import Effect, Shape, Stream
from workers.effects.settings import Unit, setting


@dataclass(frozen=True)
class Pan(Effect):
    """Puts a voice of one channel between two loudspeakers, as loud in every place."""

    name: ClassVar[str] = "pan"
    place: float = setting(Unit.PERCENT, -100.0, 100.0, "-100 is left, 0 the middle, 100 right")

    def becomes(self, shape: Shape) -> Shape:
        """Two channels, of one."""
        if shape.channels != 1:
            raise InputError(f"pan places a voice of one channel, and here are {shape.channels}; put mono before it")
        return Shape(shape.rate, 2)

    def stream(self, shape: Shape) -> Stream:
        """Begin to work on a stream."""
        self.becomes(shape)
        angle = (self.place / 100 + 1) * math.pi / 4
        return _Weighing((math.cos(angle), math.sin(angle)))


@dataclass(frozen=True)
class Mono(Effect):
    """Makes one channel of all: their mean."""

    name: ClassVar[str] = "mono"

    def becomes(self, shape: Shape) -> Shape:
        """One channel."""
        return Shape(shape.rate, 1)

    def stream(self, shape: Shape) -> Stream:  # noqa: ARG002
        """Begin to work on a stream."""
        return _Mixing()


class _Weighing:
    """One channel as two, each with its own weight."""

    def __init__(self, weights: tuple[float, float]) -> None:
        self._weights = np.array(weights, np.float32)

    def push(self, frames: Frames) -> Frames:
        """Both channels."""
        return frames * self._weights

    def finish(self) -> Frames:
        """Nothing is held back."""
        return np.empty((0, 2), np.float32)


class _Mixing:
    """All channels as one."""

    def push(self, frames: Frames) -> Frames:
        """Their mean."""
        return mean_of_channels(frames).reshape(-1, 1)

    def finish(self) -> Frames:
        """Nothing is held back."""
        return np.empty((0, 1), np.float32)
