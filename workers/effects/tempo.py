"""Faster, slower, higher, lower: pieces of the wave are laid over each other where they fit best."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import soxr

from storage.audio.blocks import Frames
from storage.audio.resample import StreamResampler
from workers.effects.effect import Effect, Shape, Stream
from workers.effects.settings import Unit, setting

#: Seconds of a piece, of which half lies over the one before it: two waves of a low voice.
_PIECE = 0.04
#: Seconds by which a piece may be moved to fit: most of one wave of a low voice.
_MOVED = 0.012


@dataclass(frozen=True)
class TimeStretch(Effect):
    """Makes a recording slower or faster and leaves its pitch."""

    name: ClassVar[str] = "stretch"
    keeps_length: ClassVar[bool] = False
    speed: float = setting(Unit.TIMES, 0.5, 2.0, "how many times as fast")

    def stream(self, shape: Shape) -> Stream:
        """Begin to work on a stream."""
        return Stretching(self.speed, shape)


@dataclass(frozen=True)
class PitchShift(Effect):
    """Makes a recording higher or lower and leaves its speed."""

    name: ClassVar[str] = "pitch"
    semitones: float = setting(Unit.SEMITONES, -12.0, 12.0, "how much higher")

    def stream(self, shape: Shape) -> Stream:
        """Begin to work on a stream."""
        return _Shifting(2.0 ** (self.semitones / 12.0), shape)


@dataclass(frozen=True)
class Resample(Effect):
    """Gives a recording another rate."""

    name: ClassVar[str] = "resample"
    keeps_length: ClassVar[bool] = False
    rate: float = setting(Unit.HERTZ, 4000.0, 192_000.0, "the rate", is_whole=True)

    def becomes(self, shape: Shape) -> Shape:
        """The same channels at the rate."""
        return Shape(int(self.rate), shape.channels)

    def stream(self, shape: Shape) -> Stream:
        """Begin to work on a stream."""
        return _Resampling(shape, int(self.rate))


class _Resampling:
    """A stream of frames at another rate."""

    def __init__(self, shape: Shape, rate: int) -> None:
        self._channels = shape.channels
        self._resampler = StreamResampler(shape.rate, rate, shape.channels)

    def push(self, frames: Frames) -> Frames:
        """Take frames, and return those that are ready."""
        return self._shaped(self._resampler.push(frames if self._channels > 1 else frames[:, 0]))

    def finish(self) -> Frames:
        """Return the last frames."""
        return self._shaped(self._resampler.finish())

    def _shaped(self, frames: Frames) -> Frames:
        return frames.reshape(len(frames), self._channels)


class Stretching:
    """A stream at another speed, `round(length / speed)` frames long.

    Every half piece that comes out is the next one of the recording that continues the last one best, near the place
    where the speed wants it.
    """

    def __init__(self, speed: float, shape: Shape) -> None:
        self._speed, self._channels = speed, shape.channels
        self._half = round(_PIECE * shape.rate / 2)
        self._reach = round(_MOVED * shape.rate)
        self._fade = (0.5 - 0.5 * np.cos(np.pi * (np.arange(self._half) + 0.5) / self._half)).astype(np.float32)[
            :, None
        ]
        # There is silence before the beginning, as far as a piece may reach back.
        self._held = np.zeros((self._reach, shape.channels), np.float32)
        self._base = -self._reach
        """Where in the recording the first held frame lies."""
        self._natural = 0
        """Where the last piece would go on in the recording."""
        self._pieces = self._taken = self._given = 0

    def push(self, frames: Frames) -> Frames:
        """Take frames, and return those that are certain."""
        self._taken += len(frames)
        self._held = np.concatenate([self._held, frames])
        return self._certain()

    def finish(self) -> Frames:
        """Return the last frames."""
        length = round(self._taken / self._speed)
        missing = length - self._given
        out = []
        while missing > 0:
            silence = np.zeros((4 * self._half + 2 * self._reach, self._channels), np.float32)
            self._held = np.concatenate([self._held, silence])
            out.append(self._certain()[:missing])
            missing -= len(out[-1])
        return np.concatenate(out) if out else np.empty((0, self._channels), np.float32)

    def _certain(self) -> Frames:
        out = []
        while (wanted := round(self._pieces * self._half * self._speed)) + self._needs <= self._base + len(self._held):
            if self._natural + self._half > self._base + len(self._held):
                break
            out.append(self._next(wanted))
        if not out:
            return np.empty((0, self._channels), np.float32)
        self._given += len(out) * self._half
        return np.concatenate(out)

    @property
    def _needs(self) -> int:
        """Frames from where a piece is wanted that must be known."""
        return self._reach + 2 * self._half

    def _next(self, wanted: int) -> Frames:
        before = self._between(self._natural)
        start = wanted if self._pieces == 0 else wanted - self._reach + self._best(before, wanted - self._reach)
        piece = before + (self._between(start) - before) * self._fade
        self._natural = start + self._half
        self._pieces += 1
        self._forget(min(self._natural, round(self._pieces * self._half * self._speed) - self._reach))
        return piece

    def _best(self, before: Frames, first: int) -> int:
        """How far behind `first` the frames are most like those that come next."""
        place = first - self._base
        around = self._held[place : place + self._half + 2 * self._reach].mean(axis=1, dtype=np.float64)
        wanted = before.mean(axis=1, dtype=np.float64)
        size = 1 << (len(around) - 1).bit_length()
        alike = np.fft.irfft(np.fft.rfft(around, size) * np.conj(np.fft.rfft(wanted, size)), size)[
            : 2 * self._reach + 1
        ]
        sums = np.cumsum(np.concatenate([[0.0], np.square(around)]))
        energy = sums[self._half :][: 2 * self._reach + 1] - sums[: 2 * self._reach + 1]
        return int(np.argmax(_coarse(alike / np.sqrt(energy + 1e-9))))

    def _between(self, start: int) -> Frames:
        return self._held[start - self._base : start - self._base + self._half]

    def _forget(self, before: int) -> None:
        drop = max(before - self._base, 0)
        self._held = self._held[drop:]
        self._base += drop


def _coarse(likeness: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Likeness in steps that rounding does not reach, so that equally good places are one everywhere: the first."""
    return np.round(likeness, 6)


class _Shifting:
    """Slower by the factor, then resampled to be as much faster, and as long as before."""

    def __init__(self, factor: float, shape: Shape) -> None:
        self._channels = shape.channels
        self._stretching = Stretching(1.0 / factor, shape)
        self._resampler = soxr.ResampleStream(factor * shape.rate, shape.rate, shape.channels, dtype="float32")
        self._taken = self._given = 0

    def push(self, frames: Frames) -> Frames:
        """Take frames, and return those that are ready."""
        self._taken += len(frames)
        return self._resampled(self._stretching.push(frames))

    def finish(self) -> Frames:
        """Return the last frames, and silence where rounding leaves one short."""
        missing = self._taken - self._given
        last = [
            self._resampled(self._stretching.finish()),
            self._resampled(np.zeros((64, self._channels), np.float32), last=True),
        ]
        out = np.concatenate(last)[:missing]
        return np.concatenate([out, np.zeros((missing - len(out), self._channels), np.float32)])

    def _resampled(self, frames: Frames, *, last: bool = False) -> Frames:
        shaped = frames if self._channels > 1 else frames[:, 0]
        out: Frames = self._resampler.resample_chunk(np.ascontiguousarray(shaped, np.float32), last=last)
        self._given += len(out)
        return out.reshape(len(out), self._channels)
