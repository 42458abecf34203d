"""Which numbers MLX computes in."""

import mlx.core as mx

from workers.engines.rvc.mlx.device import on_gpu

_DTYPES = {"fp32": mx.float32, "bf16": mx.bfloat16, "fp16": mx.float16}


def dtype_for(precision: str) -> mx.Dtype:
    """The asked-for numbers, or with `auto` the fastest in which nobody hears a difference.

    Every GPU of Apple's computes in fp16 by itself and the older ones not in bf16. Processors gain nothing by either.
    """
    if precision == "auto":
        return mx.float16 if on_gpu() else mx.float32
    return _DTYPES[precision]


def precision_name(dtype: mx.Dtype) -> str:
    """The name that a setting would give it."""
    return next(name for name, known in _DTYPES.items() if known == dtype)
