"""Atoms that are converted together sound as they do alone, whatever shares a batch with them."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from testing.rvc.pieces import atoms, spoken, sung, whole
from testing.rvc.voices import conversion, narrow, nets, overheard
from workers.engines.rvc.architecture import ANALYSIS_RATE
from workers.engines.rvc.arriving import Arriving
from workers.engines.rvc.batches import Batch
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.framework import HostLatents, Nets
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.sound import Batches
from workers.engines.rvc.torch import compiling
from workers.engines.rvc.torch.shapes import TILES
from workers.engines.voice import Piece

VOICE = narrow()
DIO = RvcSettings(pitch_method="dio")
SILENT = replace(DIO, pauses="silent")
NETS = nets(VOICE)
QUIET = np.zeros(6 * ANALYSIS_RATE, np.float32)


def pieces() -> list[Piece]:
    """Atoms of a recording with a long pause, and two short recordings."""
    talk = np.concatenate([spoken(1.0), QUIET, spoken(1.0, seed=3)])
    long = atoms(talk, [3 * ANALYSIS_RATE], VOICE.rate)
    return [*long, whole(sung(0.7), VOICE.rate), whole(spoken(1.3, seed=5), VOICE.rate)]


@pytest.mark.parametrize("settings", [DIO, SILENT, replace(DIO, formant=3.0)])
@pytest.mark.parametrize("tiles", [1, 5])
def test_atoms_together_sound_as_each_does_alone(settings: RvcSettings, tiles: int) -> None:
    voice = conversion(VOICE, tiles=tiles)
    together = list(voice.convert_all(pieces(), settings))
    for piece, converted in zip(pieces(), together, strict=True):
        alone = voice.convert(piece, settings).samples
        assert len(converted.samples) == piece.out_stop - piece.out_start
        assert np.abs(converted.samples - alone).max() <= (0.0 if tiles == 1 else 1e-4)


@pytest.fixture
def filled_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Batches of one shape, as on a device that compiles, without even tracing any program."""
    monkeypatch.setenv(compiling.OVERRULED, "on")
    monkeypatch.setattr(torch, "compile", lambda function, **_: function)
    compiling._compiled.cache_clear()
    yield
    compiling._compiled.cache_clear()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_where_batches_are_filled_up_not_one_bit_depends_on_who_shares_them(
    filled_up: None, dtype: torch.dtype
) -> None:
    voice = RvcConversion(VOICE, nets(VOICE, dtype), Batches(Batch(1), Batch(TILES[0], sizes=TILES), 64))
    alone = [voice.convert(piece, DIO).samples for piece in pieces()]
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 3]):
        together = voice.convert_all([pieces()[n] for n in order], DIO)
        for n, converted in zip(order, together, strict=True):
            np.testing.assert_array_equal(converted.samples, alone[n])


def test_each_atom_comes_as_soon_as_it_is_done() -> None:
    voice, ears = overheard(VOICE)
    heard = [len(ears.told["sound"]) for _ in voice.convert_all(pieces(), DIO)]
    assert heard == sorted(set(heard))
    assert heard[0] < heard[-1]


@dataclass
class Watched:
    """Nets on a device that works by itself: what was asked of it, and what was waited for."""

    nets: Nets
    log: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        work = getattr(self.nets, name)

        def asked(*given: Any) -> Any:
            self.log.append(name)
            found = work(*given)
            return Awaited(found, f"{name} here", self.log) if name in {"peaks", "sound"} else found

        return asked


@dataclass
class Awaited:
    """Something that is on its way; it is written down when somebody waits for it."""

    found: Arriving
    name: str
    log: list[str]

    def here(self) -> Any:
        self.log.append(self.name)
        return self.found.here()


def test_a_device_has_more_to_do_whenever_somebody_waits_for_it() -> None:
    watched = Watched(nets(VOICE))
    voice = RvcConversion(VOICE, watched, Batches(Batch(1), Batch(2), 64))
    list(voice.convert_all(pieces(), RvcSettings()))
    log = watched.log
    heard = [n for n, name in enumerate(log) if name in {"content", "peaks"}]
    assert max(heard) < log.index("peaks here"), "all that is to be heard is asked for before any of it is waited for"
    sounds = [name for name in log if name.startswith("sound")]
    asked = sounds.count("sound")
    assert asked > 3
    assert sounds == ["sound", *["sound", "sound here"] * (asked - 1), "sound here"]


def test_the_time_of_a_shared_batch_is_shared_out() -> None:
    voice = conversion(VOICE, tiles=64)
    found = [converted.stages for converted in voice.convert_all(pieces(), DIO)]
    assert all(stages["generator"] > 0.0 and stages["content"] > 0.0 for stages in found)
    tiles = [-(-(piece.stop - piece.start) // (160 * 64)) for piece in pieces()]
    shares = [stages["generator"] / count for stages, count in zip(found, tiles, strict=True)]
    assert max(shares) <= 2.0 * min(shares)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(-40, 40)), min_size=1, max_size=4), st.integers(1, 25))
def test_stretches_of_latents_on_a_device_are_those_of_arrays(places: list[tuple[int, int]], length: int) -> None:
    latents = [np.arange(3.0 * frames, dtype=np.float32).reshape(-1, 3) + 1.0 for frames, _ in places]
    starts = [start for _, start in places]
    there = NETS.stretches([(torch.from_numpy(x), start) for x, start in zip(latents, starts, strict=True)], length)
    here = HostLatents().stretches(list(zip(latents, starts, strict=True)), length)
    np.testing.assert_array_equal(NETS.leaving(there).here(), here)
