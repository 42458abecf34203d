"""The source signal: a sine at the pitch with a little noise, or only noise where nothing is voiced."""

import torch
from torch import Tensor, nn

from workers.engines.rvc.package import Weights
from workers.engines.rvc.trained import SINE, UNVOICED_NOISE, VOICED_NOISE


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
