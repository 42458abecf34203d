import numpy as np
import pytest
import torch

from testing.rvc import tiny
from tests.rvc_torch.plain import PlainVoice
from workers.engines.rvc.stand_in import random_weights
from workers.engines.rvc.torch.voice_nets import VoiceNets

FRAMES = 60


@pytest.mark.parametrize("has_pitch", [True, False])
@pytest.mark.parametrize(
    ("table", "content"), [("32k v1", 16), ("48k v1", 16), ("40k", 16), ("40k", 32), ("48k v2", 32)]
)
def test_a_whole_voice_matches_its_plain_nets_in_sequence(table: str, content: int, has_pitch: bool) -> None:
    sizes = tiny.voice(table, has_pitch=has_pitch, content=content)
    weights = random_weights(sizes, 9)
    rng = np.random.default_rng(0)
    features = rng.standard_normal((FRAMES, content), np.float32)
    coarse = rng.integers(1, 256, FRAMES)
    f0 = np.where(np.arange(FRAMES) % 30 < 22, rng.uniform(60.0, 800.0, FRAMES), 0.0).astype(np.float32)
    noises = (
        rng.standard_normal((FRAMES, sizes.inter), np.float32),
        rng.standard_normal(FRAMES * sizes.frame, np.float32),
    )
    phase = (np.cumsum(f0, dtype=np.float64) - f0) / 100.0 % 1.0
    with torch.inference_mode():
        nets = VoiceNets(weights, sizes, torch.zeros(()))
        content_there, coarse_there, noise = (torch.from_numpy(track)[None] for track in (features, coarse, noises[0]))
        latent = nets.latent(content_there, coarse_there, noise, nets.conditioning[1])
        begins, pitch, noise = (torch.from_numpy(track)[None] for track in (phase.astype(np.float32), f0, noises[1]))
        found = nets.sound(latent, begins, pitch, noise, nets.tone[1])[0].numpy()
    edge = nets.generator.margins[0] * sizes.frame
    wanted = PlainVoice(weights, sizes).converted(features, coarse, f0, noises, 1)[edge:-edge]
    assert 0.005 < wanted.std() < 0.4
    assert tiny.relative_error(found, wanted) <= 1e-4


def test_noise_moves_the_latent_by_two_thirds_of_its_spread() -> None:
    sizes = tiny.voice()
    weights = random_weights(sizes, 9)
    plain = PlainVoice(weights, sizes)
    rng = np.random.default_rng(0)
    features, coarse = rng.standard_normal((FRAMES, sizes.content), np.float32), rng.integers(1, 256, FRAMES)
    mean, spread = plain.encoded(features, coarse)
    with torch.inference_mode():
        nets = VoiceNets(weights, sizes, torch.zeros(()))
        for loud in (0.0, 1.0, -2.0):
            noise = torch.full((1, FRAMES, sizes.inter), loud)
            given = torch.from_numpy(features)[None], torch.from_numpy(coarse)[None]
            found = nets.latent(*given, noise, nets.conditioning[0])[0].numpy()
            wanted = plain.flowed(mean + 0.66666 * loud * np.exp(spread), 0)
            assert tiny.relative_error(found, wanted) <= 1e-5
