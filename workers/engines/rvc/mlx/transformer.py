"""The content encoder's second half: layers of attention, with frames in single precision between them."""

import mlx.core as mx
import numpy as np

from workers.engines.rvc.mlx.convolution import gelu, tensor
from workers.engines.rvc.mlx.cores import shared
from workers.engines.rvc.mlx.products import laid_out
from workers.engines.rvc.package import Weights

#: The value that the net's norms add to the variance.
EPSILON = 1e-5


class Norm:
    """A layer norm, in single precision whatever its input."""

    def __init__(self, weights: Weights, name: str) -> None:
        self.weight, self.bias = (tensor(weights, f"{name}.{part}", mx.float32) for part in ("weight", "bias"))

    def __call__(self, x: mx.array) -> mx.array:
        """Every frame with mean 0 and variance 1, then scaled and shifted."""
        return mx.fast.layer_norm(x.astype(mx.float32), self.weight, self.bias, EPSILON)


class Linear:
    """One or more linear maps of the same frames, side by side, in the net's precision."""

    def __init__(self, weights: Weights, names: list[str], dtype: mx.Dtype) -> None:
        parts = [weights[f"{name}.weight"] for name in names]
        self.weight = laid_out(np.concatenate(parts) if len(parts) > 1 else parts[0], dtype).T
        self.bias = mx.concatenate([tensor(weights, f"{name}.bias", dtype) for name in names])

    def __call__(self, x: mx.array) -> mx.array:
        """The outputs of all maps, one after the other in the last dimension."""
        return mx.addmm(self.bias, x.astype(self.weight.dtype), self.weight)


class TransformerLayer:
    """Attention and a feed-forward net, each added to its input and then normalised."""

    def __init__(self, weights: Weights, name: str, heads: int, dtype: mx.Dtype) -> None:
        self.heads = heads
        self.qkv = Linear(weights, [f"{name}.attention.{part}_proj" for part in "qkv"], dtype)
        self.out_proj = Linear(weights, [f"{name}.attention.out_proj"], dtype)
        self.attention_norm = Norm(weights, f"{name}.layer_norm")
        self.intermediate = Linear(weights, [f"{name}.feed_forward.intermediate_dense"], dtype)
        self.output = Linear(weights, [f"{name}.feed_forward.output_dense"], dtype)
        self.final_norm = Norm(weights, f"{name}.final_layer_norm")

    def __call__(self, x: mx.array) -> mx.array:
        """Frames `[batch, time, channels]` after attention and the feed-forward net."""
        batch, time, _ = x.shape
        qkv = shared(lambda first, last: self.qkv(x[:, first:last]), 0, time, self.qkv.weight.size)
        qkv = qkv.reshape(batch, time, 3, self.heads, -1).transpose(2, 0, 3, 1, 4)
        return shared(
            lambda first, last: self._answered(x[:, first:last], qkv, first, last),
            0,
            time,
            2 * self.intermediate.weight.size,
        )

    def _answered(self, x: mx.array, qkv: mx.array, first: int, last: int) -> mx.array:
        """The output for these frames: attention, then the feed-forward net."""
        scale = qkv.shape[-1] ** -0.5
        attended = mx.fast.scaled_dot_product_attention(qkv[0, :, :, first:last], qkv[1], qkv[2], scale=scale)
        x = self.attention_norm(x + self.out_proj(attended.transpose(0, 2, 1, 3).reshape(x.shape)))
        return self.final_norm(x + self.output(gelu(self.intermediate(x))))
