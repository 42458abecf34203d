"""How a farm is doing right now, in a few numbers, and what has gone wrong since somebody last looked."""

from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from dispatcher.reports.wording import shown_factor
from storage.records.database import Database
from storage.records.schema import AttemptRecord, JobRecord, WorkerRecord
from storage.records.states import GOOD, OPEN_JOBS, WORKERS_THERE, JobState

#: Seconds over which the pace is taken: long enough for slow machines to end an atom, short enough to be news.
WINDOW = 60.0
#: Failed jobs that are told one by one.
_MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that failed, and why."""

    id: int
    name: str
    reason: str
    ended_at: float


@dataclass(frozen=True, slots=True)
class Pulse:
    """How a farm is doing."""

    at: float
    open_jobs: int
    workers: int
    realtime: float
    """Seconds of audio converted a second, over the last minute."""
    failed: tuple[FailedJob, ...]
    """Jobs that failed since a moment, the oldest first."""

    @property
    def line(self) -> str:
        """The numbers in a few words."""
        jobs = f"{self.open_jobs} job{'' if self.open_jobs == 1 else 's'} open"
        workers = f"{self.workers} worker{'' if self.workers == 1 else 's'}"
        return ", ".join([jobs, *([f"{shown_factor(self.realtime)} realtime"] if self.realtime else []), workers])

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return asdict(self)


def read_pulse(database: Database, now: float, lost_after: float, failed_since: float) -> Pulse:
    """How the farm is doing now; a job that failed at the moment itself counts as told before."""
    with database.reading() as connection:
        there = connection.execute(
            select(func.count())
            .select_from(WorkerRecord)
            .where(WorkerRecord.state.in_(WORKERS_THERE))
            .where(WorkerRecord.last_seen >= now - lost_after)
        ).scalar_one()
        return Pulse(
            at=now,
            open_jobs=_open_jobs(connection),
            workers=int(there),
            realtime=_pace(connection, now),
            failed=_failed(connection, failed_since),
        )


def _pace(connection: Connection, now: float) -> float:
    """Seconds of audio converted a second, since the last minute or the work in it began."""
    lately = select(func.sum(AttemptRecord.audio_seconds), func.min(AttemptRecord.ended_at - AttemptRecord.busy)).where(
        AttemptRecord.outcome.in_(GOOD), AttemptRecord.ended_at > now - WINDOW
    )
    audio, began = connection.execute(lately).one()
    return float(audio) / min(max(now - began, 1.0), WINDOW) if audio else 0.0


def _open_jobs(connection: Connection) -> int:
    counting = select(func.count()).select_from(JobRecord).where(JobRecord.state.in_(OPEN_JOBS))
    return int(connection.execute(counting).scalar_one())


def _failed(connection: Connection, since: float) -> tuple[FailedJob, ...]:
    rows = connection.execute(
        select(JobRecord.id, JobRecord.name, JobRecord.reason, JobRecord.ended_at)
        .where(JobRecord.state == JobState.FAILED)
        .where(JobRecord.ended_at > since)
        .order_by(JobRecord.ended_at)
        .limit(_MOST_TOLD)
    )
    return tuple(FailedJob(row.id, row.name, row.reason, row.ended_at) for row in rows)
