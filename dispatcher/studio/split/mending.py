"""Cutting atoms again whose prepared samples are missing from the object store or damaged there."""

from collections.abc import Collection
from contextlib import closing

from sqlalchemy import select, update

from dispatcher.jobs.counters import Pieces, counted
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.moves import CLAIM_OVER
from dispatcher.kinds.conversion import MEND, atoms_prefix
from dispatcher.studio.split.cutter import CutAtom
from dispatcher.studio.split.cutting import Cutting
from dispatcher.studio.stage.claim import Claim, work_on
from dispatcher.turns.taking import Turns
from dispatcher.turns.turn import Turn
from storage import keys
from storage.audio import atomfile
from storage.errors import AudioError, StaleClaim
from storage.objects.store import ObjectStore
from storage.records.schema import AtomRecord, JobRecord
from storage.records.states import AtomState


class Mending:
    """Mends jobs, and has the mended atoms handed out again."""

    def __init__(self, turns: Turns, store: ObjectStore) -> None:
        self.turns = turns
        self.store = store
        self.longest_atom = turns.settings.atom_seconds

    def run(self, job_id: int) -> None:
        """Cut a job's damaged atoms again, unless another process does; without its recording the job fails."""
        work_on(self.turns, job_id, MEND.states, lambda claim: self._mend(load_job(self.turns.database, job_id), claim))

    def _mend(self, job: JobRecord, claim: Claim) -> None:
        damaged = self._damaged(job.id)
        if damaged:
            with closing(self.store.open(keys.source_key(job.source_hash))) as file:
                for atom in Cutting(file, job, self.longest_atom).atoms():
                    claim.check()
                    if atom.number in damaged:
                        if (atom.first, atom.last) != damaged[atom.number]:
                            raise AudioError(
                                f"atom {atom.number} of {job.name} is cut at other places than before, because"
                                " VOICEFARM_ATOM_SECONDS has changed; set it back, or submit the recording again"
                            )
                        self._put(job, atom)
                    if atom.number >= max(damaged):
                        break
        with self.turns.writing() as turn:
            release_mended(turn, job, damaged, claim.token)

    def _damaged(self, job_id: int) -> dict[int, tuple[int, int]]:
        """The samples that each damaged atom spans, with its context."""
        query = select(AtomRecord.number, AtomRecord.first, AtomRecord.last).where(
            AtomRecord.job_id == job_id, AtomRecord.state == AtomState.DAMAGED
        )
        with self.turns.database.reading() as connection:
            return {number: (first, last) for number, first, last in connection.execute(query)}

    def _put(self, job: JobRecord, atom: CutAtom) -> None:
        key = keys.atom_key(atoms_prefix(job), atom.first, atom.last)
        self.store.put(key, atomfile.encode(atom.samples, job.rate_in, key=key), lasting=False)


def release_mended(turn: Turn, job: JobRecord, mended: Collection[int], claim: str) -> None:
    """Let mended atoms be handed out again, and give the claim back."""
    rows = turn.connection.execute(
        update(AtomRecord)
        .where(AtomRecord.job_id == job.id, AtomRecord.number.in_(mended), AtomRecord.state == AtomState.DAMAGED)
        .values(state=AtomState.WAITING)
        .returning(AtomRecord.start, AtomRecord.stop)
    ).all()
    released = turn.connection.execute(
        update(JobRecord)
        .where(JobRecord.id == job.id, JobRecord.claim == claim)
        .values(**counted(waiting=Pieces.of(rows), damaged=-len(rows)), **CLAIM_OVER)
    )
    if released.rowcount != 1:
        raise StaleClaim(f"job {job.id} is no longer ours to mend")
    turn.feed_next()
