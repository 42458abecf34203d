"""What a job does to the pitch that was found: range, transposition, autotune, and filling in unvoiced frames.

Pitch is in hertz, one value per frame; zero is unvoiced.
"""

import numpy as np
import numpy.typing as npt

from workers.engines.rvc.settings import NOTES, RvcSettings

Pitch = npt.NDArray[np.float64]

#: Hertz of the note A4, and its number when C-1 is number zero.
_A4_HZ, _A4_NOTE = 440.0, 69

#: Notes of the scales, in semitones above the key's own note.
_SCALES = {"chromatic": tuple(range(12)), "major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}

#: Octaves whose notes the pitch can be drawn to: 1 Hz to 33 kHz, more than any transposed pitch.
_OCTAVES = range(-3, 12)

#: Hertz that the voices' 255 steps of coarse pitch were trained to span.
_COARSE_LOW, _COARSE_HIGH = 50.0, 1100.0
_COARSE_STEPS = 255


def shaped(pitch: Pitch, settings: RvcSettings) -> Pitch:
    """The pitch that the voice is to sing.

    Autotune comes after the transposition, so the key is that of the result; it uses only voiced frames, so unvoiced
    ones are filled in after it.
    """
    heard = transposed(within(pitch, settings.pitch_low, settings.pitch_high), settings.transpose)
    tuned = autotuned(heard, settings.autotune_key, settings.autotune_scale, settings.autotune)
    return interpolated(tuned) if settings.unvoiced == "interpolate" else tuned


def within(pitch: Pitch, low: float, high: float) -> Pitch:
    """The pitch with frames outside these limits made unvoiced, because what was found there is a mistake."""
    kept: Pitch = np.where((pitch >= low) & (pitch <= high), pitch, 0.0)
    return kept


def transposed(pitch: Pitch, semitones: float) -> Pitch:
    """The pitch moved up or down; unvoiced frames stay unvoiced."""
    moved: Pitch = pitch * 2.0 ** (semitones / 12.0)
    return moved


def autotuned(pitch: Pitch, key: str, scale: str, strength: float) -> Pitch:
    """The pitch with voiced frames drawn towards the nearest note of the scale, by this share of the way."""
    voiced = pitch > 0.0
    if strength == 0.0 or not voiced.any():
        return pitch
    tuned = pitch.copy()
    notes = _A4_NOTE + 12.0 * np.log2(pitch[voiced] / _A4_HZ)
    tuned[voiced] *= np.exp2(strength * (_nearest(notes, key, scale) - notes) / 12.0)
    return tuned


def _nearest(notes: Pitch, key: str, scale: str) -> Pitch:
    tonic = NOTES.index(key)
    allowed = np.array([12.0 * octave + tonic + step for octave in _OCTAVES for step in _SCALES[scale]])
    nearest: Pitch = allowed[np.searchsorted((allowed[1:] + allowed[:-1]) / 2.0, notes)]
    return nearest


def interpolated(pitch: Pitch) -> Pitch:
    """The pitch with unvoiced frames interpolated between voiced neighbours; unchanged if no frame is voiced."""
    (voiced,) = np.nonzero(pitch > 0.0)
    if not len(voiced):
        return pitch
    return np.interp(np.arange(len(pitch)), voiced, pitch[voiced])


def coarse(pitch: Pitch) -> npt.NDArray[np.int64]:
    """Each pitch as the step, 1 to 255, that voices know it by; steps are even on the mel scale, and unvoiced is 1."""
    low, high = _mel(np.array([_COARSE_LOW, _COARSE_HIGH]))
    step = (_mel(pitch) - low) * ((_COARSE_STEPS - 1) / (high - low)) + 1.0
    nearest: npt.NDArray[np.int64] = np.rint(step.clip(1.0, _COARSE_STEPS)).astype(np.int64)
    return nearest


def _mel(hertz: Pitch) -> Pitch:
    mel: Pitch = 1127.0 * np.log1p(hertz / 700.0)
    return mel
