"""What the records say of models and of the farm."""

import time

from sqlalchemy import func, select

from dispatcher.desk.tick import RUBBISH
from dispatcher.farm.checks.database import is_worker_only, opened, unready
from dispatcher.farm.finding import Said
from dispatcher.jobs.worker_keys import all_keys
from dispatcher.models.health import models_there
from dispatcher.reports.farm import read_workers
from storage.objects.opening import open_store
from storage.records.database import Database
from storage.records.schema import FarmRecord, JobRecord
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


def look_at_trust(settings: Settings) -> Said:
    """Whether workers sign what they say, and whether anything came in that was no message."""
    if settings.is_embedded or is_worker_only(settings):
        return Said("ask where the dispatcher runs" if is_worker_only(settings) else "only this machine has workers")
    if unready(settings):
        return _not_yet()
    with opened(settings) as database:
        keys, dropped = len(all_keys(database)), _dropped(database)
        rubbish = f"; {dropped} messages that were none of ours were dropped so far" if dropped else ""
        if not keys:
            advice = "`voicefarm worker-key add NAME` makes a key for a machine"
            return Said(f"no worker signs, so all are trusted alike; {advice}{rubbish}", is_note=True)
        return Said(f"workers sign, with {keys} keys{rubbish}", is_note=bool(dropped))


def _dropped(database: Database) -> int:
    with database.reading() as connection:
        found = connection.execute(select(FarmRecord.value).where(FarmRecord.name == RUBBISH)).scalar()
        return int(found or 0)


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
