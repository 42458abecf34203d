"""Check that a farm's jobs ended as they would have without any fault."""

import re
from collections.abc import Iterator, Mapping

from sqlalchemy import select

from storage.errors import VoicefarmError
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import JobState
from testing.chaos.kinds import Kind
from testing.chaos.work import Made, fingerprint, made

#: Reasons for which a job may fail after a fault of this kind; its owner then retries it.
EXCUSES: Mapping[Kind, re.Pattern[str]] = {
    Kind.SCRATCH_FULL: re.compile(r"disk .*is full|disk is full|no space", re.IGNORECASE),
    Kind.OBJECTS_FULL: re.compile(r"is full|no space|507", re.IGNORECASE),
}


def jobs_in(database: Database, state: JobState) -> list[JobRecord]:
    """All jobs in a state."""
    with database.reading() as connection:
        rows = connection.execute(select(JobRecord).where(JobRecord.state == state).order_by(JobRecord.id)).all()
    return list(rows)  # type: ignore[arg-type]


def is_excused(job: JobRecord, suffered: frozenset[Kind]) -> bool:
    """Whether a fault that the farm has suffered excuses this failure."""
    return any(kind in suffered and pattern.search(job.reason) for kind, pattern in EXCUSES.items())


def wrong_results(
    database: Database, store: ObjectStore, undisturbed: Mapping[Made, str], *, after: int = 0
) -> Iterator[str]:
    """A line for each job later than `after` that failed or whose result differs from an undisturbed farm's."""
    for job in jobs_in(database, JobState.FAILED):
        if job.id > after:
            yield f"job {job.id} ({job.name} into {job.voice}) failed: {job.reason}"
    for job in jobs_in(database, JobState.FINISHED):
        if job.id <= after:
            continue
        try:
            if fingerprint(store, job) != undisturbed[made(job)]:
                yield f"job {job.id} ({job.name} into {job.voice}) has different bytes from an undisturbed farm's"
        except VoicefarmError as error:
            yield f"job {job.id} ({job.name} into {job.voice}) has no result: {error}"
