"""The RVC engine by itself, at full size with random weights: where the time goes and how close it is to the floor.

Needs only the engine's framework, numpy and safetensors: `python -m bench.engine --seconds 60 600`, or
`--lengths mac --parts pitch whole` for the lengths that Mac users compare by, the pitch alone and the whole chain.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from bench.timed_engine import VECTORS, Engine
from testing.random_nets import VOICES
from testing.rvc.pieces import atoms
from workers.engines.rvc.architecture import ANALYSIS_RATE, EncoderSizes, PitchSizes, SynthesizerSizes
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.engine import TOGETHER_ON_CUDA
from workers.engines.rvc.peaks import decode
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.strip import strip_of
from workers.engines.rvc.windows import Window, windows
from workers.engines.rvc.work import voice_work
from workers.engines.voice import Piece

#: Seconds of audio that are converted before anything is timed.
WARM_SECONDS = 10.0
#: What can be measured: the whole chain in one piece, in atoms as workers get them, again for another voice where what
#: was heard is known, or the pitch alone.
WHOLE, ATOMS, AGAIN, PITCH = "whole", "atoms", "again", "pitch"
#: Seconds of the atoms that a recording is cut into.
ATOM_SECONDS = 25
#: Seconds of the recordings that others publish their figures for.
LENGTHS = {"mac": [5.0, 13.5, 30.0, 60.0, 180.0, 300.0]}


@dataclass(frozen=True, slots=True)
class Row:
    """The figures for one recording, converted or only its pitch found."""

    part: str
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
    """How long the arithmetic would take at the speed of a plain matrix product."""
    over_floor: float


def recording(seconds: float) -> npt.NDArray[np.float32]:
    """A glissando with breath; the content makes no difference to the time."""
    time_axis = np.arange(round(seconds * ANALYSIS_RATE)) / ANALYSIS_RATE
    pitch = 150.0 + 50.0 * np.sin(0.5 * time_axis)
    tone = np.sin(2.0 * np.pi * np.cumsum(pitch) / ANALYSIS_RATE)
    breath = np.random.default_rng(0).standard_normal(len(tone))
    return (0.3 * tone + 0.02 * breath).astype(np.float32)


def measure(engine: Engine, seconds: float, runs: int, settings: RvcSettings, part: str = WHOLE) -> Row:
    """The median of several warm runs."""
    work = {WHOLE: _converted, ATOMS: _converted_in_atoms, AGAIN: _converted, PITCH: _pitch_found}[part]
    samples = recording(seconds)
    sizes = engine.conversion.sizes
    piece = Piece(samples, 0, 0, len(samples), 0, round(seconds * sizes.rate))
    # Where programs are compiled, all that will be measured is done once before; elsewhere a start is enough.
    warm = samples if engine.compiles else samples[: round(WARM_SECONDS * ANALYSIS_RATE)]
    work(engine.conversion, Piece(warm, 0, 0, len(warm), 0, len(warm) * sizes.rate // ANALYSIS_RATE), settings)
    if part == AGAIN:
        piece = replace(piece, known=engine.conversion.convert(replace(piece, known={}), settings).known)
    engine.forget_peak()
    took, stages = [], []
    for _ in range(runs):
        began = time.perf_counter()
        stages.append(work(engine.conversion, piece, settings))
        took.append(time.perf_counter() - began)
    middle = took.index(sorted(took)[len(took) // 2])
    needed = {name: spent for name, spent in arithmetic(sizes, piece).items() if _is_done_in(part, name)}
    floor = sum(needed.values()) / engine.matrix_gigaflops
    batches = engine.conversion.batches
    return Row(
        part=part,
        engine=engine.name,
        device=engine.device,
        precision=engine.precision,
        batch=(batches.windows.size, batches.tiles.size),
        audio_seconds=seconds,
        seconds=median(took),
        realtime_factor=seconds / median(took),
        peak_memory_mb=engine.peak_memory_mb(),
        stages={
            name: {"seconds": spent, "gflops_per_second": needed.get(name, 0.0) / max(spent, 1e-9)}
            for name, spent in stages[middle].items()
        },
        floor_seconds=floor,
        over_floor=median(took) / floor,
    )


def _is_done_in(part: str, stage: str) -> bool:
    """Whether a stage is a part of what is measured."""
    return stage not in {"content", "pitch"} if part == AGAIN else part in {WHOLE, ATOMS, stage}


def _converted(conversion: RvcConversion, piece: Piece, settings: RvcSettings) -> Mapping[str, float]:
    return conversion.convert(piece, settings).stages


def _converted_in_atoms(conversion: RvcConversion, piece: Piece, settings: RvcSettings) -> Mapping[str, float]:
    """Convert a recording as a worker does: in atoms, as many at once as its device had best be given."""
    cuts = range(ATOM_SECONDS * ANALYSIS_RATE, len(piece.samples), ATOM_SECONDS * ANALYSIS_RATE)
    pieces = atoms(piece.samples, list(cuts), conversion.sizes.rate)
    at_once = max(round(TOGETHER_ON_CUDA / ATOM_SECONDS), 1) if conversion.batches.is_fixed else 1
    spent: Counter[str] = Counter()
    for first in range(0, len(pieces), at_once):
        for converted in conversion.convert_all(pieces[first : first + at_once], settings):
            spent.update(converted.stages)
    return spent


def _pitch_found(conversion: RvcConversion, piece: Piece, _: RvcSettings) -> Mapping[str, float]:
    """Find the pitch of a piece with its context; the seconds it took."""
    strip = strip_of(piece)

    def found(some: Sequence[Window]) -> npt.NDArray[np.float64]:
        audio = np.stack([strip.pitch_window(w.first, w.last) for w in some])
        return decode(np.concatenate(list(conversion.nets.peaks(audio).here())))

    began = time.perf_counter()
    list(conversion.batches.windows.over(windows(strip.frames), found))
    return {PITCH: time.perf_counter() - began}


def arithmetic(sizes: SynthesizerSizes, piece: Piece) -> dict[str, float]:
    """Gigaflops of each stage for the piece alone; context, overlaps and margins are the engine's own cost."""
    seconds = (piece.stop - piece.start) / ANALYSIS_RATE
    first = windows(strip_of(piece).frames)[0]
    window = (first.last - first.first) / 50
    work = voice_work(sizes, EncoderSizes(), PitchSizes(), VECTORS, window)
    return {name: one.gigaflops * seconds for name, one in work.items()}


