"""Reading from SQL what the reports are made of."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, Select, cast, func, select, union_all
from sqlalchemy.orm import Session

from dispatcher.jobs.loading import job_in
from dispatcher.jobs.totals import AttemptTotal
from dispatcher.reports.job import JobRows, conversion_window
from dispatcher.reports.period import EndedJobs, PeriodRows
from dispatcher.reports.quality import read_quality
from dispatcher.reports.work import Life, Portion, Span
from storage.records.column_values import names_in
from storage.records.database import Database
from storage.records.rows import columns, read_rows
from storage.records.schema import AttemptRecord, AttemptTotalRecord, JobRecord, LeaseRecord, WorkerRecord
from storage.records.states import ENDED_JOBS


def read_job(database: Database, job_id: int, now: float) -> JobRows:
    """All records of one job, or UnknownJob."""
    with database.reading() as connection, Session(connection, expire_on_commit=False) as session:
        attempts = list(
            session.scalars(select(AttemptRecord).where(AttemptRecord.job_id == job_id).order_by(AttemptRecord.id))
        )
        leases = list(
            session.scalars(select(LeaseRecord).where(LeaseRecord.job_id == job_id).order_by(LeaseRecord.created_at))
        )
        session.expunge_all()
        # Last, because it says whether all of them were still there: PostgreSQL shows each statement the newest rows.
        job = job_in(connection, job_id)
        kept = _kept_totals(connection, job_id) if job.rolled_up else []
        quality = read_quality(connection, job_id)
    took_part = {a.incarnation for a in attempts} | {t.incarnation for t in kept}
    window = conversion_window(job, now)
    workers = _workers_there(database, window) if window else []
    lives = [_life(w) for w in workers if w.incarnation in took_part or set(job.needs) <= names_in(w.offers)]
    return JobRows(job, attempts, leases, lives, kept, quality)


def _kept_totals(connection: Connection, job_id: int) -> list[AttemptTotal]:
    return read_rows(
        connection,
        AttemptTotal,
        select(*columns(AttemptTotal, AttemptTotalRecord))
        .where(AttemptTotalRecord.job_id == job_id)
        .order_by(AttemptTotalRecord.id),
    )


def read_period(database: Database, period: Span) -> PeriodRows:
    """What ended in a period, added up by SQL: a busy farm makes millions of attempts a week.

    A total counts where its last attempt does, which is at most an hour after its first.
    """
    return _added_up(
        database,
        period,
        AttemptRecord.ended_at.between(period.start, period.end),
        AttemptTotalRecord.ended_at.between(period.start, period.end),
        JobRecord.ended_at.between(period.start, period.end),
    )


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
    return _added_up(database, period, of_batch, of_batch, of_batch), period


def _added_up(
    database: Database,
    period: Span,
    of_attempts: ColumnElement[bool],
    of_totals: ColumnElement[bool],
    of_jobs: ColumnElement[bool],
) -> PeriodRows:
    """What these attempts, totals of attempts and jobs come to, and who was there."""
    return PeriodRows(
        portions=_portions(database, of_attempts, of_totals),
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


def _portions(database: Database, of_attempts: ColumnElement[bool], of_totals: ColumnElement[bool]) -> list[Portion]:
    """The attempts of jobs that have them, and what is left of others: in one statement, so that none counts twice."""
    tries = _summed(AttemptRecord, func.count()).where(~JobRecord.rolled_up, of_attempts)
    kept = _summed(AttemptTotalRecord, cast(func.sum(AttemptTotalRecord.attempts), BigInteger)).where(of_totals)
    with database.reading() as connection:
        # The columns stand in the order of Portion's fields.
        return [Portion(*found) for found in map(tuple, connection.execute(union_all(tries, kept)))]


def _summed(record: type[AttemptRecord | AttemptTotalRecord], count: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    who = (record.worker, record.capability, record.device, record.engine, JobRecord.voice, record.outcome)
    sums = (func.sum(record.audio_seconds), func.sum(record.busy), func.max(record.peak_memory_mb))
    return select(*who, count, *sums).join(JobRecord, JobRecord.id == record.job_id).group_by(*who)


def _ended_jobs(database: Database, which: ColumnElement[bool], states: Collection[str]) -> dict[str, EndedJobs]:
    with database.reading() as connection:
        rows = connection.execute(
            select(JobRecord.state, func.count(), func.sum(1.0 * JobRecord.source_frames / JobRecord.source_rate))
            .where(JobRecord.state.in_(states), which)
            .group_by(JobRecord.state)
        )
        return {state: EndedJobs(jobs, float(seconds)) for state, jobs, seconds in rows}
