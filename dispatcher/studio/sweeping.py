"""Removing what ended jobs have left in the object store, once it has been kept long enough."""

import logging
import time
from collections.abc import Callable, Iterator

from sqlalchemy import exists, select, update
from sqlalchemy.orm import aliased

from dispatcher.jobs.loading import load_jobs
from dispatcher.kinds.catalog import kind_named
from storage import keys
from storage.errors import ServiceError
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import ENDED_JOBS

logger = logging.getLogger("voicefarm.studio")

#: Seconds of a day.
DAY = 86_400.0
#: Jobs swept at a time, so that other work gets its turn.
AT_ONCE = 20


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
        """Remove sources and atoms of jobs that ended long ago, unless a younger job has the same source.

        Also removes uploads that were begun a day ago and never finished.
        """
        if self.keep_days:
            self._sweep()
        try:
            self.store.tidy(self.clock() - DAY)
        except ServiceError as error:
            # Not every account may list unfinished uploads; the store's own rules remove them too.
            logger.warning("unfinished uploads stay in the object store: %s", error)

    def _sweep(self) -> None:
        for job_id in self._due():
            (job,) = load_jobs(self.database, 1, [job_id])
            if not self._is_shared(job):
                for key in list(self._left_by(job)):
                    self.store.delete(key)
            with self.database.writing() as connection:
                connection.execute(update(JobRecord).where(JobRecord.id == job_id).values(swept=True))

    def _due(self) -> list[int]:
        before = self.clock() - self.keep_days * DAY
        with self.database.reading() as connection:
            query = select(JobRecord.id).where(
                JobRecord.state.in_(ENDED_JOBS), JobRecord.swept.is_(False), JobRecord.ended_at < before
            )
            return list(connection.execute(query.order_by(JobRecord.id).limit(AT_ONCE)).scalars())

    def _is_shared(self, job: JobRecord) -> bool:
        other = aliased(JobRecord)
        query = select(exists().where(other.source_hash == job.source_hash, other.id != job.id, other.swept.is_(False)))
        with self.database.reading() as connection:
            return bool(connection.execute(query).scalar())

    def _left_by(self, job: JobRecord) -> Iterator[str]:
        for prefix in kind_named(job.kind).left_behind(job):
            for stored in self.store.list(prefix + "/"):
                yield stored.key
        yield keys.source_key(job.source_hash)
