"""Reading from SQL what the reports are made of."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from dispatcher.jobs.loading import load_job
from dispatcher.reports.job import JobRows, conversion_window
from dispatcher.reports.period import EndedJobs, PeriodRows
from dispatcher.reports.work import Life, Portion, Span
from storage.records.column_values import names_in
from storage.records.database import Database
from storage.records.schema import AttemptRecord, JobRecord, LeaseRecord, WorkerRecord
from storage.records.states import ENDED_JOBS


def read_job(database: Database, job_id: int, now: float) -> JobRows:
    """All records of one job, or UnknownJob."""
    job = load_job(database, job_id)
    with database.reading() as connection, Session(connection, expire_on_commit=False) as session:
        attempts = list(
            session.scalars(select(AttemptRecord).where(AttemptRecord.job_id == job_id).order_by(AttemptRecord.id))
        )
        leases = list(
            session.scalars(select(LeaseRecord).where(LeaseRecord.job_id == job_id).order_by(LeaseRecord.created_at))
        )
        session.expunge_all()
    took_part = {a.incarnation for a in attempts}
    window = conversion_window(job, now)
    workers = _workers_there(database, window) if window else []
    lives = [_life(w) for w in workers if w.incarnation in took_part or set(job.needs) <= names_in(w.offers)]
    return JobRows(job, attempts, leases, lives)


def read_period(database: Database, period: Span) -> PeriodRows:
    """What ended in a period, added up by SQL: a busy farm makes millions of attempts a week."""
    of_attempts = AttemptRecord.ended_at.between(period.start, period.end)
    return _added_up(database, period, of_attempts, JobRecord.ended_at.between(period.start, period.end))


def read_batch(database: Database, batch_id: int, now: float) -> tuple[PeriodRows, Span]:
    """The same of one batch, from its first job to its last, or to now."""
    of_batch = JobRecord.batch_id == batch_id
    with database.reading() as connection:
        began, ended, is_over = connection.execute(
            select(
                func.min(JobRecord.submitted_at), func.max(JobRecord.ended_at),
                func.count(JobRecord.ended_at) == func.count(),
            ).where(of_batch)
        ).one()  # fmt: skip
    period = Span(began or now, ended if is_over and ended else now)
    return _added_up(database, period, of_batch, of_batch), period


def _added_up(
    database: Database, period: Span, of_attempts: ColumnElement[bool], of_jobs: ColumnElement[bool]
) -> PeriodRows:
    """What these attempts and jobs come to, and who was there."""
    return PeriodRows(
        portions=_portions(database, of_attempts),
        lives=[_life(w) for w in _workers_there(database, period)],
        ended=_ended_jobs(database, of_jobs, ENDED_JOBS),
    )


def _workers_there(database: Database, window: Span) -> list[WorkerRecord]:
    with database.reading() as connection, Session(connection, expire_on_commit=False) as session:
        workers = list(
            session.scalars(
                select(WorkerRecord)
                .where(WorkerRecord.last_seen >= window.start, WorkerRecord.started_at <= window.end)
                .order_by(WorkerRecord.started_at)
            )
        )
        session.expunge_all()
        return workers


def _life(worker: WorkerRecord) -> Life:
    return Life(worker.name, worker.capability, Span(worker.started_at, worker.last_seen))


def _portions(database: Database, which: ColumnElement[bool]) -> list[Portion]:
    who = (AttemptRecord.worker, AttemptRecord.capability, AttemptRecord.device, AttemptRecord.engine)
    with database.reading() as connection:
        rows = connection.execute(
            select(
                *who,
                JobRecord.voice,
                AttemptRecord.outcome,
                func.count(),
                func.sum(AttemptRecord.audio_seconds),
                func.sum(AttemptRecord.busy),
                func.max(AttemptRecord.peak_memory_mb),
            )
            .join(JobRecord, JobRecord.id == AttemptRecord.job_id)
            .where(which)
            .group_by(*who, JobRecord.voice, AttemptRecord.outcome)
        )
        # The columns stand in the order of Portion's fields.
        return [Portion(*columns) for columns in map(tuple, rows)]


def _ended_jobs(database: Database, which: ColumnElement[bool], states: Collection[str]) -> dict[str, EndedJobs]:
    with database.reading() as connection:
        rows = connection.execute(
            select(JobRecord.state, func.count(), func.sum(1.0 * JobRecord.source_frames / JobRecord.source_rate))
            .where(JobRecord.state.in_(states), which)
            .group_by(JobRecord.state)
        )
        return {state: EndedJobs(jobs, float(seconds)) for state, jobs, seconds in rows}
