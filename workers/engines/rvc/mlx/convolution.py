"""Convolutions of `[batch, time, channels]`, or of `[batch, height, width, channels]`, with channels last.

How they are done is decided only here: GPUs have kernels for them, but on processors MLX's own are many times slower
than matrix products.
"""

from math import prod

import mlx.core as mx
import numpy as np

from workers.engines.rvc.mlx.cores import shared
from workers.engines.rvc.mlx.device import on_gpu
from workers.engines.rvc.mlx.products import convolved_by_products, laid_out
from workers.engines.rvc.package import Weights


class Convolution:
    """A convolution over time, weights `[out, kernel, into]`; it keeps the length unless `padding` says otherwise."""

    def __init__(self, weight: mx.array, bias: mx.array, dilation: int = 1, padding: int | None = None) -> None:
        self.weight = weight
        self.bias = bias
        self.dilation = dilation
        self.padding = dilation * (weight.shape[1] // 2) if padding is None else padding

    def __call__(self, x: mx.array, slope: float | None = None) -> mx.array:
        """The convolution, followed by a leaky ReLU if a slope is given."""
        y = convolved(x, self.weight, padding=self.padding, dilation=self.dilation) + self.bias
        return y if slope is None else leaky(y, slope)


def convolved(
    x: mx.array, weight: mx.array, *, padding: int = 0, stride: int = 1, dilation: int = 1, groups: int = 1
) -> mx.array:
    """A convolution over one or two dimensions, the same along each."""
    if weight.size == weight.shape[0] * weight.shape[-1] and groups == stride == 1 and padding == 0:
        matrix = weight.squeeze(tuple(range(1, weight.ndim - 1))).T
        return shared(lambda first, last: x[:, first:last] @ matrix, 0, x.shape[1], weight.size * prod(x.shape[2:-1]))
    if on_gpu():
        return mx.conv_general(x, weight, stride=stride, padding=padding, kernel_dilation=dilation, groups=groups)
    if padding:
        x = mx.pad(x, [(0, 0), *[(padding, padding)] * (x.ndim - 2), (0, 0)])
    return convolved_by_products(x, weight, stride, dilation, groups)


def leaky(x: mx.array, slope: float) -> mx.array:
    """A leaky ReLU with a slope below one."""
    return mx.maximum(x, x * slope)


def gelu(x: mx.array) -> mx.array:
    """The exact GELU."""
    return x * (mx.erf(x * 0.5**0.5) + 1.0) * 0.5


def convolution(weights: Weights, name: str, dtype: mx.Dtype, dilation: int = 1) -> Convolution:
    """The convolution with this name, in this precision."""
    return Convolution(kernel(weights, name, dtype), tensor(weights, f"{name}.bias", dtype), dilation)


def kernel(weights: Weights, name: str, dtype: mx.Dtype) -> mx.array:
    """A convolution's weights, which are `[out, into, ...]` in packages, as `[out, ..., into]`."""
    return laid_out(np.moveaxis(weights[f"{name}.weight"], 1, -1), dtype)


def tensor(weights: Weights, name: str, dtype: mx.Dtype) -> mx.array:
    """One tensor of a package, in this precision."""
    return mx.array(weights[name]).astype(dtype)


def seen(x: mx.array, size: int, step: int) -> mx.array:
    """Samples `[batch, n]` as overlapping frames `[batch, frames, size]`."""
    batch, samples = x.shape
    return mx.as_strided(x, (batch, (samples - size) // step + 1, size), (samples, step, 1))


class Upsampling:
    """A ConvTranspose1d with padding `(kernel - step) // 2`: `step` times as many samples, exactly.

    A sample depends on at most `kernel / step` frames, rounded up. A convolution with that many taps and `step` times
    the channels makes all samples of a frame at once. In this layout they are in order already, and what the transposed
    convolution would remove as padding is cut off at both ends.
    """

    def __init__(self, weight: mx.array, bias: mx.array, step: int) -> None:
        _, self.channels, kernel = weight.shape
        self.step = step
        self.cut = (kernel - step) // 2
        taps = -(-kernel // step)
        self.frames = Convolution(_by_frames(weight, step, taps), mx.tile(bias, step), padding=taps - 1)

    def __call__(self, x: mx.array) -> mx.array:
        """`[batch, time, channels]` to `[batch, step * time, fewer channels]`."""
        batch, time, _ = x.shape
        samples = self.frames(x).reshape(batch, -1, self.channels)
        return samples[:, self.cut : self.cut + time * self.step]


def _by_frames(weight: mx.array, step: int, taps: int) -> mx.array:
    """Weights `[into, out, kernel]` of a transposed convolution as `[step * out, taps, into]` of an ordinary one."""
    into, out, kernel = weight.shape
    padded = mx.pad(weight, [(0, 0), (0, 0), (0, taps * step - kernel)])
    # The newest frame uses the first `step` taps of the kernel, the frame before it the next ones.
    by_delay = padded.reshape(into, out, taps, step)[:, :, ::-1]
    return by_delay.transpose(3, 1, 2, 0).reshape(step * out, taps, into)
