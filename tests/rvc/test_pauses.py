from itertools import pairwise

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from testing.rvc.pieces import atoms, whole
from workers.engines.rvc.architecture import ANALYSIS_RATE, CONTENT_HOP, PITCH_HOP
from workers.engines.rvc.pauses import FADE, KEPT, WORTH_A_STOP, Gain, gains, parts, sounding, with_pauses
from workers.engines.rvc.strip import strip_of, wanted_frames

RATE = 24_000
FRAME = RATE // 100
#: The level between the sounding parts: room noise, 66 dB below full scale.
ROOM = 0.0005


def recording(parts: list[tuple[int, int]], frames: int) -> npt.NDArray[np.float32]:
    """Room noise, with a louder sound in these 10 ms frames."""
    noise = np.random.default_rng(0).uniform(-1.0, 1.0, frames * PITCH_HOP)
    level = np.full(frames, ROOM)
    for first, last in parts:
        level[first:last] = 0.2
    return np.asarray(noise * np.repeat(level, PITCH_HOP), np.float32)


def wanted_gain(samples: npt.NDArray[np.float32]) -> Gain:
    """The gain of every frame of an uncut recording."""
    piece = whole(samples, RATE)
    strip = strip_of(piece)
    first, last = wanted_frames(piece, strip)
    return gains(strip)[first:last]


def test_audible_sound_is_kept_with_the_breath_around_it_and_fades_in_and_out() -> None:
    gain = wanted_gain(recording([(200, 300)], 600))
    assert (gain[200 - KEPT + FADE : 300 + KEPT - FADE] == 1.0).all()
    assert (gain[: 200 - KEPT - FADE] == 0.0).all()
    assert (gain[300 + KEPT + FADE :] == 0.0).all()
    assert np.abs(np.diff(gain)).max() < 0.12


def test_a_short_pause_is_not_silenced() -> None:
    gain = wanted_gain(recording([(0, 200), (200 + 2 * KEPT, 600)], 600))
    assert (gain == 1.0).all()


parts_heard = st.lists(st.tuples(st.integers(0, 900), st.integers(1, 200)), max_size=4)


@given(parts_heard, st.lists(st.integers(1, 449), max_size=3, unique=True))
def test_every_cut_of_a_recording_has_the_same_pauses(heard: list[tuple[int, int]], cuts: list[int]) -> None:
    samples = recording([(first, first + count) for first, count in heard], 900)
    found = []
    for piece in atoms(samples, [cut * CONTENT_HOP for cut in sorted(cuts)], RATE):
        strip = strip_of(piece)
        first, last = wanted_frames(piece, strip)
        found.append(gains(strip)[first:last])
    np.testing.assert_array_equal(np.concatenate(found), wanted_gain(samples))


@given(parts_heard, st.integers(0, 300), st.integers(301, 900))
def test_the_stretches_hold_all_that_sounds_and_no_long_pause(
    heard: list[tuple[int, int]], first: int, last: int
) -> None:
    gain = np.zeros(1200, np.float32)
    for start, count in heard:
        gain[start : start + count] = 0.5
    stretches = sounding(gain, first, last)
    covered = np.zeros(len(gain), bool)
    for begin, end in stretches:
        assert first <= begin < end <= last
        assert gain[begin] > 0.0
        assert gain[end - 1] > 0.0
        assert not covered[begin:end].any()
        covered[begin:end] = True
        gap = longest_gap(gain[begin:end])
        assert gap < WORTH_A_STOP
    assert covered[first:last][gain[first:last] > 0.0].all()
    for (_, end), (begin, _) in pairwise(stretches):
        assert begin - end >= WORTH_A_STOP


def longest_gap(gain: Gain) -> int:
    sounds = np.flatnonzero(gain)
    return int(np.diff(sounds, prepend=sounds[0]).max(initial=1)) - 1


@given(parts_heard, st.lists(st.integers(1, 1499), max_size=3, unique=True))
def test_parts_of_an_atom_follow_one_another_and_hold_all_that_sounds(
    heard: list[tuple[int, int]], cuts: list[int]
) -> None:
    samples = recording([(first, first + count) for first, count in heard], 3000)
    for piece in atoms(samples, [cut * CONTENT_HOP for cut in sorted(cuts)], RATE):
        strip = strip_of(piece)
        gain = gains(strip)
        first, last = wanted_frames(piece, strip)
        found = parts(piece, strip, gain, FRAME)
        covered = np.zeros(len(gain), bool)
        at, out = piece.start, piece.out_start
        for part in found:
            assert at <= part.start < part.stop <= piece.stop
            assert out <= part.out_start < part.out_stop <= piece.out_stop
            assert part.out_stop - part.out_start == (part.stop - part.start) * RATE // ANALYSIS_RATE
            at, out = part.stop, part.out_stop
            begin, end = (sample // PITCH_HOP - strip.first_pitch_frame for sample in (part.start, part.stop))
            covered[begin:end] = True
        assert covered[first:last][gain[first:last] > 0.0].all()


def test_samples_follow_the_gain_wherever_they_begin() -> None:
    gain = wanted_gain(recording([(200, 300)], 600))
    ones = np.ones(600 * FRAME, np.float32)
    all_of_it = with_pauses(ones, gain, 0, FRAME)
    assert (all_of_it[200 * FRAME : 300 * FRAME] == 1.0).all()
    assert (all_of_it[: 150 * FRAME] == 0.0).all()
    some = with_pauses(ones[: 77 * FRAME], gain, 133 * FRAME + 7, FRAME)
    np.testing.assert_array_equal(some, all_of_it[133 * FRAME + 7 :][: len(some)])


def test_without_pauses_samples_stay_as_they_are() -> None:
    samples = np.random.default_rng(1).standard_normal(ANALYSIS_RATE).astype(np.float32)
    assert with_pauses(samples, np.ones(1000, np.float32), 5, FRAME) is samples
