"""Resamples a stream to another rate, with a length that is exact to the sample."""

from collections.abc import Iterable, Iterator

import numpy as np
import soxr

from storage.audio.blocks import Frames, Mono
from storage.audio.grid import resampled_length


class StreamResampler:
    """Resamples float32 pieces of any number of channels, each of which comes out as it would alone.

    The result does not depend on the number of the pieces or their lengths. Those of one channel are mono.
    """

    def __init__(self, rate_in: int, rate_out: int, channels: int = 1) -> None:
        self._rates = (rate_in, rate_out)
        self._one = () if channels == 1 else (channels,)
        same = rate_in == rate_out
        self._stream = None if same else soxr.ResampleStream(rate_in, rate_out, channels, dtype="float32", quality="HQ")
        self._taken = 0
        self._given = 0

    def push(self, block: Mono | Frames) -> Mono | Frames:
        """Take samples, and return those that are ready, perhaps none."""
        if self._stream is None or not len(block):
            return block
        self._taken += len(block)
        out: Mono | Frames = self._stream.resample_chunk(np.ascontiguousarray(block, np.float32))
        self._given += len(out)
        return out

    def finish(self) -> Mono | Frames:
        """Return the last samples, so that the total is the number that the grid says."""
        if self._stream is None:
            return np.empty((0, *self._one), np.float32)
        missing = resampled_length(self._taken, *self._rates) - self._given
        # Silence behind the end, as long as two output samples, lets soxr finish at or beyond the exact length.
        rate_in, rate_out = self._rates
        silence = np.zeros((2 * -(-rate_in // rate_out), *self._one), np.float32)
        tail: Mono | Frames = self._stream.resample_chunk(silence, last=True)
        return tail[:missing]


def resampled(
    pieces: Iterable[Mono | Frames], rate_in: int, rate_out: int, channels: int = 1
) -> Iterator[Mono | Frames]:
    """The stream at another rate."""
    resampler = StreamResampler(rate_in, rate_out, channels)
    for piece in pieces:
        yield resampler.push(piece)
    yield resampler.finish()
