"""The torch engine for `python -m bench.engine`."""

import argparse
import time
from pathlib import Path
from typing import Any

import torch

from bench.figures import machine
from bench.timed_engine import SQUARE, VECTORS, Engine, peak_resident_mb
from testing.random_nets import random_voice_apart
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.torch.compiling import compiles
from workers.engines.rvc.torch.engine import FRAMEWORK
from workers.engines.rvc.torch.precision import dtype_for, precision_name


def torch_engine(folder: Path, arguments: argparse.Namespace) -> Engine:
    """The torch engine on the device that was asked for."""
    device = arguments.device or ("cuda" if torch.cuda.is_available() else "cpu")
    recipe = random_voice_apart(folder, arguments.voice, VECTORS)
    voice = FRAMEWORK.load(recipe, lambda content_hash, _: folder / content_hash, device)
    dtype = dtype_for(arguments.precision, voice.device)
    conversion = voice.conversion_for(RvcSettings(precision=arguments.precision))

    def peak() -> float:
        if device == "cuda":
            return float(torch.cuda.max_memory_allocated()) / 2**20
        return peak_resident_mb()

    def forget() -> None:
        if device == "cuda":
            torch.cuda.reset_peak_memory_stats()

    name = torch.cuda.get_device_name() if device == "cuda" else machine()
    return Engine(
        "torch", name, precision_name(dtype), conversion, _matrix(device, dtype), peak, forget, compiles(voice.device)
    )


def _matrix(device: str, dtype: Any) -> float:
    """GFLOP/s of a plain matrix product, the best of several."""
    size = SQUARE if device == "cpu" else 4 * SQUARE
    a = torch.randn(size, size, device=device).to(dtype)
    best = float("inf")
    for _ in range(8):
        began = time.perf_counter()
        a @ a
        if device == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - began)
    return float(2 * size**3 / best / 1e9)
