"""A stitch leaves nothing on the disk, even if it was killed."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dispatcher.studio.stitch.scratch import scratch_room
from storage.errors import ServiceError

HELD = """
import sys
from pathlib import Path
from dispatcher.studio.stitch.scratch import scratch_room
with scratch_room(Path(sys.argv[1])) as folder:
    (folder / "result.wav").write_bytes(b"half")
    print("there", flush=True)
    sys.stdin.read()
"""


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    with scratch_room(tmp_path / "new") as folder:
        (folder / "result.wav").write_bytes(b"whole")
    assert list((tmp_path / "new").iterdir()) == []


def test_leftovers_of_a_killed_process_are_removed_by_the_next_but_not_files_in_use(tmp_path: Path) -> None:
    holders = [
        subprocess.Popen([sys.executable, "-c", HELD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    try:
        assert [holder.stdout.readline() for holder in holders if holder.stdout] == [b"there\n"] * 2
        os.kill(holders[0].pid, signal.SIGKILL)
        holders[0].wait()
        assert len(list(tmp_path.iterdir())) == 2
        with scratch_room(tmp_path):
            assert len(list(tmp_path.iterdir())) == 2
        assert [p.read_bytes() for p in tmp_path.glob("*/result.wav")] == [b"half"]
    finally:
        for holder in holders:
            holder.communicate(b"")


def test_a_scratch_folder_that_cannot_be_used_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ServiceError, match=r"scratch folder .* cannot be used"), scratch_room(tmp_path / "file" / "x"):
        raise AssertionError("there is nothing to work in")
