"""The last of a chain: nothing gets higher than a ceiling."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from storage.audio.blocks import Frames
from workers.effects.effect import Effect, Shape, Stream
from workers.effects.levels import factor
from workers.effects.settings import Unit, setting
from workers.effects.steps import Floats, Following, kept_a_step, one_after_the_other
from workers.effects.true_peak import Between

#: Seconds in which its gain goes down before a height.
_AHEAD = 0.005
#: Decibels below the ceiling that are aimed at: a gain that changes may lift a point between samples by less.
_SPARE = 0.05


@dataclass(frozen=True)
class Limiter(Effect):
    """Lets nothing get higher than a ceiling, not even between samples, and is hardly heard doing so."""

    name: ClassVar[str] = "limit"
    ceiling: float = setting(Unit.DECIBELS, -30.0, 0.0, "how high anything may get")
    release: float = setting(Unit.SECONDS, 0.005, 5.0, "how soon it comes back", 0.06)

    def stream(self, shape: Shape) -> Stream:
        """Begin to work on a stream."""
        return _Limiting(self, shape)


class _Limiting(Following):
    """Its gain goes down by and by before a height and is there in time, so that nothing slips through."""

    def __init__(self, effect: Limiter, shape: Shape) -> None:
        super().__init__(shape, _AHEAD)
        self._between = Between(shape)
        self._ceiling = factor(effect.ceiling - _SPARE)
        self._kept = kept_a_step(effect.release)
        self._down = 0.0
        """Decibels by which it is turned down."""
        self._heights: npt.NDArray[np.float32] = np.empty(0, np.float32)
        self._allowed: Floats = np.ones(2 * self._ahead)
        """The gains that the last steps allow."""
        self._begun = False

    def _decide(self, frames: Frames) -> Floats:
        gains = self._gains_of(self._allowed_by(frames))
        if self._begun:
            return gains
        # The height of the last step is known with the next block's first samples, so each gain is told a step later.
        self._begun = True
        return np.concatenate([[1.0], gains])

    def _allowed_by(self, frames: Frames) -> Floats:
        """The gain that each step allows, as far as the wave is known."""
        heights = np.concatenate([self._heights, self._between.push(frames, self._ceiling)])
        steps = len(heights) // self._step
        self._heights = heights[steps * self._step :]
        highest = heights[: steps * self._step].reshape(steps, self._step).max(axis=1).astype(np.float64)
        allowed: Floats = np.minimum(1.0, self._ceiling / np.maximum(highest, 1e-9))
        return allowed

    def _gains_of(self, allowed: Floats) -> Floats:
        """A way down to each step that is there in time: means over as long as minima look ahead."""
        width = self._ahead
        known = np.concatenate([self._allowed, allowed])
        self._allowed = known[len(allowed) :]
        at_ends = np.minimum(known[:-1], known[1:])
        lowest = np.lib.stride_tricks.sliding_window_view(at_ends, width).min(axis=1)
        way = np.lib.stride_tricks.sliding_window_view(lowest, width).mean(axis=1)[-len(allowed) :]
        down = one_after_the_other(self._released, -20.0 * np.log10(way))
        return np.power(10.0, -down / 20.0)

    def _released(self, wanted: float) -> float:
        self._down = max(wanted, self._down * self._kept)
        return self._down
