"""The text encoder of VITS, which in voice conversion reads content features and a coarse pitch."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workers.engines.rvc.architecture import SLOPE, SynthesizerSizes
from workers.engines.rvc.package import Weights
from workers.engines.rvc.torch.convolution import convolution, tensor
from workers.engines.rvc.torch.shapes import only

#: Queries processed together: their scores over a whole window, at most 25 MB, fit the caches.
QUERIES = 512
EPSILON = 1e-5


class Attention(nn.Module):
    """Attention that also knows how far apart two frames are if they are near.

    Distances count only for frames within `reach` of each other, so only a band of `2 * reach + 1` diagonals of the
    relative part is calculated, never a square of all distances.
    """

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, name: str, like: Tensor) -> None:
        super().__init__()
        self.heads, self.reach = sizes.heads, sizes.reach
        joined = {part: f"{name}.conv_{part}" for part in "qkv"}
        self.register_buffer(
            "weight",
            torch.cat([tensor(weights, f"{n}.weight", like)[:, :, 0] for n in joined.values()]),
            persistent=False,
        )
        self.register_buffer(
            "bias", torch.cat([tensor(weights, f"{n}.bias", like) for n in joined.values()]), persistent=False
        )
        self.register_buffer("relative_keys", tensor(weights, f"{name}.emb_rel_k", like)[0], persistent=False)
        self.register_buffer("relative_values", tensor(weights, f"{name}.emb_rel_v", like)[0], persistent=False)
        self.out_proj = convolution(weights, f"{name}.conv_o", like)

    def forward(self, x: Tensor, real: Tensor | None) -> Tensor:
        """`[batch, frames, hidden]` to the same."""
        batch, frames, hidden = x.shape
        width = hidden // self.heads
        q, k, v = (
            F.linear(x, self.weight, self.bias).reshape(batch, frames, 3, self.heads, width).permute(2, 0, 3, 1, 4)
        )
        q = q / math.sqrt(width)
        # Empty frames on both sides give every query a whole band; nothing attends to them.
        k, v = (F.pad(t, (0, 0, self.reach, self.reach)) for t in (k, v))
        # A row over all keys: true for those that a query must not see.
        hidden_keys = None if real is None else ~F.pad(real[:, 0], (self.reach, self.reach))
        attended = [
            self._attend(q[:, :, first : first + QUERIES], k, v, first, hidden_keys)
            for first in range(0, frames, QUERIES)
        ]
        return self.out_proj(torch.cat(attended, dim=2).transpose(1, 2).reshape(batch, frames, hidden))

    def _attend(self, q: Tensor, k: Tensor, v: Tensor, first: int, hidden_keys: Tensor | None) -> Tensor:
        scores, near = (q @ k.transpose(-1, -2)).float(), (q @ self.relative_keys.t()).float()
        if hidden_keys is None:
            band = _band(scores, first, near.shape[-1])
            band += near
            scores[..., : self.reach] = -math.inf
            scores[..., -self.reach :] = -math.inf
            share = torch.softmax(scores, dim=-1)
            near_share = _band(share, first, near.shape[-1])
        else:
            scores = (scores + _spread(near, first, scores.shape[-1])).masked_fill(hidden_keys, -math.inf)
            share = torch.softmax(scores, dim=-1)
            near_share = _gathered(share, first, near.shape[-1])
        return share.to(v.dtype) @ v + near_share.to(v.dtype) @ self.relative_values


def _band(scores: Tensor, first: int, width: int) -> Tensor:
    """A view of each query's scores for the frames around it; row `i` begins at column `first + i`.

    The scores are a tensor of their own, without gaps. No copy is made, but programs cannot be compiled with it.
    """
    batch, heads, queries, keys = scores.shape
    return scores.as_strided(
        (batch, heads, queries, width), (heads * queries * keys, queries * keys, keys + 1, 1), first
    )


def _spread(near: Tensor, first: int, keys: int) -> Tensor:
    """Scores for the frames around each query, `[..., queries, near]`, in their columns of all keys; elsewhere zeros.

    Rows that are longer by one begin one column later each, once they are read as rows of the right length.
    """
    queries, width = near.shape[-2:]
    longer = F.pad(near, (first, keys + 1 - first - width))
    return longer.flatten(-2)[..., : queries * keys].unflatten(-1, (queries, keys))


def _gathered(share: Tensor, first: int, width: int) -> Tensor:
    """The shares of the frames around each query: the same the other way round."""
    queries, keys = share.shape[-2:]
    longer = F.pad(share.flatten(-2), (0, queries)).unflatten(-1, (queries, keys + 1))
    return longer[..., first : first + width]


class Layer(nn.Module):
    """Attention and two convolutions, each added to its input and then normalised."""

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, n: int, like: Tensor) -> None:
        super().__init__()
        encoder = "enc_p.encoder"
        self.attention = Attention(weights, sizes, f"{encoder}.attn_layers.{n}", like)
        self.conv_1 = convolution(weights, f"{encoder}.ffn_layers.{n}.conv_1", like)
        self.conv_2 = convolution(weights, f"{encoder}.ffn_layers.{n}.conv_2", like)
        self.norms = nn.ModuleList(Norm(weights, f"{encoder}.norm_layers_{which}.{n}", like) for which in (1, 2))

    def forward(self, x: Tensor, real: Tensor | None) -> Tensor:
        """`[batch, frames, hidden]` to the same."""
        x = only(self.norms[0](x + self.attention(x, real)), real)
        # A slope of zero makes it a plain ReLU.
        return self.norms[1](self.conv_2.plus(only(self.conv_1(x, 0.0), real), x))


class Norm(nn.Module):
    """Layer normalisation over the channels, in single precision."""

    def __init__(self, weights: Weights, name: str, like: Tensor) -> None:
        super().__init__()
        self.register_buffer("gamma", tensor(weights, f"{name}.gamma", like).float(), persistent=False)
        self.register_buffer("beta", tensor(weights, f"{name}.beta", like).float(), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """`[..., hidden]` to the same."""
        return F.layer_norm(x.float(), self.gamma.shape, self.gamma, self.beta, EPSILON).to(x.dtype)


class TextEncoder(nn.Module):
    """Turns content and coarse pitch into the mean and the log standard deviation of each latent frame."""

    def __init__(self, weights: Weights, sizes: SynthesizerSizes, like: Tensor) -> None:
        super().__init__()
        self.scale = math.sqrt(sizes.hidden)
        self.inter = sizes.inter
        self.register_buffer("content", tensor(weights, "enc_p.emb_phone.weight", like), persistent=False)
        self.register_buffer("bias", tensor(weights, "enc_p.emb_phone.bias", like), persistent=False)
        pitches = tensor(weights, "enc_p.emb_pitch.weight", like) if sizes.has_pitch else None
        self.register_buffer("pitches", pitches, persistent=False)
        self.layers = nn.ModuleList(Layer(weights, sizes, n, like) for n in range(sizes.layers))
        self.proj = convolution(weights, "enc_p.proj", like)

    def forward(self, content: Tensor, coarse: Tensor | None, real: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """`[batch, frames, width]` and `[batch, frames]` to two of `[batch, frames, inter]` in single precision.

        `real` is `[frames, 1]`, false where frames only fill a window up.
        """
        x = F.linear(content.to(self.content.dtype), self.content, self.bias)
        if coarse is not None and self.pitches is not None:
            x = x + F.embedding(coarse, self.pitches)
        x = F.leaky_relu(x * self.scale, SLOPE)
        for layer in self.layers:
            x = layer(x, real)
        mean, spread = self.proj(x).float().split(self.inter, dim=-1)
        return mean, spread
