"""A crash in a decoder or encoder harms only the job it was working for."""

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from dispatcher.sample.recording import write_sample
from testing.running_farm import RunningFarm
from tests.farm.conftest import OpenFarm
from tests.infra.places import ROOT

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def long_recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording long enough for its split to be caught in progress."""
    path = tmp_path_factory.mktemp("recording") / "long.flac"
    write_sample(path, 1_200.0, rate=48_000)
    return path


def _studio(farm: RunningFarm) -> psutil.Process:
    process = farm.child("studio").process
    assert process is not None
    return psutil.Process(process.pid)


def test_a_crash_in_one_split_leaves_the_studio_and_other_jobs_alone(
    open_farm: OpenFarm, long_recording: Path, short_recording: Path, tmp_path: Path
) -> None:
    with open_farm(workers=1, atom_seconds=30.0) as farm:
        farm.finish(farm.submit(short_recording, "through"))
        studio = _studio(farm)
        culprit = farm.submit(long_recording, "through")
        farm.wait(lambda: farm.job(culprit).atoms >= 1, "the split")
        crashing = max(studio.children(), key=lambda child: child.cpu_times().user)
        other = farm.submit(short_recording, "through", settings={"seed": 1})
        os.kill(crashing.pid, signal.SIGSEGV)
        assert farm.finish(other).state == "finished"
        assert (farm.job(other).claims, farm.job(other).reason) == (0, "")
        assert _studio(farm) == studio
        assert studio.is_running()
        assert farm.finish(culprit).state == "finished"


def test_no_process_of_a_studio_outlives_it(open_farm: OpenFarm, short_recording: Path) -> None:
    with open_farm(workers=1) as farm:
        farm.finish(farm.submit(short_recording, "through"))
        before = _studio(farm).children(recursive=True)
        assert before
        farm.kill("studio")
        farm.wait(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in before), "their end")


#: A studio as on a Mac, where processes are spawned instead of forked.
SPAWNING = """
if __name__ == "__main__":
    import billiard
    billiard.set_start_method("spawn")
    from dispatcher.cli.main import main
    main()
"""


def test_a_studio_that_spawns_its_processes_does_the_same_work(
    open_farm: OpenFarm, short_recording: Path, tmp_path: Path
) -> None:
    script = tmp_path / "spawning.py"
    script.write_text(SPAWNING)
    with open_farm(workers=1) as farm:
        child = farm.child("studio")
        farm.finish(farm.submit(short_recording, "through"))
        child.command = [sys.executable, str(script), "dispatcher", "--only", "studio"]
        child.environment["PYTHONPATH"] = str(ROOT)
        farm.kill("studio")
        farm.wait(lambda: child.is_alive and len(_studio(farm).children()) >= 2, "its processes")
        job = farm.submit(short_recording, "through", settings={"seed": 1})
        assert farm.finish(job).state == "finished"
