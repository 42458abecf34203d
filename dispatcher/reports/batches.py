"""Batches as people and programs see them: how many jobs stand where, and how much of their sound is done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, case, func, select

from dispatcher.jobs.batches import newest_of
from dispatcher.reports.untold import untold_of_batches
from dispatcher.reports.wording import shown_left
from storage.records.database import Database
from storage.records.schema import BatchRecord, JobRecord
from storage.records.states import ENDED_JOBS, JobState


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """What is known of a batch, and what follows from it."""

    name: str
    created_at: float
    jobs: int
    states: Mapping[str, int]
    """How many of its jobs are in each state."""
    seconds: float
    """Sound in all."""
    seconds_done: float
    """Sound converted, or given up with its job."""
    started_at: float | None
    ended_at: float | None
    """When its last job ended; nothing while some are open."""
    untold: str
    """Who could not be told of its end so far, and why."""

    @property
    def open(self) -> int:
        """Jobs that have not ended."""
        return sum(count for state, count in self.states.items() if state not in ENDED_JOBS)

    @property
    def done(self) -> float:
        """Share of its sound that is done."""
        return 1.0 if not self.open else min(self.seconds_done / self.seconds, 1.0) if self.seconds else 0.0

    def left(self, now: float) -> str:
        """Time left at the pace so far; nothing where there is none yet."""
        return shown_left(self.started_at, self.done, now) if self.open else ""

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {**asdict(self), "open": self.open, "done": self.done}


def read_batches(database: Database, limit: int, names: Sequence[str] | None = None) -> list[BatchSummary]:
    """The newest batches, newest first; or these only."""
    statement = select(BatchRecord.id, BatchRecord.name, BatchRecord.created_at).order_by(BatchRecord.id.desc())
    if names is not None:
        statement = statement.where(BatchRecord.name.in_(names))
    with database.reading() as connection:
        found = connection.execute(statement.limit(limit)).all()
        untold = untold_of_batches(connection, [batch_id for batch_id, *_ in found])
        return [
            _summary(connection, batch_id, name, created_at, untold.get(batch_id, ""))
            for batch_id, name, created_at in found
        ]


def summarise_batch(connection: Connection, batch_id: int) -> BatchSummary:
    """A batch that has just ended, of which nobody was told yet."""
    found = select(BatchRecord.id, BatchRecord.name, BatchRecord.created_at).where(BatchRecord.id == batch_id)
    return _summary(connection, *connection.execute(found).one(), untold="")


def _summary(connection: Connection, batch_id: int, name: str, created_at: float, untold: str) -> BatchSummary:
    done = case((JobRecord.state.in_(ENDED_JOBS), JobRecord.seconds), else_=JobRecord.seconds_done)
    rows = connection.execute(
        select(
            JobRecord.state, func.count(), func.sum(JobRecord.seconds), func.sum(done),
            func.min(JobRecord.started_at), func.max(JobRecord.ended_at),
        )
        .where(JobRecord.id.in_(newest_of(batch_id)))
        .group_by(JobRecord.state)
    ).all()  # fmt: skip
    states = {state: count for state, count, *_ in rows}
    is_over = all(state in ENDED_JOBS for state in states)
    return BatchSummary(
        name=name,
        created_at=created_at,
        jobs=sum(states.values()),
        states={state: states[state] for state in JobState if state in states},
        seconds=sum(row[2] for row in rows),
        seconds_done=sum(row[3] for row in rows),
        started_at=_least(row[4] for row in rows),
        ended_at=max((row[5] for row in rows if row[5] is not None), default=None) if is_over else None,
        untold=untold,
    )


def _least(moments: Iterable[float | None]) -> float | None:
    return min((moment for moment in moments if moment is not None), default=None)
