"""How far the generator hears: the frames that each of its stages needs around the part that must be right.

A tile gets that many extra frames on both sides, which makes cutting into tiles exact. The early stages hear furthest
and cost least, so frames that the next stage no longer needs are cut off before it.
"""

from math import ceil, prod

from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.trained import LAST_MARGIN

#: Frames that the first convolution hears to either side.
_FIRST = 3


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
