"""The content encoder: what is said in a recording, with little of who says it."""

import mlx.core as mx

from storage.errors import ConversionError
from workers.engines.rvc.architecture import EncoderSizes
from workers.engines.rvc.framework import Floats
from workers.engines.rvc.mlx.compiling import compiled
from workers.engines.rvc.mlx.convolution import convolved, gelu, kernel, tensor
from workers.engines.rvc.mlx.transformer import Linear, Norm, TransformerLayer
from workers.engines.rvc.mlx.waveform import Waveform
from workers.engines.rvc.package import Weights


class PositionConvolution:
    """A grouped convolution with an even kernel over `[batch, time, channels]`, of the same length, and a GELU.

    It is done in single precision, because its output is added to frames in single precision.
    """

    def __init__(self, weights: Weights, name: str, groups: int) -> None:
        self.groups = groups
        self.weight = kernel(weights, name, mx.float32)
        self.bias = tensor(weights, f"{name}.bias", mx.float32)

    def __call__(self, x: mx.array) -> mx.array:
        """The position information of every frame, from the frames around it."""
        filtered = convolved(x, self.weight, padding=self.weight.shape[1] // 2, groups=self.groups)
        return gelu(filtered[:, : x.shape[1]] + self.bias)


class Hubert:
    """HuBERT up to one of its layers.

    Only products are in the given precision: norms, the frames between layers and the output are in single precision.
    """

    def __init__(self, weights: Weights, sizes: EncoderSizes, layers: int, dtype: mx.Dtype) -> None:
        self.waveform = Waveform(weights, sizes, dtype)
        self.input_norm = Norm(weights, "feature_projection.layer_norm")
        self.input_proj = Linear(weights, ["feature_projection.projection"], dtype)
        self.position = PositionConvolution(weights, "encoder.pos_conv_embed.conv", sizes.position_groups)
        self.encoder_norm = Norm(weights, "encoder.layer_norm")
        names = (f"encoder.layers.{n}" for n in range(layers))
        self.layers = [TransformerLayer(weights, name, sizes.heads, dtype) for name in names]
        self.final_proj = Linear(weights, ["final_proj"], mx.float32) if sizes.projection else None
        self.understood = compiled(self._understood)

    def __call__(self, audio: Floats, *, project: bool) -> mx.array:
        """Samples `[batch, n]` to features `[batch, (n - 400) // 320 + 1, hidden]`, projected if asked for."""
        x = self.understood(self.waveform(audio))
        if not project:
            return x
        if self.final_proj is None:
            raise ConversionError(
                "the content encoder has no final projection, which voices of version 1 need; add a file of ContentVec"
                " that has one"
            )
        return self.final_proj(x)

    def _understood(self, frames: mx.array) -> mx.array:
        x = self.input_proj(self.input_norm(frames)).astype(mx.float32)
        x = self.encoder_norm(x + self.position(x))
        for layer in self.layers:
            x = layer(x)
        return x
