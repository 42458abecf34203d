"""The spectral envelope: found frame by frame, and moved in frequency."""

import numpy as np
import numpy.typing as npt

from workers.engines.vocoder import WORLD
from workers.engines.world.frames import RATE, Strip
from workers.engines.world.pitch import Pitch

#: Samples in the envelope's transform: three periods of the lowest pitch.
ENVELOPE_SIZE = 1024

BINS = ENVELOPE_SIZE // 2 + 1

#: Power that counts as zero: far below the smallest step of 24-bit samples.
_LEAST_POWER = 1e-20

LogEnvelope = npt.NDArray[np.float32]

#: How far CheapTrick sharpens the peaks that its smoothing has blunted. Its default, -0.15, makes a sung voice with
#: narrow formants 1.9 dB too loud; with this value, every kind of voice that was tried comes out within 0.7 dB.
_SHARPENING = -0.07


def find_envelope(strip: Strip, pitch: Pitch, frames: npt.NDArray[np.int64]) -> LogEnvelope:
    """The natural logarithm of the power envelope at these absolute frames."""
    at = pitch[frames - strip.first]
    power = WORLD.cheaptrick(strip.signal, at, strip.seconds(frames), RATE, q1=_SHARPENING, fft_size=ENVELOPE_SIZE)
    # Smoothing by differences of sums can give zero or less where there is almost no power.
    log_power: LogEnvelope = np.log(np.fmax(power, _LEAST_POWER)).astype(np.float32)
    return log_power


def move_formants(envelope: LogEnvelope, ratio: float) -> LogEnvelope:
    """Move everything from f to f * ratio, keeping the power; beyond the known frequencies, the last value holds."""
    if ratio == 1.0:
        return envelope
    source = np.minimum(np.arange(BINS) / ratio, BINS - 1)
    below = np.minimum(source.astype(np.int64), BINS - 2)
    share = (source - below).astype(np.float32)
    moved: LogEnvelope = envelope[:, below] * (1 - share) + envelope[:, below + 1] * share
    return moved - np.float32(np.log(ratio))
