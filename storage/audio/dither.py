"""Rounding samples to whole numbers, with or without triangular noise of one step, a function of position alone."""

import numpy as np
import numpy.typing as npt

from storage.audio.blocks import Frames, Mono

Integers = npt.NDArray[np.int32]
#: Any number; another one would give other, equally good noise.
_SEED = 0x766F_6963_6566_6172
#: Words that one step of the generator's counter gives.
_WORDS = 4
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFF_FFFF)


def triangular(start: int, count: int, channel: int = 0) -> npt.NDArray[np.float64]:
    """Noise between -1 and 1 for the samples from `start` on; the same samples get the same noise, however cut."""
    first = start // _WORDS
    raw = np.random.Philox(key=_SEED + channel, counter=first).random_raw(start - first * _WORDS + count)
    words = raw[start - first * _WORDS :]
    # The difference of two even numbers: its noise does not rise and fall with the sound that it rounds.
    return ((words >> _HALF).astype(np.float64) - (words & _LOW).astype(np.float64)) / 2.0**32


def dithered(block: Mono | Frames, start: int, bits: int) -> Integers:
    """Samples as whole numbers of so many bits, in the upper bits of 32, as libsndfile takes them."""
    rows = block.reshape(len(block), -1)
    noise = np.stack([triangular(start, len(block), channel) for channel in range(rows.shape[1])], axis=1)
    return _whole(rows * _full(bits) + noise, bits).reshape(block.shape)


def rounded(block: Mono | Frames, bits: int) -> Integers:
    """The same without noise: samples that came from so many bits are what they were."""
    return _whole(block * np.float64(_full(bits)), bits)


def _full(bits: int) -> float:
    return float(2.0 ** (bits - 1))


def _whole(steps: npt.NDArray[np.float64], bits: int) -> Integers:
    full = _full(bits)
    within: Integers = np.clip(np.floor(steps + 0.5), -full, full - 1).astype(np.int32)
    return within << (32 - bits)
