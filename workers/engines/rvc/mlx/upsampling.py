"""Transposed convolutions as ordinary ones: each frame becomes `step` samples, side by side in the channels."""

import mlx.core as mx

from workers.engines.rvc.mlx.convolution import Convolution


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
