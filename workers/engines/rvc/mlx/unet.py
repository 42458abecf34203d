"""The pitch net's U-Net: down through levels of half the size each, and up again with each level's output."""

import mlx.core as mx
import numpy as np
import numpy.typing as npt

from workers.engines.rvc.architecture import PitchSizes
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


class UNet:
    """From `[batch, frames, mels, 1]` to as many channels as the first level has; frames a multiple of 2**levels."""

    def __init__(self, folded: Weights, sizes: PitchSizes, dtype: mx.Dtype) -> None:
        levels = range(sizes.levels)
        self.down = [_Run(folded, f"encoder.{level}", sizes.blocks, dtype) for level in levels]
        self.middle = [_Run(folded, f"middle.{layer}", sizes.blocks, dtype) for layer in range(sizes.middle_layers)]
        self.widen = [ImageUpsampling(folded, f"decoder.{level}.up", dtype) for level in levels]
        self.up = [_Run(folded, f"decoder.{level}", sizes.blocks, dtype) for level in levels]

    def __call__(self, image: mx.array) -> mx.array:
        """The image after analysis at every scale."""
        x, levels = image, []
        for down in self.down:
            wide = down(x)
            levels.append(wide)
            x = _halved(wide)
        for middle in self.middle:
            x = middle(x)
        for widen, up, wide in zip(self.widen, self.up, reversed(levels), strict=True):
            x = up(mx.concatenate([_rectified(widen(x)), wide], axis=-1))
        return x


class _Block:
    """Two convolutions with ReLUs, added to their input, or to a shortcut where the channels change."""

    def __init__(self, folded: Weights, name: str, dtype: mx.Dtype) -> None:
        self.first = ImageConvolution(folded, f"{name}.first", dtype)
        self.second = ImageConvolution(folded, f"{name}.second", dtype)
        has_shortcut = f"{name}.shortcut.weight" in folded
        self.shortcut = ImageConvolution(folded, f"{name}.shortcut", dtype) if has_shortcut else None

    def __call__(self, x: mx.array) -> mx.array:
        changed = _rectified(self.second(_rectified(self.first(x))))
        return changed + (x if self.shortcut is None else self.shortcut(x))


class _Run:
    """Consecutive residual blocks."""

    def __init__(self, folded: Weights, name: str, blocks: int, dtype: mx.Dtype) -> None:
        self.blocks = [_Block(folded, f"{name}.{n}", dtype) for n in range(blocks)]

    def __call__(self, x: mx.array) -> mx.array:
        for block in self.blocks:
            x = block(x)
        return x


def _halved(x: mx.array) -> mx.array:
    """The means over squares of four pixels."""
    batch, height, width, channels = x.shape
    return x.reshape(batch, height // 2, 2, width // 2, 2, channels).mean(axis=(2, 4))


def _rectified(x: mx.array) -> mx.array:
    return mx.maximum(x, 0.0)
