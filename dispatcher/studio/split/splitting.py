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
from dispatcher.studio.split.cutter import CutAtom
from dispatcher.studio.split.cutting import Cutting
from dispatcher.studio.split.records import SplitRecords
from dispatcher.studio.stage.claim import Claim, work_on
from dispatcher.turns.taking import Turns
from storage import keys
from storage.audio import atomfile
from storage.objects.store import ObjectStore
from storage.records.schema import JobRecord

#: Uploads under way at a time; encoding runs in the same threads.
UPLOADS = 4
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
            ThreadPoolExecutor(UPLOADS, "upload") as uploads,
        ):
            cutting = Cutting(file, job, self.longest_atom)
            shelf = _Shelf(self.store, job, uploads)
            fresh: list[CutAtom] = []
            for atom in shelf.stored(cutting.atoms()):
                claim.check()
                if atom.number >= known:
                    fresh.append(atom)
                if fresh and (len(fresh) >= BATCH or fresh[0].number == 0 or atom.is_last):
                    records.add(fresh, cutting, time.perf_counter() - began)
                    fresh.clear()
            records.finish(cutting, time.perf_counter() - began)


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
            self.store.put(key, atomfile.encode(atom.samples, self.job.rate_in, key=key), lasting=False)


def _result(stored: tuple[CutAtom, "Future[None]"]) -> CutAtom:
    atom, putting = stored
    putting.result()
    return atom
