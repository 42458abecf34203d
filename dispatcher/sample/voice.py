"""A phrase made audible: pulses and noise through the filters of the mouth, and the room around it."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from dispatcher.sample.tracks import FRAMES_PER_SECOND, Curve, Tracks

#: Samples on each side of a pulse that take part in placing it between two samples.
_HALF_WIDTH = 8

Spectra = npt.NDArray[np.complex64]

#: Amplitudes of the five formants; signs alternate so that no holes are torn between them.
_STRENGTHS = (1.0, -0.8, 0.6, -0.5, 0.4)

#: Hertz: a formant's width where it stands at zero, and by how much it widens for each hertz.
_WIDTH, _WIDENING = 50.0, 0.03

#: Hertz: where the beat of the vocal folds is strongest, and where its overtones begin to fall faster.
_GLOTTAL, _TILT = 180.0, 3000.0

#: A hiss's width as a share of its middle, and its amplitude beside the voice's.
_HISS_WIDTH, _HISS_LEVEL = 0.5, 0.06

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


def pulses(glide: Curve, hop: int) -> npt.NDArray[np.float32]:
    """One pulse a cycle of this pitch, given every `hop` samples, as even in power as white noise."""
    rate = hop * FRAMES_PER_SECOND
    pitch = np.interp(np.arange(len(glide) * hop) / hop, np.arange(len(glide)), glide)
    phase = np.concatenate([[0.0], np.cumsum((pitch[1:] + pitch[:-1]) / (2.0 * rate))])
    places = np.interp(np.arange(1.0, np.floor(phase[-1]) + 1.0), phase, np.arange(len(phase)))
    return _placed(places, np.sqrt(rate / pitch[places.astype(np.int64)]), len(phase))


def _placed(places: Curve, heights: Curve, length: int) -> npt.NDArray[np.float32]:
    nearest = np.round(places).astype(np.int64)
    taps = np.arange(-_HALF_WIDTH, _HALF_WIDTH + 1)
    distance = taps + (nearest - places)[:, None]
    kernel = np.sinc(distance) * np.cos(np.pi * distance / (2.0 * _HALF_WIDTH + 2.0)) ** 2 * heights[:, None]
    at = nearest[:, None] + taps + _HALF_WIDTH
    train = np.bincount(at.ravel(), kernel.ravel(), minlength=length + 2 * _HALF_WIDTH + 1)
    return train[_HALF_WIDTH : _HALF_WIDTH + length].astype(np.float32)


def voice_filters(tracks: Tracks, frequencies: npt.NDArray[np.float64]) -> Spectra:
    """What the beat of the vocal folds is multiplied by, frame by frame, at these frequencies above zero."""
    filters = _mouth(tracks, frequencies.astype(np.float32))
    filters *= tracks.voice.astype(np.float32)[:, None]
    filters *= _glottis(frequencies)
    return filters


def hiss_filters(tracks: Tracks, frequencies: npt.NDArray[np.float64]) -> Spectra:
    """What noise is multiplied by where it hisses between tongue and teeth."""
    band = _resonance(tracks.hiss_hz, tracks.hiss_hz * _HISS_WIDTH, frequencies.astype(np.float32))
    band *= (tracks.hiss * _HISS_LEVEL).astype(np.float32)[:, None]
    return band


def _mouth(tracks: Tracks, frequencies: npt.NDArray[np.float32]) -> Spectra:
    total = np.zeros((len(tracks.voice), len(frequencies)), np.complex64)
    for strength, formant in zip(_STRENGTHS, tracks.formants.T, strict=True):
        total += _resonance(formant, _WIDTH + _WIDENING * formant, frequencies) * np.float32(strength)
    return total


def _resonance(
    centre: npt.NDArray[np.float64], width: npt.NDArray[np.float64], frequencies: npt.NDArray[np.float32]
) -> Spectra:
    """One at the centre, falling to both sides: 1 / (1 + i (f/w - c^2/(w f)))."""
    inverse_width = (1.0 / width).astype(np.float32)[:, None]
    above = (centre**2 / width).astype(np.float32)[:, None]
    away = frequencies * inverse_width - above * (1 / frequencies)
    resonance = np.empty(away.shape, np.complex64)
    resonance.real = 1 / (1 + away * away)
    resonance.imag = -away * resonance.real
    return resonance


def _glottis(frequencies: npt.NDArray[np.float64]) -> npt.NDArray[np.complex64]:
    octave = 1j * frequencies / _GLOTTAL
    shape = octave / (1.0 + octave + octave**2) / (1.0 + 1j * frequencies / _TILT)
    return shape.astype(np.complex64)


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
