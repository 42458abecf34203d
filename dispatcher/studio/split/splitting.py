"""The split of one job: read, prepare, cut, store, record, as a stream from end to end."""

import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing

from dispatcher.jobs.life import Event
from dispatcher.jobs.loading import load_job
from dispatcher.jobs.moves import move
from dispatcher.kinds.conversion import SPLIT, atoms_prefix
from dispatcher.studio.split.cutter import CutAtom, CutRules, Cutter
from dispatcher.studio.split.prepare import Prepared
from dispatcher.studio.split.records import SplitRecords
from dispatcher.studio.stage.claim import Claim, work_on
from dispatcher.turns.taking import Turns
from storage import keys
from storage.audio import atomfile
from storage.audio.grid import resampled_length
from storage.audio.read import open_source
from storage.objects.store import ObjectStore
from storage.records.schema import JobRecord

#: Uploads under way at a time; encoding runs in the same threads.
UPLOADS = 4
#: Decibels that a mix of channels may lose without a remark: wide stereo loses a few, antiphase nearly everything.
LOUD_LOSS = 20.0
#: Atoms recorded in one transaction, except for the first, which is recorded alone to be handed out at once.
BATCH = 8


class Splitting:
    """Splits jobs, and has new atoms handed out as they are cut."""

    def __init__(self, turns: Turns, store: ObjectStore) -> None:
        self.turns = turns
        self.store = store
        self.longest_atom = turns.settings.atom_seconds

    def run(self, job_id: int) -> None:
        """Split a job unless another process does or it has ended; a recording that cannot be read fails the job."""
        work_on(self.turns, job_id, SPLIT.states, lambda claim: self._begin(job_id, claim))

    def _begin(self, job_id: int, claim: Claim) -> None:
        with self.turns.writing() as turn:
            begun = move(turn.connection, job_id, Event.SPLIT_BEGUN, claim=claim.token)
        if begun:
            self._split(load_job(self.turns.database, job_id), claim)

    def _split(self, job: JobRecord, claim: Claim) -> None:
        began = time.perf_counter()
        records = SplitRecords(self.turns, job, claim.token)
        known = records.atoms_known()
        with (
            closing(self.store.open(keys.source_key(job.source_hash))) as file,
            open_source(file, job.name, allow_truncated=job.allow_truncated, track=job.track) as source,
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
            remark = remark_on_mix(source.mixing_loss_db)
            records.finish(prepared.frames, source.facts.rate, time.perf_counter() - began, remark)


def remark_on_mix(loss_db: float) -> str:
    """A sentence if mixing its channels has cost a recording nearly all of its sound."""
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
    """Puts atoms into the object store, a few at a time and in order, leaving out those already there."""

    def __init__(self, store: ObjectStore, job: JobRecord, uploads: ThreadPoolExecutor) -> None:
        self.store = store
        self.job = job
        self.uploads = uploads
        self.prefix = atoms_prefix(job)
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
