"""A worker's report of a lease: atoms that ended, and what that means for the lease and its job."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, insert, select, update

from dispatcher.desk.effects import Effects
from dispatcher.desk.returning import end_lease, give_back
from dispatcher.jobs.moves import move
from dispatcher.life import Event
from dispatcher.speed import Speed
from storage.records.inserting import insert_if_absent
from storage.records.rows import AnyRow
from storage.records.schema import AtomRecord, AttemptRecord, JobRecord, LeaseRecord, SpeedRecord, WorkerRecord
from storage.records.states import LIVE_LEASES, AtomState, JobState, LeaseState
from storage.settings import Settings
from workers.messages import AtomOutcome, LeaseReport

_GOOD = ("done", "cached")


def take_report(connection: Connection, report: LeaseReport, now: float, settings: Settings) -> Effects:
    """Write a report down. Only the holder of the current token changes anything but the statistics."""
    lease = connection.execute(select(LeaseRecord).where(LeaseRecord.token == report.token)).one_or_none()
    if lease is None:
        return Effects(drop=[report.token])
    good = [o for o in report.outcomes if o.outcome in _GOOD]
    counted = _finish_atoms(connection, lease, good)
    _write_attempts(connection, lease, report, counted, now)
    _learn_speed(connection, lease, good, now)
    effects = Effects()
    for outcome in report.outcomes:
        if outcome.outcome not in _GOOD:
            blame = outcome.error or "the worker gave no reason"
            effects.add(
                give_back(connection, lease.job_id, lease.token, [outcome.number], settings.max_attempts, blame)
            )
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


def _write_attempts(
    connection: Connection, lease: AnyRow, report: LeaseReport, counted: Sequence[AnyRow], now: float
) -> None:
    worker = connection.execute(
        select(WorkerRecord.name, WorkerRecord.capability, WorkerRecord.device).where(
            WorkerRecord.incarnation == report.incarnation
        )
    ).one_or_none()
    won = {r.number for r in counted}
    waited = max((lease.started_at or now) - lease.created_at, 0.0)
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
            "outcome": o.outcome if o.outcome not in _GOOD or o.number in won else "late",
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
    """What was really converted tells how fast the class is; what lay in the store already tells nothing."""
    audio = sum(o.audio_seconds for o in good if o.outcome == "done")
    busy = sum(o.busy for o in good if o.outcome == "done")
    if audio <= 0.0 or busy <= 0.0:
        return
    insert_if_absent(
        connection, SpeedRecord, queue=lease.queue, engine=lease.engine, audio=0.0, busy=0.0, updated_at=now
    )
    where = (SpeedRecord.queue == lease.queue, SpeedRecord.engine == lease.engine)
    known = connection.execute(select(SpeedRecord.audio, SpeedRecord.busy).where(*where).with_for_update()).one()
    speed = Speed(*known).after(audio, busy)
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
        )
    )
    peak = max(o.peak for o in good)
    connection.execute(update(JobRecord).where(JobRecord.id == job_id, JobRecord.peak < peak).values(peak=peak))
    return complete_job(connection, job_id, now)
