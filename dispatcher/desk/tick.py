"""Once a second: find what was lost, and put it right from SQL alone."""

from collections.abc import Iterator

from sqlalchemy import Connection, func, select, update

from dispatcher.desk.effects import Effects
from dispatcher.desk.heartbeat import lose_worker
from dispatcher.desk.report import complete_job
from dispatcher.desk.returning import end_lease
from dispatcher.jobs.claim import CLAIM_SECONDS
from dispatcher.jobs.ending import end_early
from dispatcher.life import Event
from storage.records.inserting import insert_if_absent
from storage.records.schema import FarmRecord, JobRecord, LeaseRecord, WorkerRecord
from storage.records.states import JobState, LeaseState, WorkerState
from storage.settings import Settings

#: Ticks come every second; a longer gap means that no dispatcher was there to hear heartbeats.
GAP = 5.0
#: A worker that was idle for so long while a lease waited in its queue shows that the message was lost: an idle
#: worker takes a message within milliseconds.
LOST_MESSAGE = 4.0
#: Tries of a split or stitch before the job fails: each one died without a word.
MOST_CLAIMS = 5
#: Seconds until a stage whose message may still wait in its queue is asked for again.
ASK_AGAIN = 60.0
#: Seconds between two looks for what may be removed from the object store.
SWEEP = 600.0


def tick(connection: Connection, now: float, settings: Settings) -> Effects:
    """Everything that is to be found out without being told; to be called in a deciding transaction."""
    _forgive_absence(connection, now)
    effects = Effects()
    for found in (
        _lose_silent_workers(connection, now, settings),
        _lose_expired_leases(connection, now, settings),
        _lose_vain_leases(connection, now, settings),
        _complete_jobs(connection, now),
        _ask_for_stages(connection, now),
        _ask_for_sweep(connection, now),
    ):
        effects.add(found)
    effects.feed = True
    return effects


def _forgive_absence(connection: Connection, now: float) -> None:
    """After a time without any dispatcher, nobody is blamed for not having been heard."""
    insert_if_absent(connection, FarmRecord, name="last_tick", value=now)
    last = connection.execute(select(FarmRecord.value).where(FarmRecord.name == "last_tick")).scalar_one()
    gap = now - last
    if gap > GAP:
        connection.execute(
            update(WorkerRecord)
            .where(WorkerRecord.state != WorkerState.GONE)
            .values(last_seen=WorkerRecord.last_seen + gap, idle_since=None)
        )
        connection.execute(
            update(LeaseRecord)
            .where(LeaseRecord.state == LeaseState.RUNNING)
            .values(expires_at=LeaseRecord.expires_at + gap)
        )
    connection.execute(update(FarmRecord).where(FarmRecord.name == "last_tick").values(value=now))


def _lose_silent_workers(connection: Connection, now: float, settings: Settings) -> Effects:
    silent = connection.execute(
        select(WorkerRecord.incarnation).where(
            WorkerRecord.state != WorkerState.GONE, WorkerRecord.last_seen < now - settings.lost_after_seconds
        )
    )
    effects = Effects()
    for incarnation in list(silent.scalars()):
        effects.add(lose_worker(connection, incarnation, now, settings))
    return effects


def _lose_expired_leases(connection: Connection, now: float, settings: Settings) -> Effects:
    expired = connection.execute(
        select(LeaseRecord.token).where(LeaseRecord.state == LeaseState.RUNNING, LeaseRecord.expires_at < now)
    )
    effects = Effects()
    for token in list(expired.scalars()):
        # The worker is there but does not speak of this lease: its report was lost, the atom is not to blame.
        effects.add(end_lease(connection, token, LeaseState.LOST, now, settings.max_attempts))
    return effects


def _lose_vain_leases(connection: Connection, now: float, settings: Settings) -> Effects:
    effects = Effects()
    for token in list(_vain_leases(connection, now)):
        effects.add(end_lease(connection, token, LeaseState.LOST, now, settings.max_attempts))
    return effects


def _vain_leases(connection: Connection, now: float) -> Iterator[str]:
    """Waiting leases that nobody will come for: no machine of the class is left, or the message was lost."""
    idle_since: dict[str, float] = {}
    alive: set[str] = set()
    for worker in connection.execute(
        select(WorkerRecord.queue, WorkerRecord.idle_since).where(
            WorkerRecord.state.in_((WorkerState.READY, WorkerState.BUSY))
        )
    ):
        alive.add(worker.queue)
        if worker.idle_since is not None:
            idle_since[worker.queue] = min(worker.idle_since, idle_since.get(worker.queue, now))
    for lease in connection.execute(
        select(LeaseRecord.token, LeaseRecord.queue, LeaseRecord.created_at).where(
            LeaseRecord.state == LeaseState.QUEUED
        )
    ):
        waited = now - max(lease.created_at, idle_since.get(lease.queue, now))
        if lease.queue not in alive or waited > LOST_MESSAGE:
            yield lease.token


def _complete_jobs(connection: Connection, now: float) -> Effects:
    """Jobs whose split ended after their last atom was done."""
    ready = connection.execute(
        select(JobRecord.id).where(JobRecord.state == JobState.CONVERTING, JobRecord.atoms_done >= JobRecord.atoms)
    )
    effects = Effects()
    for job_id in list(ready.scalars()):
        effects.add(complete_job(connection, job_id, now))
    return effects


def _ask_for_stages(connection: Connection, now: float) -> Effects:
    """Splits and stitches that nobody is at work on: their message was lost, or who had it died."""
    effects = Effects()
    for states, wanted in (
        ((JobState.SUBMITTED, JobState.SPLITTING), effects.split),
        ((JobState.STITCHING,), effects.stitch),
    ):
        busy = connection.execute(
            select(func.count()).where(
                JobRecord.state.in_(states), JobRecord.claim.is_not(None), JobRecord.claim_until >= now
            )
        ).scalar_one()
        free = connection.execute(
            select(JobRecord.id, JobRecord.claim, JobRecord.claims, JobRecord.claim_until, JobRecord.submitted_at)
            .where(JobRecord.state.in_(states), (JobRecord.claim.is_(None)) | (JobRecord.claim_until < now))
            .order_by(JobRecord.priority, JobRecord.submitted_at)
        ).all()
        for place, job in enumerate(free):
            if job.claims >= MOST_CLAIMS:
                reason = (
                    f"{states[-1]} was begun {job.claims} times and never ended; see the dispatcher's log,"
                    f" then run `voicefarm retry {job.id}`"
                )
                effects.drop += end_early(connection, job.id, Event.FAILED, reason)
            elif job.claim is not None or _is_overdue(job.claim_until, now, first=place == 0 and not busy):
                wanted.append(job.id)
                connection.execute(update(JobRecord).where(JobRecord.id == job.id).values(claim=None, claim_until=now))
    return effects


def _ask_for_sweep(connection: Connection, now: float) -> Effects:
    insert_if_absent(connection, FarmRecord, name="last_sweep", value=now)
    asked = connection.execute(
        update(FarmRecord).where(FarmRecord.name == "last_sweep", FarmRecord.value < now - SWEEP).values(value=now)
    )
    return Effects(sweep=asked.rowcount == 1)


def _is_overdue(asked_at: float, now: float, *, first: bool) -> bool:
    """Whether to ask again: soon for the first in line where nobody is busy, for others their turn may yet come."""
    return now - asked_at > (CLAIM_SECONDS / 2 if first else ASK_AGAIN)
