"""The content encoder's sense of position: one very long convolution."""

import mlx.core as mx

from workers.engines.rvc.mlx.convolution import convolved, gelu, kernel, tensor
from workers.engines.rvc.package import Weights


class PositionConvolution:
    """A grouped convolution with an even kernel over `[batch, time, channels]`, of the same length, and a GELU.

    It is done in single precision: what it says is added to frames that are.
    """

    def __init__(self, weights: Weights, name: str, groups: int) -> None:
        self.groups = groups
        self.weight = kernel(weights, name, mx.float32)
        self.bias = tensor(weights, f"{name}.bias", mx.float32)

    def __call__(self, x: mx.array) -> mx.array:
        """What the surroundings of every frame say about where it is."""
        filtered = convolved(x, self.weight, padding=self.weight.shape[1] // 2, groups=self.groups)
        return gelu(filtered[:, : x.shape[1]] + self.bias)
