"""A worker's report of a lease: which atoms ended, and what that means for the lease and its job."""

from collections.abc import Container, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from dispatcher.desk.returning import end_lease, give_back, set_damaged
from dispatcher.feed.speed import FASTEST, Speed
from dispatcher.jobs.counters import Pieces, count_each
from dispatcher.jobs.holding import IS_LIVE, held_by
from dispatcher.jobs.life import Event
from dispatcher.jobs.moves import PATIENCE, move_all
from dispatcher.kinds.catalog import kind_named
from dispatcher.turns.turn import Drop, Turn
from storage.errors import BadMessage
from storage.records.rows import columns, insert_if_absent, read_row, read_rows
from storage.records.schema import AtomRecord, AttemptRecord, JobRecord, LeaseRecord, SpeedRecord, WorkerRecord
from storage.records.states import GOOD, AtomState, JobState, LeaseState, Outcome
from workers.engines.stages import LOAD
from workers.wire.messages import AtomOutcome, LeaseReport
from workers.wire.signing import UNSIGNED, Trust


class Lease(NamedTuple):
    """The lease that is reported on, with what is needed of its job."""

    token: str
    job_id: int
    queue: str
    engine: str
    first_number: int
    last_number: int
    worker: str | None
    created_at: float
    started_at: float | None
    rate_in: int
    kind: str


class Reporter(NamedTuple):
    """The worker that sent a report."""

    name: str
    key: str | None
    queue: str
    capability: str
    device: str


class Finished(NamedTuple):
    """An atom that a report finished."""

    job_id: int
    number: int
    start: int
    stop: int


def take_report(turn: Turn, report: LeaseReport, trust: Trust = UNSIGNED) -> None:
    """Record a report. Only the holder of the current token changes anything but the statistics."""
    reporter = trusted_reporter(turn.connection, report.incarnation, trust)
    lease = locked_leases(turn.connection, [report.token]).get(report.token)
    if lease is None or not is_theirs(lease, report.incarnation, reporter):
        turn.drop([Drop(report.token, (reporter.name,))] if reporter else [])
        return
    if any(not lease.first_number <= o.number <= lease.last_number for o in report.outcomes):
        raise BadMessage(f"a report speaks of atoms that its lease {lease.token} does not have")
    _take_in(turn, lease, report, reporter)


def _take_in(turn: Turn, lease: Lease, report: LeaseReport, reporter: Reporter | None) -> None:
    good = [o for o in report.outcomes if o.outcome in GOOD]
    finished = _finish_atoms(turn.connection, lease, good)
    won = {r.number for r in finished}
    write_attempts(turn, [attempt(turn, lease, report.incarnation, reporter, o, won) for o in report.outcomes])
    _learn_speed(turn, lease, good, finished)
    for outcome in report.outcomes:
        if outcome.outcome not in GOOD:
            _take_failure(turn, lease, outcome)
    if report.outcomes:
        _note_progress(turn, lease, report)
    if report.is_over:
        end_lease(turn, lease.token, LeaseState.FINISHED)
        turn.feed_next()
    if finished:
        count_done(turn, lease.kind, {lease.job_id: finished}, {lease.job_id: good})


def complete_jobs(turn: Turn, kind: str, job_ids: Sequence[int]) -> None:
    """Send jobs of a kind on to their last stage, those of which every atom is done."""
    completed = move_all(
        turn.connection, job_ids, Event.ALL_CONVERTED, only_where=JobRecord.atoms_done >= JobRecord.atoms,
        converted_at=turn.now, claim_over=True, claim_until=turn.now,
    )  # fmt: skip
    for job_id in completed:
        turn.ask_for(kind_named(kind).last, job_id)


