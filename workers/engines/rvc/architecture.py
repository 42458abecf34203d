"""The nets of RVC by their sizes, and every tensor that each of them must have.

The sizes are part of a package's description. A file is checked against the list of tensors when it is added, and both
frameworks build their nets from the same sizes, so every package that was accepted can be used.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from math import prod
from typing import Any, Self

#: Slope of every leaky ReLU, and that of the generator's last one, which has PyTorch's default.
SLOPE, LAST_SLOPE = 0.1, 0.01

#: How far noise moves a latent frame from its mean; RVC always converts with this value.
NOISE_SHARE = 0.66666

#: Loudness of the source's sine, of the noise added to it, and of the noise where nothing is voiced.
SINE = 0.1
VOICED_NOISE = 0.003
UNVOICED_NOISE = SINE / 3.0

#: Number of neighbours that retrieval mixes.
NEIGHBOURS = 8

#: Samples that the generator's last convolution hears to either side.
LAST_MARGIN = 3


Tensors = dict[str, tuple[int, ...]]

#: Hertz of the analysis. A pitch frame is 10 ms, and a content frame is two of them.
ANALYSIS_RATE = 16_000
PITCH_HOP = 160
CONTENT_HOP = 320


@dataclass(frozen=True, slots=True)
class _Sized:
    """Sizes that can be written as JSON."""

    def to_json(self) -> dict[str, Any]:
        """The sizes as plain JSON; tuples become lists."""
        return asdict(self)

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        """The sizes read back from JSON."""
        return cls(**{field.name: _frozen(given[field.name]) for field in fields(cls)})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list | tuple) else value


@dataclass(frozen=True, slots=True)
class SynthesizerSizes(_Sized):
    """The voice itself: text encoder, flow and generator. The defaults are those of every public voice."""

    rate: int
    upsample_rates: tuple[int, ...]
    upsample_kernels: tuple[int, ...]
    content: int
    """Width of the content features: 256 for version 1, 768 for version 2."""
    has_pitch: bool = True
    speakers: int = 109
    inter: int = 192
    hidden: int = 192
    filter: int = 768
    heads: int = 2
    layers: int = 6
    kernel: int = 3
    reach: int = 10
    """Frames on each side for which attention uses relative positions."""
    initial: int = 512
    """Channels at the generator's beginning, which every stage halves."""
    res_kernels: tuple[int, ...] = (3, 7, 11)
    res_dilations: tuple[tuple[int, ...], ...] = ((1, 3, 5), (1, 3, 5), (1, 3, 5))
    speaker_width: int = 256
    flow_kernel: int = 5
    flow_layers: int = 3
    flow_steps: int = 4

    @property
    def frame(self) -> int:
        """Samples of output per pitch frame."""
        return prod(self.upsample_rates)

    def channels(self, stage: int) -> int:
        """Channels after the stage's upsampling."""
        return self.initial >> (stage + 1)

    def tensors(self) -> Tensors:
        """Every tensor with its shape, weight norm folded."""
        return dict([*self._encoder(), *self._flow(), *self._generator(), ("emb_g.weight", self._speaker_table)])

    @property
    def _speaker_table(self) -> tuple[int, ...]:
        return (self.speakers, self.speaker_width)

    def _encoder(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        hidden, head = self.hidden, self.hidden // self.heads
        yield from _linear("enc_p.emb_phone", self.content, hidden)
        if self.has_pitch:
            yield "enc_p.emb_pitch.weight", (256, hidden)
        for n in range(self.layers):
            attention = f"enc_p.encoder.attn_layers.{n}"
            for part in "qkvo":
                yield from _conv(f"{attention}.conv_{part}", hidden, hidden, 1)
            for part in "kv":
                yield f"{attention}.emb_rel_{part}", (1, 2 * self.reach + 1, head)
            yield from _conv(f"enc_p.encoder.ffn_layers.{n}.conv_1", hidden, self.filter, self.kernel)
            yield from _conv(f"enc_p.encoder.ffn_layers.{n}.conv_2", self.filter, hidden, self.kernel)
            for norm in (1, 2):
                yield f"enc_p.encoder.norm_layers_{norm}.{n}.gamma", (hidden,)
                yield f"enc_p.encoder.norm_layers_{norm}.{n}.beta", (hidden,)
        yield from _conv("enc_p.proj", hidden, 2 * self.inter, 1)

    def _flow(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        half, hidden = self.inter // 2, self.hidden
        for step in range(0, 2 * self.flow_steps, 2):
            flow = f"flow.flows.{step}"
            yield from _conv(f"{flow}.pre", half, hidden, 1)
            yield from _conv(f"{flow}.post", hidden, half, 1)
            yield from _conv(f"{flow}.enc.cond_layer", self.speaker_width, 2 * hidden * self.flow_layers, 1)
            for n in range(self.flow_layers):
                yield from _conv(f"{flow}.enc.in_layers.{n}", hidden, 2 * hidden, self.flow_kernel)
                last = n == self.flow_layers - 1
                yield from _conv(f"{flow}.enc.res_skip_layers.{n}", hidden, hidden if last else 2 * hidden, 1)

    def _generator(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield from _conv("dec.conv_pre", self.inter, self.initial, 7)
        yield from _conv("dec.cond", self.speaker_width, self.initial, 1)
        if self.has_pitch:
            yield from _linear("dec.m_source.l_linear", 1, 1)
        for stage, kernel in enumerate(self.upsample_kernels):
            channels = self.channels(stage)
            yield f"dec.ups.{stage}.weight", (2 * channels, channels, kernel)
            yield f"dec.ups.{stage}.bias", (channels,)
            if self.has_pitch:
                step = prod(self.upsample_rates[stage + 1 :])
                yield from _conv(f"dec.noise_convs.{stage}", 1, channels, 1 if step == 1 else 2 * step)
            for j, (res_kernel, dilations) in enumerate(zip(self.res_kernels, self.res_dilations, strict=True)):
                block = f"dec.resblocks.{stage * len(self.res_kernels) + j}"
                for n in range(len(dilations)):
                    yield from _conv(f"{block}.convs1.{n}", channels, channels, res_kernel)
                    yield from _conv(f"{block}.convs2.{n}", channels, channels, res_kernel)
        yield "dec.conv_post.weight", (1, self.channels(len(self.upsample_rates) - 1), 7)


@dataclass(frozen=True, slots=True)
class EncoderSizes(_Sized):
    """The content encoder, a HuBERT of base size, with the names that transformers gives its tensors."""

    hidden: int = 768
    heads: int = 12
    layers: int = 12
    feed_forward: int = 3072
    conv: int = 512
    conv_kernels: tuple[int, ...] = (10, 3, 3, 3, 3, 2, 2)
    conv_strides: tuple[int, ...] = (5, 2, 2, 2, 2, 2, 2)
    position_kernel: int = 128
    position_groups: int = 16
    projection: int | None = 256
    """Width of the projection that voices of version 1 need, or None if the file has none."""

    def tensors(self) -> Tensors:
        """Every tensor with its shape, weight norm folded."""
        return dict([*self._features(), *self._transformer()])

    def _features(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        for n, kernel in enumerate(self.conv_kernels):
            yield f"feature_extractor.conv_layers.{n}.conv.weight", (self.conv, self.conv if n else 1, kernel)
        yield from _norm("feature_extractor.conv_layers.0.layer_norm", self.conv)
        yield from _norm("feature_projection.layer_norm", self.conv)
        yield from _linear("feature_projection.projection", self.conv, self.hidden)
        group = self.hidden // self.position_groups
        yield "encoder.pos_conv_embed.conv.weight", (self.hidden, group, self.position_kernel)
        yield "encoder.pos_conv_embed.conv.bias", (self.hidden,)

    def _transformer(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield from _norm("encoder.layer_norm", self.hidden)
        for n in range(self.layers):
            layer = f"encoder.layers.{n}"
            for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                yield from _linear(f"{layer}.attention.{part}", self.hidden, self.hidden)
            yield from _norm(f"{layer}.layer_norm", self.hidden)
            yield from _linear(f"{layer}.feed_forward.intermediate_dense", self.hidden, self.feed_forward)
            yield from _linear(f"{layer}.feed_forward.output_dense", self.feed_forward, self.hidden)
            yield from _norm(f"{layer}.final_layer_norm", self.hidden)
        if self.projection:
            yield from _linear("final_proj", self.hidden, self.projection)


@dataclass(frozen=True, slots=True)
class PitchSizes(_Sized):
    """The pitch net RMVPE: a U-Net over the mel spectrogram, a GRU and a classifier of 20-cent bins."""

    channels: int = 16
    levels: int = 5
    blocks: int = 4
    middle_layers: int = 4
    mels: int = 128
    gru: int = 256
    bins: int = 360

    def tensors(self) -> Tensors:
        """Every tensor with its shape, except counters of batches seen in training."""
        return dict([*self._encoder(), *self._middle(), *self._decoder(), *self._head()])

    def _encoder(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield from _batch_norm("unet.encoder.bn", 1)
        for level in range(self.levels):
            into = self.channels * 2 ** (level - 1) if level else 1
            yield from self._run(f"unet.encoder.layers.{level}.conv", into, self.channels * 2**level)

    def _middle(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        wide = self.channels * 2**self.levels
        for layer in range(self.middle_layers):
            yield from self._run(f"unet.intermediate.layers.{layer}.conv", wide if layer else wide // 2, wide)

    def _decoder(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        for layer in range(self.levels):
            out = self.channels * 2 ** (self.levels - 1 - layer)
            name = f"unet.decoder.layers.{layer}"
            yield f"{name}.conv1.0.weight", (2 * out, out, 3, 3)
            yield from _batch_norm(f"{name}.conv1.1", out)
            yield from self._run(f"{name}.conv2", 2 * out, out)

    def _head(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield from (("cnn.weight", (3, self.channels, 3, 3)), ("cnn.bias", (3,)))
        for end in ("", "_reverse"):
            yield f"fc.0.gru.weight_ih_l0{end}", (3 * self.gru, 3 * self.mels)
            yield f"fc.0.gru.weight_hh_l0{end}", (3 * self.gru, self.gru)
            yield f"fc.0.gru.bias_ih_l0{end}", (3 * self.gru,)
            yield f"fc.0.gru.bias_hh_l0{end}", (3 * self.gru,)
        yield from _linear("fc.1", 2 * self.gru, self.bins)

    def _run(self, name: str, into: int, out: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Consecutive residual blocks; only the first may change the number of channels."""
        for n in range(self.blocks):
            block, first = f"{name}.{n}", out if n else into
            yield f"{block}.conv.0.weight", (out, first, 3, 3)
            yield from _batch_norm(f"{block}.conv.1", out)
            yield f"{block}.conv.3.weight", (out, out, 3, 3)
            yield from _batch_norm(f"{block}.conv.4", out)
            if first != out:
                yield from (
                    (f"{block}.shortcut.weight", (out, first, 1, 1)),
                    (f"{block}.shortcut.bias", (out,)),
                )


def _linear(name: str, into: int, out: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (out, into)
    yield f"{name}.bias", (out,)


def _conv(name: str, into: int, out: int, kernel: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (out, into, kernel)
    yield f"{name}.bias", (out,)


def _norm(name: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", (width,)
    yield f"{name}.bias", (width,)


def _batch_norm(name: str, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    for part in ("weight", "bias", "running_mean", "running_var"):
        yield f"{name}.{part}", (width,)
