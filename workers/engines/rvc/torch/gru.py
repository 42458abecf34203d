"""The pitch net's GRU, which runs over the frames in both directions."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workers.engines.rvc.package import Weights
from workers.engines.rvc.torch.convolution import tensor

_DIRECTIONS = ("", "_reverse")
_PARTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def gru(weights: Weights, name: str, like: Tensor) -> nn.Module:
    """The GRU with this name: `[batch, frames, into]` to `[batch, frames, 2 * width]`."""
    if like.device.type == "cpu":
        return BothWaysAtOnce(weights, name, like.float())
    return OneWayAfterTheOther(weights, name, like if like.dtype == torch.float32 else like.half())


class BothWaysAtOnce(nn.Module):
    """Both directions step by step together, in single precision.

    One product per step serves both directions and all windows; PyTorch's own GRU runs one direction after the other.
    """

    gates: Tensor
    gates_bias: Tensor
    state: Tensor
    state_bias: Tensor

    def __init__(self, weights: Weights, name: str, like: Tensor) -> None:
        super().__init__()
        parts = {part: [tensor(weights, f"{name}.{part}_l0{end}", like) for end in _DIRECTIONS] for part in _PARTS}
        self.width = parts["weight_hh"][0].shape[1]
        self.register_buffer("gates", torch.cat(parts["weight_ih"]), persistent=False)
        self.register_buffer("gates_bias", torch.cat(parts["bias_ih"]), persistent=False)
        self.register_buffer("state", torch.stack(parts["weight_hh"]).mT.contiguous(), persistent=False)
        self.register_buffer("state_bias", torch.stack(parts["bias_hh"])[:, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Go over the frames; the second direction sees them, and gives what it finds, backwards."""
        batch, frames, _ = x.shape
        opening, fresh = self._from_input(x)
        found = x.new_empty(frames, 2, batch, self.width, dtype=torch.float32)
        state = found.new_zeros(2, batch, self.width)
        bias = self.state_bias.expand(2, batch, -1)
        with _one_thread():
            for gate, new, place in zip(opening.unbind(), fresh.unbind(), found.unbind(), strict=True):
                gate_too, new_too = torch.baddbmm(bias, state, self.state).split((2 * self.width, self.width), dim=-1)
                reset, keep = (gate + gate_too).sigmoid_().chunk(2, dim=-1)
                state = torch.lerp(torch.addcmul(new, reset, new_too).tanh_(), state, keep, out=place)
        return torch.cat([found[:, 0], found[:, 1].flip(0)], dim=-1).transpose(0, 1)

    def _from_input(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What the frames say to the gates and to the new state, `[frames, direction, batch, ...]`."""
        gate_inputs = F.linear(x.float(), self.gates, self.gates_bias).unflatten(-1, (2, -1))
        gate_inputs = torch.stack([gate_inputs[:, :, 0], gate_inputs[:, :, 1].flip(1)]).permute(2, 0, 1, 3)
        opening, fresh = gate_inputs.split((2 * self.width, self.width), dim=-1)
        return opening.contiguous(), fresh.contiguous()


@contextmanager
def _one_thread() -> Iterator[None]:
    """Run thousands of tiny steps on one thread only.

    Each step would otherwise wait for all threads, and on a machine with other work, one of them is always late. On an
    idle machine, one thread costs a hundredth of a conversion; on a busy one, all threads took ten times as long.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class OneWayAfterTheOther(nn.Module):
    """The device's own GRU: one call for all frames, in the precision of `like`.

    NVIDIA's library takes fp16 in every version. Of bf16, it takes none before 9.13, so that torch would launch fifteen
    programs for every frame; and torch packs weights in bf16 anew for every call. RVC's tools run it in fp16, too.
    """

    dtype: torch.dtype

    def __init__(self, weights: Weights, name: str, like: Tensor) -> None:
        super().__init__()
        loaded = {
            f"{part}_l0{end}": tensor(weights, f"{name}.{part}_l0{end}", like) for part in _PARTS for end in _DIRECTIONS
        }
        self.dtype = like.dtype
        into, width = loaded["weight_ih_l0"].shape[1], loaded["weight_hh_l0"].shape[1]
        self.net = nn.GRU(into, width, batch_first=True, bidirectional=True, device=like.device, dtype=like.dtype)
        self.net.load_state_dict(loaded)
        self.net.requires_grad_(requires_grad=False)
        self.net.flatten_parameters()

    def forward(self, x: Tensor) -> Tensor:
        """Go over the frames; the second direction sees them, and gives what it finds, backwards."""
        return self.net(x.to(self.dtype))[0]
