"""A result that cannot be written is noticed before any work is done for it."""

import errno
import os
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from dispatcher.cli.remedies import worded
from dispatcher.jobs.fetching import fetch_result
from dispatcher.wishes.targets import Existing
from storage.objects.folder import FolderStore
from storage.records.database import Database
from storage.records.schema import JobRecord
from tests.cli.running import CommandLine
from tests.wishes.asking import planned

#: The longest name that nearly every disk allows, in bytes.
LONGEST_NAME = 255


def _why(talk: Path, out: Path) -> str:
    (target,) = planned([talk], out, existing=Existing.REPLACE)
    return worded(target.error) if target.error else ""


def test_a_folder_that_takes_no_files_is_refused(talk: Path) -> None:
    """Its permissions claim that root may write there."""
    assert "/proc/x.wav cannot be written, because no file can be made in /proc (" in _why(talk, Path("/proc/x.wav"))


def test_no_work_is_done_for_a_result_that_cannot_be_written(command: CommandLine, talk: Path) -> None:
    said = command.run("convert", talk, "--voice", "through", "-o", "/proc/x.wav").sentence()
    assert "choose another place with -o" in said
    assert command.told("jobs") == []


@pytest.mark.parametrize("place", ["x" * 300 + ".wav", "y" * 300 + "/x.wav", "new/" + "ö" * 126 + ".wav"])
def test_names_too_long_for_the_disk_are_refused(talk: Path, tmp_path: Path, place: str) -> None:
    assert "its name is too long for the disk" in _why(talk, tmp_path / place)
    assert list(tmp_path.iterdir()) == []


def test_paths_too_long_for_the_system_are_refused(talk: Path, tmp_path: Path) -> None:
    assert "its path is too long for the system" in _why(talk, tmp_path / "/".join(["deep"] * 1000) / "x.wav")


def test_the_longest_possible_name_is_planned_and_written(talk: Path, tmp_path: Path, migrated_sqlite_url: str) -> None:
    target = tmp_path / "new" / ("x" * (LONGEST_NAME - len(".wav")) + ".wav")
    assert _why(talk, target) == ""
    store = FolderStore(tmp_path / "objects")
    store.put("results/a.wav", b"sound")
    job = cast("JobRecord", SimpleNamespace(id=7, state="finished", result_key="results/a.wav", reason=""))
    fetch_result(store, job, target, Database(migrated_sqlite_url))
    assert target.read_bytes() == b"sound"
    assert list(target.parent.iterdir()) == [target]


def test_each_folder_is_tried_once_and_nothing_is_left_there(
    tmp_path: Path, talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings = [tmp_path / f"{n}.wav" for n in range(5)]
    for recording in recordings:
        recording.write_bytes(talk.read_bytes())
    tried = []

    def touch(path: Path, **_: object) -> None:
        tried.append(path)
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    out = tmp_path / "out"
    out.mkdir()
    assert {t.error for t in planned(recordings, out)} == {None}
    assert list(out.iterdir()) == []
    monkeypatch.setattr(Path, "touch", touch)
    errors = [str(t.error) for t in planned(recordings, out)]
    assert all("(Read-only file system)" in error for error in errors)
    assert len(tried) == 1


def test_a_result_does_not_replace_anything_but_a_file(talk: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "talk.wav").mkdir(parents=True)
    os.mkfifo(tmp_path / "pipe.wav")
    assert "is a folder and no result can take its place" in _why(talk, tmp_path / "out")
    assert "is a device, a pipe or a socket" in _why(talk, tmp_path / "pipe.wav")
