"""The comparison of pitch tracks that `bench.quality` prints."""

import numpy as np

from testing.pitch_likeness import compare

TRACK = np.array([0.0, 100.0, 110.0, 120.0, 0.0, 200.0])


def test_a_track_moved_as_requested_is_right() -> None:
    found = compare(TRACK, TRACK * 2.0, 12.0)
    assert found.voiced_in_both == 1.0
    assert found.median_cents < 1e-9
    assert found.other_notes == 0.0


def test_a_track_that_was_not_moved_is_another_note_everywhere() -> None:
    assert compare(TRACK, TRACK, 12.0).other_notes == 1.0


def test_frames_voiced_in_only_one_track_count_against_it() -> None:
    silent = TRACK.copy()
    silent[1] = 0.0
    assert compare(TRACK, silent, 0.0).voiced_in_both == 0.75


def test_a_silent_result_is_no_likeness_at_all() -> None:
    found = compare(TRACK, np.zeros(6), 0.0)
    assert (found.voiced_in_both, found.other_notes) == (0.0, 1.0)
