"""Decodes the pitch net's output for every bin into a pitch in hertz."""

import numpy as np
import numpy.typing as npt

#: Cents from bin to bin, and cents of the first bin above the reference, as the net was trained.
_BIN_CENTS = 20.0
_FIRST_BIN_CENTS = 1997.3794084376191

#: Hertz at zero cents.
_REFERENCE_HZ = 10.0

#: Bins on each side of the most likely one that are included in the mean.
_REACH = 4

#: A frame is unvoiced if no bin is more likely than this.
_VOICED_ABOVE = 0.03


def decode(salience: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The pitch of every frame in hertz, zero where unvoiced, from the likelihood of each bin (frames x bins).

    It is the mean of the most likely bin and its neighbours, weighted by their likelihood; bins beyond the ends have no
    weight.
    """
    bins = salience.shape[1]
    likeliest = salience.argmax(axis=1)[:, None]
    near = likeliest + np.arange(-_REACH, _REACH + 1)
    weights = np.take_along_axis(salience, near.clip(0, bins - 1), axis=1).astype(np.float64)
    weights[(near < 0) | (near >= bins)] = 0.0
    voiced = np.take_along_axis(salience, likeliest, axis=1)[:, 0] > np.float32(_VOICED_ABOVE)
    total = np.where(voiced, weights.sum(axis=1), 1.0)
    cents = (weights * (near * _BIN_CENTS + _FIRST_BIN_CENTS)).sum(axis=1) / total
    pitch: npt.NDArray[np.float64] = np.where(voiced, _REFERENCE_HZ * np.exp2(cents / 1200.0), 0.0)
    return pitch
