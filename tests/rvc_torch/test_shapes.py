"""Windows and tiles that are filled up to the shape of a program give what they would give without."""

import numpy as np
import pytest
import torch
from torch import Tensor

from testing.rvc import tiny
from workers.engines.rvc.stand_in import random_weights
from workers.engines.rvc.torch.rmvpe import Rmvpe
from workers.engines.rvc.torch.shapes import CONTENTS, FRAMES, filled, real_frames, whole
from workers.engines.rvc.torch.transformer import TransformerLayer
from workers.engines.rvc.torch.voice_nets import VoiceNets
from workers.engines.rvc.windows import LONGEST, STEP, windows

#: Shorter than any program's window, so that every test fills up.
SIZE = 128


def _tracks(frames: int, *widths: int) -> list[Tensor]:
    rng = np.random.default_rng(frames)
    coarse = torch.from_numpy(rng.integers(1, 256, (1, frames)))
    return [torch.from_numpy(rng.standard_normal((1, frames, width), np.float32)) for width in widths] + [coarse]


@pytest.mark.parametrize("has_pitch", [True, False])
@pytest.mark.parametrize("frames", [2, 64, 127, 128])
def test_frames_that_fill_a_window_up_are_neither_heard_nor_attended_to(frames: int, has_pitch: bool) -> None:
    sizes = tiny.voice(has_pitch=has_pitch)
    nets = VoiceNets(random_weights(sizes, 9), sizes, torch.zeros(()))
    content, noise, coarse = _tracks(frames, sizes.content, sizes.inter)
    with torch.inference_mode():
        alone = nets.latent(content, coarse, noise, nets.conditioning[1])
        content, coarse, noise = (filled(track, 1, SIZE) for track in (content, coarse, noise))
        # Loud, so that a single frame that leaks is noticed.
        content[:, frames:] = noise[:, frames:] = 1e3
        real = real_frames(frames, SIZE, torch.device("cpu"))
        together = nets.latent(content, coarse, noise, nets.conditioning[1], real)[:, :frames]
    assert tiny.relative_error(together.numpy(), alone.numpy()) <= 1e-5


@pytest.mark.parametrize("frames", [1, 50, 127, 128])
def test_frames_that_fill_a_window_of_the_content_encoder_up_are_not_attended_to(frames: int) -> None:
    layer = TransformerLayer(random_weights(tiny.ENCODER, 2), "encoder.layers.0", tiny.ENCODER.heads, torch.zeros(()))
    (x, _) = _tracks(frames, tiny.ENCODER.hidden)
    with torch.inference_mode():
        alone = layer(x)
        more = filled(x, 1, SIZE)
        more[:, frames:] = 1e3
        together = layer(more, real_frames(frames, SIZE, torch.device("cpu")))[:, :frames]
    assert tiny.relative_error(together.numpy(), alone.numpy()) <= 1e-5


@pytest.mark.parametrize("frames", [32, 64, 96, 128])
def test_frames_that_fill_an_image_of_the_pitch_net_up_are_not_seen(frames: int) -> None:
    rmvpe = Rmvpe(tiny.PITCH)
    rmvpe.load(random_weights(tiny.PITCH, 3))
    (picture, _) = _tracks(frames, tiny.PITCH.mels)
    with torch.inference_mode():
        alone = rmvpe.seen(picture)
        together = rmvpe.seen(filled(picture, 1, SIZE), real_frames(frames, SIZE, torch.device("cpu")))[:, :frames]
    assert tiny.relative_error(together.numpy(), alone.numpy()) <= 1e-5


@pytest.mark.parametrize("seconds", [0.5, 3.0, 15.0, 25.0, 30.0, 31.0, 100.0, 1000.0])
def test_every_window_fits_a_program(seconds: float) -> None:
    strip = -(-round(50 * seconds) // STEP) * STEP
    for window in windows(strip):
        assert window.last - window.first <= LONGEST
        assert whole(2 * (window.last - window.first), FRAMES) in FRAMES
        assert whole(window.last - window.first, CONTENTS) in CONTENTS


def test_the_smallest_program_that_holds_them_is_taken() -> None:
    assert [whole(count, FRAMES) for count in (1, 768, 769, 2304, 3072)] == [768, 768, 1536, 2304, 3072]


def test_nothing_is_copied_where_nothing_is_missing() -> None:
    x = torch.ones(4, 3)
    assert filled(x, 0, 4) is x
    assert filled(x, 1, 5).shape == (4, 5)
    assert filled(x, 0, 6)[4:].abs().max() == 0.0
