"""What is known of an atom from one voice serves every other, and changes no byte."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from testing.rvc.pieces import spoken, whole
from testing.rvc.voices import conversion, narrow, overheard
from workers.engines.rvc.architecture import ANALYSIS_RATE
from workers.engines.rvc.engine import ENGINE
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.windows import LONGEST
from workers.engines.samples import Array
from workers.engines.voice import Piece

VOICE = narrow()
TALK = np.concatenate([spoken(1.0), np.zeros(12 * ANALYSIS_RATE, np.float32), spoken(1.5, seed=3)])
#: More than fits one window of the encoder.
LONG = np.tile(spoken(4.0), 1 + LONGEST // 200)
RECIPE: dict[str, Any] = {
    "package": "a" * 64, "encoder": "b" * 64, "pitch_model": "c" * 64,
    "content": 768, "has_pitch": True, "rate": 40_000, "speakers": 1,
}  # fmt: skip


def learnt(piece: Piece, settings: RvcSettings) -> dict[str, Array]:
    """What a voice finds out of a piece of which nothing is known."""
    return dict(conversion(VOICE).convert(replace(piece, known={}), settings).known)


@pytest.mark.parametrize("change", [{}, {"pauses": "silent"}, {"pitch_method": "dio"}, {"formant": 2.0}])
def test_another_voice_sounds_the_same_whether_the_atom_is_known_or_not(change: dict[str, Any]) -> None:
    piece, first = whole(TALK, VOICE.rate), RvcSettings(**change)
    known = learnt(piece, first)
    second = replace(first, transpose=5.0, index_rate=0.2, seed=9)
    voice, ears = overheard(VOICE)
    converted = voice.convert(replace(piece, known=known), second)
    np.testing.assert_array_equal(converted.samples, conversion(VOICE).convert(piece, second).samples)
    assert not {"content", "peaks"} & ears.told.keys()
    assert converted.known == {}
    assert {"content, known", "pitch, known"} <= converted.stages.keys()
    assert not {"content", "pitch"} & converted.stages.keys()


def test_windows_of_long_atoms_are_known_each() -> None:
    piece = whole(LONG, VOICE.rate)
    known = learnt(piece, RvcSettings())
    assert sum(name.startswith("content") for name in known) > 1
    converted = conversion(VOICE).convert(replace(piece, known=known), RvcSettings())
    np.testing.assert_array_equal(converted.samples, conversion(VOICE).convert(piece, RvcSettings()).samples)


def test_what_was_known_of_another_stretch_is_found_out_again() -> None:
    other = learnt(whole(spoken(0.6), VOICE.rate), RvcSettings())
    piece = whole(TALK, VOICE.rate)
    converted = conversion(VOICE).convert(replace(piece, known=other), RvcSettings())
    np.testing.assert_array_equal(converted.samples, conversion(VOICE).convert(piece, RvcSettings()).samples)
    assert learnt(piece, RvcSettings()).keys() <= converted.known.keys()


def test_what_is_too_short_is_not_taken_for_what_was_heard() -> None:
    piece = whole(spoken(0.6), VOICE.rate)
    known = {name: array[:-1] for name, array in learnt(piece, RvcSettings()).items()}
    converted = conversion(VOICE).convert(replace(piece, known=known), RvcSettings())
    np.testing.assert_array_equal(converted.samples, conversion(VOICE).convert(piece, RvcSettings()).samples)


def test_where_nobody_will_ask_nothing_is_found_out_for_others() -> None:
    assert conversion(VOICE).convert(whole(spoken(0.6), VOICE.rate), RvcSettings()).known == {}


def _means(recipe: dict[str, Any] | None = None, **settings: Any) -> str | None:
    return ENGINE.in_common({**RECIPE, **(recipe or {})}, {"precision": "fp32", **settings})


def test_voices_have_in_common_what_does_not_depend_on_them() -> None:
    assert _means() == _means({"package": "d" * 64, "rate": 48_000, "speakers": 3})
    assert _means() == _means(transpose=3.0, seed=4, index_rate=0.1, protect=0.5, formant=1.0, pitch_low=70.0)


@pytest.mark.parametrize(
    ("recipe", "settings"),
    [
        ({"encoder": "e" * 64}, {}), ({"content": 256}, {}), ({"pitch_model": "f" * 64}, {}),
        ({"has_pitch": False}, {}),
        ({}, {"pitch_method": "dio"}), ({}, {"pauses": "silent"}), ({}, {"precision": "bf16"}),
    ],
)  # fmt: skip
def test_what_is_found_by_other_means_is_kept_apart(recipe: dict[str, Any], settings: dict[str, Any]) -> None:
    assert _means() != _means(recipe, **settings)


def test_limits_of_the_pitch_matter_to_finders_that_listen_within_them() -> None:
    assert _means(pitch_method="dio") != _means(pitch_method="dio", pitch_low=70.0)


def test_nothing_is_kept_while_it_is_open_what_numbers_it_is_computed_in() -> None:
    assert ENGINE.in_common(RECIPE, {"precision": "auto"}) is None
