"""Long overlapping windows for the nets that hear far: content encoder, pitch net, text encoder and flow."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Kind = TypeVar("Kind", bound=np.generic)

#: Content frames (20 ms) in one step. Windows of whole steps have few different shapes, and every pitch window is a
#: multiple of the 32 pitch frames that the U-Net halves five times.
STEP = 64
#: 30.7 s: an atom of 25 s and its context fit one window; attention over more costs more than it gains.
LONGEST = 24 * STEP
#: 2.6 s that neighbouring windows share; each is used up to the middle.
OVERLAP = 2 * STEP


@dataclass(frozen=True, slots=True)
class Window:
    """Frames `first..last` of a strip, of which `core_first..core_last` are used."""

    first: int
    last: int
    core_first: int
    core_last: int


def whole_steps(frames: int) -> int:
    """The number of frames rounded up to whole steps, which is what windows can cover."""
    return -(-frames // STEP) * STEP


def windows(frames: int) -> list[Window]:
    """Windows of one length over a strip of whole steps; the last one ends with the strip."""
    if frames <= LONGEST:
        return [Window(0, frames, 0, frames)]
    count = -(-(frames - OVERLAP) // (LONGEST - OVERLAP))
    length = whole_steps(-(-(frames + (count - 1) * OVERLAP) // count))
    firsts = [min(n * (length - OVERLAP), frames - length) for n in range(count)]
    edges = [0, *((left + length + right) // 2 for left, right in pairwise(firsts)), frames]
    return [Window(first, first + length, edges[n], edges[n + 1]) for n, first in enumerate(firsts)]


def stacked(tracks: Sequence[npt.NDArray[Kind]]) -> npt.NDArray[Kind]:
    """Tracks of equal windows as a batch; most recordings are one window, of which no copy is made."""
    return tracks[0][None] if len(tracks) == 1 else np.stack(tracks)


def joined(tracks: Sequence[npt.NDArray[Kind]]) -> npt.NDArray[Kind]:
    """Tracks one after the other; again, one alone is not copied."""
    return tracks[0] if len(tracks) == 1 else np.concatenate(tracks)
