"""Why a job does not move: what it needs, and what the workers that are there offer."""

from collections.abc import Sequence

from sqlalchemy import func, select

from storage.records.column_values import names_in
from storage.records.database import Database
from storage.records.schema import JobRecord, WorkerRecord
from storage.records.states import ENDED_JOBS, OPEN_JOBS, WORKERS_STAYING

Live = Sequence[frozenset[str]]


def live_offers(database: Database) -> Live:
    """What each worker that is there offers; one that is measured just now is as good as busy."""
    with database.reading() as connection:
        rows = connection.execute(select(WorkerRecord.offers).where(WorkerRecord.state.in_(WORKERS_STAYING))).scalars()
        return [names_in(offers) for offers in rows]


def waits_for(job: JobRecord, live: Live) -> str:
    """A sentence such as `waiting: no worker offers cuda`, or nothing where the job can go on."""
    needs = frozenset(job.needs)
    if job.waiting_for and job.state not in ENDED_JOBS:
        return f"waiting: {job.waiting_for}"
    if job.state in ENDED_JOBS or job.state == "stitching" or any(needs <= offers for offers in live):
        return ""
    return f"waiting: {why_nobody(needs, live)}"


def places_in_line(database: Database, jobs: Sequence[JobRecord]) -> dict[int, int]:
    """How many open jobs come before each of these that no worker has begun with yet."""
    waiting = [job.id for job in jobs if job.started_at is None and job.state not in ENDED_JOBS]
    if not waiting:
        return {}
    # One pass over all open jobs, however many are asked for.
    place = func.rank().over(order_by=(JobRecord.priority, JobRecord.submitted_at)) - 1
    line = select(JobRecord.id, place.label("place")).where(JobRecord.state.in_(OPEN_JOBS)).subquery()
    with database.reading() as connection:
        rows = connection.execute(select(line.c.id, line.c.place).where(line.c.id.in_(waiting)))
        return {int(job_id): int(before) for job_id, before in rows}


def why_nobody(needs: frozenset[str], live: Live) -> str:
    """What is missing, given that no worker offers all that is needed."""
    if not live:
        return "no worker is there"
    missing = sorted(need for need in needs if not any(need in offers for offers in live))
    if missing:
        return f"no worker offers {' or '.join(missing)}"
    return f"no worker offers {' and '.join(sorted(needs))} together"
