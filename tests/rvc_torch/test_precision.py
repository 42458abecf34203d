from pathlib import Path

import pytest
import torch

from testing.random_nets import random_voice
from testing.rvc import tiny
from testing.rvc.joins import likeness
from testing.rvc.pieces import spoken, whole
from testing.rvc.voices import narrow, nets
from workers.engines.rvc.batches import Batch
from workers.engines.rvc.conversion import Batches, RvcConversion
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.torch import precision
from workers.engines.rvc.torch.engine import FRAMEWORK
from workers.engines.rvc.torch.precision import dtype_for, precision_name

CPU = torch.device("cpu")
VOICE = narrow()


def test_a_whole_voice_in_bf16_sounds_as_in_single_precision() -> None:
    piece = whole(spoken(2.0), VOICE.rate)
    sounds = [
        RvcConversion(VOICE, nets(VOICE, dtype), Batches(Batch(1), Batch(1), 64))
        .convert(piece, RvcSettings(pitch_method="dio"))
        .samples
        for dtype in (torch.float32, torch.bfloat16)
    ]
    assert abs(sounds[0] - sounds[1]).max() > 1e-5
    assert likeness(*sounds) >= 0.999


@pytest.mark.parametrize(("has", "wanted"), [(False, torch.float32), (True, torch.bfloat16)])
def test_auto_uses_bf16_only_on_processors_with_hardware_for_it(
    has: bool, wanted: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: has, raising=False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False, raising=False)
    assert dtype_for("auto", CPU) == wanted


def test_a_torch_that_cannot_tell_computes_in_single_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported"):
        monkeypatch.delattr(torch.cpu, name, raising=False)
    assert not precision._has_bf16_cores()
    assert dtype_for("auto", CPU) == torch.float32


@pytest.mark.parametrize("name", ["fp32", "bf16", "fp16"])
def test_the_requested_precision_is_used(name: str) -> None:
    assert precision_name(dtype_for(name, CPU)) == name


def test_a_voice_keeps_its_nets_for_every_precision_requested(tmp_path: Path) -> None:
    recipe = random_voice(tmp_path, VOICE, tiny.ENCODER, tiny.PITCH)
    voice = FRAMEWORK.load(recipe, lambda known, kind: tmp_path / known, "cpu")
    single = voice.conversion_for(RvcSettings(precision="fp32"))
    half = voice.conversion_for(RvcSettings(precision="bf16"))
    assert half is not single
    assert voice.conversion_for(RvcSettings(precision="fp32", seed=9)) is single
