"""Louder and quieter: by a number, to a peak, to a loudness, and at the ends."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from storage.audio.blocks import Frames
from workers.effects.effect import Effect, Measuring, Meter, Shape, Stream
from workers.effects.linear import Linear, Spectrum
from workers.effects.loudness import LoudnessMeter
from workers.effects.settings import Unit, setting
from workers.effects.true_peak import TruePeakMeter

#: Decibels by which nothing is turned up further: what is quieter is no recording but its noise.
MOST_UP = 40.0


def factor(decibels: float) -> float:
    """What samples are multiplied with."""
    return float(10.0 ** (decibels / 20.0))


@dataclass(frozen=True)
class Gain(Linear):
    """Makes everything louder or quieter."""

    name: ClassVar[str] = "gain"
    gain: float = setting(Unit.DECIBELS, -120.0, 60.0, "how much")

    def response(self, rate: int, size: int) -> Spectrum:  # noqa: ARG002
        """The same at all frequencies."""
        return np.full(size // 2 + 1, factor(self.gain), np.complex128)

    def stream(self, shape: Shape) -> Stream:
        """Alone, it needs no transform."""
        return Turning(self.gain, shape)


class Turning:
    """A stream made louder or quieter."""

    def __init__(self, gain: float, shape: Shape) -> None:
        self._factor = np.float32(factor(gain))
        self._nothing = np.empty((0, shape.channels), np.float32)

    def push(self, frames: Frames) -> Frames:
        """The same frames, louder."""
        return frames * self._factor

    def finish(self) -> Frames:
        """Nothing is held back."""
        return self._nothing


@dataclass(frozen=True)
class Loudness(Measuring):
    """Makes a recording as loud as it is to be on the whole (EBU R 128)."""

    name: ClassVar[str] = "loudness"
    level: float = setting(Unit.DECIBELS, -60.0, -5.0, "integrated loudness in LUFS")

    def meter(self, shape: Shape) -> Meter:
        """What hears how loud it is."""
        return _Wanted(LoudnessMeter(shape), self.level)


@dataclass(frozen=True)
class Peak(Measuring):
    """Makes a recording so loud that its highest point, also between samples, is where it is to be."""

    name: ClassVar[str] = "peak"
    level: float = setting(Unit.DECIBELS, -60.0, 0.0, "the highest point below full scale")

    def meter(self, shape: Shape) -> Meter:
        """What looks for the highest point."""
        return _Wanted(TruePeakMeter(shape), self.level)


class _Wanted:
    """A meter and the level that is wanted."""

    def __init__(self, meter: LoudnessMeter | TruePeakMeter, level: float) -> None:
        self._meter, self._level = meter, level

    def push(self, frames: Frames) -> None:
        """More of it."""
        self._meter.push(frames)

    def decibels(self) -> float:
        """How much is missing; silence stays silence."""
        level = self._meter.decibels()
        return 0.0 if level is None else min(self._level - level, MOST_UP)


@dataclass(frozen=True)
class Fade(Effect):
    """Lets a recording come out of silence and go into it."""

    name: ClassVar[str] = "fade"
    begin: float = setting(Unit.SECONDS, 0.0, 60.0, "how long the beginning takes", 0.0)
    end: float = setting(Unit.SECONDS, 0.0, 60.0, "how long the end takes", 0.0)

    def stream(self, shape: Shape) -> Stream:
        """Begin to work on a stream."""
        return _Fading(round(self.begin * shape.rate), round(self.end * shape.rate), shape.channels)


class _Fading:
    """Holds back as much as the end takes, because only the end tells where it is."""

    def __init__(self, begin: int, end: int, channels: int) -> None:
        self._begin, self._end = begin, end
        self._held = np.empty((0, channels), np.float32)
        self._given = 0

    def push(self, frames: Frames) -> Frames:
        """Take frames, and return those that are not the end."""
        held = np.concatenate([self._held, frames])
        certain = max(len(held) - self._end, 0)
        self._held = held[certain:]
        return self._risen(held[:certain])

    def finish(self) -> Frames:
        """The end; of a recording shorter than that, the later part of its way down."""
        left = len(self._held)
        falling = _half_cosine((np.arange(left, 0, -1) - 0.5) / max(self._end, 1))
        return self._risen(self._held * falling[:, None])

    def _risen(self, frames: Frames) -> Frames:
        start = self._given
        self._given += len(frames)
        if start >= self._begin:
            return frames
        rising = _half_cosine((np.arange(start, self._given) + 0.5) / self._begin)
        return frames * rising[:, None]


def _half_cosine(part: "np.typing.NDArray[np.float64]") -> "np.typing.NDArray[np.float32]":
    return (0.5 - 0.5 * np.cos(np.pi * np.clip(part, 0.0, 1.0))).astype(np.float32)
