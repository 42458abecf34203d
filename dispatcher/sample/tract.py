"""The filters of the mouth: formants for the voice, a band for every hiss."""

import numpy as np
import numpy.typing as npt

from dispatcher.sample.tracks import Tracks

Spectra = npt.NDArray[np.complex64]

#: Amplitudes of the five formants; signs alternate so that no holes are torn between them.
_STRENGTHS = (1.0, -0.8, 0.6, -0.5, 0.4)

#: Hertz: a formant's width where it stands at zero, and by how much it widens for each hertz.
_WIDTH, _WIDENING = 50.0, 0.03

#: Hertz: where the beat of the vocal folds is strongest, and where its overtones begin to fall faster.
_GLOTTAL, _TILT = 180.0, 3000.0

#: A hiss's width as a share of its middle, and its amplitude beside the voice's.
_HISS_WIDTH, _HISS_LEVEL = 0.5, 0.06


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
