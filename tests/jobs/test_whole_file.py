"""A file appears whole or not at all, and what killed programs left unfinished does not stay for ever."""

import os
import time
from pathlib import Path

import pytest

from dispatcher.jobs import whole_file as module
from dispatcher.jobs.whole_file import ABANDONED, unfinished_beside, whole_file


@pytest.fixture(autouse=True)
def nothing_looked_at() -> None:
    """Every test begins as a program does."""
    module._remove_abandoned.cache_clear()


def left(folder: Path, name: str, age: float) -> Path:
    path = folder / name
    path.write_bytes(b"half")
    os.utime(path, (time.time() - age,) * 2)
    return path


def write(target: Path) -> None:
    with whole_file(target) as unfinished:
        assert not target.exists()
        unfinished.write_bytes(b"whole")


def test_a_file_takes_its_name_at_the_end_and_leaves_nothing_else(tmp_path: Path) -> None:
    write(tmp_path / "new" / "result.wav")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["result.wav"]


def test_an_error_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> None:
        with whole_file(tmp_path / "result.wav") as unfinished:
            unfinished.write_bytes(b"half")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        broken()
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_program_left_is_removed_once_it_is_surely_dead(tmp_path: Path) -> None:
    dead = left(tmp_path, unfinished_beside(tmp_path / "a.wav").name, ABANDONED + 60.0)
    alive = left(tmp_path, unfinished_beside(tmp_path / "b.wav").name, ABANDONED - 60.0)
    write(tmp_path / "result.wav")
    assert not dead.exists()
    assert alive.exists()


@pytest.mark.parametrize("name", [".hidden.part", ".voicefarm-notes.wav", "voicefarm-12345678.part.wav", "a.part"])
def test_nothing_else_is_ever_removed(tmp_path: Path, name: str) -> None:
    other = left(tmp_path, name, 1000.0 * ABANDONED)
    write(tmp_path / "result.wav")
    assert other.exists()
