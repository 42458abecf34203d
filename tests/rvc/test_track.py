import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.engines.rvc.phase import FRAMES_PER_SECOND, Phased, phased
from workers.engines.rvc.resampling import needed
from workers.engines.rvc.track import Track, at_their_speed, plain_track, stretched_track

FRAME = 48
WIDTH = 3
RATIOS = st.sampled_from([0.5, 0.8, 0.9438743, 1.0594631, 1.3, 2.0])
#: The absolute frame at which a strip begins; for the first atoms it is before the recording's beginning.
STARTS = st.integers(-224, 10**6)


def strip(frames: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A latent, and a pitch that glides and pauses."""
    rng = np.random.default_rng(seed)
    pitch = 200.0 * 2.0 ** (rng.normal(0.0, 0.01, frames).cumsum())
    pitch[(np.arange(frames) // 40) % 3 == 2] = 0.0
    return rng.standard_normal((frames, WIDTH)).astype(np.float32), pitch


def stretched(ratio: float, start: int, frames: int = 500, first: int = 220, last: int = 280, seed: int = 0) -> Track:
    latent, pitch = strip(frames, seed)
    return stretched_track(latent, phased(pitch, start), start, first, last, ratio, FRAME)


def test_a_plain_track_is_left_as_it_was_given() -> None:
    latent, pitch = strip(50)
    sine = phased(pitch, 7)
    made = plain_track(latent, sine, 7, 10, 20)
    assert (made.start, made.first, made.last) == (7, 10, 20)
    assert made.latent is latent
    assert made.sine is sine


@given(RATIOS, STARTS)
def test_the_wanted_frames_hold_everything_the_output_is_read_from(ratio: float, start: int) -> None:
    made = stretched(ratio, start)
    begins, ends = needed(ratio, (start + 220) * FRAME, (start + 280) * FRAME)
    assert (made.start + made.first) * FRAME <= begins
    assert (made.start + made.last) * FRAME >= ends
    assert 0 <= made.first < made.last <= len(made.latent) == len(made.sine.f0) == len(made.sine.phase)
    assert made.last - made.first == pytest.approx(60 * ratio, abs=2.0 + 2.0 * 54.0 * max(ratio, 1.0) / FRAME)


@given(RATIOS, STARTS)
def test_a_straight_latent_stays_straight_and_keeps_its_time(ratio: float, start: int) -> None:
    """Frame n of a track that is denser by the ratio stands for the time of its middle."""
    latent = np.arange(500, dtype=np.float32)[:, None] + np.zeros((1, WIDTH), np.float32)
    silent = Phased(np.zeros(500), np.zeros(500))
    made = stretched_track(latent, silent, start, 220, 280, ratio, FRAME)
    numbers = made.start + np.arange(made.first, made.last)
    wanted = (numbers + 0.5) / ratio - 0.5 - start
    np.testing.assert_allclose(made.latent[made.first : made.last, 0], wanted, atol=1e-3)


@given(RATIOS, STARTS)
def test_the_sine_advances_without_a_jump_and_slower_by_the_ratio(ratio: float, start: int) -> None:
    made = stretched(ratio, start)
    phase, f0 = made.sine.phase, made.sine.f0
    both = (f0[1:] > 0.0) & (f0[:-1] > 0.0)
    # A frame continues the one before it only within a voiced run of the strip.
    step = (phase[:-1] + f0[:-1] / FRAMES_PER_SECOND - phase[1:])[both]
    assert np.abs(step - np.round(step)).max(initial=0.0) < 1e-6
    assert ((phase >= 0.0) & (phase < 1.0)).all()
    assert not phase[f0 == 0.0].any()


@given(RATIOS, st.floats(60.0, 900.0), STARTS)
def test_a_held_pitch_is_lower_by_the_ratio(ratio: float, hertz: float, start: int) -> None:
    sine = phased(np.full(500, hertz), start)
    made = stretched_track(np.zeros((500, WIDTH), np.float32), sine, start, 220, 280, ratio, FRAME)
    read = made.sine.f0[made.first : made.last] * ratio
    np.testing.assert_allclose(read, hertz, rtol=0.01)


@given(RATIOS, st.integers(0, 30).map(lambda n: 2 * n))
def test_atoms_that_are_cut_apart_have_the_same_frames_where_they_meet(ratio: float, cut: int) -> None:
    latent, pitch = strip(900)
    whole = stretched_track(latent, phased(pitch, 0), 0, 400, 460, ratio, FRAME)
    part = stretched_track(latent[cut:], phased(pitch[cut:], cut), cut, 400 - cut, 460 - cut, ratio, FRAME)
    assert part.start + part.first == whole.start + whole.first
    assert part.last - part.first == whole.last - whole.first
    mine, theirs = slice(part.first, part.last), slice(whole.first, whole.last)
    np.testing.assert_allclose(part.latent[mine], whole.latent[theirs], atol=1e-4)
    np.testing.assert_allclose(part.sine.f0[mine], whole.sine.f0[theirs], atol=1e-6)
    turned = part.sine.phase[mine] - whole.sine.phase[theirs]
    assert np.abs(turned - np.round(turned)).max() < 1e-6


@given(RATIOS, st.integers(0, 50), st.integers(1, 700))
def test_reading_gives_exactly_the_samples_asked_for_and_the_tone_at_its_own_pitch(
    ratio: float, start: int, count: int
) -> None:
    """A tone made slower by the ratio is heard at its own pitch, wherever reading begins."""
    begin = (start + 220) * FRAME
    made = stretched(ratio, start)
    places = np.arange((made.start + made.first) * FRAME, (made.start + made.last) * FRAME)
    slow = np.sin(2.0 * np.pi * 0.03 * places / ratio).astype(np.float32)
    read = at_their_speed(slow, made, ratio, FRAME, begin, begin + count)
    np.testing.assert_allclose(read, np.sin(2.0 * np.pi * 0.03 * np.arange(begin, begin + count)), atol=2e-3)
