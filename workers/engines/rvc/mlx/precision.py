"""Chooses the numbers that MLX computes in."""

import mlx.core as mx

from workers.engines.rvc.mlx.device import on_gpu
from workers.engines.rvc.numbers import EVERYWHERE
from workers.engines.rvc.settings import AUTO

_DTYPES = {"fp32": mx.float32, "bf16": mx.bfloat16, "fp16": mx.float16}


def dtype_for(precision: str) -> mx.Dtype:
    """The numbers asked for, or with `auto` the fastest in which nobody hears a difference.

    All of Apple's GPUs compute in fp16 in hardware, but older ones not in bf16. Processors gain nothing from either.
    """
    return _DTYPES[next(iter(halves()), EVERYWHERE) if precision == AUTO else precision]


def halves() -> tuple[str, ...]:
    """The kinds of half precision that the device multiplies at full speed."""
    return ("fp16",) if on_gpu() else ()


def precision_name(dtype: mx.Dtype) -> str:
    """The name that the setting has for it."""
    return next(name for name, known in _DTYPES.items() if known == dtype)
