"""From sounds in a row to curves: pitch, loudness and the mouth's shape every 10 ms."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from dispatcher.sample.sounds import Sound

FRAMES_PER_SECOND = 100

Curve = npt.NDArray[np.float64]

#: Of a sound's length: where it has left the sound before it and where it begins to move to the next.
_ARRIVED, _LEAVING = 0.25, 0.75

#: Frames over which loudness moves from sound to sound.
_FADE = np.array([0.25, 0.5, 0.25])

#: Hertz and seconds: how fast vibrato swings, and how long it takes to begin.
_VIBRATO_HZ = 5.6
_VIBRATO_ONSET = 0.5

#: Amplitude of voicing below which nothing is heard of it.
_UNVOICED = 0.02


@dataclass(frozen=True, slots=True)
class Tracks:
    """What the voice does in every frame; `pitch` is zero where it is not voiced, `glide` never."""

    pitch: Curve
    glide: Curve
    voice: Curve
    hiss: Curve
    hiss_hz: Curve
    formants: Curve

    def at(self, frames: npt.NDArray[np.int64]) -> "Tracks":
        """These frames alone."""
        return Tracks(*(getattr(self, curve.name)[frames] for curve in fields(self)))


def track(sounds: Sequence[Sound]) -> Tracks:
    """The curves of these sounds, a whole number of frames."""
    lengths = np.maximum(1, np.round([sound.seconds * FRAMES_PER_SECOND for sound in sounds])).astype(np.int64)
    frames = np.repeat(np.arange(len(sounds)), lengths)
    begins = np.cumsum(lengths) - lengths
    voice = _faded(np.array([sound.voice for sound in sounds])[frames])
    glide = _glide(sounds, begins, lengths) * 2.0 ** (_vibrato(sounds, begins, frames) / 12.0)
    return Tracks(
        pitch=np.where(voice > _UNVOICED, glide, 0.0),
        glide=glide,
        voice=voice,
        hiss=_faded(np.array([sound.hiss for sound in sounds])[frames]),
        hiss_hz=np.array([sound.hiss_hz for sound in sounds])[frames],
        formants=np.stack([_moved(row, begins, lengths) for row in np.array([s.formants for s in sounds]).T], axis=1),
    )


def _faded(steps: Curve) -> Curve:
    return np.convolve(np.pad(steps, 1, mode="edge"), _FADE, mode="valid")


def _moved(targets: Curve, begins: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> Curve:
    places = np.stack([begins + _ARRIVED * lengths, begins + _LEAVING * lengths], axis=1).ravel()
    moved: Curve = np.interp(np.arange(lengths.sum()), places, np.repeat(targets, 2))
    return moved


def _glide(sounds: Sequence[Sound], begins: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> Curve:
    sung = np.flatnonzero([sound.pitch > 0.0 for sound in sounds])
    targets = np.log2(np.array([sound.pitch for sound in sounds])[sung])
    places = np.stack([begins + _ARRIVED * lengths, begins + _LEAVING * lengths], axis=1)[sung].ravel()
    glide: Curve = 2.0 ** np.interp(np.arange(lengths.sum()), places, np.repeat(targets, 2))
    return glide


def _vibrato(sounds: Sequence[Sound], begins: npt.NDArray[np.int64], frames: npt.NDArray[np.int64]) -> Curve:
    seconds = (np.arange(len(frames)) - begins[frames]) / FRAMES_PER_SECOND
    depth = np.array([sound.vibrato for sound in sounds])[frames] * np.minimum(1.0, seconds / _VIBRATO_ONSET)
    swing: Curve = depth * np.sin(2.0 * np.pi * _VIBRATO_HZ * seconds)
    return swing
