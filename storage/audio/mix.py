"""Any number of channels into one, and how much of them that loses."""

import math

import numpy as np

from storage.audio.blocks import Frames, Mono

#: dB: the range of 24 bits. Nothing is lost more completely than this.
_COMPLETE_LOSS = 144.0


def mean_of_channels(frames: Frames) -> Mono:
    """The mean, as sums of whole columns: quick, and the same to the bit on every processor.

    A matrix product would be as quick, but rounds as the processor's own kernel happens to do.
    """
    channels = frames.shape[1]
    if channels == 1:
        return frames[:, 0]
    # Sums of damaged samples overflow; the reader looks for that and says where.
    with np.errstate(over="ignore", invalid="ignore"):
        mixed = np.add(frames[:, 0], frames[:, 1])
        for channel in range(2, channels):
            mixed += frames[:, channel]
        mixed *= np.float32(1 / channels)
    return mixed


class MixingLoss:
    """Compares the power of a mix with that of its channels, piece by piece."""

    def __init__(self) -> None:
        self._channels = 0.0
        self._mix = 0.0

    def add(self, frames: Frames, mixed: Mono) -> None:
        """Count a piece and what was made of it."""
        channels = frames.shape[1]
        if channels > 1:
            self._channels += _energy(frames.ravel(order="K")) / channels
            self._mix += _energy(mixed)

    @property
    def decibels(self) -> float:
        """How much weaker the mix is than its channels are on average: 0 where they agree, 144 where they cancel."""
        if not 0.0 < self._channels < math.inf:
            return 0.0
        if self._mix <= 0.0:
            return _COMPLETE_LOSS
        # The mix is never the stronger one, but for rounding.
        return min(max(10.0 * math.log10(self._channels / self._mix), 0.0), _COMPLETE_LOSS)


def _energy(samples: Mono) -> float:
    # Float files may hold samples of any size; a sum that overflows says nothing, and is left at that.
    with np.errstate(over="ignore"):
        return float(np.dot(samples, samples))
