"""The flow of VITS, run backwards: from the latent of the text encoder to the one that the generator speaks."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.package import Weights
from workers.engines.rvc.torch.convolution import convolution
from workers.engines.rvc.torch.shapes import only


class Coupling(nn.Module):
    """One step: half of the channels determine what is subtracted from the other half."""

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, name: str, like: Tensor) -> None:
        super().__init__()
        self.half = sizes.inter // 2
        self.hidden = sizes.hidden
        self.pre = convolution(weights, f"{name}.pre", like)
        self.gates = nn.ModuleList(
            convolution(weights, f"{name}.enc.in_layers.{n}", like) for n in range(sizes.flow_layers)
        )
        self.skips = nn.ModuleList(
            convolution(weights, f"{name}.enc.res_skip_layers.{n}", like) for n in range(sizes.flow_layers)
        )
        self.post = convolution(weights, f"{name}.post", like)

    def forward(self, x: Tensor, speaker: Tensor, real: Tensor | None = None) -> Tensor:
        """`[batch, frames, width]` to the same; `speaker` is the conditioning of each layer, `[layers, 2 * hidden]`."""
        kept, changed = x[..., : self.half].contiguous(), x[..., self.half :]
        hidden = only(self.pre(kept), real)
        total = torch.zeros_like(hidden)
        for n, (gate, skip) in enumerate(zip(self.gates, self.skips, strict=True)):
            a = gate(hidden) + speaker[n]
            res_skip = skip(torch.tanh(a[..., : self.hidden]) * torch.sigmoid(a[..., self.hidden :]))
            if n < len(self.gates) - 1:
                hidden = only(hidden + res_skip[..., : self.hidden], real)
                res_skip = res_skip[..., self.hidden :]
            total = total + res_skip
        return torch.cat([kept, changed - self.post(total)], dim=-1)


class Flow(nn.Module):
    """All steps in reverse order; between them, the channels change sides."""

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, like: Tensor) -> None:
        super().__init__()
        names = [f"flow.flows.{2 * n}" for n in reversed(range(sizes.flow_steps))]
        self.steps = nn.ModuleList(Coupling(weights, sizes, name, like) for name in names)

    def forward(self, x: Tensor, speaker: Tensor, real: Tensor | None = None) -> Tensor:
        """`[batch, frames, width]` to the same; `speaker` is `[steps, layers, 2 * hidden]`.

        `real` is `[frames, 1]`, false where frames only fill a window up.
        """
        for step, conditioning in zip(self.steps, speaker, strict=True):
            x = step(x.flip(-1), conditioning, real)
        return x


def speakers_of_flow(weights: Weights, sizes: SynthesizerSizes, identities: Tensor) -> Tensor:
    """The conditioning of the flow's layers for each speaker, `[speakers, steps, layers, 2 * hidden]`: worked out once,
    because it is the same for every frame.
    """
    conditioning = []
    for n in reversed(range(sizes.flow_steps)):
        name = f"flow.flows.{2 * n}.enc.cond_layer"
        weight = torch.from_numpy(weights[f"{name}.weight"])[:, :, 0].float()
        bias = torch.from_numpy(weights[f"{name}.bias"]).float()
        conditioning.append(F.linear(identities, weight, bias).unflatten(1, (sizes.flow_layers, 2 * sizes.hidden)))
    return torch.stack(conditioning, dim=1)
