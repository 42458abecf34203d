"""A worker's report of a lease: atoms that ended, and what that means for the lease and its job."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select, update

from dispatcher.desk.effects import Effects
from dispatcher.desk.returning import end_lease, give_back, set_damaged
from dispatcher.jobs.claim import PATIENCE
from dispatcher.jobs.ending import Drop
from dispatcher.jobs.moves import move
from dispatcher.life import Event
from dispatcher.speed import FASTEST, Speed
from storage.errors import BadMessage
from storage.records.inserting import insert_if_absent
from storage.records.rows import AnyRow
from storage.records.schema import AtomRecord, AttemptRecord, JobRecord, LeaseRecord, SpeedRecord, WorkerRecord
from storage.records.states import LIVE_LEASES, AtomState, JobState, LeaseState
from storage.settings import Settings
from workers.messages import GOOD, AtomOutcome, LeaseReport, Outcome


def take_report(
    connection: Connection,
    report: LeaseReport,
    now: float,
    settings: Settings,
    key: str | None = None,
    *,
    has_keys: bool = True,
) -> Effects:
    """Write a report down. Only the holder of the current token changes anything but the statistics.

    `key` is the worker key that it was signed with.
    """
    worker = _reporter(connection, report, key, has_keys=has_keys)
    lease = connection.execute(select(LeaseRecord).where(LeaseRecord.token == report.token)).one_or_none()
    if lease is None or not _is_theirs(lease, worker, report):
        return Effects(drop=[Drop(report.token, (worker.name,))] if worker else [])
    if any(not lease.first_number <= o.number <= lease.last_number for o in report.outcomes):
        raise BadMessage(f"a report speaks of atoms that its lease {lease.token} does not have")
    good = [o for o in report.outcomes if o.outcome in GOOD]
    counted = _finish_atoms(connection, lease, good)
    _write_attempts(connection, lease, report, worker, counted, now)
    _learn_speed(connection, lease, good, now)
    effects = Effects()
    for outcome in report.outcomes:
        if outcome.outcome not in GOOD:
            effects.add(_take_failure(connection, lease, outcome, now, settings))
    if report.outcomes:
        _note_progress(connection, lease, report, now, settings)
    if report.is_over:
        effects.add(end_lease(connection, lease.token, LeaseState.FINISHED, now, settings.max_attempts))
        effects.feed = True
    if counted:
        effects.add(_count_done(connection, lease.job_id, counted, good, now))
    return effects


def complete_job(connection: Connection, job_id: int, now: float) -> Effects:
    """Send a job on to its stitch once every atom is done."""
    ready = connection.execute(
        select(JobRecord.id).where(
            JobRecord.id == job_id, JobRecord.state == JobState.CONVERTING, JobRecord.atoms_done >= JobRecord.atoms
        )
    ).scalar()
    if ready and move(connection, job_id, Event.ALL_CONVERTED, converted_at=now, claim_over=True, claim_until=now):
        return Effects(stitch=[job_id])
    return Effects()


def _finish_atoms(connection: Connection, lease: AnyRow, good: Sequence[AtomOutcome]) -> list[AnyRow]:
    """Mark atoms done that this lease, or the lease that it is a copy of, still holds."""
    if not good:
        return []
    return list(
        connection.execute(
            update(AtomRecord)
            .where(AtomRecord.job_id == lease.job_id, AtomRecord.number.in_([o.number for o in good]))
            .where(AtomRecord.state == AtomState.LEASED)
            .where((AtomRecord.token == lease.token) | (AtomRecord.copy_token == lease.token))
            .values(state=AtomState.DONE)
            .returning(AtomRecord.number, AtomRecord.start, AtomRecord.stop, AtomRecord.token, AtomRecord.copy_token)
        ).all()
    )


def _reporter(connection: Connection, report: LeaseReport, key: str | None, *, has_keys: bool) -> AnyRow | None:
    """Who reports, as far as it was ever heard; BadMessage where another key signed than the worker's own."""
    worker = connection.execute(
        select(
            WorkerRecord.name, WorkerRecord.queue, WorkerRecord.capability, WorkerRecord.device, WorkerRecord.key
        ).where(WorkerRecord.incarnation == report.incarnation)
    ).one_or_none()
    if has_keys and worker is not None and worker.key != key:
        raise BadMessage(f"a report of {worker.name} is signed with another key than its heartbeats")
    return worker


def _is_theirs(lease: AnyRow, worker: AnyRow | None, report: LeaseReport) -> bool:
    """Whether the lease is in the hands of who reports, or in nobody's yet but in their queue."""
    if lease.worker is not None:
        return bool(lease.worker == report.incarnation)
    return worker is not None and bool(worker.queue == lease.queue)


