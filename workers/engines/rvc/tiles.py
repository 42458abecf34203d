"""Cuts short tiles of one shape for the generator, which hears no further than its margins."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Kind = TypeVar("Kind", bound=np.generic)

#: Frames (10 ms) in one tile. Longer tiles waste less on margins, shorter ones fit the processor's caches.
TILE = 256


def tile_starts(first: int, last: int, tile: int = TILE) -> list[int]:
    """The first frame of each tile over `first..last`; the last tile may reach beyond."""
    return list(range(first, last, tile))


def even_tile(frames: int, tile: int = TILE) -> int:
    """The length of even tiles over these frames, no more of them than tiles of the given length would need."""
    return -(-frames // -(-frames // tile))


def cut(track: npt.NDArray[Kind], starts: Sequence[int], length: int) -> npt.NDArray[Kind]:
    """Stretches of one length of a track, stacked, with zeros beyond its ends."""
    stretches = np.zeros((len(starts), length, *track.shape[1:]), track.dtype)
    for stretch, start in zip(stretches, starts, strict=True):
        held = track[max(start, 0) : max(start + length, 0)]
        begin = max(-start, 0)
        stretch[begin : begin + len(held)] = held
    return stretches
