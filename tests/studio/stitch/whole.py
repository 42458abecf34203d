"""The loudness mix computed on whole recordings at once, for comparison with the stream."""

import numpy as np
import numpy.typing as npt

from workers.engines.samples import Samples

Levels = npt.NDArray[np.float64]


def whole_mix(result: Samples, rate: int, source: Samples, source_rate: int, mix: float) -> Levels:
    """What the result should be."""
    wanted = _laid_over(_levels(source, source_rate), len(result))
    ours = np.maximum(_laid_over(_levels(result, rate), len(result)), 1e-6)
    return np.asarray(result * wanted ** (1.0 - mix) * ours ** (mix - 1.0))


def _levels(samples: Samples, rate: int) -> Levels:
    """The root mean square of one second around every half second, with silence beyond the ends."""
    half = rate // 2
    padded = np.pad(samples.astype(np.float64), half)
    return np.array([np.sqrt(np.mean(padded[k : k + 2 * half] ** 2)) for k in range(0, len(samples) + 1, half)])


def _laid_over(levels: Levels, length: int) -> Levels:
    """Interpolate linearly between levels; beyond the outermost ones, the value is flat."""
    places = (np.arange(length) + 0.5) * len(levels) / length - 0.5
    return np.interp(places, np.arange(len(levels)), levels)
