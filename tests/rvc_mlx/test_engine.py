"""The engine loads the same packages as torch's, without converting them first."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from storage.errors import ConversionError, InputError
from testing.rvc import tiny
from testing.rvc.pieces import spoken, whole
from testing.rvc.voices import narrow
from workers.engines.rvc.mlx import engine
from workers.engines.rvc.settings import RvcSettings
from workers.engines.rvc.stand_in import random_voice
from workers.engines.rvc.torch import engine as torch_engine
from workers.engines.voice import PackageFolders

SIZES = narrow()
RECORDING = spoken(1.2)


def folders(folder: Path) -> PackageFolders:
    return lambda content_hash, kind, /: folder / content_hash


def test_a_package_gives_the_same_sound_as_in_torch(tmp_path: Path) -> None:
    recipe = random_voice(tmp_path, SIZES, tiny.ENCODER, tiny.PITCH, vectors=70)
    settings = {"seed": 4, "precision": "fp32"}
    piece = whole(RECORDING, SIZES.rate)
    ours = engine.FRAMEWORK.load(recipe, folders(tmp_path), "mlx").convert(piece, settings)
    theirs = torch_engine.FRAMEWORK.load(recipe, folders(tmp_path), "cpu").convert(piece, settings)
    assert np.corrcoef(ours.samples, theirs.samples)[0, 1] >= 0.9999
    assert set(ours.stages) == set(theirs.stages)


def test_the_same_piece_gives_the_same_bytes(tmp_path: Path) -> None:
    recipe = random_voice(tmp_path, SIZES, tiny.ENCODER, tiny.PITCH)
    piece = whole(RECORDING, SIZES.rate)
    one, other = (engine.FRAMEWORK.load(recipe, folders(tmp_path), "mlx").convert(piece, {}).samples for _ in range(2))
    assert one.tobytes() == other.tobytes()


def test_a_voice_that_one_thread_has_loaded_converts_in_another(tmp_path: Path) -> None:
    voice = engine.FRAMEWORK.load(
        random_voice(tmp_path, SIZES, tiny.ENCODER, tiny.PITCH, vectors=70), folders(tmp_path), "mlx"
    )
    settings = RvcSettings()
    voice.conversion_for(settings)
    piece = whole(RECORDING, SIZES.rate)
    with ThreadPoolExecutor(1) as other:
        there = other.submit(voice.convert, piece, {}).result().samples
    assert there.tobytes() == voice.convert(piece, {}).samples.tobytes()


def test_other_capabilities_are_refused(tmp_path: Path) -> None:
    recipe = random_voice(tmp_path, SIZES, tiny.ENCODER, tiny.PITCH)
    with pytest.raises(InputError, match="start a worker that serves as mlx"):
        engine.FRAMEWORK.load(recipe, folders(tmp_path), "cuda")


def test_an_encoder_of_another_width_is_refused(tmp_path: Path) -> None:
    recipe = random_voice(tmp_path, tiny.voice(content=7), tiny.ENCODER, tiny.PITCH)
    with pytest.raises(ConversionError, match="7 wide"):
        engine.FRAMEWORK.load(recipe, folders(tmp_path), "mlx").convert(whole(RECORDING, SIZES.rate), {})
