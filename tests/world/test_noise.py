import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from workers.engines.world.noise import white_noise

positions = st.integers(-5_000, 10**10)


@given(positions, st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_noise_depends_on_position_alone(start: int, before: int, length: int, after: int) -> None:
    long = white_noise(3, start, start + before + length + after)
    short = white_noise(3, start + before, start + before + length)
    np.testing.assert_array_equal(short, long[before : before + length])


def test_noise_has_unit_power_and_no_memory() -> None:
    noise = white_noise(0, 0, 200_000)
    assert abs(noise.mean()) < 0.01
    assert abs(noise.var() - 1.0) < 0.01
    assert abs(np.mean(noise[1:] * noise[:-1])) < 0.01


def test_seeds_give_unrelated_noise() -> None:
    assert abs(np.corrcoef(white_noise(1, 0, 100_000), white_noise(2, 0, 100_000))[0, 1]) < 0.02
