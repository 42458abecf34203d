"""Removes the rumble from a recording without moving anything else in time."""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from storage.audio.blocks import Mono

_ORDER = 5
_CORNER = 48.0  # Hz
#: Seconds of impulse response kept on either side. The slowest pole decays by e^-93 a second, so what is cut off is
#: below 1e-12.
_REACH = 0.3
#: Seconds of one Fourier transform: a length that has only small factors at every usual rate and fits a processor's
#: caches.
_SPAN = 2


class ZeroPhaseHighPass:
    """A Butterworth high-pass, run forwards and backwards over a stream; what comes out is as long as what goes in.

    It computes what is removed, not what stays: nearly all of a transform's rounding lies outside the few bins of the
    rumble, so single precision is enough. Transforms begin at absolute positions, so the result is the same to the bit
    however the input is cut.
    """

    def __init__(self, rate: int) -> None:
        self._reach = math.ceil(_REACH * rate)
        self._response = _response(rate, self._reach)
        self._segment: npt.NDArray[np.float32] = np.zeros(_SPAN * rate, np.float32)
        # There is silence before the beginning.
        self._filled = self._reach
        self._taken = 0
        self._given = 0

    def push(self, block: Mono) -> Mono:
        """Take samples, and return those that are ready, perhaps none."""
        ready: list[Mono] = []
        self._taken += len(block)
        while len(block):
            part = block[: len(self._segment) - self._filled]
            self._segment[self._filled : self._filled + len(part)] = part
            self._filled += len(part)
            block = block[len(part) :]
            if self._filled == len(self._segment):
                ready.append(self._transform())
        return np.concatenate(ready) if ready else np.empty(0, np.float32)

    def finish(self) -> Mono:
        """Return the last samples."""
        ready: list[Mono] = []
        missing = self._taken - self._given
        while self._given < self._taken:
            self._segment[self._filled :] = 0.0
            ready.append(self._transform())
        return np.concatenate(ready)[:missing] if ready else np.empty(0, np.float32)

    def _transform(self) -> Mono:
        size, reach = len(self._segment), self._reach
        spectrum = np.fft.rfft(self._segment)
        spectrum *= self._response
        # The first and last `reach` samples are wrapped around; the neighbouring transforms have the right ones.
        rumble = np.fft.irfft(spectrum, size)[reach : size - reach].astype(np.float32, copy=False)
        out: Mono = self._segment[reach : size - reach] - rumble
        self._segment[: 2 * reach] = self._segment[size - 2 * reach :].copy()
        self._filled = 2 * reach
        self._given += len(out)
        return out


@lru_cache(maxsize=8)
def _response(rate: int, reach: int) -> npt.NDArray[np.float32]:
    """The real frequency response of what one transform removes: of an impulse response cut off at `reach`."""
    # The impulse gets a transform twice as long, so that its own wrapped tails are negligible.
    size = 2 * _SPAN * rate
    half_angles = np.pi * np.arange(1, size // 2 + 1) / size
    power = np.ones(size // 2 + 1)
    ratio = np.tan(half_angles) / math.tan(math.pi * _CORNER / rate)
    power[1:] = 1.0 / (1.0 + ratio ** (2 * _ORDER))
    impulse = np.fft.irfft(power, size)
    kernel = np.zeros(_SPAN * rate)
    kernel[: reach + 1] = impulse[: reach + 1]
    kernel[-reach:] = impulse[-reach:]
    response = np.fft.rfft(kernel).real.astype(np.float32)
    # All filters of a rate share it.
    response.flags.writeable = False
    return response
