"""The content encoder: what is said in a recording, with little of who says it."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from storage.errors import ConversionError
from workers.engines.rvc.architecture import EncoderSizes
from workers.engines.rvc.package import Weights
from workers.engines.rvc.torch.compiling import compiled, compiles
from workers.engines.rvc.torch.convolution import tensor
from workers.engines.rvc.torch.shapes import CONTENTS, in_whole_shapes
from workers.engines.rvc.torch.transformer import Linear, Norm, TransformerLayer
from workers.engines.rvc.torch.waveform import Waveform


class PositionConvolution(nn.Module):
    """A grouped convolution with an even kernel over `[batch, time, channels]`, of the same length, and a GELU.

    It is done in single precision in blocks as long as the kernel, each transformed together with the next one. That
    takes a tenth of the time of a plain convolution, and is done in the same way for every device and precision.
    """

    spectrum: Tensor
    bias: Tensor

    def __init__(self, weights: Weights, name: str, groups: int, like: Tensor) -> None:
        super().__init__()
        weight = tensor(weights, f"{name}.weight", like.float())
        self.groups, self.kernel = groups, weight.shape[-1]
        # Nets convolve without reversing the kernel, hence the conjugate.
        spectrum = torch.fft.rfft(weight, 2 * self.kernel).conj().resolve_conj()
        by_frequency = spectrum.unflatten(0, (groups, -1)).permute(3, 0, 2, 1).flatten(0, 1).contiguous()
        self.register_buffer("spectrum", by_frequency, persistent=False)
        self.register_buffer("bias", tensor(weights, f"{name}.bias", like.float()), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """The position information of every frame, from the frames around it."""
        batch, time, channels = x.shape
        blocks = -(-time // self.kernel)
        before, after = self.kernel // 2, (blocks + 1) * self.kernel - self.kernel // 2 - time
        pieces = F.pad(x, (0, 0, before, after)).unfold(1, 2 * self.kernel, self.kernel)
        spectra = torch.fft.rfft(pieces).unflatten(2, (self.groups, -1))
        by_frequency = spectra.permute(4, 2, 0, 1, 3).flatten(2, 3).flatten(0, 1)
        products = torch.bmm(by_frequency, self.spectrum).view(-1, self.groups, batch, blocks, channels // self.groups)
        # [batch, blocks, frequencies, channels]; the second half of each block is wrapped around.
        convolved = torch.fft.irfft(products.permute(2, 3, 0, 1, 4).flatten(3), 2 * self.kernel, dim=2)
        return F.gelu(convolved[:, :, : self.kernel].flatten(1, 2)[:, :time] + self.bias)


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
        self.layers = [TransformerLayer(weights, name, sizes.heads, like) for name in names]
        self.final_proj = Linear(weights, ["final_proj"], like.float()) if sizes.projection else None

    def forward(self, audio: Tensor, *, project: bool) -> Tensor:
        """Samples `[batch, n]` to features `[batch, (n - 400) // 320 + 1, hidden]`, projected if asked for."""
        x = self.input_proj(self.input_norm(self.waveform(audio))).float()
        x = self._attended(self.encoder_norm(x + self.position(x)))
        if not project:
            return x
        if self.final_proj is None:
            raise ConversionError(
                "the content encoder has no final projection, which voices of version 1 need; add a file of ContentVec"
                " that has one"
            )
        return self.final_proj(x)

    def _attended(self, x: Tensor) -> Tensor:
        """The frames after all layers. One program serves every layer, so it is soon compiled."""
        if not compiles(x.device):
            for layer in self.layers:
                x = layer(x)
            return x
        return torch.cat([in_whole_shapes(self._through_programs, [window], CONTENTS) for window in x.split(1)])

    def _through_programs(self, x: Tensor, real: Tensor) -> Tensor:
        through = compiled(TransformerLayer.forward, x.device)
        for layer in self.layers:
            x = through(layer, x, real)
        return x
