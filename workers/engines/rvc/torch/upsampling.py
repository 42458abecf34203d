"""Transposed convolutions as ordinary ones: each frame becomes `step` samples, side by side in the channels."""

import torch
from torch import Tensor, nn

from workers.engines.rvc.torch.convolution import Convolution


class Upsampling(nn.Module):
    """A ConvTranspose1d with padding `(kernel - step) // 2`: `step` times as many samples, exactly.

    A sample depends on at most `kernel / step` frames, rounded up. A convolution with that many taps and `step` times
    the channels makes all samples of a frame at once. In this layout they are in order already, and what the transposed
    convolution would remove as padding is cut off at both ends.
    """

    def __init__(self, weight: Tensor, bias: Tensor, step: int) -> None:
        super().__init__()
        _, self.channels, kernel = weight.shape
        self.step = step
        self.cut = (kernel - step) // 2
        taps = -(-kernel // step)
        self.frames = Convolution(_by_frames(weight, step, taps), bias.repeat(step), padding=taps - 1)

    def forward(self, x: Tensor) -> Tensor:
        """`[batch, time, channels]` to `[batch, step * time, fewer channels]`, as a view of a longer tensor."""
        batch, time, _ = x.shape
        samples = self.frames(x).reshape(batch, -1, self.channels)
        return samples[:, self.cut : self.cut + time * self.step]


def _by_frames(weight: Tensor, step: int, taps: int) -> Tensor:
    """Weights `[into, out, kernel]` of a transposed convolution as `[step * out, into, taps]` of an ordinary one."""
    into, out, kernel = weight.shape
    padded = torch.zeros(into, out, taps * step, dtype=weight.dtype, device=weight.device)
    padded[:, :, :kernel] = weight
    # The newest frame uses the first `step` taps of the kernel, the frame before it the next ones.
    by_delay = padded.reshape(into, out, taps, step).flip(2)
    return by_delay.permute(3, 1, 0, 2).reshape(step * out, into, taps)
