"""Clocks that are set, full disks, and workers of another release really behave as such."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from testing.chaos.clocks import Clocks, compiler
from testing.chaos.disk import small_disk
from testing.chaos.other_version import OTHER

ASK = """
import sys, time
for _ in sys.stdin:
    print(time.time(), time.monotonic(), flush=True)
"""


@pytest.mark.skipif(compiler() is None, reason="clocks can only be set on Linux with a C compiler")
def test_a_clock_is_set_while_its_process_runs_and_other_clocks_stay_right(tmp_path: Path) -> None:
    clocks = Clocks(tmp_path)
    environment = {**os.environ, **clocks.environment("one")}
    with subprocess.Popen(
        [sys.executable, "-c", ASK], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for ahead in (0.0, 600.0, -600.0, 0.0):
            clocks.set("one", ahead)
            process.stdin.write("?\n")
            process.stdin.flush()
            wall, steady = map(float, process.stdout.readline().split())
            assert wall - time.time() == pytest.approx(ahead, abs=2.0)
            assert steady == pytest.approx(time.monotonic(), abs=2.0)
        process.stdin.close()


def test_a_full_disk_accepts_nothing_until_space_is_freed(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        if disk is None:
            pytest.skip("only root can mount a small disk")
        disk.fill("ballast")
        with pytest.raises(OSError, match="No space"):
            (disk.folder / "more").write_bytes(bytes(100_000))
        disk.free("ballast")
        (disk.folder / "more").write_bytes(bytes(100_000))


def test_a_worker_of_another_release_offers_other_versions() -> None:
    asked = (
        "from testing.chaos.other_version import be_other; be_other();"
        "from workers.engines.catalog import engine; print(engine('through').version, engine('world').version)"
    )
    told = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True)
    assert told.stdout.split() == [OTHER, OTHER]
