"""Compare joined atoms with the unsplit conversion around every join, as spectrograms."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.figures import Figure, machine, show
from bench.scratch_farm import ScratchFarm, scratch_farm
from dispatcher.jobs.loading import load_job
from dispatcher.sample.recording import write_sample
from dispatcher.studio.split.cutter import CutAtom, CutRules, Cutter
from dispatcher.studio.split.prepare import Prepared
from storage.audio.read import open_source
from workers.engines import catalog
from workers.engines.samples import Samples
from workers.engines.voice import Piece

SECONDS = 200.0
#: Seconds to compare on each side of a join.
AROUND = 0.5
FRAME, HOP = 1024, 256
#: Below this a spectrogram shows only rounding errors: 100 dB under the loudest.
FLOOR = 1e-5


def measure() -> list[Figure]:
    """The worst join of each voice."""
    with scratch_farm() as farm:
        source = farm.folder / "source.wav"
        write_sample(source, SECONDS)
        return [_voice(farm, source, voice) for voice in ("plain", "bright", "deep", "child", "whisper", "robot")]


def _voice(farm: ScratchFarm, source: Path, name: str) -> Figure:
    job = load_job(farm.database, farm.submit(source, name))
    with open_source(source, "source") as opened:
        prepared = np.concatenate(list(Prepared(opened, job.rate_in).blocks()))
    voice = catalog.engine(job.engine).load(job.recipe, farm.packages.folder, "cpu")
    whole = voice.convert(Piece(prepared, 0, 0, len(prepared), 0, len(prepared)), job.settings).samples
    atoms = list(_cut(prepared, CutRules.of(job.rate_in, farm.settings.atom_seconds, job.context_samples)))
    joined = np.concatenate(
        [
            voice.convert(Piece(a.samples, a.first, a.start, a.stop, a.start, a.stop), job.settings).samples
            for a in atoms
        ]
    )
    reach = round(AROUND * job.rate_in)
    worst = min(
        _alike(joined[a.stop - reach : a.stop + reach], whole[a.stop - reach : a.stop + reach]) for a in atoms[:-1]
    )
    largest = float(np.max(np.abs(joined - whole)))
    what = f"{name}: spectrogram correlation at the worst of {len(atoms) - 1} joins"
    return Figure(what, f"{worst:.7f} (largest difference of all samples {largest:.1e})", "0.999", worst >= 0.999)


def _cut(samples: Samples, rules: CutRules) -> Iterator[CutAtom]:
    cutter = Cutter(rules)
    yield from cutter.push(samples)
    yield from cutter.finish()


def _alike(one: Samples, other: Samples) -> float:
    return float(np.corrcoef(_spectrogram(one).ravel(), _spectrogram(other).ravel())[0, 1])


def _spectrogram(samples: Samples) -> npt.NDArray[np.float64]:
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), FRAME)[::HOP]
    return np.log(np.abs(np.fft.rfft(frames * np.hanning(FRAME))) + FLOOR)


if __name__ == "__main__":
    print(machine())
    show(measure())
