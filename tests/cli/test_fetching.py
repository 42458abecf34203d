"""A result arrives completely or not at all, and full disks are reported."""

import errno
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from dispatcher.jobs.fetching import fetch_result
from storage.errors import NoSpace
from storage.objects.folder import FolderStore
from storage.records.database import Database
from storage.records.schema import JobRecord
from tests.cli.conftest import silence
from tests.cli.running import CommandLine, ended

#: Seconds of silence as 16-bit WAV: more than the small disk holds.
TOO_LONG = 60.0


@pytest.mark.parametrize("full", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_disk_that_fills_up_while_fetching_keeps_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, migrated_sqlite_url: str, full: int
) -> None:
    store = FolderStore(tmp_path / "objects")
    store.put("results/a.wav", b"sound")
    job = cast("JobRecord", SimpleNamespace(id=7, state="finished", result_key="results/a.wav", reason=""))

    def fail(_: int) -> None:
        raise OSError(full, os.strerror(full))

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(NoSpace, match=r"disk is full where .*; put the result of job 7 elsewhere"):
        fetch_result(store, job, tmp_path / "out" / "a.wav", Database(migrated_sqlite_url))
    assert list((tmp_path / "out").iterdir()) == []


def test_a_full_disk_for_the_result_is_reported(command: CommandLine, tmp_path: Path, small_disk: Path) -> None:
    long = silence(tmp_path / "long.flac", TOO_LONG)
    ended = command.run("convert", long, "--voice", "through", "-o", small_disk)
    assert "the disk is full where" in ended.sentence()
    assert "voicefarm fetch 1 -o" in ended.sentence()
    assert list(small_disk.iterdir()) == []
    command.done("fetch", 1, "-o", tmp_path / "elsewhere.wav")
    assert (tmp_path / "elsewhere.wav").stat().st_size > TOO_LONG * 16_000 * 2


def test_a_stage_waits_for_room_in_a_full_object_store(command: CommandLine, tmp_path: Path, small_disk: Path) -> None:
    store = (small_disk / "objects").as_uri()
    short = silence(tmp_path / "short.flac", TOO_LONG)
    converting = command.start("convert", short, "--voice", "through", "-o", tmp_path / "out", objects_url=store)
    assert converting.stderr is not None
    said = next(line for line in converting.stderr if "waiting" in line)
    assert f"waiting: the disk that holds {small_disk / 'objects'} is full; free some space" in said
    subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True, timeout=60)
    assert ended(converting).status == 0
    assert (tmp_path / "out" / "short.wav").exists()


def test_a_recording_too_large_for_the_object_store_is_refused(
    command: CommandLine, tmp_path: Path, small_disk: Path
) -> None:
    long = silence(tmp_path / "long.wav", TOO_LONG)
    store = (small_disk / "objects").as_uri()
    said = command.run("submit", long, "--voice", "through", objects_url=store).sentence()
    assert f"the disk that holds {small_disk}" in said
    assert list(small_disk.rglob(".unfinished/*")) == []
