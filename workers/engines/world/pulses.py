"""The voiced half of the excitation: pulses placed between samples, with the power of white noise at any pitch."""

import numpy as np

from workers.engines.world.frames import HOP, RATE, Waveform
from workers.engines.world.phase import PhasedStretch, phased, pulse_places
from workers.engines.world.pitch import Pitch

#: Samples on each side of a pulse that help to place it between two samples.
_HALF_WIDTH = 10


def pulse_train(pitch: Pitch, first: int) -> Waveform:
    """The pulses of a strip that has this pitch and begins at the absolute frame `first`."""
    train = np.zeros((len(pitch) - 1) * HOP + 1)
    for stretch in phased(pitch, first):
        _add_stretch(train, stretch)
    return train


def _add_stretch(train: Waveform, stretch: PhasedStretch) -> None:
    places = pulse_places(stretch)
    pitch = np.interp(places - stretch.start, np.arange(len(stretch.pitch)), stretch.pitch)
    _add_pulses(train, places, np.sqrt(RATE / pitch))
    # The average of the pulses is subtracted, because the voice would otherwise have a constant offset.
    train[stretch.start : stretch.start + len(stretch.pitch)] -= np.sqrt(stretch.pitch / RATE)


def _add_pulses(train: Waveform, places: Waveform, heights: Waveform) -> None:
    nearest = np.round(places).astype(np.int64)
    taps = np.arange(-_HALF_WIDTH, _HALF_WIDTH + 1)
    distance = taps[None, :] + (nearest - places)[:, None]
    window = np.cos(np.pi * distance / (2.0 * _HALF_WIDTH + 2.0)) ** 2
    at = nearest[:, None] + taps
    inside = (at >= 0) & (at < len(train))
    np.add.at(train, at[inside], (heights[:, None] * np.sinc(distance) * window)[inside])
