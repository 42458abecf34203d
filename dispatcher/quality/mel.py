"""Mel spectrograms as the judging nets were trained on them: Slaney's scale, triangles of equal area, power."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from storage.audio.blocks import Mono

#: The rate of all judging, in hertz.
RATE = 16_000
#: Samples from one frame to the next: 10 ms.
HOP = 160
#: Slaney's scale is linear up to this many hertz, at so many mels a hertz, and grows by this factor in 27 mels beyond.
_BREAK, _PER_HERTZ, _GROWTH, _STEPS = 1000.0, 3.0 / 200.0, 6.4, 27.0

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MelShape:
    """Samples of a window, and bands."""

    window: int
    bands: int


def mel_power(samples: Mono, shape: MelShape) -> Floats:
    """`[frames, bands]` of power, with a frame on every 10 ms from the first sample on and silence around."""
    return mel_frames(np.pad(samples.astype(np.float32, copy=False), shape.window // 2), shape)


def mel_frames(samples: Mono, shape: MelShape) -> Floats:
    """The same of all whole windows in the samples, from the first sample on."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, shape.window)[::HOP]
    spectrum = np.fft.rfft(frames * _window(shape.window), axis=1)
    return np.asarray((spectrum.real**2 + spectrum.imag**2) @ _filters(shape).T, np.float32)


@lru_cache(maxsize=4)
def _window(size: int) -> Floats:
    """Hann's, periodic."""
    return (0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(size) / size)).astype(np.float32)


@lru_cache(maxsize=4)
def _filters(shape: MelShape) -> Floats:
    edges = _hertz(np.linspace(0.0, _mels(RATE / 2.0), shape.bands + 2))
    bins = np.arange(shape.window // 2 + 1) * RATE / shape.window
    left, centre, right = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.minimum((bins - left) / (centre - left), (right - bins) / (right - centre))
    return (np.maximum(triangles, 0.0) * (2.0 / (right - left))).astype(np.float32)


def _mels(hertz: float) -> float:
    if hertz < _BREAK:
        return hertz * _PER_HERTZ
    return float(_BREAK * _PER_HERTZ + np.log(hertz / _BREAK) * _STEPS / np.log(_GROWTH))


def _hertz(mels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    middle = _BREAK * _PER_HERTZ
    above = _BREAK * np.exp((mels - middle) * np.log(_GROWTH) / _STEPS)
    found: npt.NDArray[np.float64] = np.where(mels < middle, mels / _PER_HERTZ, above)
    return found
