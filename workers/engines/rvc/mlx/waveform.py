"""The content encoder's first half: convolutions that turn samples into frames of 20 ms."""

from math import prod

import mlx.core as mx
import numpy as np
import numpy.typing as npt

from workers.engines.rvc.architecture import EncoderSizes
from workers.engines.rvc.framework import Floats
from workers.engines.rvc.mlx.convolution import convolved, gelu, kernel, seen
from workers.engines.rvc.mlx.cores import shared
from workers.engines.rvc.package import Weights

#: Frames at a time (5 s): the first layers' output is two hundred times as large as their input.
TILE = 256

#: The value that the net's norms add to the variance.
EPSILON = 1e-5

Doubles = npt.NDArray[np.float64]


class Waveform:
    """Samples `[batch, n]` to frames `[batch, time, channels]`.

    The first convolution's output is normalised over the window, channel by channel. Its mean and variance follow from
    those of the few samples under the kernel, so norm and convolution become one product whose weights are worked out
    from the window: on the processor, because that needs double precision, which GPUs of Macs lack. The product is in
    single precision: in fewer bits, the rounding of loud low sounds would drown out quiet high ones.
    """

    def __init__(self, weights: Weights, sizes: EncoderSizes, dtype: mx.Dtype) -> None:
        self.dtype = dtype
        self.kernel, self.strides = sizes.conv_kernels[0], sizes.conv_strides
        self.hop, self.needed = prod(sizes.conv_strides), _samples_of_one_frame(sizes)
        layers = "feature_extractor.conv_layers"
        self.first = weights[f"{layers}.0.conv.weight"][:, 0].astype(np.float64)
        self.gain, self.shift = (
            weights[f"{layers}.0.layer_norm.{part}"].astype(np.float64) for part in ("weight", "bias")
        )
        self.later = [kernel(weights, f"{layers}.{n}.conv", dtype) for n in range(1, len(sizes.conv_kernels))]

    def __call__(self, audio: Floats) -> mx.array:
        """As many frames as the samples are enough for."""
        weight, bias = (mx.array(part) for part in self._first_with_norm(audio))
        samples = mx.array(audio)
        time = (audio.shape[1] - self.needed) // self.hop + 1
        overlap = self.needed - self.hop

        def stretch(first: int, last: int) -> mx.array:
            return self._frames(samples[:, first * self.hop : last * self.hop + overlap], weight, bias)

        cost = sum(later.size for later in self.later)
        tiles = range(0, time, TILE)
        return mx.concatenate([shared(stretch, t, min(t + TILE, time), cost) for t in tiles], axis=1)

    def _frames(self, samples: mx.array, weight: mx.array, bias: mx.array) -> mx.array:
        x = gelu(seen(samples, self.kernel, self.strides[0]) @ weight + bias).astype(self.dtype)
        for later, stride in zip(self.later, self.strides[1:], strict=True):
            x = gelu(convolved(x, later, stride=stride))
        return x

    def _first_with_norm(self, audio: Floats) -> tuple[Floats, Floats]:
        """The first convolution's weights `[batch, kernel, channels]` and bias for windows with these samples."""
        views = np.lib.stride_tricks.sliding_window_view(audio, self.kernel, axis=1)[:, :: self.strides[0]]
        under: Doubles = views.astype(np.float64)
        mean = under.mean(axis=1, keepdims=True)
        centred = under - mean
        covariance = centred.swapaxes(1, 2) @ centred / under.shape[1]
        variance = ((self.first @ covariance) * self.first).sum(axis=-1)
        scale = self.gain / np.sqrt(np.maximum(variance, 0.0) + EPSILON)
        weight = self.first.T * scale[:, None]
        return weight.astype(np.float32), (self.shift - mean @ weight).astype(np.float32)


def _samples_of_one_frame(sizes: EncoderSizes) -> int:
    needed = 1
    for kernel_size, stride in zip(reversed(sizes.conv_kernels), reversed(sizes.conv_strides), strict=True):
        needed = (needed - 1) * stride + kernel_size
    return needed
