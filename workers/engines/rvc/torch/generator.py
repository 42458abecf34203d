"""The NSF-HiFiGAN generator: latent frames and a source signal in, sound out."""

from math import prod

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workers.engines.rvc.architecture import (
    LAST_MARGIN,
    LAST_SLOPE,
    SINE,
    SLOPE,
    UNVOICED_NOISE,
    VOICED_NOISE,
    SynthesizerSizes,
)
from workers.engines.rvc.package import Weights
from workers.engines.rvc.tiles import margins
from workers.engines.rvc.torch.convolution import Convolution, Upsampling, convolution, tensor
from workers.engines.rvc.torch.fewer_products import FewerProducts, pays


class Source(nn.Module):
    """Makes the signal in single precision, whatever the nets' own: with a phase in half precision it would whistle."""

    def __init__(self, weights: Weights, rate: int, frame: int, device: torch.device) -> None:
        super().__init__()
        weight = torch.from_numpy(weights["dec.m_source.l_linear.weight"]).float().reshape(())
        bias = torch.from_numpy(weights["dec.m_source.l_linear.bias"]).float().reshape(())
        self.register_buffer("weight", weight.to(device), persistent=False)
        self.register_buffer("bias", bias.to(device), persistent=False)
        # Seconds from the beginning of a frame to each of its samples; the first is already one sample in.
        self.register_buffer("within", (torch.arange(1, frame + 1, device=device) / rate), persistent=False)

    def forward(self, phase: Tensor, pitch: Tensor, noise: Tensor) -> Tensor:
        """Phase in cycles and pitch in hertz of every frame, and noise for every sample, to samples."""
        cycles = phase[..., None] + pitch[..., None] * self.within
        voiced = (pitch > 0.0).float()[..., None]
        sine = torch.sin(cycles.frac() * (2.0 * torch.pi)) * SINE * voiced
        loudness = voiced * VOICED_NOISE + (1.0 - voiced) * UNVOICED_NOISE
        mixed = sine + loudness * noise.reshape(*pitch.shape, -1)
        return torch.tanh(mixed * self.weight + self.bias).flatten(-2)


class ResidualBlock(nn.Module):
    """Pairs of convolutions, the first of each pair dilated, added to their input."""

    def __init__(self, weights: Weights, name: str, dilations: tuple[int, ...], like: Tensor) -> None:
        super().__init__()
        self.dilated = nn.ModuleList(
            _quickest(weights, f"{name}.convs1.{n}", like, dilation) for n, dilation in enumerate(dilations)
        )
        self.plain = nn.ModuleList(_quickest(weights, f"{name}.convs2.{n}", like) for n in range(len(dilations)))

    def forward(self, x: Tensor, bent: Tensor) -> Tensor:
        """`bent` is `x` after the leaky ReLU, which all blocks of a stage share."""
        for n, (dilated, plain) in enumerate(zip(self.dilated, self.plain, strict=True)):
            x = plain.plus(dilated(x, SLOPE, SLOPE) if n else dilated(bent, SLOPE), x)
        return x


class SourceFilter(nn.Module):
    """The strided convolution that brings the source signal down to a stage's rate."""

    def __init__(self, weights: Weights, name: str, step: int, like: Tensor) -> None:
        super().__init__()
        self.step = step
        kernel = tensor(weights, f"{name}.weight", like)
        self.register_buffer("weight", kernel[:, 0].t().contiguous(), persistent=False)
        self.register_buffer("bias", tensor(weights, f"{name}.bias", like), persistent=False)

    def forward(self, source: Tensor) -> Tensor:
        """`[batch, samples]` to `[batch, samples / step, channels]`, as one matrix product over windows."""
        reach = self.step // 2
        windows = F.pad(source, (reach, reach)).unfold(1, len(self.weight), self.step)
        return F.linear(windows, self.weight.t(), self.bias)


class Stage(nn.Module):
    """An upsampling, the addition of the source, and parallel residual blocks."""

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, stage: int, like: Tensor) -> None:
        super().__init__()
        blocks = len(sizes.res_kernels)
        # This stage's weights turn the sum of the previous stage's blocks into their average.
        scale = 1.0 / blocks if stage else 1.0
        self.upsampling = Upsampling(
            tensor(weights, f"dec.ups.{stage}.weight", like) * scale,
            tensor(weights, f"dec.ups.{stage}.bias", like),
            sizes.upsample_rates[stage],
        )
        self.step = sizes.upsample_rates[stage]
        step = prod(sizes.upsample_rates[stage + 1 :])
        self.source = SourceFilter(weights, f"dec.noise_convs.{stage}", step, like) if sizes.has_pitch else None
        self.blocks = nn.ModuleList(
            ResidualBlock(weights, f"dec.resblocks.{stage * blocks + j}", dilations, like)
            for j, dilations in enumerate(sizes.res_dilations)
        )

    def forward(self, x: Tensor, source: Tensor | None) -> Tensor:
        """The sum of the blocks, which the next stage turns into their average."""
        x = self.upsampling(F.leaky_relu(x, SLOPE))
        x = x.contiguous() if self.source is None or source is None else x + self.source(source)
        bent = F.leaky_relu(x, SLOPE)
        total = self.blocks[0](x, bent)
        for block in list(self.blocks)[1:]:
            total += block(x, bent)
        return total


class Generator(nn.Module):
    """From latent frames to samples; it hears no further than its margins, which are cut off as it goes."""

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, like: Tensor) -> None:
        super().__init__()
        self.frame = sizes.frame
        self.margins = margins(sizes)
        self.before = convolution(weights, "dec.conv_pre", like)
        self.stages = nn.ModuleList(Stage(weights, sizes, n, like) for n in range(len(sizes.upsample_rates)))
        last = tensor(weights, "dec.conv_post.weight", like) / len(sizes.res_kernels)
        self.after = Convolution(last, torch.zeros(1, dtype=like.dtype, device=like.device))

    def forward(self, latent: Tensor, source: Tensor | None, speaker: Tensor) -> Tensor:
        """Frames `[batch, frames, width]` and source `[batch, samples]`, both with margins, to samples without."""
        x = self.before.plus(latent, speaker.expand(*latent.shape[:2], -1).contiguous())
        held = self.margins[0]
        per_frame = 1
        for stage, margin in zip(self.stages, self.margins[1:], strict=True):
            x = _without(x, (held - margin) * per_frame)
            held = margin
            x = stage(x, None if source is None else _without(source, (self.margins[0] - held) * self.frame))
            per_frame *= stage.step
        x = self.after(F.leaky_relu(_without(x, held * per_frame - LAST_MARGIN), LAST_SLOPE))
        return torch.tanh(_without(x, LAST_MARGIN).float()[..., 0])


def _quickest(weights: Weights, name: str, like: Tensor, dilation: int = 1) -> Convolution | FewerProducts:
    kernel, bias = tensor(weights, f"{name}.weight", like), tensor(weights, f"{name}.bias", like)
    return (FewerProducts if pays(kernel) else Convolution)(kernel, bias, dilation)


def _without(x: Tensor, count: int) -> Tensor:
    """The sequence without `count` frames or samples at both ends."""
    return x[:, count : x.shape[1] - count]
