"""Compiled functions, where compiling pays."""

from collections.abc import Callable

import mlx.core as mx

from workers.engines.rvc.mlx.device import on_gpu

#: A function of arrays only.
Function = Callable[..., mx.array]


def compiled(function: Function) -> Function:
    """The function, with neighbouring steps joined into one kernel on GPUs; it is traced anew for each new shape.

    On processors, MLX would need a C compiler for this, and the matrix products that take most of the time would not
    become faster.
    """
    if not on_gpu():
        return function
    joined: Function = mx.compile(function)
    return joined
