"""What the farm made is recognised by its mark: left out of folders, and left as it is while it is up to date."""

from pathlib import Path

import numpy as np
import pytest

from dispatcher.jobs.hashing import hash_file
from dispatcher.wishes.sources import Chosen, find_sources
from dispatcher.wishes.targets import Existing
from storage.audio.mark import mark_in, mark_of
from storage.audio.write import Labels, open_result
from tests.wishes.asking import commission, planned


def recording(path: Path, content: bytes = b"a recording") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def result_of(source: Path, path: Path, request: str | None = None) -> Path:
    """A result as the farm writes it."""
    mark = mark_of(hash_file(source), request or commission(source).checked.hash)  # type: ignore[union-attr]
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_result(path, rate=16_000, format=path.suffix, frames=1600, labels=Labels(mark=mark)) as result:
        result.write(np.zeros(1600, np.float32))
    return path


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "opus", "m4a"])
def test_a_mark_is_found_in_results_of_every_format(tmp_path: Path, ending: str) -> None:
    source = recording(tmp_path / "a.wav")
    assert mark_in(result_of(source, tmp_path / f"x.{ending}", "f" * 64)) == f"{hash_file(source)[:16]}.{'f' * 16}"


def test_a_mark_at_the_end_of_a_long_file_is_found_and_none_is_made_up(tmp_path: Path) -> None:
    path = tmp_path / "long.m4a"
    for length in (65_536, 65_537, 65_560, 131_071, 131_072, 1 << 20):
        path.write_bytes(b"\0" * length + b"voicefarm 0123456789abcdef.0123456789abcdef")
        assert mark_in(path) == "0123456789abcdef.0123456789abcdef", length
    path.write_bytes(b"voicefarm 0123456789abcdef.0123")
    assert mark_in(path) is None
    assert mark_in(tmp_path / "missing.wav") is None


def test_results_beside_recordings_are_left_out_of_a_folder(tmp_path: Path) -> None:
    source = recording(tmp_path / "day" / "a.wav")
    result = result_of(source, tmp_path / "day" / "a.deep.wav")
    found = find_sources([tmp_path])
    assert [s.path for s in found.sources] == [source]
    assert found.own_results == [result]


def test_a_folder_of_nothing_but_results_is_what_is_meant(tmp_path: Path) -> None:
    source = recording(tmp_path / "in" / "a.wav")
    result = result_of(source, tmp_path / "out" / "a.wav")
    found = find_sources([tmp_path / "out"])
    assert ([s.path for s in found.sources], found.own_results) == ([result], [])
    assert [s.path for s in find_sources([result, tmp_path / "in"]).sources] == [result, source]


def test_a_result_is_left_as_it_is_only_while_it_is_up_to_date(tmp_path: Path) -> None:
    source, out = recording(tmp_path / "a.wav"), tmp_path / "out"
    result_of(source, out / "a.wav")
    (target,) = planned([source], out)
    assert (target.is_there, target.error) == (True, None)

    recording(source, b"another recording")
    (target,) = planned([source], out)
    assert not target.is_there
    assert "exists already, made of another recording or in another way" in str(target.error)
    (target,) = planned([source], out, existing=Existing.KEEP_ALL)
    assert (target.is_there, target.error) == (True, None)
    (target,) = planned([source], out, existing=Existing.REPLACE)
    assert (target.is_there, target.error) == (False, None)


def test_a_file_that_somebody_else_made_is_never_taken_for_a_result(tmp_path: Path) -> None:
    source, out = recording(tmp_path / "a.wav"), tmp_path / "out"
    recording(out / "a.wav", b"mine")
    (target,) = planned([source], out)
    assert str(target.error).startswith(f"{out / 'a.wav'} exists already; ")


def test_folders_are_searched_by_pattern(tmp_path: Path) -> None:
    for name in ("a.wav", "b.mp3", "drafts/c.wav", "keep/d.wav", "keep/notes.txt", "keep/odd.sound"):
        recording(tmp_path / name)

    def names(include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> set[str]:
        found = find_sources([tmp_path], Chosen(include, exclude)).sources
        return {Path(str(s.path)).relative_to(tmp_path).as_posix() for s in found}

    assert names() == {"a.wav", "b.mp3", "drafts/c.wav", "keep/d.wav"}
    assert names(include=("*.wav",)) == {"a.wav", "drafts/c.wav", "keep/d.wav"}
    assert names(exclude=("drafts",)) == {"a.wav", "b.mp3", "keep/d.wav"}
    assert names(include=("keep/*",), exclude=("*.txt",)) == {"keep/d.wav", "keep/odd.sound"}
