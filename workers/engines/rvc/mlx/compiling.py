"""Compiled functions, where compiling pays, and tensors evaluated as they are loaded."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import mlx.core as mx

from workers.engines.rvc.mlx.device import on_gpu

#: A function of arrays only.
Function = Callable[..., mx.array]

Net = TypeVar("Net")

_OURS = __name__.rpartition(".")[0]


def compiled(function: Function) -> Function:
    """The function, with neighbouring steps joined into one kernel on GPUs; it is traced anew for each new shape.

    On processors, MLX would need a C compiler for this, and the matrix products that take most of the time would not
    become faster.
    """
    if not on_gpu():
        return function
    joined: Function = mx.compile(function)
    return joined


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
