"""The content encoder's first half: convolutions that turn samples into frames of 20 ms."""

from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workers.engines.rvc.architecture import EncoderSizes
from workers.engines.rvc.package import Weights
from workers.engines.rvc.torch.convolution import tensor

#: Frames of 20 ms at a time on processors: the first convolution's output for them just fits the caches.
_TILE = 100

#: The value that the net's norms add to the variance.
EPSILON = 1e-5


class Waveform(nn.Module):
    """Samples `[batch, n]` to frames `[batch, time, channels]`.

    The first convolution's output is normalised over the window, channel by channel. Its mean and variance follow from
    those of the few samples under the kernel, so norm and convolution become one product whose weights are worked out
    from the window. It is in single precision: in fewer bits, the rounding of loud low sounds would drown out quiet
    high ones.
    """

    first: Tensor
    gain: Tensor
    shift: Tensor

    def __init__(self, weights: Weights, sizes: EncoderSizes, like: Tensor) -> None:
        super().__init__()
        self.dtype = like.dtype
        self.kernel, self.strides = sizes.conv_kernels[0], sizes.conv_strides
        self.hop, self.needed = prod(sizes.conv_strides), _samples_of_one_frame(sizes)
        double, layers = like.double(), "feature_extractor.conv_layers"
        self.register_buffer("first", tensor(weights, f"{layers}.0.conv.weight", double)[:, 0], persistent=False)
        self.register_buffer("gain", tensor(weights, f"{layers}.0.layer_norm.weight", double), persistent=False)
        self.register_buffer("shift", tensor(weights, f"{layers}.0.layer_norm.bias", double), persistent=False)
        later = (tensor(weights, f"{layers}.{n}.conv.weight", like) for n in range(1, len(self.strides)))
        # As images of height one with channels last, with which processors are quickest.
        self.later = [weight[:, :, None].contiguous(memory_format=torch.channels_last) for weight in later]

    def forward(self, audio: Tensor) -> Tensor:
        """As many frames as the samples are enough for."""
        samples = audio.float()
        weight, bias = self._first_with_norm(samples)
        time = (samples.shape[1] - self.needed) // self.hop + 1
        tile = _TILE if samples.device.type == "cpu" else time
        overlap = self.needed - self.hop
        tiles = [
            self._frames(samples[:, start * self.hop : min(start + tile, time) * self.hop + overlap], weight, bias)
            for start in range(0, time, tile)
        ]
        return torch.cat(tiles, dim=1)

    def _first_with_norm(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """The first convolution's weights `[batch, kernel, channels]` and bias for windows with these samples."""
        seen = samples.double().unfold(1, self.kernel, self.strides[0])
        mean = seen.mean(dim=1, keepdim=True)
        centred = seen - mean
        covariance = centred.mT @ centred / seen.shape[1]
        variance = ((self.first @ covariance) * self.first).sum(dim=-1)
        scale = self.gain * torch.rsqrt(variance.clamp(min=0.0) + EPSILON)
        weight = self.first.t() * scale[:, None]
        return weight.float(), (self.shift - (mean @ weight)[:, 0])[:, None].float()

    def _frames(self, samples: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        seen = samples.unfold(1, self.kernel, self.strides[0])
        x = torch.ops.aten.gelu_(torch.baddbmm(bias, seen, weight)).to(self.dtype)
        image = x.mT[:, :, None]
        for later, stride in zip(self.later, self.strides[1:], strict=True):
            image = torch.ops.aten.gelu_(F.conv2d(image, later, stride=(1, stride)))
        return image[:, :, 0].mT


def _samples_of_one_frame(sizes: EncoderSizes) -> int:
    needed = 1
    for kernel, stride in zip(reversed(sizes.conv_kernels), reversed(sizes.conv_strides), strict=True):
        needed = (needed - 1) * stride + kernel
    return needed
