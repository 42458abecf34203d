"""Folds weight norm: a weight stored as direction and length becomes the plain weight that it stands for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from workers.engines.rvc.files.draft import Numbers, Stored

#: How files mark the length and the direction of a weight.
_SPELLINGS = (("_g", "_v"), (".original0", ".original1"))
_PARAMETRIZED = "parametrizations."
#: The only weight with one length for each step of its kernel; all others have one for each first index.
_BY_KERNEL_STEP = "encoder.pos_conv"


@dataclass(frozen=True, slots=True)
class NormedWeight:
    """A weight stored in two parts."""

    name: str
    length: Stored
    direction: Stored

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the weight, or an empty one if the two parts do not belong together."""
        expected = tuple(size if axis == self._kept else 1 for axis, size in enumerate(self.direction.shape))
        return self.direction.shape if self.length.shape == expected else ()

    def read(self) -> Numbers:
        """The weight, calculated in float64, so that it does not matter how many numbers a norm sums over."""
        # A direction of zero has no length: the division gives NaN, which is refused later with the tensor's name.
        with np.errstate(all="ignore"):
            direction = self.direction.read().astype(np.float64)
            others = tuple(axis for axis in range(direction.ndim) if axis != self._kept)
            norm = np.sqrt(np.square(direction).sum(axis=others, keepdims=True))
            folded = self.length.read().astype(np.float64) * direction / norm
            return np.ascontiguousarray(folded, dtype=np.float32)

    @property
    def _kept(self) -> int:
        return len(self.direction.shape) - 1 if self.name.startswith(_BY_KERNEL_STEP) else 0


def folded(tensors: Mapping[str, Stored]) -> dict[str, Stored]:
    """The same tensors, with both parts of every normed weight joined under the weight's plain name."""
    joined: dict[str, Stored] = dict(tensors)
    for name in tensors:
        for length_end, direction_end in _SPELLINGS:
            direction = name.removesuffix(length_end) + direction_end
            plain = name.removesuffix(length_end).replace(_PARAMETRIZED, "")
            if name.endswith(f"weight{length_end}") and direction in tensors and plain not in tensors:
                joined[plain] = NormedWeight(plain, joined.pop(name), joined.pop(direction))
    return joined
