"""A recording sounds the same however it is cut into tiles, windows, batches or atoms."""

from dataclasses import replace

import numpy as np
import pytest

from testing.rvc import tiny
from testing.rvc.joins import click, clicked, likeness
from testing.rvc.pieces import Floats, atoms, spoken, sung, whole
from testing.rvc.voices import conversion, narrow, overheard
from workers.engines.rvc import windows as windows_module
from workers.engines.rvc.architecture import ANALYSIS_RATE, CONTENT_HOP
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.settings import RvcSettings

VOICE = narrow()
DIO = RvcSettings(pitch_method="dio")
#: Two cuts, neither of them at the end of a tile or a window.
CUTS = [101 * CONTENT_HOP, 223 * CONTENT_HOP]
JOINS = [cut * VOICE.rate // ANALYSIS_RATE for cut in CUTS]
HALF_A_SECOND = VOICE.rate // 2


def in_one_and_in_atoms(voice: RvcConversion, recording: Floats, settings: RvcSettings) -> tuple[Floats, Floats]:
    one = voice.convert(whole(recording, VOICE.rate), settings).samples
    parts = [voice.convert(piece, settings).samples for piece in atoms(recording, CUTS, VOICE.rate)]
    return one, np.concatenate(parts)


@pytest.mark.parametrize(
    ("table", "tile", "batch"), [("24k", 8, 1), ("48k v1", 8, 7), ("40k", 64, 3), ("24k", 256, 2), ("24k", 1000, 1)]
)
def test_tiles_and_batches_of_any_size_give_the_same_sound(table: str, tile: int, batch: int) -> None:
    sizes = tiny.voice(table)
    settings = RvcSettings(pitch_method="dio", index_rate=0.0)
    piece = whole(spoken(0.5), sizes.rate)
    usual = conversion(sizes).convert(piece, settings).samples
    cut = conversion(sizes, tiles=batch, tile=tile).convert(piece, settings).samples
    assert usual.std() > 0.005
    assert np.abs(cut - usual).max() <= 1e-4


def test_windows_in_batches_give_the_same_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows_module, "LONGEST", 4 * windows_module.STEP)
    piece = whole(spoken(6.0), VOICE.rate)
    one_by_one = conversion(VOICE).convert(piece, RvcSettings()).samples
    together = conversion(VOICE, windows=3).convert(piece, RvcSettings()).samples
    assert np.abs(together - one_by_one).max() <= 1e-4


def test_many_short_windows_sound_like_one_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    voice = conversion(VOICE, attention=0.0)
    piece = whole(sung(6.0), VOICE.rate)
    one = voice.convert(piece, DIO).samples
    monkeypatch.setattr(windows_module, "LONGEST", 4 * windows_module.STEP)
    many = voice.convert(piece, DIO).samples
    assert np.abs(many - one).max() > 0.0
    assert likeness(one, many) >= 0.999


@pytest.mark.parametrize(
    ("recording", "formant"),
    [(spoken(6.5), 0.0), (spoken(6.5), 4.0), (sung(6.5), -3.0)],
    ids=["spoken", "spoken-higher", "sung-lower"],
)
def test_atoms_sound_like_the_whole_recording_across_their_joins(recording: Floats, formant: float) -> None:
    settings = RvcSettings(pitch_method="dio", formant=formant)
    one, joined = in_one_and_in_atoms(conversion(VOICE), recording, settings)
    assert one.shape == joined.shape
    assert likeness(one, joined) >= 0.999
    for join in JOINS:
        around = slice(join - HALF_A_SECOND, join + HALF_A_SECOND)
        assert likeness(one[around], joined[around]) >= 0.998
        assert click(joined, join) < 1.5


@pytest.mark.parametrize("formant", [0.0, 4.0])
def test_there_is_no_click_where_two_atoms_of_a_long_note_meet(formant: float) -> None:
    """With nets of the shortest reach, atoms differ so little from the whole that a click stands out."""
    settings = RvcSettings(pitch_method="dio", index_rate=0.0, formant=formant)
    one, joined = in_one_and_in_atoms(conversion(VOICE, attention=0.0), sung(6.5), settings)
    assert np.abs(joined - one).max() <= 0.005 * np.abs(one).max()
    for join in JOINS:
        assert click(joined - one, join) < 2.0
        assert click(clicked(joined, join, 0.1) - one, join) > 5.0


@pytest.mark.parametrize("loud", [0.5, 1.0])
def test_a_click_in_a_smooth_note_is_found(loud: float) -> None:
    note = sung(1.0)
    assert all(click(note, join) < 1.5 for join in range(1000, 15_000, 333))
    assert click(clicked(note, 8000, loud), 8000) > 1.5


def test_the_sine_of_a_long_note_goes_on_from_atom_to_atom() -> None:
    voice, ears = overheard(VOICE)
    recording = sung(6.5, 187.3)
    phases, pitches = [], []
    for piece in atoms(recording, CUTS, VOICE.rate):
        ears.told.clear()
        voice.convert(piece, DIO)
        core = slice(voice.sounding.margin, voice.sounding.margin + voice.batches.tile)
        frames = -(-piece.stop // 160) - piece.start // 160
        phases.append(np.concatenate([told[1][0, core] for told in ears.told["sound"]])[:frames])
        pitches.append(np.concatenate([told[2][0, core] for told in ears.told["sound"]])[:frames])
    phase, pitch = (np.concatenate(parts).astype(np.float64) for parts in (phases, pitches))
    sings = np.flatnonzero(pitch)
    assert len(sings) > 0.95 * len(pitch)
    assert (np.diff(sings) == 1).all()
    step = (phase[:-1] + pitch[:-1] / 100.0 - phase[1:])[sings[0] : sings[-1]]
    assert np.abs(step - np.round(step)).max() < 1e-5


def test_the_noise_of_unvoiced_sounds_goes_on_from_atom_to_atom() -> None:
    """The recording has no pitch in this range, so the source gives only noise."""
    settings = RvcSettings(pitch_method="dio", pitch_low=1900.0, pitch_high=2000.0, index_rate=0.0)
    voice = conversion(VOICE, attention=0.0)
    one, joined = in_one_and_in_atoms(voice, sung(6.5), settings)
    other = voice.convert(whole(sung(6.5), VOICE.rate), replace(settings, seed=1)).samples
    assert np.abs(other - one).max() > 0.1 * np.abs(one).max()
    assert np.abs(joined - one).max() <= 0.005 * np.abs(one).max()
