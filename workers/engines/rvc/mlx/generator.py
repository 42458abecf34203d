"""The NSF-HiFiGAN generator: latent frames and a source signal in, sound out."""

import math
from math import prod

import mlx.core as mx

from workers.engines.rvc.architecture import (
    LAST_MARGIN,
    LAST_SLOPE,
    SINE,
    SLOPE,
    UNVOICED_NOISE,
    VOICED_NOISE,
    SynthesizerSizes,
)
from workers.engines.rvc.mlx.convolution import Convolution, Upsampling, convolution, kernel, leaky, seen, tensor
from workers.engines.rvc.package import Weights
from workers.engines.rvc.tiles import margins


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


class ResidualBlock:
    """Pairs of convolutions, the first of each pair dilated, added to their input."""

    def __init__(self, weights: Weights, name: str, dilations: tuple[int, ...], dtype: mx.Dtype) -> None:
        self.dilated = [convolution(weights, f"{name}.convs1.{n}", dtype, d) for n, d in enumerate(dilations)]
        self.plain = [convolution(weights, f"{name}.convs2.{n}", dtype) for n in range(len(dilations))]

    def __call__(self, x: mx.array, bent: mx.array) -> mx.array:
        """`bent` is `x` after the leaky ReLU, which all blocks of a stage share."""
        for n, (dilated, plain) in enumerate(zip(self.dilated, self.plain, strict=True)):
            x = plain(dilated(leaky(x, SLOPE) if n else bent, SLOPE)) + x
        return x


class SourceFilter:
    """The strided convolution that brings the source signal down to a stage's rate."""

    def __init__(self, weights: Weights, name: str, step: int, dtype: mx.Dtype) -> None:
        self.step = step
        self.weight = tensor(weights, f"{name}.weight", dtype)[:, 0].T
        self.bias = tensor(weights, f"{name}.bias", dtype)

    def __call__(self, source: mx.array) -> mx.array:
        """`[batch, samples]` to `[batch, samples / step, channels]`, as one matrix product over windows."""
        reach = self.step // 2
        padded = mx.pad(source, [(0, 0), (reach, reach)])
        return mx.addmm(self.bias, seen(padded, self.weight.shape[0], self.step), self.weight)


class Stage:
    """An upsampling, the addition of the source, and parallel residual blocks."""

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, stage: int, dtype: mx.Dtype) -> None:
        blocks = len(sizes.res_kernels)
        # This stage's weights turn the sum of the previous stage's blocks into their average.
        scale = 1.0 / blocks if stage else 1.0
        self.step = sizes.upsample_rates[stage]
        self.upsampling = Upsampling(
            tensor(weights, f"dec.ups.{stage}.weight", dtype) * scale,
            tensor(weights, f"dec.ups.{stage}.bias", dtype),
            self.step,
        )
        step = prod(sizes.upsample_rates[stage + 1 :])
        self.source = SourceFilter(weights, f"dec.noise_convs.{stage}", step, dtype) if sizes.has_pitch else None
        self.blocks = [
            ResidualBlock(weights, f"dec.resblocks.{stage * blocks + j}", dilations, dtype)
            for j, dilations in enumerate(sizes.res_dilations)
        ]

    def __call__(self, x: mx.array, source: mx.array | None) -> mx.array:
        """The sum of the blocks, which the next stage turns into their average."""
        x = self.upsampling(leaky(x, SLOPE))
        if self.source is not None and source is not None:
            x = x + self.source(source)
        bent = leaky(x, SLOPE)
        total = self.blocks[0](x, bent)
        for block in self.blocks[1:]:
            total = total + block(x, bent)
        return total


class Generator:
    """From latent frames to samples; it hears no further than its margins, which are cut off as it goes."""

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, dtype: mx.Dtype) -> None:
        self.frame = sizes.frame
        self.margins = margins(sizes)
        self.before = convolution(weights, "dec.conv_pre", dtype)
        self.stages = [Stage(weights, sizes, n, dtype) for n in range(len(sizes.upsample_rates))]
        last = kernel(weights, "dec.conv_post", dtype) / len(sizes.res_kernels)
        self.after = Convolution(last, mx.zeros(1, dtype))

    def __call__(self, latent: mx.array, source: mx.array | None, speaker: mx.array) -> mx.array:
        """Frames `[batch, frames, width]` and source `[batch, samples]`, both with margins, to samples without."""
        x = self.before(latent) + speaker
        held = self.margins[0]
        per_frame = 1
        for stage, margin in zip(self.stages, self.margins[1:], strict=True):
            x = _without(x, (held - margin) * per_frame)
            held = margin
            x = stage(x, None if source is None else _without(source, (self.margins[0] - held) * self.frame))
            per_frame *= stage.step
        x = self.after(leaky(_without(x, held * per_frame - LAST_MARGIN), LAST_SLOPE))
        return mx.tanh(_without(x, LAST_MARGIN).astype(mx.float32)[..., 0])


def _without(x: mx.array, count: int) -> mx.array:
    """The sequence without `count` frames or samples at both ends."""
    return x[:, count : x.shape[1] - count]
