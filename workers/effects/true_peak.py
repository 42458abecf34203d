"""The highest point of a recording, also between its samples, where a player's wave goes higher than any of them."""

import math

import numpy as np
import numpy.typing as npt

from storage.audio.blocks import Frames
from workers.effects.effect import Shape

#: Between two samples the wave is looked at three times, as ITU-R BS.1770 asks.
_POINTS = (0.25, 0.5, 0.75)
#: Samples on either side that a point between is made of.
_SIDE = 12


def _taps() -> npt.NDArray[np.float32]:
    """What each sample around has to do with the points between: a sinc under Kaiser's window."""
    rows = []
    for point in _POINTS:
        at = np.arange(-_SIDE + 1, _SIDE + 1) - point
        window = np.i0(8.0 * np.sqrt(np.clip(1 - (at / _SIDE) ** 2, 0.0, 1.0))) / np.i0(8.0)
        taps = np.sinc(at) * window
        rows.append(taps / taps.sum())
    return np.array(rows, np.float32)


_TAPS = _taps()
#: No point between is higher than the samples around it by more than this factor.
_HIGHER = float(np.abs(_TAPS).sum(axis=1).max())


class Between:
    """For every sample the highest the wave gets from it to the next, of all channels; it knows each `SIDE` later."""

    def __init__(self, shape: Shape) -> None:
        self._held = np.zeros((_SIDE - 1, shape.channels), np.float32)

    def push(self, frames: Frames, unless_below: float = 0.0) -> npt.NDArray[np.float32]:
        """Take frames, and return the heights that are known; what stays below a height anyway may be told lower."""
        held = np.concatenate([self._held, frames])
        known = max(len(held) - 2 * _SIDE + 1, 0)
        self._held = held[known:]
        return _heights(held, known, unless_below)

    def finish(self, unless_below: float = 0.0) -> npt.NDArray[np.float32]:
        """The last heights; behind the end there is silence."""
        return self.push(np.zeros((_SIDE, self._held.shape[1]), np.float32), unless_below)


def _heights(held: Frames, known: int, unless_below: float) -> npt.NDArray[np.float32]:
    heights: npt.NDArray[np.float32] = np.abs(held[_SIDE - 1 : _SIDE - 1 + known]).max(axis=1, initial=0.0)
    if not known or float(np.abs(held).max()) * _HIGHER < unless_below:
        return heights
    for channel in held.T:
        for taps in _TAPS:
            # Sums in one order, so that every processor rounds alike.
            between = np.zeros(known, np.float32)
            for number, tap in enumerate(taps):
                between += tap * channel[number : number + known]
            np.maximum(heights, np.abs(between), out=heights)
    return heights


class TruePeakMeter:
    """Looks for the highest point of a stream."""

    def __init__(self, shape: Shape) -> None:
        self._between = Between(shape)
        self._highest = 0.0

    def push(self, frames: Frames) -> None:
        """More of it."""
        self._look(self._between.push(frames, self._highest))

    def _look(self, heights: npt.NDArray[np.float32]) -> None:
        self._highest = max(self._highest, float(heights.max(initial=0.0)))

    def decibels(self) -> float | None:
        """The highest point below full scale; None of silence."""
        self._look(self._between.finish(self._highest))
        return 20.0 * math.log10(self._highest) if self._highest > 0.0 else None
