"""The flow of VITS, run backwards: from the latent of the text encoder to the one that the generator speaks."""

import mlx.core as mx

from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.mlx.convolution import convolution, tensor
from workers.engines.rvc.package import Weights


class Coupling:
    """One step: half of the channels determine what is subtracted from the other half."""

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, name: str, dtype: mx.Dtype) -> None:
        self.half = sizes.inter // 2
        self.hidden = sizes.hidden
        layers = range(sizes.flow_layers)
        self.pre = convolution(weights, f"{name}.pre", dtype)
        self.gates = [convolution(weights, f"{name}.enc.in_layers.{n}", dtype) for n in layers]
        self.skips = [convolution(weights, f"{name}.enc.res_skip_layers.{n}", dtype) for n in layers]
        self.post = convolution(weights, f"{name}.post", dtype)

    def __call__(self, x: mx.array, speaker: mx.array) -> mx.array:
        """`[batch, frames, width]` to the same; `speaker` is the conditioning of each layer, `[layers, 2 * hidden]`."""
        kept, changed = x[..., : self.half], x[..., self.half :]
        hidden = self.pre(kept)
        total = mx.zeros_like(hidden)
        last = len(self.gates) - 1
        for n, (gate, skip) in enumerate(zip(self.gates, self.skips, strict=True)):
            a = gate(hidden) + speaker[n]
            res_skip = skip(mx.tanh(a[..., : self.hidden]) * mx.sigmoid(a[..., self.hidden :]))
            if n < last:
                hidden = hidden + res_skip[..., : self.hidden]
                res_skip = res_skip[..., self.hidden :]
            total = total + res_skip
        return mx.concatenate([kept, changed - self.post(total)], axis=-1)


class Flow:
    """All steps in reverse order; between them, the channels change sides."""

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, dtype: mx.Dtype) -> None:
        names = [f"flow.flows.{2 * n}" for n in reversed(range(sizes.flow_steps))]
        self.steps = [Coupling(weights, sizes, name, dtype) for name in names]

    def __call__(self, x: mx.array, speaker: mx.array) -> mx.array:
        """`[batch, frames, width]` to the same; `speaker` is `[steps, layers, 2 * hidden]`."""
        for n, step in enumerate(self.steps):
            x = step(x[..., ::-1], speaker[n])
        return x


def speakers_of_flow(weights: Weights, sizes: SynthesizerSizes, identities: mx.array) -> mx.array:
    """The conditioning of the flow's layers for each speaker, `[speakers, steps, layers, 2 * hidden]`."""
    conditioning = []
    for n in reversed(range(sizes.flow_steps)):
        name = f"flow.flows.{2 * n}.enc.cond_layer"
        weight = tensor(weights, f"{name}.weight", mx.float32)[:, :, 0]
        steps = mx.addmm(tensor(weights, f"{name}.bias", mx.float32), identities, weight.T)
        conditioning.append(steps.reshape(-1, sizes.flow_layers, 2 * sizes.hidden))
    return mx.stack(conditioning, axis=1)