def show(row: Row) -> None:
    """A table of stages, and a line of totals."""
    what = f"{row.part}, {row.audio_seconds:g} s of audio, batch {row.batch[0]} / {row.batch[1]}"
    print(f"\n{row.engine} {row.precision}, {what}")
    print("| stage | seconds | share | GFLOP/s |\n|---|---|---|---|")
    for name, stage in row.stages.items():
        speed = f"{stage['gflops_per_second']:.0f}" if stage["gflops_per_second"] else ""
        print(f"| {name} | {stage['seconds']:.2f} | {100 * stage['seconds'] / row.seconds:.1f} % | {speed} |")
    print(
        f"{row.seconds:.2f} s, {row.realtime_factor:.2f}x realtime, {row.over_floor:.2f} times the floor of"
        f" {row.floor_seconds:.2f} s, peak memory {row.peak_memory_mb:.0f} MB",
        flush=True,
    )


def show_together(rows: Sequence[Row]) -> None:
    """A table of all lengths."""
    print("\n| audio | part | seconds | realtime | peak memory |\n|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row.audio_seconds:g} s | {row.part} | {row.seconds:.2f} | {row.realtime_factor:.2f}x"
            f" | {row.peak_memory_mb:.0f} MB |"
        )


def read_arguments() -> argparse.Namespace:
    """Read what to measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=("torch", "mlx"), default="torch")
    parser.add_argument("--device", choices=("cpu", "cuda"), default=None)
    parser.add_argument("--voice", choices=tuple(VOICES), default="48k")
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16", "fp16"), default="auto")
    parser.add_argument("--seconds", type=float, nargs="+", default=[60.0, 600.0])
    parser.add_argument("--lengths", choices=tuple(LENGTHS), help="a set of lengths, instead of --seconds")
    parser.add_argument("--parts", nargs="+", choices=(WHOLE, ATOMS, AGAIN, PITCH), default=[WHOLE])
    parser.add_argument("--atoms", dest="parts", action="store_const", const=[ATOMS], help="the same as --parts atoms")
    parser.add_argument("--batch", type=int, nargs=2, metavar=("WINDOWS", "TILES"), default=None)
    parser.add_argument("--tile", type=int, default=None, help="10-ms frames that one tile yields")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _as_asked(engine: Engine, arguments: argparse.Namespace) -> Engine:
    """The engine with the batches or tiles that were asked for, if any."""
    conversion = engine.conversion
    batches = conversion.batches
    if arguments.batch:
        batches.windows.size, batches.tiles.size = arguments.batch
    if arguments.tile:
        conversion.batches = replace(batches, tile=arguments.tile)
    return engine


def _engine(folder: Path, arguments: argparse.Namespace) -> Engine:
    if arguments.engine == "torch":
        # Sets how threads wait for each other, which must happen before torch is loaded.
        import workers.engines.rvc.torch  # noqa: F401
        from bench.torch_engine import torch_engine

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
        for seconds, part in product(LENGTHS.get(arguments.lengths, arguments.seconds), arguments.parts):
            rows.append(measure(engine, seconds, arguments.runs, settings, part))
            if not arguments.json:
                show(rows[-1])
        if arguments.json:
            print(json.dumps([asdict(row) for row in rows], indent=2))
        else:
            show_together(rows)


if __name__ == "__main__":
    main()
