"""Long overlapping windows for the nets that hear far: content, pitch, text encoder and flow."""

from dataclasses import dataclass
from itertools import pairwise

#: Content frames (20 ms). A whole number of steps makes few different shapes, and every pitch window a multiple of
#: the 32 pitch frames that the U-Net halves five times.
STEP = 64
#: 30.7 s: an atom of 25 s and its context go through in one piece; attention over more costs more than it brings.
LONGEST = 24 * STEP
#: 2.6 s that neighbours share; each is believed up to the middle.
OVERLAP = 2 * STEP


@dataclass(frozen=True, slots=True)
class Window:
    """Frames `first..last` of a strip, of which `core_first..core_last` are believed."""

    first: int
    last: int
    core_first: int
    core_last: int


def whole_steps(frames: int) -> int:
    """So many frames or a few more, as a strip must have to be covered."""
    return -(-frames // STEP) * STEP


def windows(frames: int) -> list[Window]:
    """Windows of one length over a strip of whole steps; the last ends with the strip."""
    if frames <= LONGEST:
        return [Window(0, frames, 0, frames)]
    count = -(-(frames - OVERLAP) // (LONGEST - OVERLAP))
    length = whole_steps(-(-(frames + (count - 1) * OVERLAP) // count))
    firsts = [min(n * (length - OVERLAP), frames - length) for n in range(count)]
    edges = [0, *((left + length + right) // 2 for left, right in pairwise(firsts)), frames]
    return [Window(first, first + length, edges[n], edges[n + 1]) for n, first in enumerate(firsts)]
