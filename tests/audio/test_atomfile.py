"""An atom comes back as it was stored, or not at all."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage.audio.atomfile import decode, encode
from storage.errors import AudioError
from tests.audio.sounds import encoded, noise, tone

RATE = 16_000
STEP = 2.0**-23  # of 24-bit samples within full scale
ATOM = encode(np.add(tone(9_000, RATE), noise(9_000)[:, 0], dtype=np.float32), RATE)


@settings(max_examples=40, deadline=None)
@given(
    frames=st.integers(1, 20_000), rate=st.sampled_from([16_000, 40_000, 48_000, 44_101]), loudest=st.floats(1e-9, 1e6)
)
@example(frames=1, rate=16_000, loudest=1.0)
@example(frames=16, rate=16_000, loudest=3.0)
def test_samples_return_within_half_a_step_of_their_own_scale(frames: int, rate: int, loudest: float) -> None:
    samples = noise(frames)[:, 0]
    samples *= np.float32(loudest) / np.max(np.abs(samples))
    returned, returned_rate = decode(encode(samples, rate))
    assert returned_rate == rate
    assert returned.dtype == np.float32
    scale = max(1.0, 2.0 ** np.ceil(np.log2(np.max(np.abs(samples)))))
    assert np.max(np.abs(returned - samples)) <= scale * STEP


def test_full_scale_is_not_scaled_down() -> None:
    """What 24 bits hold exactly comes back exactly, next to a sample of 1.0."""
    samples = np.array([-1.0, 1.0, 0.5, STEP, -STEP, 0.0], np.float32)
    returned, _ = decode(encode(samples, RATE))
    np.testing.assert_array_equal(returned[[0, 2, 3, 4, 5]], samples[[0, 2, 3, 4, 5]])
    assert returned[1] == np.float32(1 - STEP)


def test_peaks_beyond_full_scale_survive() -> None:
    samples = np.array([3.0, -3.0, 0.25, 0.0], np.float32)
    np.testing.assert_array_equal(decode(encode(samples, RATE))[0], samples)


def test_same_samples_give_the_same_bytes() -> None:
    samples = noise(30_000)[:, 0]
    assert encode(samples, RATE) == encode(samples.copy(), RATE)


def test_silence_is_small() -> None:
    assert len(encode(np.zeros(30 * RATE, np.float32), RATE)) < 12_000


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused_with_its_place(bad: float) -> None:
    samples = noise(100)[:, 0]
    samples[42] = bad
    with pytest.raises(AudioError, match="NaN or infinity at sample 42"):
        encode(samples, RATE)


def test_nothing_is_refused() -> None:
    with pytest.raises(AudioError, match="without samples"):
        encode(np.empty(0, np.float32), RATE)


@pytest.mark.parametrize("kept", [0, 3, 41, 42, 100, 200, 5_000, len(ATOM) - 1])
def test_truncated_atom_is_refused(kept: int) -> None:
    with pytest.raises(AudioError, match="An atom is damaged"):
        decode(ATOM[:kept])


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, len(ATOM) - 1), mask=st.integers(1, 255))
def test_changed_byte_is_noticed_or_harmless(place: int, mask: int) -> None:
    """Some bytes, such as the name of the encoder, carry nothing."""
    expected, _ = decode(ATOM)
    content = bytearray(ATOM)
    content[place] ^= mask
    try:
        returned, rate = decode(bytes(content))
    except AudioError as refused:
        assert str(refused).startswith("An atom is damaged")  # noqa: PT017 - either outcome is fine
        return
    assert rate == RATE
    np.testing.assert_array_equal(returned, expected)


@pytest.mark.parametrize("place", [18, 19, 24, 25], ids=["rate", "rate", "frames", "frames"])
def test_lying_header_is_noticed(place: int) -> None:
    content = bytearray(ATOM)
    content[place] ^= 0x10
    with pytest.raises(AudioError, match="An atom is damaged"):
        decode(bytes(content))


def test_any_other_flac_is_no_atom() -> None:
    with pytest.raises(AudioError, match="the line that every atom carries is missing"):
        decode(encoded(tone(100, RATE), RATE, "FLAC", "PCM_24"))
