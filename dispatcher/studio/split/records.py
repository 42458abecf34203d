"""What the split writes to SQL: atoms as they are cut, and the exact length at the end."""

from collections.abc import Sequence

from sqlalchemy import func, insert, select, update

from dispatcher.jobs.counters import Pieces, counted
from dispatcher.jobs.life import Event
from dispatcher.jobs.moves import move
from dispatcher.studio.split.cutter import CutAtom
from dispatcher.studio.split.cutting import Cutting
from dispatcher.turns.taking import Turns
from storage.audio.grid import resampled_length
from storage.errors import StaleClaim
from storage.records.schema import AtomRecord, JobRecord
from storage.records.states import AtomState, JobState


class SplitRecords:
    """The records of one job's split, written under one claim."""

    def __init__(self, turns: Turns, job: JobRecord, claim: str) -> None:
        self.turns = turns
        self.job = job
        self.claim = claim

    def atoms_known(self) -> int:
        """How many atoms an earlier attempt has recorded; cutting again gives the same ones."""
        with self.turns.database.reading() as connection:
            found = connection.execute(select(func.max(AtomRecord.number)).where(AtomRecord.job_id == self.job.id))
            last = found.scalar()
        return 0 if last is None else last + 1

    def add(self, atoms: Sequence[CutAtom], cutting: Cutting, took: float) -> None:
        """Record atoms whose samples are in the store; they may be handed out at once."""
        pieces = Pieces.of(atoms)
        values: dict[str, object] = {**counted(cut=pieces, waiting=pieces), "waiting_for": "", "waiting_since": None}
        if atoms[0].number == 0:
            values["first_atom_took"] = took
        if cutting.frames:
            values |= {"source_frames": cutting.frames, "source_rate": cutting.rate}
        with self.turns.writing() as turn:
            written = turn.connection.execute(
                update(JobRecord)
                .where(JobRecord.id == self.job.id, JobRecord.claim == self.claim)
                .where(JobRecord.state == JobState.SPLITTING)
                .values(**values)
            )
            if written.rowcount != 1:
                raise StaleClaim(f"job {self.job.id} is no longer ours to split")
            turn.connection.execute(insert(AtomRecord), [atom_row(self.job, a, cutting) for a in atoms])
            turn.feed_next()

    def finish(self, cutting: Cutting, took: float) -> bool:
        """The whole recording is cut; True if this ended the split."""
        with self.turns.writing() as turn:
            turn.feed_next()
            return move(
                turn.connection, self.job.id, Event.SPLIT_DONE, claim=self.claim, source_frames=cutting.frames,
                source_rate=cutting.rate, seconds=cutting.seconds, split_at=turn.now, split_took=took,
                claim_over=True, remark=cutting.remark,
            )  # fmt: skip


def atom_row(job: JobRecord, atom: CutAtom, cutting: Cutting) -> dict[str, object]:
    """The record of a fresh atom; a channel's last one ends where the recording does at the voice's rate."""

    def out(position: int) -> int:
        # On the grid at the voice's rate; exact, because a cell is whole at both rates.
        return resampled_length(position, job.rate_in, job.rate_voice)

    out_stop = out(atom.stop)
    if atom.is_last:
        out_stop = out(atom.origin) + resampled_length(cutting.frames, cutting.rate, job.rate_voice)
    return {
        "job_id": job.id,
        "number": atom.number,
        "start": atom.start,
        "stop": atom.stop,
        "first": atom.first,
        "last": atom.last,
        "out_start": out(atom.start),
        "out_stop": out_stop,
        "state": AtomState.WAITING,
        "attempts": 0,
    }
