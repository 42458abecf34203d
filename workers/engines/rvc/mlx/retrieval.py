"""What a voice's own recordings hold nearest to each content frame: exact, on the device, without an index."""

import mlx.core as mx
import numpy as np

from workers.engines.rvc.nets import Floats
from workers.engines.rvc.trained import NEIGHBOURS

#: Neighbours whose distance is worked out anew: a product of long vectors cannot tell the very nearest apart.
CANDIDATES = 16
#: Vectors of which only the best is looked at first.
GROUP = 64
#: Scores held at a time, 64 MB in single precision.
SCORES = 1 << 24
#: The square of a distance that counts as none: an exact hit would otherwise weigh infinitely much.
NOTHING = 1e-9


class Retrieval:
    """Vectors of one voice, in single precision: near distances decide, and half precision would round them away."""

    def __init__(self, vectors: Floats) -> None:
        # Vectors that fill the last group up lie too far away to be anybody's neighbour.
        missing = -len(vectors) % GROUP
        lengths = np.square(vectors).sum(1) / np.float32(2.0)
        self.neighbours = min(NEIGHBOURS, len(vectors))
        self.candidates = min(CANDIDATES, len(vectors))
        self.vectors = mx.array(np.pad(vectors, ((0, missing), (0, 0))))
        self.half_lengths = mx.array(np.pad(lengths, (0, missing), constant_values=np.inf))

    def __call__(self, content: mx.array) -> mx.array:
        """`[frames, width]` to the weighted mean of each one's nearest, in single precision."""
        rows = max(SCORES // self.vectors.shape[0], 1)
        single = content.astype(mx.float32)
        return mx.concatenate([self._nearest(single[n : n + rows]) for n in range(0, single.shape[0], rows)])

    def _nearest(self, content: mx.array) -> mx.array:
        found = self.vectors[self._candidates(content)]
        distances = mx.square(found - content[:, None]).sum(axis=2)
        nearest = _first(distances, self.neighbours)
        weights = 1.0 / mx.maximum(mx.take_along_axis(distances, nearest, axis=1), NOTHING)
        # Relative to the nearest, so that the square of a large number never leaves the range.
        weights = mx.square(weights / weights.max(axis=1, keepdims=True))
        weights = weights / weights.sum(axis=1, keepdims=True)
        chosen = mx.take_along_axis(found, nearest[:, :, None], axis=1)
        return (weights[:, :, None] * chosen).sum(axis=1)

    def _candidates(self, content: mx.array) -> mx.array:
        """Numbers of the nearest vectors: they lie in the groups whose best are best, so only those are sorted."""
        far = (self.half_lengths - content @ self.vectors.T).reshape(content.shape[0], -1, GROUP)
        best = _first(far.min(axis=2), min(CANDIDATES, far.shape[1]))
        inside = mx.take_along_axis(far, best[:, :, None], axis=1).reshape(content.shape[0], -1)
        place = _first(inside, self.candidates)
        return mx.take_along_axis(best, place // GROUP, axis=1) * GROUP + place % GROUP


def _first(values: mx.array, count: int) -> mx.array:
    """Places of the smallest in each row, in no order."""
    if count == values.shape[1]:
        return mx.broadcast_to(mx.arange(count, dtype=mx.uint32), values.shape)
    return mx.argpartition(values, count - 1, axis=1)[:, :count]