def _finish_atoms(connection: Connection, lease: Lease, good: Sequence[AtomOutcome]) -> list[Finished]:
    """Mark as done the atoms that this lease, or the lease that it copies, still holds."""
    if not good:
        return []
    return read_rows(
        connection,
        Finished,
        update(AtomRecord)
        .where(AtomRecord.job_id == lease.job_id, AtomRecord.number.in_([o.number for o in good]))
        .where(held_by(lease.token))
        .values(state=AtomState.DONE)
        .returning(*columns(Finished, AtomRecord)),
    )


def trusted_reporter(connection: Connection, incarnation: str, trust: Trust) -> Reporter | None:
    """Who reports, None if it never sent a heartbeat; BadMessage if somebody else signed for it."""
    statement = select(*columns(Reporter, WorkerRecord)).where(WorkerRecord.incarnation == incarnation)
    reporter = read_row(connection, Reporter, statement)
    if reporter is not None and not trust.speaks_for(reporter.key):
        raise BadMessage(f"a report of {reporter.name} is signed with another key than its heartbeats")
    return reporter


def locked_leases(connection: Connection, tokens: Sequence[str]) -> dict[str, Lease]:
    """Leases by token, locked. They are always locked before jobs, so that no two transactions wait for each other."""
    statement = (
        select(*columns(Lease, LeaseRecord, JobRecord))
        .join(JobRecord, JobRecord.id == LeaseRecord.job_id)
        .where(LeaseRecord.token.in_(tokens))
        .order_by(LeaseRecord.token)
        .with_for_update(of=LeaseRecord)
    )
    return {lease.token: lease for lease in read_rows(connection, Lease, statement)}


def is_theirs(lease: Lease, incarnation: str, reporter: Reporter | None) -> bool:
    """Whether the reporting worker holds the lease, or nobody does yet and it is in the worker's queue."""
    if lease.worker is not None:
        return lease.worker == incarnation
    return reporter is not None and reporter.queue == lease.queue


def _take_failure(turn: Turn, lease: Lease, outcome: AtomOutcome) -> None:
    """Take one atom back: blame it, have it cut again, or wait for a server that is away."""
    blame = outcome.error or "the worker gave no reason"
    if outcome.outcome == Outcome.DAMAGED:
        set_damaged(turn, lease.job_id, lease.token, outcome.number, blame)
    elif outcome.outcome == Outcome.AWAY and _may_wait(turn, lease.job_id, blame):
        give_back(turn, lease.job_id, lease.token, [outcome.number])
    else:
        give_back(turn, lease.job_id, lease.token, [outcome.number], blame)


def _may_wait(turn: Turn, job_id: int, reason: str) -> bool:
    """Record what a job waits for; False once it has waited too long."""
    since = turn.connection.execute(
        update(JobRecord)
        .where(JobRecord.id == job_id, JobRecord.state.in_((JobState.SPLITTING, JobState.CONVERTING)))
        .values(waiting_for=reason, waiting_since=func.coalesce(JobRecord.waiting_since, turn.now))
        .returning(JobRecord.waiting_since)
    ).scalar()
    return since is None or turn.now - since < PATIENCE


def attempt(
    turn: Turn, lease: Lease, incarnation: str, reporter: Reporter | None, o: AtomOutcome, won: Container[int]
) -> dict[str, object]:
    """The record of one try; it was late if it is good and others had finished the atom before."""
    return {
        "job_id": lease.job_id,
        "number": o.number,
        "token": lease.token,
        "worker": reporter.name if reporter else incarnation,
        "incarnation": incarnation,
        "capability": reporter.capability if reporter else "",
        "device": reporter.device if reporter else "",
        "engine": lease.engine,
        "outcome": str(o.outcome) if o.outcome not in GOOD or o.number in won else Outcome.LATE,
        "error": o.error,
        "audio_seconds": o.audio_seconds,
        "queue_wait": max((lease.started_at or turn.now) - lease.created_at, 0.0),
        "fetch": o.fetch,
        "decode": o.decode,
        "convert": o.convert,
        "stages": dict(o.stages),
        "encode": o.encode,
        "store": o.store,
        "busy": o.busy,
        "peak_memory_mb": o.peak_memory_mb,
        "ended_at": turn.now,
    }


