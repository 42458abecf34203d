"""Convolutions over images `[batch, height, width, channels]`."""

import mlx.core as mx
import numpy as np
import numpy.typing as npt

from workers.engines.rvc.mlx.convolution import convolved, kernel, tensor
from workers.engines.rvc.mlx.products import laid_out
from workers.engines.rvc.package import Weights

#: Taps of a kernel of three with a stride of two, which turns each pixel into two: for the first and for the second of
#: the two, the tap on the pixel itself and the tap on the next pixel; -1 is none.
_HEARD = ((1, -1), (2, 0))


class ImageConvolution:
    """A convolution that keeps height and width."""

    def __init__(self, weights: Weights, name: str, dtype: mx.Dtype) -> None:
        self.weight = kernel(weights, name, dtype)
        self.bias = tensor(weights, f"{name}.bias", dtype)

    def __call__(self, x: mx.array) -> mx.array:
        """The filtered image."""
        return convolved(x, self.weight, padding=self.weight.shape[1] // 2) + self.bias


class ImageUpsampling:
    """A transposed convolution that doubles height and width, as an ordinary one with four times the channels."""

    def __init__(self, weights: Weights, name: str, dtype: mx.Dtype) -> None:
        self.weight = laid_out(_by_pixels(weights[f"{name}.weight"]), dtype)
        self.bias = tensor(weights, f"{name}.bias", dtype)

    def __call__(self, x: mx.array) -> mx.array:
        """The image, twice as high and twice as wide."""
        batch, height, width, _ = x.shape
        # Beyond the last row and column there are zeros.
        four = convolved(mx.pad(x, [(0, 0), (0, 1), (0, 1), (0, 0)]), self.weight)
        side_by_side = four.reshape(batch, height, width, 2, 2, -1).transpose(0, 1, 3, 2, 4, 5)
        return side_by_side.reshape(batch, 2 * height, 2 * width, -1) + self.bias


def _by_pixels(weight: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Weights `[into, out, 3, 3]` of the transposed convolution as `[4 * out, 2, 2, into]` of the ordinary one."""
    into, out = weight.shape[:2]
    taps = np.pad(weight, ((0, 0), (0, 0), (0, 1), (0, 1)))
    rows = taps[:, :, np.array(_HEARD)]
    both = rows[..., np.array(_HEARD)]
    return both.transpose(2, 4, 1, 3, 5, 0).reshape(4 * out, 2, 2, into)
