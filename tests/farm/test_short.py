"""Many short recordings on a farm whose processes are killed: all end, none is counted twice, and no byte differs."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import soundfile
from sqlalchemy import func, select

from dispatcher.jobs.checking import check_request
from dispatcher.jobs.loading import jobs_in
from dispatcher.jobs.request import Request
from dispatcher.jobs.submitting import Accepted, Intake, submit_all
from storage.records.schema import AttemptRecord, JobRecord, LeaseRecord
from storage.records.states import ENDED_JOBS, JobState
from testing.running_farm import RunningFarm, fingerprint
from tests.farm.conftest import OpenFarm

pytestmark = pytest.mark.timeout(400)

#: Different recordings, and how often each is handed in at once.
LENGTHS, TIMES = 20, 4


@pytest.fixture(scope="module")
def recordings(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("short")
    samples, rate = soundfile.read(recording, dtype="int16")
    paths = []
    for number in range(LENGTHS):
        path = folder / f"{number:02}.wav"
        start = number * rate // 2
        soundfile.write(path, samples[start : start + rate // 4 + number * rate // 20], rate)
        paths.append(path)
    return paths


def submitted(farm: RunningFarm, paths: list[Path], times: int = 1) -> list[int]:
    checked = check_request(farm.database, farm.settings, Request("bright"))
    intakes = [Intake(path, checked) for path in paths * times]
    found = [accepted for _, accepted in submit_all(farm.turns, farm.store, intakes)]
    jobs = [accepted.job for accepted in found if isinstance(accepted, Accepted)]
    assert len(jobs) == len(found)
    return jobs


def ended(farm: RunningFarm) -> int:
    with farm.database.reading() as connection:
        query = select(func.count()).where(JobRecord.state.in_(ENDED_JOBS))
        return int(connection.execute(query).scalar_one())


def in_the_middle(farm: RunningFarm, recordings: list[Path]) -> list[int]:
    """Hand in a round and wait until one job more has ended, so that there is work in hand however fast the farm is."""
    before = ended(farm)
    jobs = submitted(farm, recordings)
    farm.wait(lambda: ended(farm) > before, "the end of another job")
    return jobs


def check(farm: RunningFarm, jobs: list[int]) -> None:
    """All are finished, equal recordings gave equal bytes, and every atom was counted once."""
    farm.wait(lambda: ended(farm) == len(jobs), "the end of all jobs")
    with farm.database.reading() as connection:
        rows = jobs_in(connection, jobs)
        done = Counter(
            connection.execute(
                select(AttemptRecord.job_id).where(AttemptRecord.outcome.in_(("done", "cached")))
            ).scalars()
        )
    assert {row.state for row in rows.values()} == {JobState.FINISHED}, {row.reason for row in rows.values()}
    assert {(row.atoms, row.atoms_done) for row in rows.values()} == {(1, 1)}
    assert done == Counter(jobs)
    for number in range(LENGTHS):
        same = {fingerprint(farm.store.get(str(rows[job].result_key))) for job in jobs[number::LENGTHS]}
        assert len(same) == 1


def test_short_recordings_travel_in_bundles(open_farm: OpenFarm, recordings: list[Path]) -> None:
    with open_farm(workers=2) as farm:
        jobs = submitted(farm, recordings, TIMES)
        check(farm, jobs)
        with farm.database.reading() as connection:
            bundled = connection.execute(select(func.count()).where(LeaseRecord.bundle.is_not(None))).scalar_one()
            bundles = connection.execute(select(func.count(LeaseRecord.bundle.distinct()))).scalar_one()
    assert bundled > len(jobs) / 2
    assert bundles < bundled / 2


def test_killing_everything_in_turn_loses_no_short_recording(
    open_farm: OpenFarm, lose_broker: Callable[[RunningFarm], None], recordings: list[Path]
) -> None:
    with open_farm(workers=2) as farm:
        jobs = []
        for victim in ("worker-1", "studio", "desk", "broker", "worker-2"):
            jobs += in_the_middle(farm, recordings)
            if victim == "broker":
                lose_broker(farm)
            else:
                farm.kill(victim)
        check(farm, jobs)
