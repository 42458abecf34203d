"""What the records say about models and the farm."""

import time

from sqlalchemy import func, select

from dispatcher.desk.tick import RUBBISH
from dispatcher.desk.worker_keys import all_keys
from dispatcher.local.checks.database import is_worker_only, opened, unready
from dispatcher.local.finding import Said
from dispatcher.reports.farm import read_workers
from dispatcher.voices.models import all_models
from dispatcher.voices.needed import lacking_kinds, why_not_ready
from storage.objects.opening import open_store
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import FarmRecord, JobRecord
from storage.records.states import OPEN_JOBS
from storage.remedies import Act, Remedy
from storage.settings import Settings


def look_at_models(settings: Settings) -> Said:
    """Whether voices have the models that they need."""
    if is_worker_only(settings):
        return Said("ask where the dispatcher runs; a worker fetches what its work needs")
    if unready(settings):
        return _not_yet()
    with opened(settings) as database:
        return _models(database, open_store(settings))


def _models(database: Database, store: ObjectStore) -> Said:
    if fault := why_not_ready(database, store):
        raise fault
    models = all_models(database)
    there = ", ".join(f"{model.called} {model.name}" for model in models)
    lacking = lacking_kinds(models)
    if not lacking:
        return Said(there)
    without = f"no {' and no '.join(lacking)}, which trained voices need"
    return Said(f"{there}; {without}" if there else without, remedies=(Remedy(Act.PULL_MODELS),))


def look_at_farm(settings: Settings) -> Said:
    """The workers there are, and the open jobs."""
    if is_worker_only(settings):
        return Said("a machine of workers knows of no other", remedies=(Remedy(Act.LIST_WORKERS),))
    if unready(settings):
        return _not_yet()
    with opened(settings) as database:
        there = len(read_workers(database, time.time(), settings.lost_after_seconds, past=False))
        return Said(f"{_counted(there, 'worker')} there, {_counted(_open_jobs(database), 'job')} open")


def look_at_trust(settings: Settings) -> Said:
    """Whether workers sign their messages, and whether anything arrived that could not be read."""
    if settings.is_embedded or is_worker_only(settings):
        return Said("ask where the dispatcher runs" if is_worker_only(settings) else "only this machine has workers")
    if unready(settings):
        return _not_yet()
    with opened(settings) as database:
        keys, dropped = len(all_keys(database)), _dropped(database)
        rubbish = f"; {dropped} messages that could not be read were dropped so far" if dropped else ""
        if not keys:
            said = f"no worker signs, so all are trusted alike{rubbish}"
            return Said(said, is_note=True, remedies=(Remedy(Act.ADD_WORKER_KEY),))
        return Said(f"workers sign, with {keys} keys{rubbish}", is_note=bool(dropped))


def _dropped(database: Database) -> int:
    with database.reading() as connection:
        found = connection.execute(select(FarmRecord.value).where(FarmRecord.name == RUBBISH)).scalar()
        return int(found or 0)


def _not_yet() -> Said:
    return Said("not asked, because the database is not ready yet", is_note=True)


def _open_jobs(database: Database) -> int:
    statement = select(func.count()).select_from(JobRecord).where(JobRecord.state.in_(OPEN_JOBS))
    with database.reading() as connection:
        return connection.execute(statement).scalar_one()


def _counted(count: int, name: str) -> str:
    if count == 1:
        return f"1 {name} is"
    return f"{count} {name}s are" if count else f"no {name} is"
