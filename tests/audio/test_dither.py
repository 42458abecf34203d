"""Rounding to fewer bits adds even noise and no distortion, and does not depend on how the samples came in."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from storage.audio.dither import dithered, triangular
from storage.audio.write import Stored, open_result
from testing.sounds import Samples

RATE = 48_000
#: Cycles in a second, so that a tone falls on one line of the spectrum.
HERTZ = 1_000


def quiet_tone(seconds: float = 1.0, decibels: float = -90.0) -> Samples:
    moments = np.arange(round(seconds * RATE)) / RATE
    return (10 ** (decibels / 20) * np.sin(2 * np.pi * HERTZ * moments)).astype(np.float32)


def written(path: Path, samples: Samples, size: int, subtype: str = "PCM_16", *, dither: bool = True) -> Samples:
    with open_result(
        path, rate=RATE, format=path.suffix, frames=len(samples), stored=Stored(subtype, dither)
    ) as result:
        for at in range(0, len(samples), size):
            result.write(samples[at : at + size])
    values, _ = soundfile.read(path, dtype="float64")
    return np.asarray(values)


def lines(samples: Samples) -> dict[int, float]:
    """The level of the tone and of its harmonics, in decibels of full scale."""
    spectrum = np.abs(np.fft.rfft(samples)) / len(samples) * 2
    return {number: 20 * np.log10(max(spectrum[number * HERTZ], 1e-12)) for number in range(1, 10)}


def test_a_tone_below_the_last_bit_comes_out_whole_and_without_harmonics(tmp_path: Path) -> None:
    levels = lines(written(tmp_path / "a.wav", quiet_tone(), RATE))
    assert levels[1] == pytest.approx(-90.0, abs=0.5)
    # Below this there is only noise, which one line of a second's spectrum has -130 dB of.
    assert max(levels[number] for number in range(2, 10)) < -120.0


def test_without_noise_the_same_tone_is_distorted(tmp_path: Path) -> None:
    """Otherwise the test above would show nothing."""
    levels = lines(written(tmp_path / "a.wav", quiet_tone(), RATE, dither=False))
    assert max(levels[number] for number in range(2, 10)) > -110.0


@pytest.mark.parametrize(("subtype", "bits"), [("PCM_16", 16), ("PCM_24", 24)])
def test_the_noise_is_even_and_of_the_level_that_triangular_noise_has(tmp_path: Path, subtype: str, bits: int) -> None:
    samples = (0.3 * np.sin(2 * np.pi * 997 * np.arange(RATE) / RATE)).astype(np.float32)
    step = 2.0 ** (1 - bits)
    error = (written(tmp_path / "a.wav", samples, RATE, subtype) - samples) / step
    # A twelfth for rounding, a sixth for the noise.
    assert np.var(error) == pytest.approx(0.25, rel=0.05)
    assert abs(np.mean(error)) < 0.01
    halves = np.split(error, 2)
    assert np.var(halves[0]) == pytest.approx(np.var(halves[1]), rel=0.1)


def test_the_noise_does_not_move_with_the_sound() -> None:
    for level in (0.0, 0.25, 0.5):
        block = np.full(100_000, level * 2.0**-15, np.float32)
        error = (dithered(block, 0, 16) >> 16) - level
        assert np.mean(error) == pytest.approx(0.0, abs=0.01)
        assert np.var(error) == pytest.approx(0.25, rel=0.05)


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_how_the_samples_came_in_makes_no_difference(kind: str, tmp_path: Path) -> None:
    samples = quiet_tone(3.1, -20.0)
    files = []
    for size in (len(samples), 10_007, 65_536):
        written(tmp_path / f"{size}.{kind}", samples, size)
        files.append((tmp_path / f"{size}.{kind}").read_bytes())
    assert files[0] == files[1] == files[2]


@pytest.mark.parametrize("start", [0, 1, 3, 4, 1_000_003, 1 << 40])
def test_a_sample_has_the_same_noise_wherever_a_block_begins(start: int) -> None:
    whole = triangular(start, 50)
    np.testing.assert_array_equal(np.concatenate([triangular(start, 13), triangular(start + 13, 37)]), whole)
    assert np.all(np.abs(whole) < 1.0)


def test_channels_have_noise_of_their_own() -> None:
    two = dithered(np.zeros((1_000, 2), np.float32), 0, 16) >> 16
    assert abs(np.corrcoef(two[:, 0], two[:, 1])[0, 1]) < 0.1
    np.testing.assert_array_equal(two[:, 0], dithered(np.zeros(1_000, np.float32), 0, 16) >> 16)


def test_full_scale_does_not_wrap(tmp_path: Path) -> None:
    samples = np.tile(np.array([1.0, -1.0], np.float32), 1_000)
    values = written(tmp_path / "a.wav", samples, 2_000)
    np.testing.assert_allclose(values, samples, atol=4 * 2.0**-15)


@pytest.mark.parametrize(("subtype", "bits"), [("PCM_16", 16), ("PCM_24", 24)])
@pytest.mark.parametrize("format_", ["wav", "flac"])
def test_without_noise_samples_become_the_nearest_whole_numbers(
    tmp_path: Path, format_: str, subtype: str, bits: int
) -> None:
    full = 2.0 ** (bits - 1)
    steps = np.array([0.4, 0.6, -0.4, -0.6, 100.3, -100.3, 100.7, -100.7, full - 1, full, -full, 7.0])
    values = written(tmp_path / f"a.{format_}", (steps / full).astype(np.float32), 5, subtype, dither=False) * full
    assert values.tolist() == [0, 1, 0, -1, 100, -100, 101, -101, full - 1, full - 1, -full, 7]


def test_where_nothing_is_lost_the_bytes_are_those_without_noise(tmp_path: Path) -> None:
    written(tmp_path / "a.wav", quiet_tone(0.1, -6.0), 999, dither=False)
    with open_result(tmp_path / "b.wav", rate=RATE, format="wav", frames=4_800) as result:
        result.write(quiet_tone(0.1, -6.0))
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
