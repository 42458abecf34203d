"""The MLX engine for `python -m bench.engine --engine mlx`."""

import argparse
import time
from pathlib import Path

import mlx.core as mx

from bench.timed_engine import SQUARE, VECTORS, Engine
from testing.random_nets import random_voice_apart
from workers.engines.rvc.mlx.device import mlx_device, on_gpu
from workers.engines.rvc.mlx.engine import FRAMEWORK
from workers.engines.rvc.mlx.precision import dtype_for, precision_name
from workers.engines.rvc.settings import RvcSettings


def mlx_engine(folder: Path, arguments: argparse.Namespace) -> Engine:
    """The MLX engine on the device that MLX finds."""
    recipe = random_voice_apart(folder, arguments.voice, VECTORS)
    voice = FRAMEWORK.load(recipe, lambda content_hash, _: folder / content_hash, "mlx")
    conversion = voice.conversion_for(RvcSettings(precision=arguments.precision))
    dtype = dtype_for(arguments.precision)
    name = mlx_device().name
    return Engine("mlx", name, precision_name(dtype), conversion, _matrix(dtype), _peak_memory_mb, mx.reset_peak_memory)


def _matrix(dtype: mx.Dtype) -> float:
    """GFLOP/s of a plain matrix product, the best of several."""
    size = 4 * SQUARE if on_gpu() else SQUARE // 4
    a = mx.random.normal((size, size)).astype(dtype)
    mx.eval(a)
    best = float("inf")
    for _ in range(8):
        began = time.perf_counter()
        mx.eval(a @ a)
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best / 1e9


def _peak_memory_mb() -> float:
    return mx.get_peak_memory() / 2**20
