"""A farm can be upgraded machine by machine while it works."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import soundfile
from sqlalchemy import select

from dispatcher.client.telling import turns_of_client
from dispatcher.jobs.checking import check_request
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import submit
from dispatcher.local.child import Child
from dispatcher.local.embedded import threads
from dispatcher.reports.waiting import live_offers, waits_for
from storage.records.schema import AttemptRecord, WorkerRecord
from storage.records.states import WorkerState
from testing.chaos.other_version import OTHER
from testing.running_farm import RunningFarm
from tests.farm.conftest import OpenFarm
from workers.engines import catalog


def hire_other(farm: RunningFarm, name: str) -> None:
    """Add a worker of the previous release."""
    environment = {**os.environ, **farm.settings.as_environment(), **threads(1)}
    command = [sys.executable, "-m", "tests.farm.other_release", "worker"]
    child = Child(name, command, farm.settings.state_folder / "logs" / f"{name}.log", environment)
    farm.supervisor.children.append(child)
    child.start()
    farm.wait(lambda: any(f"through.v{OTHER}" in offers for offers in live_offers(farm.database)), "the old worker")


@contextmanager
def the_release_before() -> Iterator[None]:
    """Within this block, jobs are submitted by a machine that is not upgraded yet."""
    engine = catalog.engine("through")
    now, engine.version = engine.version, OTHER
    try:
        yield
    finally:
        engine.version = now


def submit_before(farm: RunningFarm, recording: Path, seed: int) -> int:
    """Submit a job as the previous release would."""
    with the_release_before():
        checked = check_request(farm.database, farm.settings, Request("through", settings={"seed": seed}))
        return submit(turns_of_client(farm.database, farm.settings), farm.store, recording, checked)


def versions_that_converted(farm: RunningFarm, job: int) -> set[str]:
    """The engine versions of the workers that converted a job."""
    with farm.database.reading() as connection:
        engines = connection.execute(
            select(WorkerRecord.engines)
            .join(AttemptRecord, AttemptRecord.incarnation == WorkerRecord.incarnation)
            .where(AttemptRecord.job_id == job)
        ).scalars()
        return {found["through"] for found in engines}


def test_old_jobs_finish_on_old_workers_and_new_ones_on_new_workers(
    open_farm: OpenFarm, short_recording: Path, tmp_path: Path
) -> None:
    with open_farm(workers=1) as farm:
        hire_other(farm, "old")
        jobs = [submit_before(farm, short_recording, 1), farm.submit(short_recording, "through", settings={"seed": 1})]
        for job in jobs:
            farm.result(job, tmp_path)
        now = catalog.engine("through").version
        assert [versions_that_converted(farm, job) for job in jobs] == [{OTHER}, {now}]
        old, new = (soundfile.read(tmp_path / f"{job}.wav")[0] for job in jobs)
        assert old.tobytes() == new.tobytes()
        assert farm.job(jobs[0]).engine_version == OTHER


def test_an_old_job_waits_for_an_old_worker_and_says_so(
    open_farm: OpenFarm, short_recording: Path, tmp_path: Path
) -> None:
    with open_farm(workers=1) as farm:
        job = submit_before(farm, short_recording, 2)
        farm.wait(lambda: farm.job(job).atoms_waiting > 0, "its split")
        farm.wait(lambda: bool(live_offers(farm.database)), "the new worker")
        assert waits_for(farm.job(job), live_offers(farm.database)) == f"waiting: no worker offers through.v{OTHER}"
        hire_other(farm, "old")
        farm.result(job, tmp_path)


def test_an_old_worker_that_ends_in_between_loses_nothing(
    open_farm: OpenFarm, short_recording: Path, tmp_path: Path
) -> None:
    with open_farm(workers=1) as farm:
        hire_other(farm, "old")
        job = submit_before(farm, short_recording, 3)
        farm.child("old").ask_to_stop()
        farm.wait(lambda: farm.job(job).state == "finished" or _gone(farm), "the end of one of them")
        hire_other(farm, "old again")
        farm.result(job, tmp_path)
        new = farm.submit(short_recording, "through", settings={"seed": 3})
        farm.result(new, tmp_path)
        assert (
            soundfile.read(tmp_path / f"{job}.wav")[0].tobytes() == soundfile.read(tmp_path / f"{new}.wav")[0].tobytes()
        )


def _gone(farm: RunningFarm) -> bool:
    with farm.database.reading() as connection:
        return WorkerState.GONE in set(connection.execute(select(WorkerRecord.state)).scalars())
