"""The pitch net's U-Net: down through levels of half the size each, and up again with each level's output."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workers.engines.rvc.architecture import PitchSizes
from workers.engines.rvc.package import Weights
from workers.engines.rvc.torch.convolution import tensor
from workers.engines.rvc.torch.shapes import only


class _Image(nn.Module):
    """What the convolutions have in common."""

    weight: Tensor
    bias: Tensor

    def __init__(self, weights: Weights, name: str, like: Tensor) -> None:
        super().__init__()
        weight = tensor(weights, f"{name}.weight", like).contiguous(memory_format=torch.channels_last)
        self.register_buffer("weight", weight, persistent=False)
        self.register_buffer("bias", tensor(weights, f"{name}.bias", like), persistent=False)


class ImageConvolution(_Image):
    """A convolution of `[batch, channels, height, width]` that keeps height and width."""

    def forward(self, x: Tensor) -> Tensor:
        """The filtered image."""
        return F.conv2d(x, self.weight, self.bias, padding=self.weight.shape[-1] // 2)


class ImageUpsampling(_Image):
    """A transposed convolution that doubles height and width."""

    def forward(self, x: Tensor) -> Tensor:
        """The image, twice as high and twice as wide."""
        return F.conv_transpose2d(x, self.weight, self.bias, stride=2, padding=1, output_padding=1)


class UNet(nn.Module):
    """From `[batch, 1, frames, mels]` to as many channels as the first level has; frames a multiple of 2**levels."""

    def __init__(self, folded: Weights, sizes: PitchSizes, like: Tensor) -> None:
        super().__init__()
        levels, blocks = range(sizes.levels), sizes.blocks
        self.down = nn.ModuleList(_Run(folded, f"encoder.{level}", blocks, like) for level in levels)
        middle = (_Run(folded, f"middle.{layer}", blocks, like) for layer in range(sizes.middle_layers))
        self.middle = nn.ModuleList(middle)
        self.widen = nn.ModuleList(ImageUpsampling(folded, f"decoder.{level}.up", like) for level in levels)
        self.up = nn.ModuleList(_Run(folded, f"decoder.{level}", blocks, like) for level in levels)

    def forward(self, image: Tensor, real: Tensor | None = None) -> Tensor:
        """The image after analysis at every scale.

        `real` is `[frames, 1]`, false where frames only fill the image up: they are kept as dark as what is beyond its
        edges.
        """
        x, seen = image, []
        for level in self.down:
            wide = level(x, real)
            seen.append((wide, real))
            x, real = F.avg_pool2d(wide, 2), None if real is None else real[::2]
        for level in self.middle:
            x = level(x, real)
        for widen, level, (wide, real) in zip(self.widen, self.up, reversed(seen), strict=True):
            x = level(torch.cat([only(widen(x).relu_(), real), wide], dim=1), real)
        return x


class _Block(nn.Module):
    """Two convolutions with ReLUs, added to their input, or to a shortcut where the channels change."""

    def __init__(self, folded: Weights, name: str, like: Tensor) -> None:
        super().__init__()
        self.first = ImageConvolution(folded, f"{name}.first", like)
        self.second = ImageConvolution(folded, f"{name}.second", like)
        has_shortcut = f"{name}.shortcut.weight" in folded
        self.shortcut = ImageConvolution(folded, f"{name}.shortcut", like) if has_shortcut else None

    def forward(self, x: Tensor, real: Tensor | None) -> Tensor:
        changed = self.second(only(self.first(x).relu_(), real)).relu_()
        return only(changed.add_(x if self.shortcut is None else self.shortcut(x)), real)


class _Run(nn.Module):
    """Blocks one after the other."""

    def __init__(self, folded: Weights, name: str, blocks: int, like: Tensor) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(_Block(folded, f"{name}.{n}", like) for n in range(blocks))

    def forward(self, x: Tensor, real: Tensor | None) -> Tensor:
        for block in self.blocks:
            x = block(x, real)
        return x
