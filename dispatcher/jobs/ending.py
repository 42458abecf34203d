"""Ending a job, in time or before, and beginning it again."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from dispatcher.jobs.counters import counted_anew
from dispatcher.jobs.holding import IS_LIVE
from dispatcher.jobs.life import Event, leads_to, possible_from
from dispatcher.jobs.loading import job_in
from dispatcher.jobs.moves import CLAIM_OVER, move_all, move_and_read
from dispatcher.kinds.catalog import kind_named
from dispatcher.turns.turn import Drop, Turn
from storage.errors import InputError
from storage.records.notices import EndRecord
from storage.records.rows import columns, read_rows
from storage.records.schema import AtomRecord, JobRecord, LeaseRecord, WorkerRecord
from storage.records.states import WORKERS_THERE, AtomState, JobState, LeaseState


class _Dropped(NamedTuple):
    """A lease that ended with its job."""

    token: str
    queue: str
    worker: str | None


class _Ended(NamedTuple):
    """A job that has just ended."""

    id: int
    batch_id: int | None
    state: str
    reason: str
    notify: str


def end_all(turn: Turn, job_ids: Sequence[int], event: Event, *, claim: str | None = None, **values: Any) -> list[int]:
    """End jobs, all by the same event, and write it down where somebody is to be told; every end passes here.

    Returns those whose state allowed it.
    """
    ended = move_and_read(
        turn.connection, _Ended, job_ids, event, claim=claim, claim_over=True, ended_at=turn.now, **values
    )
    # Jobs are cancelled by people, on machines that need not know of the dispatcher's hooks: it will see.
    everybody = turn.settings.has_hooks or event is Event.CANCELLED
    if told := [job for job in ended if everybody or job.notify]:
        rows = [
            {"job_id": job.id, "batch_id": job.batch_id, "state": job.state, "reason": job.reason, "ended_at": turn.now}
            for job in told
        ]
        turn.connection.execute(insert(EndRecord), rows)
    return [job.id for job in ended]


def fail_job(turn: Turn, job_id: int, reason: str) -> None:
    """End a job with a sentence that says why."""
    _end_early(turn, job_id, Event.FAILED, reason)


def cancel_job(turn: Turn, job_id: int) -> None:
    """End a job on request; its workers drop what they hold."""
    if not _end_early(turn, job_id, Event.CANCELLED, "cancelled"):
        state = job_in(turn.connection, job_id).state
        raise InputError(f"job {job_id} is {state} already, so there is nothing to cancel")


def retry_job(turn: Turn, job_id: int) -> JobState:
    """Let an ended job continue where it stopped: what is done stays done. Returns its new state."""
    job = job_in(turn.connection, job_id)
    if job.state not in possible_from(Event.RETRIED):
        raise InputError(f"job {job_id} is {job.state}; only failed and cancelled jobs can be retried")
    if job.swept:
        raise InputError(f"the recording of job {job_id} is no longer kept; submit it again")
    event = Event.RETRIED if job.split_at is not None else Event.RETRIED_UNSPLIT
    begun = move_all(
        turn.connection, [job_id], event, only_where=~JobRecord.swept,
        reason="", ended_at=None, started_at=None, converted_at=None,
    )  # fmt: skip
    if not begun:
        raise InputError(f"job {job_id} was retried or removed by somebody else just now")
    turn.connection.execute(
        update(AtomRecord)
        .where(AtomRecord.job_id == job_id, AtomRecord.state != AtomState.DONE)
        .values(state=AtomState.WAITING, token=None, copy_token=None, attempts=0, error=None)
    )
    begun_anew = {**CLAIM_OVER, **counted_anew(turn.connection, job_id)}
    turn.connection.execute(update(JobRecord).where(JobRecord.id == job_id).values(**begun_anew))
    if event is Event.RETRIED_UNSPLIT:
        turn.ask_for(kind_named(job.kind).first, job_id)
    return leads_to(event)


def _end_early(turn: Turn, job_id: int, event: Event, reason: str) -> bool:
    """End a job and its leases; False if it has ended already."""
    # Leases are always locked before jobs, so that no two transactions wait for each other.
    turn.connection.execute(
        select(LeaseRecord.token)
        .where(LeaseRecord.job_id == job_id, IS_LIVE)
        .order_by(LeaseRecord.token)
        .with_for_update()
    )
    if not end_all(turn, [job_id], event, reason=reason):
        return False
    dropped = read_rows(
        turn.connection,
        _Dropped,
        update(LeaseRecord)
        .where(LeaseRecord.job_id == job_id, IS_LIVE)
        .values(state=LeaseState.DROPPED, ended_at=turn.now)
        .returning(*columns(_Dropped, LeaseRecord)),
    )
    turn.drop(_to_be_told(turn.connection, dropped))
    return True


def _to_be_told(connection: Connection, leases: Sequence[_Dropped]) -> list[Drop]:
    """Who holds each lease; for one that still waits in its queue, every worker that serves the queue."""
    if not leases:
        return []
    alive = connection.execute(
        select(WorkerRecord.name, WorkerRecord.queue, WorkerRecord.incarnation).where(
            WorkerRecord.state.in_(WORKERS_THERE), WorkerRecord.queue.in_({lease.queue for lease in leases})
        )
    ).all()
    holder = {incarnation: (name,) for name, _, incarnation in alive}
    crew: dict[str, list[str]] = defaultdict(list)
    for name, queue, _ in alive:
        crew[queue].append(name)
    return [
        Drop(x.token, tuple(sorted(set(crew[x.queue]))) if x.worker is None else holder.get(x.worker, ()))
        for x in leases
    ]
