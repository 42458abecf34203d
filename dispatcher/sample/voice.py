"""A phrase made audible: pulses and noise through the filters of the mouth, and the room around it."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from dispatcher.sample.pulses import pulses
from dispatcher.sample.tracks import FRAMES_PER_SECOND, Tracks
from dispatcher.sample.tract import hiss_filters, voice_filters

Samples = npt.NDArray[np.float32]
Filters = Callable[[Tracks, npt.NDArray[np.float64]], npt.NDArray[np.complex64]]

#: Hops in a filtered frame, at most: two of window, nearly four (40 ms) for the mouth to ring out.
_HOPS = 6

#: Amplitude of the voice at 44.1 kHz; pulses and noise spread over more hertz at higher rates. With this, singing
#: comes to about -20 dB.
_LEVEL, _LEVEL_RATE = 4.0, 44_100

#: Amplitude of the room: -78 dB, a quiet studio.
_ROOM = 1.2e-4

#: Amplitude of the air that is heard through the voice.
_AIR = 0.03

#: What no sample may exceed.
PEAK = 0.9

#: Frames shaped at once, so that memory does not grow with a phrase.
_BATCH = 128


def voiced_samples(tracks: Tracks, rate: int, random: np.random.Generator) -> Samples:
    """The samples of these tracks; nothing rings on past their end."""
    hop = rate // FRAMES_PER_SECOND
    count = len(tracks.voice)
    noise = random.standard_normal(count * hop, np.float32)
    total = np.zeros((count + _HOPS, hop), np.float32)
    _add_shaped(total, pulses(tracks.glide, hop) + np.float32(_AIR) * noise, tracks, tracks.voice > 0.0, voice_filters)
    _add_shaped(total, noise, tracks, tracks.hiss > 0.0, hiss_filters)
    # The first window reaches a hop before the beginning.
    samples = total[1 : count + 1].ravel() * np.float32(_LEVEL * np.sqrt(rate / _LEVEL_RATE))
    samples += random.standard_normal(count * hop, np.float32) * np.float32(_ROOM)
    return samples * np.float32(min(1.0, PEAK / float(np.abs(samples).max())))


def _add_shaped(
    total: Samples, source: Samples, tracks: Tracks, audible: npt.NDArray[np.bool_], filters: Filters
) -> None:
    hop = total.shape[1]
    size = _fast_size(_HOPS * hop)
    frequencies = np.arange(size // 2 + 1) * (hop * FRAMES_PER_SECOND / size)
    # The filters' formulas divide by frequency.
    frequencies[0] = frequencies[1] / 2.0
    heard = np.flatnonzero(audible)
    for first in range(0, len(heard), _BATCH):
        frames = heard[first : first + _BATCH]
        shaped = np.zeros((len(frames), _HOPS * hop), np.float32)
        spectra = _spectra(source, frames, hop, size) * filters(tracks.at(frames), frequencies)
        shaped[:, :size] = np.fft.irfft(spectra, size)
        for place in range(_HOPS):
            total[frames + place] += shaped[:, place * hop : (place + 1) * hop]


def _fast_size(most: int) -> int:
    """The largest size of transform up to this one that has many factors of two and no prime above five."""
    sizes = (odd << twos for odd in (1, 3, 5, 9, 15) for twos in range(6, 20))
    return max(size for size in sizes if size <= most)


def _spectra(source: Samples, frames: npt.NDArray[np.int64], hop: int, size: int) -> npt.NDArray[np.complex64]:
    rows = np.concatenate([np.zeros(hop, np.float32), source]).reshape(-1, hop)
    window = np.sin(np.pi * np.arange(2 * hop) / (2 * hop)).astype(np.float32) ** 2
    return np.fft.rfft(np.hstack([rows[frames], rows[frames + 1]]) * window, size).astype(np.complex64, copy=False)
