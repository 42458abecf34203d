"""Full-size files, with the names and shapes that training programs and transformers really write."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import HubertConfig, HubertModel

from storage.errors import InputError
from testing.voice_files.models import ENCODER
from testing.voice_files.voices import GENERATORS, config_of, exported, save
from workers.engines.rvc.architecture import EncoderSizes, SynthesizerSizes
from workers.engines.rvc.files.model_file import read_model
from workers.engines.rvc.files.voice_file import read_voice
from workers.engines.rvc.files.weight_norm import folded


def test_a_full_size_voice_is_accepted(tmp_path: Path) -> None:
    rate, rates, kernels = GENERATORS["40k"]
    sizes = SynthesizerSizes(rate, rates, kernels, 768)
    weights: dict[str, torch.Tensor] = {}
    for name, shape in sizes.tensors().items():
        if name.startswith("dec.ups.") and name.endswith("weight"):
            weights |= {f"{name}_v": torch.full(shape, 0.5).half(), f"{name}_g": torch.ones(shape[0], 1, 1).half()}
        else:
            weights[name] = torch.full(shape, 0.5).half()
    draft = read_voice(save(exported(sizes, weight=weights, config=config_of(sizes)), tmp_path / "voice.pth"))
    assert draft.sizes == sizes
    assert sum(weight.size for weight in draft.weights.values()) == 27_514_690
    length = np.linalg.norm(draft.weights["dec.ups.0.weight"].reshape(512, -1), axis=1)
    np.testing.assert_allclose(length, 1.0, rtol=1e-6)


def test_the_full_size_encoder_has_the_tensors_that_transformers_gives_it() -> None:
    with torch.device("meta"):
        net = HubertModel(HubertConfig())
    shapes = {name: tuple(tensor.shape) for name, tensor in folded(net.state_dict()).items()}
    del shapes["masked_spec_embed"]
    assert shapes == EncoderSizes(projection=None).tensors()


def test_a_folder_written_by_transformers_is_accepted(tmp_path: Path) -> None:
    config = HubertConfig(
        hidden_size=8, num_attention_heads=2, num_hidden_layers=2, intermediate_size=6, conv_dim=(4,) * 7,
        num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2,
    )  # fmt: skip
    net = HubertModel(config)
    net.save_pretrained(tmp_path / "contentvec")
    draft = read_model(tmp_path / "contentvec", ENCODER)
    weight = net.encoder.pos_conv_embed.conv.weight.detach().numpy()
    np.testing.assert_allclose(draft.weights["encoder.pos_conv_embed.conv.weight"], weight, rtol=1e-6, atol=1e-8)
    assert isinstance(draft.sizes, EncoderSizes)
    assert draft.sizes.projection is None


def test_an_encoder_of_another_size_than_the_base_is_refused(tmp_path: Path) -> None:
    config = HubertConfig(hidden_size=48, num_hidden_layers=1, intermediate_size=8)
    HubertModel(config).save_pretrained(tmp_path / "small")
    with pytest.raises(InputError, match="hidden_size = 48"):
        read_model(tmp_path / "small")
