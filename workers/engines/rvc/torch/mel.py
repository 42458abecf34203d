"""The log mel spectrogram that the pitch net reads, always in single precision."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workers.engines.rvc.architecture import PITCH_HOP
from workers.engines.rvc.mel import FLOOR, FRAME_SIZE, hann_window, mel_filters


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
