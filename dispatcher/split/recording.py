"""What the split writes into SQL: atoms as they come, and the exact length at the end."""

import time
from collections.abc import Sequence

from sqlalchemy import func, insert, select, update

from dispatcher.jobs.moves import move
from dispatcher.life import Event
from dispatcher.split.cutter import CutAtom
from storage.audio.grid import resampled_length
from storage.errors import StaleClaim
from storage.records.database import Database
from storage.records.schema import AtomRecord, JobRecord
from storage.records.states import AtomState


class SplitRecords:
    """The records of one job's split, written under one claim."""

    def __init__(self, database: Database, job: JobRecord, claim: str) -> None:
        self.database = database
        self.job = job
        self.claim = claim

    def atoms_known(self) -> int:
        """How many atoms an earlier try has recorded already; cutting again gives the same ones."""
        with self.database.reading() as connection:
            found = connection.execute(select(func.max(AtomRecord.number)).where(AtomRecord.job_id == self.job.id))
            last = found.scalar()
        return 0 if last is None else last + 1

    def add(self, atoms: Sequence[CutAtom], out_length: int | None, took: float) -> None:
        """Atoms whose samples are in the store; they may be handed out at once."""
        seconds = sum(a.stop - a.start for a in atoms) / self.job.rate_in
        values: dict[str, object] = {
            "atoms": JobRecord.atoms + len(atoms),
            "atoms_waiting": JobRecord.atoms_waiting + len(atoms),
            "seconds_split": JobRecord.seconds_split + seconds,
            "seconds_waiting": JobRecord.seconds_waiting + seconds,
            "waiting_for": "",
            "waiting_since": None,
        }
        if atoms[0].number == 0:
            values["first_atom_took"] = took
        with self.database.writing() as connection:
            counted = connection.execute(
                update(JobRecord)
                .where(JobRecord.id == self.job.id, JobRecord.claim == self.claim, JobRecord.state == "splitting")
                .values(**values)
            )
            if counted.rowcount != 1:
                raise StaleClaim(f"job {self.job.id} is no longer ours to split")
            connection.execute(insert(AtomRecord), [self._row(a, out_length) for a in atoms])

    def finish(self, frames: int, rate: int, took: float, remark: str = "") -> bool:
        """The whole recording is cut; True if this ended the split. `remark` is what its owner should know of it."""
        with self.database.writing() as connection:
            return move(
                connection, self.job.id, Event.SPLIT_DONE, claim=self.claim, source_frames=frames, source_rate=rate,
                seconds=frames / rate, split_at=time.time(), split_took=took, claim_over=True,
                remark=remark,
            )  # fmt: skip

    def _row(self, atom: CutAtom, out_length: int | None) -> dict[str, object]:
        out_stop = out_length if atom.is_last and out_length is not None else self._out(atom.stop)
        return {
            "job_id": self.job.id,
            "number": atom.number,
            "start": atom.start,
            "stop": atom.stop,
            "first": atom.first,
            "last": atom.last,
            "out_start": self._out(atom.start),
            "out_stop": out_stop,
            "state": AtomState.WAITING,
            "attempts": 0,
        }

    def _out(self, position: int) -> int:
        """A position on the grid at the voice's rate; exact, because a cell is whole at both rates."""
        return resampled_length(position, self.job.rate_in, self.job.rate_voice)
