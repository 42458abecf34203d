"""From the pitch net's answer to hertz, by the likeliest bin of each frame and those next to it.

Of the answer's hundreds of bins only these leave the device.
"""

import numpy as np
import numpy.typing as npt

#: Bins on each side of the most likely one that are included in the mean.
REACH = 4

#: Cents from bin to bin, and cents of the first bin above the reference, as the net was trained.
_BIN_CENTS = 20.0
_FIRST_BIN_CENTS = 1997.3794084376191

#: Hertz at zero cents.
_REFERENCE_HZ = 10.0

#: A frame is unvoiced if no bin is more likely than this.
_VOICED_ABOVE = 0.03


def peaks(salience: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """From the likelihood of all bins `[..., bins]` to the number of the likeliest, and the likelihoods around it.

    Of equally likely ones it is the first. Bins beyond the ends have no likelihood.
    """
    likeliest = salience.argmax(axis=-1)[..., None]
    beyond = [(0, 0)] * (salience.ndim - 1) + [(REACH, REACH)]
    near = np.take_along_axis(np.pad(salience, beyond), likeliest + np.arange(2 * REACH + 1), axis=-1)
    return np.concatenate([likeliest.astype(np.float32), near], axis=-1)


def decode(found: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The pitch of every frame in hertz, zero where unvoiced, from its peak.

    It is the mean of the most likely bin and its neighbours, weighted by their likelihood.
    """
    likeliest, weights = found[:, :1], found[:, 1:].astype(np.float64)
    near = likeliest + np.arange(-REACH, REACH + 1)
    voiced = found[:, 1 + REACH] > np.float32(_VOICED_ABOVE)
    total = np.where(voiced, weights.sum(axis=1), 1.0)
    cents = (weights * (near * _BIN_CENTS + _FIRST_BIN_CENTS)).sum(axis=1) / total
    pitch: npt.NDArray[np.float64] = np.where(voiced, _REFERENCE_HZ * np.exp2(cents / 1200.0), 0.0)
    return pitch
