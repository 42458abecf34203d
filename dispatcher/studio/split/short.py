"""The split of many short recordings at a time: what one costs beside its samples is shared by all."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import bindparam, insert, update

from dispatcher.jobs.counters import Pieces, count_each
from dispatcher.jobs.life import Event
from dispatcher.jobs.loading import jobs_in
from dispatcher.jobs.moves import move_all
from dispatcher.kinds.conversion import SPLIT, atoms_prefix
from dispatcher.studio.split.cutter import CutAtom
from dispatcher.studio.split.cutting import Cutting
from dispatcher.studio.split.records import atom_row
from dispatcher.studio.stage.claim import Claim
from dispatcher.studio.stage.together import SHORT, leave_long, tried, work_together
from dispatcher.turns.taking import Turns
from storage import keys
from storage.audio import atomfile
from storage.errors import VoicefarmError
from storage.objects.store import ObjectStore
from storage.records.schema import AtomRecord, JobRecord
from storage.records.states import JobState


@dataclass(frozen=True, slots=True)
class _Cut:
    """A recording whose atoms are all in the store."""

    job: JobRecord
    atoms: Sequence[CutAtom]
    cutting: Cutting
    took: float

    def facts(self) -> dict[str, object]:
        """What is written to the job's row."""
        cutting = self.cutting
        return {
            "job": self.job.id, "frames": cutting.frames, "rate": cutting.rate, "lasts": cutting.seconds,
            "took": self.took, "said": cutting.remark,
        }  # fmt: skip


class ShortSplitting:
    """Splits the jobs that one message asks for, those that are short; asks for the others again, each alone."""

    def __init__(self, turns: Turns, store: ObjectStore) -> None:
        self.turns = turns
        self.store = store
        self.longest_atom = turns.settings.atom_seconds
        self.near = turns.settings.has_objects_here

    def run(self, job_ids: Sequence[int]) -> None:
        """Split all that nobody else does; a recording that cannot be read fails its own job only."""
        work_together(self.turns, job_ids, SPLIT.states, self._split)

    def _split(self, claim: Claim) -> Iterator[tuple[int, VoicefarmError]]:
        with self.turns.writing() as turn:
            begun = move_all(turn.connection, claim.job_ids, Event.SPLIT_BEGUN, claim=claim.token)
            jobs = jobs_in(turn.connection, begun)
        short = [job for job in jobs.values() if _is_short(job)]
        leave_long(self.turns, claim, SPLIT, jobs.keys() - {job.id for job in short})
        done: list[_Cut] = []
        for job, found in tried(self.turns.settings.transfers, short, self._cut):
            if isinstance(found, VoicefarmError):
                yield job.id, found
            else:
                done.append(found)
        _record(self.turns, claim, done)

    def _cut(self, job: JobRecord) -> _Cut:
        began = time.perf_counter()
        with closing(self.store.open(keys.source_key(job.source_hash))) as file:
            cutting = Cutting(file, job, self.longest_atom)
            atoms = list(cutting.atoms())
            for atom in atoms:
                key = keys.atom_key(atoms_prefix(job), atom.first, atom.last)
                if self.store.find(key) is None:
                    self.store.put(
                        key, atomfile.encode(atom.samples, job.rate_in, key=key, near=self.near), lasting=False
                    )
            return _Cut(job, atoms, cutting, time.perf_counter() - began)


def _is_short(job: JobRecord) -> bool:
    """Whether its header promises little, and no earlier try has recorded a part of it."""
    return 0.0 < job.seconds <= SHORT and not job.atoms


def _record(turns: Turns, claim: Claim, done: Sequence[_Cut]) -> None:
    """Write down the atoms of all recordings that are still ours to split."""
    if not done:
        return
    with turns.writing() as turn:
        ours = claim.still_held(turn.connection, [cut.job.id for cut in done], JobState.SPLITTING)
        cuts = [cut for cut in done if cut.job.id in ours]
        if not cuts:
            return
        if rows := [atom_row(cut.job, atom, cut.cutting) for cut in cuts for atom in cut.atoms]:
            turn.connection.execute(insert(AtomRecord), rows)
        count_each(turn.connection, {cut.job.id: Pieces.of(cut.atoms) for cut in cuts}, cut=1, waiting=1)
        turn.connection.execute(
            update(JobRecord)
            .where(JobRecord.id == bindparam("job"))
            .values(
                source_frames=bindparam("frames"), source_rate=bindparam("rate"), seconds=bindparam("lasts"),
                split_took=bindparam("took"), first_atom_took=bindparam("took"), remark=bindparam("said"),
            ),
            [cut.facts() for cut in cuts],
            execution_options={"synchronize_session": None},
        )  # fmt: skip
        move_all(
            turn.connection, [cut.job.id for cut in cuts], Event.SPLIT_DONE, claim=claim.token, claim_over=True,
            split_at=turn.now,
        )  # fmt: skip
        turn.feed_next()
