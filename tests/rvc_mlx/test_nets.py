"""Every net gives the same results as its twin in the torch engine, from the same tensors."""

from functools import lru_cache

import mlx.core as mx
import numpy as np
import numpy.typing as npt
import pytest
import torch

from testing.rvc import tiny, voices
from tests.rvc_mlx import twins
from tests.rvc_mlx.likeness import assert_twins
from workers.engines.rvc.architecture import CONTENT_HOP, PITCH_HOP, SynthesizerSizes
from workers.engines.rvc.mlx.nets import MlxNets
from workers.engines.rvc.mlx.waveform import TILE
from workers.engines.rvc.strip import TAIL
from workers.engines.rvc.torch.nets import TorchNets

FRAMES = 64
Floats = npt.NDArray[np.float32]
VOICES = {
    **{name: tiny.voice(name) for name in tiny.TABLES},
    "version 1": tiny.voice(content=twins.PROJECTED),
    "without pitch": tiny.voice(has_pitch=False),
}


@lru_cache(maxsize=1)
def both(name: str) -> tuple[MlxNets, TorchNets]:
    return twins.nets(VOICES[name]), voices.nets(VOICES[name])


def audio(samples: int) -> Floats:
    return (0.3 * np.random.default_rng(5).standard_normal((2, samples))).astype(np.float32)


@pytest.mark.parametrize(("name", "frames"), [("24k", FRAMES), ("version 1", FRAMES), ("24k", TILE + 37)])
def test_content_matches_torch(name: str, frames: int) -> None:
    ours, theirs = both(name)
    heard = audio(frames * CONTENT_HOP + TAIL)
    assert_twins(ours.content(heard), theirs.content(heard))


@pytest.mark.parametrize("samples", [FRAMES * CONTENT_HOP - PITCH_HOP, 7001])
def test_salience_matches_torch(samples: int) -> None:
    ours, theirs = both("24k")
    assert ours.rmvpe is not None
    assert theirs.rmvpe is not None
    heard = audio(samples)
    with torch.inference_mode():
        assert_twins(ours.rmvpe(mx.array(heard)), theirs.rmvpe(torch.from_numpy(heard)))


def test_retrieval_matches_torch() -> None:
    ours, theirs = both("24k")
    content = theirs.content(audio(FRAMES * CONTENT_HOP + TAIL))
    assert_twins(ours.retrieved(mx.array(content.numpy())), theirs.retrieved(content))


@pytest.mark.parametrize("name", VOICES)
def test_the_latent_matches_torch(name: str) -> None:
    ours, theirs = both(name)
    sizes, generator = VOICES[name], np.random.default_rng(6)
    content = theirs.content(audio(FRAMES * CONTENT_HOP + TAIL))
    retrieved = theirs.retrieved(content)
    share = generator.random((2, 2 * FRAMES), np.float32)
    coarse = generator.integers(1, 256, (2, 2 * FRAMES))
    noise = generator.standard_normal((2, 2 * FRAMES, sizes.inter), np.float32)
    there = mx.array(content.numpy()), mx.array(retrieved.numpy())
    assert_twins(
        ours.latent(*there, share, coarse, noise, 1), theirs.latent(content, retrieved, share, coarse, noise, 1).numpy()
    )


@pytest.mark.parametrize("name", VOICES)
def test_sound_matches_torch(name: str) -> None:
    ours, theirs = both(name)
    given = tracks(VOICES[name])
    assert_twins(ours.sound(*given, 2, 2).here(), theirs.sound(*given, 2, 2).here())


def test_speakers_sound_different() -> None:
    ours, _ = both("24k")
    given = tracks(VOICES["24k"])
    assert np.abs(ours.sound(*given, 0, 2).here() - ours.sound(*given, 1, 2).here()).max() > 1e-3


def tracks(sizes: SynthesizerSizes) -> tuple[Floats, Floats, Floats, Floats]:
    """A latent, a phase, a pitch that alternates between voiced and unvoiced, and noise."""
    generator, frames = np.random.default_rng(7), 80
    hertz = np.where(np.arange(frames) % 20 < 14, 100.0 + 200.0 * generator.random((2, frames)), 0.0)
    return (
        generator.standard_normal((2, frames, sizes.inter), np.float32),
        generator.random((2, frames), np.float32),
        hertz.astype(np.float32),
        generator.standard_normal((2, frames * sizes.frame), np.float32),
    )
