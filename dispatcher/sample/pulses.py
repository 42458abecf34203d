"""The beat of the vocal folds, placed between samples."""

import numpy as np
import numpy.typing as npt

from dispatcher.sample.tracks import FRAMES_PER_SECOND, Curve

#: Samples on each side of a pulse that take part in placing it between two samples.
_HALF_WIDTH = 8


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
