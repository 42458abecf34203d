"""Convolutions over time in the only layout that is quick everywhere: batch, time, channels, with channels together.

A convolution is done over an image of height one with channels last. On processors, oneDNN then reaches the full speed
of the cores (a plain conv1d often reaches a third), and includes the activation or addition that follows at no cost.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workers.engines.rvc.package import Weights
from workers.engines.rvc.torch.compiling import compiles

#: A typical length, for which oneDNN lays out weights. Any length will do for most convolutions, but without one, the
#: widest take twice as long. It never changes, because another layout adds up in another order and gives other digits.
TYPICAL = 4096


class Convolution(nn.Module):
    """A convolution of `[batch, time, channels]`; it keeps the length unless `padding` says otherwise."""

    weight: Tensor
    bias: Tensor

    def __init__(self, weight: Tensor, bias: Tensor, dilation: int = 1, padding: int | None = None) -> None:
        super().__init__()
        self.dilation = dilation
        self.padding = dilation * (weight.shape[-1] // 2) if padding is None else padding
        self.fused = fuses(weight)
        image = weight[:, :, None].contiguous(memory_format=torch.channels_last)
        if self.fused:
            image = torch.ops.mkldnn._reorder_convolution_weight(  # noqa: SLF001 - what torch's own compiler calls
                image, [0, self.padding], [1, 1], [1, dilation], 1, [1, weight.shape[1], 1, TYPICAL]
            )
        self.register_buffer("weight", image, persistent=False)
        self.register_buffer("bias", bias.contiguous(), persistent=False)

    def forward(self, x: Tensor, slope: float | None = None, before: float | None = None) -> Tensor:
        """The convolution, with a leaky ReLU after it and before it for the slopes that are given."""
        image = _image(x if before is None else F.leaky_relu(x, before))
        if self.fused:
            attr, scalars = ("none", []) if slope is None else ("leaky_relu", [slope])
            y = torch.ops.mkldnn._convolution_pointwise(  # noqa: SLF001
                image, self.weight, self.bias, [0, self.padding], [1, 1], [1, self.dilation], 1, attr, scalars, ""
            )
            return _sequence(y)
        y = F.conv2d(image, self.weight, self.bias, padding=(0, self.padding), dilation=(1, self.dilation))
        return _sequence(y if slope is None else F.leaky_relu(y, slope))

    def plus(self, x: Tensor, other: Tensor) -> Tensor:
        """The convolution of `x`, plus `other`."""
        if self.fused:
            y = torch.ops.mkldnn._convolution_pointwise.binary(  # noqa: SLF001
                _image(x), _image(other), self.weight, self.bias, [0, self.padding], [1, 1], [1, self.dilation], 1,
                "add", 1.0, None, [], None,
            )  # fmt: skip
            return _sequence(y)
        return self(x) + other


def fuses(weight: Tensor) -> bool:
    """Whether oneDNN's convolutions, which include the step that follows, are available for such weights."""
    # A compiled program cannot hold them, and has its own way of joining steps.
    if weight.device.type != "cpu" or not torch.backends.mkldnn.enabled or compiles(weight.device):
        return False
    if not hasattr(torch.ops.mkldnn, "_convolution_pointwise"):
        return False
    supported = {
        torch.float32: lambda: True,
        torch.bfloat16: torch.ops.mkldnn._is_mkldnn_bf16_supported,  # noqa: SLF001
        torch.float16: torch.ops.mkldnn._is_mkldnn_fp16_supported,  # noqa: SLF001
    }
    return weight.dtype in supported and bool(supported[weight.dtype]())


def convolution(weights: Weights, name: str, like: Tensor, dilation: int = 1) -> Convolution:
    """The convolution with this name, on the device and in the precision of `like`."""
    return Convolution(tensor(weights, f"{name}.weight", like), tensor(weights, f"{name}.bias", like), dilation)


def tensor(weights: Weights, name: str, like: Tensor) -> Tensor:
    """One tensor of a package, on the device and in the precision of `like`."""
    return torch.from_numpy(weights[name]).to(device=like.device, dtype=like.dtype)


def _image(x: Tensor) -> Tensor:
    return x.transpose(1, 2)[:, :, None]


def _sequence(y: Tensor) -> Tensor:
    return y[:, :, 0].transpose(1, 2)


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
