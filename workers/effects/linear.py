"""Filters of every kind as one thing: what a single click becomes, laid over the whole recording by transforms.

Effects that follow each other are joined into one such response, so that five filters cost what one does. Transforms
begin at absolute positions, so what comes out is the same to the bit however the recording is handed in.
"""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from storage.audio.blocks import Frames
from storage.errors import InputError
from workers.effects.effect import Effect, Shape, Stream

#: What a single click becomes is kept until all that follows has this part of its energy: -140 dB.
_INAUDIBLE = 1e-14
#: Samples of the shortest transform in which it is looked for, and the seconds that it may take at most.
_FEWEST, _LONGEST = 1 << 14, 20.0
#: Samples of one transform at least: it fits a processor's near caches.
_SHORTEST = 1 << 13
#: A transform is at least so many times as long as what it overlaps with the next, or much would be done twice.
_TIMES_OVERLAP = 6

Spectrum = npt.NDArray[np.complex128]
Floats = npt.NDArray[np.float64]


class Linear(Effect):
    """An effect that is a response: two sounds together become what each would become, added up."""

    @abstractmethod
    def response(self, rate: int, size: int) -> Spectrum:
        """Its response at the `size // 2 + 1` frequencies of a transform of that size."""

    def stream(self, shape: Shape) -> Stream:
        """Begin to work on a stream."""
        return Convolving((self,), shape)

    def context(self, rate: int) -> tuple[int, int]:
        """How many samples before and after a piece it must hear for the piece to sound as it does in the whole."""
        found = impulse_of((self,), rate)
        return found.after, found.before


@dataclass(frozen=True, slots=True)
class Impulse:
    """What a single click becomes: so many samples before it, itself, and so many after it."""

    samples: Floats
    before: int

    @property
    def after(self) -> int:
        """Samples behind the click."""
        return len(self.samples) - 1 - self.before


@lru_cache(maxsize=16)
def impulse_of(effects: tuple[Linear, ...], rate: int) -> Impulse:
    """What a click becomes after all of these effects."""
    size = _FEWEST
    while size < 4 * _LONGEST * rate:
        ringing = np.fft.irfft(_joined(effects, rate, size), size)
        energy = ringing**2
        # As long as it has died away in the middle, where what lies before a click meets what lies after it.
        if energy[size // 4 : 3 * size // 4].sum() <= _INAUDIBLE * energy.sum():
            return _trimmed(ringing, energy, size)
        size *= 2
    named = " | ".join(effect.text for effect in effects)
    raise InputError(f"{named} rings for longer than {_LONGEST:.0f} s; choose a smaller q, feedback or time")


def _joined(effects: Sequence[Linear], rate: int, size: int) -> Spectrum:
    whole = np.ones(size // 2 + 1, np.complex128)
    for effect in effects:
        whole *= effect.response(rate, size)
    return whole


def _trimmed(ringing: Floats, energy: Floats, size: int) -> Impulse:
    limit, half = _INAUDIBLE * energy.sum(), size // 2
    after = int(np.count_nonzero(np.cumsum(energy[half - 1 :: -1]) > limit))
    before = int(np.count_nonzero(np.cumsum(energy[half:]) > limit))
    parts = (ringing[size - before :], ringing[: max(after, 1)]) if before else (ringing[: max(after, 1)],)
    return Impulse(np.concatenate(parts), before)


class Convolving:
    """Linear effects at work on a stream."""

    def __init__(self, effects: tuple[Linear, ...], shape: Shape) -> None:
        impulse = impulse_of(effects, shape.rate)
        self._before, self._overlap = impulse.before, len(impulse.samples) - 1
        size = _SHORTEST
        while size < _TIMES_OVERLAP * self._overlap:
            size *= 2
        self._response = _response(impulse, size)
        self._segment = np.zeros((shape.channels, size), np.float32)
        # There is silence before the beginning.
        self._filled = impulse.after
        self._taken = self._given = 0

    def push(self, frames: Frames) -> Frames:
        """Take frames, and return those whose surroundings are known."""
        ready: list[Frames] = []
        self._taken += len(frames)
        size = self._segment.shape[1]
        while len(frames):
            part = frames[: size - self._filled]
            self._segment[:, self._filled : self._filled + len(part)] = part.T
            self._filled += len(part)
            frames = frames[len(part) :]
            if self._filled == size:
                ready.append(self._transform())
        return self._together(ready)

    def finish(self) -> Frames:
        """Return the last frames; behind the end there is silence."""
        ready: list[Frames] = []
        missing = self._taken - self._given
        while self._given < self._taken:
            self._segment[:, self._filled :] = 0.0
            ready.append(self._transform())
        return self._together(ready)[:missing]

    def _together(self, ready: Sequence[Frames]) -> Frames:
        return np.concatenate(ready) if ready else np.empty((0, len(self._segment)), np.float32)

    def _transform(self) -> Frames:
        size = self._segment.shape[1]
        spectrum = np.fft.rfft(self._segment)
        spectrum *= self._response
        whole = np.fft.irfft(spectrum, size).astype(np.float32, copy=False)
        # What is wrapped around at both ends, the neighbouring transforms have right.
        out = whole[:, self._overlap - self._before : size - self._before].T
        self._segment[:, : self._overlap] = self._segment[:, size - self._overlap :].copy()
        self._filled = self._overlap
        self._given += len(out)
        return out


def _response(impulse: Impulse, size: int) -> npt.NDArray[np.complex64]:
    kernel = np.zeros(size)
    kernel[: impulse.after + 1] = impulse.samples[impulse.before :]
    if impulse.before:
        kernel[-impulse.before :] = impulse.samples[: impulse.before]
    return np.fft.rfft(kernel).astype(np.complex64)


def by_sections(sections: Sequence[Floats], size: int) -> Spectrum:
    """The response of sections of the second order, each `b0 b1 b2 a0 a1 a2`."""
    delay = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    whole = np.ones(size // 2 + 1, np.complex128)
    for b0, b1, b2, a0, a1, a2 in sections:
        whole *= (b0 + delay * (b1 + delay * b2)) / (a0 + delay * (a1 + delay * a2))
    return whole
