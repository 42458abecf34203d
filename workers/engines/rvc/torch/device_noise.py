"""The noise of `workers/engines/rvc/noise.py`, made where it is used, to the last bit.

A device gets it without a byte from the host. Words are 64-bit integers without a sign there and with one here, which
only shifts and conversions notice.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor, nn

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
from workers.engines.rvc.torch.arrivals import sent
from workers.engines.rvc.torch.compiling import compiled, compiles
from workers.engines.rvc.torch.shapes import FRAMES, TILES, whole

#: Philox with four words of 64 bits: the factors of its rounds, what is added to its key between them, and how many.
_FACTORS = (0xD2E7470EE14C6C93, 0xCA5A826395121157)
_STEPS = (0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B)
_ROUNDS = 10
_LOW, _HALF, _SIGN = 0xFFFFFFFF, 32, 1 << 31
_NORMALS_PER_COUNT = WORDS_PER_COUNT * NORMALS_PER_WORD


class DeviceNoise:
    """Noise made on a device, by one program where that compiles: step by step, it would take five hundred."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.normals = lru_cache(maxsize=None)(lambda length: Normals(length, device))

    def latent(self, seed: int, firsts: Sequence[int], frames: int, width: int) -> Tensor:
        """`[batch, frames, width]`: for so many 10-ms frames from each of these on."""
        made = whole(frames, FRAMES) if compiles(self.device) else frames
        rows = [self._rows(seed, LATENT, [first * width], made * width) for first in firsts]
        return torch.cat(rows).reshape(len(firsts), made, width)[:, :frames]

    def source(self, seed: int, firsts: Sequence[int], samples: int) -> Tensor:
        """`[batch, samples]`: for so many samples of the output from each of these on."""
        made = whole(len(firsts), TILES) if compiles(self.device) else len(firsts)
        filling = [0] * (made - len(firsts))
        return self._rows(seed, SOURCE, [*firsts, *filling], samples)[: len(firsts)]

    def rehearse(self, tiles: int, samples: int, width: int) -> None:
        """Make noise in all the shapes that there are programs for: for so many tiles, and a latent of this width."""
        for frames in FRAMES:
            self.latent(0, [0], frames, width)
        self.source(0, [0] * tiles, samples)

    def _rows(self, seed: int, stream: int, firsts: Sequence[int], length: int) -> Tensor:
        begins = np.array([divmod(first, _NORMALS_PER_COUNT) for first in firsts], np.int64)
        make = compiled(Normals.forward, self.device)
        with torch.inference_mode():
            given = (sent(array, self.device) for array in (_keys(seed, stream), begins))
            return make(self.normals(length), *given)


class Normals(nn.Module):
    """Makes rows of so many normal numbers."""

    nothing: Tensor

    def __init__(self, length: int, device: torch.device) -> None:
        super().__init__()
        self.length = length
        # Zero, but no compiler knows it.
        self.register_buffer("nothing", torch.zeros((), dtype=torch.int32, device=device), persistent=False)

    def forward(self, keys: Tensor, begins: Tensor) -> Tensor:
        """Rows of a stream. Each begins with a count, and leaves out some of the numbers that this count gives."""
        needed = -(-(self.length + _NORMALS_PER_COUNT - 1) // _NORMALS_PER_COUNT)
        count = begins[:, :1] + torch.arange(needed, device=begins.device)
        words = torch.stack(_philox(keys, count), dim=-1).flatten(1)
        pairs = torch.stack(self._pair(words), dim=-1).flatten(1)
        return pairs.gather(1, begins[:, 1:] + torch.arange(self.length, device=begins.device))

    def _pair(self, words: Tensor) -> tuple[Tensor, Tensor]:
        """Two independent normal numbers of each word."""
        uniform = (((words >> _HALF) & _LOW).float() + 0.5) * 2.0**-32
        # In double precision, because libraries of processors give roots of single ones that may be off by a last
        # digit, as devices do with quotients.
        distance = torch.sqrt((self._log(uniform) * -2.0).double()).float()
        cosine, sine = self._direction((words & _LOW ^ _SIGN) - _SIGN)
        return distance * cosine, distance * sine

    def _log(self, values: Tensor) -> Tensor:
        bits = values.view(torch.int32) + (ONE - ROOT_HALF)
        power = (bits >> EXPONENT) - (ONE >> EXPONENT)
        above_one = ((bits & ((1 << EXPONENT) - 1)) + ROOT_HALF).view(torch.float32) - 1.0
        ratio = (above_one.double() / (above_one + 2.0).double()).float()
        terms = self._polynomial(ratio * ratio, LOGARITHM)
        return self._rounded(power.float() * _single(LN_2)) + self._rounded(ratio * terms)

    def _direction(self, bits: Tensor) -> tuple[Tensor, Tensor]:
        quarter = bits.float() * _single(EIGHTH_TURN)
        square = quarter * quarter
        cosine, sine = self._polynomial(square, COSINE), quarter * self._polynomial(square, SINE)
        for _ in range(2):
            twice = sine + sine
            cosine, sine = 1.0 - self._rounded(twice * sine), twice * cosine
        return cosine, sine

    def _polynomial(self, x: Tensor, coefficients: Sequence[float]) -> Tensor:
        total = torch.full_like(x, _single(coefficients[-1]))
        for coefficient in coefficients[-2::-1]:
            total = self._rounded(total * x) + _single(coefficient)
        return total

    def _rounded(self, product: Tensor) -> Tensor:
        """The product, in such a way that no compiler joins it and a sum into one step, which would round only once."""
        return (product.view(torch.int32) ^ self.nothing).view(torch.float32)


def _keys(seed: int, stream: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    """Both keys of each round."""
    first, second = _STEPS
    rounds = [(_signed(seed + n * first), _signed(stream + n * second)) for n in range(_ROUNDS)]
    return np.array(rounds, np.int64)


def _philox(keys: Tensor, count: Tensor) -> tuple[Tensor, ...]:
    """The four words of each count. The first counter is one more than numpy was given, and what is before zero has
    borrowed from the second.
    """
    first = count + 1
    words = (first, (first >= 0).long(), torch.zeros_like(first), torch.zeros_like(first))
    for n in range(_ROUNDS):
        (high0, low0), (high1, low1) = _product(words[0], _FACTORS[0]), _product(words[2], _FACTORS[1])
        words = (high1 ^ words[1] ^ keys[n, 0], low1, high0 ^ words[3] ^ keys[n, 1], low0)
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


def _single(value: float) -> float:
    """The number as it is in single precision."""
    return float(np.float32(value))
