"""Cuts short tiles of one shape for the generator, which hears no further than its margins."""

from collections.abc import Sequence
from math import ceil, prod
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from workers.engines.rvc.architecture import LAST_MARGIN, SynthesizerSizes

Kind = TypeVar("Kind", bound=np.generic)

#: Frames (10 ms) in one tile. Longer tiles waste less on margins, shorter ones fit the processor's caches.
TILE = 256

#: Frames that the first convolution hears to either side.
_FIRST = 3


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


def cut_each(places: Sequence[tuple[npt.NDArray[Kind], int]], length: int) -> npt.NDArray[Kind]:
    """A stretch of each track from its own start on, all of one length, stacked."""
    return np.concatenate([cut(track, [start], length) for track, start in places])


def margins(sizes: SynthesizerSizes) -> tuple[int, ...]:
    """Frames needed around a tile before the first convolution, and before each stage."""
    needed = [LAST_MARGIN / sizes.frame]
    for stage in reversed(range(len(sizes.upsample_rates))):
        needed.append(ceil(needed[-1] + _reach(sizes, stage)))
    before_stages = [int(frames) for frames in reversed(needed[1:])]
    return (before_stages[0] + _FIRST, *before_stages)


def _reach(sizes: SynthesizerSizes, stage: int) -> float:
    """Frames that one stage hears to either side: its upsampling, its view of the source and its residual blocks."""
    samples_in = prod(sizes.upsample_rates[:stage])
    samples_out = prod(sizes.upsample_rates[: stage + 1])
    taps = -(-sizes.upsample_kernels[stage] // sizes.upsample_rates[stage])
    blocks = max(
        sum((kernel // 2) * (dilation + 1) for dilation in dilations)
        for kernel, dilations in zip(sizes.res_kernels, sizes.res_dilations, strict=True)
    )
    return taps / samples_in + (blocks + 1) / samples_out
