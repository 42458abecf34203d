"""The MLX engine for `python -m bench.engine --engine mlx`."""

import argparse
from pathlib import Path

import mlx.core as mx

from bench.timed_engine import VECTORS, Engine
from testing.random_nets import random_voice_apart
from workers.engines.rvc.mlx.device import mlx_device
from workers.engines.rvc.mlx.engine import FRAMEWORK
from workers.engines.rvc.mlx.precision import dtype_for, precision_name
from workers.engines.rvc.mlx.probing import MlxProbe
from workers.engines.rvc.settings import RvcSettings


def mlx_engine(folder: Path, arguments: argparse.Namespace) -> Engine:
    """The MLX engine on the device that MLX finds."""
    recipe = random_voice_apart(folder, arguments.voice, VECTORS)
    voice = FRAMEWORK.load(recipe, lambda content_hash, _: folder / content_hash, "mlx")
    conversion = voice.conversion_for(RvcSettings(precision=arguments.precision))
    dtype = dtype_for(arguments.precision)
    name = mlx_device().name
    gigaflops = MlxProbe().product_gigaflops(precision_name(dtype))
    return Engine("mlx", name, precision_name(dtype), conversion, gigaflops, _peak_memory_mb, mx.reset_peak_memory)


def _peak_memory_mb() -> float:
    return mx.get_peak_memory() / 2**20
