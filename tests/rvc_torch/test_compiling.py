"""Compiled programs, tested on the processor because every machine has one, though there they must be asked for."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from testing.rvc import tiny
from testing.rvc.pieces import Floats, spoken, whole
from testing.rvc.voices import conversion, narrow, nets
from workers.engines.rvc.architecture import CONTENT_HOP, PITCH_HOP
from workers.engines.rvc.framework import DeviceFull
from workers.engines.rvc.noise import HostNoise
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.stand_in import random_voice
from workers.engines.rvc.strip import TAIL
from workers.engines.rvc.torch import compiling, hubert, rmvpe
from workers.engines.rvc.torch import nets as torch_nets
from workers.engines.rvc.torch.device_noise import DeviceNoise
from workers.engines.rvc.torch.engine import FRAMEWORK
from workers.engines.rvc.torch.nets import TorchNets
from workers.engines.rvc.torch.shapes import FRAMES, TILES

pytestmark = [
    pytest.mark.timeout(900),
    # torch's compiler causes warnings about its own code.
    pytest.mark.filterwarnings("default"),
]

CPU = torch.device("cpu")


class Scaled(torch.nn.Module):
    """A net with one weight."""

    weight: Tensor

    def __init__(self, weight: float) -> None:
        super().__init__()
        self.register_buffer("weight", torch.full((8,), weight))

    def work(self, x: Tensor) -> Tensor:
        return torch.tanh(x * self.weight)


class Shelf:
    """A shelf in memory."""

    def __init__(self) -> None:
        self.things: dict[str, bytes] = {}

    def get(self, name: str) -> bytes | None:
        return self.things.get(name)

    def put(self, name: str, data: bytes) -> None:
        self.things[name] = data


@pytest.fixture
def compiler(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(compiling.OVERRULED, "on")
    torch.compiler.reset()
    yield
    torch.compiler.reset()
    compiling._SHARING.clear()


def test_processors_compile_nothing_unless_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(compiling.OVERRULED, raising=False)
    assert compiling.compiled(Scaled.work, CPU) is Scaled.work
    monkeypatch.setenv(compiling.OVERRULED, "on")
    assert compiling.compiles(CPU)
    monkeypatch.setenv(compiling.OVERRULED, "off")
    assert not compiling.compiles(torch.device("cuda"))


def test_without_a_c_compiler_nothing_is_compiled_and_that_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv(compiling.OVERRULED, raising=False)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    compiling.has_compiler.cache_clear()
    try:
        assert not compiling.compiles(torch.device("cuda"))
        assert not compiling.compiles(torch.device("cuda"))
    finally:
        compiling.has_compiler.cache_clear()
    assert [record.message for record in caplog.records] == [
        "there is no C compiler, so nothing is compiled and conversion is slower; install gcc"
    ]


@pytest.fixture
def traced(compiler: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Programs as torch's compiler sees them, without the minute that it takes to translate each of them."""
    monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    compiling._compiled.cache_clear()
    yield
    compiling._compiled.cache_clear()


