import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.engines.rvc.resampling import needed, speed_up

RATIOS = [0.5, 2.0 ** (-5 / 12), 2.0 ** (1 / 12), 2.0 ** (7 / 12), 2.0]


def tone(frequency: float, first: int, last: int) -> npt.NDArray[np.float32]:
    """A sine with this many cycles per sample, by absolute position."""
    return np.asarray(np.sin(2.0 * np.pi * frequency * np.arange(first, last)), np.float32)


def read(frequency: float, ratio: float, first: int, last: int) -> npt.NDArray[np.float32]:
    begins, ends = needed(ratio, first, last)
    return speed_up(tone(frequency, begins, ends), ratio, first, last, begins)


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("share", [0.01, 0.3, 0.75])
def test_a_tone_is_read_at_its_exact_places(ratio: float, share: float) -> None:
    frequency = share * 0.5 / max(ratio, 1.0)
    expected = np.sin(2.0 * np.pi * frequency * ratio * np.arange(-500, 2500))
    np.testing.assert_allclose(read(frequency, ratio, -500, 2500), expected, atol=2e-4)


@pytest.mark.parametrize("ratio", [2.0 ** (3 / 12), 2.0])
def test_frequencies_that_would_be_lifted_too_high_are_filtered_out(ratio: float) -> None:
    assert np.abs(read(0.5 * 1.02 / ratio, ratio, 0, 3000)).max() < 3e-4


@given(
    st.sampled_from(RATIOS),
    st.integers(-20_000, 10**9),
    st.integers(0, 9_000),
    st.integers(1, 200),
    st.integers(0, 200),
)
def test_where_the_signal_is_cut_makes_no_difference(
    ratio: float, first: int, before: int, length: int, after: int
) -> None:
    def cut(start: int, stop: int, more: int) -> npt.NDArray[np.float32]:
        begins, ends = needed(ratio, start, stop)
        return speed_up(tone(0.0317, begins - more, ends + more), ratio, start, stop, begins - more)

    whole = cut(first, first + before + length + after, 0)
    part = cut(first + before, first + before + length, 13)
    np.testing.assert_array_equal(part, whole[before : before + length])


@pytest.mark.parametrize("ratio", RATIOS)
def test_a_constant_stays_constant(ratio: float) -> None:
    begins, ends = needed(ratio, 0, 1000)
    out = speed_up(np.full(ends - begins, 0.5, np.float32), ratio, 0, 1000, begins)
    np.testing.assert_allclose(out, 0.5, atol=1e-6)


def test_beyond_its_ends_a_signal_is_silent() -> None:
    out = speed_up(np.ones(10, np.float32), 1.5, -200, 300, 0)
    assert out.shape == (500,)
    assert not out[:100].any()
    assert not out[-200:].any()
    assert out[200:206].any()
    assert not speed_up(np.zeros(0, np.float32), 1.5, 0, 50, 0).any()
