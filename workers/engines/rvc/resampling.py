"""Reads a signal faster or slower, by absolute position: any stretch of the result can be made by itself.

This moves a voice's resonances: sound generated with `ratio` times as many frames is read `ratio` times as fast.
"""

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
_Table = npt.NDArray[np.float64]

#: Zero crossings of the sinc on each side; with the window's shape, they suppress aliasing by 80 dB.
_CROSSINGS = 24
_KAISER_BETA = 8.0

#: The cutoff as a share of the highest frequency, because the window blurs it by a tenth to either side.
_CUTOFF = 0.9

#: Places between two samples at which the kernel is known; between them it is interpolated linearly, to within 1e-6.
_PLACES = 512

#: Output samples made at once, few enough for the processor's nearest caches.
_BLOCK = 1 << 13

#: Ratios whose kernels are kept, because a worker sees few at a time.
_KEPT = 8


def reach(ratio: float) -> int:
    """Input samples that one output sample needs on each side of its place."""
    return math.ceil(_CROSSINGS * max(ratio, 1.0) / _CUTOFF)


def needed(ratio: float, first_out: int, last_out: int) -> tuple[int, int]:
    """The first absolute input sample that these output samples need, and the one after the last."""
    first = math.floor(first_out * ratio) - reach(ratio)
    return first, math.floor((last_out - 1) * ratio) + reach(ratio) + 2


def speed_up(samples: Samples, ratio: float, first_out: int, last_out: int, first_in: int) -> Samples:
    """The output samples `first_out..last_out`: sample n is the signal at the fractional place n * ratio.

    `samples` begins at the absolute sample `first_in`; what lies beyond its ends is silence. Frequencies that the
    faster reading would lift beyond the highest are taken out.
    """
    begins, ends = needed(ratio, first_out, last_out)
    signal = np.zeros(max(ends - begins, 0))
    left, right = max(begins, first_in), min(ends, first_in + len(samples))
    if left < right:
        signal[left - begins : right - begins] = samples[left - first_in : right - first_in]
    result = np.empty(last_out - first_out, np.float32)
    for block in range(first_out, last_out, _BLOCK):
        stop = min(block + _BLOCK, last_out)
        result[block - first_out : stop - first_out] = _read(signal, begins, ratio, block, stop)
    return result


def _read(signal: _Table, begins: int, ratio: float, first_out: int, last_out: int) -> _Table:
    """Read the signal one tap at a time for all outputs, so that a sample's digits do not depend on its neighbours."""
    places = np.arange(first_out, last_out) * ratio
    whole = np.floor(places)
    exact = (places - whole) * _PLACES
    row = exact.astype(np.int64)
    fraction = exact - row
    kernel, slope = _kernel(ratio)
    at = whole.astype(np.int64) - (begins + reach(ratio))
    total = np.zeros(len(places))
    for tap in range(len(kernel)):
        total += (kernel[tap][row] + fraction * slope[tap][row]) * signal[at + tap]
    return total


@lru_cache(maxsize=_KEPT)
def _kernel(ratio: float) -> tuple[_Table, _Table]:
    """Each tap's weight at all places between two samples, and its change from each place to the next."""
    widened = max(ratio, 1.0) / _CUTOFF
    taps = np.arange(-reach(ratio), reach(ratio) + 2)[:, None]
    distance = (taps - np.arange(_PLACES + 1) / _PLACES) / widened
    inside = np.maximum(1.0 - (distance / _CROSSINGS) ** 2, 0.0)
    weights = np.where(inside > 0.0, np.sinc(distance) * np.i0(_KAISER_BETA * np.sqrt(inside)), 0.0)
    # The weights add up to one, so that a constant signal stays the same at every place.
    weights /= weights.sum(axis=0)
    return np.ascontiguousarray(weights[:, :-1]), np.diff(weights, axis=1)
