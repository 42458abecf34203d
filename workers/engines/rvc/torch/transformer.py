"""The content encoder's second half: layers of attention, with frames in single precision between them."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workers.engines.rvc.package import Weights
from workers.engines.rvc.torch.convolution import tensor

#: The value that the net's norms add to the variance.
EPSILON = 1e-5


class Norm(nn.Module):
    """A layer norm, in single precision whatever its input."""

    weight: Tensor
    bias: Tensor

    def __init__(self, weights: Weights, name: str, like: Tensor) -> None:
        super().__init__()
        single = like.float()
        self.register_buffer("weight", tensor(weights, f"{name}.weight", single), persistent=False)
        self.register_buffer("bias", tensor(weights, f"{name}.bias", single), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Every frame with mean 0 and variance 1, then scaled and shifted."""
        return F.layer_norm(x.float(), self.weight.shape, self.weight, self.bias, EPSILON)


class Linear(nn.Module):
    """One or more linear maps of the same frames, side by side, in the net's precision."""

    weight: Tensor
    bias: Tensor

    def __init__(self, weights: Weights, names: list[str], like: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", _stacked(weights, names, "weight", like), persistent=False)
        self.register_buffer("bias", _stacked(weights, names, "bias", like), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """The outputs of all maps, one after the other in the last dimension."""
        return F.linear(x.to(self.weight.dtype), self.weight, self.bias)


class TransformerLayer(nn.Module):
    """Attention and a feed-forward net, each added to its input and then normalised."""

    def __init__(self, weights: Weights, name: str, heads: int, like: Tensor) -> None:
        super().__init__()
        self.heads = heads
        qkv = [f"{name}.attention.{part}_proj" for part in "qkv"]
        self.qkv = Linear(weights, qkv, like)
        self.out_proj = Linear(weights, [f"{name}.attention.out_proj"], like)
        self.attention_norm = Norm(weights, f"{name}.layer_norm", like)
        self.intermediate = Linear(weights, [f"{name}.feed_forward.intermediate_dense"], like)
        self.output = Linear(weights, [f"{name}.feed_forward.output_dense"], like)
        self.final_norm = Norm(weights, f"{name}.final_layer_norm", like)

    def forward(self, x: Tensor, real: Tensor | None = None) -> Tensor:
        """Frames `[batch, time, channels]` after attention and the feed-forward net.

        `real` is `[time, 1]`, false where frames only fill a window up; nobody attends to those.
        """
        query, key, value = self.qkv(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        heard = None if real is None else real.mT.expand(len(real), -1)
        attended = F.scaled_dot_product_attention(query, key, value, heard).transpose(1, 2).flatten(2)
        x = self.attention_norm(x + self.out_proj(attended))
        return self.final_norm(x + self.output(torch.ops.aten.gelu_(self.intermediate(x))))


def _stacked(weights: Weights, names: list[str], part: str, like: Tensor) -> Tensor:
    return torch.cat([tensor(weights, f"{name}.{part}", like) for name in names])
