"""A job's counters, which are changed only here: how much of it is cut, waiting, done, or to be cut again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol, Self

from sqlalchemy import BigInteger, ColumnElement, Connection, Float, bindparam, case, func, select, update

from storage.records.schema import AtomRecord, JobRecord
from storage.records.states import AtomState


class Spanning(Protocol):
    """Anything that spans samples of a recording."""

    @property
    def start(self) -> int: ...  # noqa: D102
    @property
    def stop(self) -> int: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Pieces:
    """How many atoms, and how many samples of the recording they hold."""

    count: int = 0
    samples: int = 0

    @classmethod
    def of(cls, atoms: Iterable[Spanning]) -> Self:
        """The total of some atoms."""
        lengths = [atom.stop - atom.start for atom in atoms]
        return cls(len(lengths), sum(lengths))

    def __neg__(self) -> "Pieces":
        return Pieces(-self.count, -self.samples)


NONE = Pieces()
NOTHING: Mapping[Any, Any] = MappingProxyType({})
#: The columns that count pieces and their seconds, by what has become of the pieces.
_COUNTERS = {
    "cut": (JobRecord.atoms, JobRecord.seconds_split),
    "waiting": (JobRecord.atoms_waiting, JobRecord.seconds_waiting),
    "done": (JobRecord.atoms_done, JobRecord.seconds_done),
}


def counted(
    *, cut: Pieces = NONE, waiting: Pieces = NONE, done: Pieces = NONE, damaged: int = 0
) -> dict[str, ColumnElement[Any]]:
    """What an UPDATE of the job's row adds to its counters; `-pieces` subtracts."""
    changes: dict[str, ColumnElement[Any]] = {}
    for name, pieces in (("cut", cut), ("waiting", waiting), ("done", done)):
        count, seconds = _COUNTERS[name]
        if pieces.count:
            changes[count.key] = count + pieces.count
            changes[seconds.key] = seconds + pieces.samples / (1.0 * JobRecord.rate_in)
    if damaged:
        changes[JobRecord.atoms_damaged.key] = JobRecord.atoms_damaged + damaged
    return changes


def count_each(
    connection: Connection,
    moved: Mapping[int, Pieces],
    also: Mapping[str, Any] = NOTHING,
    raised: Mapping[int, Mapping[str, float]] = NOTHING,
    **moves: int,
) -> list[int]:
    """Add every job's own pieces to counters of its row, or subtract them: `waiting=-1` where they no longer wait.

    `also` is set in every row; `raised` says which columns are raised to at least which values, the same ones for each.
    Returns the jobs of which all atoms may be done: of a single one it is known, of several SQL says nothing.
    """
    if not moved:
        return []
    changes = dict(also)
    for column in next(iter(raised.values()), ()):
        known, least = getattr(JobRecord, column), bindparam(f"least_{column}", type_=Float)
        changes[column] = case((known < least, least), else_=known)
    for name, sign in moves.items():
        count, seconds = _COUNTERS[name]
        changes[count.key] = count + sign * bindparam("pieces", type_=BigInteger)
        changes[seconds.key] = seconds + sign * bindparam("samples", type_=BigInteger) / (1.0 * JobRecord.rate_in)
    counting = update(JobRecord).where(JobRecord.id == bindparam("job")).values(**changes)
    each = [
        {"job": job, "pieces": pieces.count, "samples": pieces.samples}
        | {f"least_{column}": value for column, value in raised.get(job, NOTHING).items()}
        for job, pieces in moved.items()
    ]
    if len(each) == 1:
        counted_one = counting.returning(JobRecord.id, JobRecord.atoms_done >= JobRecord.atoms)
        return [job for job, are_done in connection.execute(counted_one, each[0]) if are_done]
    connection.execute(counting, each, execution_options={"synchronize_session": None})
    return list(moved)


def counted_anew(connection: Connection, job_id: int) -> dict[str, Any]:
    """All counters of a job that begins again, from its atoms: none is leased, given up or to be cut again."""
    rows = connection.execute(
        select(AtomRecord.state, func.count(), func.sum(AtomRecord.stop - AtomRecord.start))
        .where(AtomRecord.job_id == job_id)
        .group_by(AtomRecord.state)
    )
    found = {state: Pieces(int(count), int(samples)) for state, count, samples in rows}
    waiting, done = found.get(AtomState.WAITING, NONE), found.get(AtomState.DONE, NONE)
    return {
        "atoms": waiting.count + done.count,
        "atoms_waiting": waiting.count,
        "seconds_waiting": waiting.samples / (1.0 * JobRecord.rate_in),
        "atoms_done": done.count,
        "seconds_done": done.samples / (1.0 * JobRecord.rate_in),
        "atoms_damaged": 0,
    }
