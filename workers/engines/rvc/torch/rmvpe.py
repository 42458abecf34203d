"""The pitch net RMVPE: how likely each pitch is, every 10 ms."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workers.engines.rvc.architecture import PITCH_HOP, PitchSizes
from workers.engines.rvc.folding import fold_batch_norm
from workers.engines.rvc.mel import FLOOR, FRAME_SIZE, hann_window, mel_filters
from workers.engines.rvc.package import Weights
from workers.engines.rvc.peaks import REACH
from workers.engines.rvc.torch.compiling import compiled, compiles
from workers.engines.rvc.torch.convolution import tensor
from workers.engines.rvc.torch.gru import gru
from workers.engines.rvc.torch.shapes import FRAMES, in_whole_shapes
from workers.engines.rvc.torch.unet import ImageConvolution, UNet


class LogMel(nn.Module):
    """Log mel frames of windows, one every 10 ms; the first is centred on the first sample."""

    window: Tensor
    filters: Tensor

    def __init__(self, mels: int, device: torch.device) -> None:
        super().__init__()
        self.register_buffer("window", torch.from_numpy(hann_window()).to(device), persistent=False)
        self.register_buffer("filters", torch.from_numpy(mel_filters(mels).T.copy()).to(device), persistent=False)

    def forward(self, audio: Tensor) -> Tensor:
        """Samples `[batch, n]` to `[batch, n // 160 + 1, mels]`."""
        padded = lengthened(audio.float(), FRAME_SIZE // 2, FRAME_SIZE // 2)
        spectrum = torch.fft.rfft(padded.unfold(1, FRAME_SIZE, PITCH_HOP) * self.window)
        return torch.log(torch.clamp(spectrum.abs() @ self.filters, min=FLOOR))


def lengthened(x: Tensor, before: int, after: int) -> Tensor:
    """Extend the last dimension: mirrored at its ends, or with its ends repeated if it is too short to mirror."""
    mode = "reflect" if max(before, after) < x.shape[-1] else "replicate"
    return F.pad(x, (before, after), mode=mode)


def peaks(salience: Tensor) -> Tensor:
    """The same as `peaks` for arrays, on the device."""
    likeliest = salience.argmax(dim=-1, keepdim=True)
    around = torch.arange(2 * REACH + 1, device=salience.device)
    near = F.pad(salience, (REACH, REACH)).gather(-1, likeliest + around)
    return torch.cat([likeliest.to(salience.dtype), near], dim=-1)


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
        self.gru = gru(folded, "fc.0.gru", self.like)
        self.weight, self.bias = (tensor(folded, f"fc.1.{part}", single) for part in ("weight", "bias"))

    def forward(self, audio: Tensor) -> Tensor:
        """Samples `[batch, n]` to salience `[batch, n // 160 + 1, bins]`."""
        mel = self.mel(audio)
        frames = mel.shape[1]
        missing = -frames % 2**self.sizes.levels
        picture = (lengthened(mel.mT, 0, missing).mT * self.scale + self.shift).to(self.like.dtype)
        hidden = self.gru(self._seen(picture))[:, :frames]
        return torch.sigmoid(F.linear(hidden.float(), self.weight, self.bias))

    def seen(self, picture: Tensor, real: Tensor | None = None) -> Tensor:
        """What is seen in the frames of `[batch, frames, mels]`, `[batch, frames, width]`."""
        image = picture[:, None].contiguous(memory_format=torch.channels_last)
        return self.narrow(self.unet(image, real)).transpose(1, 2).flatten(2)

    def _seen(self, picture: Tensor) -> Tensor:
        if not compiles(picture.device):
            return self.seen(picture)
        program = compiled(Rmvpe.seen, picture.device)

        def seen(picture: Tensor, real: Tensor) -> Tensor:
            return program(self, picture, real)

        return torch.cat([in_whole_shapes(seen, [window], FRAMES) for window in picture.split(1)])
