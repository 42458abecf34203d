"""Finds the nearest features in a voice's own recordings for each content frame: exactly, on the device, unindexed."""

import mlx.core as mx
import numpy as np

from workers.engines.rvc.architecture import NEIGHBOURS
from workers.engines.rvc.framework import Floats

#: Neighbours whose distances are recalculated, because a product of long vectors cannot tell the very nearest apart.
CANDIDATES = 16
#: Vectors in a group; at first, only the best of each group is considered.
GROUP = 64
#: Scores held at a time: 64 MB in single precision.
SCORES = 1 << 24
#: The smallest squared distance: an exact hit would otherwise have infinite weight.
NOTHING = 1e-9


class Retrieval:
    """Vectors of one voice, in single precision: small distances decide, and half precision would round them away."""

    def __init__(self, vectors: Floats) -> None:
        # The vectors that fill up the last group are too far away to be neighbours of anything.
        missing = -len(vectors) % GROUP
        lengths = np.square(vectors).sum(1) / np.float32(2.0)
        self.neighbours = min(NEIGHBOURS, len(vectors))
        self.candidates = min(CANDIDATES, len(vectors))
        self.vectors = mx.array(np.pad(vectors, ((0, missing), (0, 0))))
        self.half_lengths = mx.array(np.pad(lengths, (0, missing), constant_values=np.inf))

    def __call__(self, content: mx.array) -> mx.array:
        """`[frames, width]` to the weighted mean of each frame's nearest vectors, in single precision."""
        rows = max(SCORES // self.vectors.shape[0], 1)
        single = content.astype(mx.float32)
        return mx.concatenate([self._nearest(single[n : n + rows]) for n in range(0, single.shape[0], rows)])

    def _nearest(self, content: mx.array) -> mx.array:
        found = self.vectors[self._candidates(content)]
        distances = mx.square(found - content[:, None]).sum(axis=2)
        nearest = _first(distances, self.neighbours)
        weights = 1.0 / mx.maximum(mx.take_along_axis(distances, nearest, axis=1), NOTHING)
        # Relative to the nearest, so that squares of large numbers do not overflow.
        weights = mx.square(weights / weights.max(axis=1, keepdims=True))
        weights = weights / weights.sum(axis=1, keepdims=True)
        chosen = mx.take_along_axis(found, nearest[:, :, None], axis=1)
        return (weights[:, :, None] * chosen).sum(axis=1)

    def _candidates(self, content: mx.array) -> mx.array:
        """Numbers of the nearest vectors: they are in the groups whose best are nearest, so only those are sorted."""
        far = (self.half_lengths - content @ self.vectors.T).reshape(content.shape[0], -1, GROUP)
        best = _first(far.min(axis=2), min(CANDIDATES, far.shape[1]))
        inside = mx.take_along_axis(far, best[:, :, None], axis=1).reshape(content.shape[0], -1)
        place = _first(inside, self.candidates)
        return mx.take_along_axis(best, place // GROUP, axis=1) * GROUP + place % GROUP


def _first(values: mx.array, count: int) -> mx.array:
    """The places of the smallest values in each row, in no particular order."""
    if count == values.shape[1]:
        return mx.broadcast_to(mx.arange(count, dtype=mx.uint32), values.shape)
    return mx.argpartition(values, count - 1, axis=1)[:, :count]
