from pathlib import Path

import pytest
import torch

from testing.rvc import tiny
from testing.rvc.joins import likeness
from testing.rvc.pieces import spoken, whole
from testing.rvc.voices import narrow, nets
from workers.engines.rvc.batches import Batch
from workers.engines.rvc.conversion import RvcConversion
from workers.engines.rvc.engine import ENGINE
from workers.engines.rvc.framework import DeviceFull
from workers.engines.rvc.numbers import processor_has_bf16
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.sound import Batches
from workers.engines.rvc.stand_in import random_voice, random_weights
from workers.engines.rvc.torch import gru, precision
from workers.engines.rvc.torch.engine import FRAMEWORK
from workers.engines.rvc.torch.nets import _device_errors
from workers.engines.rvc.torch.precision import dtype_for, halves, precision_name

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
    monkeypatch.setattr(precision, "processor_has_bf16", lambda: has)
    assert dtype_for("auto", CPU) == wanted


def test_a_worker_and_torch_agree_on_what_the_processor_has() -> None:
    has = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    assert processor_has_bf16() == has
    assert ENGINE.offers("cpu") == ({"rvc.bf16"} if has else frozenset())


@pytest.mark.parametrize(("capability", "wanted"), [((9, 0), ("bf16", "fp16")), ((7, 5), ("fp16",)), ((6, 1), ())])
def test_nvidia_devices_have_the_half_precision_of_their_generation(
    capability: tuple[int, int], wanted: tuple[str, ...]
) -> None:
    assert halves(capability) == wanted


@pytest.mark.parametrize("name", ["fp32", "bf16", "fp16"])
def test_the_requested_precision_is_used(name: str) -> None:
    assert precision_name(dtype_for(name, CPU)) == name


def test_single_precision_is_not_rounded_to_ten_bits_on_any_device(tmp_path: Path) -> None:
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    recipe = random_voice(tmp_path, VOICE, tiny.ENCODER, tiny.PITCH)
    FRAMEWORK.load(recipe, lambda known, kind: tmp_path / known, "cpu")
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32


@pytest.mark.parametrize(
    ("dtype", "wanted"),
    [(torch.float32, torch.float32), (torch.bfloat16, torch.float16), (torch.float16, torch.float16)],
)
def test_a_devices_gru_is_in_numbers_that_every_version_of_its_library_takes(
    dtype: torch.dtype, wanted: torch.dtype
) -> None:
    found = gru.gru(random_weights(tiny.PITCH, 3), "fc.0.gru", torch.zeros((), dtype=dtype, device="meta"))
    assert isinstance(found, gru.OneWayAfterTheOther)
    assert {weight.dtype for weight in found.parameters()} == {wanted}


@pytest.mark.parametrize(
    "said",
    [
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED", "CUDA error: out of memory\nCompile with ...",
        "DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes",
    ],
)  # fmt: skip
def test_a_full_device_is_recognised_by_whoever_finds_it_full(said: str) -> None:
    with pytest.raises(DeviceFull) as full, _device_errors():
        raise RuntimeError(said)
    assert str(full.value) == said.splitlines()[0]
    with pytest.raises(RuntimeError, match="illegal instruction"), _device_errors():
        raise RuntimeError("illegal instruction")


def test_a_voice_keeps_its_nets_for_every_precision_requested(tmp_path: Path) -> None:
    recipe = random_voice(tmp_path, VOICE, tiny.ENCODER, tiny.PITCH)
    voice = FRAMEWORK.load(recipe, lambda known, kind: tmp_path / known, "cpu")
    single = voice.conversion_for(RvcSettings(precision="fp32"))
    half = voice.conversion_for(RvcSettings(precision="bf16"))
    assert half is not single
    assert voice.conversion_for(RvcSettings(precision="fp32", seed=9)) is single
