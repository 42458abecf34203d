import numpy as np
import pytest
import torch

from testing.rvc import tiny
from tests.rvc_torch.plain import PlainVoice
from workers.engines.rvc.stand_in import random_weights
from workers.engines.rvc.torch.flow import Flow, speakers_of_flow

SIZES = tiny.voice()
WEIGHTS = random_weights(SIZES, 6)


def flowed(latent: np.ndarray, speaker: int) -> np.ndarray:
    identities = torch.from_numpy(WEIGHTS["emb_g.weight"])
    with torch.inference_mode():
        flow = Flow(WEIGHTS, SIZES, torch.zeros(()))
        told = speakers_of_flow(WEIGHTS, SIZES, identities)[speaker]
        moved: np.ndarray = flow(torch.from_numpy(latent)[None], told)[0].numpy()
        return moved


@pytest.mark.parametrize("speaker", range(SIZES.speakers))
@pytest.mark.parametrize("frames", [1, 4, 150])
def test_it_runs_the_flow_backwards_for_every_speaker(frames: int, speaker: int) -> None:
    latent = np.random.default_rng(frames).standard_normal((frames, SIZES.inter), np.float32)
    wanted = PlainVoice(WEIGHTS, SIZES).flowed(latent, speaker)
    assert np.abs(wanted - latent).max() > 0.1
    assert tiny.relative_error(flowed(latent, speaker), wanted) <= 1e-5


def test_speakers_are_told_apart() -> None:
    latent = np.random.default_rng(0).standard_normal((30, SIZES.inter), np.float32)
    one, other = flowed(latent, 0), flowed(latent, 1)
    assert np.abs(one - other).max() > 0.01
