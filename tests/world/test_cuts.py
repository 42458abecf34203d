"""Cuts in a recording must not be heard, not even in the middle of a held vowel."""

import numpy as np
import pytest

from tests.world.recordings import RATE, convert_in_atoms, converted, correlation, singing_and_speech
from workers.engines.samples import Samples
from workers.engines.world.frames import HOP

SECONDS = 40.0

#: Samples in a grid cell; cuts fall between cells.
CELL = RATE // 50

#: Samples (5 ms) around a join that are searched for a click.
NEAR = HOP

#: Samples (0.25 s) around a join from which a click has to stand out.
AROUND = RATE // 4


def voiced_runs(pitch: np.ndarray) -> np.ndarray:
    """First and last 10 ms frame of every voiced run, longest first."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], pitch > 0.0, [False]])))
    runs = edges.reshape(-1, 2)
    return runs[np.argsort(runs[:, 0] - runs[:, 1])]


def on_grid(hundredths: int) -> int:
    return hundredths // 2 * CELL


def cuts_in_vowels(pitch: np.ndarray) -> list[int]:
    return sorted(on_grid((first + last) // 2) for first, last in voiced_runs(pitch)[:5])


def cuts_beside_vowels(pitch: np.ndarray) -> list[int]:
    return sorted(on_grid(last) for _, last in voiced_runs(pitch)[5:8])


def click(samples: Samples, join: int) -> float:
    """How far the signal's sharpest corner at the join stands above nearly all others around it.

    Corners are found by the fourth difference, which is small for voices and large for steps and kinks.
    """
    begin = max(0, join - AROUND)
    corners = np.abs(np.diff(samples[begin : join + AROUND].astype(np.float64), 4))
    beside = slice(join - begin - 2 - NEAR, join - begin - 2 + NEAR)
    elsewhere = np.delete(corners, beside)
    return float(corners[beside].max() / np.quantile(elsewhere, 0.999))


@pytest.mark.parametrize("name", ["bright", "whisper"])
def test_cutting_does_not_change_the_result(name: str) -> None:
    recording, pitch = singing_and_speech(SECONDS)
    cuts = sorted(cuts_in_vowels(pitch) + cuts_beside_vowels(pitch))
    uncut = converted(name, SECONDS)
    cut = convert_in_atoms(name, recording, cuts)
    assert len(cut) == len(recording)
    for join in cuts:
        around = slice(join - RATE // 2, join + RATE // 2)
        assert correlation(cut[around], uncut[around]) > 0.9999
    assert np.abs(cut - uncut).max() < 1e-5


def test_no_join_clicks() -> None:
    recording, pitch = singing_and_speech(SECONDS)
    cuts = cuts_in_vowels(pitch)
    cut = convert_in_atoms("bright", recording, cuts)
    assert max(click(cut, join) for join in cuts) < 1.1


def test_the_click_detector_hears_a_step() -> None:
    cuts = cuts_in_vowels(singing_and_speech(SECONDS)[1])
    stepped = converted("bright", SECONDS).copy()
    for join in cuts:
        stepped[join : join + RATE // 2] += np.float32(0.05)
    assert min(click(stepped, join) for join in cuts) > 2.0


def test_the_click_detector_hears_atoms_that_cannot_see_their_anchors() -> None:
    recording, pitch = singing_and_speech(SECONDS)
    cuts = cuts_in_vowels(pitch)
    torn = convert_in_atoms("bright", recording, cuts, context_seconds=0.1)
    assert sum(click(torn, join) > 2.0 for join in cuts) >= 2
