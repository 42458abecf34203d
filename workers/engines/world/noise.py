"""White noise as a function of absolute position: any stretch of it can be made without the samples before it."""

import math

import numpy as np
import numpy.typing as npt

#: Philox gives four 64-bit words per value of its counter, and each word gives one sample.
_WORDS_PER_COUNT = 4

#: Counts between the counter's zero and the recording's first sample, so that there is noise for the margin before it.
_ORIGIN = 1 << 40

#: Half the range of uniform numbers of unit variance.
_REACH = math.sqrt(3.0)


def white_noise(seed: int, start: int, stop: int) -> npt.NDArray[np.float64]:
    """Samples `start..stop` of the seed's noise, with unit variance.

    The numbers are uniform, not normal: they come straight from the generator's words, which no numpy release may
    change, and after the voice's filters nobody hears the difference.
    """
    count, skipped = divmod(start, _WORDS_PER_COUNT)
    generator = np.random.Philox(key=np.array([seed, 0], np.uint64), counter=_ORIGIN + count)
    words = generator.random_raw(skipped + stop - start)[skipped:]
    return (words >> np.uint64(11)).astype(np.float64) * (2.0 * _REACH / (1 << 53)) - _REACH
