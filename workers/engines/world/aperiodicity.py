"""How much of the voice is noise, by frequency: found on every second frame, and prepared for the filters."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from workers.engines.vocoder import WORLD
from workers.engines.world.envelope import ENVELOPE_SIZE
from workers.engines.world.frames import RATE, Strip
from workers.engines.world.pitch import Pitch

#: Frames from one analysis to the next: it is by far the most expensive stage, and what it finds changes slowly.
_STRIDE = 2

#: Factor for the samples before the analysis, which adds a little noise of its own. That noise depends on what else is
#: analysed in the same call and moves its results by tenths of a decibel; next to samples this large it is negligible.
_MAGNIFIED = 2.0**30

#: Decibels; with values above this, WORLD marks a frame that is nothing but noise.
_NOISE_THROUGHOUT = -0.5

#: Hertz and decibels: WORLD finds the noise in bands and interpolates linearly between them and these two ends.
_BAND_STEP = 3000.0
_AT_ZERO = -60.0
_AT_TOP = 0.0


@dataclass(frozen=True, slots=True)
class Aperiodicity:
    """Decibels of noise in each band of each frame, and which frames have a pitch."""

    bands: npt.NDArray[np.float64]
    voiced: npt.NDArray[np.bool_]


def find_aperiodicity(strip: Strip, pitch: Pitch, frames: npt.NDArray[np.int64]) -> Aperiodicity:
    """The aperiodicity at these consecutive absolute frames; those not analysed get it from their neighbours."""
    last = strip.first + strip.frames - 1
    analysed = np.arange(frames[0] // _STRIDE * _STRIDE, frames[-1] + _STRIDE, _STRIDE)
    analysed = analysed[(analysed >= strip.first) & (analysed <= last)]
    known = _analyse(strip, pitch, analysed)
    left = np.clip((frames - analysed[0]) // _STRIDE, 0, len(analysed) - 1)
    right = np.clip(-(-(frames - analysed[0]) // _STRIDE), 0, len(analysed) - 1)
    mixed = _between(known, left, right)
    return Aperiodicity(mixed.bands, mixed.voiced & (pitch[frames - strip.first] > 0.0))


def _analyse(strip: Strip, pitch: Pitch, frames: npt.NDArray[np.int64]) -> Aperiodicity:
    at = pitch[frames - strip.first]
    part = strip.around(frames)
    full = WORLD.d4c(part.signal * _MAGNIFIED, at, part.seconds(frames), RATE, fft_size=ENVELOPE_SIZE)
    # Where a band has only a millionth of a millionth of the voice's power, WORLD divides zero by zero: call it noise.
    bands = np.nan_to_num(WORLD.code_aperiodicity(full, RATE), nan=_AT_TOP)
    return Aperiodicity(bands, (bands < _NOISE_THROUGHOUT).any(axis=1))


def _between(known: Aperiodicity, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> Aperiodicity:
    weight_left, weight_right = known.voiced[left].astype(float), known.voiced[right].astype(float)
    weight = weight_left + weight_right
    total = known.bands[left] * weight_left[:, None] + known.bands[right] * weight_right[:, None]
    return Aperiodicity(total / np.maximum(weight, 1.0)[:, None], weight > 0.0)


def noise_shares(found: Aperiodicity, breath: float, frequencies: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """The share of noise in each frame's power at these frequencies, with breath added."""
    bands = found.bands.shape[1]
    nodes = np.concatenate([np.arange(bands + 1) * _BAND_STEP, [RATE / 2]])
    basis = np.stack([np.interp(frequencies, nodes, row) for row in np.eye(bands + 2)])
    ends = np.ones((len(found.bands), 1))
    decibels = np.hstack([ends * _AT_ZERO, found.bands, ends * _AT_TOP]) @ basis
    share = np.exp((decibels * (np.log(10.0) / 10.0)).astype(np.float32))
    share = np.where(found.voiced[:, None], share, np.float32(1.0))
    mixed: npt.NDArray[np.float32] = share + (1 - share) * np.float32(breath)
    return np.clip(mixed, 0.0, 1.0)
