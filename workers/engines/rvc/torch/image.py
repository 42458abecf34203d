"""Convolutions over images with channels last, the layout in which processors and devices are quickest.

PyTorch lays out the weights for the processor anew at every call, which takes a fifteenth of the time. Weights laid out
beforehand fit only one size of image, and with another take up to twenty times as long.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workers.engines.rvc.package import Weights
from workers.engines.rvc.torch.convolution import tensor


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
