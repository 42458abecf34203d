"""Cutting atoms of a recording again whose prepared samples are missing from the object store or spoilt there."""

from collections.abc import Callable, Collection
from contextlib import closing

from sqlalchemy import Connection, select, update

from dispatcher.jobs.claim import Claim
from dispatcher.jobs.ending import fail_job
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.moves import CLAIM_OVER
from dispatcher.split.cutter import CutAtom
from dispatcher.split.prepare import Prepared
from dispatcher.split.splitting import cut_atoms
from storage import keys
from storage.audio import atomfile
from storage.audio.read import open_source
from storage.errors import AudioError, ObjectMissing, ServiceError, StaleClaim
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import AtomRecord, JobRecord
from storage.records.states import AtomState, JobState


class Mending:
    """Mends jobs; `feed` is called once there are atoms to hand out again."""

    def __init__(self, database: Database, store: ObjectStore, longest_atom: float, feed: Callable[[], None]) -> None:
        self.database = database
        self.store = store
        self.longest_atom = longest_atom
        self.feed = feed

    def run(self, job_id: int) -> None:
        """Make a job's damaged atoms anew, unless somebody else does; without its recording the job fails."""
        claim = Claim(self.database, job_id)
        if not claim.take(JobState.CONVERTING):
            return
        with claim:
            try:
                self._mend(load_job(self.database, job_id), claim)
            except StaleClaim:
                return
            except (AudioError, ObjectMissing) as error:
                fail_job(self.database, job_id, str(error))
            except ServiceError as error:
                if not claim.postpone(str(error)):
                    fail_job(self.database, job_id, str(error))
        self.feed()

    def _mend(self, job: JobRecord, claim: Claim) -> None:
        damaged = self._damaged(job.id)
        if damaged:
            with (
                closing(self.store.open(keys.source_key(job.source_hash))) as file,
                open_source(file, job.name, allow_truncated=job.allow_truncated) as source,
            ):
                for atom in cut_atoms(Prepared(source, job.rate_in), job, self.longest_atom):
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
        with self.database.writing() as connection:
            release_mended(connection, job, damaged, claim.token)

    def _damaged(self, job_id: int) -> dict[int, tuple[int, int]]:
        """The samples that each damaged atom spans, with its context."""
        query = select(AtomRecord.number, AtomRecord.first, AtomRecord.last).where(
            AtomRecord.job_id == job_id, AtomRecord.state == AtomState.DAMAGED
        )
        with self.database.reading() as connection:
            return {number: (first, last) for number, first, last in connection.execute(query)}

    def _put(self, job: JobRecord, atom: CutAtom) -> None:
        key = keys.atom_key(keys.atom_prefix(job.source_hash, job.rate_in), atom.first, atom.last)
        self.store.put(key, atomfile.encode(atom.samples, job.rate_in, key=key))


def release_mended(connection: Connection, job: JobRecord, mended: Collection[int], claim: str) -> None:
    """Let atoms that were mended be handed out again, and give the claim back."""
    rows = connection.execute(
        update(AtomRecord)
        .where(AtomRecord.job_id == job.id, AtomRecord.number.in_(mended), AtomRecord.state == AtomState.DAMAGED)
        .values(state=AtomState.WAITING)
        .returning(AtomRecord.start, AtomRecord.stop)
    ).all()
    seconds = sum(r.stop - r.start for r in rows) / job.rate_in
    released = connection.execute(
        update(JobRecord)
        .where(JobRecord.id == job.id, JobRecord.claim == claim)
        .values(
            atoms_damaged=JobRecord.atoms_damaged - len(rows),
            atoms_waiting=JobRecord.atoms_waiting + len(rows),
            seconds_waiting=JobRecord.seconds_waiting + seconds,
            **CLAIM_OVER,
        )
    )  # fmt: skip
    if released.rowcount != 1:
        raise StaleClaim(f"job {job.id} is no longer ours to mend")