@pytest.fixture
def untranslated(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A device that is said to compile, for what depends on that alone and on no program."""
    monkeypatch.setenv(compiling.OVERRULED, "on")
    monkeypatch.setattr(torch, "compile", lambda function, **_: function)
    compiling._compiled.cache_clear()
    yield
    compiling._compiled.cache_clear()


@pytest.fixture
def two_lengths(monkeypatch: pytest.MonkeyPatch) -> tuple[int, ...]:
    """Windows of the shortest and the longest shape alone, as each shape takes seconds to trace."""
    shapes = (FRAMES[0], FRAMES[-1])
    for module in (torch_nets, rmvpe):
        monkeypatch.setattr(module, "FRAMES", shapes)
    monkeypatch.setattr(hubert, "CONTENTS", tuple(frames // 2 for frames in shapes))
    return shapes


def _programs() -> int:
    return int(torch._dynamo.utils.counters["stats"]["unique_graphs"])


@pytest.mark.parametrize(
    ("has_pitch", "lengths", "programs"),
    [(True, (0.4, 3.3, 9.0), 7), (False, (3.3, 9.0), 3)],
    ids=["with a pitch net", "without"],
)
def test_atoms_of_all_lengths_need_few_whole_programs_and_sound_as_without(
    traced: None, monkeypatch: pytest.MonkeyPatch, has_pitch: bool, lengths: tuple[float, ...], programs: int
) -> None:
    sizes = narrow(has_pitch=has_pitch)
    settings = RvcSettings()
    pieces = [whole(spoken(seconds), sizes.rate) for seconds in lengths]
    before = _programs()
    found = [conversion(sizes, tiles=TILES[-1], tile=256).convert(piece, settings).samples for piece in pieces]
    made = _programs() - before
    assert made == programs, "one of every net that hears for either length of window, and one of the generator"
    monkeypatch.setenv(compiling.OVERRULED, "off")
    for piece, samples in zip(pieces, found, strict=True):
        plain = conversion(sizes, tiles=TILES[-1], tile=256).convert(piece, settings).samples
        assert np.abs(samples - plain).max() <= 1e-4


def test_noise_for_atoms_of_all_lengths_needs_few_programs_too(traced: None) -> None:
    noise, here = DeviceNoise(CPU), HostNoise()
    before = _programs()
    noise.rehearse(TILES[-1], 500, 6)
    rehearsed = _programs()
    assert rehearsed - before == len(FRAMES) + 1
    for seed, frames, tiles in ((1, 256, 5), (2**64 - 1, 1000, 12), (3, 3072, 9)):
        firsts = [700 * n - 900 for n in range(tiles)]
        np.testing.assert_array_equal(noise.source(seed, firsts, 500).numpy(), here.source(seed, firsts, 500))
        np.testing.assert_array_equal(noise.latent(seed, [9], frames, 6).numpy(), here.latent(seed, [9], frames, 6))
    assert _programs() == rehearsed


def test_a_shape_too_many_is_an_error_and_not_run_uncompiled(traced: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "MOST_PROGRAMS", 2)
    program = compiling.compiled(Scaled.work, CPU)
    with torch.inference_mode():
        for length in (8, 1):
            program(Scaled(1.0), torch.ones(length, 8))
        with pytest.raises(torch._dynamo.exc.FailOnRecompileLimitHit):
            program(Scaled(1.0), torch.ones(3, 8))


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch's compiler needs g++, which is not installed")
def test_one_program_serves_every_voice_and_is_shared(compiler: None) -> None:
    shelf, x = Shelf(), torch.linspace(-1.0, 1.0, 8)
    compiling.share_programs("cpu", shelf, "2")
    made_before = _programs()
    with torch.inference_mode(), compiling.shared("one"):
        for weight in (0.5, 2.0):
            nets = Scaled(weight)
            torch.testing.assert_close(compiling.compiled(Scaled.work, CPU)(nets, x), nets.work(x))
    assert _programs() == made_before + 1
    (name,) = shelf.things
    assert torch.__version__ in name
    kept = dict(shelf.things)
    with torch.inference_mode(), compiling.shared("one"):
        compiling.compiled(Scaled.work, CPU)(Scaled(1.0), x)
    assert shelf.things == kept, "nothing new was compiled"
    with torch.inference_mode(), compiling.shared("two"):
        compiling.compiled(Scaled.work, CPU)(Scaled(1.0), torch.linspace(-1.0, 1.0, 16).reshape(2, 8))
    assert len(shelf.things) == 2, "each architecture has a name of its own"
    assert shelf.things[name] == kept[name]


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch's compiler needs g++, which is not installed")
def test_all_programs_can_really_be_made_and_give_the_numbers_of_plain_ones(
    compiler: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = narrow()
    ours, rng, frames, tiles, length = nets(sizes), np.random.default_rng(1), 256, 2, 90

    def noise(*shape: int) -> Floats:
        return rng.standard_normal(shape, np.float32)

    audio, coarse = 0.1 * noise(1, frames // 2 * CONTENT_HOP + TAIL), rng.integers(1, 256, (1, frames))
    heard, share = torch.from_numpy(noise(1, frames // 2, sizes.content)), np.full((1, frames), 0.5, np.float32)
    latents, pitch, steps = noise(tiles, length, sizes.inter), 200.0 + 0.0 * noise(tiles, length), noise(tiles, length)
    source, chance = noise(tiles, length * sizes.frame), noise(1, frames, sizes.inter)

    def found() -> Iterator[Floats]:
        yield ours.content(audio).numpy()
        yield ours.peaks(audio[:, : -TAIL - PITCH_HOP]).here()[..., 1:]
        yield ours.latent(heard, heard, share, coarse, chance, 0).numpy()
        yield ours.sound(latents, steps, pitch, source, 0, TILES[0]).here()

    compiled = list(found())
    monkeypatch.setenv(compiling.OVERRULED, "off")
    for ours_compiled, plain in zip(compiled, found(), strict=True):
        assert tiny.relative_error(ours_compiled, plain) <= 1e-4


def test_a_loaded_voice_has_compiled_all_that_it_will_run(
    traced: None, two_lengths: tuple[int, ...], tmp_path: Path
) -> None:
    sizes = narrow()
    recipe = random_voice(tmp_path, sizes, tiny.ENCODER, tiny.PITCH)
    voice = FRAMEWORK.load(recipe, lambda known, kind: tmp_path / known, "cpu")
    before = _programs()
    conversion = voice.conversion_for(RvcSettings())
    loaded = _programs()
    assert loaded - before == 3 * len(two_lengths) + 1, "of both encoders and the pitch net for each length"
    for seconds in (0.4, 9.0, 26.0):
        list(conversion.convert_all([whole(spoken(seconds), sizes.rate)], RvcSettings()))
    assert _programs() == loaded


def test_a_voice_is_loaded_although_the_device_has_no_room_for_a_whole_batch(
    untranslated: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise DeviceFull("no room")

    monkeypatch.setattr(TorchNets, "rehearse", full)
    sizes = narrow()
    recipe = random_voice(tmp_path, sizes, tiny.ENCODER, tiny.PITCH)
    voice = FRAMEWORK.load(recipe, lambda known, kind: tmp_path / known, "cpu")
    converted = voice.convert(whole(spoken(0.4), sizes.rate), {"pitch_method": "dio"})
    assert converted.samples.std() > 0.0
