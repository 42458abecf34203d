"""The content encoder's second half: layers of attention. Between them frames are in single precision."""

import mlx.core as mx

from workers.engines.rvc.mlx.convolution import gelu, tensor
from workers.engines.rvc.package import Weights

#: What the net's norms add to the variance.
EPSILON = 1e-5


class Norm:
    """A layer norm, in single precision whatever comes in."""

    def __init__(self, weights: Weights, name: str) -> None:
        self.weight, self.bias = (tensor(weights, f"{name}.{part}", mx.float32) for part in ("weight", "bias"))

    def __call__(self, x: mx.array) -> mx.array:
        """Every frame with mean 0 and variance 1, then scaled and shifted."""
        return mx.fast.layer_norm(x.astype(mx.float32), self.weight, self.bias, EPSILON)


class Linear:
    """One or more linear maps of the same frames, side by side, in the net's precision."""

    def __init__(self, weights: Weights, names: list[str], dtype: mx.Dtype) -> None:
        self.weight = mx.concatenate([tensor(weights, f"{name}.weight", dtype) for name in names]).T
        self.bias = mx.concatenate([tensor(weights, f"{name}.bias", dtype) for name in names])

    def __call__(self, x: mx.array) -> mx.array:
        """All the maps, one after the other in the last dimension."""
        return mx.addmm(self.bias, x.astype(self.weight.dtype), self.weight)


class TransformerLayer:
    """Attention and a feed-forward net, each added to what went in and then normalised."""

    def __init__(self, weights: Weights, name: str, heads: int, dtype: mx.Dtype) -> None:
        self.heads = heads
        self.asked = Linear(weights, [f"{name}.attention.{part}_proj" for part in "qkv"], dtype)
        self.told = Linear(weights, [f"{name}.attention.out_proj"], dtype)
        self.after_attention = Norm(weights, f"{name}.layer_norm")
        self.wide = Linear(weights, [f"{name}.feed_forward.intermediate_dense"], dtype)
        self.narrow = Linear(weights, [f"{name}.feed_forward.output_dense"], dtype)
        self.after_all = Norm(weights, f"{name}.final_layer_norm")

    def __call__(self, x: mx.array) -> mx.array:
        """Frames `[batch, time, channels]` that have looked at one another."""
        batch, time, channels = x.shape
        asked = self.asked(x).reshape(batch, time, 3, self.heads, -1).transpose(2, 0, 3, 1, 4)
        scale = (channels // self.heads) ** -0.5
        told = mx.fast.scaled_dot_product_attention(asked[0], asked[1], asked[2], scale=scale)
        x = self.after_attention(x + self.told(told.transpose(0, 2, 1, 3).reshape(batch, time, channels)))
        return self.after_all(x + self.narrow(gelu(self.wide(x))))
