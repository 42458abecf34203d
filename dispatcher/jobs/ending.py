"""Ending a job before its time, and beginning it again."""

import time
from typing import Any

from sqlalchemy import Connection, func, select, update

from dispatcher.jobs.loading import load_job
from dispatcher.jobs.moves import move
from dispatcher.life import Event, possible_from
from storage.errors import InputError
from storage.records.database import Database
from storage.records.schema import AtomRecord, JobRecord, LeaseRecord
from storage.records.states import LIVE_LEASES, AtomState, JobState, LeaseState


def fail_job(database: Database, job_id: int, reason: str) -> list[str]:
    """End a job with a sentence that says why; the tokens that its workers should let go."""
    with database.writing() as connection:
        return end_early(connection, job_id, Event.FAILED, reason)


def cancel_job(database: Database, job_id: int) -> list[str]:
    """End a job because somebody wants so; the tokens that its workers should let go."""
    job = load_job(database, job_id)
    with database.writing() as connection:
        tokens = end_early(connection, job_id, Event.CANCELLED, "cancelled")
        if not tokens and job.state not in possible_from(Event.CANCELLED):
            raise InputError(f"job {job_id} is {job.state} already, so there is nothing to cancel")
    return tokens


def end_early(connection: Connection, job_id: int, event: Event, reason: str) -> list[str]:
    """The same within a transaction."""
    if not move(connection, job_id, event, reason=reason, ended_at=time.time(), claim_over=True):
        return []
    dropped = connection.execute(
        update(LeaseRecord)
        .where(LeaseRecord.job_id == job_id, LeaseRecord.state.in_(LIVE_LEASES))
        .values(state=LeaseState.DROPPED, ended_at=time.time())
        .returning(LeaseRecord.token)
    )
    return list(dropped.scalars())


def retry_job(database: Database, job_id: int) -> JobState:
    """Let an ended job go on where it stood: what is done stays done. The state it is in then."""
    job = load_job(database, job_id)
    if job.state not in possible_from(Event.RETRIED):
        raise InputError(f"job {job_id} is {job.state}; only failed and cancelled jobs can be retried")
    if job.swept:
        raise InputError(f"the recording of job {job_id} is no longer kept; submit it again")
    event = Event.RETRIED if job.split_at is not None else Event.RETRIED_UNSPLIT
    with database.writing() as connection:
        connection.execute(
            update(AtomRecord)
            .where(AtomRecord.job_id == job_id, AtomRecord.state != AtomState.DONE)
            .values(state=AtomState.WAITING, token=None, copy_token=None, attempts=0, error=None)
        )
        move(
            connection, job_id, event, claim_over=True, reason="", ended_at=None, started_at=None, converted_at=None,
            **_counted(connection, job),
        )  # fmt: skip
    return load_state(database, job_id)


def load_state(database: Database, job_id: int) -> JobState:
    """Where a job stands."""
    return JobState(load_job(database, job_id).state)


def _counted(connection: Connection, job: JobRecord) -> dict[str, Any]:
    """The job's counters, counted anew from its atoms."""
    rows = connection.execute(
        select(AtomRecord.state, func.count(), func.sum(AtomRecord.stop - AtomRecord.start))
        .where(AtomRecord.job_id == job.id)
        .group_by(AtomRecord.state)
    ).all()
    counts = {state: (int(count), float(samples) / job.rate_in) for state, count, samples in rows}
    waiting, done = counts.get(AtomState.WAITING, (0, 0.0)), counts.get(AtomState.DONE, (0, 0.0))
    return {
        "atoms": waiting[0] + done[0],
        "atoms_waiting": waiting[0],
        "seconds_waiting": waiting[1],
        "atoms_done": done[0],
        "seconds_done": done[1],
    }
