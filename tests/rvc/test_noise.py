import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.engines.rvc.noise import latent_noise, source_noise

POSITIONS = st.integers(-5_000_000, 10**10)
MANY = 1_000_000

SOURCE_BITS = [1060724592, 3206275527, 3208096198, 3167767444, 3218124144, 3216517514, 3199265287, 3199355463]
LATENT_BITS = [[1062393597, 1062156206, 3219475076], [1057765105, 1061443658, 1050503579]]


@given(POSITIONS, st.integers(0, 20_000), st.integers(0, 300), st.integers(0, 300))
def test_the_source_noise_depends_on_position_alone(start: int, before: int, length: int, after: int) -> None:
    long = source_noise(3, start, start + before + length + after)
    short = source_noise(3, start + before, start + before + length)
    np.testing.assert_array_equal(short, long[before : before + length])


@given(POSITIONS, st.integers(0, 50), st.integers(0, 50), st.sampled_from([1, 6, 7, 192]))
def test_the_latent_noise_depends_on_position_alone(start: int, before: int, length: int, width: int) -> None:
    long = latent_noise(3, start, start + before + length + 5, width)
    short = latent_noise(3, start + before, start + before + length, width)
    assert short.shape == (length, width)
    np.testing.assert_array_equal(short, long[before : before + length])


def test_the_numbers_are_normal() -> None:
    noise = source_noise(0, 0, MANY).astype(np.float64)
    assert abs(noise.mean()) < 0.005
    assert abs(noise.var() - 1.0) < 0.01
    assert abs((noise**3).mean()) < 0.02
    assert abs((noise**4).mean() - 3.0) < 0.04
    # Shares of a normal distribution within one, two and three standard deviations.
    for reach, share in ((1.0, 0.682689), (2.0, 0.954500), (3.0, 0.997300)):
        assert abs((np.abs(noise) < reach).mean() - share) < 0.003
    assert 4.3 < np.abs(noise).max() < 7.0


@pytest.mark.parametrize("lag", [1, 2, 3, 7, 8, 192])
def test_the_numbers_have_no_memory(lag: int) -> None:
    noise = source_noise(5, 0, MANY).astype(np.float64)
    assert abs(np.mean(noise[lag:] * noise[:-lag])) < 0.005
    assert abs(np.mean(noise[lag:] ** 2 * noise[:-lag] ** 2) - 1.0) < 0.02


def test_pairs_of_numbers_point_evenly_in_all_directions() -> None:
    pairs = source_noise(1, 0, MANY).astype(np.float64).reshape(-1, 2)
    turns, _ = np.histogram(np.arctan2(pairs[:, 1], pairs[:, 0]), bins=16, range=(-np.pi, np.pi))
    assert np.abs(turns / (MANY / 32) - 1.0).max() < 0.03


def correlation(one: npt.NDArray[np.float32], other: npt.NDArray[np.float32]) -> float:
    return abs(float(np.corrcoef(one, other)[0, 1]))


def test_seeds_and_uses_give_unrelated_noise() -> None:
    source = source_noise(1, 0, 100_000)
    assert correlation(source, source_noise(2, 0, 100_000)) < 0.015
    assert correlation(source, source_noise(2**64 - 1, 0, 100_000)) < 0.015
    assert correlation(source, latent_noise(1, 0, 1_000, 100).reshape(-1)) < 0.015


def test_the_numbers_never_change_between_releases() -> None:
    """Results are looked up by what determines them, on every machine, so the noise must never change by even a bit."""
    assert source_noise(7, -3, 5).view(np.uint32).tolist() == SOURCE_BITS
    assert latent_noise(7, 10**9, 10**9 + 2, 3).view(np.uint32).tolist() == LATENT_BITS
