"""Chooses the numbers that MLX computes in."""

import mlx.core as mx

from workers.engines.rvc.mlx.device import on_gpu

_DTYPES = {"fp32": mx.float32, "bf16": mx.bfloat16, "fp16": mx.float16}


def dtype_for(precision: str) -> mx.Dtype:
    """The numbers asked for, or with `auto` the fastest in which nobody hears a difference.

    All of Apple's GPUs compute in fp16 in hardware, but older ones not in bf16. Processors gain nothing from either.
    """
    if precision == "auto":
        return mx.float16 if on_gpu() else mx.float32
    return _DTYPES[precision]


def precision_name(dtype: mx.Dtype) -> str:
    """The name that the setting has for it."""
    return next(name for name, known in _DTYPES.items() if known == dtype)