def _take_failure(
    connection: Connection, lease: AnyRow, outcome: AtomOutcome, now: float, settings: Settings
) -> Effects:
    """Take one atom back: blame it, have it cut again, or wait for a server that was away."""
    blame = outcome.error or "the worker gave no reason"
    if outcome.outcome == Outcome.DAMAGED:
        return set_damaged(connection, lease.job_id, lease.token, outcome.number, settings.max_attempts, blame)
    if outcome.outcome == Outcome.AWAY and _may_wait(connection, lease.job_id, blame, now):
        return give_back(connection, lease.job_id, lease.token, [outcome.number], settings.max_attempts)
    return give_back(connection, lease.job_id, lease.token, [outcome.number], settings.max_attempts, blame)


def _may_wait(connection: Connection, job_id: int, reason: str, now: float) -> bool:
    """Write down what a job waits for; False once it has waited for too long."""
    since = connection.execute(
        update(JobRecord)
        .where(JobRecord.id == job_id, JobRecord.state.in_((JobState.SPLITTING, JobState.CONVERTING)))
        .values(waiting_for=reason, waiting_since=func.coalesce(JobRecord.waiting_since, now))
        .returning(JobRecord.waiting_since)
    ).scalar()
    return since is None or now - since < PATIENCE


def _write_attempts(
    connection: Connection,
    lease: AnyRow,
    report: LeaseReport,
    worker: AnyRow | None,
    counted: Sequence[AnyRow],
    now: float,
) -> None:
    won = {r.number for r in counted}
    waited = max(float(lease.started_at or now) - lease.created_at, 0.0)
    rows = [
        {
            "job_id": lease.job_id,
            "number": o.number,
            "token": lease.token,
            "worker": worker.name if worker else report.incarnation,
            "incarnation": report.incarnation,
            "capability": worker.capability if worker else "",
            "device": worker.device if worker else "",
            "engine": lease.engine,
            "outcome": str(o.outcome) if o.outcome not in GOOD or o.number in won else "late",
            "error": o.error,
            "audio_seconds": o.audio_seconds,
            "queue_wait": waited,
            "fetch": o.fetch,
            "decode": o.decode,
            "convert": o.convert,
            "stages": dict(o.stages),
            "encode": o.encode,
            "store": o.store,
            "busy": o.busy,
            "peak_memory_mb": o.peak_memory_mb,
            "ended_at": now,
        }
        for o in report.outcomes
    ]
    if rows:
        connection.execute(insert(AttemptRecord), rows)


def _learn_speed(connection: Connection, lease: AnyRow, good: Sequence[AtomOutcome], now: float) -> None:
    """What was really converted tells how fast the class is; what lay in the store already tells nothing.

    How long an atom is, the records know better than the report.
    """
    busy_by_number = {o.number: o.busy for o in good if o.outcome == Outcome.DONE}
    if not busy_by_number:
        return
    samples, rate = connection.execute(
        select(func.sum(AtomRecord.stop - AtomRecord.start), func.max(JobRecord.rate_in))
        .join(JobRecord, JobRecord.id == AtomRecord.job_id)
        .where(AtomRecord.job_id == lease.job_id, AtomRecord.number.in_(busy_by_number))
    ).one()
    if not samples:
        return
    audio = int(samples) / rate
    busy = max(sum(busy_by_number.values()), audio / FASTEST)
    insert_if_absent(
        connection, SpeedRecord, queue=lease.queue, engine=lease.engine, audio=0.0, busy=0.0, updated_at=now
    )
    where = (SpeedRecord.queue == lease.queue, SpeedRecord.engine == lease.engine)
    known = connection.execute(select(SpeedRecord.audio, SpeedRecord.busy).where(*where).with_for_update()).one()
    speed = Speed(*known).sound().after(audio, busy)
    connection.execute(update(SpeedRecord).where(*where).values(audio=speed.audio, busy=speed.busy, updated_at=now))


def _note_progress(connection: Connection, lease: AnyRow, report: LeaseReport, now: float, settings: Settings) -> None:
    """The lease makes progress, and its worker has just shown that it lives."""
    connection.execute(
        update(LeaseRecord)
        .where(LeaseRecord.token == lease.token, LeaseRecord.state.in_(LIVE_LEASES))
        .values(
            state=LeaseState.RUNNING,
            worker=report.incarnation,
            started_at=func.coalesce(LeaseRecord.started_at, now),
            heard_at=now,
            expires_at=now + settings.lost_after_seconds,
        )
    )


def _count_done(
    connection: Connection, job_id: int, counted: Sequence[AnyRow], good: Sequence[AtomOutcome], now: float
) -> Effects:
    samples = sum(r.stop - r.start for r in counted)
    connection.execute(
        update(JobRecord)
        .where(JobRecord.id == job_id)
        .values(
            atoms_done=JobRecord.atoms_done + len(counted),
            seconds_done=JobRecord.seconds_done + samples / (1.0 * JobRecord.rate_in),
            started_at=func.coalesce(JobRecord.started_at, now),
            waiting_for="",
            waiting_since=None,
        )
    )
    peak = max(o.peak for o in good)
    connection.execute(update(JobRecord).where(JobRecord.id == job_id, JobRecord.peak < peak).values(peak=peak))
    return complete_job(connection, job_id, now)
