"""The log mel spectrogram that the pitch net reads, always in single precision."""

import mlx.core as mx
import numpy as np

from workers.engines.rvc.architecture import PITCH_HOP
from workers.engines.rvc.mel import FLOOR, FRAME_SIZE, hann_window, mel_filters
from workers.engines.rvc.mlx.convolution import seen


class LogMel:
    """Log mel frames of windows, one every 10 ms; the first is centred on the first sample."""

    def __init__(self, mels: int) -> None:
        self.window = mx.array(hann_window())
        self.filters = mx.array(np.ascontiguousarray(mel_filters(mels).T))

    def __call__(self, audio: mx.array) -> mx.array:
        """Samples `[batch, n]` to `[batch, n // 160 + 1, mels]`."""
        padded = lengthened(audio, FRAME_SIZE // 2, FRAME_SIZE // 2)
        spectrum = mx.fft.rfft(seen(padded, FRAME_SIZE, PITCH_HOP) * self.window)
        return mx.log(mx.maximum(mx.abs(spectrum) @ self.filters, FLOOR))


def lengthened(x: mx.array, before: int, after: int) -> mx.array:
    """Extend the second dimension: mirrored at its ends, or with its ends repeated if it is too short to mirror."""
    places = np.arange(x.shape[1], dtype=np.int32)
    longer = np.pad(places, (before, after), mode="reflect" if max(before, after) < len(places) else "edge")
    return mx.take(x, mx.array(longer), axis=1)
