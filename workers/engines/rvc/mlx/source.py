"""The source signal: a sine at the pitch with a little noise, or only noise where nothing is voiced."""

import math

import mlx.core as mx

from workers.engines.rvc.mlx.convolution import tensor
from workers.engines.rvc.package import Weights
from workers.engines.rvc.trained import SINE, UNVOICED_NOISE, VOICED_NOISE


class Source:
    """Makes the signal in single precision, whatever the nets' own: with a phase in half precision it would whistle."""

    def __init__(self, weights: Weights, rate: int, frame: int) -> None:
        self.weight = tensor(weights, "dec.m_source.l_linear.weight", mx.float32).reshape(())
        self.bias = tensor(weights, "dec.m_source.l_linear.bias", mx.float32).reshape(())
        # Seconds from the beginning of a frame to each of its samples; the first is already one sample in.
        self.within = mx.arange(1, frame + 1).astype(mx.float32) / rate

    def __call__(self, phase: mx.array, pitch: mx.array, noise: mx.array) -> mx.array:
        """Phase in cycles and pitch in hertz of every frame, and noise for every sample, to samples `[batch, n]`."""
        cycles = phase[..., None] + pitch[..., None] * self.within
        voiced = (pitch > 0.0).astype(mx.float32)[..., None]
        sine = mx.sin((cycles - mx.floor(cycles)) * (2.0 * math.pi)) * SINE * voiced
        loudness = voiced * VOICED_NOISE + (1.0 - voiced) * UNVOICED_NOISE
        mixed = sine + loudness * noise.reshape(*pitch.shape, -1)
        return mx.tanh(mixed * self.weight + self.bias).reshape(pitch.shape[0], -1)
