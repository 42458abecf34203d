from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from workers.engines.rvc.windows import LONGEST, OVERLAP, STEP, whole_steps, windows

#: Lengths of strips, up to three hours.
STRIPS = st.integers(1, 8500).map(lambda steps: steps * STEP)


@given(st.integers(1, 10**7))
def test_whole_steps_are_the_fewest_that_are_enough(frames: int) -> None:
    steps = whole_steps(frames)
    assert steps % STEP == 0
    assert frames <= steps < frames + STEP


@given(STRIPS)
def test_every_frame_is_believed_from_exactly_one_window(frames: int) -> None:
    made = windows(frames)
    assert made[0].core_first == 0
    assert made[-1].core_last == frames
    assert all(left.core_last == right.core_first for left, right in pairwise(made))
    assert all(w.first <= w.core_first < w.core_last <= w.last for w in made)


@given(STRIPS)
def test_all_windows_are_of_one_length_of_whole_steps_and_inside_the_strip(frames: int) -> None:
    made = windows(frames)
    (length,) = {w.last - w.first for w in made}
    assert length % STEP == 0
    assert length <= LONGEST
    assert made[0].first == 0
    assert made[-1].last == frames


@given(STRIPS)
def test_believed_frames_have_half_an_overlap_beside_them_unless_the_strip_ends(frames: int) -> None:
    for w in windows(frames):
        assert w.first == 0 or w.core_first - w.first >= OVERLAP // 2
        assert w.last == frames or w.last - w.core_last >= OVERLAP // 2


@given(STRIPS)
def test_no_more_windows_are_used_than_necessary(frames: int) -> None:
    made = windows(frames)
    assert len(made) == 1 or (len(made) - 1) * (LONGEST - OVERLAP) + OVERLAP < frames


def test_few_different_lengths_are_ever_asked_for() -> None:
    lengths = {w.last - w.first for steps in range(1, 9000, 7) for w in windows(steps * STEP)[:1]}
    assert len(lengths) <= LONGEST // STEP


def test_a_pitch_window_has_a_frame_count_that_halves_five_times() -> None:
    assert 2 * STEP % 32 == 0
