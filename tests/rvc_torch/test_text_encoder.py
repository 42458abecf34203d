import numpy as np
import pytest
import torch

from testing.rvc import tiny
from tests.rvc_torch.plain import PlainVoice
from workers.engines.rvc.stand_in import random_weights
from workers.engines.rvc.torch.text_encoder import QUERIES, TextEncoder

REACH = tiny.voice().reach


@pytest.mark.parametrize("has_pitch", [True, False])
@pytest.mark.parametrize("frames", [1, REACH, 2 * REACH + 1, 90, QUERIES + 1])
def test_it_equals_full_attention_over_all_pairs_of_frames(frames: int, has_pitch: bool) -> None:
    sizes = tiny.voice(has_pitch=has_pitch)
    weights = random_weights(sizes, 5)
    rng = np.random.default_rng(frames)
    content = rng.standard_normal((frames, sizes.content), np.float32)
    coarse = rng.integers(1, 256, frames) if has_pitch else None
    with torch.inference_mode():
        given = None if coarse is None else torch.from_numpy(coarse)[None]
        found = TextEncoder(weights, sizes, torch.zeros(()))(torch.from_numpy(content)[None], given)
    for part, wanted in zip(found, PlainVoice(weights, sizes).encoded(content, coarse), strict=True):
        assert tiny.relative_error(part[0].numpy(), wanted) <= 1e-5


def test_windows_in_a_batch_do_not_affect_each_other() -> None:
    sizes = tiny.voice()
    rng = np.random.default_rng(0)
    content = torch.from_numpy(rng.standard_normal((3, 70, sizes.content), np.float32))
    coarse = torch.from_numpy(rng.integers(1, 256, (3, 70)))
    encoder = TextEncoder(random_weights(sizes), sizes, torch.zeros(()))
    with torch.inference_mode():
        together, _ = encoder(content, coarse)
        for n in range(3):
            alone, _ = encoder(content[n : n + 1], coarse[n : n + 1])
            torch.testing.assert_close(together[n], alone[0], rtol=0.0, atol=1e-5)


def test_the_order_of_frames_matters_within_reach() -> None:
    """Without the table of distances, attention would not know the order of its frames."""
    sizes = tiny.voice(has_pitch=False)
    weights = random_weights(sizes)
    content = np.random.default_rng(0).standard_normal((8, sizes.content), np.float32)
    with torch.inference_mode():
        encoder = TextEncoder(weights, sizes, torch.zeros(()))
        there, _ = encoder(torch.from_numpy(content)[None], None)
        back, _ = encoder(torch.from_numpy(content[::-1].copy())[None], None)
    assert (there[0] - back[0].flip(0)).abs().max() > 0.01
