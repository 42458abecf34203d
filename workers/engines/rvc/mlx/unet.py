"""The pitch net's U-Net: down through levels of half the size each, and up again with each level's output."""

import mlx.core as mx

from workers.engines.rvc.architecture import PitchSizes
from workers.engines.rvc.mlx.image import ImageConvolution, ImageUpsampling
from workers.engines.rvc.package import Weights


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
