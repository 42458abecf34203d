"""The workers of a real farm are measured while a job goes on, and the job is not the worse for it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from dispatcher.benchmarks.folder import read_folder
from dispatcher.client.farm import Farm
from dispatcher.client.measuring import Measuring
from testing.running_farm import RunningFarm
from tests.farm.conftest import OpenFarm

pytestmark = pytest.mark.timeout(400)
QUICK = Measuring(suites=("storage",), is_short=True)


@contextmanager
def front_door(farm: RunningFarm) -> Iterator[Farm]:
    """The farm as its users see it, once all of its workers are there."""
    door = Farm(farm.settings)
    farm.wait(lambda: len(door.workers()) == sum(c.name.startswith("worker") for c in farm.supervisor.children), "all")
    try:
        yield door
    finally:
        door.database.close()


def test_every_worker_is_measured_in_turn_while_a_job_goes_on(
    open_farm: OpenFarm, recording: Path, undisturbed: bytes, tmp_path: Path
) -> None:
    with open_farm(workers=2) as farm, front_door(farm) as door:
        job = farm.submit(recording, "bright")
        numbers = door.measurements().begin(door.workers(), QUICK)
        farm.wait(lambda: all(one.is_over for one in door.measurements().look(numbers)), "their figures")
        ended = door.measurements().look(numbers)
        assert [(one.state, one.reason) for one in ended] == [("done", "")] * 2
        first, second = (one.found for one in ended)
        assert first is not None
        assert second is not None
        assert first.facts.worker != second.facts.worker
        begun, other = first.conditions, second.conditions
        assert begun.began_at + begun.seconds <= other.began_at, "no two at a time"
        assert farm.result(job, tmp_path) == undisturbed


@pytest.mark.parametrize("farm_settings", ["servers"], indirect=True)
def test_a_worker_killed_while_it_is_measured_is_told_and_the_farm_goes_on(
    open_farm: OpenFarm, short_recording: Path
) -> None:
    with open_farm(workers=1) as farm, front_door(farm) as door:
        measurements = door.measurements()
        numbers = measurements.begin(door.workers(), Measuring(suites=("world",)))
        farm.wait(lambda: measurements.look(numbers)[0].state == "running", "the measurement")
        assert [worker.state for worker in door.workers()] == ["measuring"]
        worker = farm.child("worker-1").process
        assert worker is not None
        farm.wait(lambda: bool(_measuring(worker.pid)), "its process")
        apart = _measuring(worker.pid)
        farm.kill("worker-1")
        farm.wait(lambda: measurements.look(numbers)[0].is_over, "its end")
        farm.wait(lambda: not any(one.is_running() for one in apart), "the end of the process that measured")
        (one,) = measurements.look(numbers)
        assert one.state == "failed"
        assert "was lost before it was over" in one.reason
        assert farm.finish(farm.submit(short_recording, "bright")).state == "finished"


def _measuring(worker: int) -> list[psutil.Process]:
    """The processes in which a worker measures."""
    return [one for one in psutil.Process(worker).children() if "--multiprocessing-fork" in one.cmdline()]


@pytest.mark.parametrize("farm_settings", ["embedded"], indirect=True)
def test_the_command_writes_a_folder_for_each_worker_and_compares_them(open_farm: OpenFarm, tmp_path: Path) -> None:
    with open_farm(workers=2) as farm, front_door(farm) as door:

        def bench(*words: str) -> "subprocess.CompletedProcess[str]":
            command = [sys.executable, "-m", "dispatcher.cli.main", "bench", "farm", *words]
            environment = farm.child("worker-1").environment
            return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

        out = tmp_path / "benchmarks"
        said = bench("--suite", "storage", "--short", "-o", str(out))
        assert said.returncode == 0, said.stderr
        folders = [path for path in out.iterdir() if path.is_dir()]
        assert {read_folder(path).facts.worker for path in folders} == {worker.name for worker in door.workers()}
        assert all(f"{worker.name} was measured in" in said.stderr for worker in door.workers())
        assert len(folders) == 2
        assert (out / "comparison.md").is_file()
        again = bench("--last", "--json", "-o", str(tmp_path / "again"))
        rows = json.loads(again.stdout)
        assert [row["state"] for row in rows] == ["done", "done"]
        assert all(row["figures"] for row in rows)
        nobody = bench("--worker", "nobody")
        assert nobody.returncode == 1
        assert "no worker is called 'nobody'" in nobody.stderr
