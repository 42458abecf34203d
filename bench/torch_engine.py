"""The torch engine for `python -m bench.engine`."""

import argparse
from pathlib import Path

import torch

from bench.figures import machine
from bench.timed_engine import VECTORS, Engine, peak_resident_mb
from testing.random_nets import random_voice_apart
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.torch.compiling import compiles
from workers.engines.rvc.torch.engine import FRAMEWORK
from workers.engines.rvc.torch.precision import dtype_for, precision_name
from workers.engines.rvc.torch.probing import TorchProbe


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
        "torch",
        name,
        precision_name(dtype),
        conversion,
        TorchProbe(voice.device).peaks(precision_name(dtype)).gigaflops,
        peak,
        forget,
        compiles(voice.device),
    )
