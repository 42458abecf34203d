"""A voice's own nets, in one precision on one device: text encoder, flow and generator."""

import torch
from torch import Tensor, nn

from workers.engines.rvc.architecture import NOISE_SHARE, SynthesizerSizes
from workers.engines.rvc.package import Weights
from workers.engines.rvc.torch.flow import Flow, speakers_of_flow
from workers.engines.rvc.torch.generator import Generator, Source
from workers.engines.rvc.torch.text_encoder import TextEncoder


class VoiceNets(nn.Module):
    """Everything in one voice package except its vectors.

    The speaker is passed as a tensor, so that one compiled program serves all speakers and all voices.
    """

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, like: Tensor) -> None:
        super().__init__()
        self.sizes = sizes
        self.encoder = TextEncoder(weights, sizes, like)
        self.flow = Flow(weights, sizes, like)
        self.generator = Generator(weights, sizes, like)
        self.source = Source(weights, sizes.rate, sizes.frame, like.device) if sizes.has_pitch else None
        conditioning, tone = _speakers(weights, sizes)
        self.register_buffer("conditioning", conditioning.to(like), persistent=False)
        self.register_buffer("tone", tone.to(like), persistent=False)

    def latent(
        self, content: Tensor, coarse: Tensor, noise: Tensor, conditioning: Tensor, real: Tensor | None = None
    ) -> Tensor:
        """The generator's input: the encoder's frames, moved by noise and sent through the flow.

        `real` is `[frames, 1]`, false where frames only fill a window up; then what comes out there means nothing.
        """
        mean, spread = self.encoder(content, coarse if self.sizes.has_pitch else None, real)
        latent = mean + torch.exp(spread) * noise * NOISE_SHARE
        return self.flow(latent.to(conditioning.dtype), conditioning, real)

    def sound(self, latent: Tensor, phase: Tensor, pitch: Tensor, noise: Tensor, tone: Tensor) -> Tensor:
        """The samples of tiles."""
        source = None if self.source is None else self.source(phase, pitch, noise).to(latent.dtype)
        return self.generator(latent, source, tone)


def _speakers(weights: Weights, sizes: SynthesizerSizes) -> tuple[Tensor, Tensor]:
    """The conditioning of flow and generator for each speaker: the same for every frame, so worked out only once."""
    identities = torch.from_numpy(weights["emb_g.weight"]).float()
    weight = torch.from_numpy(weights["dec.cond.weight"])[:, :, 0].float()
    bias = torch.from_numpy(weights["dec.cond.bias"]).float()
    return speakers_of_flow(weights, sizes, identities), identities @ weight.t() + bias
