"""The high-pass equals a Butterworth filter run both ways, however its input is cut."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.audio.highpass import ZeroPhaseHighPass
from testing.sounds import Samples, noise, tone

RATE = 16_000


def filtered(samples: Samples, cuts: list[int], rate: int = RATE) -> Samples:
    stream = ZeroPhaseHighPass(rate)
    parts = [stream.push(piece) for piece in np.split(samples, cuts)]
    return np.concatenate([*parts, stream.finish()])


def sections(rate: int) -> list[tuple[list[float], list[float]]]:
    """The 5th-order Butterworth high-pass at 48 Hz as one first-order and two second-order sections."""
    warped = math.tan(math.pi * 48 / rate)
    one = 1 + warped
    found = [([1 / one, -1 / one, 0.0], [(warped - 1) / one, 0.0])]
    for damping in (2 * math.cos(math.pi / 5), 2 * math.cos(2 * math.pi / 5)):
        scale = 1 + damping * warped + warped**2
        found.append(
            (
                [1 / scale, -2 / scale, 1 / scale],
                [2 * (warped**2 - 1) / scale, (1 - damping * warped + warped**2) / scale],
            )
        )
    return found


def recursive(samples: npt.NDArray[np.float64], rate: int) -> npt.NDArray[np.float64]:
    """The textbook recursion, sample by sample."""
    values = samples.tolist()
    for (b0, b1, b2), (a1, a2) in sections(rate):
        first = second = 0.0
        for at, value in enumerate(values):
            out = b0 * value + first
            first, second = b1 * value - a1 * out + second, b2 * value - a2 * out
            values[at] = out
    return np.array(values)


def test_it_equals_the_recursion_run_forwards_and_backwards() -> None:
    """Half a second of silence at both ends lets the recursion ring out."""
    samples = noise(6 * RATE + 77)[:, 0] + np.float32(0.3)
    padded = np.pad(samples.astype(np.float64), RATE // 2)
    expected = recursive(recursive(padded, RATE)[::-1], RATE)[::-1][RATE // 2 : -RATE // 2]
    two_steps_of_24_bits = 2.0**-22
    assert np.max(np.abs(filtered(samples, []) - expected)) < two_steps_of_24_bits


@settings(max_examples=15, deadline=None)
@given(frames=st.integers(0, 150_000), fractions=st.lists(st.floats(0, 1), max_size=6))
def test_length_is_kept_and_cuts_change_nothing(frames: int, fractions: list[float]) -> None:
    samples = noise(frames)[:, 0]
    whole = filtered(samples, [])
    assert len(whole) == frames
    cuts = sorted(int(fraction * frames) for fraction in fractions)
    np.testing.assert_array_equal(filtered(samples, cuts), whole)


def test_later_sound_does_not_change_what_came_long_before() -> None:
    """A recording and its beginning agree to the bit, except within the filter's reach of the end."""
    samples = noise(10 * RATE)[:, 0]
    np.testing.assert_array_equal(filtered(samples, [])[: 3 * RATE], filtered(samples[: 9 * RATE], [])[: 3 * RATE])


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100])
def test_speech_passes_in_phase_and_rumble_does_not(rate: int) -> None:
    speech, rumble = tone(6 * rate, rate, 200.0), tone(6 * rate, rate, 10.0)
    middle = slice(rate, 5 * rate)
    assert np.max(np.abs(filtered(speech, [], rate) - speech)[middle]) < 1e-6
    assert np.max(np.abs(filtered(rumble, [], rate)[middle])) < 1e-6
    at_corner = filtered(tone(6 * rate, rate, 48.0), [], rate)[middle]
    assert np.max(np.abs(at_corner)) == pytest.approx(0.15, rel=0.01)


def test_a_constant_offset_is_removed() -> None:
    assert np.max(np.abs(filtered(np.ones(6 * RATE, np.float32), [])[RATE:-RATE])) < 1e-6
