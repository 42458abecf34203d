"""The voice nets in plain form: slow, in double precision, and frame by frame where that is clearest.

The engine's nets are compared with these. Nothing here is fused, folded, cut into tiles or precomputed.
"""

import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F

from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.package import Weights

Array = npt.NDArray[np.float64]
#: Inputs may be in single precision.
Given = npt.NDArray[np.floating]


class PlainVoice:
    """A voice's tensors by name, and each of its nets; signals are `[channels, time]`."""

    def __init__(self, weights: Weights, sizes: SynthesizerSizes) -> None:
        self.sizes = sizes
        self.weights = {name: torch.from_numpy(np.asarray(tensor)).double() for name, tensor in weights.items()}

    def encoded(self, content: Given, coarse: npt.NDArray[np.int64] | None) -> tuple[Array, Array]:
        """Turn content `[frames, width]` and coarse pitch into mean and logarithmic spread `[frames, inter]`."""
        x = torch.from_numpy(content).double() @ self.weights["enc_p.emb_phone.weight"].T
        x = x + self.weights["enc_p.emb_phone.bias"]
        if coarse is not None:
            x = x + self.weights["enc_p.emb_pitch.weight"][torch.from_numpy(coarse)]
        x = F.leaky_relu(x * math.sqrt(self.sizes.hidden), 0.1).T
        for n in range(self.sizes.layers):
            x = self._normed(x + self._attended(x, f"enc_p.encoder.attn_layers.{n}"), f"norm_layers_1.{n}")
            wide = torch.relu(self._conv(x, f"enc_p.encoder.ffn_layers.{n}.conv_1"))
            x = self._normed(x + self._conv(wide, f"enc_p.encoder.ffn_layers.{n}.conv_2"), f"norm_layers_2.{n}")
        both = self._conv(x, "enc_p.proj").T.numpy()
        return both[:, : self.sizes.inter], both[:, self.sizes.inter :]

    def flowed(self, latent: Given, speaker: int) -> Array:
        """Run the flow backwards, from `[frames, inter]` to the same shape."""
        half = self.sizes.inter // 2
        x = torch.from_numpy(latent).double().T
        for step in reversed(range(0, 2 * self.sizes.flow_steps, 2)):
            x = x.flip(0)
            x = torch.cat([x[:half], x[half:] - self._shift(x[:half], f"flow.flows.{step}", speaker)])
        moved: Array = x.T.numpy()
        return moved

    def source(self, f0: Given, noise: Given) -> Array:
        """The source signal of frames with this pitch: a sine made by summing each sample's share of a cycle."""
        at_samples = np.repeat(f0.astype(np.float64), self.sizes.frame)
        sine = 0.1 * np.sin(2.0 * np.pi * np.cumsum(at_samples / self.sizes.rate))
        signal = np.where(at_samples > 0.0, sine + 0.003 * noise, 0.1 / 3.0 * noise)
        weight, bias = self.weights["dec.m_source.l_linear.weight"], self.weights["dec.m_source.l_linear.bias"]
        bent: Array = np.tanh(signal * weight.item() + bias.item())
        return bent

    def sounded(self, latent: Given, source: Given | None, speaker: int) -> Array:
        """Turn a latent `[frames, inter]` and a source as long as the output into sound."""
        x = self._conv(torch.from_numpy(latent).double().T, "dec.conv_pre")
        x = x + self._conv(self._identity(speaker), "dec.cond")
        for stage, (rate, kernel) in enumerate(
            zip(self.sizes.upsample_rates, self.sizes.upsample_kernels, strict=True)
        ):
            up = (self.weights[f"dec.ups.{stage}.weight"], self.weights[f"dec.ups.{stage}.bias"])
            x = F.conv_transpose1d(F.leaky_relu(x, 0.1)[None], *up, stride=rate, padding=(kernel - rate) // 2)[0]
            if source is not None:
                step = math.prod(self.sizes.upsample_rates[stage + 1 :])
                heard = torch.from_numpy(source).double()[None]
                x = x + self._conv(heard, f"dec.noise_convs.{stage}", stride=step, padding=step // 2)
            x = torch.stack([self._block(x, stage, n) for n in range(len(self.sizes.res_kernels))]).mean(0)
        sound: Array = torch.tanh(self._conv(F.leaky_relu(x, 0.01), "dec.conv_post"))[0].numpy()
        return sound

    def converted(
        self, content: Given, coarse: npt.NDArray[np.int64], f0: Given, noises: tuple[Given, Given], speaker: int
    ) -> Array:
        """Run the whole voice; `noises` are the noise of the latent and that of the source."""
        pitched = self.sizes.has_pitch
        mean, spread = self.encoded(content, coarse if pitched else None)
        latent = self.flowed(mean + np.exp(spread) * noises[0] * 0.66666, speaker)
        return self.sounded(latent, self.source(f0, noises[1]) if pitched else None, speaker)

    def _identity(self, speaker: int) -> Tensor:
        return self.weights["emb_g.weight"][speaker][:, None]

    def _conv(self, x: Tensor, name: str, stride: int = 1, dilation: int = 1, padding: int | None = None) -> Tensor:
        weight = self.weights[f"{name}.weight"]
        if padding is None:
            padding = dilation * (weight.shape[2] - 1) // 2
        elif weight.shape[2] == 1:
            padding = 0
        bias = self.weights.get(f"{name}.bias")
        return F.conv1d(x[None], weight, bias, stride=stride, padding=padding, dilation=dilation)[0]

    def _normed(self, x: Tensor, name: str) -> Tensor:
        centred = x - x.mean(0)
        normed = centred / torch.sqrt((centred**2).mean(0) + 1e-5)
        gamma, beta = (self.weights[f"enc_p.encoder.{name}.{part}"] for part in ("gamma", "beta"))
        return normed * gamma[:, None] + beta[:, None]

    def _attended(self, x: Tensor, name: str) -> Tensor:
        """Attention over all pairs of frames, with a lookup in the distance table for each pair."""
        frames, width = x.shape[1], self.sizes.hidden // self.sizes.heads
        q, k, v = (self._conv(x, f"{name}.conv_{part}").reshape(self.sizes.heads, width, frames).mT for part in "qkv")
        apart = torch.arange(frames)[None, :] - torch.arange(frames)[:, None]
        near = (apart.abs() <= self.sizes.reach)[..., None]
        row = apart.clamp(-self.sizes.reach, self.sizes.reach) + self.sizes.reach
        keys, values = (self.weights[f"{name}.emb_rel_{part}"][0][row] * near for part in "kv")
        scores = (torch.einsum("hid,hjd->hij", q, k) + torch.einsum("hid,ijd->hij", q, keys)) / math.sqrt(width)
        share = torch.softmax(scores, dim=-1)
        heard = torch.einsum("hij,hjd->hid", share, v) + torch.einsum("hij,ijd->hid", share, values)
        return self._conv(heard.mT.reshape(self.sizes.hidden, frames), f"{name}.conv_o")

    def _shift(self, kept: Tensor, name: str, speaker: int) -> Tensor:
        """What one step of the flow subtracts from the channels it changes."""
        hidden, layers = self.sizes.hidden, self.sizes.flow_layers
        told = self._conv(self._identity(speaker), f"{name}.enc.cond_layer")
        x, total = self._conv(kept, f"{name}.pre"), torch.zeros(hidden, kept.shape[1], dtype=torch.float64)
        for n in range(layers):
            gates = self._conv(x, f"{name}.enc.in_layers.{n}") + told[2 * hidden * n : 2 * hidden * (n + 1)]
            bent = torch.tanh(gates[:hidden]) * torch.sigmoid(gates[hidden:])
            said = self._conv(bent, f"{name}.enc.res_skip_layers.{n}")
            if n < layers - 1:
                x, said = x + said[:hidden], said[hidden:]
            total = total + said
        return self._conv(total, f"{name}.post")

    def _block(self, x: Tensor, stage: int, n: int) -> Tensor:
        name = f"dec.resblocks.{stage * len(self.sizes.res_kernels) + n}"
        for pair, dilation in enumerate(self.sizes.res_dilations[n]):
            bent = self._conv(F.leaky_relu(x, 0.1), f"{name}.convs1.{pair}", dilation=dilation)
            x = x + self._conv(F.leaky_relu(bent, 0.1), f"{name}.convs2.{pair}")
        return x


def retrieved(content: Array, vectors: Array, neighbours: int = 8) -> Array:
    """For every frame, the mean of its nearest vectors, each weighted by its squared distance to the power of -2."""
    mixed = []
    for frame in content:
        squared = ((vectors - frame) ** 2).sum(1)
        nearest = np.argsort(squared, kind="stable")[:neighbours]
        if squared[nearest[0]] == 0.0:
            mixed.append(vectors[nearest[0]])
            continue
        weights = (1.0 / squared[nearest]) ** 2
        mixed.append((vectors[nearest] * (weights / weights.sum())[:, None]).sum(0))
    return np.stack(mixed)
