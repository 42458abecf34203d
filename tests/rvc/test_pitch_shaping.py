import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from workers.engines.rvc.pitch_shaping import Pitch, autotuned, coarse, interpolated, shaped, transposed, within
from workers.engines.rvc.settings import NOTES, RvcSettings

TRACKS = arrays.arrays(np.float64, st.integers(0, 30), elements=st.just(0.0) | st.floats(32.0, 2000.0))
SCALES = {"chromatic": range(12), "major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}


def note(hertz: float | Pitch) -> Pitch:
    return np.asarray(69.0 + 12.0 * np.log2(np.asarray(hertz) / 440.0))


@given(TRACKS)
def test_default_settings_change_nothing_within_the_range(pitch: Pitch) -> None:
    expected = np.where((pitch >= 50.0) & (pitch <= 1100.0), pitch, 0.0)
    np.testing.assert_array_equal(shaped(pitch, RvcSettings()), expected)


def test_pitch_outside_the_range_becomes_unvoiced() -> None:
    assert within(np.array([0.0, 79.9, 80.0, 200.0, 400.0, 400.1]), 80.0, 400.0).tolist() == [0, 0, 80, 200, 400, 0]


@given(TRACKS, st.floats(-48.0, 48.0))
def test_transposing_moves_voiced_frames_by_semitones(pitch: Pitch, semitones: float) -> None:
    moved = transposed(pitch, semitones)
    voiced = pitch > 0.0
    np.testing.assert_allclose(note(moved[voiced]) - note(pitch[voiced]), semitones, atol=1e-9)
    assert not moved[~voiced].any()


@given(TRACKS, st.sampled_from(NOTES), st.sampled_from(("chromatic", "major", "minor")))
def test_full_autotune_sings_the_nearest_note_of_the_scale(pitch: Pitch, key: str, scale: str) -> None:
    tuned = autotuned(pitch, key, scale, 1.0)
    allowed = [n for n in range(-24, 150) if (n - NOTES.index(key)) % 12 in SCALES[scale]]
    for before, after in zip(pitch, tuned, strict=True):
        if before == 0.0:
            assert after == 0.0
            continue
        assert min(abs(note(after) - n) for n in allowed) < 1e-9
        assert abs(note(after) - note(before)) <= min(abs(note(before) - n) for n in allowed) + 1e-9


@given(TRACKS, st.floats(0.0, 1.0))
def test_autotune_goes_its_share_of_the_way_in_semitones(pitch: Pitch, strength: float) -> None:
    voiced = pitch > 0.0
    full = note(autotuned(pitch, "C", "major", 1.0)[voiced]) - note(pitch[voiced])
    part = note(autotuned(pitch, "C", "major", strength)[voiced]) - note(pitch[voiced])
    np.testing.assert_allclose(part, strength * full, atol=1e-9)


def test_autotune_knows_its_key() -> None:
    sharp = np.array([470.0])
    assert note(autotuned(sharp, "C", "major", 1.0))[0] == pytest.approx(71.0)
    assert note(autotuned(sharp, "F", "major", 1.0))[0] == pytest.approx(70.0)


def test_autotune_pulls_to_the_key_of_the_resulting_pitch() -> None:
    settings = RvcSettings(transpose=1.5, autotune=1.0, autotune_scale="major")
    assert note(shaped(np.array([440.0]), settings))[0] == pytest.approx(71.0)


def test_unvoiced_frames_are_interpolated_between_their_neighbours_when_asked() -> None:
    pitch = np.array([0.0, 100.0, 0.0, 0.0, 130.0, 2000.0, 0.0])
    filled = shaped(pitch, RvcSettings(unvoiced="interpolate"))
    np.testing.assert_allclose(filled, [100.0, 100.0, 110.0, 120.0, 130.0, 130.0, 130.0])
    assert shaped(pitch, RvcSettings()).tolist() == [0.0, 100.0, 0.0, 0.0, 130.0, 0.0, 0.0]


def test_filled_frames_glide_between_tuned_notes_and_are_not_tuned_themselves() -> None:
    settings = RvcSettings(unvoiced="interpolate", autotune=1.0)
    filled = shaped(np.array([225.0, 0.0, 435.0]), settings)
    np.testing.assert_allclose(filled, [220.0, 330.0, 440.0])


def test_without_voiced_frames_there_is_nothing_to_fill_in() -> None:
    assert interpolated(np.zeros(3)).tolist() == [0.0, 0.0, 0.0]
    assert shaped(np.zeros(0), RvcSettings(unvoiced="interpolate", autotune=1.0)).tolist() == []


@pytest.mark.parametrize(
    ("hertz", "step"), [(0.0, 1), (20.0, 1), (50.0, 1), (440.0, 122), (1100.0, 255), (4000.0, 255)]
)
def test_pitch_falls_on_the_steps_that_voices_know(hertz: float, step: int) -> None:
    assert coarse(np.array([hertz])).tolist() == [step]


@given(TRACKS)
def test_steps_follow_the_written_arithmetic(pitch: Pitch) -> None:
    low, high = (1127.0 * np.log(1.0 + edge / 700.0) for edge in (50.0, 1100.0))
    expected = []
    for hertz in pitch:
        mel = 1127.0 * np.log(1.0 + hertz / 700.0)
        step = (mel - low) * 254.0 / (high - low) + 1.0 if mel > 0.0 else 0.0
        expected.append(int(np.rint(min(max(step, 1.0), 255.0))))
    steps = coarse(pitch)
    assert steps.dtype == np.int64
    assert steps.tolist() == expected
