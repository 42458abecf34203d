"""The content encoder's position information: one very long convolution."""

import mlx.core as mx

from workers.engines.rvc.mlx.convolution import convolved, gelu, kernel, tensor
from workers.engines.rvc.package import Weights


class PositionConvolution:
    """A grouped convolution with an even kernel over `[batch, time, channels]`, of the same length, and a GELU.

    It is done in single precision, because its output is added to frames in single precision.
    """

    def __init__(self, weights: Weights, name: str, groups: int) -> None:
        self.groups = groups
        self.weight = kernel(weights, name, mx.float32)
        self.bias = tensor(weights, f"{name}.bias", mx.float32)

    def __call__(self, x: mx.array) -> mx.array:
        """The position information of every frame, from the frames around it."""
        filtered = convolved(x, self.weight, padding=self.weight.shape[1] // 2, groups=self.groups)
        return gelu(filtered[:, : x.shape[1]] + self.bias)
