"""Compare the MLX engine with the torch engine, part by part: same tensors, same input, single precision in both.

`python -m bench.parity` prints a Markdown table; `--tiny` uses nets that take only a moment.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlx.core as mx
import numpy as np
import numpy.typing as npt
import torch

from bench.engine import recording
from bench.figures import machine
from workers.engines.rvc.architecture import ANALYSIS_RATE, CONTENT_HOP, PITCH_HOP, EncoderSizes, PitchSizes
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.mlx import engine as mlx_engine
from workers.engines.rvc.mlx.device import mlx_device
from workers.engines.rvc.mlx.nets import MlxNets
from workers.engines.rvc.mlx.rmvpe import lengthened
from workers.engines.rvc.peaks import decode
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.stand_in import VOICE_48K, random_voice
from workers.engines.rvc.strip import TAIL
from workers.engines.rvc.tiles import margins
from workers.engines.rvc.torch import engine as torch_engine
from workers.engines.rvc.torch.nets import TorchNets
from workers.engines.voice import Piece

Array = npt.NDArray[Any]
SETTINGS = RvcSettings(precision="fp32", seed=1)
#: Vectors to retrieve from; enough for several groups.
VECTORS = 10_000
#: Samples of one spectrum of the output, and of the step to the next.
SPECTRUM, HOP = 1024, 256


@dataclass(frozen=True, slots=True)
class Row:
    """One part: what MLX makes and what torch makes."""

    part: str
    ours: Array
    theirs: Array

    def __str__(self) -> str:
        ours, theirs = (x.astype(np.float64).ravel() for x in (self.ours, self.theirs))
        apart = ours - theirs
        rms = float(np.sqrt(np.mean(apart**2)))
        alike = float(np.corrcoef(ours, theirs)[0, 1])
        largest, highest = float(np.abs(apart).max()), float(np.abs(theirs).max())
        return f"| {self.part} | {highest:.3g} | {largest:.2e} | {rms:.2e} | {alike:.9f} |"


@dataclass(frozen=True, slots=True)
class Twins:
    """One voice in both engines."""

    ours: RvcConversion
    theirs: RvcConversion

    @property
    def nets(self) -> tuple[MlxNets, TorchNets]:
        """The nets of both."""
        ours, theirs = self.ours.nets, self.theirs.nets
        if not isinstance(ours, MlxNets) or not isinstance(theirs, TorchNets):
            raise TypeError("the engines are not MLX and torch")
        return ours, theirs


def parts(twins: Twins, seconds: float) -> Iterator[Row]:
    """Compare each part on the same input, so that errors do not add up."""
    frames = int(seconds * ANALYSIS_RATE) // (32 * PITCH_HOP) * 32
    audio = recording(frames / 100 + 0.1)
    yield from _content(twins, audio[None, : frames // 2 * CONTENT_HOP + TAIL])
    yield from _pitch(twins, audio[None, : (frames - 1) * PITCH_HOP])
    yield from _voice(twins, frames)


def _content(twins: Twins, audio: Array) -> Iterator[Row]:
    ours, theirs = twins.nets
    content = theirs.content(audio)
    yield Row("HuBERT", _array(ours.content(audio)), _array(content))
    yield Row("retrieval", _array(ours.retrieved(mx.array(_array(content)))), _array(theirs.retrieved(content)))


def _pitch(twins: Twins, audio: Array) -> Iterator[Row]:
    mine, torchs = twins.nets
    ours, theirs = mine.rmvpe, torchs.rmvpe
    if ours is None or theirs is None:
        return
    with torch.inference_mode():
        mel = theirs.mel(torch.from_numpy(audio))
        yield Row("RMVPE log mel", _array(ours.mel(mx.array(audio))), _array(mel))
        scaled = mx.array(_array(mel * theirs.scale + theirs.shift))
        picture = lengthened(scaled, 0, -scaled.shape[1] % 2**ours.sizes.levels)[..., None]
        seen = theirs.unet(torch.from_numpy(_array(picture).transpose(0, 3, 1, 2).copy()))
        yield Row("RMVPE U-Net", _array(ours.unet(picture)), _array(seen.permute(0, 2, 3, 1)))
        rows = theirs.narrow(seen).transpose(1, 2).flatten(2)
        yield Row("RMVPE GRU", _array(ours.gru(mx.array(_array(rows)))), _array(theirs.gru(rows)))
        yield Row("RMVPE salience", _array(ours(mx.array(audio))), _array(theirs(torch.from_numpy(audio))))
    found = [nets.peaks(audio).here() for nets in twins.nets]
    yield Row("pitch, Hz", decode(found[0][0]), decode(found[1][0]))


def _voice(twins: Twins, frames: int) -> Iterator[Row]:
    mine, torchs = twins.nets
    ours, theirs, sizes = mine.voice, torchs.voice, twins.ours.sizes
    random = np.random.default_rng(2)

    def noise(*shape: int) -> Array:
        return random.standard_normal(shape).astype(np.float32)

    content, coarse = noise(1, frames, sizes.content), random.integers(1, 256, (1, frames))
    latent = noise(1, frames, sizes.inter)
    long = noise(1, frames + 2 * margins(sizes)[0], sizes.inter)
    hertz = (200.0 + 50.0 * noise(*long.shape[:2])).astype(np.float32)
    tracks = long, random.random(hertz.shape, np.float32), hertz, noise(1, long.shape[1] * sizes.frame)
    with torch.inference_mode():
        wanted = theirs.encoder(torch.from_numpy(content), torch.from_numpy(coarse))
        found = ours.encoder(mx.array(content), mx.array(coarse.astype(np.int32)))
        for name, one, other in zip(("mean", "log spread"), found, wanted, strict=True):
            yield Row(f"TextEncoder {name}", _array(one), _array(other))
        flowed = theirs.flow(torch.from_numpy(latent), theirs.conditioning[0])
        yield Row("flow", _array(ours.flow(mx.array(latent), ours.conditioning[0])), _array(flowed))
    sounds = [nets.sound(*tracks, 0, 1).here() for nets in twins.nets]
    yield Row("source and generator", sounds[0], sounds[1])


def whole_chain(twins: Twins, seconds: float) -> Iterator[Row]:
    """Compare the whole chain on a recording."""
    samples = recording(seconds)
    piece = Piece(samples, 0, 0, len(samples), 0, round(seconds * twins.ours.sizes.rate))
    ours, theirs = (twin.convert(piece, SETTINGS).samples for twin in (twins.ours, twins.theirs))
    yield Row("whole chain, waveform", ours, theirs)
    yield Row("whole chain, spectrogram", _spectrogram(ours), _spectrogram(theirs))


def twins_of(folder: Path, *, tiny: bool) -> Twins:
    """The same packages in both engines; narrow nets if tiny."""
    voice, encoder, pitch = VOICE_48K, EncoderSizes(), PitchSizes()
    if tiny:
        encoder = replace(encoder, hidden=64, heads=2, layers=2, feed_forward=96, conv=32, projection=None)
        pitch = replace(pitch, channels=2, blocks=1, middle_layers=1, gru=16)
        voice = replace(voice, content=64, speakers=2, inter=16, hidden=32, filter=48, layers=2, initial=64)
    recipe = random_voice(folder, voice, encoder, pitch, vectors=VECTORS // 10 if tiny else VECTORS)

    def found(content_hash: str, _: str, /) -> Path:
        return folder / content_hash

    load: dict[str, Callable[[], RvcConversion]] = {
        "mlx": lambda: mlx_engine.FRAMEWORK.load(recipe, found, "mlx").conversion_for(SETTINGS),
        "cpu": lambda: torch_engine.FRAMEWORK.load(recipe, found, "cpu").conversion_for(SETTINGS),
    }
    return Twins(load["mlx"](), load["cpu"]())


def _spectrogram(samples: Array) -> Array:
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), SPECTRUM)[::HOP]
    return np.abs(np.fft.rfft(frames * np.hanning(SPECTRUM)))


def _array(values: Any) -> Array:
    if isinstance(values, torch.Tensor):
        detached: Array = values.detach().contiguous().numpy()
        return detached
    return np.array(values)


def main() -> None:
    """Compare and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="narrow nets, which take only a moment")
    parser.add_argument("--seconds", type=float, default=1.0)
    arguments = parser.parse_args()
    print(f"mlx {version('mlx')} on {mlx_device().name}, torch {torch.__version__}, {machine()}\n")
    print("| part | largest value | largest difference | RMS of the difference | correlation |\n|---|---|---|---|---|")
    with TemporaryDirectory(prefix="voicefarm-bench-") as name:
        twins = twins_of(Path(name), tiny=arguments.tiny)
        for row in chain(parts(twins, arguments.seconds), whole_chain(twins, arguments.seconds)):
            print(row, flush=True)


if __name__ == "__main__":
    main()
