"""Noise made by torch has the bits of the noise made by numpy, so that devices and processors hear the same."""

import shutil

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from testing.rvc.pieces import spoken, whole
from testing.rvc.voices import conversion, narrow, nets
from workers.engines.rvc.batches import Batch
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.noise import HostNoise
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.sound import Batches
from workers.engines.rvc.torch import compiling
from workers.engines.rvc.torch.device_noise import DeviceNoise

THERE = DeviceNoise(torch.device("cpu"))
HERE = HostNoise()
#: From long before a recording's first sample to beyond any recording's last; and every seed.
FIRSTS = st.lists(st.integers(-(10**7), 10**11), min_size=1, max_size=4)
SEEDS = st.integers(0, 2**64 - 1)


@given(SEEDS, FIRSTS, st.integers(1, 3_000))
def test_the_source_noise_has_the_same_bits(seed: int, firsts: list[int], samples: int) -> None:
    found = THERE.source(seed, firsts, samples).numpy()
    np.testing.assert_array_equal(found.view(np.int32), HERE.source(seed, firsts, samples).view(np.int32))


@given(SEEDS, FIRSTS, st.integers(1, 40), st.sampled_from([1, 6, 7, 192]))
def test_the_latent_noise_has_the_same_bits(seed: int, firsts: list[int], frames: int, width: int) -> None:
    found = THERE.latent(seed, firsts, frames, width).numpy()
    np.testing.assert_array_equal(found.view(np.int32), HERE.latent(seed, firsts, frames, width).view(np.int32))


def test_a_million_numbers_in_a_row_have_the_same_bits() -> None:
    """Enough for the rare words whose logarithm or sine is at an end of its series."""
    found = THERE.source(1, [-500_000], 1_000_000).numpy()
    np.testing.assert_array_equal(found.view(np.int32), HERE.source(1, [-500_000], 1_000_000).view(np.int32))


@pytest.mark.timeout(400)
@pytest.mark.filterwarnings("default")  # torch's compiler causes warnings about its own code.
@pytest.mark.skipif(shutil.which("g++") is None, reason="torch's compiler needs g++, which is not installed")
def test_joined_into_one_program_it_still_has_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A compiler may join a product and a sum into one step, as those of devices do wherever they can."""
    monkeypatch.setenv(compiling.OVERRULED, "on")
    torch.compiler.reset()
    for seed, firsts in ((1, [-500_000, 10**11, 5]), (2**64 - 1, [0, 77, 10**9])):
        found = THERE.source(seed, firsts, 300_000).numpy()
        np.testing.assert_array_equal(found.view(np.int32), HERE.source(seed, firsts, 300_000).view(np.int32))
    torch.compiler.reset()


@pytest.mark.parametrize("settings", [RvcSettings(pitch_method="dio"), RvcSettings(pitch_method="dio", formant=2.0)])
def test_a_voice_sounds_the_same_with_either(settings: RvcSettings) -> None:
    sizes, piece = narrow(), whole(spoken(1.0), narrow().rate)
    there = RvcConversion(sizes, nets(sizes), Batches(Batch(1), Batch(1), 64), THERE)
    found = there.convert(piece, settings).samples
    np.testing.assert_array_equal(found, conversion(sizes).convert(piece, settings).samples)
