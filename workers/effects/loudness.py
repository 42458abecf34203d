"""How loud a recording is on the whole: ITU-R BS.1770, as EBU R 128 has it.

What judges results (dispatcher/quality) asks FFmpeg, whose figures may change with its version; a gain must not.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from storage.audio.blocks import EqualBlocks, Frames
from workers.effects.effect import Shape
from workers.effects.linear import Convolving, Floats, Linear, Spectrum, by_sections

#: Seconds of a block whose power is one value, and how many times a second one begins.
_BLOCK, _BLOCKS_A_SECOND = 0.4, 10
_STEPS = round(_BLOCK * _BLOCKS_A_SECOND)
#: LUFS: blocks below the first do not count; of the others, those that lie so far below their mean.
_ABSOLUTE, _RELATIVE = -70.0, -10.0
#: What a sine of full scale at 1 kHz is set to by the standard.
_OFFSET = -0.691
#: Loudspeakers behind the listener count for more: the fifth and sixth of six channels, as the standard orders them.
_BEHIND, _SURROUND = 1.41, 6
#: One channel counts as heard from two loudspeakers, which is how it is listened to.
_FROM_BOTH = 2.0


@dataclass(frozen=True)
class _Ear(Linear):
    """The standard's weighting: the head's shadow as a high shelf, and a high-pass."""

    name: ClassVar[str] = "the weighting of loudness"

    def response(self, rate: int, size: int) -> Spectrum:
        """Its two sections, at any rate: the analogue filters that the standard's figures for 48 kHz come from."""
        return by_sections([_shelf(rate), _high_pass(rate)], size)


class LoudnessMeter:
    """Hears a recording in pieces of any length; its memory grows by a few values a second."""

    def __init__(self, shape: Shape) -> None:
        self._weighing = Convolving((_Ear(),), shape)
        self._steps = EqualBlocks(round(shape.rate / _BLOCKS_A_SECOND), shape.channels)
        self._weights = _weights(shape.channels)
        self._powers: list[float] = []

    def push(self, frames: Frames) -> None:
        """More of it."""
        self._hear(self._weighing.push(frames))

    def _hear(self, weighed: Frames) -> None:
        shape = weighed if len(self._weights) > 1 else weighed[:, 0]
        for step in self._steps.push(shape):
            power = np.square(step.reshape(len(step), -1).astype(np.float64)).mean(axis=0)
            self._powers.append(float((power * self._weights).sum()))

    def decibels(self) -> float | None:
        """The integrated loudness in LUFS; None of silence and of less than 0.4 s."""
        self._hear(self._weighing.finish())
        return integrated(np.array(self._powers))


def integrated(steps: Floats) -> float | None:
    """The loudness of a recording whose power is known for every tenth of a second."""
    if len(steps) < _STEPS:
        return None
    blocks = np.convolve(steps, np.full(_STEPS, 1 / _STEPS), "valid")
    loud = blocks[blocks > _power(_ABSOLUTE)]
    if not len(loud):
        return None
    counted = loud[loud > _power(_lufs(float(loud.mean())) + _RELATIVE)]
    return _lufs(float(counted.mean()))


def _lufs(power: float) -> float:
    return _OFFSET + 10.0 * math.log10(power)


def _power(lufs: float) -> float:
    return float(10.0 ** ((lufs - _OFFSET) / 10.0))


def _weights(channels: int) -> npt.NDArray[np.float64]:
    weights = np.ones(channels) if channels > 1 else np.array([_FROM_BOTH])
    if channels == _SURROUND:
        # Front left, right, centre, the low effects that do not count, and the two behind.
        weights[3:] = 0.0, _BEHIND, _BEHIND
    return weights


def _shelf(rate: int) -> Floats:
    """4 dB more from about 1.7 kHz on; the constants are those that give the standard's table at 48 kHz."""
    frequency, gain, q = 1681.974450955533, 3.999843853973347, 0.7071752369554196
    tangent = math.tan(math.pi * frequency / rate)
    high = 10.0 ** (gain / 20.0)
    band = high**0.4996667741545416
    square, slope = tangent * tangent, tangent / q
    return np.array(
        [
            high + band * slope + square, 2 * (square - high), high - band * slope + square,
            1 + slope + square, 2 * (square - 1), 1 - slope + square,
        ]
    )  # fmt: skip


def _high_pass(rate: int) -> Floats:
    frequency, q = 38.13547087602444, 0.5003270373238773
    tangent = math.tan(math.pi * frequency / rate)
    square, slope = tangent * tangent, tangent / q
    return np.array([1.0, -2.0, 1.0, 1 + slope + square, 2 * (square - 1), 1 - slope + square])
