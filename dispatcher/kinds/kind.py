"""What the farm knows of a kind of work: desk, feed, leases and reports know no kind by name."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, true

from storage.records.rows import AtomRow
from storage.records.schema import JobRecord
from storage.records.states import JobState
from workers.wire.messages import AtomOutcome, Order
from workers.wire.routes import about_stage


@dataclass(frozen=True, slots=True)
class Stage:
    """Long work on a whole job, done in a studio: its name in sentences, and the task and queue that ask for it."""

    name: str
    task: str
    queue: str
    states: tuple[JobState, ...]
    """The states in which a job of this kind wants it."""
    only_where: ColumnElement[bool] | None = None
    """What else must hold for the job's row."""
    most_together: int = 1
    """How many jobs one message may ask it for; a studio works on their short recordings together."""

    def about(self, *job_ids: int) -> str:
        """What a message that asks for it is about."""
        return about_stage(self.task, job_ids)

    def wanted_by(self, kind: str) -> ColumnElement[bool]:
        """Which jobs want it."""
        more = true() if self.only_where is None else self.only_where
        return and_(JobRecord.kind == kind, JobRecord.state.in_(self.states), more)


class Kind(ABC):
    """One kind of work: its stages and pieces, what a worker's order carries, and how its results are identified.

    A job that is submitted asks for its first stage, which makes the pieces; once every piece is done it asks for its
    last. What a worker must offer stands in the job's `needs`, written by whoever submits it.
    """

    name: str
    """As in the column `jobs.kind` and in orders."""
    first: Stage
    last: Stage
    stages: tuple[Stage, ...]
    """All stages, the first and the last among them."""

    @abstractmethod
    def order(self, job: JobRecord, token: str, pieces: Sequence[AtomRow]) -> Order:
        """What a worker must know to work on these pieces."""

    @abstractmethod
    def told(self, job: JobRecord, seconds: float) -> str:
        """So many seconds of its pieces in words, for people who watch who is at what."""

    @abstractmethod
    def left_behind(self, job: JobRecord) -> tuple[str, ...]:
        """Prefixes of the objects that an ended job leaves in the store and that can be made again."""

    @abstractmethod
    def called(self, job: JobRecord, start: int, stop: int) -> str:
        """The beginning of a sentence that says why a job's piece, between these samples, failed."""

    def highest(self, outcomes: Iterable[AtomOutcome]) -> Mapping[str, float]:  # noqa: ARG002 - most keep none
        """Columns of the job that the pieces' outcomes raise to at least these values."""
        return {}
