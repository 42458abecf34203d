"""Why a job does not move: what it needs, and what the workers that are there offer."""

from collections.abc import Sequence

from sqlalchemy import select

from storage.records.column_values import names_in
from storage.records.database import Database
from storage.records.schema import JobRecord, WorkerRecord
from storage.records.states import ENDED_JOBS, WorkerState

Live = Sequence[frozenset[str]]


def live_offers(database: Database) -> Live:
    """What each worker that is there offers."""
    with database.reading() as connection:
        rows = connection.execute(
            select(WorkerRecord.offers).where(WorkerRecord.state.in_((WorkerState.READY, WorkerState.BUSY)))
        ).scalars()
        return [names_in(offers) for offers in rows]


def waits_for(job: JobRecord, live: Live) -> str:
    """A sentence such as `waiting: no worker offers cuda`, or nothing where the job can go on."""
    needs = frozenset(job.needs)
    if job.waiting_for and job.state not in ENDED_JOBS:
        return f"waiting: {job.waiting_for}"
    if job.state in ENDED_JOBS or job.state == "stitching" or any(needs <= offers for offers in live):
        return ""
    return f"waiting: {why_nobody(needs, live)}"


def why_nobody(needs: frozenset[str], live: Live) -> str:
    """What is missing, given that no worker offers all that is needed."""
    if not live:
        return "no worker is there"
    missing = sorted(need for need in needs if not any(need in offers for offers in live))
    if missing:
        return f"no worker offers {' or '.join(missing)}"
    return f"no worker offers {' and '.join(sorted(needs))} together"
