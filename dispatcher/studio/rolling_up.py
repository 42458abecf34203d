"""Rolling up what the records hold of jobs that ended long ago: their totals stay, their pieces' own rows go."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, fields
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from dispatcher.jobs.totals import LeaseTotals, add_up, add_up_leases
from storage.records.database import Database
from storage.records.rows import columns, read_rows
from storage.records.schema import AtomRecord, AttemptRecord, AttemptTotalRecord, JobRecord, LeaseRecord

#: Jobs, and their atoms, of one transaction: few enough for others to get theirs in some hundredths of a second.
JOBS_AT_ONCE, ATOMS_AT_ONCE = 50, 250
#: Rows of each table that are removed in one transaction.
ROWS_AT_ONCE = 1_000
#: Seconds of one run, so that other work gets its turn.
LONGEST = 60.0


class _Due(NamedTuple):
    """A job whose pieces' rows are no longer needed."""

    id: int
    atoms: int
    rolled_up: bool


class RollingUp:
    """Rolls up jobs that ended before a moment and are swept, so that nobody can retry them.

    It may be killed at any time. A job's totals are written in the transaction from which on its attempts and leases
    count no longer; usually their rows go in the same one. Those of a job with very many go a portion at a time, and
    whatever is left of them then is found by the next run.
    """

    def __init__(self, database: Database, before: float, clock: Callable[[], float] = time.time) -> None:
        self.database = database
        self.before = before
        self.clock = clock

    def run(self) -> None:
        """Roll up all that are due, or as many as there is time for."""
        end = self.clock() + LONGEST
        while (jobs := self._next()) and self._roll_up(jobs) and self.clock() < end:
            pass

    def _next(self) -> list[_Due]:
        """The next jobs that are due, no more than one transaction should take."""
        is_due = (JobRecord.swept, ~JobRecord.cleared, JobRecord.ended_at < self.before)
        query = select(*columns(_Due, JobRecord)).where(*is_due).order_by(JobRecord.ended_at).limit(JOBS_AT_ONCE)
        with self.database.reading() as connection:
            return list(_few(read_rows(connection, _Due, query)))

    def _roll_up(self, jobs: Sequence[_Due]) -> bool:
        """Take the next step with these jobs; False if somebody else changed them meanwhile."""
        pieces = self._read([job.id for job in jobs if not job.rolled_up])
        began = time.monotonic()
        with self.database.writing() as connection:
            if not self._is_unchanged(connection, pieces):
                return False
            pieces.replace_by_totals(connection)
            _remove(connection, [job.id for job in jobs])
        # SQLite's writers do not queue: whoever waits looks now and then whether it is free.
        time.sleep(time.monotonic() - began)
        return True

    def _read(self, job_ids: Sequence[int]) -> "_Pieces":
        with self.database.reading() as connection, Session(connection) as session:
            pieces = _Pieces(
                job_ids,
                list(session.scalars(_of(AttemptRecord, job_ids).order_by(AttemptRecord.id))),
                list(session.scalars(_of(LeaseRecord, job_ids).order_by(LeaseRecord.created_at))),
            )
            session.expunge_all()
            return pieces

    def _is_unchanged(self, connection: Connection, pieces: "_Pieces") -> bool:
        """Whether these jobs are still due, and have the attempts that were read; they are locked then."""
        # Leases are always locked before jobs; a late report, which would add attempts, needs its lease.
        connection.execute(
            select(LeaseRecord.token)
            .where(LeaseRecord.job_id.in_(pieces.job_ids))
            .order_by(LeaseRecord.token)
            .with_for_update()
        )
        still = connection.execute(
            select(JobRecord.id)
            .where(JobRecord.id.in_(pieces.job_ids), ~JobRecord.rolled_up)
            .where(JobRecord.swept, JobRecord.ended_at < self.before)
            .order_by(JobRecord.id)
            .with_for_update()
        )
        there = select(func.count()).where(AttemptRecord.job_id.in_(pieces.job_ids))
        return len(still.all()) == len(pieces.job_ids) and connection.execute(there).scalar_one() == len(
            pieces.attempts
        )


class _Pieces(NamedTuple):
    """Jobs that are not rolled up, with their attempts and leases."""

    job_ids: Sequence[int]
    attempts: Sequence[AttemptRecord]
    leases: Sequence[LeaseRecord]

    def replace_by_totals(self, connection: Connection) -> None:
        """Write the totals, and that they count from now on."""
        if totals := [total._asdict() for total in add_up(self.attempts)]:
            connection.execute(insert(AttemptTotalRecord), totals)
        if self.job_ids:
            kept: dict[str, Any] = {column.name: bindparam(f"kept_{column.name}") for column in fields(LeaseTotals)}
            connection.execute(
                update(JobRecord).where(JobRecord.id == bindparam("job")).values(rolled_up=True, **kept),
                list(self._lease_totals()),
                execution_options={"synchronize_session": None},
            )

    def _lease_totals(self) -> Iterator[dict[str, Any]]:
        attempts, leases = defaultdict(list), defaultdict(list)
        for attempt in self.attempts:
            attempts[attempt.job_id].append(attempt)
        for lease in self.leases:
            leases[lease.job_id].append(lease)
        for job_id in self.job_ids:
            totals = asdict(add_up_leases(leases[job_id], attempts[job_id]))
            yield {"job": job_id, **{f"kept_{name}": count for name, count in totals.items()}}


def _few(jobs: Sequence[_Due]) -> Iterator[_Due]:
    """The first jobs that have few atoms together; one with many is alone."""
    atoms = 0
    for place, job in enumerate(jobs):
        atoms += job.atoms
        if place and atoms > ATOMS_AT_ONCE:
            return
        yield job


def _remove(connection: Connection, job_ids: Sequence[int]) -> None:
    """Remove a portion of what jobs have, and note which of them have nothing left."""
    for record, key in ((AttemptRecord, AttemptRecord.id), (LeaseRecord, LeaseRecord.token)):
        portion = select(key).where(record.job_id.in_(job_ids)).limit(ROWS_AT_ONCE)
        connection.execute(delete(record).where(key.in_(portion)))
    of_jobs = AtomRecord.job_id.in_(job_ids)
    first = select(func.min(AtomRecord.number)).where(of_jobs).scalar_subquery()
    connection.execute(delete(AtomRecord).where(of_jobs, AtomRecord.number < first + ROWS_AT_ONCE))
    left: set[int] = set()
    for owner in (AttemptRecord.job_id, LeaseRecord.job_id, AtomRecord.job_id):
        left.update(connection.execute(select(owner).where(owner.in_(job_ids)).distinct()).scalars())
    gone = [job_id for job_id in job_ids if job_id not in left]
    connection.execute(update(JobRecord).where(JobRecord.id.in_(gone)).values(cleared=True))


def _of(record: type[AttemptRecord | LeaseRecord], job_ids: Sequence[int]) -> Select[Any]:
    return select(record).where(record.job_id.in_(job_ids))
