import numpy as np
import pytest
import torch

from testing.rvc import tiny
from tests.rvc_torch.plain import PlainVoice
from workers.engines.rvc.stand_in import random_weights
from workers.engines.rvc.torch.voice_nets import VoiceNets

FRAMES = 50


@pytest.mark.parametrize(("has_pitch", "speaker"), [(True, 0), (False, 2)])
@pytest.mark.parametrize("table", tiny.TABLES)
def test_a_tile_with_its_margins_matches_the_middle_of_the_plain_generator(
    table: str, has_pitch: bool, speaker: int
) -> None:
    sizes = tiny.voice(table, has_pitch=has_pitch)
    weights = random_weights(sizes, 8)
    rng = np.random.default_rng(0)
    latent = rng.standard_normal((FRAMES, sizes.inter), np.float32)
    source = rng.uniform(-0.2, 0.2, FRAMES * sizes.frame).astype(np.float32) if has_pitch else None
    with torch.inference_mode():
        nets = VoiceNets(weights, sizes, torch.zeros(()))
        heard = None if source is None else torch.from_numpy(source)[None]
        found = nets.generator(torch.from_numpy(latent)[None], heard, nets.tone[speaker])[0].numpy()
    margin = nets.generator.margins[0]
    wanted = PlainVoice(weights, sizes).sounded(latent, source, speaker)[margin * sizes.frame : -margin * sizes.frame]
    assert len(found) == (FRAMES - 2 * margin) * sizes.frame
    assert 0.005 < wanted.std() < 0.4
    assert tiny.relative_error(found, wanted) <= 1e-5


def test_speakers_and_source_make_a_difference() -> None:
    sizes = tiny.voice()
    rng = np.random.default_rng(0)
    latent = torch.from_numpy(rng.standard_normal((1, FRAMES, sizes.inter), np.float32))
    source = torch.from_numpy(rng.uniform(-0.2, 0.2, (1, FRAMES * sizes.frame)).astype(np.float32))
    with torch.inference_mode():
        nets = VoiceNets(random_weights(sizes, 8), sizes, torch.zeros(()))
        usual = nets.generator(latent, source, nets.tone[0])
        assert (nets.generator(latent, source, nets.tone[1]) - usual).abs().max() > 0.001
        assert (nets.generator(latent, -source, nets.tone[0]) - usual).abs().max() > 0.001


def test_tiles_in_a_batch_do_not_affect_each_other() -> None:
    sizes = tiny.voice("48k v1")
    rng = np.random.default_rng(0)
    latent = torch.from_numpy(rng.standard_normal((3, FRAMES, sizes.inter), np.float32))
    source = torch.from_numpy(rng.uniform(-0.2, 0.2, (3, FRAMES * sizes.frame)).astype(np.float32))
    with torch.inference_mode():
        nets = VoiceNets(random_weights(sizes, 8), sizes, torch.zeros(()))
        together = nets.generator(latent, source, nets.tone[0])
        for n in range(3):
            alone = nets.generator(latent[n : n + 1], source[n : n + 1], nets.tone[0])
            torch.testing.assert_close(together[n], alone[0], rtol=0.0, atol=1e-6)
