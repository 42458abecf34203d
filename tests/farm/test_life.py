"""A job's life on a real farm: cancelled, retried, overtaken, or waiting for what nobody offers."""

import json
import os
import shlex
import signal
from pathlib import Path

import pytest

from dispatcher.local.child import voicefarm
from dispatcher.reports.summary import summarise
from dispatcher.reports.waiting import live_offers
from storage.records.schema import LeaseRecord
from testing.running_farm import RunningFarm
from tests.farm.conftest import OpenFarm

pytestmark = pytest.mark.timeout(400)


def slow_voice(farm: RunningFarm, pace: float = 0.25) -> str:
    from dispatcher.voices.voices import add_voice

    return add_voice(farm.database, "slow", "through", {"pace": pace}).name


def test_a_cancelled_job_stops_a_retried_one_resumes_where_it_stopped_and_both_ends_are_told(
    open_farm: OpenFarm, short_recording: Path, tmp_path: Path
) -> None:
    told = tmp_path / "told.jsonl"
    told.touch()
    hook = shlex.join(["sh", "-c", f"{{ cat; echo; }} >> {shlex.quote(str(told))}"])
    with open_farm(workers=1, hook_command=hook) as farm:
        job = farm.submit(short_recording, slow_voice(farm))
        farm.wait(lambda: farm.job(job).atoms_done >= 1, "the first atom")
        farm.cancel(job)
        assert farm.job(job).state == "cancelled"
        farm.wait(lambda: not _live_leases(farm), "the end of its leases")
        done = farm.job(job).atoms_done
        farm.retry(job)
        assert farm.job(job).atoms_done == done
        assert farm.finish(job).state == "finished"
        farm.wait(lambda: len(told.read_text().splitlines()) == 2, "word of both ends")
        events = [json.loads(line) for line in told.read_text().splitlines()]
        assert [event["type"] for event in events] == ["job.ended"] * 2
        assert [event["data"]["state"] for event in events] == ["cancelled", "finished"]


def test_a_job_waits_for_what_no_worker_offers_and_starts_when_one_comes(
    open_farm: OpenFarm, short_recording: Path
) -> None:
    with open_farm(workers=1, tags="studio-a") as farm:
        plain = farm.child("worker-1")
        plain.environment["VOICEFARM_TAGS"] = ""
        farm.kill("worker-1")
        farm.wait(lambda: any(live_offers(farm.database)), "a worker without the tag")
        job = farm.submit(short_recording, "through", require=frozenset({"studio-a"}))
        farm.wait(lambda: farm.job(job).state == "converting", "the split")
        farm.wait(
            lambda: summarise(farm.job(job), live_offers(farm.database)).note == "waiting: no worker offers studio-a",
            "the note",
        )
        late = voicefarm(
            "worker-9", ["worker", "--tag", "studio-a"], farm.settings.state_folder / "logs", plain.environment
        )
        late.start()
        farm.supervisor.children.append(late)
        assert farm.finish(job).state == "finished"


def test_a_worker_told_to_end_hands_back_what_it_has_not_begun(open_farm: OpenFarm, short_recording: Path) -> None:
    with open_farm(workers=2) as farm:
        job = farm.submit(short_recording, slow_voice(farm))
        farm.wait(lambda: farm.job(job).atoms_done >= 1, "the first atom")
        leaving = farm.child("worker-1")
        farm.supervisor.children.remove(leaving)
        assert leaving.process is not None
        os.kill(leaving.process.pid, signal.SIGTERM)
        assert leaving.process.wait(15) == 0
        assert farm.finish(job).state == "finished"
        with farm.database.reading() as connection:
            from sqlalchemy import select

            assert "lost" not in set(connection.execute(select(LeaseRecord.state)).scalars())


def test_an_urgent_job_overtakes_a_long_one(open_farm: OpenFarm, short_recording: Path) -> None:
    with open_farm(workers=1, lease_seconds=2.0) as farm:
        voice = slow_voice(farm, pace=0.5)
        long = farm.submit(short_recording, voice, priority=8)
        farm.wait(lambda: farm.job(long).atoms_done >= 1, "the first atom")
        urgent = farm.submit(short_recording, "through", priority=0)
        assert farm.finish(urgent).state == "finished"
        assert farm.job(long).state == "converting"


def test_a_recording_damaged_in_the_middle_fails_with_a_sentence(open_farm: OpenFarm, tmp_path: Path) -> None:
    import numpy as np
    import soundfile

    samples = np.zeros(16_000 * 20, np.float32)
    samples[16_000 * 12] = np.nan
    soundfile.write(tmp_path / "nan.wav", samples, 16_000, subtype="FLOAT")
    with open_farm(workers=1) as farm:
        job = farm.finish(farm.submit(tmp_path / "nan.wav", "through"))
        assert job.state == "failed"
        assert "not finite" in job.reason
        assert "12.000 s" in job.reason


def _live_leases(farm: RunningFarm) -> list[str]:
    from sqlalchemy import select

    from storage.records.states import LIVE_LEASES

    with farm.database.reading() as connection:
        return list(connection.execute(select(LeaseRecord.token).where(LeaseRecord.state.in_(LIVE_LEASES))).scalars())
