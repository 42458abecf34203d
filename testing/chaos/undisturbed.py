"""The results of all work on an ordinary farm with one worker and no faults."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from dispatcher.local.redis_server import start_redis
from storage.records.states import JobState
from testing.chaos.results import jobs_in
from testing.chaos.work import Made, Work, add_paced_voices, every_result, fingerprint, made
from testing.running_farm import running_farm
from testing.services.building import embedded_settings, migrated_sqlite
from workers.wire.celery_app import build_app
from workers.wire.routes import SPLIT_QUEUE, SPLIT_TASK
from workers.wire.sending import send


def undisturbed_results(folder: Path, work: Work, **changes: Any) -> dict[Made, str]:
    """The fingerprint of every result."""
    folder.mkdir()
    settings = replace(embedded_settings(folder), **changes)
    settings.state_folder.mkdir()
    migrated_sqlite(settings.state_folder)
    with running_farm(settings, 1, start_redis(settings)) as farm:
        add_paced_voices(farm.database)
        numbers = [work.hand_in(farm.database, farm.store, settings, task) for task in every_result()]
        for number in numbers:
            send(build_app(settings), SPLIT_TASK, SPLIT_QUEUE, number)
        for number in numbers:
            job = farm.finish(number)
            assert job.state == JobState.FINISHED, job.reason
        return {made(job): fingerprint(farm.store, job) for job in jobs_in(farm.database, JobState.FINISHED)}