def write_attempts(turn: Turn, attempts: Sequence[Mapping[str, object]]) -> None:
    """Record tries."""
    if attempts:
        turn.connection.execute(insert(AttemptRecord), attempts)


def _learn_speed(turn: Turn, lease: Lease, good: Sequence[AtomOutcome], finished: Sequence[Finished]) -> None:
    """Learn the class's speed from what was really converted; what was in the store already says nothing about it.

    The records know the length of an atom better than the report.
    """
    busy_by_number = {o.number: working_seconds(o) for o in good if o.outcome == Outcome.DONE}
    length_by_number = {r.number: r.stop - r.start for r in finished}
    if late := busy_by_number.keys() - length_by_number.keys():
        lengths = select(AtomRecord.number, (AtomRecord.stop - AtomRecord.start).label("length")).where(
            AtomRecord.job_id == lease.job_id, AtomRecord.number.in_(late)
        )
        # A result has `keys`, so dict() would take it for a mapping.
        length_by_number |= dict(iter(turn.connection.execute(lengths)))
    audio = sum(length_by_number.get(number, 0) for number in busy_by_number) / lease.rate_in
    learn_speed(turn, lease.queue, lease.engine, audio, sum(busy_by_number.values()))


def working_seconds(outcome: AtomOutcome) -> float:
    """A machine's own time for an atom without that for loading its voice, which may be a thousand times as long."""
    return max(outcome.busy - outcome.stages.get(LOAD, 0.0), 0.0)


def learn_speed(turn: Turn, queue: str, engine: str, audio: float, busy: float) -> None:
    """Learn from seconds of audio that were converted in seconds of a machine's own time."""
    if not audio:
        return
    busy = max(busy, audio / FASTEST)
    where = (SpeedRecord.queue == queue, SpeedRecord.engine == engine)
    known = select(SpeedRecord.audio, SpeedRecord.busy).where(*where).with_for_update()
    speed = turn.connection.execute(known).one_or_none()
    if speed is None:
        insert_if_absent(
            turn.connection, SpeedRecord, queue=queue, engine=engine, audio=0.0, busy=0.0, updated_at=turn.now
        )
        speed = turn.connection.execute(known).one()
    learnt = Speed(*speed).sound().after(audio, busy)
    turn.connection.execute(
        update(SpeedRecord).where(*where).values(audio=learnt.audio, busy=learnt.busy, updated_at=turn.now)
    )


def _note_progress(turn: Turn, lease: Lease, report: LeaseReport) -> None:
    """Note that the lease makes progress and that its worker is alive."""
    turn.connection.execute(
        update(LeaseRecord)
        .where(LeaseRecord.token == lease.token, IS_LIVE)
        .values(
            state=LeaseState.RUNNING,
            worker=report.incarnation,
            started_at=func.coalesce(LeaseRecord.started_at, turn.now),
            heard_at=turn.now,
            expires_at=turn.now + turn.settings.lost_after_seconds,
        )
    )


def count_done(
    turn: Turn, kind: str, finished: Mapping[int, Sequence[Finished]], good: Mapping[int, Sequence[AtomOutcome]]
) -> None:
    """Count the atoms that good outcomes finished in their jobs' rows; jobs whose last they were go on."""
    # In order, so that no two transactions wait for each other.
    job_ids = sorted(good)
    may_be_done = count_each(
        turn.connection,
        {job_id: Pieces.of(finished[job_id]) for job_id in job_ids},
        {"started_at": func.coalesce(JobRecord.started_at, turn.now), "waiting_for": "", "waiting_since": None},
        {job_id: kind_named(kind).highest(good[job_id]) for job_id in job_ids},
        done=1,
    )
    if may_be_done:
        complete_jobs(turn, kind, may_be_done)
