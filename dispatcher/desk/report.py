"""A worker's report of a lease: atoms that ended, and what that means for the lease and its job."""

from collections.abc import Sequence

from sqlalchemy import Connection, case, func, insert, null, select, true, update

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
    lease = _reported(connection, report)
    if lease is None:
        return Effects()
    if has_keys and lease.name is not None and lease.key != key:
        raise BadMessage(f"a report of {lease.name} is signed with another key than its heartbeats")
    if lease.token is None or not _is_theirs(lease, report):
        return Effects(drop=[Drop(report.token, (lease.name,))] if lease.name else [])
    if any(not lease.first_number <= o.number <= lease.last_number for o in report.outcomes):
        raise BadMessage(f"a report speaks of atoms that its lease {lease.token} does not have")
    return _take_in(connection, lease, report, now, settings)


def _take_in(connection: Connection, lease: AnyRow, report: LeaseReport, now: float, settings: Settings) -> Effects:
    good = [o for o in report.outcomes if o.outcome in GOOD]
    counted = _finish_atoms(connection, lease, good)
    _write_attempts(connection, lease, report, counted, now)
    _learn_speed(connection, lease, good, counted, now)
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


def _reported(connection: Connection, report: LeaseReport) -> AnyRow | None:
    """The lease with its job's rate, and who reports, in one row: each half is None where it was never heard of.

    The lease is locked: everybody locks leases before jobs, lest two wait for each other.
    """
    worker = (
        select(WorkerRecord.name, WorkerRecord.key, WorkerRecord.capability, WorkerRecord.device,
               WorkerRecord.queue.label("served"))
        .where(WorkerRecord.incarnation == report.incarnation)
    )  # fmt: skip
    of_worker = worker.subquery()
    found = connection.execute(
        select(LeaseRecord, JobRecord.rate_in, of_worker)
        .join(JobRecord, JobRecord.id == LeaseRecord.job_id)
        .outerjoin(of_worker, true())
        .where(LeaseRecord.token == report.token)
        .with_for_update(of=LeaseRecord)
    ).one_or_none()
    return found or connection.execute(worker.add_columns(null().label("token"))).one_or_none()


def _is_theirs(lease: AnyRow, report: LeaseReport) -> bool:
    """Whether the lease is in the hands of who reports, or in nobody's yet but in their queue."""
    if lease.worker is not None:
        return bool(lease.worker == report.incarnation)
    return bool(lease.served == lease.queue)


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
            "worker": lease.name or report.incarnation,
            "incarnation": report.incarnation,
            "capability": lease.capability or "",
            "device": lease.device or "",
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


def _learn_speed(
    connection: Connection, lease: AnyRow, good: Sequence[AtomOutcome], counted: Sequence[AnyRow], now: float
) -> None:
    """What was really converted tells how fast the class is; what lay in the store already tells nothing.

    How long an atom is, the records know better than the report.
    """
    busy_by_number = {o.number: o.busy for o in good if o.outcome == Outcome.DONE}
    length_by_number = {r.number: r.stop - r.start for r in counted}
    if late := busy_by_number.keys() - length_by_number.keys():
        lengths = select(AtomRecord.number, (AtomRecord.stop - AtomRecord.start).label("length")).where(
            AtomRecord.job_id == lease.job_id, AtomRecord.number.in_(late)
        )
        length_by_number |= {r.number: r.length for r in connection.execute(lengths)}
    audio = sum(length_by_number.get(number, 0) for number in busy_by_number) / lease.rate_in
    if not audio:
        return
    busy = max(sum(busy_by_number.values()), audio / FASTEST)
    where = (SpeedRecord.queue == lease.queue, SpeedRecord.engine == lease.engine)
    known = select(SpeedRecord.audio, SpeedRecord.busy).where(*where).with_for_update()
    speed = connection.execute(known).one_or_none()
    if speed is None:
        insert_if_absent(
            connection, SpeedRecord, queue=lease.queue, engine=lease.engine, audio=0.0, busy=0.0, updated_at=now
        )
        speed = connection.execute(known).one()
    learnt = Speed(*speed).sound().after(audio, busy)
    connection.execute(update(SpeedRecord).where(*where).values(audio=learnt.audio, busy=learnt.busy, updated_at=now))


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
    peak = max(o.peak for o in good)
    job = connection.execute(
        update(JobRecord)
        .where(JobRecord.id == job_id)
        .values(
            atoms_done=JobRecord.atoms_done + len(counted),
            seconds_done=JobRecord.seconds_done + samples / (1.0 * JobRecord.rate_in),
            started_at=func.coalesce(JobRecord.started_at, now),
            peak=case((JobRecord.peak < peak, peak), else_=JobRecord.peak),
            waiting_for="",
            waiting_since=None,
        )
        .returning(JobRecord.atoms_done, JobRecord.atoms)
    ).one()
    return complete_job(connection, job_id, now) if job.atoms_done >= job.atoms else Effects()
