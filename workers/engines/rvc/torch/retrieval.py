"""Finds the nearest features in a voice's own recordings for each content frame: exactly, on the device, unindexed."""

from functools import lru_cache

import torch
from torch import Tensor, nn

from workers.engines.rvc.architecture import NEIGHBOURS
from workers.engines.rvc.torch.precision import roughly

#: Neighbours whose distances are recalculated, because a product of long vectors cannot tell the very nearest apart,
#: and how many of them may come from one block of vectors. With rounded factors, which take a quarter of the time where
#: a device has units for them, there must be more.
CANDIDATES, OF_BLOCK = 12, 12
ROUGH_CANDIDATES, ROUGH_OF_BLOCK = 24, 16
#: Vectors in a group; at first, only the best of each group is considered.
GROUP = 16
#: Frames and vectors multiplied at a time: on processors, a product of this size runs at the full speed of the cores,
#: one with all vectors of a voice at little more than half of it; other devices need fewer, larger products.
FRAMES = 512
BLOCK_ON_CPU, ROUGH_BLOCK_ON_CPU, BLOCK_ELSEWHERE = 1 << 12, 1 << 13, 1 << 16
#: The largest whole number of 8 bits.
_LARGEST = 127.0
#: The smallest squared distance: an exact hit would otherwise have infinite weight.
NOTHING = 1e-9


class Retrieval(nn.Module):
    """Vectors of one voice, in single precision: small distances decide, and half precision would round them away.

    If it may be `rough`, vectors that could be among the nearest are found by products with rounded factors, and the
    nearest of them in single precision. Frames and vectors are then counted from the vectors' mean: what all have in
    common says nothing of their distance, but adds to what is rounded away.
    """

    def __init__(self, vectors: Tensor, *, rough: bool = False) -> None:
        super().__init__()
        self.rough = rough
        middle = vectors.mean(dim=0) if rough else torch.zeros_like(vectors[0])
        missing = -len(vectors) % GROUP
        # The vectors that fill up the last group are too far away to be neighbours of anything.
        filled = torch.nn.functional.pad(vectors - middle if rough else vectors, (0, 0, 0, missing))
        lengths = torch.linalg.vector_norm(filled, dim=1).square() / 2.0
        lengths[len(vectors) :] = torch.inf
        self.neighbours = min(NEIGHBOURS, len(vectors))
        self.candidates = min(ROUGH_CANDIDATES if rough else CANDIDATES, len(vectors))
        self.of_block = ROUGH_OF_BLOCK if rough else OF_BLOCK
        on_cpu = ROUGH_BLOCK_ON_CPU if rough else BLOCK_ON_CPU
        self.block = on_cpu if vectors.device.type == "cpu" else BLOCK_ELSEWHERE
        self.register_buffer("middle", middle, persistent=False)
        self.register_buffer("vectors", filled, persistent=False)
        self.register_buffer("half_lengths", lengths, persistent=False)
        self.whole = WholeVectors(filled) if rough and vectors.device.type == "cpu" and multiplies_whole() else None

    def forward(self, content: Tensor) -> Tensor:
        """`[frames, width]` to the weighted mean of each frame's nearest vectors, in single precision."""
        return torch.cat([self._nearest(some) for some in content.float().split(FRAMES)])

    def _nearest(self, content: Tensor) -> Tensor:
        content = content - self.middle
        found = self.vectors[self._candidates(content)]
        distances = (found - content[:, None]).square().sum(2)
        nearest = distances.topk(self.neighbours, largest=False)
        weights = nearest.values.clamp(min=NOTHING).reciprocal()
        # Relative to the nearest, so that squares of large numbers do not overflow.
        weights = (weights / weights[:, :1]).square()
        weights = weights / weights.sum(1, keepdim=True)
        chosen = found.gather(1, nearest.indices[:, :, None].expand(-1, -1, content.shape[1]))
        return self.middle + (weights[:, :, None] * chosen).sum(1)

    def _candidates(self, content: Tensor) -> Tensor:
        """The numbers of the nearest vectors, which are among the nearest of each block of vectors."""
        blocks = range(0, len(self.vectors), self.block)
        scores, numbers = zip(*(self._best_of_block(content, first) for first in blocks), strict=True)
        joined = torch.cat(scores, dim=1)
        best = joined.topk(min(self.candidates, joined.shape[1])).indices
        return torch.cat(numbers, dim=1).gather(1, best)

    def _products(self, content: Tensor, first: int, stop: int) -> Tensor:
        """The products of a block of vectors with all frames, rounded if they may be."""
        if self.whole is not None:
            return self.whole.products(content, first, stop)
        return (rough_product if self.rough else torch.matmul)(self.vectors[first:stop], content.t())

    def _best_of_block(self, content: Tensor, first: int) -> tuple[Tensor, Tensor]:
        """Scores and numbers of the best: they are in the groups whose best score highest, so only those are sorted."""
        stop = first + self.block
        scores = self._products(content, first, stop)
        scores.sub_(self.half_lengths[first:stop, None])
        grouped = scores.unflatten(0, (-1, GROUP))
        groups = grouped.amax(1).t().topk(min(self.of_block, len(grouped))).indices
        inside = grouped[groups, :, torch.arange(len(content), device=content.device)[:, None]].flatten(1)
        best = inside.topk(min(self.of_block, inside.shape[1]))
        return best.values, first + groups.gather(1, best.indices // GROUP) * GROUP + best.indices % GROUP


class WholeVectors:
    """Vectors in whole numbers of 8 bits, which processors multiply at several times the speed of any others.

    Sums are full. Each vector has a scale of its own, so what is rounded is a hundredth of its largest value.
    """

    def __init__(self, vectors: Tensor) -> None:
        self.vectors, self.scales = _in_whole_numbers(vectors)

    def products(self, content: Tensor, first: int, stop: int) -> Tensor:
        """`[vectors, frames]`: the products of some vectors with all frames."""
        frames, scales = _in_whole_numbers(content)
        products = torch._int_mm(self.vectors[first:stop], frames.t()).float()  # noqa: SLF001 - torch's only one
        return products.mul_(self.scales[first:stop]).mul_(scales.t())


def _in_whole_numbers(rows: Tensor) -> tuple[Tensor, Tensor]:
    """Rows in 8 bits, and what each must be multiplied by."""
    scales = (rows.abs().amax(dim=1, keepdim=True) / _LARGEST).clamp(min=torch.finfo(torch.float32).tiny)
    return (rows / scales).round_().to(torch.int8), scales


@lru_cache(maxsize=1)
def multiplies_whole() -> bool:
    """Whether torch multiplies whole numbers on this processor."""
    ones = torch.ones(32, 32, dtype=torch.int8)
    try:
        return bool((torch._int_mm(ones, ones) == 32).all())  # noqa: SLF001
    except (AttributeError, RuntimeError):
        return False


def rough_product(a: Tensor, b: Tensor) -> Tensor:
    """The product of two matrices with rounded factors, if the device is quicker at that."""
    with roughly(a.device):
        return a @ b
