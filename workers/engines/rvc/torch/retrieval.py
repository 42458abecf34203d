"""Finds the nearest features in a voice's own recordings for each content frame: exactly, on the device, unindexed."""

import torch
from torch import Tensor, nn

from workers.engines.rvc.architecture import NEIGHBOURS

#: Neighbours whose distances are recalculated, because a product of long vectors cannot tell the very nearest apart.
CANDIDATES = 12
#: Vectors in a group; at first, only the best of each group is considered.
GROUP = 16
#: Frames and vectors multiplied at a time: on processors, a product of this size runs at the full speed of the cores,
#: one with all vectors of a voice at little more than half of it; other devices need fewer, larger products.
FRAMES = 512
BLOCK_ON_CPU, BLOCK_ELSEWHERE = 1 << 12, 1 << 16
#: The smallest squared distance: an exact hit would otherwise have infinite weight.
NOTHING = 1e-9


class Retrieval(nn.Module):
    """Vectors of one voice, in single precision: small distances decide, and half precision would round them away."""

    def __init__(self, vectors: Tensor) -> None:
        super().__init__()
        missing = -len(vectors) % GROUP
        # The vectors that fill up the last group are too far away to be neighbours of anything.
        filled = torch.nn.functional.pad(vectors, (0, 0, 0, missing))
        lengths = torch.linalg.vector_norm(filled, dim=1).square() / 2.0
        lengths[len(vectors) :] = torch.inf
        self.neighbours = min(NEIGHBOURS, len(vectors))
        self.candidates = min(CANDIDATES, len(vectors))
        self.block = BLOCK_ON_CPU if vectors.device.type == "cpu" else BLOCK_ELSEWHERE
        self.register_buffer("vectors", filled, persistent=False)
        self.register_buffer("half_lengths", lengths, persistent=False)

    def forward(self, content: Tensor) -> Tensor:
        """`[frames, width]` to the weighted mean of each frame's nearest vectors, in single precision."""
        return torch.cat([self._nearest(some) for some in content.float().split(FRAMES)])

    def _nearest(self, content: Tensor) -> Tensor:
        found = self.vectors[self._candidates(content)]
        distances = (found - content[:, None]).square().sum(2)
        nearest = distances.topk(self.neighbours, largest=False)
        weights = nearest.values.clamp(min=NOTHING).reciprocal()
        # Relative to the nearest, so that squares of large numbers do not overflow.
        weights = (weights / weights[:, :1]).square()
        weights = weights / weights.sum(1, keepdim=True)
        chosen = found.gather(1, nearest.indices[:, :, None].expand(-1, -1, content.shape[1]))
        return (weights[:, :, None] * chosen).sum(1)

    def _candidates(self, content: Tensor) -> Tensor:
        """The numbers of the nearest vectors, which are among the nearest of each block of vectors."""
        blocks = range(0, len(self.vectors), self.block)
        scores, numbers = zip(*(self._best_of_block(content, first) for first in blocks), strict=True)
        best = torch.cat(scores, dim=1).topk(self.candidates).indices
        return torch.cat(numbers, dim=1).gather(1, best)

    def _best_of_block(self, content: Tensor, first: int) -> tuple[Tensor, Tensor]:
        """Scores and numbers of the best: they are in the groups whose best score highest, so only those are sorted."""
        stop = first + self.block
        scores = (self.vectors[first:stop] @ content.t()).sub_(self.half_lengths[first:stop, None])
        grouped = scores.unflatten(0, (-1, GROUP))
        groups = grouped.amax(1).t().topk(min(self.candidates, len(grouped))).indices
        inside = grouped[groups, :, torch.arange(len(content), device=content.device)[:, None]].flatten(1)
        best = inside.topk(min(self.candidates, inside.shape[1]))
        return best.values, first + groups.gather(1, best.indices // GROUP) * GROUP + best.indices % GROUP
