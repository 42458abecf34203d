"""Following many jobs that are open: each look reads those that ended since the last, and the first that are left."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from dispatcher.client.watching import stage_of
from dispatcher.reports.waiting import live_offers
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import ENDED_JOBS

#: Seconds by which the clocks of those who end jobs may differ, and between two looks at all that are open, in case
#: they differ by more.
CLOCKS_DIFFER, LOOK_AT_ALL = 5.0, 3.0
#: Open jobs that are looked at closely, for what they wait for.
CLOSELY = 20


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a batch is."""

    total: int
    """Recordings handed in so far."""
    ended: int
    seconds: float
    """Audio handed in so far."""
    seconds_done: float
    """Audio converted, or given up with its job."""
    stage: str
    """What happens to the first recording that is not done, in a few words."""


class Following:
    """The jobs of one batch that have not ended, and sums over those that have."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.open: set[int] = set()
        self.ended = 0
        self.seconds_ended = 0.0
        self.ended_until = 0.0
        self.all_seen_at = float("-inf")

    def add(self, job_ids: Sequence[int]) -> None:
        """Follow these jobs too."""
        self.open.update(job_ids)

    def newly_ended(self) -> list[JobRecord]:
        """The jobs that have ended since the last look; they are followed no longer."""
        if not self.open:
            return []
        statement = self._of_ours().where(JobRecord.state.in_(ENDED_JOBS))
        if time.monotonic() - self.all_seen_at < LOOK_AT_ALL:
            statement = statement.where(JobRecord.ended_at >= self.ended_until - CLOCKS_DIFFER)
        else:
            self.all_seen_at = time.monotonic()
        ended = [job for job in self._read(statement) if job.id in self.open]
        for job in ended:
            self.open.discard(job.id)
            self.ended += 1
            self.seconds_ended += job.seconds
            self.ended_until = max(self.ended_until, job.ended_at or 0.0)
        return ended

    def first_open(self) -> list[JobRecord]:
        """The first jobs that are still open."""
        if not self.open:
            return []
        first = sorted(self.open)[:CLOSELY]
        return self._read(select(JobRecord).where(JobRecord.id.in_(first)).order_by(JobRecord.id))

    def all_open(self) -> list[JobRecord]:
        """The jobs that are still open."""
        return [job for job in self._read(self._of_ours()) if job.id in self.open] if self.open else []

    def progress(self, first: Sequence[JobRecord]) -> BatchProgress:
        """How far all of it is, given the first jobs that are open."""
        live = live_offers(self.database)
        with self.database.reading() as connection:
            rows = connection.execute(
                select(JobRecord.id, JobRecord.seconds, JobRecord.seconds_done).where(
                    JobRecord.id.between(min(self.open, default=0), max(self.open, default=0))
                )
            )
            ours = [(seconds, done) for job_id, seconds, done in rows if job_id in self.open]
        return BatchProgress(
            total=self.ended + len(self.open),
            ended=self.ended,
            seconds=self.seconds_ended + sum(seconds for seconds, _ in ours),
            seconds_done=self.seconds_ended + sum(done for _, done in ours),
            stage=stage_of(first, live),
        )

    def _of_ours(self) -> Select[JobRecord]:
        return select(JobRecord).where(JobRecord.id.between(min(self.open), max(self.open))).order_by(JobRecord.id)

    def _read(self, statement: Select[JobRecord]) -> list[JobRecord]:
        with self.database.reading() as connection, Session(connection, expire_on_commit=False) as session:
            jobs = list(session.scalars(statement))
            session.expunge_all()
            return jobs
