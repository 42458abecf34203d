"""Mixes any number of channels into one, and measures how much is lost."""

import math

import numpy as np

from storage.audio.blocks import Frames, Mono

#: dB: the range of 24 bits; no loss is reported as larger than this.
_COMPLETE_LOSS = 144.0


def mean_of_channels(frames: Frames) -> Mono:
    """The mean, from sums of whole columns: quick, and the same to the bit on every processor.

    A matrix product would be as quick, but its rounding depends on the processor.
    """
    channels = frames.shape[1]
    if channels == 1:
        return frames[:, 0]
    # Sums of damaged samples may overflow; the reader looks for that and says where.
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
        """Count a piece and its mix."""
        channels = frames.shape[1]
        if channels > 1:
            self._channels += _energy(frames.ravel(order="K")) / channels
            self._mix += _energy(mixed)

    @property
    def decibels(self) -> float:
        """How much weaker the mix is than its channels on average: 0 where they agree, 144 where they cancel out."""
        if not 0.0 < self._channels < math.inf:
            return 0.0
        if self._mix <= 0.0:
            return _COMPLETE_LOSS
        # Except for rounding, the mix is never stronger.
        return min(max(10.0 * math.log10(self._channels / self._mix), 0.0), _COMPLETE_LOSS)


def _energy(samples: Mono) -> float:
    # Float files may hold samples of any size; a sum that overflows tells nothing and is ignored.
    with np.errstate(over="ignore"):
        return float(np.dot(samples, samples))
