"""What the records say of models and of the farm."""

import time

from sqlalchemy import func, select

from dispatcher.farm.checks.database import is_worker_only, opened, unready
from dispatcher.farm.finding import Said
from dispatcher.models.health import models_there
from dispatcher.reports.farm import read_workers
from storage.objects.opening import open_store
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import ENDED_JOBS
from storage.settings import Settings


def look_at_models(settings: Settings) -> Said:
    """Whether voices have the models that they need."""
    if is_worker_only(settings):
        return Said("ask where the dispatcher runs; a worker fetches what its work needs")
    if unready(settings):
        return _not_yet()
    with opened(settings) as database:
        return Said(models_there(database, open_store(settings)))


def look_at_farm(settings: Settings) -> Said:
    """Who is there, and what is to be done."""
    if is_worker_only(settings):
        return Said("ask `voicefarm workers` where the dispatcher runs")
    if unready(settings):
        return _not_yet()
    with opened(settings) as database:
        there = len(read_workers(database, time.time(), settings.lost_after_seconds, past=False))
        return Said(f"{_counted(there, 'worker')} there, {_counted(_open_jobs(database), 'job')} open")


def _not_yet() -> Said:
    return Said("not asked, because the database is not ready yet", is_note=True)


def _open_jobs(database: Database) -> int:
    statement = select(func.count()).select_from(JobRecord).where(JobRecord.state.not_in(ENDED_JOBS))
    with database.reading() as connection:
        return connection.execute(statement).scalar_one()


def _counted(count: int, name: str) -> str:
    if count == 1:
        return f"1 {name} is"
    return f"{count} {name}s are" if count else f"no {name} is"
