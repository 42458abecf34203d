"""Resampling keeps the exact length, does not shift the sound, and does not depend on how its input is cut."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.audio.grid import resampled_length
from storage.audio.resample import StreamResampler
from testing.sounds import Samples, noise, tone

RATES = [8_000, 11_025, 16_000, 22_050, 32_000, 40_000, 44_100, 44_101, 48_000, 96_000, 192_000]


def resampled(samples: Samples, rate_in: int, rate_out: int, cuts: list[int]) -> Samples:
    stream = StreamResampler(rate_in, rate_out)
    parts = [stream.push(piece) for piece in np.split(samples, cuts)]
    return np.concatenate([*parts, stream.finish()])


@settings(max_examples=60, deadline=None)
@given(
    rate_in=st.sampled_from(RATES),
    rate_out=st.sampled_from(RATES),
    frames=st.integers(1, 12_000),
    fractions=st.lists(st.floats(0, 1), max_size=5),
)
def test_length_is_exact_and_cuts_change_nothing(
    rate_in: int, rate_out: int, frames: int, fractions: list[float]
) -> None:
    samples = noise(frames)[:, 0]
    whole = resampled(samples, rate_in, rate_out, [])
    assert len(whole) == resampled_length(frames, rate_in, rate_out)
    cuts = sorted(int(fraction * frames) for fraction in fractions)
    np.testing.assert_array_equal(resampled(samples, rate_in, rate_out, cuts), whole)


@pytest.mark.parametrize("block", [1, 7, 640, 4096, 88_200])
def test_blocks_of_any_size_give_the_same_bits(block: int) -> None:
    frames = 3_000 if block == 1 else 200_003
    samples = noise(frames)[:, 0]
    cuts = list(range(block, frames, block))
    np.testing.assert_array_equal(
        resampled(samples, 44_100, 16_000, cuts), resampled(samples, 44_100, 16_000, [frames // 3])
    )


@pytest.mark.parametrize(("rate_in", "rate_out"), [(44_100, 16_000), (16_000, 40_000), (48_000, 16_000)])
def test_sound_keeps_its_place_in_time(rate_in: int, rate_out: int) -> None:
    """A tone comes out in phase, so there is no delay."""
    out = resampled(tone(rate_in, rate_in), rate_in, rate_out, [])
    assert np.max(np.abs(out - tone(rate_out, rate_out))[500:-500]) < 2e-4


def test_equal_rates_pass_everything_through_untouched() -> None:
    samples = noise(1_000)[:, 0]
    np.testing.assert_array_equal(resampled(samples, 16_000, 16_000, [1, 1, 400]), samples)


@pytest.mark.parametrize("channels", [2, 7])
@pytest.mark.parametrize(("rate_in", "rate_out"), [(44_100, 16_000), (48_000, 48_000), (16_000, 96_000)])
def test_each_of_many_channels_comes_out_as_it_does_alone(channels: int, rate_in: int, rate_out: int) -> None:
    samples = noise(10_001, channels)
    stream = StreamResampler(rate_in, rate_out, channels)
    together = np.concatenate([*(stream.push(piece) for piece in np.split(samples, [1, 4_000])), stream.finish()])
    for channel in range(channels):
        alone = resampled(samples[:, channel], rate_in, rate_out, [])
        np.testing.assert_array_equal(together[:, channel], alone)


def test_no_input_gives_no_output() -> None:
    assert StreamResampler(44_100, 44_100, 3).finish().shape == (0, 3)
    assert len(StreamResampler(44_100, 16_000).finish()) == 0
