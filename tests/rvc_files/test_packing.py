"""A package is written completely or not at all."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from storage.errors import InputError
from testing.voice_files.voices import exported, save, tiny
from workers.engines.rvc.files.draft import Draft
from workers.engines.rvc.files.packing import write_package
from workers.engines.rvc.files.voice_file import read_voice


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    path = save(exported(tiny()), tmp_path / "voice.pth")
    draft = read_voice(path)
    path.unlink()
    return draft


def test_the_same_draft_always_gives_the_same_package(draft: Draft, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    first, second = (write_package(draft, tmp_path / name) for name in "ab")
    assert first.hash == second.hash
    assert (tmp_path / "a" / "voice.json").read_bytes() == first.to_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b"}


def test_nothing_is_left_behind_when_writing_fails(draft: Draft, tmp_path: Path) -> None:
    unwritable = replace(draft, facts={**draft.facts, "info": np.ones(2)})
    with pytest.raises(TypeError):
        write_package(unwritable, tmp_path / "package")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_empty_is_left_alone(draft: Draft, tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="is not empty"):
        write_package(draft, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def test_a_folder_that_cannot_be_written_to_is_named(draft: Draft, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        write_package(draft, tmp_path / "file" / "package")
