"""What every engine in the catalog promises, however it works."""

import itertools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from storage.audio.grid import cell_length, resampled_length
from storage.errors import InputError
from testing.rvc import tiny
from testing.rvc.voices import narrow
from workers.engines import catalog
from workers.engines.engine import Engine
from workers.engines.rvc.stand_in import random_voice
from workers.engines.samples import Samples
from workers.engines.setting import Form, Setting
from workers.engines.voice import Piece, Voice

#: Seconds of recording used to test each promise.
SECONDS = 3.0
#: How far samples may differ when the recording is cut elsewhere: by what a 24-bit file cannot hold anyway, or by what
#: random nets pick up from the whole window.
SAME = 0.02


def recording(rate: int) -> Samples:
    """A voiced sound with a pause."""
    t = np.arange(round(SECONDS * rate)) / rate
    sound = 0.3 * np.sin(2 * np.pi * 160 * t) + 0.1 * np.sin(2 * np.pi * 480 * t)
    return (sound * (np.abs(t - 1.5) > 0.2)).astype(np.float32)


SIGNALS: dict[str, Callable[[int], Samples]] = {
    "silence": lambda n: np.zeros(n, np.float32),
    "noise": lambda n: np.random.default_rng(1).uniform(-1, 1, n).astype(np.float32),
    "full scale": lambda n: np.where(np.arange(n) // 40 % 2, 1.0, -1.0).astype(np.float32),
}


class Loaded:
    """An engine with one voice."""

    def __init__(self, engine: Engine, recipe: Mapping[str, Any], folder: Path) -> None:
        self.engine = engine
        self.recipe = recipe
        self.voice: Voice = engine.load(recipe, lambda content_hash, _: folder / content_hash, "cpu")
        self.rate_out = engine.rate_out(recipe)
        self.settings = engine.checked_settings({"precision": "fp32"} if engine.has_nets else {})

    def piece(self, samples: Samples, start: int, stop: int) -> Piece:
        """An atom of a recording, with the context that the engine asks for."""
        rate = self.engine.rate_in
        context = round(self.engine.context_seconds * rate)
        first, last = max(start - context, 0), min(stop + context, len(samples))
        out = [resampled_length(position, rate, self.rate_out) for position in (start, stop)]
        return Piece(samples[first:last], first, start, stop, *out)

    def convert(self, samples: Samples, cuts: tuple[int, ...]) -> Samples:
        """Convert a whole recording, cut at these samples."""
        ends = [0, *cuts, len(samples)]
        pieces = [self.piece(samples, start, stop) for start, stop in itertools.pairwise(ends)]
        return np.concatenate([self.voice.convert(piece, self.settings).samples for piece in pieces])


def recipe_of(engine: Engine, folder: Path) -> dict[str, Any]:
    """A voice of an engine: a built-in one, or else one with random nets."""
    if built_in := engine.built_in_voices():
        return next(iter(built_in.values()))
    sizes = narrow()
    made = random_voice(folder, sizes, tiny.ENCODER, tiny.PITCH, vectors=20)
    return {"package": made.package, "encoder": made.encoder, "pitch_model": made.pitch_model, "rate": sizes.rate}


@pytest.fixture(scope="module", params=catalog.engine_names())
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Loaded:
    engine = catalog.engine(request.param)
    folder = tmp_path_factory.mktemp(engine.name)
    return Loaded(engine, recipe_of(engine, folder), folder)


def test_the_same_piece_gives_the_same_bytes(loaded: Loaded) -> None:
    samples = recording(loaded.engine.rate_in)
    assert loaded.convert(samples, ()).tobytes() == loaded.convert(samples, ()).tobytes()


@pytest.mark.parametrize("name", SIGNALS)
@pytest.mark.parametrize("cells", [1, 40])
def test_any_input_gives_exactly_its_length_in_finite_samples(loaded: Loaded, name: str, cells: int) -> None:
    rate = loaded.engine.rate_in
    samples = SIGNALS[name](cells * cell_length(rate))
    converted = loaded.convert(samples, ())
    assert converted.dtype == np.float32
    assert len(converted) == resampled_length(len(samples), rate, loaded.rate_out)
    assert np.isfinite(converted).all()


@pytest.mark.parametrize("cuts", [(1.0,), (0.98, 1.52, 2.4)])
def test_cuts_in_a_recording_cannot_be_heard(loaded: Loaded, cuts: tuple[float, ...]) -> None:
    rate = loaded.engine.rate_in
    cell, samples = cell_length(rate), recording(rate)
    whole = loaded.convert(samples, ())
    parts = loaded.convert(samples, tuple(round(cut * rate / cell) * cell for cut in cuts))
    assert len(parts) == len(whole)
    if not loaded.engine.has_nets:
        assert np.max(np.abs(parts - whole)) < SAME
    else:
        assert np.corrcoef(parts, whole)[0, 1] > 1.0 - SAME


def test_every_setting_is_as_declared(loaded: Loaded) -> None:
    engine = loaded.engine
    names = {setting.name for setting in engine.settings}
    assert names == set(engine.checked_settings({}))
    assert engine.checked_settings({s.name: s.default for s in engine.settings}) == engine.checked_settings({})
    for setting in engine.settings:
        assert setting.help
        for bad in _beyond(setting):
            with pytest.raises(InputError):
                engine.checked_settings({setting.name: bad})
    with pytest.raises(InputError):
        engine.checked_settings({"no-such-thing": 1})


def _beyond(setting: Setting) -> list[object]:
    if setting.form is Form.NUMBER:
        return [setting.limits[0] - 1.0, setting.limits[1] + 1.0, float("nan"), "a lot"]
    if setting.form is Form.CHOICE:
        return ["none of these", 1]
    return [-1, 1 << 64, 0.5]


def test_it_says_by_how_much_it_raises_the_pitch(loaded: Loaded) -> None:
    recipe = {**loaded.recipe, **({"has_pitch": True} if loaded.engine.has_nets else {})}
    raised = loaded.engine.semitones(recipe, loaded.settings)
    assert raised is not None
    name = next((s.name for s in loaded.engine.settings if s.common_name == "pitch"), None)
    if name is not None:
        changed = loaded.engine.checked_settings({**loaded.settings, name: 3.5})
        assert loaded.engine.semitones(recipe, changed) == pytest.approx(raised + 3.5)


def test_a_voice_that_does_not_follow_the_melody_says_so() -> None:
    world, rvc = catalog.engine("world"), catalog.engine("rvc")
    voices = world.built_in_voices()
    moved = {name: world.semitones(voices[name], world.checked_settings({})) for name in ("bright", "robot", "child")}
    assert moved == {"bright": 4.0, "robot": None, "child": None}
    assert rvc.semitones({"has_pitch": True}, rvc.checked_settings({"autotune": 0.5})) is None
    assert rvc.semitones({"has_pitch": False}, rvc.checked_settings({"transpose": 2.0})) is None


def test_it_declares_what_the_farm_must_know(loaded: Loaded) -> None:
    engine = loaded.engine
    assert engine.version
    assert engine.title
    assert engine.worker_bytes > 0
    assert engine.capabilities <= {"cpu", "cuda", "mlx"}
    assert cell_length(engine.rate_in) > 0
    for voice in engine.built_in_voices().values():
        assert engine.checked_recipe(voice) == voice
        assert engine.shown(voice)
