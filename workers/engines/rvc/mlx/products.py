"""Convolutions as matrix products, for processors: MLX's own convolutions are many times slower there.

A product takes half the time there if its second factor is stored row by row, so weights are laid out in this way.
"""

from math import prod

import mlx.core as mx
import numpy as np
from numpy import ndindex

from workers.engines.rvc.framework import Floats
from workers.engines.rvc.mlx.cores import shared
from workers.engines.rvc.mlx.device import on_gpu


def laid_out(weight: Floats, dtype: mx.Dtype) -> mx.array:
    """Weights `[out, ..., into]`, laid out in memory so that the device multiplies by them fastest."""
    if on_gpu():
        return mx.array(np.ascontiguousarray(weight)).astype(dtype)
    return mx.moveaxis(mx.array(np.ascontiguousarray(np.moveaxis(weight, 0, -1))).astype(dtype), -1, 0)


def by_place(weight: mx.array) -> mx.array:
    """The same weights as `[place, into, out]`, with one matrix for each place of the kernel."""
    return mx.moveaxis(weight, 0, -1).reshape(-1, weight.shape[-1], weight.shape[0])


def convolved_by_products(x: mx.array, weight: mx.array, stride: int, dilation: int, groups: int) -> mx.array:
    """A convolution without padding, on all cores."""
    reach = dilation * (weight.shape[1] - 1) + 1
    products = _products if groups == 1 else _products_of_groups

    def stretch(first: int, last: int) -> mx.array:
        return products(x[:, first * stride : (last - 1) * stride + reach], weight, stride, dilation)

    return shared(stretch, 0, (x.shape[1] - reach) // stride + 1, weight.size * prod(x.shape[2:-1]))


def _products_of_groups(x: mx.array, weight: mx.array, stride: int, dilation: int) -> mx.array:
    """The same with separate groups of channels, over time only: the groups take the place of the batch."""
    batch, time, channels = x.shape
    groups = channels // weight.shape[-1]
    apart = x.reshape(batch, time, groups, -1).transpose(0, 2, 1, 3)
    matrices = mx.unflatten(by_place(weight), -1, (groups, -1)).transpose(0, 2, 1, 3)
    left = time - dilation * (weight.shape[1] - 1)
    total = mx.zeros((1,))
    for n, matrix in enumerate(matrices):
        total = total + apart[:, :, dilation * n : dilation * n + left : stride] @ matrix
    return total.transpose(0, 2, 1, 3).reshape(batch, -1, weight.shape[0])


def _products(x: mx.array, weight: mx.array, stride: int, dilation: int) -> mx.array:
    """One matrix product for each place of the kernel, added up in single precision."""
    size = weight.shape[1:-1]
    matrices = by_place(weight).astype(mx.float32)
    left = [n - dilation * (k - 1) for n, k in zip(x.shape[1:-1], size, strict=True)]
    single = x.astype(mx.float32)
    unders = (_under(single, place, left, stride, dilation) for place in ndindex(*size))
    total = next(unders) @ matrices[0]
    for n, under in enumerate(unders, 1):
        total = mx.addmm(total, under, matrices[n])
    return total.astype(x.dtype)


def _under(x: mx.array, place: tuple[int, ...], left: list[int], stride: int, dilation: int) -> mx.array:
    """The inputs under this place of the kernel, for all positions of the kernel."""
    reach = (slice(dilation * k, dilation * k + count, stride) for k, count in zip(place, left, strict=True))
    return x[(slice(None), *reach)]
