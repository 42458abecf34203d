"""Evaluates tensors as they are loaded: only the thread that asked for a tensor can do work that MLX has deferred."""

from collections.abc import Iterator
from typing import Any, TypeVar

import mlx.core as mx

Net = TypeVar("Net")
_OURS = __name__.rpartition(".")[0]


def settled(net: Net) -> Net:
    """The net, with every tensor in it and in its parts evaluated."""
    mx.eval(list(_tensors(net)))
    return net


def _tensors(part: Any) -> Iterator[mx.array]:
    if isinstance(part, mx.array):
        yield part
    elif isinstance(part, list | tuple):
        for one in part:
            yield from _tensors(one)
    elif type(part).__module__.startswith(_OURS):
        yield from _tensors(list(vars(part).values()))
