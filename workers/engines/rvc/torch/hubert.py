"""The content encoder: what is said in a recording, with little of who says it."""

import torch
from torch import Tensor, nn

from storage.errors import ConversionError
from workers.engines.rvc.architecture import EncoderSizes
from workers.engines.rvc.package import Weights
from workers.engines.rvc.torch.position import PositionConvolution
from workers.engines.rvc.torch.transformer import Linear, Norm, TransformerLayer
from workers.engines.rvc.torch.waveform import Waveform


class Hubert(nn.Module):
    """HuBERT up to one of its layers, on the device and in the precision of `like`.

    Only products are in that precision: norms, the frames between layers and the output are in single precision.
    """

    def __init__(self, sizes: EncoderSizes, layers: int, like: Tensor | None = None) -> None:
        super().__init__()
        self.sizes = sizes
        self.count = layers
        self.like = torch.zeros(()) if like is None else like

    def load(self, weights: Weights) -> None:
        """Load a package's tensors for the layers that are run."""
        sizes, like = self.sizes, self.like
        self.waveform = Waveform(weights, sizes, like)
        self.input_norm = Norm(weights, "feature_projection.layer_norm", like)
        self.input_proj = Linear(weights, ["feature_projection.projection"], like)
        self.position = PositionConvolution(weights, "encoder.pos_conv_embed.conv", sizes.position_groups, like)
        self.encoder_norm = Norm(weights, "encoder.layer_norm", like)
        names = (f"encoder.layers.{n}" for n in range(self.count))
        self.layers = nn.Sequential(*(TransformerLayer(weights, name, sizes.heads, like) for name in names))
        self.final_proj = Linear(weights, ["final_proj"], like.float()) if sizes.projection else None

    def forward(self, audio: Tensor, *, project: bool) -> Tensor:
        """Samples `[batch, n]` to features `[batch, (n - 400) // 320 + 1, hidden]`, projected if asked for."""
        x = self.input_proj(self.input_norm(self.waveform(audio))).float()
        x = self.layers(self.encoder_norm(x + self.position(x)))
        if not project:
            return x
        if self.final_proj is None:
            raise ConversionError(
                "the content encoder has no final projection, which voices of version 1 need; add a file of ContentVec"
                " that has one"
            )
        return self.final_proj(x)
