"""The noise of `workers/engines/rvc/noise.py`, made where it is used, to the last bit.

A device gets it without a byte from the host. Every step is an operation of its own whose result is exactly defined:
joined into one program, a product and a sum would be rounded once instead of twice. Words are 64-bit integers without
a sign there and with one here, which only shifts and conversions notice.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from workers.engines.rvc.noise import (
    COSINE,
    EIGHTH_TURN,
    EXPONENT,
    LATENT,
    LN_2,
    LOGARITHM,
    NORMALS_PER_WORD,
    ONE,
    ROOT_HALF,
    SINE,
    SOURCE,
    WORDS_PER_COUNT,
)

#: Philox with four words of 64 bits: the factors of its rounds, what is added to its key between them, and how many.
_FACTORS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_STEPS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_ROUNDS = 10
_LOW, _HALF, _SIGN = 0xFFFFFFFF, 32, 1 << 31
_NORMALS_PER_COUNT = WORDS_PER_COUNT * NORMALS_PER_WORD


class DeviceNoise:
    """Noise made on a device."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def latent(self, seed: int, firsts: Sequence[int], frames: int, width: int) -> Tensor:
        """`[batch, frames, width]`: for so many 10-ms frames from each of these on."""
        normals = _normals(seed, LATENT, [first * width for first in firsts], frames * width, self.device)
        return normals.reshape(len(firsts), frames, width)

    def source(self, seed: int, firsts: Sequence[int], samples: int) -> Tensor:
        """`[batch, samples]`: for so many samples of the output from each of these on."""
        return _normals(seed, SOURCE, firsts, samples, self.device)


def _normals(seed: int, stream: int, firsts: Sequence[int], length: int, device: torch.device) -> Tensor:
    """Rows of so many numbers of a stream, one from each first number on."""
    counts, skipped = zip(*(divmod(first, _NORMALS_PER_COUNT) for first in firsts), strict=True)
    needed = -(-(length + _NORMALS_PER_COUNT - 1) // _NORMALS_PER_COUNT)
    count = torch.tensor(counts, device=device)[:, None] + torch.arange(needed, device=device)
    words = torch.stack(_philox(seed, stream, count), dim=-1).flatten(1)
    pairs = torch.stack(_pair(words), dim=-1).flatten(1)
    wanted = torch.tensor(skipped, device=device)[:, None] + torch.arange(length, device=device)
    return pairs.gather(1, wanted)


def _philox(seed: int, stream: int, count: Tensor) -> tuple[Tensor, ...]:
    """The four words of each count. The first counter is one more than numpy was given, and what is before zero has
    borrowed from the second.
    """
    first = count + 1
    words = (first, (first >= 0).long(), torch.zeros_like(first), torch.zeros_like(first))
    keys = (seed, stream)
    for _ in range(_ROUNDS):
        (high0, low0), (high1, low1) = _product(words[0], _FACTORS[0]), _product(words[2], _FACTORS[1])
        words = (high1 ^ words[1] ^ _signed(keys[0]), low1, high0 ^ words[3] ^ _signed(keys[1]), low0)
        keys = (keys[0] + _STEPS[0], keys[1] + _STEPS[1])
    return words


def _product(a: Tensor, b: int) -> tuple[Tensor, Tensor]:
    """The higher and the lower 64 bits of a product, by halves."""
    a0, a1, b0, b1 = a & _LOW, (a >> _HALF) & _LOW, b & _LOW, b >> _HALF
    across, other = a0 * b1, a1 * b0
    middle = ((a0 * b0 >> _HALF) & _LOW) + (across & _LOW) + (other & _LOW)
    high = a1 * b1 + ((across >> _HALF) & _LOW) + ((other >> _HALF) & _LOW) + (middle >> _HALF)
    return high, a * _signed(b)


def _signed(word: int) -> int:
    """The number with a sign that has the same 64 bits."""
    return ((word & (1 << 64) - 1) ^ 1 << 63) - (1 << 63)


def _pair(words: Tensor) -> tuple[Tensor, Tensor]:
    """Two independent normal numbers of each word."""
    uniform = (((words >> _HALF) & _LOW).float() + 0.5) * 2.0**-32
    # In double precision, because libraries of processors give roots of single ones that may be off by a last digit.
    distance = torch.sqrt((_log(uniform) * -2.0).double()).float()
    cosine, sine = _direction((words & _LOW ^ _SIGN) - _SIGN)
    return distance * cosine, distance * sine


def _log(values: Tensor) -> Tensor:
    bits = values.view(torch.int32) + (ONE - ROOT_HALF)
    power = (bits >> EXPONENT) - (ONE >> EXPONENT)
    above_one = ((bits & ((1 << EXPONENT) - 1)) + ROOT_HALF).view(torch.float32) - 1.0
    ratio = above_one / (above_one + 2.0)
    return power.float() * _single(LN_2) + ratio * _polynomial(ratio * ratio, LOGARITHM)


def _direction(bits: Tensor) -> tuple[Tensor, Tensor]:
    quarter = bits.float() * _single(EIGHTH_TURN)
    square = quarter * quarter
    cosine, sine = _polynomial(square, COSINE), quarter * _polynomial(square, SINE)
    for _ in range(2):
        twice = sine + sine
        cosine, sine = 1.0 - twice * sine, twice * cosine
    return cosine, sine


def _polynomial(x: Tensor, coefficients: Sequence[float]) -> Tensor:
    total = torch.full_like(x, _single(coefficients[-1]))
    for coefficient in coefficients[-2::-1]:
        total = total * x + torch.tensor(_single(coefficient), device=x.device)
    return total


def _single(value: float) -> float:
    """The number as it is in single precision."""
    return float(np.float32(value))
