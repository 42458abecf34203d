"""The text encoder of VITS, which in voice conversion reads content features and a coarse pitch."""

import math

import mlx.core as mx
import numpy as np

from workers.engines.rvc.architecture import SLOPE, SynthesizerSizes
from workers.engines.rvc.mlx.convolution import convolution, leaky, tensor
from workers.engines.rvc.package import Weights

#: Queries processed together: their scores over a whole window take at most 12 MB per head.
QUERIES = 512
EPSILON = 1e-5


class Attention:
    """Attention that also knows how far apart two frames are if they are near.

    Distances count only for frames within `reach` of each other, so only a band of `2 * reach + 1` diagonals of the
    relative part is calculated, never a square of all distances.
    """

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, name: str, dtype: mx.Dtype) -> None:
        self.heads, self.reach, self.band = sizes.heads, sizes.reach, 2 * sizes.reach + 1
        parts = [f"{name}.conv_{part}" for part in "qkv"]
        self.weight = mx.concatenate([tensor(weights, f"{n}.weight", dtype)[:, :, 0] for n in parts]).T
        self.bias = mx.concatenate([tensor(weights, f"{n}.bias", dtype) for n in parts])
        self.relative_keys = tensor(weights, f"{name}.emb_rel_k", dtype)[0].T
        self.relative_values = tensor(weights, f"{name}.emb_rel_v", dtype)[0]
        self.out_proj = convolution(weights, f"{name}.conv_o", dtype)

    def __call__(self, x: mx.array) -> mx.array:
        """`[batch, frames, hidden]` to the same."""
        batch, frames, hidden = x.shape
        width = hidden // self.heads
        qkv = mx.addmm(self.bias, x, self.weight).reshape(batch, frames, 3, self.heads, width)
        q, k, v = (part.transpose(0, 2, 1, 3) for part in (qkv[:, :, n] for n in range(3)))
        q = q * width**-0.5
        # Empty frames on both sides give every query a whole band; nothing attends to them.
        k, v = (mx.pad(t, [(0, 0), (0, 0), (self.reach, self.reach), (0, 0)]) for t in (k, v))
        outside = mx.array(np.pad(np.zeros(frames, np.float32), self.reach, constant_values=-np.inf))
        attended = [
            self._attend(q[:, :, first : first + QUERIES], k, v, first, outside) for first in range(0, frames, QUERIES)
        ]
        return self.out_proj(mx.concatenate(attended, axis=2).transpose(0, 2, 1, 3).reshape(batch, frames, hidden))

    def _attend(self, q: mx.array, k: mx.array, v: mx.array, first: int, outside: mx.array) -> mx.array:
        scores = (q @ k.swapaxes(-1, -2)).astype(mx.float32) + outside
        scores = scores + self._along_diagonal((q @ self.relative_keys).astype(mx.float32), first, k.shape[2])
        share = mx.softmax(scores, axis=-1)
        near = self._from_diagonal(share, first).astype(v.dtype)
        return share.astype(v.dtype) @ v + near @ self.relative_values

    def _along_diagonal(self, band: mx.array, first: int, keys: int) -> mx.array:
        """The queries' bands as rows of scores that are zero elsewhere; the band of row `i` begins at `first + i`.

        Rows one longer than the scores' rows each begin one column later when they are read with the scores' length.
        """
        *outer, queries, width = band.shape
        longer = mx.pad(band, [(0, 0), (0, 0), (0, 0), (first, keys + 1 - width - first)])
        return longer.reshape(*outer, -1)[..., : queries * keys].reshape(*outer, queries, keys)

    def _from_diagonal(self, share: mx.array, first: int) -> mx.array:
        """Those of each query's shares that belong to the frames around it."""
        batch, heads, queries, keys = share.shape
        strides = (heads * queries * keys, queries * keys, keys + 1, 1)
        return mx.as_strided(share, (batch, heads, queries, self.band), strides, first)


class Layer:
    """Attention and two convolutions, each added to its input and then normalised."""

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, n: int, dtype: mx.Dtype) -> None:
        encoder = "enc_p.encoder"
        self.attention = Attention(weights, sizes, f"{encoder}.attn_layers.{n}", dtype)
        self.conv_1 = convolution(weights, f"{encoder}.ffn_layers.{n}.conv_1", dtype)
        self.conv_2 = convolution(weights, f"{encoder}.ffn_layers.{n}.conv_2", dtype)
        self.attention_norm, self.final_norm = (
            Norm(weights, f"{encoder}.norm_layers_{which}.{n}", dtype) for which in (1, 2)
        )

    def __call__(self, x: mx.array) -> mx.array:
        """`[batch, frames, hidden]` to the same."""
        x = self.attention_norm(x + self.attention(x))
        # A slope of zero makes it a plain ReLU.
        return self.final_norm(self.conv_2(self.conv_1(x, 0.0)) + x)


class Norm:
    """Layer normalisation over the channels, in single precision."""

    def __init__(self, weights: Weights, name: str, dtype: mx.Dtype) -> None:
        # Rounded as the nets are, so that both frameworks multiply by the same values.
        self.gamma, self.beta = (
            tensor(weights, f"{name}.{part}", dtype).astype(mx.float32) for part in ("gamma", "beta")
        )

    def __call__(self, x: mx.array) -> mx.array:
        """`[..., hidden]` to the same."""
        return mx.fast.layer_norm(x.astype(mx.float32), self.gamma, self.beta, EPSILON).astype(x.dtype)


class TextEncoder:
    """Turns content and coarse pitch into the mean and the log standard deviation of each latent frame."""

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, dtype: mx.Dtype) -> None:
        self.scale = math.sqrt(sizes.hidden)
        self.content = tensor(weights, "enc_p.emb_phone.weight", dtype).T
        self.bias = tensor(weights, "enc_p.emb_phone.bias", dtype)
        self.pitches = tensor(weights, "enc_p.emb_pitch.weight", dtype) if sizes.has_pitch else None
        self.layers = [Layer(weights, sizes, n, dtype) for n in range(sizes.layers)]
        self.proj = convolution(weights, "enc_p.proj", dtype)

    def __call__(self, content: mx.array, coarse: mx.array | None) -> tuple[mx.array, mx.array]:
        """`[batch, frames, width]` and `[batch, frames]` to two of `[batch, frames, inter]` in single precision."""
        x = mx.addmm(self.bias, content.astype(self.content.dtype), self.content)
        if coarse is not None and self.pitches is not None:
            x = x + self.pitches[coarse]
        x = leaky(x * self.scale, SLOPE)
        for layer in self.layers:
            x = layer(x)
        mean, spread = mx.split(self.proj(x).astype(mx.float32), 2, axis=-1)
        return mean, spread
