"""Resamples a stream to another rate, with a length that is exact to the sample."""

import numpy as np
import soxr

from storage.audio.blocks import Mono
from storage.audio.grid import resampled_length


class StreamResampler:
    """Resamples mono float32 pieces; the result does not depend on their number or their lengths."""

    def __init__(self, rate_in: int, rate_out: int) -> None:
        self._rates = (rate_in, rate_out)
        same = rate_in == rate_out
        self._stream = None if same else soxr.ResampleStream(rate_in, rate_out, 1, dtype="float32", quality="HQ")
        self._taken = 0
        self._given = 0

    def push(self, block: Mono) -> Mono:
        """Take samples, and return those that are ready, perhaps none."""
        if self._stream is None or not len(block):
            return block
        self._taken += len(block)
        out: Mono = self._stream.resample_chunk(np.ascontiguousarray(block, np.float32))
        self._given += len(out)
        return out

    def finish(self) -> Mono:
        """Return the last samples, so that the total is the number that the grid says."""
        if self._stream is None:
            return np.empty(0, np.float32)
        missing = resampled_length(self._taken, *self._rates) - self._given
        # Silence behind the end, as long as two output samples, lets soxr finish at or beyond the exact length.
        rate_in, rate_out = self._rates
        silence = np.zeros(2 * -(-rate_in // rate_out), np.float32)
        tail: Mono = self._stream.resample_chunk(silence, last=True)
        return tail[:missing]
