"""The RVC engine by itself, at full size with random weights: where the time goes and how near the floor it is.

Runs with nothing but the engine's framework, numpy and safetensors: `python -m bench.engine --seconds 60 600`.
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from bench.figures import machine
from bench.random_nets import VOICES, random_voice_apart
from bench.work import encoder_work, flow_work, generator_work, pitch_work, retrieval_work, text_encoder_work
from workers.engines.engine import Piece
from workers.engines.rvc.architecture import ANALYSIS_RATE, EncoderSizes, PitchSizes, SynthesizerSizes
from workers.engines.rvc.conversion import Conversion
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.strip import strip_of
from workers.engines.rvc.windows import windows

VECTORS = 100_000
LAYERS = 12
#: Seconds of audio that are converted before anything is timed.
WARM_SECONDS = 10.0
#: Side of the square matrices whose product says what the device can do at most.
SQUARE = 2048


@dataclass(frozen=True, slots=True)
class Row:
    """One length, converted."""

    engine: str
    device: str
    precision: str
    batch: tuple[int, int]
    audio_seconds: float
    seconds: float
    realtime_factor: float
    peak_memory_mb: float
    stages: Mapping[str, Mapping[str, float]]
    floor_seconds: float
    """What the arithmetic would take at the speed of a plain matrix product."""
    over_floor: float


@dataclass(frozen=True, slots=True)
class Engine:
    """A framework's own answers."""

    name: str
    device: str
    precision: str
    conversion: Conversion
    matrix_gigaflops: float
    peak_memory_mb: Callable[[], float]


def recording(seconds: float) -> npt.NDArray[np.float32]:
    """A glissando with breath: what is converted makes no difference to the time it takes."""
    time_axis = np.arange(round(seconds * ANALYSIS_RATE)) / ANALYSIS_RATE
    pitch = 150.0 + 50.0 * np.sin(0.5 * time_axis)
    tone = np.sin(2.0 * np.pi * np.cumsum(pitch) / ANALYSIS_RATE)
    breath = np.random.default_rng(0).standard_normal(len(tone))
    return (0.3 * tone + 0.02 * breath).astype(np.float32)


