"""Removing what ended jobs have left in the object store and in the records, once it has been kept long enough."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from dispatcher.kinds.catalog import kind_named
from dispatcher.studio.rolling_up import RollingUp
from storage import keys
from storage.errors import ServiceError
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.notices import NoticeRecord
from storage.records.schema import JobRecord

logger = logging.getLogger("voicefarm.studio")

#: Seconds of a day.
DAY = 86_400.0
#: Jobs of which it is written down at a time that they are swept.
AT_ONCE = 50
#: Seconds of one run, so that other work gets its turn: on a store that takes 50 ms for a job, 170,000 jobs a day.
LONGEST = 60.0


class Sweeping:
    """Sweeps; results stay, because only their owner knows when they are no longer needed."""

    def __init__(
        self, database: Database, store: ObjectStore, keep_days: float, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database
        self.store = store
        self.keep_days = keep_days
        self.clock = clock

    def run(self) -> None:
        """Remove sources and atoms of jobs that ended long ago, unless a younger job has the same source, and roll up
        what the records hold of them.

        Also removes uploads that were begun a day ago and never finished, and notices that nobody delivers any more.
        """
        if self.keep_days:
            self._forget_notices()
            end = self.clock() + LONGEST
            while self._sweep() == AT_ONCE and self.clock() < end:
                pass
            RollingUp(self.database, self._before, self.clock).run()
        try:
            self.store.tidy(self.clock() - DAY)
        except ServiceError as error:
            # Not every account may list unfinished uploads; the store's own rules remove them too.
            logger.warning("unfinished uploads stay in the object store: %s", error)

    def _sweep(self) -> int:
        """Sweep the next jobs that are due; returns how many there were."""
        jobs = self._due()
        shared = self._shared(jobs)
        for job in jobs:
            if job.id not in shared:
                for key in list(self._left_by(job)):
                    self.store.delete(key)
        with self.database.writing() as connection:
            ours = JobRecord.id.in_([job.id for job in jobs])
            # One that was begun again meanwhile has no time of its end.
            connection.execute(update(JobRecord).where(ours, JobRecord.ended_at < self._before).values(swept=True))
        return len(jobs)

    def _forget_notices(self) -> None:
        with self.database.writing() as connection:
            connection.execute(delete(NoticeRecord).where(NoticeRecord.ended_at < self._before))

    @property
    def _before(self) -> float:
        """What ended earlier has been kept long enough."""
        return self.clock() - self.keep_days * DAY

    def _due(self) -> list[JobRecord]:
        # Only jobs that have ended have a time of their end.
        query = select(JobRecord).where(~JobRecord.swept, JobRecord.ended_at < self._before)
        with self.database.reading() as connection, Session(connection, expire_on_commit=False) as session:
            jobs = list(session.scalars(query.order_by(JobRecord.ended_at).limit(AT_ONCE)))
            session.expunge_all()
            return jobs

    def _shared(self, jobs: Sequence[JobRecord]) -> set[int]:
        """Those whose source another job still needs; of those that are due together, none does."""
        query = select(JobRecord.source_hash).where(
            JobRecord.source_hash.in_([job.source_hash for job in jobs]),
            JobRecord.id.not_in([job.id for job in jobs]),
            ~JobRecord.swept,
        )
        with self.database.reading() as connection:
            needed = set(connection.execute(query.distinct()).scalars())
        return {job.id for job in jobs if job.source_hash in needed}

    def _left_by(self, job: JobRecord) -> Iterator[str]:
        for prefix in kind_named(job.kind).left_behind(job):
            for stored in self.store.list(prefix + "/"):
                yield stored.key
        yield keys.source_key(job.source_hash)
