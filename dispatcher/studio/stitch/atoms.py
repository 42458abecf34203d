"""Where the atoms of a job lie: read page by page for a long recording, at once for many short ones."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import exists, select

from storage.records.database import Database
from storage.records.rows import AtomRow, columns, read_rows
from storage.records.schema import AtomRecord

#: Rows read at a time: a recording of days has tens of thousands.
PAGE = 500


class Atoms(Protocol):
    """The atoms of one job, by the part of the line of time that they begin in."""

    def has_any(self, start: int, stop: int) -> bool:
        """Whether an atom begins there."""

    def between(self, start: int, stop: int) -> Iterator[AtomRow]:
        """Those that begin there, in order."""


@dataclass(frozen=True, slots=True)
class PagedAtoms:
    """The atoms of a job of any length."""

    database: Database
    job_id: int

    def has_any(self, start: int, stop: int) -> bool:
        """Whether an atom begins there."""
        there = exists().where(AtomRecord.job_id == self.job_id, AtomRecord.start >= start, AtomRecord.start < stop)
        with self.database.reading() as connection:
            return bool(connection.execute(select(there)).scalar())

    def between(self, start: int, stop: int) -> Iterator[AtomRow]:
        """Those that begin there, in order."""
        after = -1
        while True:
            with self.database.reading() as connection:
                rows = read_rows(
                    connection,
                    AtomRow,
                    select(*columns(AtomRow, AtomRecord))
                    .where(AtomRecord.job_id == self.job_id, AtomRecord.number > after)
                    .where(AtomRecord.start >= start, AtomRecord.start < stop)
                    .order_by(AtomRecord.number)
                    .limit(PAGE),
                )
            yield from rows
            if len(rows) < PAGE:
                return
            after = rows[-1].number


@dataclass(frozen=True, slots=True)
class HeldAtoms:
    """The few atoms of a short job."""

    rows: Sequence[AtomRow]

    def has_any(self, start: int, stop: int) -> bool:
        """Whether an atom begins there."""
        return any(start <= atom.start < stop for atom in self.rows)

    def between(self, start: int, stop: int) -> Iterator[AtomRow]:
        """Those that begin there, in order."""
        return (atom for atom in self.rows if start <= atom.start < stop)


def held_atoms(database: Database, job_ids: Sequence[int]) -> dict[int, HeldAtoms]:
    """The atoms of several short jobs."""
    found: dict[int, list[AtomRow]] = {job_id: [] for job_id in job_ids}
    query = select(AtomRecord.job_id, *columns(AtomRow, AtomRecord)).where(AtomRecord.job_id.in_(job_ids))
    with database.reading() as connection:
        for job_id, *atom in connection.execute(query.order_by(AtomRecord.job_id, AtomRecord.number)):
            found[job_id].append(AtomRow._make(atom))
    return {job_id: HeldAtoms(rows) for job_id, rows in found.items()}
