"""What a voice's own recordings hold nearest to each content frame: exact, on the device, without an index."""

import torch
from torch import Tensor, nn

#: Neighbours that are mixed, as voices were made to be used.
NEIGHBOURS = 8
#: Neighbours whose distance is worked out anew: a product of long vectors cannot tell the very nearest apart.
CANDIDATES = 16
#: Vectors of which only the best is looked at first.
GROUP = 64
#: Scores held at a time, 64 MB in single precision.
SCORES = 1 << 24
#: The square of a distance that counts as none: an exact hit would otherwise weigh infinitely much.
NOTHING = 1e-9


class Retrieval(nn.Module):
    """Vectors of one voice, in single precision: near distances decide, and half precision would round them away."""

    def __init__(self, vectors: Tensor) -> None:
        super().__init__()
        missing = -len(vectors) % GROUP
        # Vectors that fill the last group up lie too far away to be anybody's neighbour.
        filled = torch.cat([vectors, vectors.new_zeros(missing, vectors.shape[1])])
        lengths = filled.square().sum(1) / 2.0
        lengths[len(vectors) :] = torch.inf
        self.neighbours = min(NEIGHBOURS, len(vectors))
        self.candidates = min(CANDIDATES, len(vectors))
        self.register_buffer("vectors", filled, persistent=False)
        self.register_buffer("half_lengths", lengths, persistent=False)

    def forward(self, content: Tensor) -> Tensor:
        """`[frames, width]` to the weighted mean of each one's nearest, in single precision."""
        rows = max(SCORES // len(self.vectors), 1)
        return torch.cat([self._nearest(some) for some in content.float().split(rows)])

    def _nearest(self, content: Tensor) -> Tensor:
        found = self.vectors[self._candidates(content)]
        distances = (found - content[:, None]).square().sum(2)
        nearest = distances.topk(self.neighbours, largest=False)
        weights = nearest.values.clamp(min=NOTHING).reciprocal()
        # Relative to the nearest, so that the square of a large number never leaves the range.
        weights = (weights / weights[:, :1]).square()
        weights = weights / weights.sum(1, keepdim=True)
        chosen = found.gather(1, nearest.indices[:, :, None].expand(-1, -1, content.shape[1]))
        return (weights[:, :, None] * chosen).sum(1)

    def _candidates(self, content: Tensor) -> Tensor:
        """Numbers of the nearest vectors: they lie in the groups whose best are best, so only those are sorted."""
        scores = torch.addmm(-self.half_lengths, content, self.vectors.t()).unflatten(1, (-1, GROUP))
        groups = scores.shape[1]
        best = scores.amax(2).topk(min(CANDIDATES, groups)).indices
        inside = scores.gather(1, best[:, :, None].expand(-1, -1, GROUP)).flatten(1)
        place = inside.topk(self.candidates).indices
        return best.gather(1, place // GROUP) * GROUP + place % GROUP
