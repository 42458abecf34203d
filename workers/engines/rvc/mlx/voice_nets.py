"""A voice's own nets, in one precision: text encoder, flow and generator."""

import mlx.core as mx

from workers.engines.rvc.architecture import NOISE_SHARE, SynthesizerSizes
from workers.engines.rvc.mlx.compiling import compiled
from workers.engines.rvc.mlx.convolution import tensor
from workers.engines.rvc.mlx.flow import Flow, speakers_of_flow
from workers.engines.rvc.mlx.generator import Generator, Source
from workers.engines.rvc.mlx.text_encoder import TextEncoder
from workers.engines.rvc.package import Weights


class VoiceNets:
    """Everything in one voice package except its vectors.

    The speaker is passed as an array, so that one compiled function serves all speakers of the voice.
    """

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, dtype: mx.Dtype) -> None:
        self.sizes = sizes
        self.encoder = TextEncoder(weights, sizes, dtype)
        self.flow = Flow(weights, sizes, dtype)
        self.generator = Generator(weights, sizes, dtype)
        self.source = Source(weights, sizes.rate, sizes.frame) if sizes.has_pitch else None
        conditioning, tone = _speakers(weights, sizes)
        self.conditioning, self.tone = conditioning.astype(dtype), tone.astype(dtype)
        self.latent = compiled(self._latent)
        self.sound = compiled(self._sound)

    def _latent(self, content: mx.array, coarse: mx.array, noise: mx.array, conditioning: mx.array) -> mx.array:
        """The generator's input: the encoder's frames, moved by noise and sent through the flow."""
        mean, spread = self.encoder(content, coarse if self.sizes.has_pitch else None)
        latent = mean + mx.exp(spread) * noise * NOISE_SHARE
        return self.flow(latent.astype(conditioning.dtype), conditioning)

    def _sound(self, latent: mx.array, phase: mx.array, pitch: mx.array, noise: mx.array, tone: mx.array) -> mx.array:
        """The samples of tiles."""
        source = None if self.source is None else self.source(phase, pitch, noise).astype(tone.dtype)
        return self.generator(latent.astype(tone.dtype), source, tone)


def _speakers(weights: Weights, sizes: SynthesizerSizes) -> tuple[mx.array, mx.array]:
    """The conditioning of flow and generator for each speaker: the same for every frame, so worked out only once."""
    identities = tensor(weights, "emb_g.weight", mx.float32)
    weight = tensor(weights, "dec.cond.weight", mx.float32)[:, :, 0]
    tone = mx.addmm(tensor(weights, "dec.cond.bias", mx.float32), identities, weight.T)
    return speakers_of_flow(weights, sizes, identities), tone
