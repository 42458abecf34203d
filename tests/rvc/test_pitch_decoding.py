import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from workers.engines.rvc.peaks import decode, peaks

Salience = npt.NDArray[np.float32]
LIKELIHOODS = arrays.arrays(
    np.float32,
    st.tuples(st.integers(0, 8), st.sampled_from([1, 5, 9, 40, 360])),
    elements=st.floats(0.0, 1.0, width=32) | st.sampled_from([0.0, 0.03125, 1.0]),
)


def decoded_frame(frame: Salience) -> float:
    """One frame decoded by the plain formula: the mean cents of nine bins, with zeros beyond the ends."""
    padded = np.pad(frame.astype(np.float64), 4)
    cents = np.pad(20.0 * np.arange(len(frame)) + 1997.3794084376191, 4)
    likeliest = int(np.argmax(frame))
    if frame[likeliest] <= np.float32(0.03):
        return 0.0
    around = slice(likeliest, likeliest + 9)
    return float(10.0 * 2.0 ** (np.sum(padded[around] * cents[around]) / np.sum(padded[around]) / 1200.0))


@given(LIKELIHOODS)
def test_frames_decoded_together_equal_frames_decoded_alone(salience: Salience) -> None:
    expected = np.array([decoded_frame(frame) for frame in salience])
    np.testing.assert_allclose(decode(peaks(salience)), expected, rtol=1e-12)


@pytest.mark.parametrize("hertz", [33.0, 110.0, 440.0, 1046.5, 1900.0])
def test_a_hill_of_likelihood_gives_the_pitch_of_its_top(hertz: float) -> None:
    cents = 20.0 * np.arange(360) + 1997.3794084376191
    hill = np.exp(-(((cents - 1200.0 * np.log2(hertz / 10.0)) / 25.0) ** 2) / 2.0).astype(np.float32)
    assert abs(1200.0 * np.log2(decode(peaks(hill[None]))[0] / hertz)) < 3.0


def test_frames_without_a_likely_bin_are_unvoiced() -> None:
    salience = np.zeros((3, 360), np.float32)
    salience[1, 100], salience[2, 100] = 0.03, 0.0301
    assert (decode(peaks(salience)) > 0.0).tolist() == [False, False, True]
