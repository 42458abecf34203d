"""Ending a job before its time, and beginning it again."""

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update

from dispatcher.jobs.loading import load_job
from dispatcher.jobs.moves import CLAIM_OVER, move
from dispatcher.life import Event, possible_from
from storage.errors import InputError
from storage.records.database import Database
from storage.records.rows import AnyRow
from storage.records.schema import AtomRecord, JobRecord, LeaseRecord, WorkerRecord
from storage.records.states import LIVE_LEASES, AtomState, JobState, LeaseState, WorkerState


@dataclass(frozen=True, slots=True)
class Drop:
    """A lease that is not wanted any more, and the names of the workers who have it or may yet be given it."""

    token: str
    workers: tuple[str, ...]


def by_workers(drops: Iterable[Drop]) -> Mapping[tuple[str, ...], list[str]]:
    """The tokens that each group of workers is to let go."""
    tokens: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for drop in drops:
        if drop.workers:
            tokens[drop.workers].append(drop.token)
    return tokens


def fail_job(database: Database, job_id: int, reason: str) -> list[Drop]:
    """End a job with a sentence that says why; the leases that its workers should let go."""
    with database.writing() as connection:
        return end_early(connection, job_id, Event.FAILED, reason)


def cancel_job(database: Database, job_id: int) -> list[Drop]:
    """End a job because somebody wants so; the leases that its workers should let go."""
    job = load_job(database, job_id)
    with database.writing() as connection:
        drops = end_early(connection, job_id, Event.CANCELLED, "cancelled")
        if not drops and job.state not in possible_from(Event.CANCELLED):
            raise InputError(f"job {job_id} is {job.state} already, so there is nothing to cancel")
    return drops


def end_early(connection: Connection, job_id: int, event: Event, reason: str) -> list[Drop]:
    """The same within a transaction."""
    # Everybody locks leases before jobs, lest two wait for each other.
    connection.execute(
        select(LeaseRecord.token)
        .where(LeaseRecord.job_id == job_id, LeaseRecord.state.in_(LIVE_LEASES))
        .order_by(LeaseRecord.token)
        .with_for_update()
    )
    if not move(connection, job_id, event, reason=reason, ended_at=time.time(), claim_over=True):
        return []
    dropped = connection.execute(
        update(LeaseRecord)
        .where(LeaseRecord.job_id == job_id, LeaseRecord.state.in_(LIVE_LEASES))
        .values(state=LeaseState.DROPPED, ended_at=time.time())
        .returning(LeaseRecord.token, LeaseRecord.queue, LeaseRecord.worker)
    ).all()
    return _to_be_told(connection, dropped)


def _to_be_told(connection: Connection, leases: Iterable[AnyRow]) -> list[Drop]:
    """Who holds each lease; for one that still waits in its queue, everybody who takes from there."""
    leases = list(leases)
    if not leases:
        return []
    alive = connection.execute(
        select(WorkerRecord.name, WorkerRecord.queue, WorkerRecord.incarnation).where(
            WorkerRecord.state != WorkerState.GONE, WorkerRecord.queue.in_({lease.queue for lease in leases})
        )
    ).all()
    holder = {worker.incarnation: (worker.name,) for worker in alive}
    crew: dict[str, list[str]] = defaultdict(list)
    for worker in alive:
        crew[worker.queue].append(worker.name)
    return [
        Drop(x.token, tuple(sorted(set(crew[x.queue]))) if x.worker is None else holder.get(x.worker, ()))
        for x in leases
    ]


def retry_job(database: Database, job_id: int) -> JobState:
    """Let an ended job go on where it stood: what is done stays done. The state it is in then."""
    job = load_job(database, job_id)
    if job.state not in possible_from(Event.RETRIED):
        raise InputError(f"job {job_id} is {job.state}; only failed and cancelled jobs can be retried")
    if job.swept:
        raise InputError(f"the recording of job {job_id} is no longer kept; submit it again")
    event = Event.RETRIED if job.split_at is not None else Event.RETRIED_UNSPLIT
    with database.writing() as connection:
        if not move(connection, job_id, event, reason="", ended_at=None, started_at=None, converted_at=None):
            raise InputError(f"job {job_id} was retried by somebody else just now")
        connection.execute(
            update(AtomRecord)
            .where(AtomRecord.job_id == job_id, AtomRecord.state != AtomState.DONE)
            .values(state=AtomState.WAITING, token=None, copy_token=None, attempts=0, error=None)
        )
        begun_anew = {**CLAIM_OVER, "atoms_damaged": 0, **_counted(connection, job)}
        connection.execute(update(JobRecord).where(JobRecord.id == job_id).values(**begun_anew))
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
