"""Compare our MLX content encoder and pitch net with the PyPI packages mlx-contentvec and mlx-rmvpe, same weights.

`python -m bench.mlx_peer` runs every net in its own process, so that its peak memory is its own. It prints the best
time of several runs, the peaks of theirs and ours, and how alike the answers are: to the package as published, and to
its pitch net repaired. The largest difference is to the repaired one.
"""

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlx.core as mx
import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file

from bench.engine import recording
from bench.figures import machine
from workers.engines.probe import peak_memory_mb
from workers.engines.rvc.architecture import PITCH_HOP, EncoderSizes, PitchSizes
from workers.engines.rvc.mlx.compiling import settled
from workers.engines.rvc.mlx.device import limit_memory, mlx_device
from workers.engines.rvc.mlx.hubert import Hubert
from workers.engines.rvc.mlx.precision import dtype_for
from workers.engines.rvc.mlx.rmvpe import Rmvpe
from workers.engines.rvc.package import ENCODER, PITCH, Package
from workers.engines.rvc.stand_in import random_weights, write_package

Floats = npt.NDArray[np.float32]
Net = Callable[[Floats], mx.array]
SIZES: dict[str, EncoderSizes | PitchSizes] = {"content": EncoderSizes(), "pitch": PitchSizes()}
PACKAGES = {"content": "mlx-contentvec", "pitch": "mlx-rmvpe"}
#: Frames that the pitch net takes at a time; each program pads what is missing in its own way.
WHOLE = 32
#: Our names of tensors, and the packages' names for them; the first match counts.
_CONTENT_NAMES = (
    (r"^feature_projection\.projection", "post_extract_proj"),
    (r"^feature_projection\.", ""),
    (r"^(feature_extractor\.conv_layers\.0)\.layer_norm", r"\1.norm"),
    (r"\.attention\.", ".self_attn."),
    (r"^(encoder\.layers\.\d+)\.layer_norm", r"\1.self_attn_layer_norm"),
    (r"feed_forward\.intermediate_dense", "fc1"),
    (r"feed_forward\.output_dense", "fc2"),
)
_BLOCK_PARTS = {"conv.0": "conv1", "conv.1": "bn1", "conv.3": "conv2", "conv.4": "bn2", "shortcut": "shortcut"}


@dataclass(frozen=True, slots=True)
class Run:
    """The figures of one net of one program."""

    seconds: float
    mlx_mb: float
    """MLX's peak memory while the net ran, weights included."""
    resident_mb: float
    """The process's peak memory, loading included."""


def write_nets(folder: Path) -> None:
    """Write random weights of both nets, as our packages and as the files that theirs load."""
    for part, layout in {"content": content_file, "pitch": pitch_file}.items():
        sizes = SIZES[part]
        (folder / write_package(folder, sizes)).rename(folder / part)
        save_file(dict(layout(random_weights(sizes))), folder / f"{part}.safetensors")


def content_file(weights: dict[str, Floats]) -> Iterator[tuple[str, Floats]]:
    """The encoder's tensors as mlx-contentvec has them: channels last, weight norm apart, no projection."""
    for name, tensor in weights.items():
        if name == "encoder.pos_conv_embed.conv.weight":
            direction = _channels_last(tensor)
            yield "encoder.pos_conv.layers.0.v", direction
            yield "encoder.pos_conv.layers.0.g", np.sqrt(np.square(direction).sum(axis=(0, 2), keepdims=True))
        elif name == "encoder.pos_conv_embed.conv.bias":
            yield "encoder.pos_conv.layers.0.module.bias", tensor
        elif not name.startswith("final_proj"):
            fitting = ((old, new) for old, new in _CONTENT_NAMES if re.search(old, name))
            yield re.sub(*next(fitting, ("", "")), name), _channels_last(tensor)


def pitch_file(weights: dict[str, Floats]) -> Iterator[tuple[str, Floats]]:
    """The pitch net's tensors as mlx-rmvpe has them: channels last, some of the GRU's biases added together."""
    for name, tensor in weights.items():
        if block := re.search(r"^(.*layers\.\d+)\.conv2?\.(\d+)\.(conv\.\d|shortcut)\.(.*)$", name):
            run, n, part, end = block.groups()
            yield f"model.{run}.conv_blocks.{n}.{_BLOCK_PARTS[part]}.{end}", _channels_last(tensor)
        elif name.endswith("conv1.0.weight"):
            yield f"model.{name.replace('conv1.0', 'conv_transpose')}", _channels_last(tensor.swapaxes(0, 1))
        elif not name.startswith("fc.0."):
            yield f"model.{name.replace('conv1.1', 'bn').replace('fc.1', 'linear')}", _channels_last(tensor)
    for direction, end in (("forward", "l0"), ("backward", "l0_reverse")):
        into, inside = (weights[f"fc.0.gru.bias_{part}_{end}"] for part in ("ih", "hh"))
        new = 2 * len(into) // 3
        net = f"model.bigru.gru_{direction}"
        yield f"{net}.Wx", weights[f"fc.0.gru.weight_ih_{end}"]
        yield f"{net}.Wh", weights[f"fc.0.gru.weight_hh_{end}"]
        yield f"{net}.b", into + np.where(np.arange(len(into)) < new, inside, 0.0).astype(np.float32)
        yield f"{net}.bhn", inside[new:]


def _channels_last(tensor: Floats) -> Floats:
    return np.ascontiguousarray(np.moveaxis(tensor, 1, -1)) if tensor.ndim > 2 else tensor


