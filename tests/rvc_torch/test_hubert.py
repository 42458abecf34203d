from functools import cache

import numpy as np
import pytest
import torch
from transformers import HubertConfig, HubertModel

from storage.errors import ConversionError
from testing.rvc import tiny
from testing.rvc.pieces import Floats, spoken
from workers.engines.rvc.architecture import EncoderSizes
from workers.engines.rvc.stand_in import random_weights
from workers.engines.rvc.torch.hubert import Hubert
from workers.engines.rvc.torch.waveform import Waveform

SIZES = EncoderSizes(
    hidden=48, heads=4, layers=12, feed_forward=96, conv=32, position_kernel=32, position_groups=4, projection=16
)
WEIGHTS = random_weights(SIZES, 1)
#: One frame, exactly and with the most samples left over; a few frames; and more frames than are done at a time.
LENGTHS = [400, 719, 3280, 16_080, 70_000]


@cache
def published() -> HubertModel:
    """The same net with the same weights, in the library for which content encoders are published."""
    config = HubertConfig(
        hidden_size=SIZES.hidden,
        num_attention_heads=SIZES.heads,
        num_hidden_layers=SIZES.layers,
        intermediate_size=SIZES.feed_forward,
        conv_dim=(SIZES.conv,) * len(SIZES.conv_kernels),
        num_conv_pos_embeddings=SIZES.position_kernel,
        num_conv_pos_embedding_groups=SIZES.position_groups,
        feat_extract_norm="group",
    )
    model = HubertModel(config).eval()
    tensors = {name: torch.from_numpy(array) for name, array in WEIGHTS.items()}
    position = tensors.pop("encoder.pos_conv_embed.conv.weight")
    known = {name: tensor for name, tensor in tensors.items() if not name.startswith("final_proj")}
    assert model.load_state_dict(known, strict=False).unexpected_keys == []
    with torch.no_grad():
        model.encoder.pos_conv_embed.conv.weight = position
    return model.double()


def wanted(audio: Floats, layers: int) -> Floats:
    """The published net's features of windows after this many layers."""
    with torch.inference_mode():
        states = published()(torch.from_numpy(audio).double(), output_hidden_states=True).hidden_states
        features: Floats = states[layers].numpy()
        return features


def encoder(layers: int, dtype: torch.dtype = torch.float32) -> Hubert:
    hubert = Hubert(SIZES, layers, torch.zeros((), dtype=dtype))
    hubert.load(WEIGHTS)
    return hubert


def encoded(hubert: Hubert, audio: Floats, *, project: bool = False) -> Floats:
    with torch.inference_mode():
        features = hubert(torch.from_numpy(audio), project=project)
        assert features.dtype == torch.float32
        found: Floats = features.numpy()
        return found


def windows(samples: int, count: int = 1) -> Floats:
    return np.stack([spoken(samples / 16_000 + 0.1, seed)[:samples] / (1 + seed) for seed in range(count)])


@pytest.mark.parametrize("layers", [9, 12])
@pytest.mark.parametrize("samples", LENGTHS)
def test_features_match_the_published_net_after_the_same_number_of_layers(samples: int, layers: int) -> None:
    audio = windows(samples)
    found = encoded(encoder(layers), audio)
    assert found.shape == (1, (samples - 400) // 320 + 1, SIZES.hidden)
    assert tiny.relative_error(found, wanted(audio, layers)) <= 1e-5


def test_projected_features_are_the_last_layers_through_the_final_projection() -> None:
    audio = windows(16_080)
    found = encoded(encoder(9), audio, project=True)
    projected = wanted(audio, 9) @ WEIGHTS["final_proj.weight"].T.astype(np.float64) + WEIGHTS["final_proj.bias"]
    assert tiny.relative_error(found, projected) <= 1e-5


def test_without_a_final_projection_projecting_is_refused() -> None:
    sizes = EncoderSizes(**{**SIZES.to_json(), "projection": None})
    hubert = Hubert(sizes, 9)
    hubert.load({name: array for name, array in WEIGHTS.items() if not name.startswith("final_proj")})
    assert encoded(hubert, windows(3280)).shape == (1, 10, SIZES.hidden)
    with pytest.raises(ConversionError, match="final projection"):
        encoded(hubert, windows(3280), project=True)


def test_features_of_silence_match_the_published_net() -> None:
    audio = np.zeros((1, 16_080), np.float32)
    assert tiny.relative_error(encoded(encoder(9), audio), wanted(audio, 9)) <= 1e-5


def test_a_constant_offset_has_no_more_effect_than_in_the_published_net() -> None:
    audio = windows(16_080) + np.float32(0.3)
    assert tiny.relative_error(encoded(encoder(9), audio), wanted(audio, 9)) <= 1e-5


@pytest.mark.parametrize("samples", [3280, 40_000])
def test_windows_in_a_batch_do_not_affect_each_other(samples: int) -> None:
    audio, hubert = windows(samples, 3), encoder(12)
    together = encoded(hubert, audio)
    for n in range(3):
        assert tiny.relative_error(together[n], encoded(hubert, audio[n : n + 1])[0]) <= 1e-5


def test_half_precision_weights_are_accepted() -> None:
    half = {name: array.astype(np.float16) for name, array in WEIGHTS.items()}
    hubert = Hubert(SIZES, 9)
    hubert.load(half)
    assert np.corrcoef(encoded(hubert, windows(16_080)).ravel(), wanted(windows(16_080), 9).ravel())[0, 1] >= 0.9999


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_stays_close(dtype: torch.dtype) -> None:
    audio = windows(16_080)
    found = encoded(encoder(12, dtype), audio)
    assert np.corrcoef(found.ravel(), wanted(audio, 12).ravel())[0, 1] >= 0.999


def test_half_precision_hears_quiet_hiss_beside_a_loud_hum() -> None:
    time = np.arange(16_080) / 16_000
    hiss = np.random.default_rng(0).standard_normal(len(time))
    audio = torch.from_numpy((0.5 * np.sin(2 * np.pi * 100 * time) + 1e-4 * hiss).astype(np.float32))[None]
    # Filters that are deaf to hum: second differences of ordinary ones.
    sharp = np.diff(random_weights(SIZES, 2)["feature_extractor.conv_layers.0.conv.weight"], 2, prepend=0.0, append=0.0)
    weights = WEIGHTS | {"feature_extractor.conv_layers.0.conv.weight": sharp[:, :, :10].astype(np.float32)}
    full, half = (Waveform(weights, SIZES, torch.zeros((), dtype=dtype)) for dtype in (torch.float32, torch.bfloat16))
    with torch.inference_mode():
        found, exact = half(audio).float().numpy(), full(audio).numpy()
    assert np.corrcoef(found.ravel(), exact.ravel())[0, 1] >= 0.999
