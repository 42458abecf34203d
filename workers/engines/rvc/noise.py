"""Normal noise as a function of absolute position: any stretch of it can be made without the numbers before it.

The words come from a counter-based generator, which no release of numpy may change. They are turned into normal
numbers with additions, multiplications, divisions and square roots only, whose results are exactly defined. The last
digits of numpy's logarithm and sine would differ between processors and releases.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Normals = npt.NDArray[np.float32]

#: The second word of the generator's key: one stream for each use.
LATENT, SOURCE = 1, 2

#: Philox gives four 64-bit words per value of its counter, and each word gives two normal numbers.
WORDS_PER_COUNT = 4
NORMALS_PER_WORD = 2

#: Counts between the counter's zero and the recording's first number, so that there is noise for the context before it.
_ORIGIN = 1 << 64

#: Words turned into numbers at once, few enough for the processor's nearest caches.
_BLOCK = 1 << 13

LN_2 = 0.6931471805599453
_PI = 3.141592653589793

#: The coefficients of the three series, that of the lowest power first, and an eighth of a turn over the largest angle.
LOGARITHM = (2.0, 2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0)
SINE = (1.0, -1.0 / 6.0, 1.0 / 120.0, -1.0 / 5040.0)
COSINE = (1.0, -1.0 / 2.0, 1.0 / 24.0, -1.0 / 720.0, 1.0 / 40320.0)
EIGHTH_TURN = _PI / 4.0 * 2.0**-31

#: The bits of 1 and of the square root of one half as 32-bit floats, and the bit where the exponent begins.
ONE, ROOT_HALF, EXPONENT = 0x3F800000, 0x3F3504F3, 23


class HostNoise:
    """Noise made by the processor, which is where most frameworks want it."""

    def latent(self, seed: int, firsts: Sequence[int], frames: int, width: int) -> Normals:
        """`[batch, frames, width]`: for so many 10-ms frames from each of these on."""
        return np.stack([latent_noise(seed, first, first + frames, width) for first in firsts])

    def source(self, seed: int, firsts: Sequence[int], samples: int) -> Normals:
        """`[batch, samples]`: for so many samples of the output from each of these on."""
        return np.stack([source_noise(seed, first, first + samples) for first in firsts])


def latent_noise(seed: int, first: int, last: int, width: int) -> Normals:
    """The noise for the 10-ms frames `first..last` of a recording, `width` numbers for each."""
    return _normals(seed, LATENT, first * width, last * width).reshape(last - first, width)


def source_noise(seed: int, first: int, last: int) -> Normals:
    """The noise that is added to the sine at the samples `first..last` of the output."""
    return _normals(seed, SOURCE, first, last)


def _normals(seed: int, stream: int, first: int, last: int) -> Normals:
    first_word, skipped = divmod(first, NORMALS_PER_WORD)
    last_word = -(-last // NORMALS_PER_WORD)
    pairs = np.empty((last_word - first_word, NORMALS_PER_WORD), np.float32)
    done = 0
    for words in _words(seed, stream, first_word, last_word):
        _fill(pairs[done : done + len(words)], words)
        done += len(words)
    return pairs.reshape(-1)[skipped : skipped + last - first]


def _words(seed: int, stream: int, first: int, last: int) -> Iterator[npt.NDArray[np.uint64]]:
    """These words of a stream, one block at a time."""
    count, skipped = divmod(first, WORDS_PER_COUNT)
    generator = np.random.Philox(key=np.array([seed, stream], np.uint64), counter=_ORIGIN + count)
    generator.random_raw(skipped, output=False)
    for begin in range(first, last, _BLOCK):
        yield generator.random_raw(min(_BLOCK, last - begin))


def _fill(pairs: Normals, words: npt.NDArray[np.uint64]) -> None:
    """Turn each word into two independent normal numbers: a point in the plane, from its distance and direction."""
    halves = words.astype("<u8", copy=False).view("<u4").reshape(-1, 2)
    distance = np.sqrt(np.float32(-2.0) * _log(_uniform(halves[:, 1])))
    cosine, sine = _direction(halves[:, 0])
    np.multiply(distance, cosine, out=pairs[:, 0])
    np.multiply(distance, sine, out=pairs[:, 1])


def _uniform(bits: npt.NDArray[np.uint32]) -> Normals:
    """Uniform numbers above zero, up to and including one."""
    return (bits.astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-32)


def _log(values: Normals) -> Normals:
    """The natural logarithm of positive numbers up to one, never above zero.

    A number is split into a power of two and a factor between the roots of one half and of two. The factor's logarithm
    is twice the inverse hyperbolic tangent of (factor - 1) / (factor + 1), which four terms give to within 3e-8.
    """
    bits = values.view(np.int32) + (ONE - ROOT_HALF)
    power = (bits >> EXPONENT) - (ONE >> EXPONENT)
    above_one: Normals = ((bits & ((1 << EXPONENT) - 1)) + ROOT_HALF).view(np.float32) - np.float32(1.0)
    ratio: Normals = above_one / (above_one + np.float32(2.0))
    terms = _polynomial(ratio * ratio, LOGARITHM)
    logarithm: Normals = np.float32(LN_2) * power.astype(np.float32) + ratio * terms
    return logarithm


def _direction(bits: npt.NDArray[np.uint32]) -> tuple[Normals, Normals]:
    """The cosine and sine of an angle anywhere on the circle.

    The series are for a quarter of the angle, at most an eighth of a turn, where a few terms are right to within 3e-7.
    Doubling the angle twice needs no case distinctions.
    """
    quarter = bits.view(np.int32).astype(np.float32) * np.float32(EIGHTH_TURN)
    square = quarter * quarter
    sine = quarter * _polynomial(square, SINE)
    cosine = _polynomial(square, COSINE)
    return _doubled(*_doubled(cosine, sine))


def _doubled(cosine: Normals, sine: Normals) -> tuple[Normals, Normals]:
    twice = sine + sine
    return np.float32(1.0) - twice * sine, twice * cosine


def _polynomial(x: Normals, coefficients: Sequence[float]) -> Normals:
    """The polynomial with these coefficients, that of the lowest power first."""
    total = np.full_like(x, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total *= x
        total += np.float32(coefficient)
    return total
