"""The torch engine for `python -m bench.engine`."""

import argparse
from pathlib import Path

import torch

from bench.figures import machine
from bench.timed_engine import VECTORS, Engine
from testing.random_nets import random_voice_apart
from workers.engines.probe import peak_memory_mb
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

    probe = TorchProbe(voice.device)

    def peak() -> float:
        on_device = probe.peak_bytes()
        return peak_memory_mb() if on_device is None else on_device / 2**20

    name = torch.cuda.get_device_name() if device == "cuda" else machine()
    return Engine(
        "torch",
        name,
        precision_name(dtype),
        conversion,
        probe.product_gigaflops(precision_name(dtype)),
        peak,
        probe.forget_peak,
        compiles(voice.device),
    )
