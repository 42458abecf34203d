"""What the processor does for a second of audio while a device computes: the most that the device can reach.

Nets that compute nothing stand in for the device, so all of the time is the host's. `--noise host` makes the noise on
the processor, as where that converts.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from bench.engine import recording
from bench.figures import Figure, machine, show
from testing.random_nets import VOICES
from testing.rvc.pieces import atoms
from workers.engines.rvc.architecture import ANALYSIS_RATE, PITCH_HOP, SynthesizerSizes
from workers.engines.rvc.arriving import Here
from workers.engines.rvc.batches import Batch
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.framework import Floats
from workers.engines.rvc.noise import HostNoise
from workers.engines.rvc.peaks import REACH
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.sound import Batches
from workers.engines.rvc.tiles import TILE
from workers.engines.voice import Piece

#: Seconds of the recording and of its atoms, which are cut as for a worker.
SECONDS, ATOM = 600, 25
#: Milliseconds of the host's time for a second of audio.
TARGET = 0.15
#: As many windows and tiles as a device takes at a time.
BATCHES = (8, 32)
RUNS = 3


@cache
def _zeros(*shape: int) -> Floats:
    return np.zeros(shape, np.float32)


class NoNets:
    """Answers of the right shapes at once; the pitch is somewhere in the middle, so that all is voiced."""

    def __init__(self, sizes: SynthesizerSizes) -> None:
        self.sizes = sizes

    def peaks(self, audio: Floats) -> Here:
        """One likely bin in every frame."""
        answer = _zeros(len(audio), audio.shape[1] // PITCH_HOP + 1, 2 * REACH + 2)
        answer[..., 0], answer[..., 1 + REACH] = 200.0, 1.0
        return Here(answer)

    def content(self, audio: Floats) -> Any:
        """What stays on the device costs the host nothing."""
        return audio

    def retrieved(self, content: Any) -> Any:
        """The same."""
        return content

    def latent(self, _: Any, __: Any, share: Floats, *___: Any) -> Floats:
        """Silence."""
        return _zeros(*share.shape, self.sizes.inter)

    def joined(self, latents: Sequence[Floats]) -> Floats:
        """The same, as it stays on the device."""
        return latents[0]

    def stretches(self, *_: Any) -> None:
        """Nothing passes through the host."""

    def stacked(self, contents: Sequence[Any]) -> Any:
        """The same, as it stays on the device."""
        return contents

    def leaving(self, found: Any) -> Here:
        """For formants and for other voices, which are not measured here."""
        return Here(found)

    def held(self, content: Floats) -> Any:
        """The same."""
        return content

    def sound(self, _: Any, phase: Floats, *__: Any) -> Here:
        """Silence, without the margins."""
        return Here(_zeros(len(phase), TILE * self.sizes.frame))


class NoNoise:
    """Noise that a device makes for itself."""

    def latent(self, *_: Any) -> Any:
        """Nothing passes through the host."""
        return None

    def source(self, *_: Any) -> Any:
        """Nothing passes through the host."""
        return None


def measure(*, noise: bool = False) -> list[Figure]:
    """Milliseconds for a second of audio, by stage, in the best of several runs."""
    sizes = VOICES["48k"]
    windows, tiles = BATCHES
    maker = HostNoise() if noise else NoNoise()
    conversion = RvcConversion(sizes, NoNets(sizes), Batches(Batch(windows), Batch(tiles)), maker)
    cuts = [ANALYSIS_RATE * second for second in range(ATOM, SECONDS, ATOM)]
    pieces = atoms(recording(SECONDS), cuts, sizes.rate)
    best = min((_run(conversion, pieces) for _ in range(RUNS)), key=lambda run: sum(run.values()))
    rows = [Figure(f"host, {stage}", f"{1000.0 * s / SECONDS:.3f} ms", "", reached=True) for stage, s in best.items()]
    total = 1000.0 * sum(best.values()) / SECONDS
    most = f"{total:.3f} ms, so {1000.0 / total:,.0f}x at most"
    return [*rows, Figure("host, for a second of audio", most, f"{TARGET} ms", total <= TARGET)]


def _run(conversion: RvcConversion, pieces: Sequence[Piece]) -> dict[str, float]:
    """Seconds by stage, with what is outside of all stages."""
    spent: dict[str, float] = defaultdict(float)
    for piece in pieces:
        began = time.perf_counter()
        stages = conversion.convert(piece, RvcSettings()).stages
        for stage, seconds in {**stages, "between stages": time.perf_counter() - began - sum(stages.values())}.items():
            spent[stage] += seconds
    return spent


if __name__ == "__main__":
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--noise", choices=("device", "host"), default="device")
    print(machine())
    show(measure(noise=given.parse_args().noise == "host"))
