"""An exported package has the form that MLX's own layers accept, and says what it is."""

import json
from pathlib import Path

import mlx.core as mx
import numpy as np
import pytest
import torch

from storage.errors import InputError
from testing.rvc import tiny
from tests.rvc_mlx.likeness import assert_twins
from workers.engines.rvc.architecture import PitchSizes, SynthesizerSizes
from workers.engines.rvc.exporting import export_for_mlx_swift
from workers.engines.rvc.stand_in import random_weights, write_package

VOICE = tiny.voice()
Tensors = dict[str, mx.array]


def exported(folder: Path, sizes: SynthesizerSizes | PitchSizes, vectors: int = 0) -> Path:
    out = folder / "out"
    export_for_mlx_swift(folder / write_package(folder, sizes, 0, vectors), out)
    return out


def loaded(path: Path) -> Tensors:
    tensors = mx.load(str(path))
    assert isinstance(tensors, dict)
    return tensors


def noise(*shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(9).standard_normal(shape).astype(np.float32))


def test_exported_convolutions_match_mlx(tmp_path: Path) -> None:
    ours = loaded(exported(tmp_path, VOICE) / "weights.safetensors")
    theirs = {name: torch.from_numpy(tensor) for name, tensor in random_weights(VOICE).items()}
    x = noise(1, VOICE.inter, 30)
    wanted = torch.conv1d(x, theirs["dec.conv_pre.weight"], padding=3)
    assert_twins(mx.conv1d(mx.array(x.mT.numpy()), ours["dec.conv_pre.weight"], padding=3), wanted.mT)
    x = noise(1, VOICE.initial, 30)
    wanted = torch.conv_transpose1d(x, theirs["dec.ups.0.weight"], stride=10, padding=5)
    found = mx.conv_transpose1d(mx.array(x.mT.numpy()), ours["dec.ups.0.weight"], stride=10, padding=5)
    assert_twins(found, wanted.mT)


def test_exported_convolutions_over_images_match_mlx(tmp_path: Path) -> None:
    ours = loaded(exported(tmp_path, tiny.PITCH) / "weights.safetensors")
    theirs = {name: torch.from_numpy(tensor) for name, tensor in random_weights(tiny.PITCH).items()}
    x = noise(1, tiny.PITCH.channels, 6, 8)
    wanted = torch.conv2d(x, theirs["cnn.weight"], padding=1)
    channels_last = mx.array(x.permute(0, 2, 3, 1).numpy())
    assert_twins(mx.conv2d(channels_last, ours["cnn.weight"], padding=1), wanted.permute(0, 2, 3, 1))
    name = f"unet.decoder.layers.{tiny.PITCH.levels - 1}.conv1.0.weight"
    x = noise(1, theirs[name].shape[0], 6, 8)
    wanted = torch.conv_transpose2d(x, theirs[name], stride=2, padding=1, output_padding=1)
    channels_last = mx.array(x.permute(0, 2, 3, 1).numpy())
    found = mx.conv_transpose2d(channels_last, ours[name], stride=2, padding=1, output_padding=1)
    assert_twins(found, wanted.permute(0, 2, 3, 1))


def test_every_tensor_is_there_and_described(tmp_path: Path) -> None:
    out = exported(tmp_path, VOICE, vectors=30)
    described = json.loads((out / "architecture.json").read_text(encoding="utf-8"))
    tensors = loaded(out / "weights.safetensors")
    assert SynthesizerSizes.from_json(described["sizes"]) == VOICE
    assert set(tensors) == set(VOICE.tensors())
    assert {name: list(tensor.shape) for name, tensor in tensors.items()} == described["tensors"]
    assert tensors["enc_p.encoder.attn_layers.0.emb_rel_k"].shape == (1, 21, 8)
    assert loaded(out / "retrieval.safetensors")["vectors"].shape == (30, VOICE.content)


def test_a_folder_that_is_not_empty_is_left_alone(tmp_path: Path) -> None:
    package = tmp_path / write_package(tmp_path, VOICE)
    with pytest.raises(InputError, match="not empty"):
        export_for_mlx_swift(package, tmp_path)


def test_a_folder_without_a_package_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no package"):
        export_for_mlx_swift(tmp_path, tmp_path / "out")
