"""What is measured: an engine's voice on one device, with recordings to give it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr

from workers.engines.catalog import engine
from workers.engines.engine import Engine
from workers.engines.probe import Probe
from workers.engines.samples import Samples
from workers.engines.voice import Piece, Voice

Track = npt.NDArray[np.float64]
#: The rate that the field makes its test recordings at.
SUNG_RATE = 22_050
#: The setting by which an engine with nets offers presets, and the one that most jobs have.
PRESET, USUAL = "quality", "balanced"


@dataclass(frozen=True, slots=True)
class Subject:
    """A loaded voice on a device."""

    engine: Engine
    recipe: Mapping[str, Any]
    voice: Voice
    capability: str

    @property
    def presets(self) -> tuple[str, ...]:
        """The presets among which its jobs choose; none if there are none."""
        return next((one.choices for one in self.engine.settings if one.name == PRESET), ())

    def settings(self, preset: str | None = None) -> Mapping[str, Any]:
        """A job's settings in a preset, with nothing left open: in the fastest way that the device has."""
        asked = self.engine.checked_settings({PRESET: preset} if preset else {})
        offered = self.engine.offers(self.capability)
        ways = [way.settings for way in self.engine.ways(asked)]
        return next((one for one in ways if self.engine.needs(one) <= offered), asked)

    def piece(self, seconds: float) -> Piece:
        """A recording in one piece."""
        samples = sung(seconds, self.engine.rate_in)
        length = len(samples) * self.engine.rate_out(self.recipe) // self.engine.rate_in
        return Piece(samples, 0, 0, len(samples), 0, length)

    def probe(self) -> Probe | None:
        """What can tell of the device."""
        return self.engine.probe(self.capability)


@contextmanager
def stand_in(name: str, capability: str) -> Iterator[Subject]:
    """A voice of an engine: one of its own if it has any, else one of full size with random nets."""
    found = engine(name)
    with TemporaryDirectory(prefix="voicefarm-bench-", ignore_cleanup_errors=True) as folder:
        own = found.built_in_voices()
        recipe = next(iter(own.values())) if own else _made_apart(name, Path(folder))
        voice = found.load(recipe, lambda content_hash, _: Path(folder) / content_hash, capability)
        yield Subject(found, recipe, voice, capability)


def _made_apart(name: str, folder: Path) -> Mapping[str, Any]:
    """Made by a process of its own, so that the memory that it takes does not count in the one that is measured."""
    with get_context("spawn").Pool(1) as pool:
        recipe = pool.apply(make_stand_in, (name, str(folder)))
    if recipe is None:
        raise LookupError(f"the engine {name} has neither voices of its own nor a stand-in")
    return recipe


def make_stand_in(name: str, folder: str) -> dict[str, Any] | None:
    """What the other process does."""
    return engine(name).stand_in(Path(folder))


def sung(seconds: float, rate: int) -> Samples:
    """A voice that sings a long line with vibrato and breath, as it would be recorded."""
    time = np.arange(round(seconds * SUNG_RATE)) / SUNG_RATE
    phase = 2.0 * np.pi * np.cumsum(sung_pitch(time)) / SUNG_RATE
    tone = sum(np.sin(n * phase) / n**1.2 for n in range(1, 13))
    breath = np.random.default_rng(0).standard_normal(len(time))
    samples = (0.2 * tone + 0.004 * breath).astype(np.float32)
    resampled: Samples = soxr.resample(samples, SUNG_RATE, rate)
    return resampled


def sung_pitch(time: Track) -> Track:
    """The pitch of that voice in hertz at these seconds, which is known."""
    octaves = 0.4 * np.sin(0.7 * time) + 0.02 * np.sin(2.0 * np.pi * 5.5 * time)
    pitch: Track = 200.0 * 2.0**octaves
    return pitch