def our_net(part: str, folder: Path, precision: str) -> Net:
    """The net as the engine loads it."""
    limit_memory()
    dtype = dtype_for(precision)
    if part == "content":
        package = Package.in_folder(folder / part, ENCODER)
        sizes = package.description.sizes_as(EncoderSizes)
        hubert = settled(Hubert(package.weights(), sizes, sizes.layers, dtype))
        return lambda audio: hubert(audio, project=False)
    package = Package.in_folder(folder / part, PITCH)
    rmvpe = settled(Rmvpe(package.weights(), package.description.sizes_as(PitchSizes), dtype))
    return lambda audio: rmvpe(mx.array(audio))


def their_net(part: str, folder: Path, *, repaired: bool) -> Net:
    """The net of the package.

    The published pitch net leaves the last row and column of every doubled picture empty, where the trained net has
    values; the repaired one computes them, at the same cost.
    """
    path = folder / f"{part}.safetensors"
    if part == "content":
        encoder = import_module("mlx_contentvec").ContentvecModel.from_pretrained(weights_path=path)
        return lambda audio: encoder(mx.array(audio))["x"]
    net: Any = import_module("mlx_rmvpe").RMVPE.from_pretrained(weights_path=path)
    for layer in net.model.unet.decoder.layers:
        layer.conv_transpose.output_padding = (1, 1) if repaired else (0, 0)
    return lambda audio: net(net.mel_spectrogram(mx.array(audio)))


def audio_for(part: str, seconds: float) -> Floats:
    """The recording; the pitch net is given only whole frames, so that neither program pads any."""
    if part == "content":
        return recording(seconds)[None]
    frames = -(-round(seconds * 100) // WHOLE) * WHOLE
    return recording(frames / 100)[None, : (frames - 1) * PITCH_HOP]


def contest(part: str, who: str, folder: Path, arguments: argparse.Namespace) -> Run:
    """Measure one net, and save its output in the folder."""
    audio = audio_for(part, arguments.seconds)
    net = our_net(part, folder, arguments.precision) if who == "ours" else their_net(part, folder, repaired=False)
    mx.eval(net(audio))
    mx.clear_cache()
    mx.reset_peak_memory()
    took = []
    for _ in range(arguments.runs):
        began = time.perf_counter()
        found = net(audio)
        mx.eval(found)
        took.append(time.perf_counter() - began)
    run = Run(min(took), mx.get_peak_memory() / 2**20, peak_memory_mb())
    np.save(folder / f"{part}-{who}.npy", np.array(found.astype(mx.float32)))
    if who == "theirs":
        repaired = their_net(part, folder, repaired=True)(audio) if part == "pitch" else found
        np.save(folder / f"{part}-repaired.npy", np.array(repaired))
    return run


def apart(who: str, part: str, folder: Path, arguments: argparse.Namespace) -> Run | None:
    """Measure in another process; this one stays small, because a process starts with its parent's peak."""
    options = [f"--{name}={getattr(arguments, name)}" for name in ("seconds", "runs", "precision")]
    command = [sys.executable, "-m", "bench.mlx_peer", *options, "--only", part, who, str(folder)]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return Run(**json.loads(printed)) if printed else None


def row(part: str, ours: Run, theirs: Run, folder: Path) -> str:
    """One line of the table."""
    mine, published, repaired = (np.load(folder / f"{part}-{who}.npy") for who in ("ours", "theirs", "repaired"))
    alike = [np.corrcoef(mine.ravel(), others.ravel())[0, 1] for others in (published, repaired)]
    largest = np.abs(mine - repaired).max()
    return (
        f"| {part}, {PACKAGES[part]} {version(PACKAGES[part])} | {theirs.seconds:.2f} s | {ours.seconds:.2f} s"
        f" | {theirs.seconds / ours.seconds:.2f}x | {theirs.mlx_mb:.0f} and {ours.mlx_mb:.0f} MB"
        f" | {theirs.resident_mb:.0f} and {ours.resident_mb:.0f} MB | {alike[0]:.7f} | {alike[1]:.7f} | {largest:.1e} |"
    )


def read_arguments() -> argparse.Namespace:
    """Read what to measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--precision", choices=("auto", "fp32", "bf16", "fp16"), default="fp32", help="of our nets")
    parser.add_argument("--parts", nargs="+", choices=tuple(PACKAGES), default=tuple(PACKAGES))
    parser.add_argument("--only", nargs=3, help=argparse.SUPPRESS)
    return parser.parse_args()


def check_packages() -> None:
    """End with advice if a package is missing."""
    try:
        for package in PACKAGES.values():
            version(package)
    except PackageNotFoundError as error:
        raise SystemExit(
            f"{error.name} is not installed; run `pip install --target FOLDER --no-deps {' '.join(PACKAGES.values())}`"
            " and then this with PYTHONPATH=FOLDER"
        ) from None


def main() -> None:
    """Measure all and print."""
    arguments = read_arguments()
    if arguments.only:
        part, who, place = arguments.only
        if who == "weights":
            write_nets(Path(place))
        else:
            print(json.dumps(asdict(contest(part, who, Path(place), arguments))))
        return
    check_packages()
    print(f"mlx {version('mlx')} on {mlx_device().name}, {machine()}, {arguments.seconds:g} s of audio\n")
    print(
        "| net | theirs | ours | times as fast | MLX memory | resident | correlation | repaired | largest difference |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    with TemporaryDirectory(prefix="voicefarm-bench-") as name:
        folder = Path(name)
        apart("weights", "content", folder, arguments)
        for part in arguments.parts:
            theirs, ours = (apart(who, part, folder, arguments) for who in ("theirs", "ours"))
            if theirs and ours:
                print(row(part, ours, theirs, folder), flush=True)


if __name__ == "__main__":
    main()
