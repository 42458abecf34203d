import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from workers.engines.rvc.phase import ANCHOR_STEP, FRAMES_PER_SECOND, phased

Track = npt.NDArray[np.float64]

#: Frames of context on each side of an atom: 2 s.
CONTEXT = 200


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    """Voiced and unvoiced runs of any length; the voiced ones wander in pitch."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    runs = []
    for length in draw(st.lists(st.integers(1, 700), min_size=1, max_size=7)):
        centre = rng.uniform(50.0, 1100.0)
        runs.append(centre * 2.0 ** (rng.normal(0.0, 0.05, length).cumsum() / 12.0))
        runs.append(np.zeros(draw(st.integers(0, 60))))
    return np.concatenate(runs)


def away_from_whole(cycles: Track) -> Track:
    return np.abs(cycles - np.round(cycles))


FIRST = st.integers(-300, 4_000_000)


@given(tracks(), FIRST)
def test_every_frame_begins_where_the_one_before_it_ended(f0: Track, first: int) -> None:
    made = phased(f0, first)
    both = (f0[1:] > 0.0) & (f0[:-1] > 0.0)
    step = made.phase[:-1] + made.f0[:-1] / FRAMES_PER_SECOND - made.phase[1:]
    assert away_from_whole(step[both]).max(initial=0.0) < 1e-9


@given(tracks(), FIRST)
def test_phases_are_fractions_of_a_cycle_and_unvoiced_frames_have_none(f0: Track, first: int) -> None:
    made = phased(f0, first)
    assert (made.phase >= 0.0).all()
    assert (made.phase < 1.0).all()
    assert not made.phase[f0 == 0.0].any()
    np.testing.assert_array_equal(made.f0 > 0.0, f0 > 0.0)


@given(tracks(), FIRST)
def test_every_voiced_anchor_begins_a_cycle(f0: Track, first: int) -> None:
    made = phased(f0, first)
    at_anchor = (np.arange(len(f0)) + first) % ANCHOR_STEP == 0
    assert not made.phase[at_anchor].any()


@given(tracks(), FIRST)
def test_only_whole_stretches_between_anchors_are_bent_and_by_half_a_cycle_at_most(f0: Track, first: int) -> None:
    made = phased(f0, first)
    place = np.arange(len(f0)) + first
    for stretch in np.unique(place // ANCHOR_STEP):
        inside = place // ANCHOR_STEP == stretch
        after = np.flatnonzero(inside)[-1] + 1
        whole = inside.sum() == ANCHOR_STEP and f0[inside].all() and after < len(f0) and f0[after] > 0.0
        if whole:
            bent = (made.f0[inside] - f0[inside]).sum() / FRAMES_PER_SECOND
            assert abs(bent) <= 0.5 + 1e-9
            assert abs((made.f0[inside] - f0[inside]).mean()) < 0.34
            np.testing.assert_allclose(made.f0[inside] / f0[inside], made.f0[inside][0] / f0[inside][0])
        else:
            np.testing.assert_array_equal(made.f0[inside], f0[inside])


@given(tracks(), FIRST, st.data())
def test_where_the_recording_is_cut_makes_no_difference(f0: Track, first: int, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(f0) - 1))
    end = data.draw(st.integers(begin + 1, len(f0)))
    left, right = max(begin - CONTEXT, 0), min(end + CONTEXT, len(f0))
    uncut, cut = phased(f0, first), phased(f0[left:right], first + left)
    np.testing.assert_array_equal(cut.f0[begin - left : end - left], uncut.f0[begin:end])
    np.testing.assert_array_equal(cut.phase[begin - left : end - left], uncut.phase[begin:end])


def test_a_run_that_meets_no_anchor_begins_at_zero_with_its_own_pitch() -> None:
    f0 = np.concatenate([np.zeros(5), np.full(100, 123.4), np.zeros(5)])
    made = phased(f0, 10)
    np.testing.assert_array_equal(made.f0, f0)
    np.testing.assert_allclose(made.phase[5:105], np.arange(100) * 1.234 % 1.0, atol=1e-12)


def test_no_pitch_means_no_phase() -> None:
    assert len(phased(np.zeros(0), 7).phase) == 0
    assert not phased(np.zeros(9), 7).phase.any()


def test_the_pitch_handed_in_is_left_as_it_was() -> None:
    f0 = np.full(400, 100.3)
    phased(f0, 0)
    assert (f0 == 100.3).all()
