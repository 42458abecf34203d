import numpy as np
import numpy.typing as npt
import pytest
import torch

from testing.rvc import tiny
from tests.rvc_torch.plain import PlainVoice
from workers.engines.rvc.architecture import SynthesizerSizes
from workers.engines.rvc.phase import phased
from workers.engines.rvc.stand_in import random_weights
from workers.engines.rvc.torch.generator import Source

Pitch = npt.NDArray[np.float64]


def made(sizes: SynthesizerSizes, phase: Pitch, f0: Pitch, noise: Pitch) -> npt.NDArray[np.float32]:
    source = Source(random_weights(sizes, 7), sizes.rate, sizes.frame, torch.device("cpu"))
    given = (torch.from_numpy(track.astype(np.float32))[None] for track in (phase, f0, noise))
    signal: npt.NDArray[np.float32] = source(*given)[0].numpy()
    return signal


@pytest.mark.parametrize("table", tiny.TABLES)
def test_it_is_the_sine_that_summing_sample_by_sample_gives(table: str) -> None:
    sizes = tiny.voice(table)
    rng = np.random.default_rng(0)
    f0 = np.where(np.arange(400) % 50 < 37, rng.uniform(55.0, 1100.0, 400), 0.0)
    noise = rng.standard_normal(400 * sizes.frame)
    phase = (np.cumsum(f0) - f0) / 100.0 % 1.0
    wanted = PlainVoice(random_weights(sizes, 7), sizes).source(f0, noise)
    assert tiny.relative_error(made(sizes, phase, f0, noise), wanted) <= 1e-5


def test_unvoiced_frames_are_noise_alone_and_ten_times_as_loud() -> None:
    sizes = tiny.voice()
    noise = np.random.default_rng(0).standard_normal(40 * sizes.frame)
    f0 = np.repeat([0.0, 200.0], 20)
    weights = random_weights(sizes, 7)
    weight, bias = (weights[f"dec.m_source.l_linear.{part}"].item() for part in ("weight", "bias"))
    loud = made(sizes, np.zeros(40), f0, noise)
    quiet = made(sizes, np.zeros(40), f0, np.zeros_like(noise))
    unvoiced = 20 * sizes.frame
    np.testing.assert_allclose(quiet[:unvoiced], np.tanh(bias), atol=1e-7)
    np.testing.assert_allclose(np.arctanh(loud[:unvoiced]), bias + weight * noise[:unvoiced] / 30.0, atol=1e-6)
    difference = np.arctanh(loud[unvoiced:].astype(np.float64)) - np.arctanh(quiet[unvoiced:].astype(np.float64))
    np.testing.assert_allclose(difference, weight * 0.003 * noise[unvoiced:], atol=1e-6)


def test_an_hour_into_a_recording_the_sine_is_as_clean_as_at_its_beginning() -> None:
    """A single-precision sum over the whole recording would have lost its phase long before."""
    sizes = tiny.voice("48k v2")
    first = 360_000
    f0 = np.full(900, 433.3)
    sine = phased(f0, first)
    signal = made(sizes, sine.phase, sine.f0, np.zeros(900 * sizes.frame)).astype(np.float64)
    weights = random_weights(sizes, 7)
    weight, bias = (weights[f"dec.m_source.l_linear.{part}"].item() for part in ("weight", "bias"))
    bare = (np.arctanh(signal) - bias) / weight
    assert np.abs(bare).max() == pytest.approx(0.1, abs=1e-5)
    # A sine obeys y[n+1] + y[n-1] = 2 cos(w) y[n]; the pitch is bent by a hertz at most, and a jump would stand out.
    swing = 2.0 * np.cos(2.0 * np.pi * np.repeat(sine.f0, sizes.frame) / sizes.rate)
    assert np.abs(bare[2:] + bare[:-2] - swing[1:-1] * bare[1:-1]).max() < 1e-5
