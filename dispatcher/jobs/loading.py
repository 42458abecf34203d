"""Reading jobs back."""

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Connection, and_, select, true
from sqlalchemy.orm import Session

from dispatcher.jobs.batches import batch_named
from storage.errors import UnknownJob
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import ENDED_JOBS, JobState
from storage.remedies import Act, Remedy


def load_job(database: Database, job_id: int) -> JobRecord:
    """One job, or UnknownJob."""
    with database.reading() as connection:
        return job_in(connection, job_id)


def job_in(connection: Connection, job_id: int) -> JobRecord:
    """A job as a transaction sees it, or UnknownJob."""
    with Session(connection, expire_on_commit=False) as session:
        job = session.get(JobRecord, job_id)
        if job is None:
            raise UnknownJob(f"there is no job {job_id}", Remedy(Act.LIST_JOBS))
        session.expunge(job)
        return job


def jobs_in(connection: Connection, job_ids: Sequence[int]) -> dict[int, JobRecord]:
    """Several jobs as a transaction sees them, by number; those that are not there are left out."""
    with Session(connection, expire_on_commit=False) as session:
        jobs = {job.id: job for job in session.scalars(select(JobRecord).where(JobRecord.id.in_(job_ids)))}
        session.expunge_all()
        return jobs


def newest_jobs(database: Database, limit: int, states: Collection[str]) -> list[tuple[int, str, str, str]]:
    """Number, recording, voice and state of the newest jobs in some states, newest first."""
    columns = (JobRecord.id, JobRecord.name, JobRecord.voice, JobRecord.state)
    statement = select(*columns).where(in_states(states)).order_by(JobRecord.id.desc()).limit(limit)
    with database.reading() as connection:
        return [(r.id, r.name, r.voice, r.state) for r in connection.execute(statement)]


def in_states(states: Collection[str]) -> ColumnElement[bool]:
    """The jobs in some states; where they have all ended, said so that the index of ended jobs is used."""
    if set(states) == set(JobState):
        return true()
    found = JobRecord.state.in_(states)
    return and_(found, JobRecord.ended_at.is_not(None)) if set(states) <= set(ENDED_JOBS) else found


def load_jobs(
    database: Database,
    limit: int,
    job_ids: Sequence[int] | None = None,
    state: str | None = None,
    *,
    batch: str | None = None,
    before: int | None = None,
) -> list[JobRecord]:
    """The newest jobs, newest first: all, or these only, or those in one state, of one batch, older than some job."""
    statement = select(JobRecord).order_by(JobRecord.id.desc()).limit(limit)
    if job_ids is not None:
        statement = statement.where(JobRecord.id.in_(job_ids))
    if state is not None:
        statement = statement.where(in_states([state]))
    if before is not None:
        statement = statement.where(JobRecord.id < before)
    with database.reading() as connection, Session(connection, expire_on_commit=False) as session:
        if batch is not None:
            statement = statement.where(JobRecord.batch_id == batch_named(connection, batch))
        jobs = list(session.scalars(statement))
        session.expunge_all()
        return jobs
