"""The pitch net RMVPE: how likely each pitch is, every 10 ms."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workers.engines.rvc.architecture import PitchSizes
from workers.engines.rvc.folding import fold_batch_norm
from workers.engines.rvc.package import Weights
from workers.engines.rvc.torch.convolution import tensor
from workers.engines.rvc.torch.image import ImageConvolution
from workers.engines.rvc.torch.mel import LogMel, lengthened
from workers.engines.rvc.torch.recurrence import recurrence
from workers.engines.rvc.torch.unet import UNet


class Rmvpe(nn.Module):
    """RMVPE on the device and in the precision of `like`.

    Only the convolutions are in that precision: log mel, classifier and salience are always in single precision.
    """

    def __init__(self, sizes: PitchSizes, like: Tensor | None = None) -> None:
        super().__init__()
        self.sizes = sizes
        self.like = torch.zeros(()) if like is None else like
        self.mel = LogMel(sizes.mels, self.like.device)

    def load(self, weights: Weights) -> None:
        """Load the tensors of a package."""
        folded = fold_batch_norm(weights, self.sizes)
        single = self.like.float()
        self.scale, self.shift = (tensor(folded, f"input.{part}", single) for part in ("scale", "shift"))
        self.unet = UNet(folded, self.sizes, self.like)
        self.narrow = ImageConvolution(folded, "cnn", self.like)
        self.recurrence = recurrence(folded, "fc.0.gru", self.like)
        self.weight, self.bias = (tensor(folded, f"fc.1.{part}", single) for part in ("weight", "bias"))

    def forward(self, audio: Tensor) -> Tensor:
        """Samples `[batch, n]` to salience `[batch, n // 160 + 1, bins]`."""
        mel = self.mel(audio)
        frames = mel.shape[1]
        missing = -frames % 2**self.sizes.levels
        picture = lengthened(mel.mT, 0, missing).mT * self.scale + self.shift
        picture = picture[:, None].to(self.like.dtype).contiguous(memory_format=torch.channels_last)
        seen = self.narrow(self.unet(picture)).transpose(1, 2).flatten(2)
        hidden = self.recurrence(seen)[:, :frames]
        return torch.sigmoid(F.linear(hidden.float(), self.weight, self.bias))
