"""The split of one job: read, prepare, cut, store, record, as a stream from end to end."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

from dispatcher.jobs.claim import Claim
from dispatcher.jobs.ending import fail_job
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.moves import move
from dispatcher.life import Event
from dispatcher.split.cutter import CutAtom, CutRules, Cutter
from dispatcher.split.prepare import Prepared
from dispatcher.split.recording import SplitRecords
from storage import keys
from storage.audio import atomfile
from storage.audio.grid import resampled_length
from storage.audio.read import open_source
from storage.errors import AudioError, ObjectMissing, ServiceError, StaleClaim
from storage.objects.store import ObjectStore
from storage.records.database import Database
from storage.records.schema import JobRecord
from storage.records.states import JobState

#: Uploads under way at a time; encoding runs in the same threads.
UPLOADS = 4
#: Decibels that a mix of channels may lose without a word: wide stereo loses a few, antiphase nearly everything.
LOUD_LOSS = 20.0
#: Atoms recorded in one transaction, but for the first, which goes on its way alone.
BATCH = 8


class Splitting:
    """Splits jobs; `feed` is called whenever there are new atoms to hand out."""

    def __init__(self, database: Database, store: ObjectStore, longest_atom: float, feed: Callable[[], None]) -> None:
        self.database = database
        self.store = store
        self.longest_atom = longest_atom
        self.feed = feed

    def run(self, job_id: int) -> None:
        """Split a job unless somebody else does or it has ended; a recording that cannot be read fails the job."""
        claim = Claim(self.database, job_id)
        if not claim.take(JobState.SUBMITTED, JobState.SPLITTING):
            return
        with claim:
            try:
                with self.database.writing() as connection:
                    if not move(connection, job_id, Event.SPLIT_BEGUN, claim=claim.token):
                        return
                self._split(load_job(self.database, job_id), claim)
            except StaleClaim:
                return
            except (AudioError, ObjectMissing) as error:
                fail_job(self.database, job_id, str(error))
            except ServiceError as error:
                if not claim.postpone(str(error)):
                    fail_job(self.database, job_id, str(error))
        self.feed()

    def _split(self, job: JobRecord, claim: Claim) -> None:
        began = time.perf_counter()
        records = SplitRecords(self.database, job, claim.token)
        known = records.atoms_known()
        with (
            closing(self.store.open(keys.source_key(job.source_hash))) as file,
            open_source(file, job.name, allow_truncated=job.allow_truncated) as source,
            ThreadPoolExecutor(UPLOADS, "upload") as uploads,
        ):
            prepared = Prepared(source, job.rate_in)
            shelf = _Shelf(self.store, job, uploads)
            fresh: list[CutAtom] = []
            for atom in shelf.stored(cut_atoms(prepared, job, self.longest_atom)):
                claim.check()
                if atom.number >= known:
                    fresh.append(atom)
                if fresh and (len(fresh) >= BATCH or fresh[0].number == 0 or atom.is_last):
                    out_length = resampled_length(prepared.frames, source.facts.rate, job.rate_voice)
                    records.add(fresh, out_length, time.perf_counter() - began)
                    fresh.clear()
                    self.feed()
            remark = remark_on_mix(source.mixing_loss_db)
            records.finish(prepared.frames, source.facts.rate, time.perf_counter() - began, remark)


def remark_on_mix(loss_db: float) -> str:
    """A sentence where mixing its channels has cost a recording nearly all of its sound."""
    if loss_db <= LOUD_LOSS:
        return ""
    return (
        f"mixed to mono it is {loss_db:.0f} dB quieter than its channels, which cancel each other; turn one of them"
        " over, or hand in one channel alone"
    )


def cut_atoms(prepared: Prepared, job: JobRecord, longest: float) -> Iterator[CutAtom]:
    """A recording's atoms; the same ones whenever it is cut."""
    cutter = Cutter(CutRules.of(job.rate_in, longest, job.context_samples))
    for block in prepared.blocks():
        yield from cutter.push(block)
    yield from cutter.finish()


class _Shelf:
    """Puts atoms into the object store a few at a time, in order, leaving out what lies there already."""

    def __init__(self, store: ObjectStore, job: JobRecord, uploads: ThreadPoolExecutor) -> None:
        self.store = store
        self.job = job
        self.uploads = uploads
        self.prefix = keys.atom_prefix(job.source_hash, job.rate_in)
        self.there = {stored.key for stored in store.list(self.prefix + "/")}

    def stored(self, atoms: Iterator[CutAtom]) -> Iterator[CutAtom]:
        """The same atoms, each once it is safely stored."""
        under_way: deque[tuple[CutAtom, Future[None]]] = deque()
        for atom in atoms:
            under_way.append((atom, self.uploads.submit(self._put, atom)))
            while under_way and (len(under_way) > UPLOADS or under_way[0][1].done() or atom.number == 0):
                yield _result(under_way.popleft())
        while under_way:
            yield _result(under_way.popleft())

    def _put(self, atom: CutAtom) -> None:
        key = keys.atom_key(self.prefix, atom.first, atom.last)
        if key not in self.there:
            self.store.put(key, atomfile.encode(atom.samples, self.job.rate_in, key=key))


def _result(stored: tuple[CutAtom, "Future[None]"]) -> CutAtom:
    atom, putting = stored
    putting.result()
    return atom
