from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from testing.rvc import tiny
from tests.rvc_torch.plain import PlainVoice
from workers.engines.rvc.stand_in import random_weights
from workers.engines.rvc.torch import fewer_products
from workers.engines.rvc.torch.fewer_products import FewerProducts
from workers.engines.rvc.torch.voice_nets import VoiceNets

WIDTH = 16


def plainly(
    x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, dilation: int, before: float = 1.0
) -> torch.Tensor:
    """The same convolution in double precision, written in the obvious way."""
    heard = F.leaky_relu(x.double(), before).transpose(1, 2)
    padding = dilation * (weight.shape[2] // 2)
    return F.conv1d(heard, weight.double(), bias.double(), padding=padding, dilation=dilation).transpose(1, 2)


def random_convolution(taps: int, dilation: int) -> tuple[FewerProducts, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(taps)
    weight = torch.randn(WIDTH, WIDTH, taps, generator=generator) / (WIDTH * taps) ** 0.5
    bias = torch.randn(WIDTH, generator=generator)
    return FewerProducts(weight, bias, dilation), weight, bias


# Shorter than a tile, a whole number of tiles, and some that end inside a tile.
@pytest.mark.parametrize("length", [1, 3, 60, 61, 247])
@pytest.mark.parametrize("dilation", [1, 3, 5])
@pytest.mark.parametrize("taps", [3, 7, 11])
def test_sums_match_the_convolution(taps: int, dilation: int, length: int) -> None:
    x = torch.randn(2, length, WIDTH, generator=torch.Generator().manual_seed(length))
    with torch.inference_mode():
        convolve, weight, bias = random_convolution(taps, dilation)
        torch.testing.assert_close(convolve(x).double(), plainly(x, weight, bias, dilation), rtol=0.0, atol=1e-5)
        bent = F.leaky_relu(plainly(x, weight, bias, dilation, before=0.2), 0.1)
        torch.testing.assert_close(convolve(x, 0.1, 0.2).double(), bent, rtol=0.0, atol=1e-5)
        added = plainly(x, weight, bias, dilation) + x
        torch.testing.assert_close(convolve.plus(x, x).double(), added, rtol=0.0, atol=1e-5)


def test_long_sounds_are_worked_on_a_stretch_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.randn(1, 500, WIDTH, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        at_once = random_convolution(7, 3)[0](x)
        monkeypatch.setattr(fewer_products, "AT_A_TIME", 40 * WIDTH)
        convolve = random_convolution(7, 3)[0]
        assert convolve.tiles * 4 * 3 < 50
        torch.testing.assert_close(convolve(x), at_once, rtol=0.0, atol=1e-6)


def test_only_wide_single_precision_convolutions_on_processors_use_it() -> None:
    wide, narrow = torch.zeros(128, 128, 7), torch.zeros(32, 32, 11)
    assert fewer_products.pays(wide)
    assert not fewer_products.pays(narrow)
    assert not fewer_products.pays(wide.to(torch.bfloat16))
    assert not fewer_products.pays(wide.to("meta"))


def test_a_generator_wide_enough_to_use_it_still_matches_the_plain_one() -> None:
    sizes = replace(tiny.voice(), initial=256)
    weights = random_weights(sizes, 8)
    rng = np.random.default_rng(0)
    frames = 40
    latent = rng.standard_normal((frames, sizes.inter), np.float32)
    source = rng.uniform(-0.2, 0.2, frames * sizes.frame).astype(np.float32)
    with torch.inference_mode():
        nets = VoiceNets(weights, sizes, torch.zeros(()))
        used = {name for name, part in nets.generator.named_modules() if isinstance(part, FewerProducts)}
        found = nets.generator(torch.from_numpy(latent)[None], torch.from_numpy(source)[None], nets.tone[1])[0].numpy()
    margin = nets.generator.margins[0] * sizes.frame
    wanted = PlainVoice(weights, sizes).sounded(latent, source, 1)[margin:-margin]
    assert {"stages.0.blocks.1.dilated.2", "stages.0.blocks.2.plain.0", "stages.1.blocks.2.plain.2"} <= used
    assert tiny.relative_error(found, wanted) <= 1e-5
