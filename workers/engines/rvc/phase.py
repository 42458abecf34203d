"""The phase at which the sine of every frame begins, so that separately converted atoms continue one sine.

The pitch is held within a frame, and there are a hundred frames a second, so a frame advances the sine by a hundredth
of its pitch in cycles.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

#: Frames of pitch in a second.
FRAMES_PER_SECOND = 100

#: Frames (1.5 s) from anchor to anchor, counted from the start of the recording. Between two anchors the sine is bent
#: to a whole number of cycles, by half a cycle at most: 6 cents for a voice at 100 Hz. Anchors further apart would bend
#: it even less, but an atom must see all the way to the anchors around it, and its context is 2 s.
ANCHOR_STEP = 150


@dataclass(frozen=True, slots=True)
class Phased:
    """The phase in cycles (0 to below 1) at which each frame begins, and the pitch that leads to the next frame's.

    Unvoiced frames have a phase and a pitch of zero.
    """

    phase: npt.NDArray[np.float64]
    f0: npt.NDArray[np.float64]


def phased(f0: npt.NDArray[np.float64], first_frame: int) -> Phased:
    """The phase of every frame of a strip that begins at this absolute frame.

    At every anchor the phase is zero, whatever came before, so every atom that sees a voiced run from an anchor on gets
    the same sine. A run begins at the phase that leads to its first anchor; a run that meets none begins at zero.
    """
    result = Phased(np.zeros(len(f0)), np.array(f0, np.float64))
    for start, stop in _voiced_runs(f0):
        held = _anchors(start, stop, first_frame)
        _lead_in(result, start, held[0])
        for anchor, following in pairwise(held):
            _whole_cycles(result, anchor, following)
        _run_on(result, held[-1], stop)
    return result


def _voiced_runs(f0: npt.NDArray[np.float64]) -> Iterator[tuple[int, int]]:
    """The first frame of each voiced run, and the frame after its last."""
    voiced = np.concatenate([[False], f0 > 0.0, [False]])
    edges = np.flatnonzero(voiced[1:] != voiced[:-1])
    return ((int(start), int(stop)) for start, stop in edges.reshape(-1, 2))


def _anchors(start: int, stop: int, first_frame: int) -> list[int]:
    """The anchors inside a run, counted from the strip's beginning; the run's own beginning if it has none."""
    first = -(-(first_frame + start) // ANCHOR_STEP) * ANCHOR_STEP
    return [frame - first_frame for frame in range(first, first_frame + stop, ANCHOR_STEP)] or [start]


def _cycles(f0: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Cycles from the beginning of the first frame to the end of each.

    They are added one after another, because a sum in another order would round differently.
    """
    return np.cumsum(f0) / FRAMES_PER_SECOND


def _lead_in(result: Phased, start: int, anchor: int) -> None:
    if start < anchor:
        # Added backwards from the anchor, so that a run whose beginning is cut off gets the same digits.
        result.phase[start:anchor] = _fraction(-_cycles(result.f0[start:anchor][::-1])[::-1])


def _whole_cycles(result: Phased, anchor: int, following: int) -> None:
    """Scale the pitch between two anchors so that the second is reached at a phase of zero."""
    total = _cycles(result.f0[anchor:following])[-1]
    result.f0[anchor:following] *= max(np.round(total), 1.0) / total
    _run_on(result, anchor, following)


def _run_on(result: Phased, start: int, stop: int) -> None:
    result.phase[start] = 0.0
    result.phase[start + 1 : stop] = _fraction(_cycles(result.f0[start : stop - 1]))


def _fraction(cycles: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The fractional part of the cycles, never rounded up to one."""
    left = cycles - np.floor(cycles)
    return np.where(left < 1.0, left, 0.0)