def measure(engine: Engine, seconds: float, runs: int, settings: RvcSettings) -> Row:
    """The median of several runs, warm."""
    samples = recording(seconds)
    sizes = engine.conversion.sizes
    piece = Piece(samples, 0, 0, len(samples), 0, round(seconds * sizes.rate))
    warm = samples[: round(WARM_SECONDS * ANALYSIS_RATE)]
    engine.conversion.convert(Piece(warm, 0, 0, len(warm), 0, len(warm) * sizes.rate // ANALYSIS_RATE), settings)
    took, stages = [], []
    for _ in range(runs):
        began = time.perf_counter()
        stages.append(engine.conversion.convert(piece, settings).stages)
        took.append(time.perf_counter() - began)
    middle = took.index(sorted(took)[len(took) // 2])
    work = arithmetic(sizes, piece)
    floor = sum(work.values()) / engine.matrix_gigaflops
    batches = engine.conversion.batches
    return Row(
        engine=engine.name,
        device=engine.device,
        precision=engine.precision,
        batch=(batches.windows.size, batches.tiles.size),
        audio_seconds=seconds,
        seconds=median(took),
        realtime_factor=seconds / median(took),
        peak_memory_mb=engine.peak_memory_mb(),
        stages={
            name: {"seconds": spent, "gflops_per_second": work.get(name, 0.0) / max(spent, 1e-9)}
            for name, spent in stages[middle].items()
        },
        floor_seconds=floor,
        over_floor=median(took) / floor,
    )


def arithmetic(sizes: SynthesizerSizes, piece: Piece) -> dict[str, float]:
    """Gigaflops of each stage for what was asked for: context, overlaps and margins are the engine's own cost."""
    seconds = (piece.stop - piece.start) / ANALYSIS_RATE
    first = windows(strip_of(piece).frames)[0]
    window = (first.last - first.first) / 50
    per_second = {
        "content": encoder_work(EncoderSizes(), LAYERS, window).gigaflops,
        "pitch": pitch_work(PitchSizes()).gigaflops,
        "retrieval": retrieval_work(VECTORS, sizes.content).gigaflops,
        "encoder": text_encoder_work(sizes, window).gigaflops + flow_work(sizes).gigaflops,
        "generator": generator_work(sizes).gigaflops,
    }
    return {name: gigaflops * seconds for name, gigaflops in per_second.items()}


def torch_engine(folder: Path, arguments: argparse.Namespace) -> Engine:
    """The torch engine on the device that was asked for."""
    import torch

    from workers.engines.rvc.torch.engine import load
    from workers.engines.rvc.torch.precision import dtype_for, precision_name

    device = arguments.device or ("cuda" if torch.cuda.is_available() else "cpu")
    recipe = random_voice_apart(folder, arguments.voice, VECTORS)
    voice = load(recipe, lambda content_hash, _: folder / content_hash, device)
    dtype = dtype_for(arguments.precision, voice.device)
    conversion = voice.prepared(RvcSettings(precision=arguments.precision))

    def peak() -> float:
        if device == "cuda":
            return float(torch.cuda.max_memory_allocated()) / 2**20
        return peak_resident_mb()

    name = torch.cuda.get_device_name() if device == "cuda" else machine()
    return Engine("torch", name, precision_name(dtype), conversion, _torch_matrix(torch, device, dtype), peak)


def _torch_matrix(torch: Any, device: str, dtype: Any) -> float:
    """Gigaflops a second of a plain matrix product, the best of several."""
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


def peak_resident_mb() -> float:
    """The most memory that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def show(row: Row) -> None:
    """A table of stages, and a line of totals."""
    print(f"\n{row.engine} {row.precision}, {row.audio_seconds:g} s of audio, batch {row.batch[0]} / {row.batch[1]}")
    print("| stage | seconds | share | GFLOP/s |\n|---|---|---|---|")
    for name, stage in row.stages.items():
        speed = f"{stage['gflops_per_second']:.0f}" if stage["gflops_per_second"] else ""
        print(f"| {name} | {stage['seconds']:.2f} | {100 * stage['seconds'] / row.seconds:.1f} % | {speed} |")
    print(
        f"{row.seconds:.2f} s, {row.realtime_factor:.2f}x realtime, {row.over_floor:.2f} times the floor of"
        f" {row.floor_seconds:.2f} s, peak memory {row.peak_memory_mb:.0f} MB",
        flush=True,
    )


def read_arguments() -> argparse.Namespace:
    """What is to be measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("torch", "mlx"), default="torch")
    parser.add_argument("--device", choices=("cpu", "cuda"), default=None)
    parser.add_argument("--voice", choices=tuple(VOICES), default="48k")
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16", "fp16"), default="auto")
    parser.add_argument("--seconds", type=float, nargs="+", default=[60.0, 600.0])
    parser.add_argument("--batch", type=int, nargs=2, metavar=("WINDOWS", "TILES"), default=None)
    parser.add_argument("--tile", type=int, default=None, help="10-ms frames that one tile yields")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _as_asked(engine: Engine, arguments: argparse.Namespace) -> Engine:
    """The engine with other batches or tiles than its own, if some were asked for."""
    conversion = engine.conversion
    batches = conversion.batches
    if arguments.batch:
        batches.windows.size, batches.tiles.size = arguments.batch
    if arguments.tile:
        conversion.batches = replace(batches, tile=arguments.tile)
    return engine


def _engine(folder: Path, arguments: argparse.Namespace) -> Engine:
    if arguments.engine == "torch":
        return torch_engine(folder, arguments)
    from bench.mlx_engine import mlx_engine

    return mlx_engine(folder, arguments)


def main() -> None:
    """Measure and print."""
    arguments = read_arguments()
    with TemporaryDirectory(prefix="voicefarm-bench-") as name:
        engine = _as_asked(_engine(Path(name), arguments), arguments)
        settings = RvcSettings(precision=arguments.precision)
        if not arguments.json:
            print(f"{engine.device}; a matrix product does {engine.matrix_gigaflops:.0f} GFLOP/s")
        rows = []
        for seconds in arguments.seconds:
            rows.append(measure(engine, seconds, arguments.runs, settings))
            if not arguments.json:
                show(rows[-1])
        if arguments.json:
            print(json.dumps([asdict(row) for row in rows], indent=2))


if __name__ == "__main__":
    main()
