"""Batches: jobs that were handed in together and are spoken of by one name."""

from collections.abc import Sequence
from itertools import count
from typing import NamedTuple

from sqlalchemy import Connection, Select, func, insert, select, update

from dispatcher.turns.turn import Turn
from storage.errors import InputError, UnknownBatch
from storage.records.rows import columns, read_rows
from storage.records.schema import BatchRecord, JobRecord
from storage.remedies import Act, Remedy

#: Characters that a name may have: one line of a terminal.
LONGEST_NAME = 80
#: Seconds for which a batch counts as being handed in after it was last said: longer than it takes to hand in any one
#: recording. Whoever is killed over it says nothing more.
FILLING = 3600.0


class Known(NamedTuple):
    """A job that a batch has already."""

    job_id: int
    state: str


class _Held(NamedTuple):
    """What tells a batch's jobs apart."""

    id: int
    state: str
    wanted: str
    mark: str


def check_name(name: str) -> str:
    """A name that a batch may have; numbers are left to jobs."""
    if not name.strip() or name != name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise InputError(f"{name!r} cannot be a batch's name; choose one line of up to {LONGEST_NAME} characters")
    if name.isdecimal():
        raise InputError(f"a batch cannot be called {name}, because numbers are those of jobs; add a word to it")
    return name


def open_batch(turn: Turn, name: str) -> int:
    """The number of the batch of this name, which is made unless it is there."""
    found = turn.connection.execute(select(BatchRecord.id).where(BatchRecord.name == name)).scalar()
    return int(found) if found is not None else _insert(turn, name)


def make_batch(turn: Turn, name: str) -> tuple[int, str]:
    """A fresh batch: its number and its name, which gets a number where others had it before."""
    taken = turn.connection.execute(select(BatchRecord.name).where(BatchRecord.name.startswith(name, autoescape=True)))
    names = set(taken.scalars())
    free = next(one for n in count(1) if (one := name if n == 1 else f"{name}-{n}") not in names)
    return _insert(turn, free), free


def tell_of(turn: Turn, batch_id: int, address: str) -> None:
    """Have an address told of a batch's end, in place of any other."""
    turn.connection.execute(update(BatchRecord).where(BatchRecord.id == batch_id).values(notify=address))
    others = (JobRecord.batch_id == batch_id, JobRecord.notify != address)
    turn.connection.execute(update(JobRecord).where(*others).values(notify=address))


def begin_filling(turn: Turn, batch_id: int) -> str:
    """Say that jobs are being handed in to a batch, of which the first may well end before the last is there; returns
    the address that is told of its end, which stays the same until this turn is over.
    """
    asked = select(BatchRecord.notify, BatchRecord.filling_until).where(BatchRecord.id == batch_id)
    notify, until = turn.connection.execute(asked.with_for_update(key_share=True)).one()
    if until < turn.now + FILLING / 2:
        _fill_until(turn, batch_id, turn.now + FILLING)
    return str(notify)


def end_filling(turn: Turn, batch_id: int) -> None:
    """Say that all jobs are there."""
    _fill_until(turn, batch_id, 0.0)


def _fill_until(turn: Turn, batch_id: int, moment: float) -> None:
    turn.connection.execute(update(BatchRecord).where(BatchRecord.id == batch_id).values(filling_until=moment))


def batch_named(connection: Connection, name: str) -> int:
    """The number of a batch, or UnknownBatch."""
    found = connection.execute(select(BatchRecord.id).where(BatchRecord.name == name)).scalar()
    if found is None:
        raise UnknownBatch(f"there is no batch '{name}'", Remedy(Act.LIST_BATCHES))
    return int(found)


def name_of(connection: Connection, batch_id: int) -> str:
    """What the batch of this number is called."""
    return str(connection.execute(select(BatchRecord.name).where(BatchRecord.id == batch_id)).scalar_one())


def jobs_of(connection: Connection, batch_id: int, states: Sequence[str] | None = None) -> list[int]:
    """The numbers of a batch's jobs that count, or of those in some states, in the order in which they were handed
    in.
    """
    statement = select(JobRecord.id).where(JobRecord.id.in_(newest_of(batch_id))).order_by(JobRecord.id)
    if states is not None:
        statement = statement.where(JobRecord.state.in_(states))
    return list(connection.execute(statement).scalars())


def newest_of(batch_id: int) -> Select[int]:
    """The jobs of a batch that count: of those whose results have one name, the newest."""
    return select(func.max(JobRecord.id)).where(JobRecord.batch_id == batch_id).group_by(JobRecord.wanted)


def newest_batches(connection: Connection, limit: int) -> list[tuple[str, int]]:
    """The names of the newest batches, newest first, and how many jobs each has that count."""
    newest = select(BatchRecord).order_by(BatchRecord.id.desc()).limit(limit).subquery()
    rows = connection.execute(
        select(newest.c.name, func.count(JobRecord.wanted.distinct()))
        .outerjoin(JobRecord, JobRecord.batch_id == newest.c.id)
        .group_by(newest.c.id, newest.c.name)
        .order_by(newest.c.id.desc())
    )
    return [(str(name), int(jobs)) for name, jobs in rows]


def known_in(connection: Connection, batch_id: int) -> dict[tuple[str, str], Known]:
    """A batch's jobs by what their results are called and by their marks; of equals, the newest."""
    statement = select(*columns(_Held, JobRecord)).where(JobRecord.batch_id == batch_id).order_by(JobRecord.id)
    held = read_rows(connection, _Held, statement)
    return {(job.wanted, job.mark): Known(job.id, job.state) for job in held}


def _insert(turn: Turn, name: str) -> int:
    made = turn.connection.execute(insert(BatchRecord).values(name=name, created_at=turn.now).returning(BatchRecord.id))
    return int(made.scalar_one())
