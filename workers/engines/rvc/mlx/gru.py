"""The pitch net's GRU, which runs over the frames in both directions."""

import mlx.core as mx
import numpy as np

from workers.engines.rvc.mlx.compiling import compiled
from workers.engines.rvc.mlx.products import laid_out
from workers.engines.rvc.package import Weights

_DIRECTIONS = ("", "_reverse")
#: Steps after which the device is sent what it can begin with; the graph of all steps would be long.
BEGUN = 128


class Gru:
    """`[batch, frames, into]` to `[batch, frames, 2 * width]`, both directions step by step together.

    Always in single precision, because rounding would add up from frame to frame. The gates are in the order of the
    packages: reset, keep, new state; the new state has a bias of its own inside what is reset.
    """

    def __init__(self, weights: Weights, name: str) -> None:
        parts = {
            part: [weights[f"{name}.{part}_l0{end}"] for end in _DIRECTIONS]
            for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        }
        self.width = parts["weight_hh"][0].shape[1]
        self.gates = laid_out(np.concatenate(parts["weight_ih"]), mx.float32).T
        self.gates_bias = mx.array(np.concatenate(parts["bias_ih"])).astype(mx.float32)
        self.state = mx.stack([laid_out(weight, mx.float32).T for weight in parts["weight_hh"]])
        self.state_bias = mx.array(np.stack(parts["bias_hh"])[:, None]).astype(mx.float32)
        self.step = compiled(self._step)

    def __call__(self, x: mx.array) -> mx.array:
        """Go over the frames; the second direction sees them, and gives what it finds, backwards."""
        batch, frames, _ = x.shape
        gate_inputs = self._from_input(x)
        state = mx.zeros((2, batch, self.width))
        found = []
        for frame in range(frames):
            state = self.step(gate_inputs[frame], state)
            found.append(state)
            if frame % BEGUN == BEGUN - 1:
                mx.async_eval(state)  # type: ignore[no-untyped-call]
        there = mx.stack(found)
        return mx.concatenate([there[:, 0], there[::-1, 1]], axis=-1).swapaxes(0, 1)

    def _from_input(self, x: mx.array) -> mx.array:
        """What the frames say to the gates and to the new state, `[frames, direction, batch, 3 * width]`."""
        batch, frames, _ = x.shape
        gate_inputs = mx.addmm(self.gates_bias, x.astype(mx.float32), self.gates).reshape(batch, frames, 2, -1)
        return mx.stack([gate_inputs[:, :, 0], gate_inputs[:, ::-1, 1]]).transpose(2, 0, 1, 3)

    def _step(self, gate_inputs: mx.array, state: mx.array) -> mx.array:
        remembered = state @ self.state + self.state_bias
        both = 2 * self.width
        reset, keep = mx.split(mx.sigmoid(gate_inputs[..., :both] + remembered[..., :both]), 2, axis=-1)
        new = mx.tanh(gate_inputs[..., both:] + reset * remembered[..., both:])
        return new + keep * (state - new)
